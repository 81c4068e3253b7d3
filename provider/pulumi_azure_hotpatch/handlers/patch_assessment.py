"""An assessment on demand: what a machine lacks, now."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from pulumi_azure_hotpatch.engine.patch_results import Assessment
from pulumi_azure_hotpatch.engine.rules import Finding
from pulumi_azure_hotpatch.errors import OperationFailed
from pulumi_azure_hotpatch.handlers.assessments.assessing import Assessing
from pulumi_azure_hotpatch.handlers.assessments.results import with_result
from pulumi_azure_hotpatch.ids import ResourceId
from pulumi_azure_hotpatch.models.base import parse_wait
from pulumi_azure_hotpatch.models.draft import Draft
from pulumi_azure_hotpatch.models.patch_assessment import PatchAssessmentInputs, PatchAssessmentState
from pulumi_azure_hotpatch.models.patches import spell_instant
from pulumi_azure_hotpatch.ports import Context

from .base import Created, Handler
from .late_lists import assessment_by_now
from .patched_machines import find, label
from .waiting import Patience, spell

Inputs = Draft[PatchAssessmentInputs]
State = PatchAssessmentState

_DEFAULT_TIMEOUT = "60m"


class PatchAssessmentHandler(Handler[PatchAssessmentInputs, State]):
    """One machine's assessment. Several may look at one machine: assessing changes nothing."""

    inputs = PatchAssessmentInputs
    state = PatchAssessmentState
    twice = "installation-declared-twice"

    def label(self, inputs: Inputs) -> str:
        return label(inputs.machine_id, "assessment of a machine")

    def targets(self, inputs: Inputs) -> Iterable[str]:
        return ()

    def check(self, ctx: Context, inputs: Inputs) -> Iterable[Finding]:
        return ()

    def answers(self, ctx: Context, inputs: Inputs, state: State | None) -> dict[str, Any]:
        return {"expired": True} if state is not None and _age_if_too_old(ctx, inputs, state) else {}

    def is_due(self, ctx: Context, inputs: Inputs, state: State) -> bool:
        age = _age_if_too_old(ctx, inputs, state)
        if age is not None:
            ctx.inform(f"it was made {spell(age)} ago and max_age is {inputs.max_age}: it is made again")
        return age is not None

    def create(self, ctx: Context, inputs: PatchAssessmentInputs) -> Created[State]:
        run = _Run(ctx, ResourceId.parse(inputs.machine_id), _fresh(inputs), None)
        # One that is young enough already is as good as another one; a run that was killed may have made it.
        state = run.begin(inputs.max_age)
        return Created(run.id, state)

    def read(self, ctx: Context, id: str, state: State) -> State | None:
        machine = ResourceId.parse(state.machine_id)
        return None if find(ctx, machine) is None else assessment_by_now(ctx, machine, state)

    def update(self, ctx: Context, id: str, state: State, inputs: PatchAssessmentInputs) -> State:
        machine = ResourceId.parse(inputs.machine_id)
        same = state.triggers == inputs.triggers
        if same and state.unfinished and (state.operation or state.activity_id) and state.assessed_at is None:
            return _Run(ctx, machine, _carried(state, inputs), id).resume()
        is_old = inputs.expired or _age_if_too_old(ctx, Draft.of(inputs), state) is not None
        if same and state.assessed_at is not None and not state.unfinished and not is_old:
            return _carried(state, inputs)
        return _Run(ctx, machine, _fresh(inputs), id).begin(inputs.max_age if same else None)

    def delete(self, ctx: Context, id: str, state: State) -> None:
        """Nothing is left behind by an assessment."""


HANDLER = PatchAssessmentHandler()


class _Run:
    """One assessment of this resource, whose id is the one it has already or names this assessment."""

    def __init__(self, ctx: Context, machine: ResourceId, state: State, id: str | None) -> None:
        self._ctx = ctx
        self._state = state
        self._id = id
        patience = Patience.of(ctx, state.timeout, _DEFAULT_TIMEOUT)
        self._assessing = Assessing(ctx, machine, patience, self._accepted)

    @property
    def id(self) -> str:
        """The resource's id: the machine and its first activity."""
        return self._id or f"{self._assessing.machine_id}#{self._state.activity_id}"

    def begin(self, max_age: str | None) -> State:
        """Assess now, unless there is an assessment younger than that."""
        return self._conclude(self._assessing.assess(parse_wait(max_age) if max_age else None))

    def resume(self) -> State:
        """Go on with the one that an earlier run began."""
        began = None if self._state.started_at is None else datetime.fromisoformat(self._state.started_at)
        return self._conclude(self._assessing.resume(self._state.activity_id, self._state.operation, began))

    def _accepted(self, activity_id: str | None, operation: str | None) -> None:
        reached = {"activity_id": activity_id, "operation": operation}
        reached["started_at"] = spell_instant(self._ctx.clock.now())
        self._state = self._state.model_copy(update=reached)
        self._ctx.keep(self.id, self._state)

    def _conclude(self, found: Assessment) -> State:
        self._state = with_result(self._state, found, self._ctx.clock.now())
        if found.status.casefold() == "failed":
            self._ctx.keep(self.id, self._state)
            raise OperationFailed(
                f"{self._ctx.label}: assessment {found.activity_id} ended as Failed: "
                f"{found.error or 'Azure gives no reason'}; run again to assess again",
                code="Failed",
            )
        if self._assessing.unlisted is not None:
            self._ctx.advise(
                f"the list of patches is not known: {self._assessing.unlisted}; `pulumi refresh` fills it in once "
                "Resource Graph has it"
            )
        return self._state


def _age_if_too_old(ctx: Context, inputs: Inputs, state: State) -> timedelta | None:
    if state.assessed_at is None or not inputs.known("max_age") or inputs.max_age is None:
        return None
    age = ctx.clock.now() - datetime.fromisoformat(state.assessed_at)
    return age if age >= parse_wait(inputs.max_age) else None


def _fresh(inputs: PatchAssessmentInputs) -> State:
    return State.model_validate(inputs.model_dump() | {"expired": None})


def _carried(state: State, inputs: PatchAssessmentInputs) -> State:
    """What is stored, under the inputs as they are declared now."""
    return state.model_copy(update=dict(inputs) | {"expired": None})
