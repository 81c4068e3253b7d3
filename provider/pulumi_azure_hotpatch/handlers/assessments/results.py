"""The result of an assessment, as it is stored."""

from __future__ import annotations

from datetime import datetime

from pulumi_azure_hotpatch.engine.patch_results import Assessment
from pulumi_azure_hotpatch.models.patch_assessment import PatchAssessmentState
from pulumi_azure_hotpatch.models.patches import AvailablePatch, available, spell_instant


def with_result(state: PatchAssessmentState, found: Assessment, now: datetime) -> PatchAssessmentState:
    """The state with what an assessment found. Counts that follow from the list are filled in."""
    patches = None if found.patches is None else available(found.patches)
    urgent = None
    if found.patches is not None:
        urgent = sum(
            not {"critical", "security"}.isdisjoint(map(str.casefold, p.classifications)) for p in found.patches
        )
    return state.model_copy(
        update={
            "activity_id": found.activity_id,
            "operation": None,
            "status": found.status,
            "reboot_pending": found.reboot_pending,
            "critical_and_security_count": urgent
            if found.critical_and_security is None
            else found.critical_and_security,
            "other_count": found.other if found.other is not None else _rest(patches, urgent),
            "counts": dict(found.counts),
            "patches": patches,
            "started_at": spell_instant(found.started) or state.started_at,
            "assessed_at": spell_instant(found.modified or now),
            "error": found.error,
            "unfinished": None,
        }
    )


def _rest(patches: tuple[AvailablePatch, ...] | None, urgent: int | None) -> int | None:
    return None if patches is None or urgent is None else len(patches) - urgent
