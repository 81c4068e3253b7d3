"""The patch fields of an existing VM: only those that were given are read, written, repaired and restored.

Never sends `enableAutomaticUpdates`: it can be set at creation only (ARM error PropertyChangeNotAllowed,
MicrosoftDocs/azure-docs issue 112633).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

from pulumi_azure_hotpatch.engine.facts import PATCH_FIELDS, Declaration, Machine, PatchSettings
from pulumi_azure_hotpatch.engine.images import hotpatch_eligibility
from pulumi_azure_hotpatch.engine.inventory import machine_from_arm, os_kind, settings_to_arm
from pulumi_azure_hotpatch.engine.logic import UNKNOWN
from pulumi_azure_hotpatch.engine.rules import Finding, judge, rule, rules_for
from pulumi_azure_hotpatch.engine.writers import likely_writers
from pulumi_azure_hotpatch.errors import ArmError, ConfigurationError, NotFound
from pulumi_azure_hotpatch.ids import ResourceId
from pulumi_azure_hotpatch.models.draft import Draft
from pulumi_azure_hotpatch.models.virtual_machine_patch_settings import (
    VirtualMachinePatchSettingsInputs,
    VirtualMachinePatchSettingsState,
    given,
)
from pulumi_azure_hotpatch.ports import Body, Context

from .base import Created, Handler
from .restoring import changed_by_us, restoration, same_setting, settings_in
from .waiting import Patience, finish, kept_if_unanswered

Inputs = Draft[VirtualMachinePatchSettingsInputs]
State = VirtualMachinePatchSettingsState

_DEFAULT_TIMEOUT = "30m"
_SETTLE_INTERVAL = timedelta(seconds=10)


class VirtualMachinePatchSettingsHandler(Handler[VirtualMachinePatchSettingsInputs, State]):
    """The patch settings of one VM."""

    inputs = VirtualMachinePatchSettingsInputs
    state = VirtualMachinePatchSettingsState
    twice = "vm-settings-declared-twice"

    def label(self, inputs: Inputs) -> str:
        machine_id = inputs.virtual_machine_id
        return f"VM '{ResourceId.parse(machine_id).name}'" if machine_id is not UNKNOWN else "patch settings of a VM"

    def targets(self, inputs: Inputs) -> Iterable[str]:
        if inputs.known("virtual_machine_id"):
            yield inputs.virtual_machine_id

    def check(self, ctx: Context, inputs: Inputs) -> Iterable[Finding]:
        wanted = {name: value for name in PATCH_FIELDS if (value := getattr(inputs, name)) is not None}
        yield from judge((rule("vm-settings-empty"),), Declaration(settings_missing=not wanted))
        if inputs.known("virtual_machine_id"):
            ctx.declarations.note(inputs.virtual_machine_id, wanted)
        seen = _look(ctx, inputs)
        machine = replace(seen, was_hotpatched=seen.settings.enable_hotpatching).with_settings(wanted)
        for finding in judge(rules_for("machine"), machine, relaxed=ctx.settings.relaxed):
            # What is wrong with settings that this declaration has no part in is somebody else's to mend.
            mentioned = settings_in(finding)
            if mentioned & wanted.keys() or (not mentioned and finding.severity == "error"):
                yield finding

    def answers(self, ctx: Context, inputs: Inputs, state: State | None) -> dict[str, Any]:
        machine = _look(ctx, inputs)
        if machine.image is UNKNOWN:
            return {"adopted": state.adopted, "image_eligibility": state.image_eligibility} if state else {}
        eligibility = str(hotpatch_eligibility(machine.image))
        if state is not None:
            return {"adopted": state.adopted, "image_eligibility": eligibility}
        wanted = {name: getattr(inputs, name) for name in PATCH_FIELDS if getattr(inputs, name) is not None}
        return {"adopted": tuple(_as_wanted(machine.settings, wanted)), "image_eligibility": eligibility}

    def create(self, ctx: Context, inputs: VirtualMachinePatchSettingsInputs) -> Created[State]:
        machine_id, patience = ResourceId.parse(inputs.virtual_machine_id), _patience(ctx, inputs)
        body = _existing(machine_id, _settled(ctx, machine_id, patience, fresh=False))
        # The id in the letter case that Azure uses, so that every stack names the machine alike.
        id = str(body.get("id") or machine_id)
        state = State.model_validate(inputs.model_dump() | {"adopted": ()})
        return Created(id, self._apply(ctx, id, body, state, patience))

    def read(self, ctx: Context, id: str, state: State) -> State | None:
        body = ctx.machines.get(ResourceId.parse(id))
        if body is None:
            return None
        observed = machine_from_arm(body).settings
        seen = {
            name: written if same_setting(written, getattr(observed, name)) else getattr(observed, name)
            for name, written in given(state).items()
        }
        return state.model_copy(update=seen)

    def update(self, ctx: Context, id: str, state: State, inputs: VirtualMachinePatchSettingsInputs) -> State:
        machine_id, patience = ResourceId.parse(id), _patience(ctx, inputs)
        body = _existing(machine_id, _settled(ctx, machine_id, patience, fresh=False))
        owned = given(inputs)
        carried = {
            "adopted": tuple(name for name in state.adopted or () if name in owned),
            "previous": {name: value for name, value in state.previous.items() if name in owned},
            "previously_absent": tuple(name for name in state.previously_absent if name in owned),
            "applied": {name: value for name, value in state.applied.items() if name in owned},
            "contested": {name: count for name, count in state.contested.items() if name in owned},
            "unfinished": state.unfinished,
        }
        return self._apply(ctx, id, body, State.model_validate(inputs.model_dump() | carried), patience)

    def delete(self, ctx: Context, id: str, state: State) -> None:
        if ctx.declarations.is_still_wanted(state.virtual_machine_id):
            ctx.inform("its patch settings stay as they are: another resource of this stack declares them")
            return
        if state.on_destroy == "keep":
            ctx.inform("its patch settings stay as they are (on_destroy is 'keep')")
            return
        restored: dict[str, Any] = {}
        left: list[str] = []
        machine_id, patience, body = ResourceId.parse(id), _patience(ctx, state), None
        if changed_by_us(state):
            body = _settled(ctx, machine_id, patience, fresh=True)
            if body is None:
                return
            restored, left = restoration(state, machine_from_arm(body), ctx.settings.relaxed)
        if state.adopted:
            left.append(f"{', '.join(state.adopted)} (as wanted before this stack)")
        if left:
            ctx.inform(f"left as they are: {'; '.join(left)}")
        if restored and body is not None:
            # A machine that goes meanwhile has nothing left to restore.
            with suppress(NotFound):
                self._write(ctx, machine_id, body, restored, patience)

    def _apply(self, ctx: Context, id: str, body: Body, state: State, patience: Patience) -> State:
        """Write what differs from `body`; the state with everything that is ours now."""
        machine = machine_from_arm(body)
        wanted = given(state)
        as_wanted = _as_wanted(machine.settings, wanted)
        changes = {name: value for name, value in wanted.items() if name not in as_wanted}
        held = {name for name, value in changes.items() if _held(state, name, value)}
        ours = {*state.previous, *state.previously_absent}
        # What was as wanted when we came and has been changed since goes back to that, not to the change.
        newly = {
            name: state.applied.get(name, getattr(machine.settings, name))
            for name in changes
            if name not in ours and name not in held
        }
        reached = state.model_copy(
            update={
                "adopted": tuple(name for name in wanted if name not in ours and name not in newly),
                "previous": state.previous | {name: value for name, value in newly.items() if value is not None},
                "previously_absent": (
                    *state.previously_absent,
                    *(name for name, value in newly.items() if value is None),
                ),
                "applied": wanted,
                # After a run that broke off nobody knows who left a field as it is.
                "contested": state.contested if state.unfinished else _contest(ctx, state, machine, changes, held),
                "os_type": machine.os_type,
                "location": machine.location,
                "image_eligibility": str(hotpatch_eligibility(machine.image)),
                "unfinished": None,
            }
        )
        if changes:
            self._write(ctx, ResourceId.parse(id), body, changes, patience, kept=reached)
        return reached

    def _write(
        self,
        ctx: Context,
        machine: ResourceId,
        body: Body,
        changes: Mapping[str, Any],
        patience: Patience,
        kept: State | None = None,
    ) -> None:
        with kept_if_unanswered(ctx, str(machine), kept):
            operation = ctx.machines.patch_settings(machine, os_kind(body) or "windows", settings_to_arm(changes))
        if kept is not None:
            # From here on Azure has been told: whatever becomes of the wait, what was there before is not forgotten.
            ctx.keep(str(machine), kept)
        finish(ctx, operation, patience, f"{', '.join(changes)} to change")


HANDLER = VirtualMachinePatchSettingsHandler()


def _patience(ctx: Context, inputs: VirtualMachinePatchSettingsInputs) -> Patience:
    return Patience.of(ctx, inputs.timeout, _DEFAULT_TIMEOUT)


def _as_wanted(observed: PatchSettings, wanted: Mapping[str, Any]) -> list[str]:
    return [
        name for name, value in wanted.items() if value is not UNKNOWN and same_setting(getattr(observed, name), value)
    ]


def _held(state: State, name: str, value: Any) -> bool:
    """Whether a field already had `value` when we last left it."""
    return name in state.applied and same_setting(state.applied[name], value)


def _look(ctx: Context, inputs: Inputs) -> Machine:
    """The machine as far as it may be seen now; a machine that does not exist yet is as good as unseen."""
    machine_id = inputs.virtual_machine_id
    if machine_id is UNKNOWN or not ctx.may_read:
        return Machine.unseen(machine_id)
    try:
        body = ctx.machines.get(ResourceId.parse(machine_id), fresh=False)
    except (ArmError, ConfigurationError) as error:
        ctx.advise(f"its present settings are not known in this preview: {error}")
        return Machine.unseen(machine_id)
    return machine_from_arm(body) if body is not None else Machine.unseen(machine_id)


def _settled(ctx: Context, machine: ResourceId, patience: Patience, *, fresh: bool) -> Body | None:
    """The machine's body once no other operation is changing it, None when it does not exist (any more)."""
    found = ctx.machines.get(machine, fresh=fresh)
    if not fresh and (found is None or _is_busy(found)):
        found = ctx.machines.get(machine)
    while found is not None and _is_busy(found):
        patience.sleep(ctx, ctx.clock.now() + _SETTLE_INTERVAL, "another operation on the machine to end")
        found = ctx.machines.get(machine)
    return found


def _existing(machine: ResourceId, body: Body | None) -> Body:
    if body is None:
        raise NotFound(
            f"VM '{machine.name}': it does not exist ({machine}); create it first, or correct virtual_machine_id",
            status=404,
        )
    return body


def _is_busy(body: Body) -> bool:
    properties = body.get("properties") or body
    return str(properties.get("provisioningState", "")).casefold() in ("updating", "creating", "deleting")


def _contest(
    ctx: Context, state: State, machine: Machine, changes: Mapping[str, Any], held: Iterable[str]
) -> dict[str, int]:
    """Count, and name, the fields that somebody else changed after they had been as declared."""
    contested = dict(state.contested)
    for name in (name for name in changes if name in held):
        contested[name] = contested.get(name, 0) + 1
        found = getattr(machine.settings, name)
        writers = likely_writers(name, found)
        hint = (
            f" {' or '.join(writers)} writes this value: exempt the machine, or leave the field out here."
            if writers
            else ""
        )
        ctx.advise(
            f"{name} was changed to {found} by somebody else after it had been set to {changes[name]} "
            f"({contested[name]} time{'s' if contested[name] > 1 else ''} so far); it is set again.{hint}"
        )
    return contested
