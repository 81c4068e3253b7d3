"""The patch settings of many VMs as one resource, and the schedule that each is given.

What is said of one machine in `virtual_machine_patch_settings` holds for every machine here: only given fields, what
was as wanted is left on destroy, what we changed goes back. A machine that leaves the fleet is treated as on destroy.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from pulumi_azure_hotpatch.engine.counting import are, counted
from pulumi_azure_hotpatch.engine.facts import PATCH_FIELDS, Declaration, Machine
from pulumi_azure_hotpatch.engine.logic import UNKNOWN
from pulumi_azure_hotpatch.engine.rules import Finding, judge, rule
from pulumi_azure_hotpatch.errors import ArmError, ConfigurationError, HotpatchError, Refused
from pulumi_azure_hotpatch.handlers.fleets.assigning import assignment_of
from pulumi_azure_hotpatch.handlers.fleets.drift import drift_of
from pulumi_azure_hotpatch.handlers.fleets.judging import Sentences, count_sentences, judge_assignments, judge_machines
from pulumi_azure_hotpatch.handlers.fleets.matching import match_for_good, match_in_preview, members, sources
from pulumi_azure_hotpatch.handlers.fleets.reading import Seen, look_at, rows_of
from pulumi_azure_hotpatch.handlers.fleets.records import Records, few, groups_of, records_of
from pulumi_azure_hotpatch.handlers.fleets.run import FleetRun, explain
from pulumi_azure_hotpatch.ids import ResourceId
from pulumi_azure_hotpatch.models.draft import Draft
from pulumi_azure_hotpatch.models.fleet_patch_settings import FleetPatchSettingsInputs, FleetPatchSettingsState
from pulumi_azure_hotpatch.ports import Context

from .base import MOST_TOLD, Created, Handler
from .foreseeing import look_for_schedule, tell_missing_machines
from .waiting import Patience

Inputs = Draft[FleetPatchSettingsInputs]
State = FleetPatchSettingsState

_DEFAULT_TIMEOUT: Final = "2h"
_SINGLES: Final = 20
"""How many machines that nothing shows a preview asks for one by one."""


class FleetPatchSettingsHandler(Handler[FleetPatchSettingsInputs, State]):
    """The patch settings of a fleet."""

    inputs = FleetPatchSettingsInputs
    state = State
    twice = "vm-settings-declared-twice"
    claims = "machine_ids"

    def label(self, inputs: Inputs) -> str:
        return f"fleet '{inputs.fleet_name}'" if inputs.known("fleet_name") else "a fleet"

    def targets(self, inputs: Inputs) -> Iterable[str]:
        ids = members(inputs)
        if ids is UNKNOWN:
            return
        yield from ids
        if inputs.known("schedule_id") and inputs.schedule_id is not None:
            for one in ids:
                yield str(assignment_of(ResourceId.parse(one), inputs.schedule_id))

    def resolve(self, ctx: Context, inputs: Inputs) -> dict[str, Any]:
        return {"matched": matched} if (matched := match_in_preview(ctx, inputs)) is not None else {}

    def check(self, ctx: Context, inputs: Inputs) -> Iterable[Finding]:
        wanted, ids = self._wanted(inputs), members(inputs)
        nothing = Declaration(
            settings_missing=not wanted, machine_sources=sources(inputs), matched_machines=_count(ids)
        )
        yield from judge(
            (rule("vm-settings-empty"), rule("fleet-machines-named-once"), rule("fleet-has-machines")), nothing
        )
        if ids is not UNKNOWN:
            for one in ids:
                ctx.declarations.note(one, wanted)
        machines = self._look(ctx, inputs, wanted)
        yield from judge_machines(machines, wanted, ctx.settings.relaxed)
        if inputs.schedule_id is not UNKNOWN and inputs.schedule_id is not None:
            yield from judge_assignments(machines, inputs.schedule_id, ctx.settings.relaxed)

    def answers(self, ctx: Context, inputs: Inputs, state: State | None) -> dict[str, Any]:
        if members(inputs) is UNKNOWN:
            # Nothing is said of who is in it then: whoever writes looks again.
            return {}
        if not ctx.may_read:
            return {"outcomes": state.outcomes} if state is not None else {}
        machines = self._look(ctx, inputs, self._wanted(inputs))
        if state is None and not any(machine.id is UNKNOWN for machine in machines):
            look_for_schedule(ctx, inputs.schedule_id)
        if any(machine.image is UNKNOWN for machine in machines) or inputs.schedule_id is UNKNOWN:
            return {}
        sentences = Sentences(inputs.schedule_id, ctx.settings.relaxed)
        return {"outcomes": sentences.counted(machines)}

    def create(self, ctx: Context, inputs: FleetPatchSettingsInputs) -> Created[State]:
        own_id = f"fleet/{inputs.fleet_name}"
        return Created(own_id, self._bring_about(ctx, own_id, inputs, {}, after_a_break=False, is_new=True))

    def read(self, ctx: Context, id: str, state: State) -> State | None:
        records = records_of(state.groups)
        try:
            found = drift_of(ctx, records, self._patience(ctx, state))
        except ArmError as error:
            raise error.in_words(
                f"fleet '{state.fleet_name}': how its machines are could not be looked up: {str(error).rstrip('.')}; "
                "mend that and refresh again"
            ) from None
        remaining = {key: member for key, member in records.items() if key not in found.gone}
        if records and not remaining:
            return None
        seen: dict[str, Any] = {**found.values, "drifted": found.lines}
        if found.gone:
            seen["groups"] = groups_of(remaining)
            for name in ("machine_ids", "matched"):
                if (ids := getattr(state, name)) is not None:
                    seen[name] = tuple(one for one in ids if one.casefold() not in found.gone)
        return state.model_copy(update=seen)

    def update(self, ctx: Context, id: str, state: State, inputs: FleetPatchSettingsInputs) -> State:
        records = records_of(state.groups)
        return self._bring_about(ctx, id, inputs, records, after_a_break=bool(state.unfinished), is_new=False)

    def delete(self, ctx: Context, id: str, state: State) -> None:
        records = records_of(state.groups)
        run = FleetRun(ctx, state, records, self._patience(ctx, state))
        total = len(records)
        run.release(dict(records))
        if run.failures:
            label = f"fleet '{state.fleet_name}'"
            raise explain(label, run.failures, total, "could not be given back what was there before")

    def _bring_about(
        self,
        ctx: Context,
        id: str,
        inputs: FleetPatchSettingsInputs,
        records: Records,
        *,
        after_a_break: bool,
        is_new: bool,
    ) -> State:
        draft = Draft.of(inputs)
        if inputs.machine_ids is None and inputs.matched is None:
            inputs = inputs.model_copy(update={"matched": match_for_good(ctx, draft)})
            self._judge_found(ctx, Draft.of(inputs))
        ids = members(Draft.of(inputs))
        run = FleetRun(ctx, inputs, records, self._patience(ctx, inputs), after_a_break)
        try:
            run.bring_about(ids)
            if run.failures:
                left = f"{are(len(run.failures))} not as declared"
                raise explain(self.label(draft), run.failures, len(ids), left)
        except HotpatchError:
            if run.told or not is_new:
                ctx.keep(id, _state(inputs, records))
            raise
        return _state(inputs, records)

    def _judge_found(self, ctx: Context, inputs: Inputs) -> None:
        """Claim and judge machines that nobody could look up before. Raises Refused."""
        taken = [finding for finding in self.claim(ctx, inputs) if finding.is_error]
        broken = [*taken[:MOST_TOLD], *(finding for finding in self.check(ctx, inputs) if finding.is_error)]
        if broken:
            others = self.others_taken(taken)
            told = [*(finding.located for finding in broken), *([f"{others.capitalize()}."] if others else [])]
            raise Refused(f"{self.label(inputs)}: {' '.join(told)}", (*taken, *broken))

    def _wanted(self, inputs: Inputs) -> dict[str, Any]:
        return {name: value for name in PATCH_FIELDS if (value := getattr(inputs, name)) is not None}

    def _look(self, ctx: Context, inputs: Inputs, wanted: Mapping[str, Any]) -> list[Machine]:
        """The machines as the declaration will leave them, as far as they may be seen now."""

        ids = members(inputs)
        if ids is UNKNOWN or not ctx.may_read:
            return [Machine.unseen(UNKNOWN)]

        def look() -> list[Machine]:
            parsed = [ResourceId.parse(one) for one in ids]
            try:
                rows = rows_of(ctx, parsed)
            except (ArmError, ConfigurationError) as error:
                ctx.advise(f"the present settings of its machines could not be looked up: {error}")
                return [Machine.unseen(UNKNOWN)]
            # Resource Graph is some moments behind: what it does not show may be there.
            unshown = [one for one in parsed if one.key not in rows]
            hidden = look_at(ctx, unshown, self._patience(ctx, inputs), singles=_SINGLES)
            missing = [one for one in unshown if one.key in hidden and hidden[one.key] is None]
            tell_missing_machines(ctx, missing, few(missing))
            if unasked := [one for one in unshown if one.key not in hidden]:
                ctx.advise(
                    f"Azure Resource Graph does not show {counted(len(unasked))} ({few(unasked)}), too many to ask for "
                    "each; unless they exist by then, the update will fail"
                )
            rows |= {key: seen for key, seen in hidden.items() if isinstance(seen, Seen)}
            return [rows[one.key].machine if one.key in rows else Machine.unseen(str(one)) for one in parsed]

        machines: list[Machine] = ctx.once("the fleet's machines", look)
        # For rules that compare before and after.
        switched = (replace(machine, was_hotpatched=machine.settings.enable_hotpatching) for machine in machines)
        return [machine.with_settings(wanted) for machine in switched]

    def _patience(self, ctx: Context, inputs: FleetPatchSettingsInputs | Inputs) -> Patience:
        return Patience.of(ctx, None if inputs.timeout is UNKNOWN else inputs.timeout, _DEFAULT_TIMEOUT)


HANDLER = FleetPatchSettingsHandler()


def _count(ids: Any) -> Any:
    return ids if ids is UNKNOWN else len(ids)


def _state(inputs: FleetPatchSettingsInputs, records: Records) -> State:
    sentences = (member.record.outcome for member in records.values() if member.record.outcome is not None)
    declared = {name: getattr(inputs, name) for name in FleetPatchSettingsInputs.model_fields}
    return State.model_construct(**declared | {"groups": groups_of(records), "outcomes": count_sentences(sentences)})
