"""A fleet's forecast seen from its schedules: what each of them will install when, and how many machines restart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from .expectations import Expectation
from .forecast import Forecast


@dataclass(frozen=True, slots=True)
class ScheduleMonth:
    """One schedule and one month: its window, the machines it patches, and how many of them restart or may restart.

    `release_kinds` are the kinds that come together in the window, sorted: machines of one schedule differ.
    """

    schedule: str
    release_month: str
    release_kinds: tuple[str, ...]
    earliest: datetime
    latest: datetime
    machines: int
    restarts: int
    open_restarts: int


def by_schedule(forecast: Forecast) -> tuple[ScheduleMonth, ...]:
    """One row per schedule and month, by name and month; machines without a schedule are left out.

    The window reaches from the earliest opening to the latest closing among the schedule's machines.
    """
    times = Counter(id(pattern) for _, pattern in forecast.members)
    patterns = {id(pattern): pattern for _, pattern in forecast.members}
    months: dict[tuple[str, str], list[tuple[Expectation, int]]] = {}
    for key, pattern in patterns.items():
        for expected in pattern.expectations:
            if expected.schedule is not None:
                months.setdefault((expected.schedule, expected.release_month), []).append((expected, times[key]))
    return tuple(_month(schedule, month, found) for (schedule, month), found in sorted(months.items()))


def _month(schedule: str, month: str, found: Iterable[tuple[Expectation, int]]) -> ScheduleMonth:
    counted = list(found)
    opens = [one.earliest for one, _ in counted if one.earliest is not None]
    closes = [one.latest for one, _ in counted if one.latest is not None]
    return ScheduleMonth(
        schedule=schedule,
        release_month=month,
        release_kinds=tuple(sorted({one.release_kind for one, _ in counted})),
        earliest=min(opens, key=_instant),
        latest=max(closes, key=_instant),
        machines=sum(machines for _, machines in counted),
        restarts=sum(machines for one, machines in counted if one.reboot == "yes"),
        open_restarts=sum(machines for one, machines in counted if one.reboot == "unknown"),
    )


def _instant(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
