"""Dynamic scopes: one declaration, one assignment for each subscription and resource group."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from pulumi_azure_hotpatch.engine.dynamic_scope import DynamicScope
from pulumi_azure_hotpatch.engine.facts import Assignment, Declaration, Machine
from pulumi_azure_hotpatch.engine.logic import UNKNOWN
from pulumi_azure_hotpatch.engine.rules import Finding, judge, rule, rules_for
from pulumi_azure_hotpatch.engine.scope import Place, ScopeFilter
from pulumi_azure_hotpatch.engine.scope_preview import ScopePreview, compared, preview, taken_by
from pulumi_azure_hotpatch.engine.scopes_around import Scope, Surroundings
from pulumi_azure_hotpatch.errors import ArmError, ConfigurationError, InvalidInput
from pulumi_azure_hotpatch.ids import ResourceId, same_id
from pulumi_azure_hotpatch.models.base import as_observed
from pulumi_azure_hotpatch.models.draft import Draft
from pulumi_azure_hotpatch.models.dynamic_scope import DynamicScopeInputs, DynamicScopeState
from pulumi_azure_hotpatch.observing.scope_inventory import bodies_around
from pulumi_azure_hotpatch.ports import Context

from .base import Created, Handler
from .foreseeing import look_for_schedule
from .scope_assignments import ScopeAssignments, filter_of, schedule_of

Inputs = Draft[DynamicScopeInputs]
State = DynamicScopeState

MOST_SHOWN: Final = 100
"""Machines that the outputs name, where `max_machines` expects no more; more are counted."""
_NAMED: Final = 5
_PLACES: Final = ("subscription_ids", "resource_group_ids")
_FILTER: Final = ("resource_types", "resource_groups", "locations", "os_types", "tag_filters", "tag_operator")
_DECLARED: Final = (*_PLACES, *_FILTER, "location", "allow_whole_subscription", "max_machines")
_CHANGES: Final = ("scope-machines-new", "scope-machines-dropped")
_COUNTED: Final = ("machines", "all_machines", "hotpatched_machines", "unready_machines", "machines_off")


class DynamicScopeHandler(Handler[DynamicScopeInputs, State]):
    """One scope over many places."""

    inputs = DynamicScopeInputs
    state = DynamicScopeState
    twice = "scope-declared-twice"

    def label(self, inputs: Inputs) -> str:
        return f"dynamic scope '{inputs.assignment_name}'" if inputs.known("assignment_name") else "dynamic scope"

    def targets(self, inputs: Inputs) -> Iterable[str]:
        if inputs.known("assignment_name", *_PLACES):
            for place in _places(inputs.subscription_ids, inputs.resource_group_ids):
                yield place.assignment(inputs.assignment_name)

    def resolve(self, ctx: Context, inputs: Inputs) -> dict[str, Any]:
        default = ctx.settings.subscription_id
        is_open = inputs.subscription_ids is None and inputs.resource_group_ids is None
        resolved = {"subscription_ids": (default,)} if is_open and default else {}
        return resolved | self._watched(ctx, inputs.replace(**resolved))

    def check(self, ctx: Context, inputs: Inputs) -> Iterable[Finding]:
        is_open = inputs.known(*_PLACES) and not (inputs.subscription_ids or inputs.resource_group_ids)
        yield from judge((rule("subscription-known"),), Declaration(subscription_missing=is_open))
        schedule_id = inputs.schedule_id
        kind = schedule_id if schedule_id is UNKNOWN else ResourceId.parse(schedule_id).type
        given = Assignment(Machine.unseen(UNKNOWN), schedule_type=kind)
        yield from judge((rule("assignment-schedule-type"),), given)
        found = ctx.once("preview", lambda: self._preview(ctx, inputs))
        seen: set[tuple[str, str]] = set()
        for facts in found.facts if found is not None else _unseen_facts(inputs):
            for finding in judge(rules_for("dynamic_scope"), facts, relaxed=ctx.settings.relaxed):
                if (finding.rule, finding.reason) not in seen:
                    seen.add((finding.rule, finding.reason))
                    yield finding

    def answers(self, ctx: Context, inputs: Inputs, state: State | None) -> dict[str, Any]:
        found: ScopePreview | None = ctx.once("preview", lambda: self._preview(ctx, inputs))
        if found is None:
            return {} if state is None else {name: getattr(state, name) for name in _ANSWERS}
        if state is not None:
            self._tell_changes(ctx, compared(found, self._taken_before(ctx, state)))
        return _shown(found, inputs)

    def create(self, ctx: Context, inputs: DynamicScopeInputs) -> Created[State]:
        places = _declared_places(inputs)
        id = places[0].assignment(inputs.assignment_name)
        assignments = ScopeAssignments(ctx, id, State.model_validate(inputs.model_dump()))
        assignments.bring_about(places)
        return Created(id, assignments.finished())

    def read(self, ctx: Context, id: str, state: State) -> State | None:
        found = {
            one: body
            for one in state.assignment_ids
            if (body := ctx.maintenance.get_assignment(ResourceId.parse(one))) is not None
        }
        if not found:
            return None
        # One that gives another schedule is not ours as declared: it counts as missing and is repaired.
        present = {one for one, body in found.items() if same_id(schedule_of(body) or "", state.schedule_id)}
        gone = [Place.parse(ResourceId.parse(one).scope) for one in state.assignment_ids if one not in present]
        if gone:
            ctx.advise(f"not there any more, or with another schedule: {', '.join(place.id for place in gone)}")
        seen = _without(state, {place.key for place in gone})
        # The inputs of the state are what the last refresh saw: how each was left is told by what was applied.
        left = {one: _left(state, one) for one in found}
        drifted = (body for one, body in found.items() if ScopeFilter.from_arm(body).key != left[one].key)
        shown = next(map(ScopeFilter.from_arm, drifted), None) or next(iter(left.values()))
        return state.model_copy(update=seen | _observed_filter(state, shown))

    def update(self, ctx: Context, id: str, state: State, inputs: DynamicScopeInputs) -> State:
        carried = {name: getattr(state, name) for name in ("assignment_ids", "adopted", "previous", "applied")}
        assignments = ScopeAssignments(ctx, id, State.model_validate(inputs.model_dump() | carried))
        places = _declared_places(inputs)
        wanted = {place.assignment(inputs.assignment_name).casefold() for place in places}
        assignments.bring_about(places)
        assignments.undo(one for one in state.assignment_ids if one.casefold() not in wanted)
        return assignments.finished()

    def delete(self, ctx: Context, id: str, state: State) -> None:
        assignments = ScopeAssignments(ctx, id, state)
        assignments.undo(state.assignment_ids)
        assignments.finished()

    def _watched(self, ctx: Context, inputs: Inputs) -> dict[str, Any]:
        """What it takes now, where a guard is to hold although the program has not changed."""
        if inputs.max_machines is None or not (ctx.may_read and ctx.settings.preview_reads):
            return {}
        found: ScopePreview | None = ctx.once("preview", lambda: self._preview(ctx, inputs))
        return {} if found is None else _shown(found, inputs)

    def _preview(self, ctx: Context, inputs: Inputs) -> ScopePreview | None:
        """What it would take of the machines that are there, None where nobody may or can look."""
        if not ctx.may_read or not inputs.known(*_DECLARED):
            return None
        scope = _scope(inputs)
        if not scope.places:
            return None
        around = self._around(ctx, scope)
        if around is None:
            return None
        if scope.schedule_id is not None and scope.schedule_id.casefold() not in around.schedules:
            # Resource Graph is some moments behind.
            look_for_schedule(ctx, scope.schedule_id)
        return preview(scope, around, as_of=ctx.clock.now(), cloud=ctx.settings.cloud)

    def _around(self, ctx: Context, scope: Scope) -> Surroundings | None:
        subscriptions = {place.subscription_id for place in scope.places}
        if scope.schedule_id is not None:
            subscriptions.add(ResourceId.parse(scope.schedule_id).subscription_id)
        try:
            around = Surroundings.of(bodies_around(ctx.graph, subscriptions))
        except (ArmError, ConfigurationError, InvalidInput) as error:
            ctx.advise(f"which machines it takes is not known in this preview: {error}")
            return None
        # As this run will leave them.
        candidates = (
            replace(one, machine=one.machine.with_settings(noted))
            if (noted := ctx.declarations.noted(one.key))
            else one
            for one in around.candidates
        )
        return replace(around, candidates=tuple(candidates))

    def _taken_before(self, ctx: Context, state: State) -> Iterable[str]:
        """What it took before: what was noted if that is all, else what the stored declaration takes now."""
        noted = state.matching_machines
        if noted is not None and state.matching_count == len(noted):
            return noted
        scope = _scope(Draft.of(DynamicScopeInputs.model_construct(**state.model_dump())))
        around = self._around(ctx, scope)
        return () if around is None else taken_by(scope, around.candidates)

    def _tell_changes(self, ctx: Context, found: ScopePreview) -> None:
        for rule_id, machines in zip(_CHANGES, (found.new or (), found.dropped or ()), strict=True):
            for finding in judge((rule(rule_id),), found.facts[0], relaxed=ctx.settings.relaxed):
                if finding.verdict == "fail":
                    names = [one.rpartition("/")[2] for one in machines]
                    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
                    ctx.inform(f"{finding.located} They are: {', '.join(names[:_NAMED])}{more}.")


_ANSWERS: Final = ("matching_count", "matching_machines")

HANDLER = DynamicScopeHandler()


def _places(subscriptions: Iterable[str] | None, groups: Iterable[str] | None) -> tuple[Place, ...]:
    return (*(Place(one) for one in subscriptions or ()), *(Place.parse(one) for one in groups or ()))


def _declared_places(inputs: DynamicScopeInputs) -> tuple[Place, ...]:
    places = _places(inputs.subscription_ids, inputs.resource_group_ids)
    if not places:
        raise InvalidInput("no subscription is given; set subscription_ids or azure-native:subscriptionId")
    return places


def _scope(inputs: Inputs) -> Scope:
    """The scope of a draft of which everything but the schedule and the name must be known."""
    locations = inputs.locations or ()
    return Scope(
        places=_places(inputs.subscription_ids, inputs.resource_group_ids),
        filter=filter_of(inputs),
        schedule_id=inputs.schedule_id if inputs.known("schedule_id") else None,
        name=inputs.assignment_name if inputs.known("assignment_name") else None,
        location=inputs.location or next(iter(locations), None),
        allow_whole_subscription=inputs.allow_whole_subscription,
        max_machines=inputs.max_machines,
    )


def _shown(found: ScopePreview, inputs: Inputs) -> dict[str, Any]:
    """The answers. All machines that a guard expects are named: of those it is said when they come and go."""
    taken = tuple(str(one.candidate.machine.id) for one in found.sure)
    return {"matching_count": len(taken), "matching_machines": taken[: max(MOST_SHOWN, inputs.max_machines or 0)]}


def _unseen_facts(inputs: Inputs) -> Iterable[DynamicScope]:
    """What can be said without a look at machines: of the subscriptions, and of the groups."""
    tags = inputs.tag_filters
    located: Any = inputs.location or next(iter(inputs.locations or ()), None) if inputs.known("locations") else UNKNOWN
    facts = DynamicScope(
        resource_group_name=None,
        location=located if inputs.known("location") else UNKNOWN,
        **{name: getattr(inputs, name) for name in ("resource_types", "os_types", "locations", "resource_groups")},
        tag_operator=inputs.tag_operator,
        tag_filters=tags if tags is UNKNOWN else len(tags or {}),
        allow_whole_subscription=inputs.allow_whole_subscription,
        most_machines=inputs.max_machines,
        **dict.fromkeys(_COUNTED, UNKNOWN),
    )
    if inputs.subscription_ids is UNKNOWN or inputs.subscription_ids:
        yield facts if inputs.known("subscription_ids") else replace(facts, resource_group_name=UNKNOWN)
    groups = inputs.resource_group_ids
    if groups:
        yield replace(facts, resource_group_name=groups if groups is UNKNOWN else Place.parse(groups[0]).resource_group)


def _without(state: State, gone: set[str]) -> dict[str, Any]:
    """The places that are left, by the names of the inputs."""
    if not gone:
        return {}
    return {
        "subscription_ids": state.subscription_ids
        and tuple(one for one in state.subscription_ids if Place(one).key not in gone),
        "resource_group_ids": state.resource_group_ids
        and tuple(one for one in state.resource_group_ids if Place.parse(one).key not in gone),
    }


def _left(state: State, assignment: str) -> ScopeFilter:
    """The filter that the last run gave an assignment."""
    applied = state.applied.get(assignment.casefold())
    return filter_of(state) if applied is None else ScopeFilter.from_arm({"properties": applied})


def _observed_filter(state: State, found: ScopeFilter) -> dict[str, Any]:
    """The filter that an assignment has, in the inputs' names, as written where it means the same."""
    observed = {name: getattr(found, name) or None for name in _FILTER if name != "tag_filters"}
    observed["tag_filters"] = {name: tuple(values) for name, values in found.tags.items()} or None
    if not found.tags:
        observed["tag_operator"] = state.tag_operator
    return {
        name: as_observed(DynamicScopeInputs, name, getattr(state, name), value) for name, value in observed.items()
    }
