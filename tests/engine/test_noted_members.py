"""What previews of dynamic scopes noted of their machines, in the estate of a stack."""

from datetime import UTC, datetime
from typing import Any

import pytest

from pulumi_azure_hotpatch.engine.declared import Declared
from pulumi_azure_hotpatch.engine.declared_estate import Stack
from pulumi_azure_hotpatch.engine.estate import Estate
from pulumi_azure_hotpatch.engine.noted_members import noted_completely, with_noted_members

GROUP = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-contoso/providers"
WEB, APP = (f"{GROUP}/Microsoft.Compute/virtualMachines/vm-{name}" for name in ("web", "app"))
NIGHTS = f"{GROUP}/Microsoft.Maintenance/maintenanceConfigurations/nights"
NOTED = {"matchingMachines": [WEB], "matchingCount": 1.0}


def one(kind: str, name: str, **inputs: Any) -> Declared:
    token = f"pulumi-python:dynamic/azurehotpatch:{kind}"
    return Declared(f"urn:pulumi:dev::contoso::{token}::{name}", token, inputs)


def scope(**inputs: Any) -> Declared:
    given = {"assignmentName": "nights", "scheduleId": NIGHTS, "osTypes": ["Windows"], **inputs}
    return one("DynamicScope", "nights", **given)


def estate(*declared: Declared) -> Estate:
    machines = [one("VirtualMachinePatchSettings", id, virtualMachineId=id, patchMode="Manual") for id in (WEB, APP)]
    stack = (*machines, *declared)
    return with_noted_members(Stack(stack).estate(as_of=datetime(2026, 11, 23, tzinfo=UTC)), stack)


def test_a_machine_that_a_scope_took_has_its_schedule_and_another_has_none() -> None:
    found = estate(scope(**NOTED))
    assert found.assigned[WEB.casefold()] == (NIGHTS.casefold(),)
    assert APP.casefold() not in found.assigned
    assert not found.perhaps_assigned


@pytest.mark.parametrize("noted", [{}, {**NOTED, "matchingCount": 2}])
def test_what_a_scope_takes_beyond_what_was_noted_stays_open(noted: dict[str, Any]) -> None:
    assert APP.casefold() in estate(scope(**noted)).perhaps_assigned
    assert not noted_completely(scope(**noted))


def test_a_fleet_with_a_schedule_may_have_more_machines() -> None:
    fleet = one("FleetPatchSettings", "f", fleetName="f", scheduleId=NIGHTS, query="resources")
    found = estate(scope(**NOTED), fleet)
    assert APP.casefold() in found.perhaps_assigned


def test_without_scopes_the_estate_is_what_it_was() -> None:
    assert estate().assigned == {}
