"""A declared stack as an estate, over what an inventory shows of the same machines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from itertools import compress
from operator import not_
from typing import Final

from .bodies import Body, reading
from .body_lists import identify
from .declared import (
    ARC_LICENSE,
    ARC_SETTINGS,
    ASSIGNMENT,
    DYNAMIC_SCOPE,
    FLEET,
    INSTALLATION,
    NATIVE_ARC,
    NATIVE_MACHINE,
    ROLLOUT,
    SCALE_SET_SETTINGS,
    SCHEDULE,
    SETTINGS,
    Declared,
)
from .declared_bodies import Adjust, adjustment_of, bodies_of, fleet_bodies, patch_fields_of, perhaps_adjusted
from .declared_features import features_of
from .declared_fleet import fleet_machines
from .declared_machine import as_new
from .declared_names import Members, Names
from .declared_rollout import rolled_out_to
from .dynamic_scope import DynamicScope
from .estate import Entry, Estate, FactsT
from .facts import (
    ARC_MACHINES,
    CONFIGURATION_ASSIGNMENTS,
    MAINTENANCE_CONFIGURATIONS,
    SCALE_SETS,
    VIRTUAL_MACHINES,
    Declaration,
)
from .inventory import machine_from_arm
from .judgement import Case
from .logic import UNKNOWN
from .rules import rule
from .scope import Candidate
from .stand_ins import is_stand_in

# By our class: the rule that two must not claim the same, and the type of what is claimed.
_CLAIMS: Final = {
    SETTINGS: ("vm-settings-declared-twice", VIRTUAL_MACHINES),
    FLEET: ("vm-settings-declared-twice", VIRTUAL_MACHINES),
    SCHEDULE: ("schedule-declared-twice", MAINTENANCE_CONFIGURATIONS),
    ASSIGNMENT: ("assignment-declared-twice", CONFIGURATION_ASSIGNMENTS),
    ARC_SETTINGS: ("arc-settings-declared-twice", ARC_MACHINES),
    ARC_LICENSE: ("arc-license-declared-twice", ARC_MACHINES),
    SCALE_SET_SETTINGS: ("scale-set-settings-declared-twice", SCALE_SETS),
    DYNAMIC_SCOPE: ("scope-declared-twice", CONFIGURATION_ASSIGNMENTS),
    INSTALLATION: ("installation-declared-twice", VIRTUAL_MACHINES),
    ROLLOUT: ("installation-declared-twice", VIRTUAL_MACHINES),
}


class Stack:
    """What a stack declares, ready to be judged."""

    def __init__(self, declared: Iterable[Declared]) -> None:
        self._declared = tuple(declared)
        self._names = Names(self._declared)

    def estate(self, bodies: Iterable[object] = (), *, as_of: datetime) -> Estate:
        """The estate of `bodies` as the stack will leave it. Raises InvalidInput as `Estate.from_bodies` does."""
        adjusted: dict[str, Adjust] = {}
        first: dict[str, str] = {}
        for one in self._declared:
            for identity, adjust in self._adjustments(one):
                # A licence and settings may go by one id, in whatever letter case; a scope has several.
                key = first.setdefault(identity.casefold(), identity)
                adjusted[key] = _after(adjusted[key], adjust) if key in adjusted else adjust
        given = tuple(bodies)
        found = Estate.from_bodies(
            (*given, *self.bodies()),
            as_of=as_of,
            adjusted=adjusted,
            declared=self._unshown(given),
            perhaps_assigned=self._perhaps_assigned(),
        )
        fleets = {self._names.id_of(one).casefold() for one in self.of_kind(FLEET)}
        is_fleet = [entry.resource.casefold() in fleets for entry in found.machines]
        return replace(
            found,
            machines=self._labelled(compress(found.machines, map(not_, is_fleet))),
            unnamed=self._labelled(compress(found.machines, is_fleet)),
            arc_servers=self._labelled(found.arc_servers),
            scale_sets=self._labelled(found.scale_sets),
            schedules=self._labelled(found.schedules),
            assignments=self._labelled(found.assignments),
            dynamic_scopes=self._labelled(self._different(found.dynamic_scopes)),
            features=tuple(entry for one in self._declared for entry in features_of(one)),
            assigned={self._key(machine): tuple(map(self._key, keys)) for machine, keys in found.assigned.items()},
            perhaps_assigned=frozenset(map(self._key, found.perhaps_assigned)),
        )

    def bodies(self) -> Iterator[Body]:
        """The ARM bodies that it declares."""
        for one in self._declared:
            if one.kind == FLEET:
                yield from fleet_bodies(one, self._names, self._members[one.urn].sure)
            else:
                yield from bodies_of(one, self._names)

    def of_kind(self, *kinds: str) -> tuple[Declared, ...]:
        """What it declares of these kinds."""
        return tuple(one for one in self._declared if one.kind in kinds)

    def urns_of(self, identity: str) -> tuple[str, ...]:
        """The URNs of what the stack declares under an id: other names for waivers to match."""
        key = identity.casefold()
        named = (*self._names.urns_of(identity), *self._scope_urns.get(key, ()))
        return tuple(dict.fromkeys(named)) or self._rollout_urns.get(key, ())

    def declares(self, resource: str) -> bool:
        """Whether what a finding names is the stack's to answer for; a machine is not, of which a rollout says only
        that patches are to be installed on it.
        """
        named = resource.startswith("urn:") or bool(self._names.urns_of(resource))
        return named or resource.casefold() in self._scope_urns

    def makes_machine(self, resource: str) -> bool:
        """Whether what a finding names is a virtual machine that the stack itself makes."""
        return resource.casefold() in self._made

    @cached_property
    def _made(self) -> frozenset[str]:
        return frozenset(self.label_of(one).casefold() for one in self.of_kind(NATIVE_MACHINE))

    def label_of(self, one: Declared) -> str:
        """What findings about it name: an id, or a URN while it has none."""
        return self._names.label(self._names.id_of(one))

    @cached_property
    def _members(self) -> Mapping[str, Members]:
        """The machines of every fleet, by its URN."""
        fleets = self.of_kind(FLEET)
        machines = tuple(self._candidates()) if fleets else ()
        return {one.urn: fleet_machines(one, self._names, machines) for one in fleets}

    def _candidates(self) -> Iterator[Candidate]:
        """The virtual machines that the stack makes, as filters see them."""
        for one in self.of_kind(NATIVE_MACHINE):
            for body in bodies_of(one, self._names):
                with reading(self.label_of(one)):
                    candidate = Candidate.of(body, as_new(machine_from_arm(body), one.inputs))
                if candidate is not None:
                    yield candidate

    @cached_property
    def _scope_urns(self) -> Mapping[str, tuple[str, ...]]:
        return self._urns_by_id(DYNAMIC_SCOPE, FLEET)

    @cached_property
    def _rollout_urns(self) -> Mapping[str, tuple[str, ...]]:
        return self._urns_by_id(ROLLOUT)

    def _urns_by_id(self, *kinds: str) -> Mapping[str, tuple[str, ...]]:
        urns: dict[str, tuple[str, ...]] = {}
        for one in self.of_kind(*kinds):
            for identity in self._several_ids(one):
                key = identity.casefold()
                urns[key] = (*urns.get(key, ()), one.urn)
        return urns

    def _adjustments(self, one: Declared) -> Iterator[tuple[str, Adjust]]:
        """What is to be made of the facts about which ids."""
        if (adjust := adjustment_of(one)) is None:
            return
        yield from ((identity, adjust) for identity in self._ids_of(one))
        if one.kind == FLEET:
            perhaps = perhaps_adjusted(one)
            yield from ((identity, perhaps) for identity in self._members[one.urn].possible)

    def _perhaps_assigned(self) -> Iterator[str]:
        """The machines that a fleet may give its schedule."""
        for one in self.of_kind(FLEET):
            if one.inputs.get("scheduleId") is not None:
                yield from self._members[one.urn].possible

    def _unshown(self, bodies: Iterable[object]) -> Iterator[str]:
        """The machines that the stack makes and no body shows."""
        made = [self._names.id_of(one) for one in self.of_kind(NATIVE_MACHINE, NATIVE_ARC)]
        shown = {identify(body, number)[1] for number, body in enumerate(bodies, start=1)} if made else ()
        return (identity for identity in made if identity.casefold() not in shown)

    def declarations(self) -> Iterator[Case]:
        """What can be said of the declarations themselves: that they say something, and nothing twice."""
        claims = [claim for one in self._declared for claim in self._claims(one)]
        times = Counter((rule_id, target.casefold()) for rule_id, target, _ in claims)
        # An id may be written in several letter cases; the first is the one that is told.
        once: dict[tuple[str, str], tuple[str, str]] = {}
        for rule_id, target, arm_type in claims:
            once.setdefault((rule_id, target.casefold()), (target, arm_type))
        for (rule_id, key), (target, arm_type) in once.items():
            twice = times[rule_id, key] > 1
            yield Case(target, arm_type, Declaration(target=target, declared_twice=twice), (rule(rule_id),))
        for one in self._declared:
            if one.kind == SETTINGS:
                empty = not patch_fields_of(one)
                label = self._names.label(self._names.id_of(one))
                yield Case(label, VIRTUAL_MACHINES, Declaration(settings_missing=empty), (rule("vm-settings-empty"),))

    def _claims(self, one: Declared) -> Iterator[tuple[str, str, str]]:
        """Rule, what is claimed, and its type; nothing while it is not known."""
        if one.kind in _CLAIMS:
            rule_id, arm_type = _CLAIMS[one.kind]
            yield from ((rule_id, target, arm_type) for target in self._ids_of(one) if not is_stand_in(target))
        for entry in features_of(one):
            if entry.facts.name is UNKNOWN:
                continue
            yield "feature-declared-twice", f"{entry.resource}/{entry.facts.name}", entry.type

    def _ids_of(self, one: Declared) -> tuple[str, ...]:
        """The ids of what it declares."""
        if one.kind == DYNAMIC_SCOPE:
            return tuple(str(body["id"]) for body in bodies_of(one, self._names))
        if one.kind == FLEET:
            return self._members[one.urn].sure or (self._names.id_of(one),)
        if one.kind == ROLLOUT:
            return rolled_out_to(one)
        return (self._names.id_of(one),)

    def _several_ids(self, one: Declared) -> tuple[str, ...]:
        """The ids of what a resource declares that is several things: of a fleet its machines and their assignments."""
        if one.kind not in (DYNAMIC_SCOPE, FLEET, ROLLOUT):
            return ()
        given = fleet_bodies(one, self._names, self._members[one.urn].sure) if one.kind == FLEET else ()
        return tuple(dict.fromkeys((*self._ids_of(one), *(str(body["id"]) for body in given))))

    def _different(self, scopes: Iterable[Entry[DynamicScope]]) -> Iterator[Entry[DynamicScope]]:
        """Of the assignments of one declared scope those of which something else is to be said."""
        seen: dict[tuple[str, ...], list[DynamicScope]] = {}
        for entry in scopes:
            urns = self._scope_urns.get(entry.resource.casefold(), ())
            # At which group it is makes no difference.
            facts = replace(entry.facts, resource_group_name=entry.facts.resource_group_name and "a group")
            if not urns or facts not in seen.setdefault(urns, []):
                seen.setdefault(urns, []).append(facts)
                yield entry

    def _labelled(self, entries: Iterable[Entry[FactsT]]) -> tuple[Entry[FactsT], ...]:
        return tuple(replace(entry, resource=self._label(entry.resource)) for entry in entries)

    def _label(self, identity: str) -> str:
        """The id, or for a stand-in the URN of what goes by it or declares it."""
        if not is_stand_in(identity):
            return identity
        return next(iter(self._names.urns_of(identity) or self._scope_urns.get(identity.casefold(), ())), identity)

    def _key(self, identity: str) -> str:
        return self._label(identity).casefold()


def _after(first: Adjust, second: Adjust) -> Adjust:
    return lambda facts: second(first(facts))
