"""How often a maintenance window opens: the grammar of ``recurEvery``.

Source: API description of azure-mgmt-maintenance 2.1 and forms seen in public code; letter case does not matter.
The token of hourly schedules is documented nowhere: ``6Hours`` is an assumption.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
ORDINALS = ("First", "Second", "Third", "Fourth", "Last")
Unit = Literal["hour", "day", "week", "month"]
_EVERY = re.compile(r"(\d*)(hour|day|week|month)s?(?:\s+(.*))?", re.IGNORECASE | re.DOTALL)
_NTH = re.compile(rf"({'|'.join(ORDINALS)})\s+({'|'.join(WEEKDAYS)})(?:\s+offset\s*(-?\d+))?", re.IGNORECASE)
_DAY = re.compile(r"day(\d{1,2})", re.IGNORECASE)


class MonthlyWithoutDay(ValueError):
    """A monthly recurrence that names neither days nor a weekday: the one form the service was seen to refuse."""


@dataclass(frozen=True, slots=True)
class Recurrence:
    """Every ``interval`` units; weekly on ``weekdays`` (0 = Monday), monthly on ``days`` or the ``nth`` weekday.

    ``nth`` is 1..4 or -1 (last); ``offset`` moves that day by -6..6 days, possibly into a neighbouring month.
    """

    unit: Unit
    interval: int
    weekdays: tuple[int, ...] = ()
    days: tuple[int, ...] = ()
    nth: int | None = None
    offset: int = 0


def parse(text: str) -> Recurrence:
    """Read a ``recurEvery``. Raises ``ValueError`` with the reason, ``MonthlyWithoutDay`` for that case."""
    matched = _EVERY.fullmatch(text.strip())
    if matched is None or len(matched.group(1)) > 4:
        raise ValueError(f"'{text}' is not a recurrence")
    interval = int(matched.group(1) or "1")
    unit = matched.group(2).lower()
    rest = (matched.group(3) or "").strip()
    if interval < 1:
        raise ValueError("the interval is at least 1")
    if unit == "week":
        return Recurrence("week", interval, weekdays=_weekdays(rest))
    if unit == "month":
        return _monthly(interval, rest)
    if rest:
        raise ValueError(f"'{rest}' has no meaning after '{matched.group(2)}'")
    if unit == "hour":
        if interval < 6:
            raise ValueError("a window opens at most every 6 hours")
        return Recurrence("hour", interval)
    return Recurrence("day", interval)


def _weekdays(text: str) -> tuple[int, ...]:
    names = [name.strip().capitalize() for name in text.split(",")] if text else []
    unknown = [name for name in names if name not in WEEKDAYS]
    if unknown:
        raise ValueError(f"'{unknown[0]}' is no weekday")
    return tuple(sorted({WEEKDAYS.index(name) for name in names}))


def _monthly(interval: int, text: str) -> Recurrence:
    if not text:
        raise MonthlyWithoutDay("Monthly maintenance window is missing day of month or week of month.")
    nth = _NTH.fullmatch(text)
    if nth is not None:
        offset = int(nth.group(3) or "0")
        if not -6 <= offset <= 6:
            raise ValueError("an offset is -6 to 6 days")
        place = ORDINALS.index(nth.group(1).capitalize())
        return Recurrence(
            "month",
            interval,
            weekdays=(WEEKDAYS.index(nth.group(2).capitalize()),),
            nth=-1 if place == 4 else place + 1,
            offset=offset,
        )
    days: set[int] = set()
    for part in text.split(","):
        day = _DAY.fullmatch(part.strip())
        if day is None or not 1 <= int(day.group(1)) <= 31:
            raise ValueError(f"'{part.strip()}' is no day of a month")
        days.add(int(day.group(1)))
    return Recurrence("month", interval, days=tuple(sorted(days)))
