"""What a dynamic scope tells beside its machines: findings that are kept, a guard that cannot look, what it takes over,
windows of a schedule that the same program makes.
"""

from typing import Any

import pytest

from azure_patch_simulator import Answer, match
from pulumi_azure_hotpatch.engine.logic import UNKNOWN
from pulumi_azure_hotpatch.errors import Refused
from pulumi_azure_hotpatch.models.draft import Draft
from tests.handlers import assignments
from tests.handlers.assignments import TAIL
from tests.handlers.schedules import BASIC, next_run
from tests.handlers.scopes import (
    CONFIGURATIONS,
    GROUP,
    HERE,
    MONTHLY,
    THERE,
    WEEKLY,
    at,
    filter_at,
    fleet,
    scope,
    scoped_azure,
    windows,
)
from tests.handlers.stack import Program, Stack
from tests.support.simulated import Azure

NIGHTS = f"{CONFIGURATIONS}/contoso-nights"
NEW_SCHEDULE = {**BASIC, "resourceGroupName": "rg-contoso", "scheduleName": "contoso-nights", "location": "eastus"}
INPUTS: dict[str, Any] = {
    "scheduleId": MONTHLY,
    "assignmentName": "ring-one",
    "subscriptionIds": [HERE, THERE],
    "tagFilters": {"ring": ["1"]},
}
PROGRAM: Program = {"ring": ("dynamic_scope", INPUTS)}


def deny_resource_graph(azure: Azure) -> None:
    """This sign-in may ask Resource Graph nothing, until the next run."""
    azure.simulator.faults.add(
        match("POST", "ResourceGraph"), response=Answer(403, "AuthorizationFailed", "Not you."), times=None
    )


def put(azure: Azure, id: str, schedule: str, narrowed: dict[str, Any]) -> None:
    """Somebody else writes a dynamic scope."""
    properties = {"maintenanceConfigurationId": schedule, "filter": narrowed}
    assert azure.ask("PUT", id, {"location": "global", "properties": properties}).status == 200


def give(azure: Azure, machine: str, schedule: str) -> None:
    """Somebody else gives a machine a schedule."""
    assignments.give(azure, schedule, f"{GROUP}/providers/Microsoft.Compute/virtualMachines/{machine}/{TAIL}/theirs")


def test_what_the_rules_say_is_shown_in_preview_and_kept_until_the_next_change() -> None:
    azure = scoped_azure([*fleet(), windows("vm-manual", {"ring": "1"}, patch_settings={"patchMode": "Manual"})])
    give(azure, "vm-1", WEEKLY)
    stack = Stack(azure)
    azure.new_run()
    shown = stack.check("dynamic_scope", "ring", INPUTS)["findings"]
    stack.up(PROGRAM)
    unready, same_start = sorted(shown)
    assert unready.startswith("scope-machines-ready: 1 machine in the scope lacks AutomaticByPlatform")
    assert same_start.startswith("scope-same-start: On 1 machine of the scope another schedule starts")
    assert stack.resources["ring"].outputs["findings"] == shown
    give(azure, "vm-linux", WEEKLY)
    assert stack.up(PROGRAM) == []
    assert stack.resources["ring"].outputs["findings"] == shown


def test_a_guard_s_look_changes_no_findings_while_no_machine_comes_or_goes() -> None:
    azure = scoped_azure()
    stack = Stack(azure)
    program = {"ring": ("dynamic_scope", {**INPUTS, "maxMachines": 3})}
    stack.up(program)
    assert stack.resources["ring"].outputs["findings"] == []
    give(azure, "vm-1", WEEKLY)
    assert stack.up(program) == []
    assert stack.resources["ring"].outputs["findings"] == []


def test_machines_that_come_and_go_are_among_the_findings_by_name() -> None:
    azure = scoped_azure()
    stack = Stack(azure)
    stack.up(PROGRAM)
    stack.up({"ring": ("dynamic_scope", {**INPUTS, "tagFilters": {"ring": ["2"]}})})
    come, gone = stack.resources["ring"].outputs["findings"][:2]
    assert come == "scope-machines-new: 2 machines come into the scope. They are: vm-2, srv-1."
    assert gone.startswith("scope-machines-dropped: 3 machines drop out of the scope:")
    assert gone.endswith("They are: vm-1, vm-linux, vm-3.")


def test_a_guard_that_cannot_look_stops_before_anything_is_written() -> None:
    azure = scoped_azure()
    deny_resource_graph(azure)
    resource = scope(azure, maxMachines=1.0)
    with pytest.raises(Refused) as refused:
        resource.create()
    (line,) = str(refused.value).splitlines()
    assert "max_machines cannot be checked, because which machines the scope takes is not known: " in line
    assert "or take max_machines out" in line
    assert "preview" not in line
    assert azure.take_writes() == []
    assert resource.stored is None


def test_a_guard_that_cannot_look_stops_a_change_too_and_names_no_preview() -> None:
    azure = scoped_azure()
    resource = scope(azure)
    resource.create()
    next_run(azure)
    deny_resource_graph(azure)
    resource.declare(maxMachines=5.0, tagFilters={"ring": ["2"]})
    resource.answers()
    with pytest.raises(Refused, match="max_machines cannot be checked, because"):
        resource.update()
    assert azure.take_writes() == []
    assert azure.said.text.count("which machines it takes is not known, so max_machines cannot be checked: ") == 1
    assert "preview" not in azure.said.text


def test_a_scope_without_a_guard_is_made_where_nobody_can_look() -> None:
    azure = scoped_azure()
    deny_resource_graph(azure)
    scope(azure).create()
    assert filter_at(azure, at(HERE)) is not None
    assert azure.said.remarks == []


@pytest.mark.parametrize(
    ("schedule", "narrowed", "says"),
    [
        (MONTHLY, {"osTypes": ["Linux"]}, "with another filter"),
        (WEEKLY, {"tagSettings": {"tags": {"Ring": ["1"]}}}, "with another schedule (contoso-weekly)"),
        (WEEKLY, {"osTypes": ["Linux"]}, "with another filter and another schedule (contoso-weekly)"),
    ],
)
def test_an_assignment_that_is_there_otherwise_is_told_before_it_is_changed(
    schedule: str, narrowed: dict[str, Any], says: str
) -> None:
    azure = scoped_azure()
    put(azure, at(THERE), schedule, narrowed)
    stack = Stack(azure)
    azure.new_run()
    checked = stack.check("dynamic_scope", "ring", INPUTS)
    told = f"the assignment at /subscriptions/{THERE} exists already {says}; it is changed, and goes back on destroy"
    assert told in azure.said.text
    assert checked["adopted"] == [at(THERE).casefold()]
    stack._create("dynamic_scope", "ring", checked)
    assert azure.said.text.count(told) == 1
    assert stack.resources["ring"].outputs["adopted"] == [at(THERE).casefold()]
    azure.said.remarks.clear()
    assert stack.up(PROGRAM) == []
    assert azure.said.remarks == []


def test_what_a_preview_did_not_see_is_told_when_it_is_changed() -> None:
    azure = scoped_azure()
    resource = scope(azure, onDestroy="keep")
    put(azure, at(HERE), MONTHLY, {"osTypes": ["Linux"]})
    state = resource.create()
    told = f"the assignment at /subscriptions/{HERE} exists already with another filter; it is changed, and stays so on"
    assert azure.said.text.count(told) == 1
    assert state.adopted == (at(HERE).casefold(),)


def test_an_assignment_that_is_there_as_wanted_is_adopted_without_a_word() -> None:
    azure = scoped_azure()
    put(azure, at(HERE), MONTHLY, {"tagSettings": {"tags": {"Ring": ["1"]}}})
    resource = scope(azure)
    assert resource.answers()["adopted"] == (at(HERE).casefold(),)
    resource.create()
    assert azure.said.remarks == []


def test_what_a_replacement_finds_of_its_own_is_nobody_else_s() -> None:
    azure = scoped_azure()
    put(azure, at(THERE), MONTHLY, {"osTypes": ["Linux"]})
    stack = Stack(azure)
    stack.up(PROGRAM)
    azure.said.remarks.clear()
    assert stack.up({"ring": ("dynamic_scope", {**INPUTS, "scheduleId": WEEKLY})}) == ["replace ring"]
    # The old one is given back first, and found again.
    told = [message for _, message in azure.said.remarks if "exists already" in message]
    assert told == [
        f"the assignment at /subscriptions/{THERE} exists already with another filter and another schedule "
        "(contoso-monthly); it is changed, and goes back on destroy"
    ]
    assert stack.resources["ring"].inputs["adopted"] == [at(THERE).casefold()]
    assert stack.resources["ring"].outputs["adopted"] == [at(THERE).casefold()]


def test_windows_of_a_schedule_that_the_program_makes_are_compared_before_it_is_made() -> None:
    azure = scoped_azure()
    stack = Stack(azure)
    azure.new_run()
    give(azure, "vm-1", WEEKLY)
    stack.check("maintenance_schedule", "nights", NEW_SCHEDULE)
    found = stack.check("dynamic_scope", "ring", {**INPUTS, "scheduleId": NIGHTS})["findings"]
    assert [one.partition(":")[0] for one in found] == ["scope-same-start"]
    assert azure.take_writes() == []


def test_windows_are_compared_as_this_run_leaves_a_schedule_that_it_changes() -> None:
    azure = scoped_azure()
    stack = Stack(azure)
    stack.up({"nights": ("maintenance_schedule", {**NEW_SCHEDULE, "start": "2027-01-01 04:00"})})
    give(azure, "vm-1", WEEKLY)
    on_nights = {**INPUTS, "scheduleId": NIGHTS}
    azure.new_run()
    assert stack.check("dynamic_scope", "ring", on_nights)["findings"] == []
    stack.check("maintenance_schedule", "nights", {**NEW_SCHEDULE, "start": "2027-01-01 21:00"})
    (found,) = stack.check("dynamic_scope", "ring", on_nights)["findings"]
    assert found.startswith("scope-overlap: On 1 machine of the scope windows of another schedule overlap")


def test_windows_of_a_schedule_that_is_not_known_yet_are_said_not_to_be_compared() -> None:
    azure = scoped_azure()
    said = "windows are not compared with those of other schedules of its machines: the schedule is not known yet"
    resource = scope(azure)
    draft = Draft(resource.handler.inputs, {**_declared(resource), "schedule_id": UNKNOWN})
    resource.handler.answers(resource.context(), draft, None)
    assert said not in azure.said.text
    give(azure, "vm-1", WEEKLY)
    next_run(azure)
    resource.handler.answers(resource.context(), draft, None)
    assert azure.said.text.count(said) == 1


def _declared(resource: Any) -> dict[str, Any]:
    from pulumi_azure_hotpatch.host import wire

    inputs = wire.load_inputs(resource.handler.inputs, resource.inputs)
    return {name: getattr(inputs, name) for name in type(inputs).model_fields}


def test_an_id_that_is_no_schedule_s_is_told_once() -> None:
    azure = scoped_azure()
    machine = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/vm-1"
    errors = [finding.rule for finding in scope(azure, scheduleId=machine).check() if finding.is_error]
    assert errors == ["assignment-schedule-type"]
    assert azure.said.remarks == []
