"""What a dynamic scope would take now, what changes, and what is to be said of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from .clouds import cloud_of
from .dynamic_scope import DynamicScope
from .facts import ARC_MACHINES
from .logic import UNKNOWN, Maybe, every, fold, negate
from .schedule_clashes import Clash, clashes
from .scope import Candidate, Place, covered_groups
from .scopes_around import GLOBAL, Scope, Surroundings


@dataclass(frozen=True, slots=True)
class Taken:
    """A machine of a scope. `taken` is unknown where something decides that is not known, such as its system.

    `other_schedules` are the ids (in lower case) of those that it is in beside this scope's, `clashes` how they meet
    its windows.
    """

    candidate: Candidate
    place: Place
    taken: Maybe[bool] = True
    ready: Maybe[bool] = True
    hotpatched: Maybe[bool] = False
    other_schedules: tuple[str, ...] = ()
    clashes: frozenset[Clash] = frozenset()

    @property
    def clash(self) -> Clash | None:
        """The worst way in which another schedule meets the scope's windows."""
        return "same start" if "same start" in self.clashes else next(iter(self.clashes), None)

    @property
    def is_off(self) -> bool:
        """Whether it is known not to run now, or, of an Arc-enabled server, not to be connected.

        Source: Microsoft Learn, Troubleshoot issues with Azure Update Manager, 2024-09-11.
        """
        state, agent = self.candidate.machine.power_state, self.candidate.agent
        if isinstance(agent, str) and agent.casefold() != "connected":
            return True
        return isinstance(state, str) and state.casefold() not in ("running", "starting")


@dataclass(frozen=True, slots=True)
class ScopePreview:
    """The machines of a scope in the order of their ids; `new` and `dropped` are None where nothing was compared."""

    scope: Scope
    machines: tuple[Taken, ...]
    new: tuple[str, ...] | None = None
    dropped: tuple[str, ...] | None = None
    facts: tuple[DynamicScope, ...] = ()

    @property
    def sure(self) -> tuple[Taken, ...]:
        """The machines of which it is known that they are taken."""
        return tuple(one for one in self.machines if one.taken is True)


def preview(scope: Scope, around: Surroundings, *, as_of: datetime, cloud: str | None = None) -> ScopePreview:
    """What `scope` takes of the machines around it; `as_of` (aware) is from when on windows are compared.

    `cloud` is the Azure cloud that was asked, where that is known; else a region that is shown tells.
    """
    machines = tuple(_taken(scope, around))
    met = _clashes(scope, around, frozenset(key for one in machines for key in one.other_schedules), as_of)
    found = ScopePreview(scope, tuple(_with_clash(one, met) for one in machines) if met else machines)
    return replace(found, facts=tuple(_facts(found, around, cloud or _cloud(around))))


def compared(found: ScopePreview, before: Iterable[str]) -> ScopePreview:
    """A preview that also says what comes in and what drops out; `before` holds the ids of what was taken before."""
    known = {one.casefold(): one for one in before}
    taken = {one.candidate.key: str(one.candidate.machine.id) for one in found.sure}
    new = tuple(taken[key] for key in sorted(taken.keys() - known.keys()))
    dropped = tuple(known[key] for key in sorted(known.keys() - taken.keys()))
    first, *others = found.facts
    counted = replace(first, new_machines=len(new), dropped_machines=len(dropped))
    return replace(found, new=new, dropped=dropped, facts=(counted, *others))


def taken_by(scope: Scope, candidates: Iterable[Candidate]) -> tuple[str, ...]:
    """The ids of the machines that a scope surely takes."""
    return tuple(str(one.machine.id) for one in candidates if scope.takes(one) is True)


def scope_facts(scope: Scope, *, in_group: bool) -> DynamicScope:
    """What can be said of a scope without looking at machines, for its groups or for its subscriptions."""
    narrowed = scope.filter
    place = next((one for one in scope.places if (one.resource_group is not None) == in_group), None)
    return DynamicScope(
        resource_group_name=place.resource_group if place else None,
        location=scope.location,
        resource_types=narrowed.resource_types or None,
        os_types=narrowed.os_types or None,
        locations=narrowed.locations or None,
        resource_groups=narrowed.resource_groups or None,
        tag_operator=narrowed.tag_operator,
        tag_filters=len(narrowed.tags),
        has_other_filter=bool(narrowed.beyond),
        allow_whole_subscription=scope.allow_whole_subscription,
        most_machines=scope.max_machines,
    )


def _taken(scope: Scope, around: Surroundings) -> Iterable[Taken]:
    own = str(scope.schedule_id or "").rstrip("/").casefold()
    ours = scope.assignment_keys
    for candidate in around.below(scope):
        place = scope.place_of(candidate)
        takes = scope.takes(candidate)
        if place is None or takes is False:
            continue
        given = [*around.given.get(candidate.key, ())]
        given += [
            str(around.scopes[key].schedule_id) for key in around.memberships.get(candidate.key, ()) if key not in ours
        ]
        other = tuple(dict.fromkeys(key for key in given if key != own))
        settings, is_arc = candidate.machine.settings, candidate.type == ARC_MACHINES
        yield Taken(
            candidate,
            place,
            taken=takes,
            # The prerequisites are those of Azure VMs.
            ready=True
            if is_arc
            else _both(
                _is(settings.patch_mode, "AutomaticByPlatform"),
                _is(settings.bypass_platform_safety_checks_on_user_schedule, True),
            ),
            hotpatched=False if is_arc else _is(settings.enable_hotpatching, True),
            other_schedules=other,
        )


def _with_clash(one: Taken, met: Mapping[str, Clash]) -> Taken:
    kinds = frozenset(met[key] for key in one.other_schedules if key in met)
    return replace(one, clashes=kinds) if kinds else one


def _clashes(scope: Scope, around: Surroundings, others: Iterable[str], as_of: datetime) -> dict[str, Clash]:
    """How other schedules meet that of the scope; empty while that is not known."""
    own = str(scope.schedule_id or "").rstrip("/").casefold()
    if own not in around.schedules:
        return {}
    pairs = [(own, other) for other in sorted(others) if other in around.schedules]
    found = clashes(around.schedules, pairs, as_of)
    return {other: found[own, other] for _, other in pairs if (own, other) in found}


def _cloud(around: Surroundings) -> str | None:
    """The cloud that the machines and schedules are in: one sign-in reaches one cloud."""
    machines = (one.machine.location for one in around.candidates)
    regions = (*machines, *(one.location for one in around.schedules.values()))
    return next((cloud_of(region) for region in regions if isinstance(region, str) and region), None)


def _facts(found: ScopePreview, around: Surroundings, cloud: str | None) -> Iterable[DynamicScope]:
    """The facts that rules judge: of the subscriptions and of the groups, with what is counted in the first."""
    scope = found.scope
    sides = [side for side in (False, True) if any((one.resource_group is not None) == side for one in scope.places)]
    for number, in_group in enumerate(sides or [False]):
        facts = replace(scope_facts(scope, in_group=in_group), cloud=cloud)
        yield replace(facts, **_counts(found, around)) if number == 0 else facts


def _counts(found: ScopePreview, around: Surroundings) -> dict[str, Any]:
    scope, sure = found.scope, found.sure
    by_place = Counter(one.place.key for one in sure)
    sets = Counter(fold(one.candidate.machine.availability_set_id) for one in sure if _in_a_set(one))
    return {
        "machines": max(by_place.values(), default=0),
        # Where none is surely taken but some may be, nobody knows that it takes none.
        "all_machines": len(sure) if sure or not found.machines else UNKNOWN,
        "covered_groups": len(covered_groups(scope.places)),
        "hotpatched_machines": sum(one.hotpatched is True for one in sure),
        "unready_machines": sum(one.ready is False and one.hotpatched is not True for one in sure),
        "machines_off": sum(one.is_off for one in sure),
        "same_start_machines": sum("same start" in one.clashes for one in sure),
        "overlapping_machines": sum("overlap" in one.clashes for one in sure),
        "shared_availability_sets": sum(number > 1 for number in sets.values()),
        **_limits(scope, {one.candidate.key for one in sure}, around),
    }


def _limits(scope: Scope, machines: Set[str], around: Surroundings) -> dict[str, Any]:
    """How full the schedule and the places are with this scope and the others that are shown.

    A machine is one resource of its schedule, in however many ways it is given it.
    """
    others = {key: one for key, one in around.scopes.items() if key not in scope.assignment_keys}
    here = Counter((place.key, _region(one, place)) for one in others.values() for place in one.places)
    counts: dict[str, Any] = {
        "scopes_in_region": 1 + max((here[place.key, _region(scope, place)] for place in scope.places), default=0),
    }
    if scope.schedule_id is None:
        return counts
    own = scope.schedule_id.rstrip("/").casefold()
    alike = {key: one for key, one in others.items() if str(one.schedule_id or "").casefold() == own}
    places = {place.key for place in scope.places} | {place.key for one in alike.values() for place in one.places}
    given = {machine for machine, schedules in around.given.items() if own in schedules}
    taken = {machine for machine, keys in around.memberships.items() if not alike.keys().isdisjoint(keys)}
    return counts | {
        "scopes_on_schedule": len(scope.places) + sum(len(one.places) for one in alike.values()),
        "subscriptions_on_schedule": len({place.split("/")[2] for place in places}),
        "associations_on_schedule": len(machines | given | taken),
    }


def _region(scope: Scope, place: Place) -> str:
    # An assignment at a subscription is written with this location.
    return GLOBAL if place.resource_group is None else str(scope.location or "").replace(" ", "").casefold()


def _in_a_set(one: Taken) -> bool:
    return isinstance(one.candidate.machine.availability_set_id, str)


def _is(value: Any, wanted: Any) -> Maybe[bool]:
    return UNKNOWN if value is UNKNOWN else bool(fold(value) == fold(wanted))


def _both(*answers: Maybe[bool]) -> Maybe[bool]:
    if False in answers:
        return False
    return UNKNOWN if UNKNOWN in answers else True


def counted(found: ScopePreview) -> dict[str, Any]:
    """What was counted, by the names of the facts."""
    return {name: getattr(found.facts[0], name) for name in _COUNTED}


def at_least(found: ScopePreview) -> dict[str, Any]:
    """What was counted among some of the machines only, by the names of the facts: as many there are in any case.

    Without a first one nothing is said, and UNKNOWN where a machine may be the first.
    """
    said: dict[str, Any] = {}
    for name, counts in _LEAST.items():
        answers = [every((one.taken, counts(one))) for one in found.machines]
        if True in answers:
            said[name] = answers.count(True)
        elif UNKNOWN in answers:
            said[name] = UNKNOWN
    return said


_LEAST: Final[Mapping[str, Callable[[Taken], Maybe[bool]]]] = {
    "hotpatched_machines": lambda one: one.hotpatched,
    "unready_machines": lambda one: every((negate(one.ready), negate(one.hotpatched))),
    "same_start_machines": lambda one: "same start" in one.clashes,
    "overlapping_machines": lambda one: "overlap" in one.clashes,
}

_COUNTED: Final = (
    "machines",
    "all_machines",
    "hotpatched_machines",
    "unready_machines",
    "machines_off",
    "same_start_machines",
    "overlapping_machines",
    "shared_availability_sets",
    "scopes_in_region",
    "scopes_on_schedule",
    "subscriptions_on_schedule",
    "associations_on_schedule",
)
