"""Dynamic scopes: one declaration, one assignment for each subscription and resource group."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from pulumi_azure_hotpatch.engine.dynamic_scope import DynamicScope
from pulumi_azure_hotpatch.engine.facts import Assignment, Declaration, Machine
from pulumi_azure_hotpatch.engine.logic import UNKNOWN
from pulumi_azure_hotpatch.engine.rules import Finding, judge, rule, rules_for
from pulumi_azure_hotpatch.engine.scope import Place, ScopeFilter, covered_groups
from pulumi_azure_hotpatch.engine.scope_preview import ScopePreview, compared
from pulumi_azure_hotpatch.engine.scopes_around import Scope
from pulumi_azure_hotpatch.errors import InvalidInput, Refused
from pulumi_azure_hotpatch.ids import ResourceId, same_id
from pulumi_azure_hotpatch.models.base import as_observed
from pulumi_azure_hotpatch.models.draft import Draft
from pulumi_azure_hotpatch.models.dynamic_scope import DynamicScopeInputs, DynamicScopeState
from pulumi_azure_hotpatch.ports import Context

from .base import Created, Handler
from .scope_assignments import ScopeAssignments, filter_of, schedule_of, tell_takeover
from .scope_looking import Look, look, others_at, taken_now, tell_uncompared

Inputs = Draft[DynamicScopeInputs]
State = DynamicScopeState

MOST_SHOWN: Final = 100
"""Machines that the outputs name, where `max_machines` expects no more; more are counted."""
_NAMED: Final = 5
_PLACES: Final = ("subscription_ids", "resource_group_ids")
_FILTER: Final = ("resource_types", "resource_groups", "locations", "os_types", "tag_filters", "tag_operator")
_DECLARED: Final = (*_PLACES, *_FILTER, "location", "allow_whole_subscription", "max_machines")
_CHANGES: Final = ("scope-machines-new", "scope-machines-dropped")
_THEIRS: Final = "was_there_before"
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
        found = self._look(ctx, inputs).preview
        yield from _judged(ctx, found.facts if found is not None else _unseen_facts(inputs))

    def answers(self, ctx: Context, inputs: Inputs, state: State | None) -> dict[str, Any]:
        found = self._look(ctx, inputs)
        if found.failure is not None:
            guarded = "" if inputs.max_machines is None else ", so max_machines cannot be checked"
            ctx.advise(f"which machines it takes is not known{guarded}: {found.failure}")
        if found.preview is None:
            return {} if state is None else {name: getattr(state, name) for name in _ANSWERS}
        tell_uncompared(ctx, found)
        shown = found.preview if state is None else compared(found.preview, self._taken_before(ctx, state))
        return _shown(found.preview, inputs) | {
            "findings": _sentences(ctx, shown),
            "adopted": self._adopted(ctx, inputs, found, state),
        }

    def create(self, ctx: Context, inputs: DynamicScopeInputs) -> Created[State]:
        places = _declared_places(inputs)
        self._require_guard(ctx, inputs)
        id = places[0].assignment(inputs.assignment_name)
        # What a preview found of others may have changed since.
        assignments = ScopeAssignments(ctx, id, State.model_validate(inputs.model_dump() | {"adopted": ()}))
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
        self._require_guard(ctx, inputs)
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
        found = self._look(ctx, inputs).preview
        return {} if found is None else _shown(found, inputs)

    def _look(self, ctx: Context, inputs: Inputs) -> Look:
        """What it takes of the machines that are there; nothing where nobody may look, or its places are not known."""

        def once() -> Look:
            if not ctx.may_read or not inputs.known(*_DECLARED):
                return Look()
            scope = _scope(inputs)
            return look(ctx, scope) if scope.places else Look()

        found: Look = ctx.once("look", once)
        return found

    def _require_guard(self, ctx: Context, inputs: DynamicScopeInputs) -> None:
        """Refuse to write where nobody knows whether a guard holds; that it does has been judged."""
        if inputs.max_machines is None:
            return
        found = self._look(ctx, Draft.of(inputs))
        if found.failure is not None:
            raise Refused(
                f"{ctx.label}: max_machines cannot be checked, because which machines the scope takes is not known: "
                f"{found.failure}; nothing was changed. Fix: let the sign-in read the subscriptions and their machines "
                "(role Reader), or take max_machines out."
            )

    def _taken_before(self, ctx: Context, state: State) -> Iterable[str]:
        """What it took before: what was noted if that is all, else what the stored declaration takes now."""
        noted = state.matching_machines
        if noted is not None and state.matching_count == len(noted):
            return noted
        return taken_now(ctx, _scope(Draft.of(DynamicScopeInputs.model_construct(**state.model_dump()))))

    def _adopted(self, ctx: Context, inputs: Inputs, found: Look, state: State | None) -> tuple[str, ...]:
        """The assignments that are not ours; what is to be changed of those that are new to us is told."""
        if state is not None:
            # A check need not be shown which assignments were made: those of the stored declaration were. One that
            # becomes a replacement is judged once more, as if nothing were stored.
            stored = Draft.of(DynamicScopeInputs.model_construct(**state.model_dump()))
            for one in map(ResourceId.parse, self.targets(stored)):
                ctx.declarations.note(str(one), {_THEIRS: one.key in (state.adopted or ())})
        adopted = []
        schedule_id = inputs.schedule_id if inputs.known("schedule_id") else None
        for place, other in others_at(found):
            assignment = ResourceId.parse(place.assignment(inputs.assignment_name))
            is_theirs = ctx.declarations.noted(str(assignment)).get(_THEIRS)
            if is_theirs is None:
                tell_takeover(ctx, place, other, Scope((place,), filter_of(inputs), schedule_id), inputs.on_destroy)
            if is_theirs is not False:
                adopted.append(assignment.key)
        return tuple(adopted)


_ANSWERS: Final = ("matching_count", "matching_machines", "findings", "adopted")

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


def _judged(ctx: Context, all_facts: Iterable[DynamicScope]) -> Iterator[Finding]:
    """What the rules say of subscriptions and of groups, each sentence once."""
    seen: set[tuple[str, str]] = set()
    for facts in all_facts:
        for finding in judge(rules_for("dynamic_scope"), facts, relaxed=ctx.settings.relaxed):
            if (finding.rule, finding.reason) not in seen:
                seen.add((finding.rule, finding.reason))
                yield finding


def _sentences(ctx: Context, found: ScopePreview) -> tuple[str, ...]:
    """What the rules find of a scope; machines that come and go are named, and told of."""
    changes = dict(zip(_CHANGES, (found.new or (), found.dropped or ()), strict=True))
    sentences = []
    for finding in _judged(ctx, found.facts):
        if finding.verdict == "fail":
            sentence = f"{finding.rule}: {finding.reason}"
            if finding.rule in changes:
                they_are = _named(changes[finding.rule])
                sentence += they_are
                ctx.inform(f"{finding.located}{they_are}")
            sentences.append(sentence)
    return tuple(sentences)


def _named(machines: Sequence[str]) -> str:
    names = [one.rpartition("/")[2] for one in machines]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f" They are: {', '.join(names[:_NAMED])}{more}."


def _unseen_facts(inputs: Inputs) -> Iterable[DynamicScope]:
    """What can be said without a look at machines: of the subscriptions, and of the groups."""
    tags = inputs.tag_filters
    covered: Any = UNKNOWN if inputs.subscription_ids and inputs.resource_group_ids else 0
    if inputs.known(*_PLACES):
        covered = len(covered_groups(_places(inputs.subscription_ids, inputs.resource_group_ids)))
    located: Any = inputs.location or next(iter(inputs.locations or ()), None) if inputs.known("locations") else UNKNOWN
    facts = DynamicScope(
        resource_group_name=None,
        location=located if inputs.known("location") else UNKNOWN,
        **{name: getattr(inputs, name) for name in ("resource_types", "os_types", "locations", "resource_groups")},
        tag_operator=inputs.tag_operator,
        tag_filters=tags if tags is UNKNOWN else len(tags or {}),
        covered_groups=covered,
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
