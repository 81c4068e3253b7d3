"""Refreshing a fleet: one query, a second look at what seems to differ, and a repair of what does."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from azure_patch_simulator import Answer, Drop, match
from pulumi_azure_hotpatch.engine.facts import CONFIGURATION_ASSIGNMENTS
from pulumi_azure_hotpatch.errors import ArmError
from tests.handlers.declared import Declared
from tests.handlers.fleets import (
    ASSIGNED,
    BEFORE,
    GET,
    GRAPH,
    LIST,
    MONTHLY,
    PATCH,
    PUT,
    UNASSIGN,
    WANTED,
    WEEKLY,
    assigned,
    azure_of,
    fail_writes,
    failed_machines,
    fleet,
    ids,
    machines_of,
    names,
)
from tests.handlers.machines import edit, held, overwrite
from tests.support.simulated import Azure

BYPASS = "bypass_platform_safety_checks_on_user_schedule"


class Behind:
    """Resource Graph as it was when this was made, whatever has happened since."""

    def __init__(self, azure: Azure) -> None:
        self._graph = azure.runtime.azure.graph
        self._answers: dict[str, list[Mapping[str, Any]]] = {}
        self.is_empty = False

    def remember(self, resource: Declared) -> None:
        """Ask now what a refresh of the resource will ask later."""
        resource.handler.read(resource.context(), resource.id, resource.state)

    def query(self, text: str, subscriptions: Sequence[str]) -> Iterator[Mapping[str, Any]]:
        if text not in self._answers:
            self._answers[text] = list(self._graph.query(text, subscriptions))
        return iter(() if self.is_empty else self._answers[text])

    recent = query


def created(count: int, **inputs: Any) -> tuple[Azure, Declared]:
    azure = azure_of(count)
    resource = fleet(azure, ids(count), **inputs)
    resource.create()
    azure.new_run()
    azure.take()
    return azure, resource


def delay_the_graph(azure: Azure, resource: Declared) -> Behind:
    """From now on Resource Graph shows what it shows now."""
    behind = Behind(azure)
    azure.runtime._azure = replace(azure.runtime.azure, graph=behind)  # type: ignore[arg-type]
    behind.remember(resource)
    azure.take()
    return behind


def test_drift_is_found_with_one_query_and_one_read_and_only_that_machine_is_repaired() -> None:
    azure, resource = created(20)
    edit(azure, {"bypass_platform_safety_checks_on_user_schedule": False}, ids(20)[7])
    azure.take()
    state = resource.refresh()
    assert azure.take() == [GRAPH, GET]
    assert state.drifted == ("bypass_platform_safety_checks_on_user_schedule is False on 1 machine (vm-0007)",)
    assert resource.difference().changed == ("bypassPlatformSafetyChecksOnUserSchedule",)
    repaired = resource.update()
    assert azure.take_writes() == [PATCH]
    assert repaired.drifted == ()
    assert machines_of(resource, contested={"bypass_platform_safety_checks_on_user_schedule": 1}) == ["vm-0007"]
    assert (
        "bypass_platform_safety_checks_on_user_schedule was changed to False by somebody else on 1 machine (vm-0007) "
        "after it had been set to True; it is set again."
    ) in azure.said.text


def test_many_that_drifted_are_looked_at_with_a_list_and_told_in_one_line() -> None:
    azure, resource = created(20)
    for machine in ids(12):
        overwrite(azure, BEFORE, machine)
    resource.refresh()
    assert azure.take() == [GRAPH, LIST]
    assert resource.state.drifted == (
        "patch_mode is AutomaticByOS on 12 machines (vm-0000, vm-0001, vm-0002 and 9 more)",
        f"{BYPASS} is not set on 12 machines (vm-0000, vm-0001, vm-0002 and 9 more)",
    )
    resource.update()
    assert azure.take_writes() == [PATCH] * 12


def test_a_second_refresh_sees_the_same_drift_and_one_after_the_repair_none() -> None:
    azure, resource = created(10, scheduleId=MONTHLY)
    edit(azure, {"patch_mode": "AutomaticByOS", BYPASS: False}, ids(10)[7])
    azure.ask("DELETE", f"{ids(10)[3]}/providers/{CONFIGURATION_ASSIGNMENTS}/contoso-monthly")
    first = resource.refresh()
    assert len(first.drifted) == 3
    assert (first.patch_mode, first.schedule_id) == ("AutomaticByOS", None)
    assert resource.refresh() == first
    assert set(resource.difference().changed) == {
        "patchMode",
        "bypassPlatformSafetyChecksOnUserSchedule",
        "scheduleId",
    }
    edit(azure, {"patch_mode": "AutomaticByPlatform", BYPASS: True}, ids(10)[7])
    again = resource.refresh()
    assert (again.patch_mode, again.schedule_id) == ("AutomaticByPlatform", None)
    assert resource.difference().changed == ("scheduleId",)
    azure.take()
    resource.update()
    assert azure.take_writes() == [PUT]
    assert resource.refresh().drifted == ()
    assert resource.difference().changed == ()


def test_what_resource_graph_does_not_show_yet_is_neither_gone_nor_drifted() -> None:
    azure, resource = created(20, scheduleId=MONTHLY)
    behind = delay_the_graph(azure, resource)
    behind.is_empty = True
    before = resource.state
    assert resource.refresh() == before
    assert azure.take() == [LIST, ASSIGNED]
    assert resource.difference().changed == ()


def test_a_change_that_resource_graph_does_not_show_yet_is_seen_by_the_next_write() -> None:
    azure, resource = created(20)
    delay_the_graph(azure, resource)
    edit(azure, {"bypass_platform_safety_checks_on_user_schedule": False}, ids(20)[3])
    assert resource.refresh().drifted == ()
    resource.update()
    assert held(azure, ids(20)[3]) == WANTED


def test_what_was_there_before_is_never_taken_from_an_old_row() -> None:
    azure = azure_of(12)
    resource = fleet(azure, ids(12))
    behind = Behind(azure)
    azure.runtime._azure = replace(azure.runtime.azure, graph=behind)  # type: ignore[arg-type]
    resource.check()
    edit(azure, {"patch_mode": "AutomaticByPlatform"}, ids(12)[5])
    resource.create()
    assert machines_of(resource, previous=BEFORE) == [name for name in names(12) if name != "vm-0005"]
    azure.new_run()
    resource.delete()
    assert held(azure, ids(12)[5])["patch_mode"] == "AutomaticByPlatform"


def test_a_machine_that_is_gone_leaves_the_state_and_the_list_asks_for_it_again() -> None:
    azure, resource = created(3)
    assert azure.ask("DELETE", ids(3)[1]).status == 202
    azure.simulator.clock.advance(timedelta(minutes=5))
    azure.take()
    state = resource.refresh()
    assert azure.take() == [GRAPH, GET]
    assert machines_of(resource) == ["vm-0000", "vm-0002"]
    assert state.machine_ids == (ids(3)[0], ids(3)[2])
    assert resource.difference().changed == ("machineIds",)


def test_a_refresh_names_machines_that_cannot_be_read_and_goes_on_with_the_others() -> None:
    azure, resource = created(5)
    for machine in ids(4):
        edit(azure, {"bypass_platform_safety_checks_on_user_schedule": False}, machine)
    azure.simulator.faults.add(
        match("GET", "vm-000[12]$"), response=Answer(403, "AuthorizationFailed", "No."), times=None
    )
    unread = "2 machines cannot be read (vm-0001, vm-0002): could not read it: AuthorizationFailed"
    state = resource.refresh()
    first, second = state.drifted
    assert first == f"{BYPASS} is False on 2 machines (vm-0000, vm-0003)"
    assert second.startswith(unread)
    assert unread in azure.said.text
    assert len(machines_of(resource)) == 5
    assert resource.difference().changed == ("bypassPlatformSafetyChecksOnUserSchedule",)
    with pytest.raises(ArmError, match="2 of 5 machines are not as declared"):
        resource.update()
    azure.simulator.faults.clear()
    assert [held(azure, ids(5)[number])[BYPASS] for number in range(5)] == [True, False, False, True, True]


def test_an_azure_that_does_not_answer_at_all_ends_the_refresh() -> None:
    azure, resource = created(3)
    edit(azure, {"bypass_platform_safety_checks_on_user_schedule": False}, ids(3)[1])
    azure.simulator.faults.add(match("GET", "vm-0001$"), response=Drop(before=True), times=None)
    with pytest.raises(ArmError, match="could not read it"):
        resource.refresh()


def test_a_refresh_whose_question_about_all_machines_is_refused_names_the_fleet_and_what_to_do() -> None:
    azure, resource = created(3)
    azure.simulator.faults.add(
        match("POST", "ResourceGraph"), response=Answer(403, "AuthorizationFailed", "Not you."), times=None
    )
    with pytest.raises(ArmError) as failure:
        resource.refresh()
    assert str(failure.value) == (
        "fleet 'web': how its machines are could not be looked up: Azure Resource Graph: could not ask it: "
        "AuthorizationFailed: Not you; mend that and refresh again"
    )
    assert (failure.value.status, failure.value.code) == (403, "AuthorizationFailed")


def test_an_assignment_that_is_gone_or_leads_elsewhere_is_drift() -> None:
    azure, resource = created(10, scheduleId=MONTHLY)
    tail = "providers/Microsoft.Maintenance/configurationAssignments/contoso-monthly"
    assert azure.ask("DELETE", f"{ids(10)[2]}/{tail}").status in (200, 204)
    other = {"location": "eastus", "properties": {"maintenanceConfigurationId": WEEKLY}}
    assert azure.ask("PUT", f"{ids(10)[4]}/{tail}", other).status == 200
    azure.take()
    state = resource.refresh()
    assert azure.take() == [GRAPH, GRAPH, ASSIGNED]
    assert state.drifted == (
        "schedule_id is not set on 1 machine (vm-0002)",
        f"schedule_id is {WEEKLY} on 1 machine (vm-0004)",
    )
    assert resource.difference().changed == ("scheduleId",)
    resource.update()
    assert azure.take_writes() == [PUT, PUT]
    assert all(assigned(azure, machine) == MONTHLY for machine in ids(10))
    assert resource.refresh().drifted == ()


def test_another_schedule_replaces_the_one_that_was_given() -> None:
    azure, resource = created(10, scheduleId=MONTHLY)
    resource.declare(scheduleId=WEEKLY)
    resource.update()
    assert azure.take_writes() == [UNASSIGN, PUT] * 10
    assert all(assigned(azure, machine, WEEKLY) == WEEKLY for machine in ids(10))
    assert assigned(azure, ids(10)[0]) is None
    azure.new_run()
    resource.delete()
    assert assigned(azure, ids(10)[0], WEEKLY) is None


def test_a_schedule_that_is_declared_no_longer_is_taken_back() -> None:
    azure, resource = created(10, scheduleId=MONTHLY)
    resource.declare(scheduleId=None)
    resource.update()
    assert azure.take_writes() == [UNASSIGN] * 10
    assert resource.refresh() == resource.state
    assert machines_of(resource, applied_schedule_id=None) == names(10)


def test_somebody_elses_assignment_is_given_back_its_schedule() -> None:
    azure = azure_of(3)
    tail = "providers/Microsoft.Maintenance/configurationAssignments/contoso-monthly"
    other = {"location": "eastus", "properties": {"maintenanceConfigurationId": WEEKLY}}
    assert azure.ask("PUT", f"{ids(3)[1]}/{tail}", other).status == 200
    resource = fleet(azure, ids(3), scheduleId=MONTHLY)
    resource.create()
    assert assigned(azure, ids(3)[1]) == MONTHLY
    azure.new_run()
    resource.delete()
    assert [assigned(azure, machine) for machine in ids(3)] == [None, WEEKLY, None]


def test_a_machine_whose_settings_failed_is_given_no_schedule_until_they_are_right(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    azure = azure_of(10)
    fail_writes(monkeypatch, ids(1))
    resource = fleet(azure, ids(10), scheduleId=MONTHLY)
    with pytest.raises(ArmError, match="vm-0000"):
        resource.create()
    assert assigned(azure, ids(1)[0]) is None
    assert failed_machines(resource) == ["vm-0000"]
    azure.new_run()
    resource.update()
    assert assigned(azure, ids(1)[0]) == MONTHLY


def test_a_schedule_that_cannot_be_given_fails_machine_by_machine() -> None:
    azure = azure_of(10)
    azure.simulator.faults.add(
        match("PUT", "vm-000[1-3]/"), response=Answer(400, "BadRequest", "Not this one."), times=None
    )
    resource = fleet(azure, ids(10), scheduleId=MONTHLY)
    with pytest.raises(ArmError) as failure:
        resource.create()
    assert str(failure.value).startswith(
        "fleet 'web': 3 of 10 machines are not as declared: vm-0001, vm-0002, vm-0003: could not write it: BadRequest: "
        "Not this one."
    )
    assert machines_of(resource, applied_schedule_id=MONTHLY) == [n for n in names(10) if n not in names(3, 1)]


def test_new_machines_are_assigned_as_soon_as_they_can_be() -> None:
    azure = azure_of(10, assignable_after=timedelta(minutes=3))
    resource = fleet(azure, ids(10), scheduleId=MONTHLY)
    resource.create()
    assert all(assigned(azure, machine) == MONTHLY for machine in ids(10))
    assert azure.passed < timedelta(minutes=5)
