"""A rollout in rings: once for each value of its triggers and its request, whatever becomes of a run."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final

from pulumi_azure_hotpatch.engine.counting import counted
from pulumi_azure_hotpatch.engine.logic import UNKNOWN
from pulumi_azure_hotpatch.engine.rollout import Phase
from pulumi_azure_hotpatch.engine.rollout_rings import Rings
from pulumi_azure_hotpatch.engine.rules import Finding
from pulumi_azure_hotpatch.errors import Refused
from pulumi_azure_hotpatch.handlers.rollouts.dealing import dealt
from pulumi_azure_hotpatch.handlers.rollouts.plan import batches, judge_plan, look, planned
from pulumi_azure_hotpatch.handlers.rollouts.progress import Progress
from pulumi_azure_hotpatch.handlers.rollouts.results import in_name_of_the_rollout
from pulumi_azure_hotpatch.handlers.rollouts.rolling_out import RollingOut
from pulumi_azure_hotpatch.handlers.rollouts.words import goes_with, halted, named
from pulumi_azure_hotpatch.ids import ResourceId
from pulumi_azure_hotpatch.models.base import parse_wait
from pulumi_azure_hotpatch.models.draft import Draft
from pulumi_azure_hotpatch.models.patch_rollout import PatchRolloutInputs, PatchRolloutState, asks_for_the_same
from pulumi_azure_hotpatch.models.rollout_facts import all_machines
from pulumi_azure_hotpatch.ports import Context

from .base import Created, Handler
from .waiting import Patience, spell

Inputs = Draft[PatchRolloutInputs]
State = PatchRolloutState

# Beyond the installations' own time, for each that follows another: assessments before and after, a restart.
_MARGIN: Final = timedelta(minutes=90)


class PatchRolloutHandler(Handler[PatchRolloutInputs, State]):
    """The installation of patches on many machines, ring after ring."""

    inputs = PatchRolloutInputs
    state = PatchRolloutState
    twice = "installation-declared-twice"
    claims = "rings"

    def label(self, inputs: Inputs) -> str:
        if inputs.rings is UNKNOWN:
            return "rollout"
        return f"rollout over {counted(len(inputs.rings), 'ring')}"

    def targets(self, inputs: Inputs) -> Iterable[str]:
        if inputs.known("rings", "machine_ids", "exclude"):
            known = PatchRolloutInputs.model_construct(
                rings=inputs.rings, machine_ids=inputs.machine_ids, exclude=inputs.exclude
            )
            # Not the machines themselves: their patch settings are other resources'.
            yield from (f"{each}#installation" for each in all_machines(known))

    def check(self, ctx: Context, inputs: Inputs) -> Iterable[Finding]:
        yield from judge_plan(ctx, inputs, look(ctx, inputs))

    def answers(self, ctx: Context, inputs: Inputs, state: State | None) -> dict[str, Any]:
        if state is not None and not ctx.may_read:
            return {"plan": state.plan}
        return {"plan": planned(ctx, inputs, look(ctx, inputs))}

    @in_name_of_the_rollout
    def create(self, ctx: Context, inputs: PatchRolloutInputs) -> Created[State]:
        id, rings = _new_id(ctx, inputs), dealt(ctx, inputs, None)
        progress = Progress.begin(inputs, rings, ctx.clock.now(), None)
        return Created(id, RollingOut(ctx, id, progress, _patience(ctx, inputs, rings)).run())

    def read(self, ctx: Context, id: str, state: State) -> State | None:
        # What has happened does not change, and is not gone with a machine.
        return state

    @in_name_of_the_rollout
    def update(self, ctx: Context, id: str, state: State, inputs: PatchRolloutInputs) -> State:
        goes_on = asks_for_the_same(state, inputs)
        rings = dealt(ctx, inputs, state if goes_on else None)
        patience = _patience(ctx, inputs, rings)
        if not goes_on:
            # Under its own declaration, so that an interruption leaves it what it is.
            RollingOut(ctx, id, Progress(state, state), patience).drain()
            progress = Progress.begin(inputs, rings, ctx.clock.now(), state)
            return RollingOut(ctx, id, progress, patience).run()
        progress = Progress(inputs, state)
        moved = progress.redeal(rings)
        if moved:
            ctx.inform(goes_with(progress, moved))
        if inputs.resume != state.resume:
            progress.accept_failures(retry=inputs.retry_failed)
        rolling = RollingOut(ctx, id, progress, patience)
        if progress.phase is Phase.HALTED:
            progress.try_untouched_again()
        if progress.phase in (Phase.HALTED, Phase.DRAINING):
            rolling.resume()
        if progress.phase is Phase.HALTED:
            ctx.keep(id, progress.state())
            raise Refused(f"{ctx.label}: {halted(progress)}")
        return rolling.run()

    def delete(self, ctx: Context, id: str, state: State) -> None:
        running = [each.machine_id for each in state.machines if each.phase in ("asked", "installing", "excluded")]
        running = [each.machine_id for each in state.machines if each.machine_id in running and not each.finished_at]
        if running:
            ctx.inform(
                f"{counted(len(running), 'installation')} may still be under way, and nothing stops "
                f"them: {named(running)}"
            )


HANDLER = PatchRolloutHandler()


def _new_id(ctx: Context, inputs: PatchRolloutInputs) -> str:
    """The subscription of its first machine, and a digest of machines and triggers: no one activity is all of it, and
    there may be none yet when a run ends.
    """
    machines = sorted(each.casefold() for each in all_machines(inputs))
    scope = ResourceId.parse(machines[0]).subscription_id if machines else ctx.settings.subscription_id
    asked = " ".join((*machines, *map(str, inputs.triggers)))
    return f"/subscriptions/{scope}#rollout-{uuid.uuid5(uuid.NAMESPACE_URL, asked)}"


def _patience(ctx: Context, inputs: PatchRolloutInputs, rings: Rings) -> Patience:
    one = parse_wait(inputs.maximum_duration) + _MARGIN
    most = one * max(1, batches(inputs, rings)) + parse_wait(inputs.max_wait) * (2 * len(inputs.rings))
    return Patience.of(ctx, inputs.timeout, spell(most))
