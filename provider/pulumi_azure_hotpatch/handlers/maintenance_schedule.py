"""Maintenance configurations of scope InGuestPatch: created, or taken over with only the given fields changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from pulumi_azure_hotpatch.engine.facts import MAINTENANCE_CONFIGURATIONS, Declaration
from pulumi_azure_hotpatch.engine.logic import UNKNOWN
from pulumi_azure_hotpatch.engine.patch_lists import PatchLists
from pulumi_azure_hotpatch.engine.rules import Finding, judge, rule, rules_for
from pulumi_azure_hotpatch.engine.schedules import schedule_facts
from pulumi_azure_hotpatch.errors import InvalidInput, Refused
from pulumi_azure_hotpatch.ids import ResourceId, id_in_group
from pulumi_azure_hotpatch.models.base import means_the_same
from pulumi_azure_hotpatch.models.draft import Draft
from pulumi_azure_hotpatch.models.maintenance_schedule import MaintenanceScheduleInputs, MaintenanceScheduleState
from pulumi_azure_hotpatch.ports import Body, Context

from .base import Created, Handler
from .foreseeing import look_for_group_of
from .schedule_bodies import (
    DEFAULT_REBOOT_SETTING,
    PLACES,
    SCOPE,
    changed_body,
    raw_fields,
    read_field,
    wire_field,
)
from .scope_looking import NOTED_SCHEDULE
from .waiting import kept_if_unanswered

Inputs = Draft[MaintenanceScheduleInputs]
State = MaintenanceScheduleState


class MaintenanceScheduleHandler(Handler[MaintenanceScheduleInputs, State]):
    """One maintenance schedule."""

    inputs = MaintenanceScheduleInputs
    state = MaintenanceScheduleState
    twice = "schedule-declared-twice"

    def label(self, inputs: Inputs) -> str:
        return f"schedule '{inputs.schedule_name}'" if inputs.known("schedule_name") else "schedule"

    def targets(self, inputs: Inputs) -> Iterable[str]:
        if inputs.known("subscription_id", "resource_group_name", "schedule_name") and inputs.subscription_id:
            yield id_in_group(
                inputs.subscription_id, inputs.resource_group_name, MAINTENANCE_CONFIGURATIONS, inputs.schedule_name
            )

    def resolve(self, ctx: Context, inputs: Inputs) -> dict[str, Any]:
        return {"subscription_id": ctx.settings.subscription_id} if inputs.subscription_id is None else {}

    def check(self, ctx: Context, inputs: Inputs) -> Iterable[Finding]:
        subscription = inputs.subscription_id
        missing = subscription if subscription is UNKNOWN else subscription is None
        yield from judge((rule("subscription-known"),), Declaration(subscription_missing=missing))
        windows, linux = inputs.windows, inputs.linux
        selects = (
            UNKNOWN
            if UNKNOWN in (windows, linux)
            else any(part is not None and part.selects for part in (windows, linux))
        )
        facts = schedule_facts(
            name=inputs.schedule_name,
            resource_group_name=inputs.resource_group_name,
            start=inputs.start,
            duration=inputs.duration,
            time_zone=inputs.time_zone,
            recurrence=inputs.recurrence,
            expires=inputs.expires,
            reboot_setting=inputs.reboot_setting,
            has_patch_selection=selects,
            tags=inputs.tags,
            location=inputs.location,
            as_of=ctx.clock.now() if ctx.may_read else None,
        )
        facts = replace(facts, patches=_patch_lists(windows, linux))
        for target in self.targets(inputs):
            ctx.declarations.note(target, {NOTED_SCHEDULE: facts})
        yield from judge(rules_for("schedule"), facts, relaxed=ctx.settings.relaxed)

    def answers(self, ctx: Context, inputs: Inputs, state: State | None) -> dict[str, Any]:
        if state is None:
            for target in self.targets(inputs):
                look_for_group_of(ctx, ResourceId.parse(target))
        return {}

    def create(self, ctx: Context, inputs: MaintenanceScheduleInputs) -> Created[State]:
        schedule = _schedule_id(inputs)
        found = ctx.maintenance.get_schedule(schedule, fresh=False)
        if found is not None:
            _check_takeover(schedule, found, inputs)
        state = State.model_validate(inputs.model_dump() | {"adopted": found is not None})
        return Created(str(schedule), self._bring_about(ctx, schedule, found, state))

    def read(self, ctx: Context, id: str, state: State) -> State | None:
        body = ctx.maintenance.get_schedule(ResourceId.parse(id))
        if body is None:
            return None
        raw = raw_fields(body)
        seen = {
            # A required field must not be missing from what is stored.
            name: "" if raw[name] is None and State.model_fields[name].is_required() else read_field(name, raw[name])
            for name, value in _declared(state).items()
            if not _same(name, value, raw[name])
        }
        return state.model_copy(update=seen)

    def update(self, ctx: Context, id: str, state: State, inputs: MaintenanceScheduleInputs) -> State:
        schedule = ResourceId.parse(id)
        wanted = State.model_validate(inputs.model_dump() | {"adopted": state.adopted})
        owned = _declared(wanted)
        carried = {
            "previous": {name: value for name, value in state.previous.items() if name in owned},
            "previously_absent": tuple(name for name in state.previously_absent if name in owned),
            "applied": {name: value for name, value in state.applied.items() if name in owned},
        }
        found = ctx.maintenance.get_schedule(schedule)
        return self._bring_about(ctx, schedule, found, wanted.model_copy(update=carried))

    def delete(self, ctx: Context, id: str, state: State) -> None:
        schedule = ResourceId.parse(id)
        if ctx.declarations.is_still_wanted(str(schedule)):
            ctx.inform("it stays: another resource of this stack declares it")
        elif state.on_destroy == "keep":
            ctx.inform("it stays (on_destroy is 'keep')")
        elif not state.adopted:
            ctx.maintenance.delete_schedule(schedule)
        else:
            self._restore(ctx, schedule, state)

    def _bring_about(self, ctx: Context, schedule: ResourceId, found: Body | None, state: State) -> State:
        """Write the declared fields that `found` has otherwise; the state with what was there before."""
        if found is None:
            # Whoever made the one that is gone: this one is ours.
            fresh = {"adopted": False, "previous": {}, "previously_absent": (), "applied": {}}
            return self._put(ctx, schedule, {}, _declared(state), state.model_copy(update=fresh))
        raw = raw_fields(found)
        changes = {name: value for name, value in _declared(state).items() if not _same(name, value, raw[name])}
        if state.adopted:
            state = _remembering(state, changes, raw)
        return self._put(ctx, schedule, found, changes, state) if changes else state

    def _put(self, ctx: Context, schedule: ResourceId, found: Body, changes: dict[str, Any], state: State) -> State:
        fields = {name: wire_field(name, value) for name, value in changes.items()}
        with kept_if_unanswered(ctx, str(schedule), state):
            ctx.maintenance.put_schedule(schedule, changed_body(found, state.location, fields))
        return state

    def _restore(self, ctx: Context, schedule: ResourceId, state: State) -> None:
        """Put back what we changed in a configuration that was there before, as far as it still holds what we set."""
        ours = [name for name in PLACES if name in state.previous or name in state.previously_absent]
        found = ctx.maintenance.get_schedule(schedule) if ours else None
        if ours and found is None:
            return
        raw = raw_fields(found or {})
        held = [name for name in ours if _same(name, read_field(name, state.applied.get(name)), raw[name])]
        before = {name: state.previous.get(name) for name in ours}
        left = [
            name for name in ours if name not in held and not _same(name, read_field(name, before[name]), raw[name])
        ]
        ctx.inform(
            "it stays, because it was there before"
            + (f"; changed by somebody else and left: {', '.join(left)}" if left else "")
        )
        if found is not None and held:
            fields = {name: before[name] for name in held}
            ctx.maintenance.put_schedule(schedule, changed_body(found, state.location, fields))


HANDLER = MaintenanceScheduleHandler()


def _declared(state: State) -> dict[str, Any]:
    """The fields that are ours: those that are given and, in a configuration that we made, the reboot setting."""
    given = {name: value for name in PLACES if (value := getattr(state, name)) is not None}
    return given if state.adopted else {"reboot_setting": DEFAULT_REBOOT_SETTING} | given


def _remembering(state: State, changes: dict[str, Any], raw: dict[str, Any]) -> State:
    """`state` with what an adopted configuration held before our first change of each field."""
    applied = {name: wire_field(name, value) for name, value in _declared(state).items()}
    ours = {*state.previous, *state.previously_absent}
    # What was as wanted when we came and has been changed since goes back to that, not to the change.
    newly = {
        name: state.applied.get(name, raw[name])
        for name, value in changes.items()
        if name not in ours and not (name in state.applied and _same(name, value, state.applied[name]))
    }
    return state.model_copy(
        update={
            "previous": state.previous | {name: value for name, value in newly.items() if value is not None},
            "previously_absent": (*state.previously_absent, *(name for name, value in newly.items() if value is None)),
            "applied": applied,
        }
    )


def _same(name: str, value: Any, raw: Any) -> bool:
    """Whether a field's value and what Azure's JSON has for it mean the same."""
    return means_the_same(MaintenanceScheduleInputs.model_fields[name], value, read_field(name, raw))


def _patch_lists(windows: Any, linux: Any) -> PatchLists:
    def part(selection: Any, name: str) -> Any:
        return selection if selection in (UNKNOWN, None) else getattr(selection, name)

    return PatchLists(
        windows_classifications=part(windows, "classifications_to_include"),
        kbs_to_include=part(windows, "kb_numbers_to_include"),
        kbs_to_exclude=part(windows, "kb_numbers_to_exclude"),
        exclude_kbs_requiring_reboot=part(windows, "exclude_kbs_requiring_reboot"),
        linux_classifications=part(linux, "classifications_to_include"),
        masks_to_include=part(linux, "package_name_masks_to_include"),
        masks_to_exclude=part(linux, "package_name_masks_to_exclude"),
    )


def _check_takeover(schedule: ResourceId, found: Body, inputs: MaintenanceScheduleInputs) -> None:
    scope = (found.get("properties") or {}).get("maintenanceScope")
    if str(scope).casefold() != SCOPE.casefold():
        raise Refused(f"schedule '{schedule.name}': it exists already with scope {scope}; choose another schedule_name")
    location = found.get("location") or ""
    if not means_the_same(MaintenanceScheduleInputs.model_fields["location"], location, inputs.location):
        raise Refused(
            f"schedule '{schedule.name}': it exists already in {location}; correct location or choose another name"
        )


def _schedule_id(inputs: MaintenanceScheduleInputs) -> ResourceId:
    if inputs.subscription_id is None:
        raise InvalidInput("no subscription is given; set subscription_id or azure-native:subscriptionId")
    return ResourceId.parse(
        id_in_group(
            inputs.subscription_id, inputs.resource_group_name, MAINTENANCE_CONFIGURATIONS, inputs.schedule_name
        )
    )
