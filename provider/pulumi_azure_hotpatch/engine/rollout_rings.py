"""Which machine goes with which ring, and when a ring may start at the earliest. Pure, and free of any clock.

A machine that is named, or has a ring's tags, is that ring's. The others are dealt out by a number that follows from
the machine's id alone, so that a machine stays where it is however the fleet around it grows or shrinks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from itertools import accumulate
from typing import Final

from pulumi_azure_hotpatch.errors import InvalidInput

from .calendar import patch_tuesday
from .releases import Month
from .zones import zone

LARGE_FIRST_RING: Final = 50
"""From how many percent of all machines on a first ring is no test for the others any more. Ours."""


@dataclass(frozen=True, slots=True)
class Membership:
    """One ring by its name, and how machines come into it: named (`machines`, ids), by `tags` (each with one of its
    values), as `percent` of what is not named or tagged into a ring, or as the `rest`.
    """

    name: str
    machines: tuple[str, ...] = ()
    tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    percent: float | None = None
    rest: bool = False


@dataclass(frozen=True, slots=True)
class Rings:
    """The machines of each ring, in its order; `twice` says which rings claim a machine, `nowhere` is in none."""

    members: Mapping[str, tuple[str, ...]]
    twice: Mapping[str, tuple[str, ...]]
    nowhere: tuple[str, ...]

    def ring_of(self) -> dict[str, str]:
        """The ring of every machine, by the machine's id in lower case."""
        return {machine.casefold(): name for name, machines in self.members.items() for machine in machines}


def everyone(machines: Iterable[str], named: Iterable[Iterable[str]], excluded: Iterable[str]) -> tuple[str, ...]:
    """Every machine once, those that rings name among them; what is excluded is left out."""
    barred = {each.casefold() for each in excluded}
    found: dict[str, str] = {}
    for each in (*machines, *(each for ring in named for each in ring)):
        if each.casefold() not in barred:
            found.setdefault(each.casefold(), each)
    return tuple(found.values())


def deal(
    rings: Sequence[Membership], machines: Iterable[str], tags: Mapping[str, Mapping[str, str]] | None = None
) -> Rings:
    """Deal machines out to rings; those that rings name are among them even if they are not in `machines`.

    `tags` gives the tags of machines by id in lower case. A machine that two rings claim is dealt to the first.
    """
    named = [{each.casefold() for each in ring.machines} for ring in rings]
    known = {key.casefold(): value for key, value in (tags or {}).items()}
    limits = list(accumulate(ring.percent or 0.0 for ring in rings))
    rest = next((ring.name for ring in rings if ring.rest), None)
    members: dict[str, list[str]] = {ring.name: [] for ring in rings}
    twice: dict[str, tuple[str, ...]] = {}
    nowhere = []
    for machine in everyone(machines, (ring.machines for ring in rings), ()):
        key = machine.casefold()
        claims = [
            ring.name
            for ring, names in zip(rings, named, strict=True)
            if key in names or (ring.tags and _has_tags(known.get(key, {}), ring.tags))
        ]
        if len(claims) > 1:
            twice[machine] = tuple(claims)
        chosen = claims[0] if claims else _share_of(key, rings, limits) or rest
        if chosen is None:
            nowhere.append(machine)
        else:
            members[chosen].append(machine)
    ordered = {name: tuple(sorted(found, key=str.casefold)) for name, found in members.items()}
    return Rings(ordered, twice, tuple(nowhere))


def called_now(before: Sequence[Membership], now: Sequence[Membership]) -> dict[str, str]:
    """What the rings of an earlier declaration are called now; what is declared no more is missing.

    A ring keeps its name, or else is the one into which machines come in the same way: then it was renamed.
    """
    names = {ring.name for ring in now}
    found = {ring.name: ring.name for ring in before if ring.name in names}
    new = [ring for ring in now if ring.name not in found]
    for ring in before:
        same = next((each for each in new if _way_in(each) == _way_in(ring)), None)
        if ring.name not in found and same is not None:
            found[ring.name] = same.name
            new.remove(same)
    return found


def place(machine: str) -> float:
    """Where a machine stands between 0 and 100, from its id alone, letter case ignored."""
    digest = hashlib.sha256(machine.casefold().encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64 * 100


def earliest_start(month: str, deferral_days: int, start_at: str, time_zone: str) -> datetime:
    """So many days after Patch Tuesday of a month (`2026-12`), at `HH:MM` in a zone.

    A time that daylight saving skips is the one an hour later. Raises InvalidInput for what is no month, time or zone.
    """
    wanted = Month.parse(month)
    day = patch_tuesday(wanted.year, wanted.month) + timedelta(days=deferral_days)
    where = zone(time_zone)
    local = datetime.combine(day, parse_time(start_at), tzinfo=where)
    # There and back through UTC, because a skipped time has no instant of its own.
    return datetime.fromtimestamp(local.timestamp(), tz=where)


def parse_time(text: str) -> time:
    """`HH:MM`. Raises InvalidInput for anything else."""
    try:
        return time(int(text[:2]), int(text[3:])) if len(text) == 5 and text[2] == ":" else _no_time(text)
    except ValueError:
        return _no_time(text)


def _no_time(text: str) -> time:
    raise InvalidInput(f"'{text}' is not a time such as 02:00")


def _way_in(ring: Membership) -> tuple[frozenset[str], Membership]:
    return frozenset(each.casefold() for each in ring.machines), replace(ring, name="", machines=())


def _has_tags(held: Mapping[str, str], wanted: Mapping[str, tuple[str, ...]]) -> bool:
    # Names of tags ignore letter case, values do not. Source: Microsoft Learn, Use tags to organize your Azure
    # resources, 2024-03-19.
    folded = {name.casefold(): value for name, value in held.items()}
    return all(folded.get(name.casefold()) in values for name, values in wanted.items())


def _share_of(key: str, rings: Sequence[Membership], limits: Sequence[float]) -> str | None:
    at = place(key)
    shares = zip(rings, limits, strict=True)
    return next((ring.name for ring, limit in shares if ring.percent is not None and at < limit), None)
