"""Dynamic scopes among machines, schedules and each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Final

from pulumi_azure_hotpatch.errors import InvalidInput

from .bodies import Body, properties_of, reading
from .body_lists import PROVIDERS, identify
from .fact_types import mistyped
from .facts import CONFIGURATION_ASSIGNMENTS, MAINTENANCE_CONFIGURATIONS, Schedule
from .logic import UNKNOWN, Maybe, every, fold
from .maintenance_inventory import schedule_from_arm
from .scope import Candidate, Place, ScopeFilter
from .stand_ins import is_stand_in

GLOBAL: Final = "global"
"""The location of an assignment at a subscription; one at a group has a region. Source: recorded traffic of azure-cli
and PowerShell, API 2023-04-01.
"""
GUEST_SCOPE: Final = "InGuestPatch"
_ASSIGNED: Final = f"{PROVIDERS}{CONFIGURATION_ASSIGNMENTS}/".casefold()


@dataclass(frozen=True, slots=True)
class Scope:
    """A scope over places, as declared or as found. `schedule_id` is None while it is not known."""

    places: tuple[Place, ...]
    filter: ScopeFilter
    schedule_id: str | None = None
    name: str | None = None
    location: str | None = None
    allow_whole_subscription: bool | None = None
    max_machines: int | None = None

    def place_of(self, candidate: Candidate) -> Place | None:
        """The first of its places that the machine is below, else the first that it may be below."""
        return self._place_of(candidate)[0]

    def takes(self, candidate: Candidate) -> Maybe[bool]:
        """Whether it takes a machine."""
        _, holds = self._place_of(candidate)
        return holds if holds is False else every((holds, self.filter.takes(candidate)))

    def _place_of(self, candidate: Candidate) -> tuple[Place | None, Maybe[bool]]:
        possible = None
        for place in self.places:
            holds = place.holds(candidate)
            if holds is True:
                return place, True
            if holds is UNKNOWN and possible is None:
                possible = place
        return possible, False if possible is None else UNKNOWN

    @property
    def is_open(self) -> bool:
        """Whether a part of it is not known, or not compared here."""
        return self.filter.is_open or bool(self.filter.beyond) or any(is_stand_in(place.id) for place in self.places)

    @property
    def assignment_keys(self) -> frozenset[str]:
        """The ids of its assignments in lower case; empty without a name."""
        return frozenset(place.assignment(self.name).casefold() for place in self.places if self.name)


@dataclass(frozen=True)
class Surroundings:
    """Machines, and what else schedules them. Ids are in lower case.

    `given` holds the schedules of a machine by assignments to itself, `scopes` every dynamic scope that is shown, by
    its assignment's id.
    """

    candidates: tuple[Candidate, ...] = ()
    schedules: Mapping[str, Schedule] = field(default_factory=dict)
    given: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    scopes: Mapping[str, Scope] = field(default_factory=dict)

    @cached_property
    def by_subscription(self) -> Mapping[str, tuple[Candidate, ...]]:
        """The machines by their subscription's id in lower case."""
        found: defaultdict[str, list[Candidate]] = defaultdict(list)
        for candidate in self.candidates:
            found[candidate.subscription_id].append(candidate)
        return {key: tuple(members) for key, members in found.items()}

    @property
    def memberships(self) -> Mapping[str, tuple[str, ...]]:
        """The dynamic scopes that surely take a machine, by their assignments' ids."""
        return self._takes[0]

    @property
    def may_be_taken(self) -> frozenset[str]:
        """The machines that some dynamic scope may take, which is not known yet."""
        return self._takes[1]

    @cached_property
    def _takes(self) -> tuple[Mapping[str, tuple[str, ...]], frozenset[str]]:
        sure: defaultdict[str, list[str]] = defaultdict(list)
        possible = set()
        for key, scope in self.scopes.items():
            for candidate in self.below(scope):
                taken = scope.takes(candidate)
                if taken is True:
                    sure[candidate.key].append(key)
                elif taken is UNKNOWN:
                    possible.add(candidate.key)
        return {key: tuple(members) for key, members in sure.items()}, frozenset(possible)

    def below(self, scope: Scope) -> Iterator[Candidate]:
        """The machines of the subscriptions of a scope, and those that may be in one of them."""
        wanted = {place.subscription_id.casefold() for place in scope.places}
        if any(map(is_stand_in, wanted)):
            yield from self.candidates
            return
        open_ones = {key for key in self.by_subscription if is_stand_in(key)}
        for subscription in sorted(wanted | open_ones):
            yield from self.by_subscription.get(subscription, ())

    @staticmethod
    def of(bodies: Iterable[Body], *, as_of: datetime | None = None) -> Surroundings:
        """What ARM bodies show, in any order; of two bodies with one id the later counts.

        Raises InvalidInput for a machine or schedule whose body is not of the shape ARM gives it.
        """
        machines: dict[str, Candidate] = {}
        schedules: dict[str, Schedule] = {}
        given: defaultdict[str, list[str]] = defaultdict(list)
        scopes: dict[str, Scope] = {}
        hosts: set[str] = set()
        for number, body in enumerate(bodies, start=1):
            kind, key = identify(body, number)
            with reading(body.get("id")):
                if kind == MAINTENANCE_CONFIGURATIONS.casefold():
                    schedules[key] = schedule_from_arm(body, as_of=as_of)
                    if fold(schedules[key].scope or GUEST_SCOPE) != fold(GUEST_SCOPE):
                        hosts.add(key)
                elif kind == CONFIGURATION_ASSIGNMENTS.casefold():
                    _sort_in(body, key, given, scopes)
                elif (candidate := Candidate.of(body)) is not None:
                    machines[key] = candidate
                facts = machines[key].machine if key in machines else schedules.get(key)
                if (wrong := mistyped(facts)) is not None:
                    raise InvalidInput(wrong)
        # Schedules for hosts and images follow other rules than those for guests.
        return Surroundings(
            tuple(machines[key] for key in sorted(machines)),
            {key: schedule for key, schedule in schedules.items() if key not in hosts},
            {key: tuple(dict.fromkeys(one for one in found if one not in hosts)) for key, found in given.items()},
            {key: scope for key, scope in scopes.items() if scope.schedule_id not in hosts},
        )


def _sort_in(body: Body, key: str, given: dict[str, list[str]], scopes: dict[str, Scope]) -> None:
    """Put an assignment where it belongs: to a machine, or among the dynamic scopes."""
    schedule_id = properties_of(body).get("maintenanceConfigurationId")
    if not isinstance(schedule_id, str) or _ASSIGNED not in key:
        return
    target = key.rpartition(_ASSIGNED)[0]
    if PROVIDERS in target:
        given[target].append(schedule_id.rstrip("/").casefold())
    elif (scope := found_scope(body)) is not None:
        scopes[key] = scope


def found_scope(body: Body) -> Scope | None:
    """The dynamic scope that the body of an assignment shows; None where it is on a machine.

    Its schedule's id is in lower case.
    """
    target, _, name = str(body["id"]).rstrip("/").casefold().rpartition(_ASSIGNED)
    properties, location = properties_of(body), body.get("location")
    schedule_id = properties.get("maintenanceConfigurationId")
    if PROVIDERS in target:
        return None
    return Scope(
        (Place.parse(target),),
        ScopeFilter.from_arm(body),
        schedule_id.rstrip("/").casefold() if isinstance(schedule_id, str) else None,
        name,
        location if isinstance(location, str) else None,
    )
