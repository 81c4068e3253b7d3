"""Windows: daylight saving, containment, overlap, and the traps Azure documents."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_azure_hotpatch.engine import window as windowing
from pulumi_azure_hotpatch.engine.durations import parse_duration, parse_start
from pulumi_azure_hotpatch.engine.occurrences import Adjustment, occurrences
from pulumi_azure_hotpatch.engine.recurrence import parse
from pulumi_azure_hotpatch.engine.window import (
    Window,
    has_lead_time,
    lead_time,
    overlapping,
    repeats_too_often,
    same_start,
    shortest_interval,
    starts_before_midnight,
    windows,
    windows_within,
)
from pulumi_azure_hotpatch.engine.zones import zone
from pulumi_azure_hotpatch.errors import InvalidInput

EASTERN = zone("Eastern Standard Time")
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def open_for(hours: float, opens: datetime = NOON) -> Window:
    return Window(opens, opens + timedelta(hours=hours))


def shown(text: str, start: str, duration: str, **horizon: datetime | int) -> list[tuple[object, ...]]:
    found = windows(parse(text), parse_start(start), EASTERN, parse_duration(duration), **horizon)  # type: ignore[arg-type]
    return [(*window.as_json().values(), window.adjusted) for window in found]


def test_a_window_keeps_its_wall_clock_time_and_says_where_the_offset_changed() -> None:
    assert shown("Week Saturday", "2026-02-28 22:00", "02:00", count=3) == [
        ("2026-02-28T22:00:00-05:00", "2026-03-01T00:00:00-05:00", False, Adjustment.NONE),
        ("2026-03-07T22:00:00-05:00", "2026-03-08T00:00:00-05:00", False, Adjustment.NONE),
        ("2026-03-14T22:00:00-04:00", "2026-03-15T00:00:00-04:00", True, Adjustment.NONE),
    ]


def test_a_window_open_during_a_clock_change_lasts_its_full_duration() -> None:
    assert shown("Week Sunday", "2026-03-08 01:30", "02:00", count=2) == [
        ("2026-03-08T01:30:00-05:00", "2026-03-08T04:30:00-04:00", True, Adjustment.NONE),
        ("2026-03-15T01:30:00-04:00", "2026-03-15T03:30:00-04:00", False, Adjustment.NONE),
    ]
    assert shown("Week Sunday", "2026-11-01 01:30", "02:00", count=1) == [
        ("2026-11-01T01:30:00-04:00", "2026-11-01T02:30:00-05:00", True, Adjustment.OVERLAP)
    ]


def test_a_window_in_a_gap_opens_after_it() -> None:
    assert shown("Week Sunday", "2026-03-01 02:30", "01:30", count=2)[1] == (
        "2026-03-08T03:30:00-04:00",
        "2026-03-08T05:00:00-04:00",
        True,
        Adjustment.GAP,
    )


def test_the_offset_mark_does_not_depend_on_where_one_begins_to_look() -> None:
    after = datetime(2026, 3, 12, tzinfo=UTC)
    assert shown("Week Saturday", "2026-02-28 22:00", "02:00", after=after, count=1)[0][2] is True


def test_a_window_that_is_open_at_the_beginning_of_the_horizon_is_in_it() -> None:
    opens = datetime(2026, 1, 2, 3, tzinfo=UTC)
    late, closed = opens + timedelta(minutes=119), opens + timedelta(minutes=120)
    assert shown("Day", "2026-01-01 22:00", "02:00", after=late, count=1)[0][0] == "2026-01-01T22:00:00-05:00"
    assert shown("Day", "2026-01-01 22:00", "02:00", after=closed, count=1)[0][0] == "2026-01-02T22:00:00-05:00"


def test_windows_of_a_bounded_horizon_are_the_same_and_are_remembered() -> None:
    after, before = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    arguments = (parse("Month Second Tuesday Offset4"), parse_start("2025-01-01 22:00"), EASTERN, timedelta(hours=2))
    found = windows_within(*arguments, after, before)
    assert found == tuple(windows(*arguments, after=after, before=before))
    assert len(found) == 12
    assert windows_within(*arguments, after, before) is found


def test_a_window_contains_its_opening_and_not_its_closing() -> None:
    window = open_for(2)
    assert window.contains(NOON)
    assert window.contains(NOON + timedelta(hours=2) - timedelta.resolution)
    assert not window.contains(NOON + timedelta(hours=2))
    assert not window.contains(NOON - timedelta.resolution)


def test_containment_is_decided_on_instants_not_on_clocks() -> None:
    [repeated] = windows(parse("Day"), parse_start("2026-11-01 01:30"), EASTERN, timedelta(hours=1), count=1)
    first, second = (datetime(2026, 11, 1, 1, 45, tzinfo=EASTERN, fold=fold) for fold in (0, 1))
    assert repeated.contains(first)
    assert not repeated.contains(second)


@given(st.integers(-300, 300), st.integers(1, 300), st.integers(1, 300))
def test_two_windows_overlap_exactly_when_some_minute_is_in_both(gap: int, one: int, two: int) -> None:
    first = Window(NOON, NOON + timedelta(minutes=one))
    second = Window(NOON + timedelta(minutes=gap), NOON + timedelta(minutes=gap + two))
    minutes = (NOON + timedelta(minutes=minute) for minute in range(min(gap, 0), max(one, gap + two)))
    shared = any(first.contains(instant) and second.contains(instant) for instant in minutes)
    assert first.overlaps(second) == second.overlaps(first) == shared


@given(
    st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), max_size=8),
    st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), max_size=8),
)
def test_overlaps_of_two_schedules_are_those_of_every_pair(
    first: list[tuple[int, int]], second: list[tuple[int, int]]
) -> None:
    def line(steps: list[tuple[int, int]]) -> list[Window]:
        opens, made = NOON, []
        for wait, length in steps:
            opens += timedelta(hours=wait)
            made.append(open_for(length, opens))
        return made

    one, two = line(first), line(second)
    wanted = [(left, right) for left in one for right in two if left.overlaps(right)]
    assert list(overlapping(one, two)) == wanted


def test_an_endless_schedule_can_be_compared_with_a_bounded_one() -> None:
    weekly = windows(parse("Week Tuesday"), parse_start("2026-01-01 22:00"), UTC, timedelta(hours=2), count=52)
    daily = windows(parse("Day"), parse_start("2026-01-01 23:00"), UTC, timedelta(hours=2))
    pairs = list(overlapping(weekly, daily))
    assert len(pairs) == 52
    assert not any(same_start(left, right) for left, right in pairs)


def test_equal_triggers_are_seen_across_zones() -> None:
    [utc] = windows(parse("Day"), parse_start("2026-01-01 22:00"), UTC, timedelta(hours=2), count=1)
    [eastern] = windows(parse("Day"), parse_start("2026-01-01 17:00"), EASTERN, timedelta(hours=3), count=1)
    assert same_start(utc, eastern)


def test_lead_time_is_enough_from_a_quarter_of_an_hour_on() -> None:
    assert lead_time(NOON - timedelta(minutes=15), NOON) == timedelta(minutes=15)
    assert has_lead_time(NOON - timedelta(minutes=15), NOON)
    assert not has_lead_time(NOON - timedelta(minutes=14, seconds=59), NOON)
    assert not has_lead_time(NOON - timedelta(minutes=39), NOON, windowing.PRE_EVENT_LEAD)
    assert lead_time(NOON + timedelta(minutes=1), NOON) < timedelta(0)


@pytest.mark.parametrize(
    ("clock", "new", "existing"),
    [
        ("23:44", False, False),
        ("23:45", True, False),
        ("23:56", True, False),
        ("23:57", True, True),
        ("00:00", False, False),
    ],
)
def test_the_minutes_before_midnight_are_a_trap(clock: str, new: bool, existing: bool) -> None:
    start = parse_start(f"2026-01-01 {clock}")
    assert starts_before_midnight(start) is new
    assert starts_before_midnight(start.time(), existing=True) is existing


@pytest.mark.parametrize(
    ("text", "interval"),
    [
        ("8Hours", timedelta(hours=8)),
        ("3Days", timedelta(days=3)),
        ("Week", timedelta(days=7)),
        ("Week Monday,Sunday", timedelta(days=1)),
        ("2Weeks Monday,Sunday", timedelta(days=6)),
        ("Month day1,day15", timedelta(days=14)),
        ("Month day1,day-1", timedelta(days=1)),
        ("Month day30,day-1", timedelta(days=1)),
        ("Month Second Tuesday", timedelta(days=28)),
    ],
)
def test_the_shortest_interval_of_a_rule_is_known_without_listing_it(text: str, interval: timedelta) -> None:
    assert shortest_interval(parse(text)) == interval
    starts = [one.local for one in occurrences(parse(text), parse_start("2023-01-01 01:00"), UTC, count=600)]
    assert min(later - earlier for earlier, later in pairwise(starts)) >= interval
    assert not repeats_too_often(parse(text))


def test_a_minimum_interval_can_be_set_higher() -> None:
    assert repeats_too_often(parse("6Hours"), timedelta(hours=7))


def test_windows_without_length_or_offset_are_refused() -> None:
    with pytest.raises(InvalidInput, match="positive duration"):
        next(windows(parse("Day"), parse_start("2026-01-01 22:00"), UTC, timedelta(0)))
    with pytest.raises(InvalidInput, match="give both an offset"):
        Window(parse_start("2026-01-01 22:00"), NOON)
