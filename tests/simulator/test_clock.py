"""Laws of simulated time."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azure_patch_simulator import Event, SimulatedClock, parse_pace
from tests.simulator.asking import START

moves = st.lists(st.integers(min_value=-(10**6), max_value=10**6), max_size=30)
delays = st.lists(st.tuples(st.integers(0, 20), st.integers(-2, 2)), max_size=40)


def recorder(clock: SimulatedClock) -> list[tuple[datetime, Event]]:
    seen: list[tuple[datetime, Event]] = []
    clock.on("tick", lambda event: seen.append((clock.now(), event)))
    return seen


@given(moves)
def test_a_clock_never_goes_back(offsets: list[int]) -> None:
    clock = SimulatedClock(START)
    latest = START
    for offset in offsets:
        target = START + timedelta(seconds=offset)
        latest = max(latest, target)
        assert clock.advance_to(target) == clock.now() == latest


@given(delays, st.integers(0, 25))
def test_events_run_by_due_time_then_priority_then_age_each_at_its_own_instant(
    planned: list[tuple[int, int]], until: int
) -> None:
    clock = SimulatedClock(START)
    seen = recorder(clock)
    events = [
        clock.schedule(START + timedelta(seconds=due), "tick", {}, priority=priority) for due, priority in planned
    ]
    clock.advance(timedelta(seconds=until))
    expected = sorted(event for event in events if event.due <= START + timedelta(seconds=until))
    assert [event for _, event in seen] == expected
    assert all(instant == event.due for instant, event in seen)
    assert clock.pending() == sorted(set(events) - set(expected))


@given(st.lists(st.integers(0, 10), min_size=1, max_size=10))
def test_the_way_time_is_cut_changes_nothing(steps: list[int]) -> None:
    whole, cut = SimulatedClock(START), SimulatedClock(START)
    logs = recorder(whole), recorder(cut)
    for clock in (whole, cut):
        for second in range(0, 30, 3):
            clock.schedule(START + timedelta(seconds=second), "tick", {"n": second})
    whole.advance(timedelta(seconds=sum(steps)))
    for step in steps:
        cut.advance(timedelta(seconds=step))
    assert whole.now() == cut.now()
    assert logs[0] == logs[1]


def test_an_event_may_schedule_the_next_one_and_it_runs_in_the_same_move() -> None:
    clock = SimulatedClock(START)
    seen: list[datetime] = []

    def again(event: Event) -> None:
        seen.append(event.due)
        clock.schedule(event.due + timedelta(hours=1), "again", {})

    clock.on("again", again)
    clock.schedule(START, "again", {})
    clock.advance(timedelta(hours=3))
    assert seen == [START + timedelta(hours=hour) for hour in range(4)]


def test_an_event_may_not_move_the_clock() -> None:
    clock = SimulatedClock(START)

    def jump(_: Event) -> None:
        clock.advance_to(START + timedelta(days=1))

    clock.on("jump", jump)
    clock.schedule(START, "jump", {})
    with pytest.raises(RuntimeError, match="may not move"):
        clock.advance(timedelta(seconds=1))


def test_threads_that_sleep_together_sleep_side_by_side() -> None:
    clock = SimulatedClock(START)
    ready = threading.Barrier(4)

    def sleep() -> None:
        ready.wait()
        for _ in range(100):
            clock.sleep(timedelta(seconds=10))

    threads = [threading.Thread(target=sleep) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert START + timedelta(seconds=1000) <= clock.now() <= START + timedelta(seconds=4000)


def test_a_scaled_clock_runs_by_itself_and_jumps_ahead_when_told() -> None:
    clock = SimulatedClock(START, pace=3600.0)
    seen = recorder(clock)
    clock.schedule(START + timedelta(seconds=36), "tick", {})
    clock.sleep(timedelta(seconds=60))
    assert clock.now() >= START + timedelta(seconds=60)
    assert [event.due for _, event in seen] == [START + timedelta(seconds=36)]
    assert clock.advance(timedelta(days=3)) >= START + timedelta(days=3)


@pytest.mark.parametrize(("text", "pace"), [("manual", 0.0), ("real", 1.0), ("x60", 60.0), ("x0.5", 0.5)])
def test_a_pace_is_manual_real_or_a_factor(text: str, pace: float) -> None:
    assert parse_pace(text) == pace


@pytest.mark.parametrize("text", ["", "x", "x0", "x-1", "xnan", "xinf", "60", "fast"])
def test_anything_else_is_no_pace(text: str) -> None:
    with pytest.raises(ValueError, match="time is"):
        parse_pace(text)


def test_naive_instants_unknown_kinds_and_backward_steps_are_refused() -> None:
    clock = SimulatedClock(START)
    with pytest.raises(ValueError, match="aware"):
        SimulatedClock(START.replace(tzinfo=None))
    with pytest.raises(ValueError, match="aware"):
        clock.advance_to(START.replace(tzinfo=None))
    with pytest.raises(ValueError, match="backwards"):
        clock.advance(timedelta(seconds=-1))
    with pytest.raises(ValueError, match="nothing handles"):
        clock.schedule(START, "unheard", {})
    assert clock.now() == START.astimezone(UTC)
