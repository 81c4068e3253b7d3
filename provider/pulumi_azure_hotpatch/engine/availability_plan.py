"""Batches that keep availability-first order (`availability.py`), with a reason for every machine."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from types import MappingProxyType

from pulumi_azure_hotpatch.errors import InvalidInput

from .availability import Placement, largest_share, repeated, set_sizes_of
from .regions import geo_partners, is_known_region, region_name


@dataclass(frozen=True, slots=True)
class Phase:
    """Regions that go together, and their batches, one after the other."""

    regions: tuple[str, ...]
    batches: tuple[tuple[Placement, ...], ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Phases in order, and for each machine (as given) why it is where it is."""

    phases: tuple[Phase, ...]
    reasons: Mapping[str, str]


def plan(
    placements: Iterable[Placement],
    *,
    regions_per_phase: int | None = None,
    set_sizes: Mapping[str, int] = MappingProxyType({}),
) -> Plan:
    """Phases and batches that keep the law, in as few phases as first-fit finds.

    Regions are taken in the order in which they first appear, so that the caller decides who goes first;
    `regions_per_phase` caps how many go together (no cap by default). Within a region one zone follows the other,
    then come machines without a zone. A region whose pair is not known has a phase to itself. Raises InvalidInput for
    a machine that is given twice.
    """
    given = tuple(placements)
    if twice := next(repeated([given]), None):
        raise InvalidInput(f"{twice.explanation}: give each machine once")
    if regions_per_phase is not None and regions_per_phase < 1:
        raise InvalidInput(f"regions_per_phase {regions_per_phase}: expected 1 or more, or none for no cap")
    sizes = set_sizes_of([given], set_sizes)
    by_region: dict[str, list[Placement]] = defaultdict(list)
    for placement in given:
        by_region[region_name(placement.region)].append(placement)
    phases: list[Phase] = []
    reasons: dict[str, str] = {}
    for number, regions in enumerate(_arrange(by_region, regions_per_phase), start=1):
        queues = [_queue(by_region[region], sizes) for region in regions]
        merged = tuple(tuple(one for part in parts for one, _ in part) for parts in zip_longest(*queues, fillvalue=()))
        phases.append(Phase(regions, merged))
        for region, queue in zip(regions, queues, strict=True):
            where = _why_phase(region, number, phases)
            for position, batch in enumerate(queue, start=1):
                for placement, why in batch:
                    reasons[placement.machine] = f"phase {number}, batch {position}: {where}; {why}"
    return Plan(tuple(phases), MappingProxyType(reasons))


def _arrange(regions: Iterable[str], cap: int | None) -> list[tuple[str, ...]]:
    """First fit: each region into the first phase that has room and no partner of it; unknown ones alone."""
    phases: list[list[str]] = []
    closed: set[int] = set()
    for region in regions:
        partners = geo_partners(region)
        known = is_known_region(region)
        fitting = (
            index
            for index, phase in enumerate(phases)
            if known and index not in closed and partners.isdisjoint(phase) and (cap is None or len(phase) < cap)
        )
        index = next(fitting, None)
        if index is None:
            phases.append([region])
            if not known:
                closed.add(len(phases) - 1)
        else:
            phases[index].append(region)
    return [tuple(phase) for phase in phases]


def _why_phase(region: str, number: int, phases: Sequence[Phase]) -> str:
    if not is_known_region(region):
        return f"{region} is alone because its geo-pair is not known"
    partners = geo_partners(region)
    earlier = [
        f"{partner} (phase {index})"
        for index, phase in enumerate(phases[: number - 1], start=1)
        for partner in phase.regions
        if partner in partners
    ]
    return f"{region} keeps apart from its geo-pair {', '.join(earlier)}" if earlier else region


def _queue(placements: Sequence[Placement], sizes: Mapping[str, int]) -> list[list[tuple[Placement, str]]]:
    """A region's batches in order, each machine with its reason."""
    zones: dict[str | None, list[Placement]] = defaultdict(list)
    for placement in placements:
        zones[placement.zone].append(placement)
    queue: list[list[tuple[Placement, str]]] = []
    named = sorted(zone for zone in zones if zone is not None)
    order: list[str | None] = [*named, *([None] if None in zones else [])]
    for index, zone in enumerate(order):
        if zone is None:
            where = "no zone" if not named else "no zone, after the zones"
        else:
            where = f"zone {zone}" if index == 0 else f"zone {zone} after zone {named[index - 1]}"
        queue += _slices(zones[zone], where, sizes)
    return queue


def _slices(placements: Sequence[Placement], where: str, sizes: Mapping[str, int]) -> list[list[tuple[Placement, str]]]:
    """Machines without a set at once; beside them each set, slice by slice."""
    free: list[tuple[Placement, str]] = []
    sets: dict[str, list[Placement]] = defaultdict(list)
    for placement in placements:
        if placement.availability_set is None:
            free.append((placement, where))
        else:
            sets[placement.availability_set.casefold()].append(placement)
    queues = [[free]] if free else []
    queues += [_set_slices(members, where, sizes[key]) for key, members in sets.items()]
    return [[one for part in parts for one in part] for parts in zip_longest(*queues, fillvalue=[])]


def _set_slices(members: Sequence[Placement], where: str, size: int) -> list[list[tuple[Placement, str]]]:
    share = largest_share(size)
    limit = f"one of {size} at a time" if share == 1 else f"at most {share} of {size} at a time"
    domains: dict[int, list[Placement]] = defaultdict(list)
    for member in members:
        if member.update_domain is not None:
            domains[member.update_domain].append(member)
    slices = []
    for domain in sorted(domains):
        why = f"{where}; update domain {domain} of its availability set, {limit}"
        found = domains[domain]
        slices += [[(one, why) for one in found[start : start + share]] for start in range(0, len(found), share)]
    lone = f"{where}; alone in its availability set because its update domain is not known"
    return slices + [[(member, lone)] for member in members if member.update_domain is None]
