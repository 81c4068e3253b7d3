"""The patch fields of an existing VM: only those that were given are read, written, repaired and restored.

Never sends `enableAutomaticUpdates`: it can be set at creation only (ARM error PropertyChangeNotAllowed, MicrosoftDocs/azure-docs issue
112633).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from pulumi_azure_hotpatch.engine.facts import PATCH_FIELDS, Declaration, Machine, PatchSettings
from pulumi_azure_hotpatch.engine.images import hotpatch_eligibility
from pulumi_azure_hotpatch.engine.inventory import machine_from_arm, os_kind, settings_to_arm
from pulumi_azure_hotpatch.engine.logic import UNKNOWN, fold
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
from .waiting import Patience, finish, wait_until

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
        machine = _look(ctx, inputs).with_settings(wanted)
        for finding in judge(rules_for("machine"), machine, relaxed=ctx.settings.relaxed):
            # A warning about a field that this declaration does not own is somebody else's to mend.
            if finding.severity == "error" or finding.field in wanted:
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
        machine_id = ResourceId.parse(inputs.virtual_machine_id)
        body = _observe(ctx, machine_id, inputs)
        # The id in the letter case that Azure uses, so that every stack names the machine alike.
        id = str(body.get("id") or machine_id)
        return Created(id, self._apply(ctx, id, body, State.model_validate(inputs.model_dump() | {"adopted": ()})))

    def read(self, ctx: Context, id: str, state: State) -> State | None:
        body = ctx.machines.get(ResourceId.parse(state.virtual_machine_id))
        if body is None:
            return None
        observed = machine_from_arm(body).settings
        seen = {
            name: written if same_setting(written, getattr(observed, name)) else getattr(observed, name)
            for name, written in given(state).items()
        }
        return state.model_copy(update=seen)

    def update(self, ctx: Context, id: str, state: State, inputs: VirtualMachinePatchSettingsInputs) -> State:
        body = _observe(ctx, ResourceId.parse(inputs.virtual_machine_id), inputs)
        owned = given(inputs)
        carried = {
            "adopted": tuple(name for name in state.adopted or () if name in owned),
            "previous": {name: value for name, value in state.previous.items() if name in owned},
            "previously_absent": tuple(name for name in state.previously_absent if name in owned),
            "applied": {name: value for name, value in state.applied.items() if name in owned},
            "contested": {name: count for name, count in state.contested.items() if name in owned},
        }
        return self._apply(ctx, id, body, State.model_validate(inputs.model_dump() | carried))

    def delete(self, ctx: Context, id: str, state: State) -> None:
        if ctx.declarations.is_still_wanted(state.virtual_machine_id):
            ctx.inform("its patch settings stay as they are: another resource of this stack declares them")
            return
        if state.on_destroy == "keep":
            ctx.inform("its patch settings stay as they are (on_destroy is 'keep')")
            return
        machine_id = ResourceId.parse(state.virtual_machine_id)
        body = ctx.machines.get(machine_id)
        if body is None:
            return
        restored, left = _restoration(state, machine_from_arm(body))
        if state.adopted:
            left.append(f"{', '.join(state.adopted)} (as wanted before this stack)")
        if left:
            ctx.inform(f"left as they are: {'; '.join(left)}")
        if restored:
            self._write(
                ctx, machine_id, os_kind(body) or "windows", restored, Patience.of(ctx, state.timeout, _DEFAULT_TIMEOUT)
            )

    def _apply(self, ctx: Context, id: str, body: Body, state: State) -> State:
        """Write what differs from `body`; the state with everything that is ours now."""
        machine = machine_from_arm(body)
        wanted = given(state)
        as_wanted = _as_wanted(machine.settings, wanted)
        changes = {name: value for name, value in wanted.items() if name not in as_wanted}
        ours = {*state.previous, *state.previously_absent}
        newly = {name: getattr(machine.settings, name) for name in changes if name not in ours}
        contested = _contest(ctx, state, machine.settings, changes)
        reached = state.model_copy(
            update={
                "adopted": tuple(name for name in as_wanted if name not in ours),
                "previous": state.previous | {name: value for name, value in newly.items() if value is not None},
                "previously_absent": (
                    *state.previously_absent,
                    *(name for name, value in newly.items() if value is None),
                ),
                "applied": {name: value for name, value in wanted.items() if name in changes or name in ours},
                "contested": contested,
                "os_type": machine.os_type,
                "location": machine.location,
                "image_eligibility": str(hotpatch_eligibility(machine.image)),
                "unfinished": None,
            }
        )
        if changes:
            kind = os_kind(body) or "windows"
            patience = Patience.of(ctx, state.timeout, _DEFAULT_TIMEOUT)
            self._write(ctx, ResourceId.parse(id), kind, changes, patience, kept=reached)
        return reached

    def _write(
        self,
        ctx: Context,
        machine: ResourceId,
        kind: str,
        changes: Mapping[str, Any],
        patience: Patience,
        kept: State | None = None,
    ) -> None:
        operation = ctx.machines.patch_settings(machine, kind, settings_to_arm(changes))
        if kept is not None:
            # From here on Azure has been told: whatever happens to the wait, what was there before must not be forgotten.
            ctx.keep(str(machine), kept)
        finish(ctx, operation, patience, f"{', '.join(changes)} to change")


HANDLER = VirtualMachinePatchSettingsHandler()


def same_setting(left: Any, right: Any) -> bool:
    """Whether two values of a patch field mean the same: letter case does not matter, an absent switch is off."""
    if isinstance(left, bool) or isinstance(right, bool):
        return bool(left) == bool(right)
    return bool(fold(left) == fold(right))


def _as_wanted(observed: PatchSettings, wanted: Mapping[str, Any]) -> list[str]:
    return [
        name for name, value in wanted.items() if value is not UNKNOWN and same_setting(getattr(observed, name), value)
    ]


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


def _observe(ctx: Context, machine: ResourceId, inputs: VirtualMachinePatchSettingsInputs) -> Body:
    """The machine's body, once no other operation is changing it. Raises NotFound for a machine that does not exist."""
    found = ctx.machines.get(machine, fresh=False)
    if found is None or _is_busy(found):
        found = ctx.machines.get(machine)
    patience = Patience.of(ctx, inputs.timeout, _DEFAULT_TIMEOUT)

    def settled() -> bool:
        nonlocal found
        if found is not None and _is_busy(found):
            found = ctx.machines.get(machine)
        return found is None or not _is_busy(found)

    wait_until(ctx, patience, _SETTLE_INTERVAL, "another operation on the machine to end", settled)
    if found is None:
        raise NotFound(
            f"VM '{machine.name}': it does not exist ({machine}); create it first, or correct virtual_machine_id",
            status=404,
        )
    return found


def _is_busy(body: Body) -> bool:
    properties = body.get("properties") or body
    return str(properties.get("provisioningState", "")).casefold() in ("updating", "creating")


def _contest(ctx: Context, state: State, observed: PatchSettings, changes: Mapping[str, Any]) -> dict[str, int]:
    """Count, and name, the fields that somebody else changed after we had set them."""
    contested = dict(state.contested)
    for name, value in changes.items():
        if name not in state.applied or not same_setting(state.applied[name], value):
            continue
        contested[name] = contested.get(name, 0) + 1
        found = getattr(observed, name)
        writers = likely_writers(name, found)
        hint = (
            f" {' or '.join(writers)} writes this value: exempt the machine, or leave the field out here."
            if writers
            else ""
        )
        ctx.advise(
            f"{name} was changed to {found} by somebody else after it had been set to {value} "
            f"({contested[name]} time{'s' if contested[name] > 1 else ''} so far); it is set again.{hint}"
        )
    return contested


def _restoration(state: State, machine: Machine) -> tuple[dict[str, Any], list[str]]:
    """The fields to write so that the machine is as before, and those that are left with the reason."""
    restored: dict[str, Any] = {}
    left: list[str] = []
    for name, ours in state.applied.items():
        found = getattr(machine.settings, name)
        if not same_setting(found, ours):
            left.append(f"{name} (somebody else set it to {found})")
        elif name in state.previous:
            restored[name] = state.previous[name]
        elif (default := documented_default(name, machine)) is not None:
            restored[name] = default
        else:
            left.append(f"{name} (it was absent before, and its default is not documented)")
    return {
        name: value for name, value in restored.items() if not same_setting(getattr(machine.settings, name), value)
    }, left


def documented_default(field: str, machine: Machine) -> Any:
    """What the platform does where a patch field is absent; None where the documentation does not say.

    Source: Microsoft Learn, Automatic guest patching for Azure VMs, 2024-07-31 (patch modes); Prerequisites for schedule patching,
    2024-02-20 (an absent bypass flag counts as false); azure-mgmt-compute 39.0.0 (enableHotpatching enables, absent does not).
    """
    match field:
        case "enable_hotpatching" | "bypass_platform_safety_checks_on_user_schedule":
            return False
        case "patch_mode" if machine.is_windows is False:
            return "ImageDefault"
        case "patch_mode" if machine.enable_automatic_updates in (True, False):
            return "AutomaticByOS" if machine.enable_automatic_updates else "Manual"
        case _:
            return None
