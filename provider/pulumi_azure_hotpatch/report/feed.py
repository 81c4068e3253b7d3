"""A forecast as an iCalendar feed: one event for every expected window, which says how many machines restart in it.

An event keeps its UID from export to export and its SEQUENCE grows with the instant of the export, so that importing a
newer feed moves and rewords the events of an older one and doubles none (RFC 5545, 3.8.4.7 and 3.8.7.4). Times are
instants in UTC, which every calendar shows in its reader's zone: an event does not recur, so that no calendar needs to
know the schedule's daylight saving rules (Outlook reads fewer VTIMEZONE forms than Google and Apple do). The
description has the schedule's own local time. What the platform installs at an hour of its own choice is an event of
whole days.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from typing import Final

from pulumi_azure_hotpatch.engine.counting import counted
from pulumi_azure_hotpatch.engine.expectations import Expectation
from pulumi_azure_hotpatch.engine.forecast import Forecast
from pulumi_azure_hotpatch.extras import needs_extra

_NAMED: Final = 40
"""Machines that an event names; more are counted."""
_PRODUCT: Final = "-//pulumi-azure-hotpatch//azure-hotpatch feed//EN"
_SEQUENCE_START: Final = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Event:
    """A window in which `machines` get the releases of one month; `restarts` and `open_restarts` count those that
    restart and those that may. Without a `schedule` the platform chooses the hour between two days.
    """

    uid: str
    schedule: str | None
    release_month: str
    release_kinds: tuple[str, ...]
    earliest: datetime
    latest: datetime
    machines: tuple[str, ...]
    restarts: int
    open_restarts: int
    reasons: tuple[str, ...]

    @property
    def summary(self) -> str:
        """One line for a calendar's grid."""
        what = self.schedule or "Platform patching"
        return f"{what}: {counted(len(self.machines), 'machine')}, {_restarts(self.restarts, self.open_restarts)}"


def events(forecast: Forecast, *, only_restarts: bool = False) -> tuple[Event, ...]:
    """The events of a forecast by time; months in which nothing is installed have none.

    `only_restarts` leaves out windows in which no machine restarts or may restart.
    """
    together: dict[tuple[str | None, str, datetime, datetime], list[tuple[str, Expectation]]] = {}
    for row in forecast.rows():
        expected = row.expected
        if expected.earliest is not None and expected.latest is not None:
            key = (expected.schedule, expected.release_month, expected.earliest, expected.latest)
            together.setdefault(key, []).append((row.machine, expected))
    made = _numbered(together)
    return tuple(event for event in made if not only_restarts or event.restarts or event.open_restarts)


def feed(found: Iterable[Event], as_of: datetime, *, name: str = "Azure patching") -> bytes:
    """The text of an `.ics` file, exported at `as_of`. Raises ConfigurationError where icalendar is not installed."""
    with needs_extra("report", "A calendar feed"):
        from icalendar import Calendar
        from icalendar import Event as Component

    calendar = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    # RFC 7986 and the older name that Outlook and Google read.
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    sequence = max(0, int((as_of - _SEQUENCE_START) / timedelta(minutes=1)))
    for event in found:
        component = Component()
        component.add("uid", event.uid)
        component.add("dtstamp", as_of.astimezone(UTC))
        component.add("sequence", sequence)
        component.add("summary", event.summary)
        component.add("description", _description(event))
        component.add("categories", ["Restart"] if event.restarts or event.open_restarts else ["Hotpatch"])
        component.add("transp", "TRANSPARENT")
        if event.schedule is None:
            component.add("dtstart", event.earliest.date())
            component.add("dtend", _day_after(event.latest))
        else:
            component.add("dtstart", event.earliest.astimezone(UTC))
            component.add("dtend", event.latest.astimezone(UTC))
        calendar.add_component(component)
    written: bytes = calendar.to_ical()
    return written


def _numbered(
    together: dict[tuple[str | None, str, datetime, datetime], list[tuple[str, Expectation]]],
) -> Iterator[Event]:
    """Windows of one schedule and month are told apart by their order, so that one that moves keeps its UID."""
    seen: dict[tuple[str | None, str], int] = {}
    for key in sorted(together, key=lambda key: (key[2].astimezone(UTC), key[0] or "", key[1], key[3].astimezone(UTC))):
        schedule, month, earliest, latest = key
        number = seen[schedule, month] = seen.get((schedule, month), 0) + 1
        found = together[key]
        yield Event(
            uid=_uid(schedule, month, number),
            schedule=schedule,
            release_month=month,
            release_kinds=tuple(sorted({expected.release_kind for _, expected in found})),
            earliest=earliest,
            latest=latest,
            machines=tuple(machine for machine, _ in found),
            restarts=sum(expected.reboot == "yes" for _, expected in found),
            open_restarts=sum(expected.reboot == "unknown" for _, expected in found),
            reasons=tuple(dict.fromkeys(expected.why for _, expected in found)),
        )


def _uid(schedule: str | None, month: str, number: int) -> str:
    digest = sha256("\n".join((schedule or "", month, str(number))).encode()).hexdigest()[:32]
    return f"{digest}@azure-hotpatch"


def _description(event: Event) -> str:
    kinds = ", ".join(kind.replace("_", " ") for kind in event.release_kinds)
    names = [machine.rpartition("/")[2] for machine in event.machines]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    lines: Sequence[str] = (
        f"Release: {event.release_month} ({kinds})",
        f"Window: {_span(event)}",
        f"Restarts: {_restarts(event.restarts, event.open_restarts)}",
        f"Machines: {', '.join(names[:_NAMED])}{more}",
        *event.reasons,
    )
    return "\n".join(lines)


def _span(event: Event) -> str:
    if event.schedule is None:
        return f"at an off-peak hour between {event.earliest:%Y-%m-%d} and {event.latest:%Y-%m-%d}, by the platform"
    zone = event.earliest.tzname()
    named = f" ({event.earliest.tzinfo})" if zone != str(event.earliest.tzinfo) else ""
    return f"{event.earliest:%Y-%m-%d %H:%M} to {event.latest:%H:%M} {zone}{named}"


def _restarts(sure: int, still_open: int) -> str:
    parts = [counted(sure, "restart")] if sure else []
    if still_open:
        parts.append(f"{counted(still_open, 'restart')} not decided")
    return ", ".join(parts) or "no restart"


def _day_after(instant: datetime) -> date:
    """The day on which an event of whole days that lasts until `instant` ends (which is the first not in it)."""
    return instant.date() if instant.time() == time.min else instant.date() + timedelta(days=1)
