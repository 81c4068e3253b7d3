"""When a maintenance window opens: ``recurEvery`` in local time, over the clock changes of its zone.

The recurrence itself is python-dateutil's. Source of the first run (the first occurrence on or after the start):
Microsoft Learn, troubleshoot maintenance configurations. Not documented, and done so here: a local time that a clock
change leaves out comes as much later as the change is long; one that comes twice is the first of the two; hours are
counted as they pass; which weeks or months an interval of more than one takes is counted from the start's own; nothing
opens at or after the expiry.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dateutil import rrule
from dateutil.relativedelta import relativedelta

from .recurrence import Recurrence, parse
from .windows_zones import iana_zone

_WEEKDAYS = (rrule.MO, rrule.TU, rrule.WE, rrule.TH, rrule.FR, rrule.SA, rrule.SU)
_FORMS = ("%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S")
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Window:
    """A maintenance window: ``start`` and ``expires`` are local (naive) times of ``zone``."""

    start: datetime
    duration: timedelta
    zone: ZoneInfo
    recurrence: Recurrence | None
    expires: datetime | None

    def next_opening(self, after: datetime) -> datetime | None:
        """Return the first opening at or after ``after`` (aware), in UTC; ``None`` when there is none."""
        if self.recurrence is not None and self.recurrence.unit == "hour":
            return self._next_hourly(after, timedelta(hours=self.recurrence.interval))
        local = max(after.astimezone(self.zone).replace(tzinfo=None) - timedelta(hours=2), self.start)
        for opening in self._local_openings(local):
            if self.expires is not None and opening >= self.expires:
                return None
            instant = opening.replace(tzinfo=self.zone).astimezone(UTC)
            if opening >= self.start and instant >= after:
                return instant
        return None

    def _next_hourly(self, after: datetime, step: timedelta) -> datetime | None:
        first = self.start.replace(tzinfo=self.zone).astimezone(UTC)
        opening = first + max(0, -((first - after) // step)) * step
        local = opening.astimezone(self.zone).replace(tzinfo=None)
        return None if self.expires is not None and local >= self.expires else opening

    def _local_openings(self, since: datetime) -> Iterator[datetime]:
        rule = self.recurrence
        if rule is None:
            yield self.start
            return
        try:
            yield from _openings(rule, self.start, since)
        except (OverflowError, ValueError):
            return  # past the last year a date can have


def window_of(configuration: Mapping[str, Any]) -> Window | None:
    """Return the window of a configuration's body, ``None`` when it has none that can be run."""
    try:
        return _window(configuration)
    except ValueError:
        return None  # from an inventory: nobody checked it


def _window(configuration: Mapping[str, Any]) -> Window | None:
    body: Mapping[str, Any] = configuration.get("properties", {}).get("maintenanceWindow") or {}
    start, duration = _instant(body.get("startDateTime")), body.get("duration")
    if start is None or not isinstance(duration, str):
        return None
    hours, minutes = duration.split(":")
    recurring = body.get("recurEvery")
    return Window(
        start=start,
        duration=timedelta(hours=int(hours), minutes=int(minutes)),
        zone=ZoneInfo(iana_zone(str(body.get("timeZone") or "UTC")) or "UTC"),
        recurrence=parse(recurring) if isinstance(recurring, str) else None,
        expires=_instant(body.get("expirationDateTime")),
    )


def _instant(text: Any) -> datetime | None:
    for form in _FORMS if isinstance(text, str) else ():
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 - a local time, its zone is a field of its own
        except ValueError:
            continue
    return None


def _openings(rule: Recurrence, start: datetime, since: datetime) -> Iterator[datetime]:
    """Yield openings in order, beginning not later than the first at or after ``since``."""
    if rule.unit == "day":
        step = rule.interval * _DAY
        return iter(rrule.rrule(rrule.DAILY, interval=rule.interval, dtstart=_stepped(start, since, step)))
    if rule.unit == "week":
        days = [_WEEKDAYS[day] for day in rule.weekdays] or [_WEEKDAYS[start.weekday()]]
        monday = start - start.weekday() * _DAY
        begin = _stepped(monday, since - 7 * _DAY, rule.interval * 7 * _DAY)
        return iter(rrule.rrule(rrule.WEEKLY, interval=rule.interval, dtstart=begin, byweekday=days))
    return _monthly(rule, start, since)


def _stepped(start: datetime, since: datetime, step: timedelta) -> datetime:
    return start + max(0, (since - start) // step) * step


def _monthly(rule: Recurrence, start: datetime, since: datetime) -> Iterator[datetime]:
    first = start.replace(day=1)
    months = (since.year - first.year) * 12 + since.month - first.month
    # One interval early: an offset can carry an opening into the month after.
    begin = first + relativedelta(months=(months // rule.interval - 1) * rule.interval)
    if rule.nth is None:
        return iter(rrule.rrule(rrule.MONTHLY, interval=rule.interval, dtstart=begin, bymonthday=rule.days))
    weekday = _WEEKDAYS[rule.weekdays[0]](rule.nth)
    days = rrule.rrule(rrule.MONTHLY, interval=rule.interval, dtstart=begin, byweekday=weekday)
    return (day + rule.offset * _DAY for day in days)
