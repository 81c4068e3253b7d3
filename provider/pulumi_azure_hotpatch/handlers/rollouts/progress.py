"""How far a rollout is: its phase, the ring under way, and every machine; what is kept for a later run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from pulumi_azure_hotpatch.engine.instants import instant_of
from pulumi_azure_hotpatch.engine.rollout import Phase, Signal, step
from pulumi_azure_hotpatch.engine.rollout_rings import Rings, called_now
from pulumi_azure_hotpatch.models.base import parse_wait
from pulumi_azure_hotpatch.models.patch_rollout import (
    PatchRolloutInputs,
    PatchRolloutState,
    Ring,
    RolloutMachine,
    RolloutRing,
    may_fail,
)
from pulumi_azure_hotpatch.models.patches import spell_instant

from .results import judged


class Progress:
    """`inputs` is the declaration that counts now; machines are looked up by id in lower case.

    Rings that `state` knows by another name are called as they are now.
    """

    def __init__(self, inputs: PatchRolloutInputs, state: PatchRolloutState) -> None:
        self.inputs = inputs
        self.phase = Phase(state.phase)
        self.waiting_until: datetime | None = None
        self._state = state
        names = called_now([ring.membership for ring in state.rings], [ring.membership for ring in inputs.rings])
        self._machines = {
            each.machine_id.casefold(): each.model_copy(update={"ring": names.get(each.ring, each.ring)})
            for each in state.machines
        }
        self._rings = {
            names[each.ring]: each.model_copy(update={"ring": names[each.ring]})
            for each in state.ring_states
            if each.ring in names
        }
        now = names.get(state.ring or "")
        # The ring that was under way, if it is declared no more.
        self._removed = state.ring if now is None else None
        if self.phase is Phase.WAITING and now is not None and not self._is_begun(now):
            # Nothing is missed by another one that comes before it now.
            now = None
        self._index = next((at for at, ring in enumerate(inputs.rings) if ring.name == now), self._first_open())

    @staticmethod
    def begin(inputs: PatchRolloutInputs, dealt: Rings, now: datetime, before: PatchRolloutState | None) -> Progress:
        """A rollout from its beginning; `before` is the one of another request that it follows."""
        looked = now - parse_wait(inputs.look_back)
        if before is not None and before.begun_at is not None:
            looked = max(looked, datetime.fromisoformat(before.begun_at))
        values: dict[str, Any] = {
            "begun_at": spell_instant(now),
            "previous_until": _last_start(before) if before else None,
            "looked_back_to": spell_instant(looked),
        }
        progress = Progress(inputs, PatchRolloutState.model_validate({**inputs.model_dump(), **values}))
        earlier = {each.machine_id.casefold(): each for each in (before.machines if before else ())}
        for name, machines in dealt.members.items():
            for machine in machines:
                old = earlier.get(machine.casefold())
                activity = (old.activity_id or old.previous_activity_id) if old else None
                progress.put(RolloutMachine(machine_id=machine, ring=name, previous_activity_id=activity))
        return progress

    @property
    def ring(self) -> Ring:
        """The ring under way."""
        return self.inputs.rings[self._index]

    @property
    def number(self) -> str:
        """Which one of how many it is."""
        return f"{self._index + 1} of {len(self.inputs.rings)}"

    @property
    def is_last(self) -> bool:
        """Whether no other ring follows, but such as have passed."""
        return self._next() is None

    def next_ring(self) -> None:
        """Go to the next ring; one that has passed is not looked at again unless machines have come into it."""
        self._index = self._next() or self._index

    @property
    def looked_back_to(self) -> datetime:
        """What began before and was over then is of no interest."""
        return datetime.fromisoformat(self._state.looked_back_to or self._state.begun_at or "")

    def is_surely_first(self, began: datetime) -> bool:
        """Whether no run before the one that began then asked for anything, by what the program says."""
        return not parse_wait(self.inputs.look_back) and datetime.fromisoformat(self._state.begun_at or "") >= began

    @property
    def is_at_its_beginning(self) -> bool:
        """Whether nothing has been done yet, nor by a rollout of the same resource before."""
        return self._state.previous_until is None and all(each.phase == "waiting" for each in self.machines())

    @property
    def ours_since(self) -> datetime | None:
        """The answer to the question whose installations are: an older one was about an earlier rollout."""
        if self.inputs.adopt_since is None:
            return None
        answer, before = instant_of(self.inputs.adopt_since), self._state.previous_until
        return answer if before is None or answer > datetime.fromisoformat(before) else None

    def machines(self, *phases: str) -> list[RolloutMachine]:
        """All machines, or those in one of the phases."""
        return [each for each in self._machines.values() if not phases or each.phase in phases]

    def of_ring(self, *phases: str, name: str | None = None) -> list[RolloutMachine]:
        """The machines of the ring under way (or of the named one), or those in one of the phases."""
        wanted = name or self.ring.name
        return [each for each in self.machines(*phases) if each.ring == wanted and each.phase != "excluded"]

    @property
    def ungated(self) -> list[RolloutMachine]:
        """The patched machines of the ring under way that its gate has not let pass yet."""
        passed = self.ring_state().passed_at
        since = None if passed is None else datetime.fromisoformat(passed)
        return [
            each
            for each in self.of_ring("succeeded")
            if since is None or each.unhealthy or not each.finished_at or instant_of(each.finished_at) > since
        ]

    def put(self, machine: RolloutMachine) -> None:
        """Take over what is known of a machine now."""
        self._machines[machine.machine_id.casefold()] = machine

    def get(self, machine_id: str) -> RolloutMachine:
        """What is known of a machine."""
        return self._machines[machine_id.casefold()]

    def ring_state(self) -> RolloutRing:
        """The times of the ring under way."""
        return self._rings.get(self.ring.name) or RolloutRing(ring=self.ring.name)

    def note_ring(self, **values: Any) -> None:
        """Take over times of the ring under way."""
        self._rings[self.ring.name] = self.ring_state().model_copy(update=values)

    @property
    def failed(self) -> list[RolloutMachine]:
        """The machines of the ring that count against its budget."""
        return [each for each in self.of_ring("failed") if not each.accepted]

    @property
    def unhealthy(self) -> list[RolloutMachine]:
        """The machines of the ring that are patched, and that the gate found something wrong with."""
        return [each for each in self.of_ring("succeeded") if each.unhealthy and not each.accepted]

    @property
    def bad(self) -> list[RolloutMachine]:
        """The machines of the ring that failed or are unhealthy."""
        return [*self.failed, *self.unhealthy]

    @property
    def allowance(self) -> int:
        """How many machines of the ring may fail."""
        return may_fail(self.inputs, self.ring, len(self.of_ring()))

    def is_overspent(self) -> bool:
        """Whether more have failed."""
        return len(self.failed) > self.allowance

    def is_too_bad(self) -> bool:
        """Whether more have failed or are unhealthy."""
        return len(self.bad) > self.allowance

    def redeal(self, dealt: Rings) -> list[str]:
        """Follow the declaration: machines that came and went, and rings of those that nothing was done with yet.

        A machine whose ring is over goes with the ring under way, or with the next one if that is through as well. One
        that something was done with counts in its ring as long as that is declared, then where it is dealt now; if its
        ring was under way, in the ring that takes its place, so that no halt ends by another name. The machines that
        wait for another ring than the one that takes them.
        """
        wanted, names = dealt.ring_of(), {ring.name for ring in self.inputs.rings}
        if self._removed is not None:
            self.phase = step(self.phase, Signal.REMOVED).phase
        for machine in self.machines():
            key = machine.machine_id.casefold()
            is_over = machine.finished_at is not None
            if key in wanted and machine.phase == "excluded":
                self.put(
                    machine.model_copy(update={"phase": judged(machine, self.inputs) if is_over else "installing"})
                )
            elif key not in wanted and machine.phase == "installing":
                self.put(machine.model_copy(update={"phase": "excluded"}))
            elif key not in wanted and (machine.phase != "excluded" or is_over):
                del self._machines[key]
        for name, machines in dealt.members.items():
            for machine_id in machines:
                known = self._machines.get(machine_id.casefold())
                if known is None:
                    self.put(RolloutMachine(machine_id=machine_id, ring=self._still_open(name)))
                elif known.phase == "waiting":
                    self.put(known.model_copy(update={"ring": self._still_open(name)}))
                elif known.ring not in names:
                    ring = self.ring.name if known.ring == self._removed else name
                    self.put(known.model_copy(update={"ring": ring}))
        return [each.machine_id for each in self.machines("waiting") if wanted[each.machine_id.casefold()] != each.ring]

    def accept_failures(self, *, retry: bool) -> None:
        """What a `resume` does: failures so far count no more, or their machines are tried again."""
        for machine in self.machines("failed"):
            if retry:
                self.put(self._again(machine))
            else:
                self.put(machine.model_copy(update={"accepted": True}))
        for machine in self.machines("succeeded"):
            if machine.unhealthy:
                self.put(machine.model_copy(update={"accepted": True}))

    def try_untouched_again(self) -> None:
        """Let machines on which nothing was installed wait again: there is nothing to do twice."""
        for machine in self.machines("failed"):
            if machine.activity_id is None and not machine.accepted:
                self.put(self._again(machine))

    def state(self) -> PatchRolloutState:
        """What is stored."""
        order = {ring.name: at for at, ring in enumerate(self.inputs.rings)}
        machines = sorted(self.machines(), key=lambda each: (order.get(each.ring, 0), each.machine_id.casefold()))
        count = _counts(machines)
        values = dict(self.inputs)
        values |= {
            "phase": self.phase.value,
            "ring": None if self.phase is Phase.FINISHED else self.ring.name,
            "waiting_until": spell_instant(self.waiting_until),
            "ring_states": tuple(self._summaries(count)),
            "machines": tuple(machines),
            "succeeded_count": sum(each.get("succeeded", 0) for each in count.values()),
            "failed_count": sum(each.get("failed", 0) for each in count.values()),
            "remaining_count": sum(
                number
                for each in count.values()
                for phase, number in each.items()
                if phase not in ("succeeded", "failed")
            ),
            "unfinished": None,
        }
        return self._state.model_copy(update=values)

    def _summaries(self, counts: Mapping[str, Mapping[str, int]]) -> Iterator[RolloutRing]:
        for ring in self.inputs.rings:
            count = counts.get(ring.name, {})
            known = self._rings.get(ring.name) or RolloutRing(ring=ring.name)
            yield known.model_copy(
                update={
                    "machines": sum(count.values()),
                    "succeeded": count.get("succeeded", 0),
                    "failed": count.get("failed", 0),
                }
            )

    def _again(self, machine: RolloutMachine) -> RolloutMachine:
        previous = machine.activity_id or machine.previous_activity_id
        ring = self._still_open(machine.ring)
        return RolloutMachine(machine_id=machine.machine_id, ring=ring, previous_activity_id=previous)

    def _still_open(self, name: str) -> str:
        """The ring, or the first after it in which machines may still be started."""
        order = [ring.name for ring in self.inputs.rings]
        following = self._next() if self.phase in (Phase.SOAKING, Phase.CHECKING) else None
        return order[max(order.index(name), self._index if following is None else following)]

    def _first_open(self) -> int:
        """The ring after the last one that has passed; the last of all where none follows."""
        last = len(self.inputs.rings) - 1
        passed = [at for at in range(last + 1) if self._has_passed(at)]
        return min(passed[-1] + 1, last) if passed else 0

    def _next(self) -> int | None:
        """The ring that follows the one under way: it has not passed, or machines have come into it since."""
        following = range(self._index + 1, len(self.inputs.rings))
        return next((at for at in following if not self._has_passed(at) or self._is_unfinished(at)), None)

    def _has_passed(self, at: int) -> bool:
        known = self._rings.get(self.inputs.rings[at].name)
        return known is not None and known.passed_at is not None

    def _is_unfinished(self, at: int) -> bool:
        return bool(self.of_ring("waiting", "asked", "installing", name=self.inputs.rings[at].name))

    def _is_begun(self, name: str) -> bool:
        known = self._rings.get(name)
        machines = self.of_ring(name=name)
        return (known is not None and known.opened_at is not None) or any(each.phase != "waiting" for each in machines)


def soaked_at(progress: Progress, soak: timedelta) -> datetime | None:
    """When the ring under way has been left alone long enough; None where there is nothing to wait for."""
    ended = progress.ring_state().ended_at
    if ended is None or progress.is_last or not soak:
        return None
    return datetime.fromisoformat(ended) + soak


def _last_start(state: PatchRolloutState) -> str | None:
    """When the last installation of a rollout began; when the rollout did, where there is none."""
    begun = [each.started_at for each in state.machines if each.started_at is not None]
    return max(begun, key=datetime.fromisoformat, default=state.begun_at)


def _counts(machines: Iterable[RolloutMachine]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for machine in machines:
        if machine.phase != "excluded":
            of_ring = found.setdefault(machine.ring, {})
            of_ring[machine.phase] = of_ring.get(machine.phase, 0) + 1
    return found
