"""Bringing the machines of a fleet to what is declared, and giving back what leaves it.

Machines are worked on in waves, so that memory does not grow with the fleet. What Azure was told is in the records from
that moment on, whatever becomes of the rest; a machine's failure is noted in its record and ends nobody else's work.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pulumi_azure_hotpatch.engine.counting import counted
from pulumi_azure_hotpatch.engine.writers import likely_writers
from pulumi_azure_hotpatch.errors import ArmError, NotFound
from pulumi_azure_hotpatch.handlers.claiming import claim
from pulumi_azure_hotpatch.handlers.restoring import changed_by_us, documented_default, restoration
from pulumi_azure_hotpatch.handlers.waiting import Patience
from pulumi_azure_hotpatch.ids import ResourceId
from pulumi_azure_hotpatch.models.fleet_patch_settings import FleetPatchSettingsInputs, MachineRecord
from pulumi_azure_hotpatch.models.owned_settings import given
from pulumi_azure_hotpatch.ports import Context

from .assigning import Assign, assign_all, present_assignments, release_all
from .changing import SETTLE_INTERVAL, Write, write_all
from .judging import Sentences
from .reading import Seen, look_at
from .records import Member, Records, few

_WAVE: Final = 1_000


@dataclass
class FleetRun:
    """One verb's work on the records of a fleet; `failures` has, by machine, why it is not as it should be."""

    ctx: Context
    inputs: FleetPatchSettingsInputs
    records: Records
    patience: Patience
    after_a_break: bool = False
    failures: dict[str, ArmError] = field(default_factory=dict)
    told: bool = False

    def bring_about(self, ids: Sequence[str]) -> None:
        """Give every machine the settings and then the schedule; release those that are in the fleet no longer."""
        machines = [ResourceId.parse(one) for one in ids]
        for start in range(0, len(machines), _WAVE):
            self._wave(machines[start : start + _WAVE])
        wanted = {one.key for one in machines}
        leaving = {key: member for key, member in self.records.items() if key not in wanted}
        if leaving:
            names = few(one.id for one in leaving.values())
            self.ctx.inform(f"leaving the fleet: {counted(len(leaving))} ({names})")
        self.release(leaving)

    def release(self, leaving: Records) -> None:
        """Give back what machines had before us, as `on_destroy` says; those that are done lose their record."""
        mine = {}
        for key, member in leaving.items():
            if self.inputs.on_destroy == "keep" or self.ctx.declarations.is_still_wanted(str(member.id)):
                self.records.pop(key, None)
            else:
                mine[key] = member
        if kept := len(leaving) - len(mine):
            why = "on_destroy is 'keep'" if self.inputs.on_destroy == "keep" else "other resources declare them"
            self.ctx.inform(f"left as they are: {counted(kept)} ({why})")
        members = list(mine.values())
        for start in range(0, len(members), _WAVE):
            self._release(members[start : start + _WAVE])

    def _wave(self, machines: Sequence[ResourceId]) -> None:
        wanted = given(self.inputs)
        sentences = Sentences(self.inputs.schedule_id, self.ctx.settings.relaxed)
        seen = self._look(machines)
        writes: list[Write] = []
        contested: defaultdict[tuple[str, str], list[ResourceId]] = defaultdict(list)
        for key, one in seen.items():
            before = self._record(key)
            claimed = claim(before, wanted, one.machine.settings, after_a_break=self.after_a_break)
            left = one.machine.with_settings(wanted)
            record = claimed.record.model_copy(update={"outcome": sentences.of(left)})
            # A change that Azure took and then failed shows in the settings although it is not done.
            changes = wanted if before.error and one.state == "failed" else claimed.changes
            for name in claimed.contested:
                contested[name, str(getattr(one.machine.settings, name))].append(one.id)
            if changes:
                writes.append(Write(one, changes, self._teller(key, one.id, record)))
            else:
                self.records[key] = Member(one.id, record)
        self._advise(contested)
        if writes:
            self.ctx.progress(f"changing {counted(len(writes))} of {counted(len(machines))}")
        for key, error in write_all(self.ctx, writes, self.patience).items():
            self._fail(seen[key].id, error)
        self._assign({key: one for key, one in seen.items() if key not in self.failures})

    def _assign(self, seen: Mapping[str, Seen]) -> None:
        schedule_id = self.inputs.schedule_id
        members = [self.records[key] for key in seen]
        if schedule_id is None:
            unscheduled = [one for one in members if one.record.applied_schedule_id is not None]
            self._unassign(unscheduled)
            return
        if not members:
            return
        present = present_assignments(self.ctx, (one.id for one in members))

        def one(key: str, member: Member) -> Assign:
            return Assign(
                member,
                schedule_id,
                _text(seen[key].machine.location),
                lambda record: self._note(key, member.id, record),
            )

        work = [one(key, member) for key, member in zip(seen, members, strict=True)]
        for member, answer in zip(members, assign_all(self.ctx, work, present, self.patience), strict=True):
            if isinstance(answer, ArmError):
                self._fail(member.id, answer)

    def _unassign(self, members: list[Member]) -> None:
        """Take back the schedule; the record says so where that worked."""
        if not members:
            return
        present = present_assignments(self.ctx, (one.id for one in members))
        for member, answer in zip(members, release_all(self.ctx, members, present, self.patience), strict=True):
            if isinstance(answer, ArmError):
                self._fail(member.id, answer)
            else:
                self.told = self.told or answer
                nothing = {"applied_schedule_id": None, "previous_schedule_id": None, "assignment_adopted": False}
                self._note(member.id.key, member.id, self._record(member.id.key).model_copy(update=nothing))

    def _release(self, members: Sequence[Member]) -> None:
        self._unassign([one for one in members if one.record.applied_schedule_id is not None])
        changed = [one.id for one in members if changed_by_us(one.record) and one.id.key not in self.failures]
        seen = self._look(changed, gone_is_fine=True)
        writes: list[Write] = []
        left: defaultdict[str, list[ResourceId]] = defaultdict(list)
        for key, one in seen.items():
            record = self._record(key)
            restored, kept = restoration(record, one.machine, "machine", documented_default, self.ctx.settings.relaxed)
            for reason in kept:
                left[reason].append(one.id)
            if restored:
                writes.append(Write(one, restored, lambda: None))
        for member in members:
            if member.record.adopted:
                left[f"{', '.join(member.record.adopted)} (already as wanted when this stack found it)"].append(
                    member.id
                )
        for reason, machines in left.items():
            self.ctx.inform(f"left as they are on {counted(len(machines))} ({few(machines)}): {reason}")
        self.told = self.told or bool(writes)
        for key, error in write_all(self.ctx, writes, self.patience).items():
            # A machine that goes meanwhile has nothing left to restore.
            if not isinstance(error, NotFound):
                self._fail(seen[key].id, error)
        for member in members:
            if member.id.key not in self.failures:
                self.records.pop(member.id.key, None)

    def _look(self, machines: Sequence[ResourceId], *, gone_is_fine: bool = False) -> dict[str, Seen]:
        """The machines that can be worked on now, settled; the others have failed, or are gone."""
        found = look_at(self.ctx, machines, self.patience)
        while busy := [one.id for one in found.values() if isinstance(one, Seen) and one.is_busy]:
            until = self.ctx.clock.now() + SETTLE_INTERVAL
            self.patience.sleep(self.ctx, until, f"other operations on {counted(len(busy))} to end")
            found |= look_at(self.ctx, busy, self.patience)
        seen: dict[str, Seen] = {}
        for machine in machines:
            one = found[machine.key]
            if isinstance(one, Seen):
                seen[machine.key] = one
            elif isinstance(one, ArmError):
                self._fail(machine, one)
            elif gone_is_fine or self.inputs.machine_ids is None:
                # What a filter or a query has found may be gone since.
                self.records.pop(machine.key, None)
            else:
                self._fail(
                    machine,
                    NotFound(
                        f"VM '{machine.name}': it does not exist ({machine}); create it first, or correct machine_ids",
                        status=404,
                    ),
                )
        return seen

    def _record(self, key: str) -> MachineRecord:
        return self.records[key].record if key in self.records else MachineRecord()

    def _teller(self, key: str, id: ResourceId, record: MachineRecord) -> Any:
        return lambda: self._note(key, id, record)

    def _note(self, key: str, id: ResourceId, record: MachineRecord) -> None:
        self.records[key] = Member(id, record)
        self.told = True

    def _fail(self, machine: ResourceId, error: ArmError) -> None:
        self.failures[machine.key] = error
        record = self._record(machine.key).model_copy(update={"error": str(error)})
        self.records[machine.key] = Member(machine, record)

    def _advise(self, contested: Mapping[tuple[str, str], list[ResourceId]]) -> None:
        for (name, now), machines in contested.items():
            writers = likely_writers(name, now)
            hint = (
                f" {' or '.join(writers)} writes this value: exempt the machines, or leave the field out here."
                if writers
                else ""
            )
            self.ctx.advise(
                f"{name} was changed to {now} by somebody else on {counted(len(machines))} ({few(machines)}) after it "
                f"had been set to {getattr(self.inputs, name)}; it is set again.{hint}"
            )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def explain(label: str, failures: Mapping[str, ArmError], total: int, what: str) -> ArmError:
    """One line about machines that failed: whose, how many, the first of them, Azure's reason, and what to do."""
    alike: defaultdict[str, list[tuple[str, ArmError]]] = defaultdict(list)
    for key, error in failures.items():
        alike[error.code or str(error.status)].append((ResourceId.parse(key).name, error))
    first = next(iter(failures.values()))
    return ArmError(
        f"{label}: {len(failures):,} of {counted(total)} {what}: {'; '.join(_reasons(alike))}. "
        f"What was done is kept; mend that and run again to go on with {'it' if len(failures) == 1 else 'these'}",
        code=first.code,
        status=first.status,
    )


def _reasons(alike: Mapping[str, list[tuple[str, ArmError]]]) -> Iterator[str]:
    for found in sorted(alike.values(), key=len, reverse=True):
        whole = str(found[0][1])
        _, _, reason = whole.partition(": ")
        yield f"{few(name for name, _ in found)}: {(reason or whole).rstrip('.')}"
