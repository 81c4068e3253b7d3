"""When windows open: the simulator's own recurrence, against the package's, which shares nothing with it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azure_patch_simulator.occurrences import Window, window_of
from azure_patch_simulator.recurrence import ORDINALS, WEEKDAYS, parse
from pulumi_azure_hotpatch.engine import occurrences as package
from pulumi_azure_hotpatch.engine import recurrence as package_recurrence
from tests.simulator.guests import instant

ZONES = ("UTC", "W. Europe Standard Time", "Pacific Standard Time", "Tokyo Standard Time", "Lord Howe Standard Time")
IANA = {"UTC": "UTC", "W. Europe Standard Time": "Europe/Berlin", "Pacific Standard Time": "America/Los_Angeles",
        "Tokyo Standard Time": "Asia/Tokyo", "Lord Howe Standard Time": "Australia/Lord_Howe"}  # fmt: skip


def window(recurrence: str | None, start: str, zone: str = "UTC", **given: Any) -> Window:
    body = {"startDateTime": start, "duration": "03:00", "timeZone": zone, "recurEvery": recurrence, **given}
    found = window_of({"properties": {"maintenanceWindow": body}})
    assert found is not None
    return found


def openings(found: Window, after: str, count: int) -> list[str]:
    shown, since = [], instant(after)
    for _ in range(count):
        opening = found.next_opening(since)
        if opening is None:
            break
        shown.append(opening.isoformat()[:16])
        since = opening + timedelta(seconds=1)
    return shown


@pytest.mark.parametrize(
    ("recurrence", "start", "expected"),
    [
        ("Day", "2025-01-17 03:00", ["2025-01-17T03:00", "2025-01-18T03:00"]),
        ("3Days", "2025-01-01 03:00", ["2025-01-01T03:00", "2025-01-04T03:00"]),
        ("Week Monday", "2024-01-17 03:00", ["2024-01-22T03:00", "2024-01-29T03:00"]),
        ("1Week Saturday,Sunday", "2025-01-01 03:00", ["2025-01-04T03:00", "2025-01-05T03:00"]),
        ("2Weeks", "2025-01-01 03:00", ["2025-01-01T03:00", "2025-01-15T03:00"]),
        ("Month Second Tuesday Offset4", "2025-01-01 03:00", ["2025-01-18T03:00", "2025-02-15T03:00"]),
        ("1Month Last Friday", "2025-01-01 03:00", ["2025-01-31T03:00", "2025-02-28T03:00"]),
        ("Month Last Tuesday Offset6", "2025-01-01 03:00", ["2025-01-06T03:00", "2025-02-03T03:00"]),
        ("Month First Monday Offset-3", "2025-01-01 03:00", ["2025-01-03T03:00", "2025-01-31T03:00"]),
        ("Month day31", "2025-01-01 03:00", ["2025-01-31T03:00", "2025-03-31T03:00"]),
        ("6Hours", "2025-01-01 03:00", ["2025-01-01T03:00", "2025-01-01T09:00"]),
    ],
)
def test_a_recurrence_opens_first_on_or_after_its_start(recurrence: str, start: str, expected: list[str]) -> None:
    assert openings(window(recurrence, start), "2020-01-01T00:00", 2) == expected


def test_local_time_stays_over_clock_changes_and_a_skipped_time_comes_later() -> None:
    found = window("Day", "2025-03-29 02:30", "W. Europe Standard Time")
    assert openings(found, "2025-03-29T00:00", 3) == ["2025-03-29T01:30", "2025-03-30T01:30", "2025-03-31T00:30"]


def test_nothing_opens_at_or_after_the_expiry() -> None:
    found = window("Day", "2025-01-01 03:00", expirationDateTime="2025-01-03 03:00")
    assert openings(found, "2025-01-01T00:00", 9) == ["2025-01-01T03:00", "2025-01-02T03:00"]


def test_without_a_recurrence_a_window_opens_once() -> None:
    assert openings(window(None, "2025-01-01 03:00"), "2020-01-01T00:00", 9) == ["2025-01-01T03:00"]
    assert window(None, "2025-01-01 03:00").next_opening(instant("2025-01-02T00:00")) is None


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"startDateTime": "soon", "duration": "03:00"},
        {"startDateTime": "2025-01-01 03:00"},
        {"startDateTime": "2025-01-01 03:00", "duration": "3h"},
    ],
)
def test_a_body_without_a_window_that_can_be_run_has_none(body: dict[str, str]) -> None:
    assert window_of({"properties": {"maintenanceWindow": body}}) is None


numbers = st.integers(1, 9)
recurrences = st.one_of(
    st.builds(lambda n: f"{n}Days", numbers),
    st.builds(lambda n: f"{n * 6}Hours", numbers),
    st.builds(
        lambda n, days: f"{n}Weeks {','.join(sorted(days, key=WEEKDAYS.index))}".strip(),
        numbers,
        st.sets(st.sampled_from(WEEKDAYS)),
    ),
    st.builds(
        lambda n, days: f"{n}Months {','.join(f'day{day}' for day in sorted(days))}",
        numbers,
        st.sets(st.integers(1, 31), min_size=1, max_size=4),
    ),
    st.builds(
        lambda n, nth, day, offset: f"{n}Month {nth} {day}" + (f" Offset{offset}" if offset else ""),
        numbers,
        st.sampled_from(ORDINALS),
        st.sampled_from(WEEKDAYS),
        st.integers(-6, 6),
    ),
)


@given(
    recurrence=recurrences,
    start=st.datetimes(datetime(2021, 1, 1), datetime(2028, 1, 1)),  # noqa: DTZ001 - wall-clock time
    zone=st.sampled_from(ZONES),
    after=st.datetimes(datetime(2020, 1, 1), datetime(2033, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_two_independent_implementations_agree(recurrence: str, start: datetime, zone: str, after: datetime) -> None:
    start = start.replace(second=0, microsecond=0)
    mine = window(recurrence, f"{start:%Y-%m-%d %H:%M}", zone)
    assert mine.recurrence == parse(recurrence)
    theirs = package.occurrences(package_recurrence.parse(recurrence), start, ZoneInfo(IANA[zone]), after=after)
    expected = [one.starts.astimezone(UTC) for one in islice(theirs, 4)]
    found, since = [], after
    for _ in expected:
        opening = mine.next_opening(since)
        assert opening is not None
        found.append(opening)
        since = opening + timedelta(microseconds=1)
    assert found == expected
