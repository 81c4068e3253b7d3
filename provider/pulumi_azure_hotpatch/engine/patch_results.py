"""What assessments and installations report, whoever tells it: the answer of the operation, the instance view of a VM,
rows of Resource Graph.

All three use the same names for the same things, but for `startTime` and `lastModifiedTime` in the instance view,
`patchName` in rows and KB numbers without their letters. Sources: azure-mgmt-compute 39.0.0 and
azure-mgmt-hybridcompute 10.0.0 (results); Microsoft Learn, Update Manager, query logs, 2024-09-10 (rows); recorded
traffic of the Azure CLI (the `error` of a success has the code `Success` or `0`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

from .bodies import Body, object_at, properties_of, texts_at
from .selection import Patch, RebootBehavior

_RUNNING: Final = frozenset(("inprogress", "notstarted"))
_UNKNOWN: Final = frozenset(("unknown", ""))
_NO_ERROR: Final = frozenset(("", "0", "success"))
_REBOOTS: Final[Mapping[str, RebootBehavior]] = {
    "neverreboots": "NeverReboots",
    "alwaysrequiresreboot": "AlwaysRequiresReboot",
    "canrequestreboot": "CanRequestReboot",
}


@dataclass(frozen=True, slots=True)
class Assessment:
    """One assessment. `patches` is None where the source has no list (instance view, the answer for Arc servers);
    `counts` is by classification, in Azure's spelling; `support_state` is what it found out about the image.
    """

    activity_id: str | None = None
    status: str = "Unknown"
    started: datetime | None = None
    modified: datetime | None = None
    reboot_pending: bool | None = None
    critical_and_security: int | None = None
    other: int | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    patches: tuple[Patch, ...] | None = None
    support_state: str | None = None
    error: str | None = None

    @property
    def is_running(self) -> bool:
        """Whether it is under way, or about to be."""
        return self.status.casefold() in _RUNNING

    @property
    def is_over(self) -> bool:
        """Whether it has ended, well or not; a machine that never had one answers `Unknown`."""
        return not self.is_running and self.status.casefold() not in _UNKNOWN

    @property
    def went_well(self) -> bool:
        """Whether it has ended and found out what is missing."""
        return self.is_over and self.status.casefold() != "failed"


@dataclass(frozen=True, slots=True)
class PatchOutcome:
    """What became of one patch, in Azure's words: Installed, Failed, Pending, Excluded, NotSelected."""

    patch: Patch
    state: str


@dataclass(frozen=True, slots=True)
class Installation:
    """One installation.

    `started_by` is User or Platform, None where the source does not say; `run_id` names the maintenance run it belongs
    to. `outcomes` is None where the source has no list.
    """

    activity_id: str | None = None
    status: str = "Unknown"
    started: datetime | None = None
    modified: datetime | None = None
    started_by: str | None = None
    run_id: str | None = None
    reboot_status: str | None = None
    window_exceeded: bool | None = None
    installed: int | None = None
    failed: int | None = None
    pending: int | None = None
    excluded: int | None = None
    not_selected: int | None = None
    outcomes: tuple[PatchOutcome, ...] | None = None
    error: str | None = None

    @property
    def is_running(self) -> bool:
        """Whether it is under way, or about to be."""
        return self.status.casefold() in _RUNNING

    @property
    def is_over(self) -> bool:
        """Whether it has ended, well or not; a machine that never had one answers `Unknown`."""
        return not self.is_running and self.status.casefold() not in _UNKNOWN

    @property
    def has_failed(self) -> bool:
        """Whether it ended without doing all it was to do: the status says so, or a patch failed."""
        return self.status.casefold() == "failed" or bool(self.failed)


def assessment_of(body: Body) -> Assessment:
    """An assessment from the answer of `assessPatches`, `availablePatchSummary`, or the properties of a row."""
    listed = body.get("availablePatches")
    patches = None if listed is None else tuple(patch_of(each) for each in listed)
    counts = object_at(body, "availablePatchCountByClassification")
    readiness = object_at(object_at(body, "configurationStatus"), "vmGuestPatchReadiness")
    found = Assessment(
        activity_id=_text(body.get("assessmentActivityId")),
        status=str(body.get("status") or "Unknown"),
        started=_instant(body.get("startDateTime") or body.get("startTime")),
        modified=_instant(body.get("lastModifiedDateTime") or body.get("lastModifiedTime")),
        reboot_pending=body.get("rebootPending"),
        critical_and_security=_count(body.get("criticalAndSecurityPatchCount")),
        other=_count(body.get("otherPatchCount")),
        counts={str(name): count for name, each in counts.items() if (count := _count(each)) is not None},
        support_state=_text(readiness.get("detectedVMGuestPatchSupportState")),
        error=_error(body),
    )
    return found if patches is None else with_patches(found, patches)


def assessment_of_rows(rows: Iterable[Body]) -> Assessment | None:
    """The latest assessment of one machine from its rows in `patchassessmentresources`; None without a summary."""
    summary: Assessment | None = None
    patches = []
    for row in rows:
        if is_patch_row(row):
            patches.append(patch_of(properties_of(row)))
        else:
            summary = assessment_of(properties_of(row))
    return None if summary is None else with_patches(summary, tuple(patches))


def with_patches(assessment: Assessment, patches: tuple[Patch, ...]) -> Assessment:
    """The assessment with the list of patches, and the counts that follow from it where it has none."""
    counts: dict[str, int] = {}
    for patch in patches:
        for name in patch.classifications[:1]:
            counts[name] = counts.get(name, 0) + 1
    return replace(assessment, patches=patches, counts=assessment.counts or counts)


def installation_of(body: Body) -> Installation:
    """An installation from the answer of `installPatches`, `lastPatchInstallationSummary`, or a row's properties."""
    listed = body.get("patches")
    return Installation(
        activity_id=_text(body.get("installationActivityId")),
        status=str(body.get("status") or "Unknown"),
        started=_instant(body.get("startDateTime") or body.get("startTime")),
        modified=_instant(body.get("lastModifiedDateTime") or body.get("lastModifiedTime")),
        started_by=_text(body.get("startedBy")),
        run_id=_text(body.get("maintenanceRunId")),
        reboot_status=_text(body.get("rebootStatus")),
        window_exceeded=body.get("maintenanceWindowExceeded"),
        installed=_count(body.get("installedPatchCount")),
        failed=_count(body.get("failedPatchCount")),
        pending=_count(body.get("pendingPatchCount")),
        excluded=_count(body.get("excludedPatchCount")),
        not_selected=_count(body.get("notSelectedPatchCount")),
        outcomes=None if listed is None else tuple(outcome_of(each) for each in listed),
        error=_error(body),
    )


def installations_of_rows(rows: Iterable[Body]) -> tuple[Installation, ...]:
    """The installations of one machine from its rows in `patchinstallationresources`, the newest first.

    Lists of patches are there for those whose patch rows are among the rows.
    """
    summaries: dict[str, Installation] = {}
    outcomes: dict[str, list[PatchOutcome]] = {}
    for row in rows:
        id = str(row.get("id", ""))
        activity = _after(id, "patchinstallationresults")
        if is_patch_row(row):
            outcomes.setdefault(activity.casefold(), []).append(outcome_of(properties_of(row)))
        else:
            found = installation_of(properties_of(row))
            summaries[activity.casefold()] = replace(found, activity_id=found.activity_id or activity)
    listed = (
        replace(found, outcomes=tuple(outcomes[key])) if key in outcomes else found for key, found in summaries.items()
    )
    return tuple(sorted(listed, key=lambda each: each.started or datetime.min.replace(tzinfo=UTC), reverse=True))


def is_patch_row(row: Body) -> bool:
    """Whether a row is about one patch, and not about an assessment or an installation as a whole."""
    return "/softwarepatches/" in str(row.get("id", "")).casefold()


def patch_of(body: Body) -> Patch:
    """One patch, from a result or a row; the KB number with its letters."""
    kb = _text(body.get("kbId"))
    return Patch(
        name=str(body.get("name") or body.get("patchName") or body.get("patchId") or ""),
        classifications=texts_at(body, "classifications") or (),
        kb=None if kb is None else "KB" + kb.upper().removeprefix("KB"),
        version=_text(body.get("version")),
        reboot=_REBOOTS.get(str(body.get("rebootBehavior")).casefold(), "Unknown"),
        published=_instant(body.get("publishedDate") or body.get("publishedDateTime")),
    )


def outcome_of(body: Body) -> PatchOutcome:
    """What became of one patch, from a result or a row."""
    return PatchOutcome(patch_of(body), str(body.get("installationState") or "Unknown"))


def _after(id: str, marker: str) -> str:
    segments = id.split("/")
    folded = [segment.casefold() for segment in segments]
    at = folded.index(marker) + 1 if marker in folded else len(segments)
    return segments[at] if at < len(segments) else ""


def _error(body: Body) -> str | None:
    found = object_at(body, "error") or object_at(body, "errorDetails")
    if str(found.get("code") or "").casefold() in _NO_ERROR:
        return None
    said = ": ".join(filter(None, (str(found["code"]), str(found.get("message") or "").strip().rstrip("."))))
    details = [
        ": ".join(filter(None, (str(each.get("code") or ""), str(each.get("message") or "").strip())))
        for each in found.get("details") or ()
    ]
    return " ".join(f"{said} ({' '.join(details)})".split()) if any(details) else " ".join(said.split())


def _text(value: Any) -> str | None:
    return str(value) if value not in (None, "") else None


def _count(value: Any) -> int | None:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _instant(value: Any) -> datetime | None:
    """An instant; the service sometimes leaves the zone out, and then means UTC as everywhere else."""
    if isinstance(value, datetime):
        found = value
    else:
        try:
            found = datetime.fromisoformat(str(value))
        except ValueError:
            return None
    return found if found.utcoffset() is not None else found.replace(tzinfo=UTC)
