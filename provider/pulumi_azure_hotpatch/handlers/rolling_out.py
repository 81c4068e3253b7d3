"""A rollout, driven through the engine's table: what is seen becomes a signal, and the effects are done.

One thread, one clock: whatever is due next is waited for. Every step is kept, so that whatever ends a run, the next one
goes on in the same ring.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from pulumi_azure_hotpatch.engine.bodies import Body, object_at
from pulumi_azure_hotpatch.engine.counting import counted
from pulumi_azure_hotpatch.engine.rollout import Effect, Phase, Signal, step
from pulumi_azure_hotpatch.engine.rollout_rings import earliest_start
from pulumi_azure_hotpatch.errors import Refused
from pulumi_azure_hotpatch.ids import ResourceId
from pulumi_azure_hotpatch.models.base import parse_wait
from pulumi_azure_hotpatch.models.patch_rollout import PatchRolloutState, RolloutMachine, at_a_time, soak_of
from pulumi_azure_hotpatch.models.patches import spell_instant
from pulumi_azure_hotpatch.ports import Context

from .patched_machines import RUNNING, find, is_arc
from .rollout_machines import Installations
from .rollout_progress import Progress, soaked_at
from .rollout_records import find_members
from .rollout_words import ended, halted, named, under_way
from .waiting import Patience

# Source: Microsoft Learn, Application Health extension with Virtual Machine Scale Sets: vmHealth.status.code.
_HEALTHY: Final = "healthstate/healthy"


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
        """Let a halted (or halting) rollout go on."""
        self._progress.phase = step(self._progress.phase, Signal.RESUMED).phase

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
                progress.note_ring(opened_at=progress.ring_state().opened_at or spell_instant(now), passed_at=None)
            case Effect.START_MACHINES:
                if progress.of_ring("waiting"):
                    progress.note_ring(ended_at=None)
                self._installations.start(at_a_time(progress.inputs, progress.ring))
            case Effect.END_RING:
                if progress.ring_state().ended_at is None:
                    progress.note_ring(ended_at=spell_instant(now))
                    self._ctx.inform(ended(progress))
            case Effect.CHECK_HEALTH:
                self._check_health()
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
        bad = len(progress.failed) + len(progress.unhealthy)
        if bad > progress.allowance:
            return Signal.UNHEALTHY
        if bad:
            shown = named(each.machine_id for each in (*progress.failed, *progress.unhealthy))
            self._ctx.advise(f"ring '{progress.ring.name}' passes with {counted(bad)} failed or unhealthy: {shown}")
        progress.note_ring(passed_at=spell_instant(self._ctx.clock.now().astimezone(UTC)))
        return Signal.HEALTHY_AT_LAST if progress.is_last else Signal.HEALTHY

    def _check_health(self) -> None:
        """Note what is wrong with patched machines; in bulk, and one by one only where that is not clear."""
        progress, gate = self._progress, self._progress.inputs.gate
        machines = progress.of_ring("succeeded")
        members = find_members(self._ctx, [each.machine_id for each in machines]) if gate else {}
        for machine in machines if gate else ():
            member = members.get(machine.machine_id.casefold())
            power = member.facts.power_state if member else None
            clear = power == RUNNING and ("healthy" not in gate or is_arc(ResourceId.parse(machine.machine_id)))
            progress.put(machine.model_copy(update={"unhealthy": None if clear else self._problem(machine)}))

    def _problem(self, machine: RolloutMachine) -> str | None:
        machine_id, gate = ResourceId.parse(machine.machine_id), self._progress.inputs.gate
        seen = find(self._ctx, machine_id)
        if seen is None:
            return "it does not exist any more"
        if "running" in gate and seen.is_off:
            return f"it is {seen.facts.power_state}"
        if "healthy" in gate and not is_arc(machine_id):
            return health_problem(self._ctx.machines.instance_view(machine_id) or {})
        return None

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


def health_problem(view: Body) -> str | None:
    """What an instance view says against a machine's application; None for one that is healthy."""
    code = object_at(object_at(view, "vmHealth"), "status").get("code")
    if code is None:
        return (
            "it reports no application health; install the application health extension, or leave 'healthy' out of gate"
        )
    return None if str(code).casefold() == _HEALTHY else f"its application reports {code}"
