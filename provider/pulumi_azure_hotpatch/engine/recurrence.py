"""The `recurEvery` language of maintenance configurations: values, text to value and back, typed builders.

Grammar (Microsoft Learn, manage VMs programmatically, 2024-10-17, and the maintenance SDK's documentation; letter
case does not matter):

    daily    [N]Day[s]
    weekly   [N]Week[s] [Weekday{,Weekday}]
    monthly  [N]Month[s] dayD{,dayD}
             [N]Month[s] First|Second|Third|Fourth|Last Weekday [OffsetK]      K from -6 to 6
    hourly   [N]Hour[s], at least 6                                            the spelling is not documented

Two recurrences are equal when they mean the same: case, plural, order and repetition do not survive `parse`. When
each one happens is `occurrences.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Final, TypeAlias

from pulumi_azure_hotpatch.errors import InvalidInput

LAST_DAY: Final = -1
"""The month day `day-1`: the portal offers "last day of month"; its token is known from a third party's documentation
only."""
LARGEST_OFFSET: Final = 6
MINIMUM_HOURS: Final = 6
PATCH_TUESDAY_OFFSETS: Final = range(-13, 21)
"""Offsets in days from Patch Tuesday that some spelling hits in every month."""

_TUESDAY_OF_PATCHES: Final = 2


class Weekday(IntEnum):
    """Days of the week, numbered as `datetime.weekday()`."""

    MONDAY = 0
    TUESDAY = 1
    WEDNESDAY = 2
    THURSDAY = 3
    FRIDAY = 4
    SATURDAY = 5
    SUNDAY = 6


class Week(IntEnum):
    """Which of a weekday's days in a month."""

    FIRST = 1
    SECOND = 2
    THIRD = 3
    FOURTH = 4
    LAST = -1


@dataclass(frozen=True, slots=True)
class Hourly:
    """Every `every` hours, at least 6."""

    every: int


@dataclass(frozen=True, slots=True)
class Daily:
    """Every `every` days."""

    every: int = 1


@dataclass(frozen=True, slots=True)
class Weekly:
    """Every `every` weeks on `weekdays` (sorted, Monday first); none means the weekday of the schedule's start."""

    every: int = 1
    weekdays: tuple[Weekday, ...] = ()


@dataclass(frozen=True, slots=True)
class MonthlyByDay:
    """Every `every` months on `days` (sorted; `LAST_DAY` comes last)."""

    every: int
    days: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class MonthlyByWeekday:
    """Every `every` months, `offset` days after (before, when negative) the month's first … last `weekday`."""

    every: int
    week: Week
    weekday: Weekday
    offset: int = 0


Recurrence: TypeAlias = Hourly | Daily | Weekly | MonthlyByDay | MonthlyByWeekday

_WEEKDAYS: Final = {weekday.name.casefold(): weekday for weekday in Weekday}
_WEEKS: Final = {week.name.casefold(): week for week in Week}
_HEAD: Final = re.compile(r"(\d*)(hour|day|week|month)s?", re.IGNORECASE)
_MONTH_DAY: Final = re.compile(r"day(-?\d{1,2})", re.IGNORECASE)
_OFFSET: Final = re.compile(r"offset([+-]?\d{1,2})", re.IGNORECASE)


def hourly(every: int) -> Hourly:
    """Every `every` hours; raises InvalidInput below 6. Source: Microsoft Learn, maintenance configurations,
    2026-09-25."""
    if every < MINIMUM_HOURS:
        raise InvalidInput(f"a schedule repeats every {MINIMUM_HOURS} hours or more, not every {every}: e.g. '6Hours'")
    return Hourly(every)


def daily(every: int = 1) -> Daily:
    """Every `every` days."""
    return Daily(_positive(every))


def weekly(every: int = 1, *weekdays: Weekday) -> Weekly:
    """Every `every` weeks on the given weekdays, in any order; none means the weekday of the schedule's start."""
    return Weekly(_positive(every), tuple(sorted(set(weekdays))))


def monthly(
    every: int = 1,
    *,
    days: tuple[int, ...] = (),
    week: Week | None = None,
    weekday: Weekday | None = None,
    offset: int = 0,
) -> MonthlyByDay | MonthlyByWeekday:
    """Every `every` months, on `days` (1…31, `LAST_DAY`) or on the `week`-th `weekday` moved by `offset` days (-6…6).

    Raises InvalidInput when neither or both are given, as the service does: "Monthly maintenance window is missing
    day of month or week of month" (hashicorp/terraform-provider-azurerm issue 29738).
    """
    _positive(every)
    if days and (week is not None or weekday is not None or offset):
        raise InvalidInput("a monthly recurrence takes days or a week with a weekday, not both: e.g. 'Month day15'")
    if days:
        if wrong := [day for day in days if day != LAST_DAY and not 1 <= day <= 31]:
            raise InvalidInput(f"month day {wrong[0]}: expected 1 to 31, e.g. 'Month day15' (the last day is 'day-1')")
        return MonthlyByDay(
            every,
            tuple(sorted(set(days), key=lambda day: 32 if day == LAST_DAY else day)),
        )
    if week is None or weekday is None:
        raise InvalidInput(
            "monthly maintenance window is missing day of month or week of month: "
            "write e.g. 'Month Second Tuesday' or 'Month day15'"
        )
    if abs(offset) > LARGEST_OFFSET:
        raise InvalidInput(f"offset {offset}: expected -6 to 6, e.g. 'Month Second Tuesday Offset4'")
    return MonthlyByWeekday(every, week, weekday, offset)


def patch_tuesday(offset_days: int = 0, *, every: int = 1) -> MonthlyByWeekday:
    """The recurrence that is `offset_days` from Patch Tuesday in every month, for every offset from -13 to 20.

    Only Tuesdays keep their distance from the second Tuesday in every month, so First … Fourth Tuesday with an offset
    of up to six days reach exactly these; raises InvalidInput for others, naming the nearest. The second Tuesday is
    used where it reaches, else the Tuesday that needs the smallest offset: `patch_tuesday(9)` is `Month Third Tuesday
    Offset2`.
    """
    if offset_days not in PATCH_TUESDAY_OFFSETS:
        nearest = min(max(offset_days, PATCH_TUESDAY_OFFSETS[0]), PATCH_TUESDAY_OFFSETS[-1])
        raise InvalidInput(
            f"Patch Tuesday {offset_days:+} days has no exact recurEvery spelling; "
            f"the nearest is {nearest:+} days, '{format(patch_tuesday(nearest, every=every))}'"
        )
    if abs(offset_days) <= LARGEST_OFFSET:
        return MonthlyByWeekday(_positive(every), Week.SECOND, Weekday.TUESDAY, offset_days)
    week = min(
        (Week.FIRST, Week.THIRD, Week.FOURTH),
        key=lambda week: abs(offset_days - 7 * (week - _TUESDAY_OF_PATCHES)),
    )
    return MonthlyByWeekday(
        _positive(every),
        week,
        Weekday.TUESDAY,
        offset_days - 7 * (week - _TUESDAY_OF_PATCHES),
    )


@lru_cache(maxsize=4096)
def parse(text: str) -> Recurrence:
    """The recurrence that `text` means; raises InvalidInput with what was expected and an example.

    White space between words and after commas is ignored; there is none between the number and its unit.
    """
    words = re.sub(r"\s*,\s*", ",", text.strip()).split()
    head = _HEAD.fullmatch(words[0]) if words else None
    if head is None:
        raise _expected(
            text,
            "Day, Week, Month or Hour with an optional number right before it",
            "2Weeks Monday",
        )
    every, unit, rest = int(head[1] or 1), head[2].casefold(), words[1:]
    if every < 1:
        raise _expected(text, "a number from 1", f"2{unit.capitalize()}s")
    try:
        match unit:
            case "month":
                return _parse_month(text, every, rest)
            case "week":
                return _parse_week(text, every, rest)
            case _ if rest:
                raise _expected(text, f"nothing after '{words[0]}'", words[0])
            case "day":
                return daily(every)
            case _:
                return hourly(every)
    except InvalidInput as error:
        problem = str(error)
    raise InvalidInput(problem if problem.startswith("recurEvery") else f"recurEvery {text!r}: {problem}")


def format(recurrence: Recurrence) -> str:
    """The canonical text: no number for 1, plural otherwise, weekdays from Monday, no offset when it is zero."""
    match recurrence:
        case Hourly(every):
            return _head(every, "Hour")
        case Daily(every):
            return _head(every, "Day")
        case Weekly(every, weekdays):
            return f"{_head(every, 'Week')} {','.join(day.name.capitalize() for day in weekdays)}".rstrip()
        case MonthlyByDay(every, days):
            return f"{_head(every, 'Month')} {','.join(f'day{day}' for day in days)}"
        case MonthlyByWeekday(every, week, weekday, offset):
            text = f"{_head(every, 'Month')} {week.name.capitalize()} {weekday.name.capitalize()}"
            return f"{text} Offset{offset}" if offset else text


def uncertainties(recurrence: Recurrence) -> tuple[str, ...]:
    """What no source says about this recurrence and this package therefore assumes; empty for the well-documented
    ones."""
    notes: list[str] = []
    if isinstance(recurrence, Hourly):
        notes.append("the token of an hourly recurrence is not documented; '6Hours' is an assumption")
    elif recurrence.every > 1:
        notes.append("which of every N periods counts is not documented; counted from the start, as in RFC 5545")
    if isinstance(recurrence, MonthlyByDay):
        if LAST_DAY in recurrence.days:
            notes.append("the token 'day-1' for the last day of the month comes from a third party")
        if any(day > 28 for day in recurrence.days):
            notes.append("that a month without such a day is skipped is inferred")
    if isinstance(recurrence, MonthlyByWeekday) and _may_leave_month(recurrence):
        notes.append("that an offset is applied after picking the weekday, so may leave the month, is inferred")
    return tuple(notes)


def _may_leave_month(recurrence: MonthlyByWeekday) -> bool:
    early, late = recurrence.week is Week.FIRST, recurrence.week in (Week.FOURTH, Week.LAST)
    return (early and recurrence.offset < 0) or (late and recurrence.offset > 0)


def _parse_week(text: str, every: int, rest: list[str]) -> Weekly:
    names = [name for part in rest for name in part.split(",")]
    unknown = [name for name in names if name.casefold() not in _WEEKDAYS]
    if len(rest) > 1 or unknown:
        raise _expected(
            text,
            "weekdays from Monday to Sunday joined by commas",
            "Week Saturday,Sunday",
        )
    return weekly(every, *(_WEEKDAYS[name.casefold()] for name in names))


def _parse_month(text: str, every: int, rest: list[str]) -> Recurrence:
    if not rest:
        return monthly(every)
    if len(rest) == 1 and rest[0].casefold().startswith("day"):
        days = [_MONTH_DAY.fullmatch(part) for part in rest[0].split(",")]
        found = tuple(int(day[1]) for day in days if day is not None)
        if len(found) != len(days):
            raise _expected(text, "month days joined by commas", "Month day23,day24")
        return monthly(every, days=found)
    offset = _OFFSET.fullmatch(rest[2]) if len(rest) == 3 else None
    if len(rest) not in (2, 3) or rest[0].casefold() not in _WEEKS or rest[1].casefold() not in _WEEKDAYS:
        raise _expected(
            text,
            "First to Fourth or Last and a weekday, or month days",
            "Month Second Tuesday",
        )
    if len(rest) == 3 and offset is None:
        raise _expected(
            text,
            "an offset in days from -6 to 6 at the end",
            "Month Second Tuesday Offset4",
        )
    week, weekday = _WEEKS[rest[0].casefold()], _WEEKDAYS[rest[1].casefold()]
    return monthly(every, week=week, weekday=weekday, offset=int(offset[1]) if offset else 0)


def _head(every: int, unit: str) -> str:
    return unit if every == 1 else f"{every}{unit}s"


def _positive(every: int) -> int:
    if every < 1:
        raise InvalidInput(f"a recurrence repeats every 1 or more, not {every}: e.g. '2Weeks'")
    return every


def _expected(text: str, what: str, example: str) -> InvalidInput:
    return InvalidInput(f"recurEvery {text!r}: expected {what}, e.g. '{example}'")
