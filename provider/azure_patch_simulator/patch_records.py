"""What assessments, installations and maintenance runs left behind: the rows of Azure Resource Graph's patch tables.

Source of names and retention: Microsoft Learn, Update Manager, query logs, 2024-09-10 (assessments are kept 7 days,
installations 30). Whole rows of the real tables were not seen: a row here has every documented member, and nothing
else but what every resource of Resource Graph has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from .guest_patches import Patch, count_by_classification
from .machine_settings import choices_of
from .resources import Body, Resource, ResourceStore, group_of, subscription_of

ASSESSMENTS_KEPT = timedelta(days=7)
INSTALLATIONS_KEPT = timedelta(days=30)
RUNS_KEPT = INSTALLATIONS_KEPT
"""How long maintenance runs are kept is documented nowhere: as long as the installations they lead to."""

IN_PROGRESS = "InProgress"


@dataclass(slots=True)
class Assessment:
    """One assessment. ``ends`` lies ahead while it runs; ``service`` is a patchServiceUsed (WU, APT, YUM, Zypper)."""

    activity: str
    started: datetime
    ends: datetime
    status: str
    started_by: str
    os_type: str
    service: str
    reboot_pending: bool
    patches: tuple[Patch, ...] = ()
    error: Body | None = None


@dataclass(slots=True)
class PatchResult:
    """What became of one patch, and from when on (before that it is Pending); ``state`` is a patchInstallationState."""

    patch: Patch
    state: str
    at: datetime

    def state_at(self, instant: datetime) -> str:
        """Return the state at ``instant``."""
        return self.state if self.at <= instant else "Pending"


@dataclass(slots=True)
class Installation:
    """One installation, planned to its end when it starts.

    ``status`` and ``reboot_status`` are what they will be at ``ends``; until then an installation is InProgress.
    """

    activity: str
    started: datetime
    ends: datetime
    status: str
    started_by: str
    os_type: str
    service: str
    reboot_setting: str
    reboot_status: str = "NotNeeded"
    exceeded: bool = False
    reboot_at: datetime | None = None
    run: str = ""
    results: list[PatchResult] = field(default_factory=list)
    error: Body | None = None
    finished: bool = False

    def counts(self, instant: datetime) -> dict[str, int]:
        """Return the counts of the wire: notSelected, excluded, pending, installed and failed patches."""
        names = {"NotSelected": "notSelected", "Excluded": "excluded", "Pending": "pending", "Installed": "installed"}
        counts = dict.fromkeys(("notSelected", "excluded", "pending", "installed", "failed"), 0)
        for result in self.results:
            counts[names.get(result.state_at(instant), "failed")] += 1
        return {f"{name}PatchCount": count for name, count in counts.items()}

    def status_at(self, instant: datetime) -> str:
        """Return InProgress until it is over."""
        return self.status if self.finished or self.ends <= instant else IN_PROGRESS


@dataclass(slots=True)
class MaintenanceRun:
    """One run of a maintenance configuration on one machine (``resource_id``), or announced for all of them.

    An announced run has the configuration itself as ``resource_id``: that is the form in which it is cancelled.
    """

    name: str
    configuration_id: str
    resource_id: str
    correlation_id: str
    started: datetime
    ended: datetime | None
    status: str
    message: str | None = None


class PatchRecords:
    """All records of a world; ``now`` is asked for the clock, ``settle`` brings lazy records up to it."""

    def __init__(self, resources: ResourceStore, now: Callable[[], datetime]) -> None:
        self._resources = resources
        self._now = now
        self.settle: Callable[[], None] = lambda: None
        self.assessments: dict[str, Assessment] = {}
        self.installations: dict[str, list[Installation]] = {}
        self.support: dict[str, str] = {}
        self.runs: list[MaintenanceRun] = []

    def assessment_rows(self) -> Iterator[Body]:
        """Yield the rows of ``patchassessmentresources``: a summary per machine, then one row per available patch."""
        self.settle()
        now = self._now()
        for key, assessment in self.assessments.items():
            machine = self._resources.get(key)
            if machine is not None and now - assessment.started < ASSESSMENTS_KEPT:
                yield from _assessment_rows(machine, assessment, self.support.get(key, "Unknown"), now)

    def installation_rows(self) -> Iterator[Body]:
        """Yield the rows of ``patchinstallationresources``: each installation, then one row per patch."""
        now = self._now()
        for key, installations in self.installations.items():
            machine = self._resources.get(key)
            for installation in installations if machine is not None else ():
                if machine is not None and now - installation.started < INSTALLATIONS_KEPT:
                    yield from _installation_rows(machine, installation, now)

    def maintenance_rows(self) -> Iterator[Body]:
        """Yield the rows of ``maintenanceresources``: applied (and announced) updates, then assignments."""
        now = self._now()
        for run in self.runs:
            owner = self._resources.get(run.resource_id)
            if owner is not None and now - run.started < RUNS_KEPT:
                yield _run_row(owner, run)
        for resource in self._resources:
            if resource.type.lower() == "microsoft.maintenance/configurationassignments":
                yield _assignment_row(resource)

    def keep(self, machine_id: str, installation: Installation) -> None:
        """Remember an installation, and forget those whose time is over."""
        kept = self.installations.setdefault(machine_id.lower(), [])
        kept[:] = [each for each in kept if installation.started - each.started < INSTALLATIONS_KEPT]
        kept.append(installation)

    def note_run(self, run: MaintenanceRun) -> None:
        """Remember a maintenance run, and forget those whose time is over."""
        if self.runs and run.started - self.runs[0].started >= RUNS_KEPT:
            self.runs = [each for each in self.runs if run.started - each.started < RUNS_KEPT]
        self.runs.append(run)

    def forget(self, machine_id: str) -> None:
        """Forget a machine that is gone."""
        key = machine_id.lower()
        for kept in (self.assessments, self.installations, self.support):
            kept.pop(key, None)


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


def _assessment_rows(machine: Resource, assessment: Assessment, support: str, now: datetime) -> Iterator[Body]:
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


def _installation_rows(machine: Resource, installation: Installation, now: datetime) -> Iterator[Body]:
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


def _run_row(owner: Resource, run: MaintenanceRun) -> Body:
    announced = owner.type.lower() == "microsoft.maintenance/maintenanceconfigurations"
    row_type = f"{owner.type.lower()}/applyupdates" if announced else "microsoft.maintenance/applyupdates"
    row_id = f"{run.resource_id}/providers/Microsoft.Maintenance/applyUpdates/{run.name}"
    return _row(owner, row_id, row_type, run_properties(run))


def _assignment_row(assignment: Resource) -> Body:
    kind = "microsoft.maintenance/configurationassignments"
    return _row(assignment, assignment.id.lower(), kind, dict(assignment.properties))
