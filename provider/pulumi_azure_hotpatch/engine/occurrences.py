"""When a recurrence happens: occurrence dates in a zone, in order, from any instant on without walking there.

Rules, with what is known of each:

* The first run is the first match **on or after** the start: a start on Wednesday 17 January with `Week Monday` runs
  on 22 January first. Source: Microsoft Learn, troubleshoot maintenance configurations, 2023-10-13.
* The time of day is the start's, as wall-clock time in the zone, adjusted to daylight saving. Source: Microsoft
  Learn, manage VMs programmatically, 2024-10-17. How the service treats a time that a clock change skips or repeats
  is not documented; here it is RFC 5545 §3.3.5: a skipped time moves forward by the length of the gap, a repeated
  time is its first passing.
* Which of every N weeks or months counts is not documented: see `Anchor`. An hourly recurrence counts elapsed hours
  (assumption).
* A month without the day (day31 in April) is skipped, and an offset is applied after picking the weekday, so it may
  leave the month (both inferred).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum
from itertools import count as count_from
from itertools import takewhile
from typing import Final

from pulumi_azure_hotpatch.errors import InvalidInput

from .durations import NEVER
from .recurrence import (
    LAST_DAY,
    Daily,
    Hourly,
    MonthlyByDay,
    MonthlyByWeekday,
    Recurrence,
    Week,
    Weekly,
)

_FIRST_DAY: Final = date.min.toordinal() + 2
_LAST_DAY: Final = date.max.toordinal() - 2
_SLACK: Final = 2  # days: a zone's offsets are never further apart than that


class Anchor(StrEnum):
    """From where every N weeks or months are counted, which no source says."""

    START_PERIOD = "start_period"
    """The week (from Monday) or month of the start is number 0, as RFC 5545 counts; the default."""
    FIRST_MATCH = "first_match"
    """The week or month of the first match on or after the start is number 0."""


class Adjustment(StrEnum):
    """What a clock change did to an occurrence's wall-clock time."""

    NONE = "none"
    GAP = "gap"
    """The time does not exist on that day: moved forward by the length of the gap."""
    OVERLAP = "overlap"
    """The time exists twice on that day: the first is meant."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One start: `local` is the naive wall-clock time the rule names, `starts` the instant, aware and in the
    schedule's zone."""

    local: datetime
    starts: datetime
    adjusted: Adjustment = Adjustment.NONE


def occurrences(
    recurrence: Recurrence,
    start: datetime,
    zone: tzinfo,
    *,
    after: datetime | None = None,
    before: datetime | None = None,
    count: int | None = None,
    expires: datetime = NEVER,
    anchor: Anchor = Anchor.START_PERIOD,
) -> Iterator[Occurrence]:
    """Occurrences in order, with `after` <= starts < `before` (aware instants), at most `count`, wall-clock time
    before `expires`.

    `start` and `expires` are naive times in `zone`. Finding the first one takes the same time wherever `after` is.
    That nothing runs at or after the expiry itself is an assumption. Raises InvalidInput for an aware start or expiry
    and for a naive `after` or `before`.
    """
    if start.tzinfo is not None or expires.tzinfo is not None:
        raise InvalidInput("start and expiry are wall-clock times in the schedule's zone: give them without an offset")
    if any(instant is not None and instant.utcoffset() is None for instant in (after, before)):
        raise InvalidInput("after and before are instants: give them an offset, e.g. '2026-03-10T22:00:00+00:00'")
    found = _from(recurrence, start, zone, after, anchor)
    live = takewhile(
        lambda one: one.local < expires and (before is None or _utc(one.starts) < _utc(before)),
        found,
    )
    return live if count is None else (one for _, one in zip(range(count), live, strict=False))


def latest_before(
    recurrence: Recurrence,
    start: datetime,
    zone: tzinfo,
    instant: datetime,
    *,
    anchor: Anchor = Anchor.START_PERIOD,
) -> Occurrence | None:
    """The last occurrence before `instant`, None when there is none."""
    begins = _utc(resolve(start, zone)[0])
    reach = timedelta(days=62 * recurrence.every)
    while True:
        behind = instant - begins <= reach
        found = occurrences(
            recurrence,
            start,
            zone,
            after=begins if behind else instant - reach,
            before=instant,
            anchor=anchor,
        )
        latest = max(found, key=lambda one: _utc(one.starts), default=None)
        if latest is not None or behind:
            return latest
        reach *= 4


def resolve(local: datetime, zone: tzinfo) -> tuple[datetime, Adjustment]:
    """The instant of a naive wall-clock time in a zone (aware, in that zone), and what a clock change did to it (RFC
    5545 §3.3.5)."""
    first = local.replace(tzinfo=zone, fold=0)
    ahead, behind = first.utcoffset(), local.replace(tzinfo=zone, fold=1).utcoffset()
    if ahead is None or behind is None or ahead == behind:
        return first, Adjustment.NONE
    if ahead > behind:
        return first, Adjustment.OVERLAP
    return first.astimezone(UTC).astimezone(zone), Adjustment.GAP


def _from(
    recurrence: Recurrence,
    start: datetime,
    zone: tzinfo,
    after: datetime | None,
    anchor: Anchor,
) -> Iterator[Occurrence]:
    if isinstance(recurrence, Hourly):
        yield from _hours(recurrence, start, zone, after)
        return
    first = start.toordinal()
    begin = first if after is None else max(first, after.astimezone(zone).toordinal() - _SLACK)
    earliest, clock = None if after is None else _utc(after), start.time()
    latest: datetime | None = None
    for day in _days(recurrence, first, begin, anchor):
        local = datetime.combine(date.fromordinal(day), clock)
        starts, adjusted = resolve(local, zone)
        instant = _utc(starts)
        # A zone that skipped a whole day maps two wall-clock days to one instant: that is one run.
        repeated = latest is not None and instant <= latest
        latest = instant
        if not repeated and (earliest is None or instant >= earliest):
            yield Occurrence(local, starts, adjusted)


def _hours(recurrence: Hourly, start: datetime, zone: tzinfo, after: datetime | None) -> Iterator[Occurrence]:
    begins, step = _utc(resolve(start, zone)[0]), timedelta(hours=recurrence.every)
    skipped = 0 if after is None else max(0, -((begins - after) // step))
    last = datetime.combine(date.fromordinal(_LAST_DAY), start.time(), UTC)
    for number in count_from(skipped):
        if number * step > last - begins:
            return
        starts = (begins + number * step).astimezone(zone)
        yield Occurrence(starts.replace(tzinfo=None, fold=0), starts)


def _days(recurrence: Recurrence, first: int, begin: int, anchor: Anchor) -> Iterator[int]:
    """Day numbers (proleptic ordinals) that match, ascending, from `begin` (>= `first`, the start's day) to the end
    of the calendar."""
    every = recurrence.every
    if isinstance(recurrence, Daily):
        yield from range(
            max(first - (first - begin) // every * every, _FIRST_DAY),
            _LAST_DAY + 1,
            every,
        )
        return
    period = _anchor(recurrence, first, anchor)
    at_begin = _period_of(recurrence, begin) - 1  # an offset may reach into the period after its own
    period += max(0, (at_begin - period) // every) * every if at_begin > period else -every if every == 1 else 0
    while True:
        days = _days_of(recurrence, period, first)
        if days is None:
            return
        yield from (day for day in days if begin <= day <= _LAST_DAY and day >= _FIRST_DAY)
        period += every


def _anchor(recurrence: Recurrence, first: int, anchor: Anchor) -> int:
    period = _period_of(recurrence, first)
    if anchor is Anchor.START_PERIOD:
        return period
    for candidate in count_from(period - 1):
        days = _days_of(recurrence, candidate, first)
        if days is None or any(day >= first for day in days):
            return candidate
    raise AssertionError("unreachable: the calendar ends")  # pragma: no cover - count_from never ends


def _period_of(recurrence: Recurrence, day: int) -> int:
    """The number of a day's week (from Monday) or month, counted from year 1."""
    if isinstance(recurrence, Weekly):
        return (day - 1) // 7  # 0001-01-01, ordinal 1, was a Monday
    on = date.fromordinal(day)
    return on.year * 12 + on.month - 1


def _days_of(recurrence: Recurrence, period: int, first: int) -> list[int] | None:
    """The matching days of one week or month; None beyond the end of the calendar."""
    if isinstance(recurrence, Weekly):
        monday = period * 7 + 1
        weekdays = recurrence.weekdays or ((first - 1) % 7,)
        return None if monday > _LAST_DAY else [monday + weekday for weekday in weekdays]
    year, month = divmod(period, 12)
    if year > 9998:
        return None
    opening = date(year, month + 1, 1).toordinal()
    length = date(year + (month == 11), (month + 1) % 12 + 1, 1).toordinal() - opening
    if isinstance(recurrence, MonthlyByDay):
        numbers = {length if day == LAST_DAY else day for day in recurrence.days}
        return sorted(opening + day - 1 for day in numbers if day <= length)
    assert isinstance(recurrence, MonthlyByWeekday)
    if recurrence.week is Week.LAST:
        closing = opening + length - 1
        picked = closing - (closing - 1 - recurrence.weekday) % 7
    else:
        picked = opening + (recurrence.weekday - (opening - 1)) % 7 + 7 * (recurrence.week - 1)
    return [picked + recurrence.offset]


def _utc(instant: datetime) -> datetime:
    return instant.astimezone(UTC)
