"""Occurrences against an oracle that shares no code with them.

Dates are dateutil's RFC 5545 rules; instants are found by trying the offsets around a wall-clock time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random
from zoneinfo import ZoneInfo

import pytest
from dateutil import rrule
from dateutil.relativedelta import relativedelta

from pulumi_azure_hotpatch.engine.durations import parse_start
from pulumi_azure_hotpatch.engine.occurrences import Adjustment, Anchor, occurrences, resolve
from pulumi_azure_hotpatch.engine.recurrence import parse
from pulumi_azure_hotpatch.engine.window import windows
from pulumi_azure_hotpatch.engine.zones import iana_names

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
RRULE_WEEKDAYS = (rrule.MO, rrule.TU, rrule.WE, rrule.TH, rrule.FR, rrule.SA, rrule.SU)
WEEKS = {"First": 1, "Second": 2, "Third": 3, "Fourth": 4, "Last": -1}
DST_ZONES = (
    "America/New_York",
    "America/Los_Angeles",
    "America/St_Johns",
    "America/Santiago",
    "America/Asuncion",
    "America/Havana",
    "America/Sao_Paulo",
    "Europe/London",
    "Europe/Berlin",
    "Europe/Kyiv",
    "Europe/Chisinau",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Asia/Jerusalem",
    "Asia/Beirut",
    "Asia/Tehran",
    "Australia/Sydney",
    "Australia/Lord_Howe",
    "Pacific/Auckland",
    "Antarctica/Troll",
)


@dataclass(frozen=True)
class Case:
    """One random rule: our text, and the same thing told to dateutil."""

    text: str
    frequency: int
    every: int
    options: dict[str, object]
    offset: int
    start: datetime
    zone: str
    after: datetime
    anchor: Anchor


def draw(random: Random) -> Case:
    every = random.choice([1, 1, 1, 2, 3, 4, 5, 6, 12])
    number = random.choice(["", "1"]) if every == 1 else str(every)
    plural = random.choice(["", "s"])
    start = parse_start("2000-01-01 00:00") + timedelta(minutes=random.randrange(36 * 365 * 24 * 60))
    options: dict[str, object] = {}
    offset = 0
    match random.choice(["day", "week", "weekdays", "days", "nth", "nth"]):
        case "day":
            text, frequency = f"{number}Day{plural}", rrule.DAILY
        case "week":
            text, frequency = f"{number}Week{plural}", rrule.WEEKLY
        case "weekdays":
            picked = random.sample(range(7), random.randint(1, 5))
            text, frequency = f"{number}Week{plural} {','.join(WEEKDAYS[day] for day in picked)}", rrule.WEEKLY
            options = {"byweekday": [RRULE_WEEKDAYS[day] for day in picked]}
        case "days":
            days = random.sample([*range(1, 32), -1], random.randint(1, 3))
            text, frequency = f"{number}Month{plural} {','.join(f'day{day}' for day in days)}", rrule.MONTHLY
            options = {"bymonthday": days}
        case _:
            week, day = random.choice(list(WEEKS)), random.randrange(7)
            offset = random.randint(-6, 6) if random.random() < 0.7 else 0
            text, frequency = f"{number}Month{plural} {week} {WEEKDAYS[day]}", rrule.MONTHLY
            text += f" Offset{offset}" if offset or random.random() < 0.1 else ""
            options = {"byweekday": RRULE_WEEKDAYS[day](WEEKS[week])}
    after = (start + timedelta(minutes=random.randrange(-60 * 24 * 30, 60 * 24 * 365 * 4))).replace(tzinfo=UTC)
    anchor = random.choice(list(Anchor))
    zone = random.choice(DST_ZONES if random.random() < 0.5 else iana_names())
    return Case(text, frequency, every, options, offset, start, zone, after, anchor)


def rule(case: Case, seed: datetime, *, every: int) -> rrule.rrule:
    until = seed + timedelta(days=365 * 60)
    return rrule.rrule(case.frequency, seed, every, rrule.MO, until=until, **case.options)  # type: ignore[arg-type]


def local_times(case: Case) -> Iterator[datetime]:
    """Wall-clock times from the start on: offsets move dateutil's dates, and the anchor says where its DTSTART is."""
    shift = timedelta(days=case.offset)
    # DTSTART on the first of a month makes the month the period; one month early, as an offset reaches forward.
    seed = case.start.replace(day=1) if case.frequency == rrule.MONTHLY else case.start
    if case.anchor is Anchor.FIRST_MATCH:
        early = seed - relativedelta(months=1) if case.frequency == rrule.MONTHLY else seed
        single = rule(case, early, every=1)
        seed = next(day for day in single if day + shift >= case.start)
        seed = seed.replace(day=1) if case.frequency == rrule.MONTHLY else seed
    elif case.frequency == rrule.MONTHLY and case.every == 1:
        seed -= relativedelta(months=1)
    return (day + shift for day in rule(case, seed, every=case.every) if day + shift >= case.start)


def instant_of(local: datetime, zone: ZoneInfo) -> datetime:
    """RFC 5545 §3.3.5 by trial: the earliest instant that shows this time; in a gap, under the offset before it."""
    rough = local.replace(tzinfo=UTC)
    offsets = [(rough + timedelta(hours=hours)).astimezone(zone).utcoffset() for hours in (-30, 0, 30)]
    tried = [rough - offset for offset in offsets if offset is not None]
    shown = [instant for instant in tried if instant.astimezone(zone).replace(tzinfo=None, fold=0) == local]
    return min(shown) if shown else tried[0]


def expected(case: Case, count: int) -> list[datetime]:
    zone = ZoneInfo(case.zone)
    instants: list[datetime] = []
    for local in local_times(case):
        instant = instant_of(local, zone)
        if instant >= case.after and instant not in instants[-1:]:
            instants.append(instant)
        if len(instants) == count:
            break
    return instants


def check(seed: int, cases: int) -> None:
    random = Random(seed)
    for _ in range(cases):
        case = draw(random)
        wanted = expected(case, 8)
        found = occurrences(parse(case.text), case.start, ZoneInfo(case.zone), after=case.after, anchor=case.anchor)
        got = [one.starts.astimezone(UTC) for one in islice(found, len(wanted))]
        assert got == wanted, case


@pytest.mark.parametrize("seed", range(4))
def test_random_rules_zones_and_dates_agree_with_dateutil(seed: int) -> None:
    check(seed, 400)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 140))
def test_tens_of_thousands_of_random_rules_agree_with_dateutil(seed: int) -> None:
    check(seed, 1000)


def changes(zone: ZoneInfo, first: int, last: int) -> Iterator[datetime]:
    """Every instant (UTC, to the minute) from year `first` to `last` at which the zone's offset changes."""
    day, end = datetime(first, 1, 1, tzinfo=UTC), datetime(last + 1, 1, 1, tzinfo=UTC)
    while day < end:
        low, high = day, day + timedelta(days=1)
        if low.astimezone(zone).utcoffset() != high.astimezone(zone).utcoffset():
            before = low.astimezone(zone).utcoffset()
            while high - low > timedelta(minutes=1):
                middle = low + timedelta(minutes=(high - low) // timedelta(minutes=2))
                low, high = (middle, high) if middle.astimezone(zone).utcoffset() == before else (low, middle)
            yield high
        day += timedelta(days=1)


@pytest.mark.parametrize("name", DST_ZONES)
def test_every_clock_change_of_ten_years_is_handled(name: str) -> None:
    zone = ZoneInfo(name)
    found = list(changes(zone, 2019, 2028))
    assert found
    for change in found:
        before = (change - timedelta(minutes=1)).astimezone(zone)
        after = change.astimezone(zone)
        forward = after.utcoffset() > before.utcoffset()  # type: ignore[operator]
        for minutes in range(-150, 151, 15):
            local = before.replace(tzinfo=None, fold=0) + timedelta(minutes=minutes + 1)
            starts, adjusted = resolve(local, zone)
            wanted = instant_of(local, zone)
            assert starts.astimezone(UTC) == wanted
            shown = starts.replace(tzinfo=None, fold=0)
            assert (shown != local) == (adjusted is Adjustment.GAP)
            assert adjusted in ({Adjustment.NONE, Adjustment.GAP} if forward else {Adjustment.NONE, Adjustment.OVERLAP})
            daily = list(islice(windows(parse("Day"), local - timedelta(days=2), zone, timedelta(hours=3)), 5))
            assert [window.opens.astimezone(UTC) for window in daily] == [
                instant_of(local + timedelta(days=days), zone) for days in range(-2, 3)
            ]
            assert {window.duration for window in daily} == {timedelta(hours=3)}
            assert sum(window.offset_changed for window in daily) == 1
            assert daily[2].adjusted is adjusted
