"""Availability first: in which order the platform patches machines with the same update.

Source: Microsoft Learn, automatic VM guest patching, 2024-07-31: phases of one or more regions, geo-paired regions
never in the same one; not two zones of a region at once; in an availability set one update domain after the other, at
most a fifth of the set at a time, one by one in a set of fewer than ten. How many regions a phase has is not said:
here 1, 2, 4 and so on. Pairs: Microsoft Learn, Azure paired regions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from .chance import fraction
from .resources import Resource

PAIRS = frozenset(
    frozenset(pair.split())
    for pair in (
        "eastus westus", "eastus2 centralus", "northcentralus southcentralus", "westus2 westcentralus",
        "westus3 eastus", "canadacentral canadaeast", "brazilsouth southcentralus", "northeurope westeurope",
        "uksouth ukwest", "francecentral francesouth", "germanywestcentral germanynorth",
        "norwayeast norwaywest", "swedencentral swedensouth", "switzerlandnorth switzerlandwest",
        "uaenorth uaecentral", "southafricanorth southafricawest", "japaneast japanwest",
        "koreacentral koreasouth", "southeastasia eastasia", "australiaeast australiasoutheast",
        "australiacentral australiacentral2", "centralindia southindia", "westindia southindia",
        "chinanorth chinaeast", "chinanorth2 chinaeast2", "chinanorth3 chinaeast3", "usgovvirginia usgovtexas",
        "usgovarizona usgovtexas",
    )
)  # fmt: skip
UPDATE_DOMAINS = 5
SLOT = timedelta(minutes=90)
SMALL_SET = 10


@dataclass(slots=True)
class Rollout:
    """One month's rollout. ``phase`` is the one that runs; ``failed`` and ``done`` count its machines so far."""

    began: datetime
    phases: list[list[str]] = field(default_factory=list)
    phase: int = 0
    done: int = 0
    failed: int = 0
    stopped: bool = False

    def has_passed(self, region: str) -> bool:
        """Tell whether it is over in a region (or never goes there)."""
        return not any(region in phase for phase in self.phases[self.phase :])


@dataclass(frozen=True, slots=True)
class Turn:
    """When a machine has its turn in its phase: in which night, and how long after off-peak hours begin."""

    machine: str
    night: int
    offset: timedelta


def region_of(machine: Resource) -> str:
    """Return the machine's region as its key."""
    return str(machine.body.get("location", "")).replace(" ", "").lower()


def phases_of(regions: Iterable[str]) -> list[list[str]]:
    """Return the regions in phases; the order is that of their names."""
    phases: list[list[str]] = []
    for region in sorted(set(regions)):
        for number, phase in enumerate(phases):
            if len(phase) < 2**number and not any(frozenset((region, other)) in PAIRS for other in phase):
                phase.append(region)
                break
        else:
            phases.append([region])
    return phases


def turns_of(machines: Iterable[Resource], *, seed: int, lasts: timedelta) -> list[Turn]:
    """Return the turns of one phase's machines; ``lasts`` is how long off-peak hours are."""
    sets: defaultdict[str, list[Resource]] = defaultdict(list)
    turns = []
    room = max(timedelta(0), lasts - SLOT)
    for machine in machines:
        owner = (machine.body["properties"].get("availabilitySet") or {}).get("id")
        if isinstance(owner, str):
            sets[owner.lower()].append(machine)
            continue
        zones = machine.body.get("zones") or []
        night = int(zones[0]) if zones and str(zones[0]).isdigit() else 0
        turns.append(Turn(machine.id, night, part_of(room, fraction(seed, "turn", machine.id.lower()))))
    per_night = max(1, lasts // SLOT)
    for members in sets.values():
        for place, batch in enumerate(_batches(members)):
            night, slot = divmod(place, per_night)
            turns.extend(Turn(machine.id, night, slot * SLOT) for machine in batch)
    return turns


def part_of(duration: timedelta, share: float) -> timedelta:
    """Return a share of a duration in whole seconds."""
    return timedelta(seconds=int(duration.total_seconds() * share))


def update_domain(machine: Resource, place: int) -> int:
    """Return a machine's update domain: as its instance view once said, else by its place in the set."""
    told = machine.facts.get("platformUpdateDomain")
    return told if isinstance(told, int) else place % UPDATE_DOMAINS


def _batches(members: list[Resource]) -> list[list[Resource]]:
    ordered = sorted(members, key=lambda machine: machine.id.lower())
    domains: defaultdict[int, list[Resource]] = defaultdict(list)
    for place, machine in enumerate(ordered):
        domains[update_domain(machine, place)].append(machine)
    size = 1 if len(ordered) < SMALL_SET else max(1, len(ordered) // 5)
    return [domain[at : at + size] for _, domain in sorted(domains.items()) for at in range(0, len(domain), size)]
