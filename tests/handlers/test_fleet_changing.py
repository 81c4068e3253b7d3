"""The settings of many machines: few requests, every failure named, every run goes on where the last one ended."""

import json
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from azure_patch_simulator import Answer, Request, Response, match
from azure_patch_simulator.throttling import ThrottlingSettings
from pulumi_azure_hotpatch.errors import ArmError, Interrupted, TimedOut
from tests.handlers.declared import Declared
from tests.handlers.fleets import (
    ASSIGNED,
    BEFORE,
    GET,
    GRAPH,
    LIST,
    MONTHLY,
    PATCH,
    POLL,
    PUT,
    WANTED,
    assigned,
    azure_of,
    fail_writes,
    failed_machines,
    fleet,
    ids,
    machines_of,
    names,
)
from tests.handlers.machines import edit, held
from tests.support.simulated import Azure, Killed

QUICK: dict[str, Any] = {"operation_time": timedelta(seconds=2)}


def counted(azure: Azure) -> dict[str, int]:
    """How often each operation was asked for since this was last asked."""
    return dict(Counter(azure.take()))


def test_many_machines_cost_one_write_each_and_a_few_lists() -> None:
    azure = azure_of(40, **QUICK)
    resource = fleet(azure, ids(40))
    resource.create()
    assert counted(azure) == {LIST: 2, PATCH: 40}
    assert azure.passed == timedelta(seconds=2)
    assert all(held(azure, machine) == WANTED for machine in ids(40))


def test_a_few_machines_are_read_one_by_one() -> None:
    azure = azure_of(40, **QUICK)
    fleet(azure, ids(3)).create()
    assert counted(azure) == {GET: 3, PATCH: 3, LIST: 1}


def test_nobody_is_asked_before_the_last_is_due() -> None:
    azure = azure_of(40, **QUICK)
    answer, seconds = azure.simulator.handle, iter((2, 5, 9))

    def spread(request: Request) -> Response:
        response = answer(request)
        if request.method != "PATCH":
            return response
        return replace(response, headers={**response.headers, "retry-after": str(next(seconds))})

    azure.answer_with(spread)
    fleet(azure, ids(3)).create()
    assert counted(azure) == {GET: 3, PATCH: 3, LIST: 1}
    assert azure.passed == timedelta(seconds=9)


def test_a_list_that_may_not_be_read_is_done_without() -> None:
    azure = azure_of(10, **QUICK)
    azure.simulator.faults.add(
        match("GET", "/virtualMachines$"), response=Answer(403, "AuthorizationFailed", "No."), times=None
    )
    fleet(azure, ids(10)).create()
    assert counted(azure) == {LIST: 2, GET: 10, PATCH: 10, POLL: 10}


def test_only_machines_that_are_not_as_wanted_are_written() -> None:
    azure = azure_of(20, **QUICK)
    for machine in ids(5):
        edit(azure, WANTED, machine)
    resource = fleet(azure, ids(20))
    resource.create()
    assert counted(azure)[PATCH] == 15
    assert machines_of(resource, adopted=tuple(WANTED)) == names(5)
    assert len(resource.state.groups) == 2


def test_a_machine_that_somebody_else_changes_at_the_moment_is_waited_for() -> None:
    azure = azure_of(10)
    change = {
        "properties": {"osProfile": {"windowsConfiguration": {"patchSettings": {"assessmentMode": "ImageDefault"}}}}
    }
    assert azure.ask("PATCH", ids(1)[0], change).status == 200
    fleet(azure, ids(10)).create()
    assert azure.take_writes().count(PATCH) == 10
    assert held(azure, ids(1)[0]) == WANTED | {"assessment_mode": "ImageDefault"}


def test_many_that_somebody_else_changes_are_looked_at_with_lists() -> None:
    azure = azure_of(30, operation_time=timedelta(minutes=5))
    change = {
        "properties": {"osProfile": {"windowsConfiguration": {"patchSettings": {"assessmentMode": "ImageDefault"}}}}
    }
    for machine in ids(30):
        assert azure.ask("PATCH", machine, change).status == 200
    azure.simulator.world.settings.operation_time = timedelta(seconds=2)
    fleet(azure, ids(30)).create()
    calls = counted(azure)
    assert calls.keys() == {LIST, PATCH}
    # One every ten seconds of five minutes, and one for what became of the writes.
    assert calls[LIST] == 32
    assert calls[PATCH] == 30


def test_a_conflict_that_no_read_foretold_is_waited_out_once() -> None:
    azure = azure_of(10, **QUICK)
    azure.simulator.faults.add(match("PATCH", "vm-0004$"), response=Answer(409, "Conflict", "Another operation runs."))
    resource = fleet(azure, ids(10))
    resource.create()
    assert counted(azure) == {LIST: 2, PATCH: 11, GET: 1}
    assert failed_machines(resource) == []


def test_a_conflict_that_stays_is_the_machine_s_failure() -> None:
    azure = azure_of(10, **QUICK)
    azure.simulator.faults.add(
        match("PATCH", "vm-0004$"), response=Answer(409, "PropertyChangeNotAllowed", "Never."), times=None
    )
    resource = fleet(azure, ids(10))
    with pytest.raises(
        ArmError, match=r"^fleet 'web': 1 of 10 machines is not as declared: vm-0004: could not change its patch"
    ):
        resource.create()
    assert failed_machines(resource) == ["vm-0004"]


def test_failures_are_told_in_one_line_by_reason_and_the_next_run_repairs_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    azure = azure_of(60, **QUICK)
    fail_writes(monkeypatch, [ids(60)[number] for number in (7, 19, 33, 58)])
    azure.simulator.faults.add(
        match("PATCH", "vm-004[0-1]$"), response=Answer(403, "AuthorizationFailed", "Not yours."), times=2
    )
    resource = fleet(azure, ids(60))
    with pytest.raises(ArmError) as failure:
        resource.create()
    assert str(failure.value) == (
        "fleet 'web': 6 of 60 machines are not as declared: "
        "vm-0007, vm-0019, vm-0033 and 1 more: could not change its patch settings: VMAgentStatusCommunicationError: "
        "The agent does not answer; "
        "vm-0040, vm-0041: could not change its patch settings: AuthorizationFailed: Not yours. "
        "What was done is kept; mend that and run again to go on with these"
    )
    assert "\n" not in str(failure.value)
    assert failed_machines(resource) == ["vm-0007", "vm-0019", "vm-0033", "vm-0040", "vm-0041", "vm-0058"]
    # Four were asked for by themselves, because the list showed them as failed; nobody else was.
    assert counted(azure) == {LIST: 2, PATCH: 60, POLL: 4}
    azure.new_run()
    resource.update()
    assert counted(azure) == {LIST: 2, PATCH: 6}
    assert failed_machines(resource) == []
    assert all(held(azure, machine) == WANTED for machine in ids(60))
    assert machines_of(resource, previous=BEFORE) == names(60)
    assert resource.difference().changed == ()


def test_no_write_is_refused_for_coming_too_fast_and_none_is_lost() -> None:
    azure = azure_of(230, operation_time=timedelta(seconds=2), throttling=ThrottlingSettings(enforced=True))
    fleet(azure, ids(230)).create()
    statuses = Counter(entry.status for entry in azure.simulator.journal)
    assert statuses[429] == 0
    assert azure.writes() == [PATCH] * 230
    # 200 at once, then ten a second.
    assert timedelta(seconds=3) < azure.passed < timedelta(seconds=10)


@pytest.mark.parametrize(
    "request_number", [47, *(pytest.param(number, marks=pytest.mark.slow) for number in (5, 25, 90))]
)
def test_after_a_kill_the_next_run_finishes_the_rest_and_writes_nothing_twice(request_number: int) -> None:
    azure = azure_of(40, **QUICK)
    resource = fleet(azure, ids(40), scheduleId=MONTHLY)
    azure.cut_off(request_number, "killed", before=False)
    try:
        resource.create()
    except Killed:
        resource.forget()
    azure.new_run()
    if resource.stored is None:
        resource.create()
    assert Counter(azure.writes()) == {PATCH: 40, PUT: 40}
    assert all(held(azure, machine) == WANTED for machine in ids(40))
    assert all(assigned(azure, machine) == MONTHLY for machine in ids(40))


def test_a_cancelled_run_keeps_what_was_done() -> None:
    azure = azure_of(20)
    resource = fleet(azure, ids(20))
    azure.clock.interrupt_at = azure.clock.now() + timedelta(seconds=5)
    with pytest.raises(Interrupted, match="fleet 'web': cancelled while waiting"):
        resource.create()
    assert machines_of(resource, previous=BEFORE) == names(20)
    azure.new_run()
    azure.take()
    resource.update()
    assert azure.take_writes() == []


def test_a_run_that_takes_too_long_says_how_many_machines_are_missing() -> None:
    azure = azure_of(20, operation_time=timedelta(hours=1))
    with pytest.raises(TimedOut, match="fleet 'web': still waiting for 20 machines to change after 5m; run again"):
        fleet(azure, ids(20), timeout="5m").create()


def test_a_machine_that_does_not_exist_fails_alone() -> None:
    azure = azure_of(3, **QUICK)
    resource = fleet(azure, ids(4))
    with pytest.raises(ArmError, match=r"1 of 4 machines is not as declared: vm-0003: it does not exist \(/subscr"):
        resource.create()
    assert held(azure, ids(1)[0]) == WANTED
    assert failed_machines(resource) == ["vm-0003"]


def test_requests_made_side_by_side_give_the_same_state() -> None:
    states: list[Any] = []
    for width in (1, 8):
        azure = azure_of(30, operation_time=timedelta(0))
        object.__setattr__(azure.settings, "requests_at_once", width)
        azure.new_run()
        resource = fleet(azure, ids(30), scheduleId=MONTHLY)
        resource.create()
        states.append(resource.stored)
        assert counted(azure) == {LIST: 1, PATCH: 30, ASSIGNED: 1, PUT: 30}
    assert states[0] == states[1]


def test_the_same_run_twice_asks_for_the_same_in_the_same_order() -> None:
    def journal() -> list[tuple[Any, str, str]]:
        azure = azure_of(25, **QUICK)
        azure.simulator.faults.storm(0.1)
        resource = fleet(azure, ids(25), scheduleId=MONTHLY)
        for _ in range(4):
            try:
                resource.bring_about()
            except ArmError:
                continue
        return [(entry.instant, entry.method, entry.path) for entry in azure.simulator.journal]

    assert journal() == journal()


def test_a_storm_is_survived_by_as_many_runs_as_it_takes() -> None:
    azure = azure_of(40, **QUICK)
    resource = fleet(azure, ids(40), scheduleId=MONTHLY)
    for _ in range(10):
        azure.new_run()
        azure.simulator.faults.storm(0.3)
        try:
            resource.bring_about()
        except ArmError:
            continue
        break
    azure.new_run()
    assert resource.bring_about().unfinished is None
    assert all(held(azure, machine) == WANTED for machine in ids(40))
    assert all(assigned(azure, machine) == MONTHLY for machine in ids(40))
    assert machines_of(resource, previous=BEFORE) == names(40)


def size(resource: Declared) -> int:
    return len(json.dumps(resource.stored))


@pytest.mark.slow
def test_a_thousand_machines() -> None:
    azure = azure_of(1000, **QUICK)
    resource = fleet(azure, ids(1000), scheduleId=MONTHLY)
    assert [finding for finding in resource.check() if finding.is_error] == []
    resource.create()
    assert counted(azure) == {GRAPH: 1, LIST: 10, PATCH: 1000, ASSIGNED: 1, PUT: 1000}
    assert size(resource) < 300_000
    azure.new_run()
    resource.refresh()
    assert counted(azure) == {GRAPH: 2}
    assert resource.difference().changed == ()
    resource.update()
    assert counted(azure) == {LIST: 5, ASSIGNED: 1}
    edit(
        azure, {"patch_mode": "AutomaticByOS", "bypass_platform_safety_checks_on_user_schedule": False}, ids(1000)[500]
    )
    azure.new_run()
    resource.refresh()
    assert counted(azure) == {GRAPH: 2, GET: 1}
    resource.update()
    assert counted(azure)[PATCH] == 1
