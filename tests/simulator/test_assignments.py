"""Configuration assignments, static and dynamic."""

from datetime import timedelta
from typing import Any

import pytest

from azure_patch_simulator import SUBSCRIPTION_ID, Settings, Simulator, World
from azure_patch_simulator.inventory import small_fleet
from tests.simulator.asking import (
    CONFIGURATIONS,
    GROUP,
    MACHINE,
    MACHINES,
    START,
    SUBSCRIPTION,
    Client,
    client,
    code_of,
    in_guest_configuration,
    message_of,
)

TAIL = "providers/Microsoft.Maintenance/configurationAssignments"
MONTHLY = f"{CONFIGURATIONS}/Monthly"
BODY: dict[str, Any] = {"location": "eastus", "properties": {"maintenanceConfigurationId": MONTHLY}}
ABSENT = {
    "tagSettings": None,
    "resourceTypes": None,
    "locations": None,
    "resourceGroups": None,
    "osTypes": None,
    "resourceIds": None,
    "availabilityZones": None,
}


@pytest.fixture
def scheduled(azure: Client) -> Client:
    assert azure.ask("PUT", MONTHLY, in_guest_configuration()).status == 200
    return azure


def test_a_static_assignment_comes_back_with_a_lower_case_id_and_type(scheduled: Client) -> None:
    answer = scheduled.ask("PUT", f"{MACHINE}/{TAIL}/Monthly", BODY)
    assert answer.status == 200
    assert answer.json() == {
        "id": f"{MACHINE}/{TAIL}/Monthly".lower(),
        "name": "Monthly",
        "type": "microsoft.maintenance/configurationassignments",
        "properties": {"maintenanceConfigurationId": MONTHLY, "resourceId": MACHINE},
        "location": "eastus",
    }
    assert scheduled.get(f"{MACHINE}/{TAIL}/monthly") == answer.json()


def test_the_list_on_a_machine_has_no_resource_id_and_the_list_of_the_subscription_has(scheduled: Client) -> None:
    scheduled.ask("PUT", f"{MACHINE}/{TAIL}/monthly", BODY)
    scheduled.ask("PUT", f"{SUBSCRIPTION}/{TAIL}/everyone", BODY)
    [listed] = scheduled.get(f"{MACHINE}/{TAIL}")["value"]
    assert listed["properties"] == {"maintenanceConfigurationId": MONTHLY, "resourceId": None}
    everything = scheduled.get(f"{SUBSCRIPTION}/{TAIL}")["value"]
    assert [each["properties"]["resourceId"] for each in everything] == [MACHINE, SUBSCRIPTION]


@pytest.mark.parametrize("scope", [SUBSCRIPTION, GROUP])
def test_a_dynamic_scope_echoes_every_absent_member_of_its_filter_as_null(scheduled: Client, scope: str) -> None:
    sent = {**BODY, "properties": {**BODY["properties"], "filter": {"osTypes": ["Windows"], "locations": ["eastus"]}}}
    answer = scheduled.ask("PUT", f"{scope}/{TAIL}/windows", sent)
    assert answer.status == 200
    assert answer.json()["properties"] == {
        "maintenanceConfigurationId": MONTHLY,
        "resourceId": scope,
        "filter": {**ABSENT, "osTypes": ["Windows"], "locations": ["eastus"]},
    }
    changed = scheduled.ask("PATCH", f"{scope}/{TAIL}/windows", {"properties": {"filter": {"osTypes": ["Linux"]}}})
    assert changed.json()["properties"]["filter"] == {**ABSENT, "osTypes": ["Linux"], "locations": ["eastus"]}


def test_an_empty_filter_is_taken(scheduled: Client) -> None:
    sent = {"location": "global", "properties": {"maintenanceConfigurationId": MONTHLY, "filter": {}}}
    assert scheduled.ask("PUT", f"{SUBSCRIPTION}/{TAIL}/all", sent).json()["properties"]["filter"] == ABSENT


def test_assignments_on_resources_have_no_patch(scheduled: Client) -> None:
    scheduled.ask("PUT", f"{MACHINE}/{TAIL}/monthly", BODY)
    assert scheduled.ask("PATCH", f"{MACHINE}/{TAIL}/monthly", BODY).status == 405


def test_a_child_resource_can_be_assigned_too() -> None:
    host = f"{GROUP}/providers/Microsoft.Compute/hostGroups/contoso/hosts/host-1"
    fleet = [*small_fleet(SUBSCRIPTION_ID), {"id": host, "location": "eastus", "properties": {}}]
    azure = Client(Simulator(World.from_inventory(fleet), start=START))
    azure.ask("PUT", MONTHLY, in_guest_configuration())
    assert azure.ask("PUT", f"{host}/{TAIL}/monthly", BODY).status == 200
    assert len(azure.get(f"{host}/{TAIL}")["value"]) == 1
    assert azure.ask("DELETE", f"{host}/{TAIL}/monthly").status == 200
    assert azure.ask("DELETE", f"{host}/{TAIL}/monthly").status == 204


def test_a_missing_machine_and_a_missing_configuration_are_not_found(scheduled: Client) -> None:
    missing = scheduled.ask("PUT", f"{MACHINES}/vm-none/{TAIL}/monthly", BODY)
    assert (missing.status, code_of(missing)) == (404, "ResourceNotFound")
    assert "Microsoft.Compute/virtualMachines/vm-none" in message_of(missing)
    body = {"properties": {"maintenanceConfigurationId": f"{CONFIGURATIONS}/none"}}
    nowhere = scheduled.ask("PUT", f"{MACHINE}/{TAIL}/monthly", body)
    assert (nowhere.status, code_of(nowhere)) == (404, "ResourceNotFound")
    assert "Microsoft.Maintenance/maintenanceConfigurations/none" in message_of(nowhere)
    assert scheduled.ask("GET", f"{MACHINE}/{TAIL}/monthly").status == 404


def test_a_fresh_or_just_started_machine_is_not_assignable_yet() -> None:
    azure = client(Settings(assignable_after=timedelta(minutes=5), operation_time=timedelta(0)))
    clock, world = azure.simulator.clock, azure.simulator.world
    azure.ask("PUT", MONTHLY, in_guest_configuration())
    new = f"{MACHINES}/vm-new"
    azure.ask("PUT", new, {"location": "eastus", "properties": {}})
    refused = azure.ask("PUT", f"{new}/{TAIL}/monthly", BODY)
    assert "It may take a few minutes after starting a VM for it to become available to assign to a configuration" in (
        message_of(refused)
    )
    assert code_of(refused) == "SimulatorRuleMachineTooFresh"
    assert azure.ask("PUT", f"{MACHINE}/{TAIL}/monthly", BODY).status == 200
    clock.advance(timedelta(minutes=5))
    assert azure.ask("PUT", f"{new}/{TAIL}/monthly", BODY).status == 200
    world.set_power(MACHINE, running=False)
    world.set_power(MACHINE, running=True)
    assert azure.ask("PUT", f"{MACHINE}/{TAIL}/monthly", BODY).status == 400


def test_a_deleted_machine_takes_its_assignments_along() -> None:
    azure = client(Settings(operation_time=timedelta(0)))
    azure.ask("PUT", MONTHLY, in_guest_configuration())
    azure.ask("PUT", f"{MACHINE}/{TAIL}/monthly", BODY)
    azure.ask("DELETE", MACHINE)
    assert azure.get(f"{SUBSCRIPTION}/{TAIL}") == {"value": []}
