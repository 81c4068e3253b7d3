"""Many tasks from one thread: never too many requests at once, pauses that cost nothing, errors that stay apart."""

import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest

from pulumi_azure_hotpatch.errors import ArmError, ConfigurationError, TimedOut
from pulumi_azure_hotpatch.handlers.concurrently import Call, Pause, Task, at_once, drive
from pulumi_azure_hotpatch.handlers.waiting import Patience
from pulumi_azure_hotpatch.host.runtime import CallContext
from tests.support.simulated import START, Azure, minutes


def context(width: int = 1) -> CallContext:
    azure = Azure()
    object.__setattr__(azure.settings, "requests_at_once", width)
    return azure.context("it")


def patience(ctx: CallContext) -> Patience:
    return Patience.of(ctx, None, "1h")


def refuse() -> str:
    raise ArmError("vm-1: no", code="No", status=400)


def test_answers_are_in_the_order_of_the_questions_and_refusals_are_among_them() -> None:
    for width in (1, 4):
        ctx = context(width)
        calls: list[Callable[[], str]] = [lambda: "one", refuse, lambda: "three"]
        first, second, third = at_once(ctx, calls, patience(ctx))
        assert (first, third) == ("one", "three")
        assert isinstance(second, ArmError)


def test_one_at_a_time_is_the_callers_own_thread_in_order() -> None:
    ctx = context()
    seen: list[tuple[int, threading.Thread]] = []

    def note(number: int) -> None:
        seen.append((number, threading.current_thread()))

    at_once(ctx, (partial(note, number) for number in range(5)), patience(ctx))
    assert seen == [(number, threading.current_thread()) for number in range(5)]


def test_never_more_requests_are_under_way_than_allowed_and_tasks_begin_when_there_is_room() -> None:
    ctx = context(4)
    lock = threading.Lock()
    under_way = most = begun = 0
    all_here = threading.Barrier(4, timeout=10)

    def request(number: int) -> None:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        if number < 4:
            all_here.wait()
        with lock:
            under_way -= 1

    def task(number: int) -> Task[int]:
        nonlocal begun
        begun += 1
        # Whoever comes later began only after an answer made room.
        assert begun <= 4 + number
        yield Call(lambda: request(number))
        yield Call(lambda: request(number + 4))
        return number

    assert drive(ctx, map(task, range(12)), patience(ctx)) == list(range(12))
    assert most == 4


def test_tasks_that_pause_leave_their_place_to_others_and_time_passes_once() -> None:
    ctx = context()
    log: list[str] = []

    def task(name: str, pause: float) -> Task[None]:
        yield Call(lambda: log.append(f"{name} asks"))
        yield Pause(ctx.clock.now() + minutes(pause), "it to end")
        yield Call(lambda: log.append(f"{name} asks again"))

    drive(ctx, [task("a", 3), task("b", 1), task("c", 3)], patience(ctx))
    assert log == ["a asks", "b asks", "c asks", "b asks again", "a asks again", "c asks again"]
    assert ctx.clock.now() == START + minutes(3)


def test_a_task_may_go_on_after_a_refusal() -> None:
    ctx = context()

    def task() -> Task[str]:
        try:
            yield Call(refuse)
        except ArmError as error:
            return f"refused: {error.code}"
        return "granted"

    assert drive(ctx, [task()], patience(ctx)) == ["refused: No"]


@pytest.mark.parametrize("width", [1, 4])
def test_what_is_no_refusal_of_azure_ends_everything(width: int) -> None:
    ctx = context(width)
    done: list[int] = []

    def request(number: int) -> None:
        if number == 1:
            raise ConfigurationError("no credentials")
        done.append(number)

    with pytest.raises(ConfigurationError, match="no credentials"):
        at_once(ctx, (partial(request, number) for number in range(500)), patience(ctx))
    assert len(done) < 10


def test_a_pause_beyond_the_patience_is_a_time_out() -> None:
    ctx = context()

    def task() -> Task[None]:
        while True:
            yield Pause(ctx.clock.now() + timedelta(minutes=40), "the machine to answer")

    with pytest.raises(TimedOut, match="it: still waiting for the machine to answer after 1h"):
        drive(ctx, [task()], patience(ctx))
