"""Assessments that were asked for: they take a little time, and their result is what is offered at their end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from .clock import Event
from .patch_records import Assessment
from .patching import no_error
from .resources import Resource

if TYPE_CHECKING:
    from .simulator import Simulator

FINISH = "assessment.finish"


def duration(simulator: Simulator, machine: Resource, activity: str) -> timedelta:
    """Return how long an assessment takes."""
    patching = simulator.patching
    return patching.lasting(patching.settings.assessment_time, machine, activity)


def begin(simulator: Simulator, machine: Resource, *, activity: str, ends: datetime) -> Assessment:
    """Start an assessment: until it ends, the latest one of the machine is in progress."""
    patching = simulator.patching
    guest = patching.before_change(machine)
    patching.decide_support(machine)
    assessment = Assessment(
        activity=activity,
        started=simulator.clock.now(),
        ends=ends,
        status="Succeeded",
        started_by="User",
        os_type=guest.os_type,
        service=patching.catalogue.service(guest),
        reboot_pending=guest.reboot_pending,
    )
    machine.facts["patchOperation"] = activity
    simulator.world.patch_records.assessments[machine.id.lower()] = assessment
    simulator.clock.schedule(ends, FINISH, {"machine": machine.id, "activity": activity})
    return assessment


def finish_event(simulator: Simulator) -> Callable[[Event], None]:
    """Return the handler of the clock's ``assessment.finish`` events."""

    def run(event: Event) -> None:
        machine = simulator.world.resources.get(event.data["machine"])
        if machine is None or machine.facts.get("patchOperation") != event.data["activity"]:
            return
        del machine.facts["patchOperation"]
        simulator.patching.guest_of(machine).settled = simulator.clock.now()
        before = simulator.world.patch_records.assessments.get(machine.id.lower())
        done = simulator.patching.record_assessment(
            machine, simulator.clock.now(), started_by="User", activity=event.data["activity"]
        )
        if before is not None and before.activity == done.activity:
            done.started = before.started

    return run


def interrupt(simulator: Simulator, machine: Resource) -> None:
    """Cut off an assessment, because the machine goes down now: it has failed."""
    assessment = simulator.world.patch_records.assessments.get(machine.id.lower())
    if assessment is not None and assessment.activity == machine.facts.get("patchOperation"):
        assessment.ends, assessment.status = simulator.clock.now(), "Failed"
        del machine.facts["patchOperation"]


def result_body(assessment: Assessment) -> dict[str, Any]:
    """Return the result of a virtual machine's assessPatches. Source: azure-mgmt-compute 39 and recorded traffic."""
    urgent = sum(patch.is_urgent for patch in assessment.patches)
    patches = []
    for patch in assessment.patches:
        shown: dict[str, Any] = {"patchId": patch.id, "name": patch.name}
        if patch.version is not None:
            shown["version"] = patch.version
        if patch.kb is not None:
            shown["kbId"] = patch.kb_digits
        shown.update(
            classifications=list(patch.classifications),
            rebootBehavior=patch.reboot,
            activityId=assessment.activity,
            publishedDate=patch.published.isoformat(),
            lastModifiedDateTime=assessment.ends.isoformat(),
            assessmentState="Available",
        )
        patches.append(shown)
    return {
        "status": assessment.status,
        "assessmentActivityId": assessment.activity,
        "rebootPending": assessment.reboot_pending,
        "criticalAndSecurityPatchCount": urgent,
        "otherPatchCount": len(assessment.patches) - urgent,
        "startDateTime": assessment.started.isoformat(),
        "availablePatches": patches,
        "error": assessment.error or no_error(assessment.os_type),
    }
