"""The shapes of what is read, as programs get it and as JSON has it. Times are RFC 3339 with an offset."""

from __future__ import annotations

from typing import Literal, TypedDict

MachineType = Literal["vm", "arc"]
Source = Literal["resource graph", "instance view", "none"]
TrackName = Literal["unenrolled", "pending baseline", "restart pending", "enrolled", "off track", "unknown"]


class AssessmentRow(TypedDict):
    """The last assessment. The instance view has no counts by classification and no `started_by`."""

    status: str
    at: str | None
    critical_and_security: int
    other: int
    by_classification: dict[str, int] | None
    reboot_pending: bool | None
    started_by: str | None
    activity_id: str | None
    error: str | None


class InstallationRow(TypedDict):
    """One installation; `schedule_run` is the maintenance run that it was part of."""

    activity_id: str
    status: str
    started: str | None
    ended: str | None
    started_by: str | None
    reboot_status: str | None
    window_exceeded: bool | None
    installed: int
    failed: int
    pending: int
    excluded: int
    not_selected: int
    schedule_run: str | None
    error: str | None


class PatchStatusRow(TypedDict):
    """One machine. `source` says who answered; `none` is a machine of which nobody knows an assessment or installation.

    `support_state` is what an assessment found out about a custom image (`detectedVMGuestPatchSupportState`).
    """

    machine: str
    name: str
    type: MachineType
    location: str | None
    os_type: str | None
    power_state: str | None
    patch_mode: str | None
    assessment_mode: str | None
    hotpatch: bool | None
    support_state: str | None
    assessment: AssessmentRow | None
    installation: InstallationRow | None
    source: Source


class PatchRow(TypedDict):
    """One patch of an installation; `kb` is None on Linux, `version` on Windows."""

    name: str
    kb: str | None
    version: str | None
    classifications: list[str]
    state: str


class PatchHistoryRow(InstallationRow):
    """One installation on one machine; `patches` is None where they were not asked for or are not kept."""

    machine: str
    os_type: str | None
    kbs: list[str] | None
    patches: list[PatchRow] | None
    source: Literal["resource graph", "instance view", "ledger"]


class ReleaseName(TypedDict):
    """A release; `date` is planned or unknown unless `status` is `released`."""

    month: str
    kind: str
    date: str | None
    kb: str | None
    status: str


class HotpatchStateRow(TypedDict):
    """Where a machine stands on the hotpatch track and why; `product` is None for one that is never hotpatched.

    `baseline` is what it stands on, `waits_for` what brings it (back) on the track, `next_baseline` the next planned
    restart. On Arc servers `license` is the licence's feature and `service_status` what the service says of it.
    """

    machine: str
    name: str
    type: MachineType
    product: str | None
    enabled: bool | None
    state: TrackName
    why: str
    baseline: ReleaseName | None
    waits_for: ReleaseName | None
    next_baseline: ReleaseName | None
    license: str | None
    service_status: str | None


class MaintenanceRunRow(TypedDict):
    """One run of a maintenance configuration: on one `machine`, or announced for all (None). `run` is the ARM id."""

    run: str
    schedule: str | None
    machine: str | None
    status: str | None
    started: str | None
    ended: str | None
    correlation_id: str | None
    message: str | None
