"""What a preview says is not there yet: machines, schedules and resource groups that declarations lead to."""

from dataclasses import replace
from typing import Any

import pytest

from azure_patch_simulator import Answer, Drop, match
from tests.handlers.assignments import CONFIGURATIONS, MONTHLY, assignment, scheduled_azure
from tests.handlers.declared import Declared
from tests.handlers.fleets import azure_of, fleet, ids
from tests.handlers.machines import APP, GROUP, MACHINES, WEB
from tests.handlers.schedules import BASIC, GET, PUT, schedule
from tests.handlers.scopes import scope, scoped_azure
from tests.handlers.stack import Stack
from tests.support.simulated import Azure

MISSING = f"{CONFIGURATIONS}/contoso-none"
NO_SCHEDULE = f"the schedule does not exist ({MISSING}); unless it does by then, the update will fail"


def one_of(kind: str, schedule_id: str) -> tuple[Azure, Declared]:
    """A resource that gives machines a schedule, and its Azure."""
    match kind:
        case "schedule_assignment":
            azure = scheduled_azure()
            return azure, assignment(azure, schedule=schedule_id)
        case "dynamic_scope":
            azure = scoped_azure()
            return azure, scope(azure, scheduleId=schedule_id)
        case _:
            azure = azure_of(2)
            return azure, fleet(azure, ids(2), scheduleId=schedule_id)


KINDS = ("schedule_assignment", "dynamic_scope", "fleet_patch_settings")


@pytest.mark.parametrize("kind", KINDS)
def test_a_schedule_that_does_not_exist_is_told_once(kind: str) -> None:
    azure, resource = one_of(kind, MISSING)
    Stack(azure).check(kind, "it", resource.inputs)
    assert azure.said.text.count(NO_SCHEDULE) == 1
    assert azure.calls().count(GET) == 1


@pytest.mark.parametrize("kind", ["schedule_assignment", "dynamic_scope"])
def test_a_schedule_that_exists_is_not_mentioned(kind: str) -> None:
    azure, resource = one_of(kind, MONTHLY)
    resource.check()
    resource.answers()
    assert "the schedule" not in azure.said.text
    # Resource Graph has shown it among the machines of a scope.
    assert azure.calls().count(GET) == (0 if kind == "dynamic_scope" else 1)


@pytest.mark.parametrize("kind", KINDS)
def test_a_schedule_that_this_run_makes_is_not_asked_for(kind: str) -> None:
    azure, resource = one_of(kind, MISSING)
    azure.context(urn="urn:theirs").declarations.declare(MISSING)
    resource.check()
    resource.answers()
    assert (NO_SCHEDULE in azure.said.text, azure.calls().count(GET)) == (False, 0)


def test_many_assignments_ask_once_for_their_schedule() -> None:
    azure = scheduled_azure()
    stack = Stack(azure)
    for number, machine in enumerate((APP, WEB)):
        stack.check("schedule_assignment", f"it-{number}", {"machineId": machine, "scheduleId": MISSING})
    assert azure.said.text.count(NO_SCHEDULE) == 2
    assert azure.calls().count(GET) == 1


def test_what_is_stored_already_costs_no_question() -> None:
    azure = scheduled_azure()
    resource = assignment(azure)
    resource.create()
    azure.take()
    resource.answers()
    assert GET not in azure.take()


def test_a_schedule_that_may_not_be_read_is_said_to_be_unknown() -> None:
    azure, resource = one_of("schedule_assignment", MONTHLY)
    azure.simulator.faults.add(
        match("GET", "contoso-monthly"), response=Answer(403, "AuthorizationFailed", "Not you."), times=None
    )
    resource.answers()
    assert "whether the schedule exists could not be looked up: schedule 'contoso-monthly': " in azure.said.text


def test_where_nobody_can_be_reached_an_assignment_waits_once() -> None:
    azure, resource = one_of("schedule_assignment", MONTHLY)
    azure.simulator.faults.add(match("GET", "."), response=Drop(before=True), times=None)
    resource.answers()
    assert {*azure.calls()} == {"VirtualMachines_Get"}


def test_an_assignment_tells_of_a_machine_that_does_not_exist() -> None:
    azure = scheduled_azure()
    missing = f"{MACHINES}/vm-none"
    assignment(azure, missing).answers()
    told = f"the machine does not exist ({missing}); unless it does by then, the update will fail"
    assert told in azure.said.text


def test_a_schedule_tells_of_a_resource_group_that_does_not_exist() -> None:
    azure = Azure()
    schedule(azure, resourceGroupName="rg-none").answers()
    group = f"{GROUP.rpartition('/')[0]}/rg-none"
    told = f"the resource group does not exist ({group}); unless it does by then, the update will fail"
    assert told in azure.said.text
    assert azure.calls() == [GET]


def test_a_schedule_in_a_group_that_exists_is_looked_for_once_and_made() -> None:
    azure = Azure()
    resource = schedule(azure)
    resource.answers()
    resource.create()
    assert azure.calls() == [GET, PUT]
    assert "resource group" not in azure.said.text


def test_a_preview_without_reads_asks_for_nothing() -> None:
    azure = Azure()
    declared: dict[str, dict[str, Any]] = {
        "maintenance_schedule": {**BASIC, "resourceGroupName": "rg-none"},
        "schedule_assignment": {"machineId": APP, "scheduleId": MISSING},
        "dynamic_scope": {"scheduleId": MISSING, "assignmentName": "all", "osTypes": ["Windows"]},
        "fleet_patch_settings": {
            "fleetName": "web",
            "machineIds": [WEB],
            "scheduleId": MISSING,
            "patchMode": "AutomaticByPlatform",
        },
    }
    azure.settings = replace(azure.settings, preview_reads=False)
    azure.new_run()
    stack = Stack(azure)
    for kind, inputs in declared.items():
        stack.check(kind, kind, inputs)
    assert (azure.calls(), "does not exist" in azure.said.text) == ([], False)
