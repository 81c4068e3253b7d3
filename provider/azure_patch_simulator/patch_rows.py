"""The rows of Azure Resource Graph's patch tables, each from what a machine has been through.

Source of the members: Microsoft Learn, Update Manager, query logs, 2024-09-10. Whole rows of the real tables were not
seen: a row here has every documented member, and nothing else but what every resource of Resource Graph has.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from .guest_patches import Patch, count_by_classification
from .machine_settings import choices_of
from .resources import Body, Resource, group_of, subscription_of

if TYPE_CHECKING:
    from .patch_records import Assessment, Installation, MaintenanceRun

IN_PROGRESS = "InProgress"


def _row(resource: Resource, row_id: str, row_type: str, properties: Body) -> Body:
    return {
        "id": row_id,
        "name": row_id.rsplit("/", 1)[-1],
        "type": row_type,
        "location": str(resource.body.get("location", "")),
        "subscriptionId": subscription_of(resource.id) or "",
        "resourceGroup": (group_of(resource.id) or "").lower(),
        "properties": properties,
    }


def patch_members(patch: Patch) -> Body:
    """Return the members of a ``softwarePatches`` row that are the patch's own; Windows updates have no version."""
    members: Body = {
        "patchId": patch.id,
        "patchName": patch.name,
        "publishedDateTime": patch.published.isoformat(),
        "classifications": list(patch.classifications),
        "rebootBehavior": patch.reboot,
        "rebootRequired": patch.may_reboot,
    }
    if patch.kb is not None:
        members["kbId"] = patch.kb_digits
    if patch.version is not None:
        members["version"] = patch.version
    return members


def _enabled(mode: str | None) -> str:
    """Return the words the in-guest engine has for this (Azure/LinuxPatchExtension); the table's own were not seen."""
    return "Enabled" if mode == "AutomaticByPlatform" else "Disabled"


def assessment_rows(machine: Resource, assessment: Assessment, support: str, now: datetime) -> Iterator[Body]:
    """Yield the rows of an assessment; until it is over it has no patches."""
    done, choices = assessment.ends <= now, choices_of(machine)
    patches = assessment.patches if done else ()
    row_id = f"{machine.id}/patchAssessmentResults/latest"
    row_type = f"{machine.type.lower()}/patchassessmentresults"
    modified = (assessment.ends if done else assessment.started).isoformat()
    properties = {
        "rebootPending": assessment.reboot_pending,
        "patchServiceUsed": assessment.service,
        "osType": assessment.os_type,
        "startDateTime": assessment.started.isoformat(),
        "lastModifiedDateTime": modified,
        "startedBy": assessment.started_by,
        "errorDetails": assessment.error,
        "availablePatchCountByClassification": count_by_classification(patches),
        "status": assessment.status if done else IN_PROGRESS,
        "assessmentActivityId": assessment.activity,
        "configurationStatus": {
            "vmGuestPatchReadiness": {"detectedVMGuestPatchSupportState": support},
            "assessmentModeConfiguration": {"status": _enabled(choices.assessment_mode)},
            "patchModeConfiguration": {"status": _enabled(choices.patch_mode)},
        },
    }
    yield _row(machine, row_id, row_type, properties)
    for patch in patches:
        details = {**patch_members(patch), "lastModifiedDateTime": modified, "assessmentState": "Available"}
        yield _row(machine, f"{row_id}/softwarePatches/{patch.id}", f"{row_type}/softwarepatches", details)


def installation_rows(machine: Resource, installation: Installation, now: datetime) -> Iterator[Body]:
    """Yield the rows of an installation as it stands at ``now``."""
    row_id = f"{machine.id}/patchInstallationResults/{installation.activity}"
    row_type = f"{machine.type.lower()}/patchinstallationresults"
    status = installation.status_at(now)
    done = status != IN_PROGRESS
    modified = (installation.ends if done else now).isoformat()
    properties = {
        "installationActivityId": installation.activity,
        "maintenanceWindowExceeded": installation.exceeded and done,
        "lastModifiedDateTime": modified,
        **installation.counts(now),
        "patchServiceUsed": installation.service,
        "startDateTime": installation.started.isoformat(),
        "rebootStatus": installation.reboot_status if done else "NotNeeded",
        "startedBy": installation.started_by,
        "status": status,
        "osType": installation.os_type,
        "errorDetails": installation.error if done else None,
        "maintenanceRunId": installation.run,
    }
    yield _row(machine, row_id, row_type, properties)
    for result in installation.results:
        details = {
            **patch_members(result.patch),
            "installationState": result.state_at(now),
            "lastModifiedDateTime": min(result.at, now).isoformat(),
        }
        yield _row(machine, f"{row_id}/softwarePatches/{result.patch.id}", f"{row_type}/softwarepatches", details)


def run_properties(run: MaintenanceRun) -> Body:
    """Return the documented members of an ``applyupdates`` row."""
    return {
        "maintenanceConfigurationId": run.configuration_id.lower(),
        "maintenanceScope": "InGuestPatch",
        "resourceId": run.resource_id.lower(),
        "correlationId": run.correlation_id,
        "startDateTime": run.started.isoformat(),
        "endDateTime": None if run.ended is None else run.ended.isoformat(),
        "status": run.status,
        "errorMessage": run.message,
    }


def run_row(owner: Resource, run: MaintenanceRun) -> Body:
    """Return the row of a run: of its configuration while it is announced, else of one machine."""
    announced = owner.type.lower() == "microsoft.maintenance/maintenanceconfigurations"
    row_type = f"{owner.type.lower()}/applyupdates" if announced else "microsoft.maintenance/applyupdates"
    row_id = f"{run.resource_id}/providers/Microsoft.Maintenance/applyUpdates/{run.name}"
    return _row(owner, row_id, row_type, run_properties(run))


def assignment_row(assignment: Resource) -> Body:
    """Return the row of an assignment."""
    kind = "microsoft.maintenance/configurationassignments"
    return _row(assignment, assignment.id.lower(), kind, dict(assignment.properties))
