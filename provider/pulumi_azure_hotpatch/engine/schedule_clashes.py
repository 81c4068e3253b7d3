"""Which schedules of one machine get in each other's way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import combinations
from typing import Final, Literal

from pulumi_azure_hotpatch.errors import InvalidInput

from .facts import Schedule
from .provisos import Given, collision
from .timetable import Timetable, timetable_of

HORIZON: Final = timedelta(days=366)
"""How far ahead windows are compared: far enough for every clock change and for the longest usual recurrences."""

Clash = Literal["same start", "overlap"]


def readable(schedule: Schedule) -> Timetable | None:
    """The schedule's timetable, None where its texts do not say one."""
    try:
        return timetable_of(schedule)
    except InvalidInput:
        return None


def clashes(
    schedules: Mapping[str, Schedule], groups: Iterable[Sequence[str]], as_of: datetime
) -> dict[tuple[str, str], Clash]:
    """How schedules that some machine has together clash within a year of `as_of` (aware); each pair both ways.

    `groups` holds keys machine by machine. A schedule that is not among `schedules` or cannot be read meets no other.
    """
    found: dict[tuple[str, str], Clash] = {}
    pairs = {pair for group in groups if len(group) > 1 for pair in combinations(sorted(set(group)), 2)}
    given: dict[str, Given] = {}
    for key in {key for pair in pairs for key in pair}:
        timetable = readable(schedules[key]) if key in schedules else None
        windows = timetable.windows(as_of, as_of + HORIZON) if timetable else ()
        given[key] = Given(key, windows=windows)
    for first, second in pairs:
        clash = collision(given[first], given[second])
        if clash is not None:
            found[first, second] = found[second, first] = clash
    return found
