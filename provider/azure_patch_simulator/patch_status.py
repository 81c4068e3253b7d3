"""``instanceView.patchStatus``: the latest assessment and the latest installation in short.

Source: azure-mgmt-compute 39. ``configurationStatuses`` is left out: its real codes are documented nowhere.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from .patch_records import Assessment, Installation, PatchRecords
from .patch_rows import IN_PROGRESS
from .patching import no_error


def patch_status(records: PatchRecords, machine_id: str, now: datetime) -> dict[str, Any] | None:
    """Return the patch status of a machine, ``None`` before its first update operation."""
    key = machine_id.lower()
    shown: dict[str, Any] = {}
    assessment = records.assessments.get(key)
    if assessment is not None:
        shown["availablePatchSummary"] = _assessment(assessment, now)
    installations = records.installations.get(key)
    if installations:
        shown["lastPatchInstallationSummary"] = _installation(installations[-1], now)
    return shown or None


def _assessment(assessment: Assessment, now: datetime) -> dict[str, Any]:
    running = assessment.ends > now
    urgent = sum(patch.is_urgent for patch in assessment.patches)
    return {
        "status": IN_PROGRESS if running else assessment.status,
        "assessmentActivityId": assessment.activity,
        "rebootPending": assessment.reboot_pending,
        "criticalAndSecurityPatchCount": urgent,
        "otherPatchCount": len(assessment.patches) - urgent,
        "startTime": assessment.started.isoformat(),
        "lastModifiedTime": (assessment.started if running else assessment.ends).isoformat(),
        "error": assessment.error or no_error(assessment.os_type),
    }


def _installation(installation: Installation, now: datetime) -> dict[str, Any]:
    status = installation.status_at(now)
    running = status == IN_PROGRESS
    return {
        "status": status,
        "installationActivityId": installation.activity,
        "maintenanceWindowExceeded": installation.exceeded and not running,
        **installation.counts(now),
        "startTime": installation.started.isoformat(),
        "lastModifiedTime": (now if running else installation.ends).isoformat(),
        "error": (None if running else installation.error) or no_error(installation.os_type),
    }
