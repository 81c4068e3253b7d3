"""The last assessment and installation of every machine: one query for a thousand, instance views where it has none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pulumi_azure_hotpatch.engine.bodies import Body, object_at
from pulumi_azure_hotpatch.engine.counting import counted
from pulumi_azure_hotpatch.engine.facts import ARC_MACHINES
from pulumi_azure_hotpatch.engine.inventory import machine_from_arm, os_kind, power_state
from pulumi_azure_hotpatch.errors import ArmError
from pulumi_azure_hotpatch.ids import ResourceId

from . import queries
from .listed import listed
from .rows import AssessmentRow, InstallationRow, MachineType, PatchStatusRow, Source
from .scopes import Scope
from .sources import Sources, Tell
from .values import error_of, flag, number, shown_instant, text

MOST_VIEWS: Final = 50
"""How many machines are asked one by one, an instance view each, for what Resource Graph does not answer."""

# Source: Microsoft Learn, Query logs of Update Manager, 2024-09-10: availablePatchCountByClassification.
_URGENT: Final = ("critical", "security")


def patch_status(sources: Sources, scope: Scope, *, tell: Tell, instance_views: bool = True) -> list[PatchStatusRow]:
    """One row for each machine, by id.

    A VM that Resource Graph has no row of, or no assessment and no installation, is asked for its instance view, as far
    as `MOST_VIEWS` goes; without Resource Graph all are. `tell` hears what is left out and why. Raises ArmError when
    nothing answers.
    """
    if scope.is_empty:
        return []
    try:
        rows = {row["machine"].casefold(): row for row in _from_graph(sources, scope)}
    except ArmError as error:
        if not instance_views or error.is_unreachable:
            raise
        tell(f"Resource Graph does not answer, so the instance views are read: {error}")
        rows = {row["machine"].casefold(): row for row in _from_lists(sources, scope, tell)}
    missing = [str(one) for one in scope.missing(rows)]
    silent = [row["machine"] for row in rows.values() if row["source"] == "none" and row["type"] == "vm"]
    if instance_views:
        asked = [*missing, *silent]
        if len(asked) > MOST_VIEWS:
            tell(f"not asked one by one: {counted(len(asked) - MOST_VIEWS)} without patching in Resource Graph")
            missing = missing[:MOST_VIEWS]
        for machine in asked[:MOST_VIEWS]:
            found = _from_view(sources, ResourceId.parse(machine), rows.get(machine.casefold()))
            if found is not None:
                rows[found["machine"].casefold()] = found
    for machine in missing:
        if machine.casefold() not in rows:
            tell(f"'{machine}' was not found")
    return [rows[key] for key in sorted(rows)]


def _from_graph(sources: Sources, scope: Scope) -> Iterator[PatchStatusRow]:
    for names in scope.filters():
        for row in sources.graph.query(queries.status(names), scope.subscriptions):
            if scope.holds(str(row["id"])):
                yield _row(
                    body_of(row),
                    assessment_of(object_at(row, "assessment")),
                    installation_of(object_at(row, "installation")),
                    support_state_of(object_at(row, "assessment")),
                    "resource graph",
                )


def _from_lists(sources: Sources, scope: Scope, tell: Tell) -> Iterator[PatchStatusRow]:
    """The machines as Resource Manager lists them, without their patching."""
    for in_subscription in (sources.machines.in_subscription, sources.arc.in_subscription):
        for body in listed(in_subscription, scope, tell=tell):
            yield _row(body, None, None, None, "none")


def _from_view(sources: Sources, machine: ResourceId, known: PatchStatusRow | None) -> PatchStatusRow | None:
    """The row of one machine from Resource Manager itself; Arc-enabled servers have no such view."""
    if known is None:
        body = (sources.arc if machine.is_type(ARC_MACHINES) else sources.machines).get(machine, fresh=False)
        if body is None:
            return None
        known = _row(body, None, None, None, "none")
    if machine.is_type(ARC_MACHINES):
        return known
    view = sources.machines.instance_view(machine)
    if view is None:
        return known
    patching = object_at(view, "patchStatus")
    assessment = _seen_assessment(object_at(patching, "availablePatchSummary"))
    installation = seen_installation(object_at(patching, "lastPatchInstallationSummary"))
    seen: PatchStatusRow = {
        **known,
        "power_state": power_state({"instanceView": view}) or known["power_state"],
        "assessment": assessment,
        "installation": installation,
        "source": "instance view" if assessment or installation else "none",
    }
    return seen


def body_of(row: Mapping[str, Any]) -> Body:
    """The ARM body that a row of our queries is made of."""
    shown = ("id", "name", "type", "location")
    return {
        **{key: row.get(key) for key in shown},
        "properties": {key: value for key, value in row.items() if key not in shown and value is not None},
    }


def _row(
    body: Body,
    assessment: AssessmentRow | None,
    installation: InstallationRow | None,
    support_state: str | None,
    source: Source,
) -> PatchStatusRow:
    machine = machine_from_arm(body)
    kind: MachineType = "arc" if machine.is_arc is True else "vm"
    settings = machine.settings
    return {
        "machine": str(machine.id),
        "name": str(machine.name),
        "type": kind,
        "location": text(machine.location),
        "os_type": {"windows": "Windows", "linux": "Linux"}.get(os_kind(body) or ""),
        "power_state": text(machine.power_state),
        "patch_mode": text(settings.patch_mode),
        "assessment_mode": text(settings.assessment_mode),
        "hotpatch": flag(settings.enable_hotpatching),
        "support_state": support_state,
        "assessment": assessment,
        "installation": installation,
        "source": source if assessment or installation else "none",
    }


def assessment_of(properties: Body) -> AssessmentRow | None:
    """An assessment from a row of `patchassessmentresources`."""
    if not properties:
        return None
    counts = {
        name: number(count) for name, count in object_at(properties, "availablePatchCountByClassification").items()
    }
    urgent = sum(count for name, count in counts.items() if name.casefold() in _URGENT)
    return {
        "status": text(properties.get("status")) or "Unknown",
        "at": shown_instant(properties.get("lastModifiedDateTime")) or shown_instant(properties.get("startDateTime")),
        "critical_and_security": urgent,
        "other": sum(counts.values()) - urgent,
        "by_classification": counts,
        "reboot_pending": flag(properties.get("rebootPending")),
        "started_by": text(properties.get("startedBy")),
        "activity_id": text(properties.get("assessmentActivityId")),
        "error": error_of(properties),
    }


def installation_of(properties: Body) -> InstallationRow | None:
    """An installation from a row of `patchinstallationresources`; one that runs has not ended."""
    activity = text(properties.get("installationActivityId"))
    if activity is None:
        return None
    status = text(properties.get("status")) or "Unknown"
    running = status.casefold() in ("inprogress", "notstarted")
    return {
        "activity_id": activity,
        "status": status,
        "started": shown_instant(properties.get("startDateTime")),
        "ended": None if running else shown_instant(properties.get("lastModifiedDateTime")),
        "started_by": text(properties.get("startedBy")),
        "reboot_status": text(properties.get("rebootStatus")),
        "window_exceeded": flag(properties.get("maintenanceWindowExceeded")),
        "installed": number(properties.get("installedPatchCount")),
        "failed": number(properties.get("failedPatchCount")),
        "pending": number(properties.get("pendingPatchCount")),
        "excluded": number(properties.get("excludedPatchCount")),
        "not_selected": number(properties.get("notSelectedPatchCount")),
        "schedule_run": text(properties.get("maintenanceRunId")),
        "error": error_of(properties),
    }


def seen_installation(summary: Body) -> InstallationRow | None:
    """An installation from `lastPatchInstallationSummary`, with its other names for times and no reboot status."""
    return installation_of(
        {
            **summary,
            "startDateTime": summary.get("startTime"),
            "lastModifiedDateTime": summary.get("lastModifiedTime"),
        }
    )


def support_state_of(properties: Body) -> str | None:
    """What an assessment found out about a custom image."""
    readiness = object_at(object_at(properties, "configurationStatus"), "vmGuestPatchReadiness")
    return text(readiness.get("detectedVMGuestPatchSupportState"))


def _seen_assessment(summary: Body) -> AssessmentRow | None:
    if not summary:
        return None
    return {
        "status": text(summary.get("status")) or "Unknown",
        "at": shown_instant(summary.get("lastModifiedTime")) or shown_instant(summary.get("startTime")),
        "critical_and_security": number(summary.get("criticalAndSecurityPatchCount")),
        "other": number(summary.get("otherPatchCount")),
        "by_classification": None,
        "reboot_pending": flag(summary.get("rebootPending")),
        "started_by": None,
        "activity_id": text(summary.get("assessmentActivityId")),
        "error": error_of(summary),
    }
