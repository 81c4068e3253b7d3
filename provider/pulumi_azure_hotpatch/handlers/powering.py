"""A machine that is usually off: started for an installation, and put back afterwards.

Only a machine that was off is touched. That it was started by us is kept before it is started, so that whatever ends a
run, the next one or a destroy puts it back. Nothing stops a machine while an installation runs in it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from pulumi_azure_hotpatch.errors import HotpatchError, InvalidInput, NotFound
from pulumi_azure_hotpatch.ids import ResourceId
from pulumi_azure_hotpatch.models.patch_installation import PatchInstallationState
from pulumi_azure_hotpatch.ports import Context

from .patched_machines import RUNNING, Seen, find, refuse_off, settle
from .waiting import Patience, finish, kept_if_unanswered

# Off without giving its hardware back; every other way of being off is put back to deallocated.
_STOPPED: Final = frozenset(("stopped", "stopping"))

Keep = Callable[[PatchInstallationState], None]


def power_on(
    ctx: Context,
    machine: ResourceId,
    seen: Seen,
    state: PatchInstallationState,
    patience: Patience,
    id: str,
    keep: Keep,
) -> PatchInstallationState:
    """The state after the machine has been started, where that is asked for and necessary.

    Raises Refused for a machine that is off and must not be started.
    """
    if not seen.is_off:
        return state
    if not state.start_if_off or seen.facts.is_arc is True:
        refuse_off(ctx, seen, "Start it first, or set start_if_off for a VM.")
    was = "stopped" if seen.facts.power_state in _STOPPED else "deallocated"
    started = state.model_copy(update={"started_machine": was})
    with kept_if_unanswered(ctx, id, started):
        operation = ctx.patching.start(machine)
    keep(started)
    finish(ctx, operation, patience, "the machine to start")
    return started


def put_back(ctx: Context, machine: ResourceId, state: PatchInstallationState, patience: Patience) -> None:
    """Stop the machine if it was started by us. Gone or off already is success."""
    if state.started_machine is None or find(ctx, machine) is None:
        return
    try:
        seen = settle(ctx, machine, patience)
        if seen.facts.power_state == RUNNING:
            operation = ctx.patching.stop(machine, deallocate=state.started_machine != "stopped")
            finish(ctx, operation, patience, "the machine to stop")
    except NotFound:
        return
    ctx.inform(f"the machine is off again ({state.started_machine}), as it was before the installation")


def tell_still_on(ctx: Context, state: PatchInstallationState, why: str) -> None:
    """Say that a machine which was started by us is still on."""
    if state.started_machine is not None:
        ctx.advise(f"the machine was started for this and is still on: {why}; the next run, or a destroy, stops it")


def put_back_quietly(ctx: Context, machine: ResourceId, state: PatchInstallationState, patience: Patience) -> bool:
    """As `put_back`, after a failure that must not be hidden by another one. Whether it worked."""
    try:
        put_back(ctx, machine, state, patience)
    except InvalidInput:
        raise
    except HotpatchError as error:
        tell_still_on(ctx, state, str(error))
        return False
    return True
