"""Writes to machines that are under way at the same time are asked for together, and never misjudged for that."""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from azure_patch_simulator import SUBSCRIPTION_ID, Answer, Request, Response, World, match
from azure_patch_simulator.inventory import windows_machine
from pulumi_azure_hotpatch.errors import ArmError, Interrupted, OperationFailed
from pulumi_azure_hotpatch.handlers.waiting import Patience, finish
from pulumi_azure_hotpatch.ids import ResourceId
from pulumi_azure_hotpatch.ports import Accepted, Body
from tests.handlers.fleets import LIST, PATCH, POLL, fail_writes
from tests.support.simulated import START, Azure

WANTED = {"patchMode": "AutomaticByPlatform", "automaticByPlatformSettings": {"rebootSetting": "IfRequired"}}
TAKES = timedelta(seconds=8)


class Writes:
    """A subscription with `count` machines, on which a write takes 8 seconds."""

    def __init__(self, count: int = 12) -> None:
        bodies = [windows_machine(SUBSCRIPTION_ID, "rg-contoso", f"vm-{n:04}", "2022-datacenter") for n in range(count)]
        self.ids = [ResourceId.parse(body["id"]) for body in bodies]
        self.azure = Azure(World.from_inventory(bodies))
        self.azure.simulator.world.settings.operation_time = TAKES

    def begin(self, *numbers: int) -> list[Accepted[Body]]:
        machines = self.azure.runtime.azure.machines
        return [machines.patch_settings(self.ids[number], "windows", WANTED) for number in numbers]

    def after(self, seconds: float) -> None:
        self.azure.clock.sleep_until(START + timedelta(seconds=seconds))

    def asked(self) -> dict[str, int]:
        """What was asked since this was last asked, writes left out."""
        found = Counter(self.azure.take())
        del found[PATCH]
        return dict(found)


def in_eight_seconds(answer: Callable[[Request], Response]) -> Callable[[Request], Response]:
    """Answers that ask to be left alone for 8 seconds, however long the operation takes."""

    def handle(request: Request) -> Response:
        response = answer(request)
        return replace(response, headers={**response.headers, "retry-after": "8"})

    return handle


def mode(answer: Body | None) -> Any:
    assert answer is not None
    return answer["properties"]["osProfile"]["windowsConfiguration"]["patchSettings"]["patchMode"]


def test_one_list_tells_of_all_that_are_due() -> None:
    writes = Writes()
    operations = writes.begin(*range(10))
    writes.after(8)
    assert [mode(operation.poll()) for operation in operations] == ["AutomaticByPlatform"] * 10
    assert writes.asked() == {LIST: 1}
    assert all(operation.due() is None and operation.poll() is not None for operation in operations)
    assert writes.asked() == {}


def test_one_alone_asks_for_itself() -> None:
    writes = Writes()
    (operation,) = writes.begin(3)
    writes.after(8)
    assert operation.poll() is not None
    assert operation.due() is None
    writes.begin(4)
    assert writes.asked() == {POLL: 1}


def test_what_is_done_at_once_is_not_asked_for() -> None:
    writes = Writes()
    writes.azure.simulator.world.settings.operation_time = timedelta(0)
    operations = writes.begin(0, 1)
    assert [operation.due() for operation in operations] == [None] * 2
    assert [mode(operation.poll()) for operation in operations] == ["AutomaticByPlatform"] * 2
    assert writes.asked() == {}


def test_what_was_running_by_its_own_answer_is_asked_for_with_others_at_the_pace_of_that_answer() -> None:
    writes = Writes()
    writes.azure.simulator.world.settings.operation_time = timedelta(seconds=3)
    operations = writes.begin(0)
    for operation in writes.azure.simulator.world.operations.values():
        operation.ends = START + timedelta(seconds=60)
    writes.after(3)
    assert operations[0].poll() is None
    writes.azure.simulator.world.settings.operation_time = timedelta(seconds=10)
    operations += writes.begin(1)
    assert [operation.next_poll() for operation in operations] == [START + timedelta(seconds=13)] * 2
    writes.after(13)
    assert operations[0].poll() is None
    assert operations[0].next_poll() == START + timedelta(seconds=23)
    assert operations[1].poll() is not None
    assert writes.asked() == {POLL: 1, LIST: 1}


def test_what_is_done_is_no_reason_for_a_list() -> None:
    writes = Writes()
    first, second = writes.begin(0, 1)
    writes.after(8)
    assert first.poll() is not None
    writes.after(12)
    others = writes.begin(2)
    writes.after(20)
    assert others[0].poll() is not None
    assert writes.asked() == {LIST: 1, POLL: 1}
    others = writes.begin(3, 4)
    writes.after(28)
    assert second.poll() is not None
    assert writes.asked() == {}


def test_nothing_is_listed_before_the_last_that_is_waited_for_is_due() -> None:
    writes = Writes()
    operations = writes.begin(0, 1)
    writes.after(0.5)
    operations += writes.begin(2)
    writes.after(8)
    assert [operation.poll() for operation in operations[:2]] == [None] * 2
    assert writes.asked() == {}
    writes.after(8.5)
    assert all(operation.poll() is not None for operation in operations)
    assert writes.asked() == {LIST: 1}


def test_what_is_running_and_not_due_keeps_its_turn() -> None:
    writes = Writes()
    first, second = writes.begin(0, 1)
    writes.after(4)
    third = writes.begin(2)[0]
    writes.after(8)
    assert first.poll() is not None
    assert second.poll() is not None
    assert third.next_poll() == START + timedelta(seconds=12)


def test_what_a_list_did_not_tell_is_not_listed_again_for_another(monkeypatch: pytest.MonkeyPatch) -> None:
    writes = Writes()
    fail_writes(monkeypatch, [str(writes.ids[1])])
    first, failed = writes.begin(0, 1)
    writes.after(1)
    others = writes.begin(2)
    writes.after(8)
    assert first.poll() is not None
    writes.after(9)
    with pytest.raises(OperationFailed):
        failed.poll()
    assert writes.asked() == {LIST: 1, POLL: 1}
    assert others[0].due() is not None


def test_what_is_due_a_little_later_is_waited_for_and_asked_with_it() -> None:
    writes = Writes()
    first = writes.begin(0)[0]
    writes.after(0.5)
    second = writes.begin(1)[0]
    writes.after(8)
    assert first.poll() is None
    assert first.next_poll() == second.next_poll() == START + timedelta(seconds=8.5)
    writes.after(8.5)
    assert first.poll() is not None
    assert second.poll() is not None
    assert writes.asked() == {LIST: 1}


def test_what_is_due_much_later_is_not_waited_for() -> None:
    writes = Writes()
    first = writes.begin(0)[0]
    writes.after(0.6)
    second = writes.begin(1)[0]
    writes.after(8)
    assert first.poll() is not None
    assert writes.asked() == {POLL: 1}
    writes.after(8.6)
    assert second.poll() is not None
    assert writes.asked() == {POLL: 1}


def test_nobody_waits_longer_than_that_however_many_come_after() -> None:
    writes = Writes()
    operations = []
    for number in range(10):
        writes.after(number * 0.2)
        operations += writes.begin(number)
    seconds = 8.0
    writes.after(seconds)
    while operations[0].poll() is None:
        seconds = (operations[0].next_poll() - START).total_seconds()
        writes.after(seconds)
    assert seconds == 8.4


def test_what_a_list_shows_to_be_done_early_is_not_asked_for_when_it_is_due() -> None:
    writes = Writes()
    first, second = writes.begin(0, 1)
    writes.azure.simulator.world.settings.operation_time = timedelta(milliseconds=100)
    writes.after(7.7)
    third = writes.begin(2)[0]
    writes.after(8)
    assert third.next_poll() == START + timedelta(seconds=8.7)
    assert first.poll() is not None
    assert second.poll() is not None
    assert third.poll() is not None
    assert writes.asked() == {LIST: 1}


def test_a_failure_is_told_with_azure_s_reason_and_the_others_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    writes = Writes()
    fail_writes(monkeypatch, [str(writes.ids[4])])
    operations = writes.begin(*range(10))
    writes.after(8)
    for number, operation in enumerate(operations):
        if number == 4:
            with pytest.raises(OperationFailed, match="VMAgentStatusCommunicationError: The agent does not answer"):
                operation.poll()
        else:
            assert operation.poll() is not None
    assert writes.asked() == {LIST: 1, POLL: 1}


def test_settings_that_somebody_else_has_changed_meanwhile_are_asked_for_by_the_operation() -> None:
    writes = Writes()
    operations = writes.begin(0, 1, 2)
    writes.after(8)
    writes.azure.simulator.world.settings.operation_time = timedelta(0)
    changed = {"automaticByPlatformSettings": {"rebootSetting": "Never"}}
    theirs = {"properties": {"osProfile": {"windowsConfiguration": {"patchSettings": changed}}}}
    assert writes.azure.ask("PATCH", str(writes.ids[1]), theirs).status == 200
    assert [operation.poll() is not None for operation in operations] == [True] * 3
    assert writes.asked() == {LIST: 1, POLL: 1}


def test_of_two_operations_on_a_machine_the_list_tells_of_the_later_one() -> None:
    writes = Writes()
    writes.azure.answer_with(in_eight_seconds(writes.azure.simulator.handle))
    writes.azure.simulator.world.settings.operation_time = timedelta(seconds=4)
    first, other = writes.begin(0, 1)
    writes.after(5)
    writes.azure.simulator.world.settings.operation_time = TAKES
    second = writes.begin(0)[0]
    writes.after(8)
    assert first.poll() is not None
    assert other.poll() is not None
    assert second.next_poll() == START + timedelta(seconds=13)
    assert writes.asked() == {LIST: 1, POLL: 1}
    writes.after(13)
    assert second.poll() is not None


def test_settings_that_are_taken_away_are_shown_by_their_absence() -> None:
    writes = Writes()
    machines = writes.azure.runtime.azure.machines
    absent = {"automaticByPlatformSettings": {"rebootSetting": None, "bypassPlatformSafetyChecksOnUserSchedule": None}}
    operations = [machines.patch_settings(id, "windows", absent) for id in writes.ids[:3]]
    writes.after(8)
    assert all(operation.poll() is not None for operation in operations)
    assert writes.asked() == {LIST: 1}


def test_machines_that_are_gone_are_asked_for_by_their_operations() -> None:
    writes = Writes()
    operations = writes.begin(0, 1, 2)
    writes.after(8)
    for number in (1, 2):
        writes.azure.simulator.world.resources.remove(str(writes.ids[number]))
    assert all(operation.poll() is not None for operation in operations)
    assert writes.asked() == {LIST: 1, POLL: 2}


def test_what_is_still_running_is_asked_for_again_at_azure_s_pace() -> None:
    writes = Writes()
    operations = writes.begin(0, 1, 2)
    for operation in writes.azure.simulator.world.operations.values():
        operation.ends = START + timedelta(seconds=13)
    writes.after(8)
    assert [operation.poll() for operation in operations] == [None] * 3
    assert {operation.next_poll() for operation in operations} == {START + timedelta(seconds=16)}
    writes.after(16)
    assert all(operation.poll() is not None for operation in operations)
    assert writes.asked() == {LIST: 2}


def test_where_machines_may_not_be_listed_each_operation_is_asked_and_the_list_once() -> None:
    writes = Writes()
    writes.azure.simulator.faults.add(
        match("GET", "/virtualMachines$"), response=Answer(403, "AuthorizationFailed", "No."), times=None
    )
    for begun, due in ((0, 8), (30, 38)):
        writes.after(begun)
        operations = writes.begin(*range(5))
        writes.after(due)
        assert all(operation.poll() is not None for operation in operations)
    assert writes.asked() == {LIST: 1, POLL: 10}


def test_lists_of_a_large_subscription_cost_little_more_than_they_save() -> None:
    writes = Writes(2_400)
    for round in range(4):
        writes.after(round * 100)
        last = [2_390 + number for number in range(4)]
        operations = writes.begin(*last)
        writes.after(round * 100 + 8)
        assert all(operation.poll() is not None for operation in operations)
    # Two pages of twelve were read; the machines are on the last one.
    assert writes.asked() == {LIST: 2, POLL: 16}


def test_many_pages_are_read_for_many_operations() -> None:
    writes = Writes(2_400)
    operations = writes.begin(*range(2_300, 2_400))
    writes.after(8)
    assert all(operation.poll() is not None for operation in operations)
    assert writes.asked() == {LIST: 12}


def test_lists_that_showed_failures_have_saved_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    writes = Writes(2_400)
    fail_writes(monkeypatch, [str(id) for id in writes.ids[:7]])
    operations = writes.begin(*range(7))
    writes.after(8)
    for operation in operations:
        with pytest.raises(OperationFailed):
            operation.poll()
    assert writes.asked() == {LIST: 1, POLL: 7}
    writes.after(100)
    operations = writes.begin(2_398, 2_399)
    writes.after(108)
    assert all(operation.poll() is not None for operation in operations)
    assert writes.asked() == {LIST: 1, POLL: 2}


def test_an_operation_that_cannot_be_asked_for_holds_up_nobody() -> None:
    writes = Writes()
    first = writes.begin(0)[0]
    writes.azure.simulator.faults.add(
        match("GET", "/operations/"), response=Answer(404, "NotFound", "No such operation."), times=None
    )
    writes.after(8)
    with pytest.raises(ArmError, match="No such operation"):
        first.poll()
    writes.after(10)
    second = writes.begin(1)[0]
    writes.azure.simulator.faults.clear()
    writes.after(18)
    assert second.poll() is not None
    assert writes.asked() == {POLL: 2}


def test_many_that_ask_at_the_same_time_share_one_list() -> None:
    writes = Writes()
    operations = writes.begin(*range(10))
    writes.after(8)
    answers: list[Body | None] = []
    with writes.azure.simulator.clock.lock:
        # Nobody is answered before everybody has asked.
        threads = [threading.Thread(target=lambda one=one: answers.append(one.poll())) for one in operations]
        for thread in threads:
            thread.start()
        threads[0].join(0.05)
    for thread in threads:
        thread.join()
    assert [mode(answer) for answer in answers] == ["AutomaticByPlatform"] * 10
    assert writes.asked() == {LIST: 1}


def test_a_failure_stays_one_however_often_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    writes = Writes()
    fail_writes(monkeypatch, [str(writes.ids[0])])
    failed = writes.begin(0, 1, 2)[0]
    writes.after(8)
    for _ in range(2):
        with pytest.raises(OperationFailed, match="VMAgentStatusCommunicationError"):
            failed.poll()


def test_no_further_page_is_read_for_a_machine_that_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    writes = Writes(2_400)
    fail_writes(monkeypatch, [str(writes.ids[4])])
    operations = writes.begin(*range(10))
    writes.after(8)
    for number, operation in enumerate(operations):
        if number == 4:
            with pytest.raises(OperationFailed):
                operation.poll()
        else:
            assert operation.poll() is not None
    assert writes.asked() == {LIST: 1, POLL: 1}


def test_where_azure_names_no_time_it_is_asked_at_once_and_then_after_the_usual_time() -> None:
    writes = Writes()
    answer = writes.azure.simulator.handle

    def without_a_time(request: Request) -> Response:
        response = answer(request)
        left = {name: value for name, value in response.headers.items() if name != "retry-after"}
        return replace(response, headers=left)

    writes.azure.answer_with(without_a_time)
    operations = writes.begin(*range(10))
    assert [operation.poll() for operation in operations] == [None] * 10
    assert {operation.next_poll() for operation in operations} == {START + timedelta(seconds=30)}
    writes.after(30)
    assert all(operation.poll() is not None for operation in operations)
    assert writes.asked() == {LIST: 2}


def test_a_machine_that_others_keep_changing_is_asked_for_by_its_operation_before_long() -> None:
    writes = Writes()
    operations = writes.begin(0, 1, 2)
    writes.after(8)
    for id in writes.ids[:3]:
        machine = writes.azure.simulator.world.resources.get(str(id))
        assert machine is not None
        machine.properties["provisioningState"] = "Updating"
    for round in range(2, 7):
        assert [operation.poll() for operation in operations] == [None] * 3
        writes.after(8 * round)
    assert all(operation.poll() is not None for operation in operations)
    assert writes.asked() == {LIST: 6, POLL: 3}


def test_lists_are_believed_again_after_the_operation_itself_has_said_that_it_is_running() -> None:
    writes = Writes()
    operations = writes.begin(0, 1)
    for operation in writes.azure.simulator.world.operations.values():
        operation.ends = START + timedelta(minutes=10)
    for _ in range(7):
        writes.azure.clock.sleep_until(max(operation.next_poll() for operation in operations))
        assert [operation.poll() for operation in operations] == [None] * 2
    assert writes.asked() == {LIST: 7, POLL: 2}


def test_after_its_own_answer_too_it_is_asked_for_before_a_time_out() -> None:
    writes = Writes()
    (operation,) = writes.begin(0)
    for running in writes.azure.simulator.world.operations.values():
        running.ends = START + timedelta(seconds=18)
    writes.after(8)
    assert operation.poll() is None
    assert operation.next_poll() == START + timedelta(seconds=18)
    writes.after(12)
    assert operation.poll() is None
    assert writes.asked() == {POLL: 2}


def test_what_nobody_waits_for_any_more_is_not_asked_for() -> None:
    writes = Writes()
    operations = writes.begin(0, 1)
    writes.after(8)
    del operations[0]
    assert operations[0].poll() is not None
    assert writes.asked() == {POLL: 1}


@pytest.mark.parametrize(("takes", "timeout"), [(4, 5), (8, 8.2)])
def test_before_a_time_out_it_is_asked_for_whoever_else_is_waited_for(takes: int, timeout: float) -> None:
    writes = Writes()
    writes.azure.answer_with(in_eight_seconds(writes.azure.simulator.handle))
    writes.azure.simulator.world.settings.operation_time = timedelta(seconds=takes)
    first = writes.begin(0)[0]
    writes.after(0.5)
    others = writes.begin(1)
    patience = Patience(START, START + timedelta(seconds=timeout))
    assert finish(writes.azure.context(), first, patience, "it to change") is not None
    assert others[0].next_poll() == START + timedelta(seconds=8.5)


def test_that_a_list_has_told_of_it_before_takes_no_question_from_a_time_out() -> None:
    writes = Writes()
    operations = writes.begin(0, 1)
    for operation in writes.azure.simulator.world.operations.values():
        operation.ends = START + timedelta(seconds=13)
    writes.after(8)
    assert [operation.poll() for operation in operations] == [None] * 2
    del operations[1]
    writes.after(8.5)
    operations += writes.begin(2)
    writes.after(16)
    assert operations[0].poll() is None
    assert operations[0].next_poll() == START + timedelta(seconds=16.5)
    writes.after(16.2)
    assert operations[0].poll() is not None
    assert writes.asked() == {LIST: 1, POLL: 1}


def test_after_an_interrupted_list_nobody_asks_for_another() -> None:
    writes = Writes()
    operations = writes.begin(*range(5))
    writes.after(8)
    answer = writes.azure.simulator.handle

    def interrupted(request: Request) -> Response:
        response = answer(request)
        if request.path.endswith("/virtualMachines"):
            # As the waits of the transport are, between two attempts.
            raise Interrupted("cancelled")
        return response

    writes.azure.answer_with(interrupted)
    with pytest.raises(Interrupted):
        operations[0].poll()
    assert all(operation.poll() is not None for operation in operations[1:])
    assert writes.asked() == {LIST: 1, POLL: 4}


def test_where_machines_may_not_be_listed_nobody_is_waited_for() -> None:
    writes = Writes()
    writes.azure.simulator.faults.add(
        match("GET", "/virtualMachines$"), response=Answer(403, "AuthorizationFailed", "No."), times=None
    )
    refused = writes.begin(0, 1)
    writes.after(8)
    assert all(operation.poll() is not None for operation in refused)
    writes.after(10)
    first = writes.begin(2)[0]
    writes.after(10.5)
    second = writes.begin(3)[0]
    writes.after(18)
    assert first.poll() is not None
    assert second.due() == START + timedelta(seconds=18.5)
