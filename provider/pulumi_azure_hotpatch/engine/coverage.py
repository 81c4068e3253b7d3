"""What can be said of an estate as a whole: that nothing is left unpatched, how much of it is hotpatched."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .estate import Entry, Estate
from .facts import ARC_MACHINES, Machine
from .judgement import Case
from .logic import UNKNOWN, Maybe
from .rules import rules_for

ESTATE = "estate"
"""What a finding about all machines together is about, and its type."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """A machine, and whether a schedule of the estate is given to it; UNKNOWN where a dynamic scope or a fleet may."""

    machine: Machine
    has_schedule: Maybe[bool] = UNKNOWN


@dataclass(frozen=True, slots=True)
class HotpatchShare:
    """How many of the Windows VMs are hotpatched: `at_least` for certain, `at_most` with those not known yet.

    `minimum_percent` is what is asked for, None where nothing is.
    """

    windows: int
    at_least: int
    at_most: int
    minimum_percent: int | None = None

    @property
    def is_enough(self) -> Maybe[bool | None]:
        """Whether the share is what is asked for; None where nothing is asked or there is no Windows VM."""
        if self.minimum_percent is None or not self.windows:
            return None
        needed = self.minimum_percent * self.windows
        if self.at_least * 100 >= needed:
            return True
        return UNKNOWN if self.at_most * 100 >= needed else False

    @property
    def percent(self) -> int:
        """The share that is certain, in whole percent rounded down."""
        return self.at_least * 100 // self.windows if self.windows else 0


def coverage(estate: Estate) -> Iterator[Entry[Coverage]]:
    """Every VM with whether it has a schedule."""
    for entry in _virtual(estate):
        key = entry.resource.casefold()
        otherwise = UNKNOWN if key in estate.perhaps_assigned else False
        yield Entry(entry.resource, entry.type, Coverage(entry.facts, True if estate.assigned.get(key) else otherwise))


def hotpatch_share(estate: Estate, minimum_percent: int | None = None) -> HotpatchShare:
    """The share of hotpatched machines among the VMs known to run Windows."""
    switches = [entry.facts.settings.enable_hotpatching for entry in _virtual(estate) if entry.facts.is_windows is True]
    certain = switches.count(True)
    return HotpatchShare(len(switches), certain, certain + switches.count(UNKNOWN), minimum_percent)


def coverage_cases(estate: Estate) -> Iterator[Case]:
    """What is to be judged of every VM: that something patches it."""
    for entry in coverage(estate):
        yield Case(entry.resource, entry.type, entry.facts, rules_for("coverage"))


def estate_cases(estate: Estate, minimum_percent: int | None = None) -> Iterator[Case]:
    """What is to be judged of the estate as a whole."""
    yield from coverage_cases(estate)
    yield Case(ESTATE, ESTATE, hotpatch_share(estate, minimum_percent), rules_for("estate"))


def _virtual(estate: Estate) -> Iterator[Entry[Machine]]:
    return (entry for entry in estate.machines if entry.type != ARC_MACHINES)
