"""A machine that is usually off: started for an installation, and put back afterwards.

Only a machine that was off is touched. That it was started by us is kept before it is started, so that whatever ends a
run, the next one or a destroy puts it back. A run that was killed has kept nothing: then the activity log tells,
because our request to start has an id of the resource's own. Nothing stops a machine while an installation runs in it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from pulumi_azure_hotpatch.engine.requests import LOG_DELAY, Started, request_id, who_started
from pulumi_azure_hotpatch.errors import ArmError, ConfigurationError, HotpatchError, NotFound
from pulumi_azure_hotpatch.handlers.patched_machines import LOOK_INTERVAL, Seen, find, is_arc, refuse_off, settle
from pulumi_azure_hotpatch.handlers.waiting import Patience, finish, kept_if_unanswered
from pulumi_azure_hotpatch.ids import ResourceId
from pulumi_azure_hotpatch.models.base import parse_wait
from pulumi_azure_hotpatch.models.patch_installation import PatchInstallationState
from pulumi_azure_hotpatch.ports import Body, Context, Operation

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
    if seen.facts.is_arc is True:
        refuse_off(ctx, seen, "Let its agent connect first.")
    if not state.start_if_off:
        refuse_off(ctx, seen, "Start it first, or set start_if_off.")
    was = state.started_machine or ("stopped" if seen.facts.power_state in _STOPPED else "deallocated")
    started = state.model_copy(update={"started_machine": was})
    ours = [started] if state.started_machine is not None else []

    def start() -> Operation[Body]:
        with kept_if_unanswered(ctx, id, started):
            operation = ctx.patching.start(machine, _request_id(ctx, machine))
        keep(started)
        ours.append(started)
        return operation

    _turn(ctx, machine, patience, start, lambda now: not now.is_off, "the machine to start")
    # What somebody else has started meanwhile is not ours to stop.
    return started if ours else state


def recall(
    ctx: Context, machine: ResourceId, state: PatchInstallationState, patience: Patience | None = None
) -> PatchInstallationState:
    """The state with what a run that was killed did to the machine's power: whether it was us who started it.

    With `patience` a log that does not tell is waited for, until it has all that was asked before this verb began.
    """
    if not state.start_if_off or state.started_machine is not None or is_arc(machine):
        return state
    while True:
        seen = find(ctx, machine)
        if seen is None or seen.is_off:
            return state
        try:
            started = _who_started(ctx, machine, state)
        except (ArmError, ConfigurationError) as error:
            ctx.advise(
                "the machine is on, and whether a run that was killed has started it is not known; stop it yourself "
                f"if it should be off ({error})"
            )
            return state
        if started.ours:
            ctx.inform("the machine is on because a run that was killed has started it (activity log)")
            return state.model_copy(update={"started_machine": started.before})
        if started.ours is False or patience is None or ctx.clock.now() >= patience.started + LOG_DELAY:
            return state
        until = min(ctx.clock.now() + LOOK_INTERVAL, patience.started + LOG_DELAY)
        patience.sleep(ctx, until, "the activity log to tell who started the machine")


def recall_after_failure(ctx: Context, machine: ResourceId, state: PatchInstallationState) -> PatchInstallationState:
    """As `recall`, after a failure that must not be hidden by another one."""
    try:
        recalled = recall(ctx, machine, state)
        if recalled.started_machine is None and state.start_if_off and not is_arc(machine):
            seen = find(ctx, machine)
            if seen is not None and not seen.is_off and _who_started(ctx, machine, state).ours is None:
                ctx.advise(
                    "the machine is on, and the activity log does not say (yet) who started it; if a run that was "
                    "killed did, the next run puts it back"
                )
    except HotpatchError:
        return state
    return recalled


def put_back(ctx: Context, machine: ResourceId, state: PatchInstallationState, patience: Patience) -> None:
    """Stop the machine if it was started by us. Gone is success.

    What its power state shows does not count: a start that was asked for may still be under way.
    """
    if state.started_machine is None or find(ctx, machine) is None:
        return

    def stop() -> Operation[Body]:
        return ctx.patching.stop(machine, deallocate=state.started_machine != "stopped")

    try:
        _until_idle(ctx, machine, patience)
        _turn(ctx, machine, patience, stop, lambda _: False, "the machine to stop")
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
        seen = find(ctx, machine)
        if seen is not None and _is_installing(seen):
            tell_still_on(ctx, state, "an installation runs in it")
            return False
        put_back(ctx, machine, state, patience)
    except HotpatchError as error:
        tell_still_on(ctx, state, str(error))
        return False
    return True


def _until_idle(ctx: Context, machine: ResourceId, patience: Patience) -> None:
    while _is_installing(settle(ctx, machine, patience)):
        patience.sleep(ctx, ctx.clock.now() + LOOK_INTERVAL, "the installation in the machine to end")


def _is_installing(seen: Seen) -> bool:
    return seen.installation is not None and seen.installation.is_running


def _who_started(ctx: Context, machine: ResourceId, state: PatchInstallationState) -> Started:
    since: datetime = ctx.clock.now() - parse_wait(state.look_back)
    return who_started(ctx.activity_log.requests(machine, since), _request_id(ctx, machine))


def _request_id(ctx: Context, machine: ResourceId) -> str:
    return request_id(ctx.identity, str(machine), "start")


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
