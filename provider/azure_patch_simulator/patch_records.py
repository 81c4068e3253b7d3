"""What assessments, installations and maintenance runs left behind: the rows of Azure Resource Graph's patch tables.

Source of names and retention: Microsoft Learn, Update Manager, query logs, 2024-09-10 (assessments are kept 7 days,
installations 30).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from . import patch_rows
from .guest_patches import Patch
from .patch_rows import IN_PROGRESS
from .patching_settings import PatchingSettings
from .resources import Body, ResourceStore

ASSESSMENTS_KEPT = timedelta(days=7)
INSTALLATIONS_KEPT = timedelta(days=30)
RUNS_KEPT = INSTALLATIONS_KEPT
"""How long maintenance runs are kept is documented nowhere: as long as the installations they lead to."""


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
        counts = {"notSelected": 0, "excluded": 0, "pending": 0, "installed": 0, "failed": 0}
        for result in self.results:
            counts[names.get(result.state_at(instant), "failed")] += 1
        return {f"{name}PatchCount": count for name, count in counts.items()}

    def status_at(self, instant: datetime) -> str:
        """Return InProgress until it is over."""
        return self.status if self.ends <= instant else IN_PROGRESS


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
    """All records of a world; ``now`` is asked for the clock, ``settle`` brings lazy records up to it.

    ``support`` is what operations found out about machines, ``found_out`` when the first one did.
    """

    def __init__(self, resources: ResourceStore, now: Callable[[], datetime]) -> None:
        self._resources = resources
        self._now = now
        self.settle: Callable[[], None] = lambda: None
        self.settings: Callable[[], PatchingSettings] = PatchingSettings
        self.assessments: dict[str, Assessment] = {}
        self.installations: dict[str, list[Installation]] = {}
        self.support: dict[str, str] = {}
        self.found_out: dict[str, datetime] = {}
        self.runs: list[MaintenanceRun] = []

    def assessment_rows(self) -> Iterator[Body]:
        """Yield the rows of ``patchassessmentresources``: a summary per machine, then one row per available patch."""
        self.settle()
        now = self._now()
        for key, assessment in self.assessments.items():
            machine = self._resources.get(key)
            if machine is not None and now - assessment.started < ASSESSMENTS_KEPT:
                yield from patch_rows.assessment_rows(machine, assessment, self._support_at(key, now), now)

    def _support_at(self, key: str, now: datetime) -> str:
        found = self.found_out.get(key)
        return "Unknown" if found is None or now - found < self.settings().support_delay else self.support[key]

    def installation_rows(self) -> Iterator[Body]:
        """Yield the rows of ``patchinstallationresources``: each installation, then one row per patch."""
        now = self._now()
        then = now - self.settings().installations_lag
        for key, installations in self.installations.items():
            machine = self._resources.get(key)
            for installation in installations if machine is not None else ():
                is_kept = now - installation.started < INSTALLATIONS_KEPT
                if machine is not None and is_kept and installation.started <= then:
                    yield from patch_rows.installation_rows(machine, installation, then)

    def maintenance_rows(self) -> Iterator[Body]:
        """Yield the rows of ``maintenanceresources``: applied (and announced) updates, then assignments."""
        now = self._now()
        for run in self.runs:
            owner = self._resources.get(run.resource_id)
            if owner is not None and now - run.started < RUNS_KEPT:
                yield patch_rows.run_row(owner, run)
        for resource in self._resources:
            if resource.type.lower() == "microsoft.maintenance/configurationassignments":
                yield patch_rows.assignment_row(resource)

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
        for kept in (self.assessments, self.installations, self.support, self.found_out):
            kept.pop(key, None)
