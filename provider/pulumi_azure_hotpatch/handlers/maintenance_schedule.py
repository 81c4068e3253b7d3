"""Maintenance configurations of scope InGuestPatch: created, or taken over with only the given fields changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pulumi_azure_hotpatch.engine.facts import MAINTENANCE_CONFIGURATIONS, Declaration
from pulumi_azure_hotpatch.engine.logic import UNKNOWN
from pulumi_azure_hotpatch.engine.rules import Finding, judge, rule, rules_for
from pulumi_azure_hotpatch.engine.schedules import azure_zone, schedule_facts
from pulumi_azure_hotpatch.errors import InvalidInput, Refused
from pulumi_azure_hotpatch.ids import ResourceId
from pulumi_azure_hotpatch.models.base import means_the_same
from pulumi_azure_hotpatch.models.draft import Draft
from pulumi_azure_hotpatch.models.maintenance_schedule import (
    LinuxPackages,
    MaintenanceScheduleInputs,
    MaintenanceScheduleState,
    WindowsPatches,
)
from pulumi_azure_hotpatch.ports import Body, Context

from .base import Created, Handler

Inputs = Draft[MaintenanceScheduleInputs]
State = MaintenanceScheduleState

SCOPE = "InGuestPatch"
# The fields that can be changed in place, each on its own.
_OWNED = ("start", "duration", "time_zone", "recurrence", "expires", "reboot_setting", "windows", "linux", "tags")


class MaintenanceScheduleHandler(Handler[MaintenanceScheduleInputs, State]):
    """One maintenance schedule."""

    inputs = MaintenanceScheduleInputs
    state = MaintenanceScheduleState
    twice = "schedule-declared-twice"

    def label(self, inputs: Inputs) -> str:
        return f"schedule '{inputs.schedule_name}'" if inputs.known("schedule_name") else "schedule"

    def targets(self, inputs: Inputs) -> Iterable[str]:
        if inputs.known("subscription_id", "resource_group_name", "schedule_name") and inputs.subscription_id:
            yield _id(inputs.subscription_id, inputs.resource_group_name, inputs.schedule_name)

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
        yield from judge(rules_for("schedule"), facts, relaxed=ctx.settings.relaxed)

    def create(self, ctx: Context, inputs: MaintenanceScheduleInputs) -> Created[State]:
        schedule = _schedule_id(inputs)
        found = ctx.maintenance.get_schedule(schedule)
        state = State.model_validate(inputs.model_dump())
        if found is None:
            ctx.maintenance.put_schedule(schedule, arm_body(inputs, {}))
            return Created(str(schedule), state)
        _check_takeover(schedule, found, inputs)
        return Created(str(schedule), self._write(ctx, schedule, found, state.model_copy(update={"adopted": True})))

    def read(self, ctx: Context, id: str, state: State) -> State | None:
        body = ctx.maintenance.get_schedule(_schedule_id(state))
        if body is None:
            return None
        observed = fields_from_arm(body)
        seen = {
            name: observed[name]
            for name in _OWNED
            if _is_ours(state, name) and not _same(name, getattr(state, name), observed[name])
        }
        return state.model_copy(update=seen)

    def update(self, ctx: Context, id: str, state: State, inputs: MaintenanceScheduleInputs) -> State:
        schedule = _schedule_id(inputs)
        carried = {"adopted": state.adopted, "previous": state.previous, "previously_absent": state.previously_absent}
        wanted = State.model_validate(inputs.model_dump() | carried)
        return self._write(ctx, schedule, ctx.maintenance.get_schedule(schedule) or {}, wanted)

    def delete(self, ctx: Context, id: str, state: State) -> None:
        schedule = _schedule_id(state)
        if ctx.declarations.is_still_wanted(str(schedule)):
            ctx.inform("it stays: another resource of this stack declares it")
        elif state.on_destroy == "keep":
            ctx.inform("it stays (on_destroy is 'keep')")
        elif not state.adopted:
            ctx.maintenance.delete_schedule(schedule)
        else:
            self._restore(ctx, schedule, state)

    def _write(self, ctx: Context, schedule: ResourceId, found: Body, state: State) -> State:
        """Write the fields of ours that `found` has otherwise; the state with what was there before."""
        observed = fields_from_arm(found)
        changes = [
            name for name in _OWNED if _is_ours(state, name) and not _same(name, getattr(state, name), observed[name])
        ]
        if not changes and found:
            return state
        newly = [name for name in changes if name not in state.previous and name not in state.previously_absent]
        before = {name: _plain(observed[name]) for name in newly if observed[name] is not None}
        absent = tuple(name for name in newly if observed[name] is None)
        ctx.maintenance.put_schedule(schedule, arm_body(state, found))
        if not state.adopted:
            return state
        return state.model_copy(
            update={"previous": state.previous | before, "previously_absent": (*state.previously_absent, *absent)}
        )

    def _restore(self, ctx: Context, schedule: ResourceId, state: State) -> None:
        found = ctx.maintenance.get_schedule(schedule)
        if found is None:
            return
        observed = fields_from_arm(found)
        ours = [*state.previous, *state.previously_absent]
        left = [name for name in ours if not _same(name, getattr(state, name), observed[name])]
        back = {name: state.previous.get(name) for name in ours if name not in left}
        ctx.inform(
            "it stays, because it was there before"
            + (f"; changed by somebody else and left: {', '.join(left)}" if left else "")
        )
        if back:
            values = {name: observed[name] for name in _OWNED} | back
            restored = State.model_construct(**(state.model_dump() | values))
            ctx.maintenance.put_schedule(
                schedule, arm_body(State.model_validate(restored.model_dump()), found, cleared=frozenset(back))
            )


HANDLER = MaintenanceScheduleHandler()


def arm_body(inputs: MaintenanceScheduleInputs, found: Body, cleared: frozenset[str] = frozenset()) -> dict[str, Any]:
    """The body to PUT: what is there already with our fields over it. Fields in `cleared` that have no value are taken out.

    Source of the shape: azure-mgmt-maintenance 2.1.0 (API 2023-04-01); `InGuestPatchMode: User` is demanded by the service (Azure/bicep
    issue 8959).
    """
    before = found.get("properties") or {}
    window = dict(before.get("maintenanceWindow") or {})
    window |= {
        "startDateTime": inputs.start,
        "duration": inputs.duration,
        "timeZone": azure_zone(inputs.time_zone),
        "recurEvery": inputs.recurrence,
    }
    install = dict(before.get("installPatches") or {}) | {"rebootSetting": inputs.reboot_setting}
    optional = {
        "expires": (window, "expirationDateTime", inputs.expires),
        "windows": (
            install,
            "windowsParameters",
            inputs.windows and inputs.windows.model_dump(mode="json", by_alias=True),
        ),
        "linux": (install, "linuxParameters", inputs.linux and inputs.linux.model_dump(mode="json", by_alias=True)),
    }
    for name, (parent, key, value) in optional.items():
        if value is not None:
            parent[key] = value
        elif name in cleared:
            parent.pop(key, None)
    tags = inputs.tags if inputs.tags is not None or "tags" in cleared else found.get("tags")
    return {
        "location": inputs.location,
        "tags": tags or {},
        "properties": {
            "maintenanceScope": SCOPE,
            "visibility": "Custom",
            "extensionProperties": {"InGuestPatchMode": "User"},
            "maintenanceWindow": window,
            "installPatches": install,
        },
    }


def fields_from_arm(body: Body) -> dict[str, Any]:
    """The fields that can be ours, by name, as a maintenance configuration holds them; absent ones are None."""
    properties: Mapping[str, Any] = body.get("properties") or {}
    window = properties.get("maintenanceWindow") or {}
    install = properties.get("installPatches") or {}
    return {
        "start": window.get("startDateTime"),
        "duration": window.get("duration"),
        "time_zone": window.get("timeZone"),
        "recurrence": window.get("recurEvery"),
        "expires": window.get("expirationDateTime"),
        "reboot_setting": install.get("rebootSetting"),
        "windows": _selection(WindowsPatches, install.get("windowsParameters")),
        "linux": _selection(LinuxPackages, install.get("linuxParameters")),
        "tags": body.get("tags") or None,
    }


def _selection(
    model: type[WindowsPatches | LinuxPackages], raw: Mapping[str, Any] | None
) -> WindowsPatches | LinuxPackages | None:
    if not raw:
        return None
    known = {name: raw.get(field.alias or name) for name, field in model.model_fields.items()}
    # What the service holds is taken as it is: it may know values that we do not.
    return model.model_construct(**{name: value for name, value in known.items() if value is not None})


def _is_ours(state: MaintenanceScheduleInputs, name: str) -> bool:
    return getattr(state, name) is not None


def _same(name: str, left: Any, right: Any) -> bool:
    return means_the_same(MaintenanceScheduleInputs.model_fields[name], left, right)


def _plain(value: Any) -> Any:
    return (
        value.model_dump(mode="json", exclude_none=True) if isinstance(value, WindowsPatches | LinuxPackages) else value
    )


def _check_takeover(schedule: ResourceId, found: Body, inputs: MaintenanceScheduleInputs) -> None:
    scope = (found.get("properties") or {}).get("maintenanceScope")
    if str(scope).casefold() != SCOPE.casefold():
        raise Refused(f"schedule '{schedule.name}': it exists already with scope {scope}; choose another schedule_name")
    if not _same("location", found.get("location") or "", inputs.location):
        raise Refused(
            f"schedule '{schedule.name}': it exists already in {found.get('location')}; correct location or choose another name"
        )


def _schedule_id(inputs: MaintenanceScheduleInputs) -> ResourceId:
    if inputs.subscription_id is None:
        raise InvalidInput("no subscription is given; set subscription_id or azure-native:subscriptionId")
    return ResourceId.parse(_id(inputs.subscription_id, inputs.resource_group_name, inputs.schedule_name))


def _id(subscription_id: str, group: str, name: str) -> str:
    return f"/subscriptions/{subscription_id}/resourceGroups/{group}/providers/{MAINTENANCE_CONFIGURATIONS}/{name}"
