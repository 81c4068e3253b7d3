"""Availability-first order for rollouts: what it asks, and a checker of proposed batches.

The law, from Microsoft Learn, automatic VM guest patching, 2024-07-31: regions go in phases, geo-paired regions never
in the same one; different zones of a region are not updated together; of an availability set only machines of one
update domain, at most a fifth of the set, and one at a time when it has fewer than ten. Sizes and order of Azure's own
phases are not published, so this judges our rollouts and does not forecast Azure's. Batches that pass are made by
`availability_plan.py`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeAlias

from .regions import geo_partners, is_known_region, region_name

SMALL_SET: Final = 10
"""A set with fewer machines is updated one at a time."""
SHARE: Final = 5
"""At most one in so many machines of a larger set at a time (20 %)."""

GEO_PAIRS: Final = "availability-geo-pairs"
UNKNOWN_REGION: Final = "availability-region-unknown"
REGION_TWICE: Final = "availability-region-twice"
ZONES: Final = "availability-zones"
UPDATE_DOMAINS: Final = "availability-update-domains"
SET_SHARE: Final = "availability-set-share"
MACHINE_TWICE: Final = "availability-machine-twice"


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a machine runs: its id, region, zone, availability set id and update domain, None where there is none.

    Ids and regions are compared without case, regions also without spaces. An update domain that is merely not known
    is None too: such a machine of a set is treated as if it shared its domain with no other.
    """

    machine: str
    region: str
    zone: str | None = None
    availability_set: str | None = None
    update_domain: int | None = None


Batch: TypeAlias = Sequence[Placement]
"""Machines patched at the same time."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken constraint: its id, the machines involved, and why; `certain` is False where a fact is missing."""

    rule: str
    machines: tuple[str, ...]
    explanation: str
    certain: bool = True


def check_batches(
    batches: Iterable[Batch], *, set_sizes: Mapping[str, int] = MappingProxyType({})
) -> tuple[Violation, ...]:
    """What is wrong with batches that run one after the other, whatever phases they are in; empty when nothing is.

    `set_sizes` gives the machines of an availability set (by id) where the batches hold only some of them; otherwise
    those in the batches are all of it, which can only make the check stricter.
    """
    held = [tuple(batch) for batch in batches]
    sizes = set_sizes_of(held, set_sizes)
    found = list(repeated(held))
    for number, batch in enumerate(held, start=1):
        found += _together(_by_region(batch), f"batch {number}")
        found += _zones(batch, number)
        found += _sets(batch, number, sizes)
    return tuple(found)


def check_phases(
    phases: Iterable[Sequence[Batch]], *, set_sizes: Mapping[str, int] = MappingProxyType({})
) -> tuple[Violation, ...]:
    """As `check_batches` for the batches of all phases; also no geo-pair in one phase and no region in two."""
    held = [tuple(tuple(batch) for batch in phase) for phase in phases]
    found = list(check_batches([batch for phase in held for batch in phase], set_sizes=set_sizes))
    found = [violation for violation in found if violation.rule not in (GEO_PAIRS, UNKNOWN_REGION)]
    first_phase: dict[str, int] = {}
    for number, phase in enumerate(held, start=1):
        regions = _by_region(placement for batch in phase for placement in batch)
        found += _together(regions, f"phase {number}")
        for region, machines in regions.items():
            earlier = first_phase.setdefault(region, number)
            if earlier != number:
                why = f"{region} is in phase {number} and already in phase {earlier}: a region belongs to one phase"
                found.append(Violation(REGION_TWICE, tuple(machines), why))
    return tuple(found)


def largest_share(size: int) -> int:
    """How many machines of an availability set of that size may be updated at a time."""
    return 1 if size < SMALL_SET else size // SHARE


def _together(regions: Mapping[str, Sequence[str]], where: str) -> Iterator[Violation]:
    """Geo-pairs, and regions whose pair is not known, beside other regions."""
    for region, machines in regions.items():
        for partner in sorted(geo_partners(region) & regions.keys()):
            if region < partner:
                why = f"{where} holds the geo-pair {region} and {partner}: patch one region after the other"
                yield Violation(GEO_PAIRS, (*machines, *regions[partner]), why)
        if len(regions) > 1 and not is_known_region(region):
            why = f"{where} holds {region}, whose geo-pair is not known, beside other regions: patch it alone"
            yield Violation(UNKNOWN_REGION, tuple(machines), why, certain=False)


def _zones(batch: Batch, number: int) -> Iterator[Violation]:
    zones: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for placement in batch:
        if placement.zone is not None:
            zones[region_name(placement.region)][placement.zone].append(placement.machine)
    for region, by_zone in zones.items():
        if len(by_zone) > 1:
            why = f"batch {number} holds zones {', '.join(sorted(by_zone))} of {region}: patch one zone after the other"
            yield Violation(ZONES, tuple(machine for machines in by_zone.values() for machine in machines), why)


def _sets(batch: Batch, number: int, sizes: Mapping[str, int]) -> Iterator[Violation]:
    sets: dict[str, list[Placement]] = defaultdict(list)
    for placement in batch:
        if placement.availability_set is not None:
            sets[placement.availability_set.casefold()].append(placement)
    for key, members in sets.items():
        machines, size, name = tuple(one.machine for one in members), sizes[key], members[0].availability_set
        domains = sorted({one.update_domain for one in members if one.update_domain is not None})
        if len(domains) > 1:
            why = f"batch {number} holds update domains {', '.join(map(str, domains))} of {name}: one at a time"
            yield Violation(UPDATE_DOMAINS, machines, why)
        elif len(members) > 1 and any(one.update_domain is None for one in members):
            why = f"batch {number} holds machines of {name} whose update domain is not known: patch those alone"
            yield Violation(UPDATE_DOMAINS, machines, why, certain=False)
        if len(members) > largest_share(size):
            limit = "a set under 10 goes one at a time" if size < SMALL_SET else f"20 % are {largest_share(size)}"
            why = f"batch {number} holds {len(members)} of the {size} machines of {name}: {limit}"
            yield Violation(SET_SHARE, machines, why)


def set_sizes_of(batches: Iterable[Batch], given: Mapping[str, int]) -> dict[str, int]:
    """Machines by availability set (lower-case id), as given or, where that is fewer, as counted."""
    sizes: dict[str, int] = defaultdict(int)
    for batch in batches:
        for placement in batch:
            if placement.availability_set is not None:
                sizes[placement.availability_set.casefold()] += 1
    for key, size in given.items():
        sizes[key.casefold()] = max(size, sizes[key.casefold()])
    return sizes


def _by_region(placements: Iterable[Placement]) -> dict[str, list[str]]:
    regions: dict[str, list[str]] = defaultdict(list)
    for placement in placements:
        regions[region_name(placement.region)].append(placement.machine)
    return regions


def repeated(batches: Iterable[Batch]) -> Iterator[Violation]:
    """Machines that are given more than once."""
    seen: set[str] = set()
    for batch in batches:
        for placement in batch:
            key = placement.machine.casefold()
            if key in seen:
                yield Violation(MACHINE_TWICE, (placement.machine,), f"{placement.machine} is given twice")
            seen.add(key)
