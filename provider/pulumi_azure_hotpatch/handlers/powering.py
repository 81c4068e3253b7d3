"""A machine that is usually off: started for an installation, and put back afterwards.

Only a machine that was off is touched. That it was started by us is kept before it is started, so that whatever ends a
run, the next one or a destroy puts it back. Nothing stops a machine while an installation runs in it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from pulumi_azure_hotpatch.errors import ArmError, HotpatchError, NotFound
from pulumi_azure_hotpatch.ids import ResourceId
from pulumi_azure_hotpatch.models.patch_installation import PatchInstallationState
from pulumi_azure_hotpatch.ports import Body, Context, Operation

from .patched_machines import LOOK_INTERVAL, Seen, find, refuse_off, settle
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
    was = state.started_machine or ("stopped" if seen.facts.power_state in _STOPPED else "deallocated")
    started = state.model_copy(update={"started_machine": was})
    ours = [started] if state.started_machine is not None else []

    def start() -> Operation[Body]:
        with kept_if_unanswered(ctx, id, started):
            operation = ctx.patching.start(machine)
        keep(started)
        ours.append(started)
        return operation

    _turn(ctx, machine, patience, start, lambda now: not now.is_off, "the machine to start")
    # What somebody else has started meanwhile is not ours to stop.
    return started if ours else state


def put_back(ctx: Context, machine: ResourceId, state: PatchInstallationState, patience: Patience) -> None:
    """Stop the machine if it was started by us. Gone is success.

    What its power state shows does not count: a start that was asked for may still be under way.
    """
    if state.started_machine is None or find(ctx, machine) is None:
        return

    def stop() -> Operation[Body]:
        return ctx.patching.stop(machine, deallocate=state.started_machine != "stopped")

    try:
        _turn(ctx, machine, patience, stop, lambda _: False, "the machine to stop")
    except NotFound:
        return
    ctx.inform(f"the machine is off again ({state.started_machine}), as it was before the installation")


def _turn(
    ctx: Context,
    machine: ResourceId,
    patience: Patience,
    ask: Callable[[], Operation[Body]],
    is_done: Callable[[Seen], bool],
    waiting_for: str,
) -> None:
    """Ask until it is so: an operation of an earlier run, or of somebody else, may be in the way or may do it."""
    while not is_done(settle(ctx, machine, patience)):
        try:
            finish(ctx, ask(), patience, waiting_for)
            return
        except ArmError as error:
            if error.status != 409:
                raise
        patience.sleep(ctx, ctx.clock.now() + LOOK_INTERVAL, waiting_for)


def tell_still_on(ctx: Context, state: PatchInstallationState, why: str) -> None:
    """Say that a machine which was started by us is still on."""
    if state.started_machine is not None:
        ctx.advise(f"the machine was started for this and is still on: {why}; the next run, or a destroy, stops it")


def put_back_quietly(ctx: Context, machine: ResourceId, state: PatchInstallationState, patience: Patience) -> bool:
    """As `put_back`, after a failure that must not be hidden by another one. Whether it worked."""
    try:
        put_back(ctx, machine, state, patience)
    except HotpatchError as error:
        tell_still_on(ctx, state, str(error))
        return False
    return True
