"""Lists of patches that came later than the run waited for them: a refresh takes them into what is stored.

One look in Resource Graph, and only while a result that is over has no list.
"""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

from pulumi_azure_hotpatch.engine.earlier_installations import same_activity
from pulumi_azure_hotpatch.engine.patch_results import Assessment, Installation
from pulumi_azure_hotpatch.errors import ArmError, ConfigurationError
from pulumi_azure_hotpatch.ids import ResourceId
from pulumi_azure_hotpatch.models.base import State
from pulumi_azure_hotpatch.models.patch_assessment import PatchAssessmentState
from pulumi_azure_hotpatch.models.patch_installation import PatchInstallationState
from pulumi_azure_hotpatch.models.patches import spell_instant
from pulumi_azure_hotpatch.ports import Context

from .assessments import results as assessment_results
from .installations import results as install_results
from .patch_records import INSTALLATIONS_KEPT, find_assessment
from .waiting import Patience

StateT = TypeVar("StateT", bound=State)


def assessment_by_now(ctx: Context, machine: ResourceId, state: PatchAssessmentState) -> PatchAssessmentState:
    """The assessment with its list; the whole result of a later one, where that has taken its place."""
    if state.patches is not None or state.assessed_at is None or str(state.status).casefold() == "failed":
        return state
    try:
        row = find_assessment(ctx, machine)
    except (ArmError, ConfigurationError) as error:
        ctx.advise(f"the list of patches is not known: {error}")
        return state
    if row is None or not row.went_well:
        return state
    told = assessment_results.with_result(state, row, ctx.clock.now())
    if _is_of(row, state):
        return _filled(state, told)
    began = None if state.started_at is None else datetime.fromisoformat(state.started_at)
    is_later = began is not None and row.started is not None and row.started > began
    return told if is_later else state


def installation_by_now(ctx: Context, machine: ResourceId, state: PatchInstallationState) -> PatchInstallationState:
    """The installation with what became of each patch."""
    if state.patches is not None or state.status is None or state.activity_id is None:
        return state
    now = ctx.clock.now()
    if state.finished_at is not None and datetime.fromisoformat(state.finished_at) < now - INSTALLATIONS_KEPT:
        return state
    known = Installation(activity_id=state.activity_id, status=state.status, reboot_status=state.reboot_status)
    # No patience: one look.
    found = install_results.completed(ctx, machine, known, Patience(now, now))
    return state if found.outcomes is None else _filled(state, install_results.with_result(state, found))


def _is_of(row: Assessment, state: PatchAssessmentState) -> bool:
    if row.activity_id is not None:
        return same_activity(row.activity_id, state.activity_id)
    return row.started is not None and spell_instant(row.started) == state.started_at


def _filled(state: StateT, told: StateT) -> StateT:
    """The state with what it did not know; what is known stays."""
    missing = {name: value for name, value in told if getattr(state, name) in (None, {})}
    return state.model_copy(update=missing)
