"""assessPatches and installPatches of virtual machines.

Source: recorded traffic of the Azure CLI (api 2024-11-01). POST answers 202 with no body, no Retry-After and both
Azure-AsyncOperation and Location; the operation's id is the activity id of the result.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from . import assessments, installations, operations
from .errors import ArmError
from .http import Response
from .install_selection import request_of
from .machine_bodies import is_windows
from .patch_failures import FailureKind
from .resources import Resource
from .routing import Call, Routes
from .virtual_machines import MACHINE_PATH, machine_of_call
from .world import Operation

if TYPE_CHECKING:
    from .simulator import Simulator

routes = Routes()

ASSESS, INSTALL, FAIL = "patch.assess", "patch.install", "patch.fail"
# Source: Azure/azure-rest-api-specs issue 31144.
INTERNAL_CODE, INTERNAL_TEXT = "VMGuestPatchInternalError", "An internal execution error occurred. Please retry later."


def _ready(call: Call) -> Resource:
    machine = machine_of_call(call)
    operations.refuse_while_running(machine)
    installations.refuse_while_busy(machine)
    installations.refuse_while_off(machine)
    return machine


def _accepted(call: Call, machine: Resource, kind: str, activity: str, ends: datetime) -> Response:
    operation = operations.start(
        call.simulator,
        machine,
        kind,
        subscription=call.subscription.id,
        location=machine.body["location"],
        duration=ends - call.now,
        activity=activity,
    )
    return Response.empty(202, operations.headers(call, operation, with_location=True))


def _failing(call: Call, machine: Resource, activity: str, kind: FailureKind) -> Response | None:
    """Return the answer of an operation that will fail as a whole, ``None`` when it will not."""
    failure = call.simulator.patching.failure(kind, machine, call.now)
    if failure is None:
        return None
    answer = _accepted(call, machine, FAIL, activity, call.now + timedelta(minutes=1))
    operation = call.world.operations[activity]
    operation.output = {"code": failure.code or INTERNAL_CODE, "message": failure.message or INTERNAL_TEXT}
    return answer


@routes.route("POST", MACHINE_PATH + "/assessPatches", "VirtualMachines_AssessPatches")
def assess(call: Call) -> Response:
    """Assess."""
    machine = _ready(call)
    activity = call.simulator.identifiers.next("operation")
    failing = _failing(call, machine, activity, "assessment_operation")
    if failing is not None:
        return failing
    ends = call.now + assessments.duration(call.simulator, machine, activity)
    assessments.begin(call.simulator, machine, activity=activity, ends=ends)
    return _accepted(call, machine, ASSESS, activity, ends)


@routes.route("POST", MACHINE_PATH + "/installPatches", "VirtualMachines_InstallPatches")
def install(call: Call) -> Response:
    """Install what the body selects."""
    machine = _ready(call)
    default = call.world.settings.patching.default_duration
    request = request_of(call.object(), windows=is_windows(machine.body), default=default)
    activity = call.simulator.identifiers.next("operation")
    failing = _failing(call, machine, activity, "installation")
    if failing is not None:
        return failing
    installation = installations.begin(call.simulator, machine, request, activity=activity, started_by="User")
    return _accepted(call, machine, INSTALL, activity, installation.ends)


@operations.finisher(ASSESS)
def finish_assess(simulator: Simulator, operation: Operation) -> None:
    """The result is the latest assessment."""
    assessment = simulator.world.patch_records.assessments.get(operation.resource_id.lower())
    if assessment is None or assessment.activity != operation.id:
        _lost(operation)
    else:
        operation.output = assessments.result_body(assessment)


@operations.finisher(INSTALL)
def finish_install(simulator: Simulator, operation: Operation) -> None:
    """The result is the installation; that it has failed is said in it, not in the envelope."""
    installation = installations.find(simulator, operation.resource_id, operation.id)
    if installation is None:
        _lost(operation)
    else:
        operation.output = installations.result_body(installation, simulator.clock.now())


@operations.finisher(FAIL)
def finish_failing(simulator: Simulator, operation: Operation) -> None:
    """It has failed as a whole, with the code in the envelope."""
    del simulator
    operation.status, operation.error, operation.output = "Failed", operation.output, None


def _lost(operation: Operation) -> None:
    gone = ArmError(409, INTERNAL_CODE, INTERNAL_TEXT)
    operation.status, operation.error = "Failed", gone.body()["error"]
