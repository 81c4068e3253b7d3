"""A rollout, driven through the engine's table: what is seen becomes a signal, and the effects are done.

One thread, one clock: whatever is due next is waited for. Every step is kept, so that whatever ends a run, the next one
goes on in the same ring.
"""

from __future__ import annotations

from datetime import UTC, datetime

from pulumi_azure_hotpatch.engine.counting import counted
from pulumi_azure_hotpatch.engine.rollout import Effect, Phase, Signal, step
from pulumi_azure_hotpatch.engine.rollout_rings import earliest_start
from pulumi_azure_hotpatch.errors import Refused
from pulumi_azure_hotpatch.handlers.waiting import Patience
from pulumi_azure_hotpatch.models.base import parse_wait
from pulumi_azure_hotpatch.models.patch_rollout import PatchRolloutState, at_a_time, soak_of
from pulumi_azure_hotpatch.models.patches import spell_instant
from pulumi_azure_hotpatch.ports import Context

from .gate import check_health
from .machines import Installations
from .progress import Progress, soaked_at
from .words import ended, halted, named, under_way


class RollingOut:
    """`id` is the resource's; what is reached is kept under it."""

    def __init__(self, ctx: Context, id: str, progress: Progress, patience: Patience) -> None:
        self._ctx = ctx
        self._id = id
        self._progress = progress
        self._patience = patience
        self._installations = Installations(ctx, progress, self._keep, self._sleep)

    def run(self) -> PatchRolloutState:
        """Go on until the end, or until the next step lies further ahead than this run may wait.

        Raises Refused where the rollout halts or has to ask, and whatever ends a wait.
        """
        progress = self._progress
        self._installations.find_again()
        progress.waiting_until = None
        if progress.phase is Phase.INSTALLING:
            self._do(Effect.START_MACHINES)
        elif progress.phase is Phase.CHECKING:
            self._do(Effect.CHECK_HEALTH)
        while not (progress.phase is Phase.FINISHED and not progress.machines("waiting")):
            found = step(progress.phase, self._look())
            progress.phase = found.phase
            for effect in found.effects:
                self._do(effect)
            self._keep()
            if Effect.END_RUN in found.effects:
                break
        return self._ended()

    def resume(self) -> None:
        """Let a halted (or halting) rollout go on, if what has failed or is unhealthy by now allows it."""
        progress = self._progress
        if progress.phase is Phase.HALTED:
            check_health(self._ctx, progress, progress.unhealthy)
        if not (progress.is_too_bad() if progress.phase is Phase.HALTED else progress.is_overspent()):
            progress.phase = step(progress.phase, Signal.RESUMED).phase

    def drain(self) -> None:
        """Wait for what is under way, and start nothing."""
        self._installations.find_again()
        while self._installations.running:
            self._wait_for_one("what is under way of the rollout before")

    def _look(self) -> Signal:
        """What is seen in the phase under way; waits for it."""
        progress = self._progress
        match progress.phase:
            case Phase.WAITING:
                # What still runs of a ring that is declared no more ends before the ring in its place is opened.
                while self._installations.running and progress.ring_state().opened_at is None:
                    self._wait_for_one(under_way(progress, self._installations.running))
                if progress.is_overspent():
                    return Signal.OVERSPENT
                return self._wait_until(self._earliest(), "start")
            case Phase.INSTALLING:
                return self._wait_for_machines()
            case Phase.DRAINING:
                return self._wait_for_running()
            case Phase.SOAKING:
                return self._wait_until(soaked_at(progress, soak_of(progress.inputs, progress.ring)), "soak")
            case Phase.CHECKING:
                return self._judge()
            case _:
                return Signal.EXTENDED

    def _do(self, effect: Effect) -> None:
        progress, now = self._progress, self._ctx.clock.now().astimezone(UTC)
        match effect:
            case Effect.OPEN_RING:
                self._installations.open_ring()
                progress.note_ring(opened_at=progress.ring_state().opened_at or spell_instant(now))
            case Effect.START_MACHINES:
                if progress.of_ring("waiting"):
                    progress.note_ring(ended_at=None)
                self._installations.start(at_a_time(progress.inputs, progress.ring))
            case Effect.END_RING:
                if progress.ring_state().ended_at is None:
                    progress.note_ring(ended_at=spell_instant(now))
                    self._ctx.inform(ended(progress))
            case Effect.CHECK_HEALTH:
                check_health(self._ctx, progress, progress.ungated)
            case Effect.NEXT_RING:
                progress.next_ring()
            case Effect.HALT:
                self._keep()
                raise Refused(f"{self._ctx.label}: {halted(progress)}")
            case Effect.END_RUN:
                pass

    def _wait_for_machines(self) -> Signal:
        """Until a machine is through; occupied ones are asked again meanwhile."""
        progress, installations = self._progress, self._installations
        while not progress.is_overspent():
            if not installations.running and not progress.of_ring("waiting"):
                return Signal.ALL_ENDED
            if self._wait_for_one(under_way(progress, installations.running)):
                return Signal.OVERSPENT if progress.is_overspent() else Signal.ENDED
            installations.start(at_a_time(progress.inputs, progress.ring))
        return Signal.OVERSPENT

    def _wait_for_running(self) -> Signal:
        if not self._installations.running:
            return Signal.ALL_ENDED
        while not self._wait_for_one(f"{under_way(self._progress, self._installations.running)}; it halts after these"):
            pass
        return Signal.ENDED

    def _wait_for_one(self, waiting_for: str) -> bool:
        until = self._installations.next_poll()
        if until > self._ctx.clock.now():
            self._patience.sleep(self._ctx, until, waiting_for)
        return self._installations.poll()

    def _wait_until(self, instant: datetime | None, what: str) -> Signal:
        """Until a ring may start, or has soaked; or not in this run, where that is too far ahead."""
        now = self._ctx.clock.now()
        if instant is None or instant <= now:
            return Signal.DUE
        longest = min(parse_wait(self._progress.inputs.max_wait), self._patience.deadline - now)
        if instant - now > longest:
            self._progress.waiting_until = instant
            return Signal.FAR
        while self._ctx.clock.now() < instant:
            ring = f"ring '{self._progress.ring.name}' ({self._progress.number})"
            self._patience.sleep(self._ctx, instant, f"{ring} to {what} until {spell_instant(instant)}")
        return Signal.DUE

    def _earliest(self) -> datetime | None:
        inputs, ring = self._progress.inputs, self._progress.ring
        if inputs.release_month is None or self._progress.ring_state().opened_at is not None:
            return None
        return earliest_start(inputs.release_month, ring.deferral_days, inputs.start_at, inputs.time_zone)

    def _judge(self) -> Signal:
        progress = self._progress
        if progress.is_too_bad():
            return Signal.UNHEALTHY
        if progress.bad:
            bad, shown = counted(len(progress.bad)), named(each.machine_id for each in progress.bad)
            self._ctx.advise(f"ring '{progress.ring.name}' passes with {bad} failed or unhealthy: {shown}")
        progress.note_ring(passed_at=spell_instant(self._ctx.clock.now().astimezone(UTC)))
        return Signal.HEALTHY_AT_LAST if progress.is_last else Signal.HEALTHY

    def _ended(self) -> PatchRolloutState:
        state, progress = self._progress.state(), self._progress
        if progress.waiting_until is None:
            return state
        verb = "start" if progress.phase is Phase.WAITING else "soak"
        why = (
            f"waiting for ring '{progress.ring.name}' ({progress.number}) to {verb} until "
            f"{spell_instant(progress.waiting_until)}; run again then"
        )
        self._ctx.inform(why)
        return state.model_copy(update={"unfinished": why})

    def _sleep(self, until: datetime, waiting_for: str) -> None:
        self._patience.sleep(self._ctx, until, waiting_for)

    def _keep(self) -> None:
        self._ctx.keep(self._id, self._progress.state())
