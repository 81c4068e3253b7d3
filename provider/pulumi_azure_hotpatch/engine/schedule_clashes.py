"""Which schedules of one machine get in each other's way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import Enum
from itertools import combinations
from typing import Final

from pulumi_azure_hotpatch.errors import InvalidInput

from . import recurrence as recurrences
from .durations import parse_duration, parse_expiry, parse_start
from .facts import Schedule
from .window import Window, overlapping, same_start, windows_within
from .zones import zone

HORIZON: Final = timedelta(days=366)
"""How far ahead windows are compared: far enough for every clock change and for the longest usual recurrences."""


class Clash(Enum):
    """What two schedules of a machine do to each other.

    Source: Microsoft Learn, Maintenance configurations, 2026-09-25: of two that start together one runs, others follow
    one another.
    """

    SAME_START = "same start"
    OVERLAP = "overlap"


def upcoming(schedule: Schedule, as_of: datetime, until: datetime) -> tuple[Window, ...] | None:
    """The windows of a schedule that are open or open between two (aware) instants; None where its texts do not say."""
    texts = (schedule.recurrence, schedule.start, schedule.duration, schedule.time_zone)
    if not all(isinstance(text, str) for text in texts):
        return None
    try:
        return windows_within(
            recurrences.parse(str(schedule.recurrence)),
            parse_start(str(schedule.start)),
            zone(str(schedule.time_zone)),
            parse_duration(str(schedule.duration)),
            as_of,
            until,
            parse_expiry(schedule.expires if isinstance(schedule.expires, str) else None),
        )
    except InvalidInput:
        return None


def clashes(
    schedules: Mapping[str, Schedule], groups: Iterable[Sequence[str]], as_of: datetime
) -> dict[tuple[str, str], Clash]:
    """How schedules that some machine has together clash within a year; each pair both ways.

    `groups` holds, machine by machine, keys of `schedules`. A schedule whose texts cannot be read clashes with none.
    """
    found: dict[tuple[str, str], Clash] = {}
    pairs = {pair for group in groups if len(group) > 1 for pair in combinations(sorted(set(group)), 2)}
    for first, second in sorted(pairs):
        ours, theirs = (upcoming(schedules[key], as_of, as_of + HORIZON) for key in (first, second))
        if ours is None or theirs is None:
            continue
        met = list(overlapping(ours, theirs))
        if met:
            together = any(same_start(one, other) for one, other in met)
            found[first, second] = found[second, first] = Clash.SAME_START if together else Clash.OVERLAP
    return found
