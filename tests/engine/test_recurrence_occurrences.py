"""When a recurrence happens: first run, horizon, anchor, clock changes, the end of the calendar."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_azure_hotpatch.engine.durations import format_local, parse_start
from pulumi_azure_hotpatch.engine.occurrences import Adjustment, Anchor, latest_before, occurrences
from pulumi_azure_hotpatch.engine.recurrence import parse
from pulumi_azure_hotpatch.engine.zones import zone
from pulumi_azure_hotpatch.errors import InvalidInput

PARIS = zone("Romance Standard Time")
TEXTS = (
    "Day",
    "3Days",
    "Week Monday,Friday",
    "2Weeks",
    "Month day31",
    "Month Last Friday Offset6",
    "3Months day1",
    "8Hours",
)


def locals_of(text: str, start: str, count: int, anchor: Anchor = Anchor.START_PERIOD) -> list[str]:
    found = occurrences(parse(text), parse_start(start), UTC, count=count, anchor=anchor)
    return [format_local(one.local) for one in found]


def test_the_first_run_is_the_first_recurrence_on_or_after_the_start() -> None:
    assert locals_of("Week Monday", "2024-01-17 10:00", 2) == ["2024-01-22 10:00", "2024-01-29 10:00"]
    assert locals_of("Week Monday", "2024-01-22 10:00", 1) == ["2024-01-22 10:00"]
    assert locals_of("Month Second Tuesday", "2024-01-10 10:00", 1) == ["2024-02-13 10:00"]


def test_a_weekly_rule_without_weekdays_runs_on_the_weekday_of_its_start() -> None:
    assert locals_of("2Weeks", "2024-01-17 10:00", 3) == ["2024-01-17 10:00", "2024-01-31 10:00", "2024-02-14 10:00"]


def test_a_month_without_the_day_is_skipped_and_the_last_day_is_always_there() -> None:
    assert locals_of("Month day31", "2024-01-31 10:00", 3) == [
        "2024-01-31 10:00",
        "2024-03-31 10:00",
        "2024-05-31 10:00",
    ]
    assert locals_of("Month day-1", "2024-01-31 10:00", 3) == [
        "2024-01-31 10:00",
        "2024-02-29 10:00",
        "2024-03-31 10:00",
    ]
    assert locals_of("Month day31,day-1", "2024-01-01 10:00", 2) == ["2024-01-31 10:00", "2024-02-29 10:00"]
    assert locals_of("12Months day29", "2024-02-01 10:00", 2) == ["2024-02-29 10:00", "2028-02-29 10:00"]
    assert locals_of("12Months day30", "2024-02-01 10:00", 1) == []


def test_an_offset_may_leave_its_month_in_both_directions() -> None:
    assert locals_of("Month Last Friday Offset6", "2024-03-01 10:00", 2) == ["2024-04-04 10:00", "2024-05-02 10:00"]
    assert locals_of("Month Last Friday Offset6", "2024-02-29 10:00", 1) == ["2024-02-29 10:00"]
    assert locals_of("Month Last Friday Offset6", "2024-02-28 10:00", 1) == ["2024-02-29 10:00"]
    assert locals_of("Month First Tuesday Offset-6", "2024-09-20 10:00", 1) == ["2024-09-25 10:00"]


def test_which_of_every_n_periods_counts_follows_the_anchor() -> None:
    assert locals_of("2Weeks Monday", "2024-01-17 10:00", 2) == ["2024-01-29 10:00", "2024-02-12 10:00"]
    assert locals_of("2Weeks Monday", "2024-01-17 10:00", 2, Anchor.FIRST_MATCH) == [
        "2024-01-22 10:00",
        "2024-02-05 10:00",
    ]
    assert locals_of("2Months day10", "2024-01-17 10:00", 2) == ["2024-03-10 10:00", "2024-05-10 10:00"]
    assert locals_of("2Months day10", "2024-01-17 10:00", 2, Anchor.FIRST_MATCH) == [
        "2024-02-10 10:00",
        "2024-04-10 10:00",
    ]


def test_an_hourly_rule_counts_elapsed_hours_through_a_clock_change() -> None:
    found = list(occurrences(parse("6Hours"), parse_start("2026-03-28 22:00"), PARIS, count=3))
    assert [one.starts.isoformat() for one in found] == [
        "2026-03-28T22:00:00+01:00",
        "2026-03-29T05:00:00+02:00",
        "2026-03-29T11:00:00+02:00",
    ]


def test_a_skipped_time_moves_forward_and_a_repeated_time_is_its_first_passing() -> None:
    spring = next(occurrences(parse("Day"), parse_start("2026-03-29 02:30"), PARIS))
    assert (spring.starts.isoformat(), spring.adjusted) == ("2026-03-29T03:30:00+02:00", Adjustment.GAP)
    assert format_local(spring.local) == "2026-03-29 02:30"
    autumn = next(occurrences(parse("Day"), parse_start("2026-10-25 02:30"), PARIS))
    assert (autumn.starts.isoformat(), autumn.adjusted) == ("2026-10-25T02:30:00+02:00", Adjustment.OVERLAP)


def test_a_day_that_a_zone_skipped_altogether_makes_one_run_not_two() -> None:
    samoa = zone("Pacific/Apia")
    found = list(occurrences(parse("Day"), parse_start("2011-12-29 10:00"), samoa, count=3))
    assert [one.starts.isoformat() for one in found] == [
        "2011-12-29T10:00:00-10:00",
        "2011-12-31T10:00:00+14:00",
        "2012-01-01T10:00:00+14:00",
    ]


@given(
    text=st.sampled_from(TEXTS),
    minutes=st.integers(min_value=-100_000, max_value=3_000_000),
    anchor=st.sampled_from(Anchor),
)
def test_jumping_to_an_instant_finds_what_walking_there_finds(text: str, minutes: int, anchor: Anchor) -> None:
    start = parse_start("2021-03-14 02:30")
    after = start.replace(tzinfo=UTC) + timedelta(minutes=minutes)
    jumped = list(occurrences(parse(text), start, PARIS, after=after, count=3, anchor=anchor))
    walked = (one for one in occurrences(parse(text), start, PARIS, anchor=anchor) if one.starts >= after)
    assert jumped == list(islice(walked, 3))


@given(text=st.sampled_from(TEXTS), minutes=st.integers(min_value=-100_000, max_value=3_000_000))
def test_the_latest_before_an_instant_is_the_last_one_walked_past(text: str, minutes: int) -> None:
    start = parse_start("2021-03-14 02:30")
    instant = start.replace(tzinfo=UTC) + timedelta(minutes=minutes)
    walked = list(occurrences(parse(text), start, PARIS, before=instant))
    assert latest_before(parse(text), start, PARIS, instant) == (walked[-1] if walked else None)


def test_nothing_runs_from_the_expiry_on() -> None:
    start, expires = parse_start("2026-01-01 10:00"), parse_start("2026-01-03 10:00")
    found = list(occurrences(parse("Day"), start, UTC, expires=expires))
    assert [one.local.day for one in found] == [1, 2]


def test_the_horizon_includes_its_beginning_and_not_its_end() -> None:
    after, before = datetime(2026, 1, 2, 10, tzinfo=UTC), datetime(2026, 1, 4, 10, tzinfo=UTC)
    found = list(occurrences(parse("Day"), parse_start("2026-01-01 10:00"), UTC, after=after, before=before))
    assert [one.local.day for one in found] == [2, 3]


@pytest.mark.parametrize("text", [*TEXTS, "99999999999Days", "99999999999Weeks", "99999999999Months day1"])
def test_a_rule_ends_quietly_at_the_end_of_the_calendar(text: str) -> None:
    for name in ("Dateline Standard Time", "Line Islands Standard Time"):
        found = list(occurrences(parse(text), parse_start("9998-09-01 10:00"), zone(name)))
        assert len(found) >= 1 or "day" in text
        assert all(one.local.year <= 9999 for one in found)


def test_a_jump_past_the_last_run_finds_nothing() -> None:
    after = datetime(9999, 12, 30, tzinfo=UTC)
    assert list(occurrences(parse("Month day31"), parse_start("2026-01-01 10:00"), UTC, after=after)) == []


def test_aware_starts_and_naive_horizons_are_refused() -> None:
    start = parse_start("2026-01-01 10:00")
    with pytest.raises(InvalidInput, match="without an offset"):
        occurrences(parse("Day"), start.replace(tzinfo=UTC), UTC)
    with pytest.raises(InvalidInput, match="give them an offset"):
        occurrences(parse("Day"), start, UTC, after=start)
