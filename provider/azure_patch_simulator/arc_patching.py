"""assessPatches and installPatches of Arc-enabled servers.

Source: recorded traffic: 202 with a Location only; each poll answers 202 with another Location until 200 with the bare
result. Results count patches and do not list them.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from . import assessments, installations, operations
from .arc_machines import MACHINE_PATH, machine_of_call
from .errors import unseen
from .guest_patches import count_by_classification
from .http import Response
from .install_selection import request_of
from .patch_records import Assessment, Installation
from .resources import Body, Resource
from .routing import Call, Routes
from .world import Operation

if TYPE_CHECKING:
    from .simulator import Simulator

routes = Routes()

ASSESS, INSTALL = "arc.assess", "arc.install"
POLL_SECONDS = 60
SUPPORTED_VERSIONS = "2020-08-15-preview"
_RESULTS = "/subscriptions/{subscription}/providers/Microsoft.HybridCompute/locations/{location}"


def _headers(call: Call, operation: Operation) -> dict[str, str]:
    version = quote(call.request.api_version or "2024-07-10", safe="")
    signature = call.simulator.identifiers.fixed(f"signature/{operation.id}/{call.request_id}").replace("-", "")
    path = (
        f"/subscriptions/{quote(operation.subscription)}/providers/Microsoft.HybridCompute/locations/"
        f"{quote(operation.location, safe='', errors='replace')}/updateCenterOperationResults/{operation.id}"
    )
    clock = call.simulator.clock
    # On a clock that runs faster than real time a client's minute would be hours.
    wait = str(POLL_SECONDS) if clock.pace <= 1 else operations.retry_after(call, operation)
    return {
        "location": f"{call.base_url}{path}?api-version={version}&t={int(call.now.timestamp())}&c=simulated"
        f"&s={signature}&h={signature[:8]}",
        "retry-after": wait,
        "api-supported-versions": SUPPORTED_VERSIONS,
    }


def _ready(call: Call) -> Resource:
    machine = machine_of_call(call)
    installations.refuse_while_busy(machine)
    installations.refuse_while_off(machine)
    return machine


def _accepted(call: Call, machine: Resource, kind: str, activity: str, ends: datetime) -> Response:
    operation = operations.start(
        call.simulator,
        machine,
        kind,
        subscription=call.subscription.id,
        location=str(machine.body["location"]),
        duration=ends - call.now,
        activity=activity,
    )
    return Response.empty(202, _headers(call, operation))


@routes.route("POST", MACHINE_PATH + "/assessPatches", "Machines_AssessPatches")
def assess(call: Call) -> Response:
    """Assess."""
    machine = _ready(call)
    activity = call.simulator.identifiers.next("operation")
    ends = call.now + assessments.duration(call.simulator, machine, activity)
    assessments.begin(call.simulator, machine, activity=activity, ends=ends)
    return _accepted(call, machine, ASSESS, activity, ends)


@routes.route("POST", MACHINE_PATH + "/installPatches", "Machines_InstallPatches")
def install(call: Call) -> Response:
    """Install what the body selects; the duration is required."""
    machine = _ready(call)
    windows = call.simulator.patching.guest_of(machine).os_type == "Windows"
    request = request_of(call.object(), windows=windows, default=None)
    activity = call.simulator.identifiers.next("operation")
    installation = installations.begin(call.simulator, machine, request, activity=activity, started_by="User")
    return _accepted(call, machine, INSTALL, activity, installation.ends)


@operations.finisher(ASSESS)
def finish_assess(simulator: Simulator, operation: Operation) -> None:
    """The result is the latest assessment."""
    assessment = simulator.world.patch_records.assessments.get(operation.resource_id.lower())
    if assessment is not None and assessment.activity == operation.id:
        operation.output = _assessed(assessment)


@operations.finisher(INSTALL)
def finish_install(simulator: Simulator, operation: Operation) -> None:
    """The result is the installation."""
    installation = installations.find(simulator, operation.resource_id, operation.id)
    if installation is not None:
        operation.output = _installed(installation, simulator.clock.now())


def _assessed(assessment: Assessment) -> Body:
    body: dict[str, Any] = {
        "startDateTime": assessment.started.isoformat(),
        "lastModifiedDateTime": assessment.ends.isoformat(),
        "startedBy": assessment.started_by,
        "rebootPending": assessment.reboot_pending,
        "patchServiceUsed": assessment.service,
        "status": assessment.status,
        "availablePatchCountByClassification": count_by_classification(assessment.patches),
        "assessmentActivityId": assessment.activity,
        "osType": assessment.os_type,
    }
    return body if assessment.error is None else {**body, "errorDetails": assessment.error}


def _installed(installation: Installation, now: datetime) -> Body:
    body: dict[str, Any] = {
        "status": installation.status_at(now),
        "installationActivityId": installation.activity,
        "rebootStatus": installation.reboot_status,
        "maintenanceWindowExceeded": installation.exceeded,
        **installation.counts(now),
        "startDateTime": installation.started.isoformat(),
        "lastModifiedDateTime": installation.ends.isoformat(),
        "startedBy": installation.started_by,
        "patchServiceUsed": installation.service,
        "osType": installation.os_type,
    }
    return body if installation.error is None else {**body, "errorDetails": installation.error}


@routes.route("GET", _RESULTS + "/updateCenterOperationResults/{operation}", "Machines_UpdateCenterOperationResult")
def result(call: Call) -> Response:
    """202 with another Location until it is over, then the bare result."""
    operation = call.world.operations.get(call.params["operation"].lower())
    known = operation is not None and operation.kind in (ASSESS, INSTALL)
    if operation is None or not known or operation.subscription.lower() != call.subscription.id.lower():
        raise unseen("NoSuchOperation", f"Operation '{call.params['operation']}' was not found.", status=404)
    if operation.ended is None:
        return Response.empty(202, _headers(call, operation))
    if operation.output is None:
        raise unseen("PatchResultLost", "The machine is gone, and the result with it.", status=404)
    return Response.of_json(200, operation.output)
