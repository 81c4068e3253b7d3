"""A subscription's machines, schedules and assignments as facts, joined from ARM bodies.

Bodies come from `az … list`, Resource Graph, exports or `GET`s, with or without a `properties` level, in any order and
any letter case. An inventory may show a part of the estate only, so what it does not hold is not known, never absent.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, Generic, TypeVar

from pulumi_azure_hotpatch.errors import InvalidInput
from pulumi_azure_hotpatch.ids import ResourceId

from .arc import ArcServer
from .bodies import Body, object_at, properties_of, reading
from .body_lists import PROVIDERS, identify
from .dynamic_scope import DynamicScope
from .fact_types import mistyped
from .facts import (
    ARC_MACHINES,
    CONFIGURATION_ASSIGNMENTS,
    MAINTENANCE_CONFIGURATIONS,
    SCALE_SETS,
    VIRTUAL_MACHINES,
    Assignment,
    Machine,
    PreviewFeature,
    Schedule,
)
from .forecast import Member
from .inventory import arc_server_from_arm, machine_from_arm, scale_set_from_arm
from .logic import UNKNOWN
from .maintenance_inventory import dynamic_scope_from_arm, schedule_from_arm
from .scale_set import ScaleSet
from .schedule_clashes import Clash, clashes, readable
from .scope import Candidate
from .scope_preview import at_least, counted, preview
from .scopes_around import Scope, Surroundings, found_scope
from .stand_ins import same

LICENCE_PROFILES: Final = f"{ARC_MACHINES}/licenseProfiles"
ASSESSMENTS: Final = (f"{VIRTUAL_MACHINES}/patchAssessmentResults", f"{ARC_MACHINES}/patchAssessmentResults")
GUEST_SCOPE: Final = "InGuestPatch"

FactsT = TypeVar("FactsT")


@dataclass(frozen=True, slots=True)
class Entry(Generic[FactsT]):
    """Facts, and whose they are: an ARM id and type (or a Pulumi URN, for what has no id yet)."""

    resource: str
    type: str
    facts: FactsT


@dataclass(frozen=True, slots=True)
class Estate:
    """What an inventory shows. `machines` holds VMs and Arc-enabled servers; `others` counts what is not used, by type.

    `assigned` names the schedules that a machine is given, by itself or by a dynamic scope that takes it now, whether
    the inventory shows them or not; both by their ids in lower case. `perhaps_assigned` has the machines that may be
    given further ones, by what is not known in full. `unnamed` is what is asked of machines that are not known.
    """

    machines: tuple[Entry[Machine], ...] = ()
    arc_servers: tuple[Entry[ArcServer], ...] = ()
    scale_sets: tuple[Entry[ScaleSet], ...] = ()
    schedules: tuple[Entry[Schedule], ...] = ()
    assignments: tuple[Entry[Assignment], ...] = ()
    dynamic_scopes: tuple[Entry[DynamicScope], ...] = ()
    features: tuple[Entry[PreviewFeature], ...] = ()
    assigned: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    perhaps_assigned: frozenset[str] = frozenset()
    unnamed: tuple[Entry[Machine], ...] = ()
    others: Mapping[str, int] = field(default_factory=dict)

    @staticmethod
    def from_bodies(
        bodies: Iterable[object],
        *,
        as_of: datetime,
        adjusted: Mapping[str, Callable[[Any], Any]] = MappingProxyType({}),
        declared: Iterable[str] = (),
        perhaps_assigned: Iterable[str] = (),
    ) -> Estate:
        """The estate that ARM bodies show; of two bodies with one id the later counts.

        `as_of` is the (aware) instant from which on lead times and overlapping windows are looked at. `adjusted` says,
        by id, what will be made of facts (of an Arc-enabled server those as a machine too); of a machine or scale set
        that no body shows nothing else is known. `declared` are the ids of machines that no inventory shows, and
        `perhaps_assigned` those of machines that may be given schedules that no body shows. Raises InvalidInput, with
        the number of the entry, for what is no ARM body.
        """
        by_type: dict[str, dict[str, Body]] = defaultdict(dict)
        for number, body in enumerate(bodies, start=1):
            kind, key = identify(body, number)
            assert isinstance(body, Mapping)
            by_type[kind][key] = body
        joining = _Joining(by_type, as_of, adjusted, frozenset(identity.casefold() for identity in declared))
        return joining.estate({identity.casefold() for identity in perhaps_assigned})

    def members(self) -> Iterator[Member]:
        """The machines in order, as a forecast takes them. The timetables of a machine are not known when one of its
        schedules is not shown or cannot be read, or when it may be given another; those of dynamic scopes are among
        them.
        """
        timetables = {schedule.resource.casefold(): readable(schedule.facts) for schedule in self.schedules}
        for entry in self.machines:
            machine = entry.resource.casefold()
            found = [timetables.get(key) for key in self.assigned.get(machine, ())]
            given = tuple(one for one in found if one is not None)
            is_all = len(given) == len(found) and machine not in self.perhaps_assigned
            yield Member(entry.facts, given if is_all else UNKNOWN)


_BEFORE_MAINTENANCE: Final = re.compile(r"(.*)/providers/Microsoft\.Maintenance/", re.IGNORECASE)


class _Joining:
    """Bodies by type and id (both in lower case) on their way to an estate."""

    def __init__(
        self,
        bodies: Mapping[str, Mapping[str, Body]],
        as_of: datetime,
        adjusted: Mapping[str, Callable[[Any], Any]],
        declared: frozenset[str],
    ) -> None:
        self._bodies = bodies
        self._declared = declared
        self._as_of = as_of
        self._adjusted = {identity.casefold(): (identity, adjust) for identity, adjust in adjusted.items()}
        self._used = {name.casefold() for name in (VIRTUAL_MACHINES, ARC_MACHINES, SCALE_SETS, LICENCE_PROFILES)}
        self._used |= {name.casefold() for name in (MAINTENANCE_CONFIGURATIONS, CONFIGURATION_ASSIGNMENTS)}
        self._used |= {name.casefold() for name in ASSESSMENTS}
        self._others: Counter[str] = Counter(
            {kind: len(found) for kind, found in bodies.items() if kind not in self._used}
        )

    def estate(self, perhaps_assigned: Set[str]) -> Estate:
        machines = {**self._machines(VIRTUAL_MACHINES), **self._unseen_machines(VIRTUAL_MACHINES)}
        machines |= {**self._machines(ARC_MACHINES), **self._unseen_machines(ARC_MACHINES)}
        schedules = self._schedules()
        static, scopes = self._assignments()
        assigned: dict[str, list[str]] = defaultdict(list)
        for _, machine_id, schedule_id in static:
            assigned[machine_id.casefold()].append(schedule_id.rstrip("/").casefold())
        around = self._around(machines, schedules, assigned, scopes)
        for machine_key, members in around.memberships.items():
            given = (around.scopes[key].schedule_id for key in members)
            assigned[machine_key] += [schedule_id for schedule_id in given if schedule_id is not None]
        found = clashes({key: entry.facts for key, entry in schedules.items()}, assigned.values(), self._as_of)
        return Estate(
            machines=tuple(machines.values()),
            arc_servers=(*self._arc_servers(), *self._unseen(ARC_MACHINES, ArcServer)),
            scale_sets=(*self._scale_sets(), *self._unseen(SCALE_SETS, ScaleSet.unseen)),
            schedules=tuple(schedules.values()),
            assignments=tuple(
                Entry(
                    _id(body),
                    CONFIGURATION_ASSIGNMENTS,
                    self._adjust(
                        _id(body).casefold(),
                        _assignment(machine_id, schedule_id, machines, schedules, assigned, found),
                    ),
                )
                for body, machine_id, schedule_id in static
            ),
            dynamic_scopes=tuple(
                Entry(_id(body), CONFIGURATION_ASSIGNMENTS, self._scope(body, around)) for body in scopes
            ),
            assigned={machine: tuple(dict.fromkeys(keys)) for machine, keys in assigned.items()},
            perhaps_assigned=frozenset(perhaps_assigned) | around.may_be_taken | self._unseen_by(around, machines),
            others=dict(sorted(self._others.items())),
        )

    def _around(
        self,
        machines: Mapping[str, Entry[Machine]],
        schedules: Mapping[str, Entry[Schedule]],
        assigned: Mapping[str, Iterable[str]],
        scopes: Iterable[Body],
    ) -> Surroundings:
        """The machines as the dynamic scopes see them; empty where there is no scope."""
        found = {_id(body).casefold(): scope for body in scopes if (scope := self._place_scope(body)) is not None}
        if not found:
            return Surroundings()
        bodies = {**self._of(VIRTUAL_MACHINES), **self._of(ARC_MACHINES)}
        candidates = (Candidate.of(bodies[key], machines[key].facts) for key in sorted(bodies))
        return Surroundings(
            tuple(one for one in candidates if one is not None),
            {key: entry.facts for key, entry in schedules.items()},
            {key: tuple(given) for key, given in assigned.items()},
            found,
        )

    def _unseen_by(self, around: Surroundings, machines: Iterable[str]) -> frozenset[str]:
        """The machines of which no body shows what dynamic scopes look at."""
        return frozenset(machines) - {one.key for one in around.candidates} if around.scopes else frozenset()

    def _place_scope(self, body: Body) -> Scope | None:
        with reading(_id(body)):
            return found_scope(body)

    def _scope(self, body: Body, around: Surroundings) -> DynamicScope:
        """A dynamic scope with what it takes of the machines that are shown, where any below it is.

        Where all of those are declared, others may be there: then as many are taken at least.
        """
        facts: DynamicScope = self._read(dynamic_scope_from_arm, body)
        scope = around.scopes.get(_id(body).casefold())
        below = () if scope is None else [one.key for one in around.below(scope) if scope.place_of(one) is not None]
        if scope is not None and below:
            found = preview(scope, around, as_of=self._as_of)
            is_shown = not (scope.is_open or self._declared.issuperset(below))
            facts = replace(facts, **(counted(found) if is_shown else {}))
            if not is_shown or not self._declared.isdisjoint(below):
                facts = replace(facts, **at_least(found))
        return self._adjust(_id(body).casefold(), facts)

    def _of(self, kind: str) -> Mapping[str, Body]:
        return self._bodies.get(kind.casefold(), {})

    def _read(self, read: Any, body: Body, **arguments: Any) -> Any:
        """What `read` makes of a body. Raises InvalidInput for one whose parts are not of the shape ARM gives them."""
        with reading(_id(body)):
            facts = read(body, **arguments)
            if (wrong := mistyped(facts)) is not None:
                raise InvalidInput(wrong)
            return facts

    def _machines(self, kind: str) -> dict[str, Entry[Machine]]:
        states = self._support_states()
        found = {}
        for key, body in self._of(kind).items():
            machine: Machine = self._read(machine_from_arm, body)
            if key in states:
                machine = replace(machine, support_state=states[key])
            found[key] = Entry(_id(body), kind, self._adjust(key, machine))
        return found

    def _unseen_machines(self, kind: str) -> dict[str, Entry[Machine]]:
        return {entry.resource.casefold(): entry for entry in self._unseen(kind, Machine.unseen)}

    def _unseen(self, kind: str, facts_of: Callable[[str], FactsT]) -> Iterator[Entry[FactsT]]:
        """What is adjusted of that type and no body shows."""
        for key, (identity, _) in self._adjusted.items():
            if _type_of(key) == kind.casefold() and key not in self._of(kind):
                yield Entry(identity, kind, self._adjust(key, facts_of(identity)))

    def _arc_servers(self) -> Iterator[Entry[ArcServer]]:
        for key, body in self._of(ARC_MACHINES).items():
            server: ArcServer = self._read(arc_server_from_arm, self._licensed(key, body))
            yield Entry(_id(body), ARC_MACHINES, self._adjust(key, server))

    def _scale_sets(self) -> Iterator[Entry[ScaleSet]]:
        for key, body in self._of(SCALE_SETS).items():
            scale_set: ScaleSet = self._read(scale_set_from_arm, body)
            yield Entry(_id(body), SCALE_SETS, self._adjust(key, scale_set))

    def _adjust(self, key: str, facts: FactsT) -> FactsT:
        if key not in self._adjusted:
            return facts
        identity, adjust = self._adjusted[key]
        adjusted: FactsT = adjust(facts)
        if (wrong := mistyped(adjusted)) is not None:
            raise InvalidInput(f"{identity}: {wrong}, which is of another type than Azure takes")
        return adjusted

    def _support_states(self) -> dict[str, str]:
        """What the latest assessments found out about images, by machine.

        Source: Microsoft Learn, Manage updates for custom images (patchassessmentresources).
        """
        states = {}
        for kind in ASSESSMENTS:
            for key, body in self._of(kind).items():
                readiness = object_at(object_at(properties_of(body), "configurationStatus"), "vmGuestPatchReadiness")
                state = readiness.get("detectedVMGuestPatchSupportState")
                if isinstance(state, str):
                    states[key.rpartition("/patchassessmentresults/")[0]] = state
        return states

    def _licensed(self, key: str, body: Body) -> Body:
        """An Arc-enabled server with the licence profile that was listed apart from it."""
        profile = self._of(LICENCE_PROFILES).get(f"{key}/licenseprofiles/default")
        if profile is None:
            return body
        return {**body, "properties": {**properties_of(body), "licenseProfile": properties_of(profile)}}

    def _schedules(self) -> dict[str, Entry[Schedule]]:
        found = {}
        for key, body in self._of(MAINTENANCE_CONFIGURATIONS).items():
            schedule: Schedule = self._read(schedule_from_arm, body, as_of=self._as_of)
            if str(schedule.scope or GUEST_SCOPE).casefold() == GUEST_SCOPE.casefold():
                found[key] = Entry(_id(body), MAINTENANCE_CONFIGURATIONS, self._adjust(key, schedule))
            else:
                # Schedules for hosts and images follow other rules than those for guests.
                self._others[f"{MAINTENANCE_CONFIGURATIONS} of scope {schedule.scope}"] += 1
        return found

    def _assignments(self) -> tuple[list[tuple[Body, str, str]], list[Body]]:
        """Static assignments with their machine's and their schedule's id, and dynamic scopes."""
        static, scopes = [], []
        for body in self._of(CONFIGURATION_ASSIGNMENTS).values():
            schedule_id = str(properties_of(body).get("maintenanceConfigurationId") or "")
            if self._is_for_hosts(schedule_id):
                self._others[f"{CONFIGURATION_ASSIGNMENTS} of other scopes"] += 1
                continue
            scope_id = _BEFORE_MAINTENANCE.match(_id(body))
            machine_id = scope_id[1] if scope_id else ""
            if PROVIDERS in machine_id.casefold():
                static.append((body, machine_id, schedule_id))
            else:
                scopes.append(body)
        return static, scopes

    def _is_for_hosts(self, schedule_id: str) -> bool:
        body = self._of(MAINTENANCE_CONFIGURATIONS).get(schedule_id.rstrip("/").casefold())
        scope = None if body is None else properties_of(body).get("maintenanceScope")
        return str(scope or GUEST_SCOPE).casefold() != GUEST_SCOPE.casefold()


def _assignment(
    machine_id: str,
    schedule_id: str,
    machines: Mapping[str, Entry[Machine]],
    schedules: Mapping[str, Entry[Schedule]],
    assigned: Mapping[str, list[str]],
    found: Mapping[tuple[str, str], Clash],
) -> Assignment:
    key, others = schedule_id.rstrip("/").casefold(), assigned.get(machine_id.casefold(), ())
    machine, schedule = machines.get(machine_id.casefold()), schedules.get(key)
    met = {found[key, other]: str(schedules[other].facts.name) for other in others if (key, other) in found}
    # Schedules whose times are not known yet may get in each other's way as well.
    shown = [schedules[other].facts for other in {key, *others} if other in schedules]
    otherwise = UNKNOWN if len(shown) > 1 and any(map(_has_unknown_times, shown)) else None
    return Assignment(
        machine=machine.facts if machine else Machine.unseen(machine_id),
        machine_type=_type_of(machine_id),
        schedule_type=_type_of(schedule_id),
        schedule_exists=True if schedule else None,
        machine_exists=True if machine else None,
        schedule=schedule.facts if schedule else None,
        same_subscription=same(_subscription(machine_id), _subscription(schedule_id)),
        same_start_as=met.get("same start", otherwise),
        overlaps_with=met.get("overlap", otherwise),
    )


def _has_unknown_times(one: Schedule) -> bool:
    return UNKNOWN in (one.start, one.duration, one.time_zone, one.recurrence, one.expires)


def _id(body: Body) -> str:
    return str(body["id"]).rstrip("/")


def _type_of(text: str) -> str | None:
    try:
        return ResourceId.parse(text).type
    except InvalidInput:
        return None


def _subscription(text: str) -> str:
    try:
        return ResourceId.parse(text).subscription_id.casefold()
    except InvalidInput:
        return ""
