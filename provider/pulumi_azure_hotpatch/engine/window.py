"""Maintenance windows: half-open intervals from an occurrence, what can be said of them, and the schedule traps Azure
documents.

A window lasts its duration in elapsed time, whatever the clocks do meanwhile: `01:30` plus two hours ends at `04:30`
on the night that skips an hour. `offset_changed` marks the first window that ends under another UTC offset than the
window before it ended (the first window of a schedule: than it began). Functions about traps return facts; whether a
fact is an error is a rule's business.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import Final

from pulumi_azure_hotpatch.errors import InvalidInput

from .durations import NEVER
from .occurrences import Adjustment, Anchor, Occurrence, latest_before, occurrences
from .recurrence import Daily, Hourly, MonthlyByDay, Recurrence, Weekly

CREATION_LEAD: Final = timedelta(minutes=15)
"""A schedule, and every change of its machines or scopes, must be this far ahead of the start. Source: Microsoft
Learn, maintenance configurations, 2026-09-25."""
PRE_EVENT_LEAD: Final = timedelta(minutes=40)
"""The same for a schedule with a pre-event. Source: Microsoft Learn, pre and post events, 2024-07-24."""
CHANGE_LEAD: Final = timedelta(hours=1)
"""An existing configuration is best changed this far ahead. Source: Microsoft Learn, troubleshoot maintenance
configurations."""
MINIMUM_REPEAT: Final = timedelta(hours=6)
"""Source: Microsoft Learn, maintenance configurations, 2026-09-25."""
MIDNIGHT_TRAP: Final = time(23, 45)
"""New schedules should not start from here to midnight, same source; existing ones not from
`EXISTING_MIDNIGHT_TRAP`."""
EXISTING_MIDNIGHT_TRAP: Final = time(23, 57)


@dataclass(frozen=True, slots=True)
class Window:
    """One open interval, `opens` <= instant < `closes`, both aware and in the schedule's zone."""

    opens: datetime
    closes: datetime
    offset_changed: bool = False
    adjusted: Adjustment = Adjustment.NONE

    def __post_init__(self) -> None:
        if self.opens.utcoffset() is None or self.closes.utcoffset() is None:
            raise InvalidInput("a window opens and closes at instants: give both an offset")

    @property
    def duration(self) -> timedelta:
        """Elapsed time, not the difference of the clocks."""
        return self.closes.astimezone(UTC) - self.opens.astimezone(UTC)

    def contains(self, instant: datetime) -> bool:
        """Whether the window is open at that (aware) instant; it is at `opens`, no longer at `closes`."""
        return self.opens.astimezone(UTC) <= instant.astimezone(UTC) < self.closes.astimezone(UTC)

    def overlaps(self, other: Window) -> bool:
        """Whether some instant is in both."""
        return self.opens.astimezone(UTC) < other.closes.astimezone(UTC) and other.opens.astimezone(
            UTC
        ) < self.closes.astimezone(UTC)

    def as_json(self) -> dict[str, str | bool]:
        """`{start, end, offset_changed}`, times in RFC 3339 with the zone's offset."""
        return {
            "start": self.opens.isoformat(),
            "end": self.closes.isoformat(),
            "offset_changed": self.offset_changed,
        }


def windows(
    recurrence: Recurrence,
    start: datetime,
    zone: tzinfo,
    duration: timedelta,
    *,
    after: datetime | None = None,
    before: datetime | None = None,
    count: int | None = None,
    expires: datetime = NEVER,
    anchor: Anchor = Anchor.START_PERIOD,
) -> Iterator[Window]:
    """Windows in order that are open, or yet to open, at `after` and open before `before`; at most `count`.

    Parameters as of `occurrences`. Raises InvalidInput for a duration that is not positive.
    """
    if duration <= timedelta(0):
        raise InvalidInput(f"a window lasts longer than {duration}: give a positive duration, e.g. '03:55'")
    opened = None if after is None else after.astimezone(UTC) - duration + timedelta.resolution
    starts = occurrences(
        recurrence,
        start,
        zone,
        after=opened,
        before=before,
        count=count,
        expires=expires,
        anchor=anchor,
    )
    previous = None if opened is None else latest_before(recurrence, start, zone, opened, anchor=anchor)
    offset = None if previous is None else _close(previous, duration).utcoffset()
    for occurrence in starts:
        closes = _close(occurrence, duration)
        expected = occurrence.starts.utcoffset() if offset is None else offset
        offset = closes.utcoffset()
        yield Window(occurrence.starts, closes, offset != expected, occurrence.adjusted)


@lru_cache(maxsize=16384)
def windows_within(
    recurrence: Recurrence,
    start: datetime,
    zone: tzinfo,
    duration: timedelta,
    after: datetime,
    before: datetime,
    expires: datetime = NEVER,
    anchor: Anchor = Anchor.START_PERIOD,
) -> tuple[Window, ...]:
    """`windows` of a bounded horizon, remembered: a fleet has far more machines than schedules."""
    found = windows(
        recurrence,
        start,
        zone,
        duration,
        after=after,
        before=before,
        expires=expires,
        anchor=anchor,
    )
    return tuple(found)


def overlapping(first: Iterable[Window], second: Iterable[Window]) -> Iterator[tuple[Window, Window]]:
    """Every pair of windows, one of each schedule, that share an instant; both iterables in order, at least one of
    them finite.

    Azure serialises overlapping schedules of a machine; of two that start at the same instant only one runs
    (`same_start`). Source: Microsoft Learn, troubleshoot maintenance configurations, 2023-10-13.
    """
    others = iter(second)
    held: list[Window] = []
    for window in first:
        opens, closes = window.opens.astimezone(UTC), window.closes.astimezone(UTC)
        held = [other for other in held if other.closes.astimezone(UTC) > opens]
        while not held or held[-1].opens.astimezone(UTC) < closes:
            other = next(others, None)
            if other is None:
                break
            if other.closes.astimezone(UTC) > opens:
                held.append(other)
        if not held:
            return
        yield from ((window, other) for other in held if window.overlaps(other))


def same_start(first: Window, second: Window) -> bool:
    """Whether both open at the same instant, whatever zones they are written in."""
    return first.opens.astimezone(UTC) == second.opens.astimezone(UTC)


def lead_time(instant: datetime, opens: datetime) -> timedelta:
    """How long before the opening an (aware) instant is; negative when the window has opened."""
    return opens.astimezone(UTC) - instant.astimezone(UTC)


def has_lead_time(instant: datetime, opens: datetime, needed: timedelta = CREATION_LEAD) -> bool:
    """Whether a schedule made or changed at `instant` is in time for a window that opens at `opens`."""
    return lead_time(instant, opens) >= needed


def starts_before_midnight(start: datetime | time, *, existing: bool = False) -> bool:
    """Whether a start (wall-clock time) falls in the minutes before midnight that Azure says to avoid.

    From 23:45 for a new schedule, from 23:57 for an existing one. Source: Microsoft Learn, maintenance
    configurations, 2026-09-25; the page does not say in which zone, the schedule's own is assumed.
    """
    clock = start.time() if isinstance(start, datetime) else start.replace(tzinfo=None)
    return clock >= (EXISTING_MIDNIGHT_TRAP if existing else MIDNIGHT_TRAP)


def shortest_interval(recurrence: Recurrence) -> timedelta:
    """The least wall-clock time between two starts of a recurrence, in whole days except for hourly ones.

    Months are judged at their shortest (28 days), and days of different months by the worst pair of neighbours.
    """
    match recurrence:
        case Hourly(every):
            return timedelta(hours=every)
        case Daily(every):
            return timedelta(days=every)
        case Weekly(every, weekdays):
            days = [int(day) for day in weekdays] or [0]
            return timedelta(days=_least_step(days, 7 * every))
        case MonthlyByDay(every, days):
            lengths = (28, 29, 30, 31) if every == 1 else (28 * every,)
            return timedelta(
                days=min(_least_step(sorted({_in_month(day, length) for day in days}), length) for length in lengths)
            )
        case _:
            return timedelta(days=28 * recurrence.every)


def repeats_too_often(recurrence: Recurrence, minimum: timedelta = MINIMUM_REPEAT) -> bool:
    """Whether two starts can be closer than the service allows (six hours)."""
    return shortest_interval(recurrence) < minimum


def _close(occurrence: Occurrence, duration: timedelta) -> datetime:
    zone = occurrence.starts.tzinfo
    return (occurrence.starts.astimezone(UTC) + duration).astimezone(zone)


def _in_month(day: int, length: int) -> int:
    return length if day < 1 else min(day, length)


def _least_step(days: list[int], cycle: int) -> int:
    return min(later - earlier for earlier, later in zip(days, [*days[1:], days[0] + cycle], strict=True))
