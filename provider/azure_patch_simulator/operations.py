"""Long-running operations: started by a write, followed by polling, ended by the clock.

Source of headers and bodies: recorded traffic of the Azure CLI (api 2024-11-01) and of Azure PowerShell.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from .clock import Event
from .errors import unseen
from .http import Response
from .resources import Resource
from .routing import Call, Routes
from .world import Operation

if TYPE_CHECKING:
    from .simulator import Simulator

routes = Routes()

FINISH = "operation.finish"
MAX_RETRY_AFTER = 10
PATCH_KIND = "patch."
Finisher = Callable[["Simulator", Operation], None]
finishers: dict[str, Finisher] = {}


def finisher(name: str) -> Callable[[Finisher], Finisher]:
    """Declare what the end of an operation of this kind does to the world."""

    def declare(function: Finisher) -> Finisher:
        finishers[name] = function
        return function

    return declare


def start(
    simulator: Simulator,
    resource: Resource,
    kind: str,
    *,
    subscription: str,
    location: str,
    duration: timedelta,
    activity: str | None = None,
) -> Operation:
    """Start an operation on ``resource``; with no duration it is over at once. One at a time per resource.

    ``activity`` is the id of a patch operation: it does not stand in the way of writes.
    """
    now = simulator.clock.now()
    operation = Operation(
        id=activity or simulator.identifiers.next("operation"),
        subscription=subscription,
        location=location.replace(" ", "").lower(),
        resource_id=resource.id,
        kind=kind,
        started=now,
        ends=now + duration,
    )
    simulator.world.operations[operation.id] = operation
    if activity is None:
        resource.facts["operation"] = operation.id
    if duration > timedelta(0):
        simulator.clock.schedule(operation.ends, FINISH, {"operation": operation.id})
    else:
        finish(simulator, operation)
    return operation


def finish(simulator: Simulator, operation: Operation) -> None:
    """End an operation: do what its kind does at the end, and free the resource."""
    resource = simulator.world.resources.get(operation.resource_id)
    if resource is not None and resource.facts.get("operation") == operation.id:
        del resource.facts["operation"]
    operation.ended = simulator.clock.now()
    operation.status = "Succeeded"
    finishers[operation.kind](simulator, operation)


def finish_event(simulator: Simulator) -> Callable[[Event], None]:
    """Return the handler of the clock's ``operation.finish`` events."""

    def run(event: Event) -> None:
        operation = simulator.world.operations[event.data["operation"]]
        if operation.status != "InProgress":
            return
        if operation.ends > event.due:
            simulator.clock.schedule(operation.ends, FINISH, event.data)
        else:
            finish(simulator, operation)

    return run


def slow_down(simulator: Simulator, begun: int, duration: timedelta) -> None:
    """Let the operations that were started after the first ``begun`` take ``duration`` longer."""
    for operation in list(simulator.world.operations.values())[begun:]:
        if operation.ended is None:
            operation.ends += duration


def refuse_while_running(resource: Resource) -> None:
    """Raise a 409 while another write runs. The real service's answer to this was not seen."""
    running = resource.facts.get("operation")
    if running is not None:
        raise unseen("WriteInProgress", f"Operation '{running}' on '{resource.name}' is still running.", status=409)


def retry_after(call: Call, operation: Operation) -> str:
    """Return whole seconds until a poll is worth it: the rest of the operation, at most ten.

    They are the client's seconds: on a clock that runs n times as fast, an operation is over n times as soon. On a
    clock moved by hand they are simulated ones.
    """
    # On a running clock the operation began a little after the request that asked for it.
    left = operation.ends - max(call.now, operation.started)
    clock = call.simulator.clock
    seconds = math.ceil(clock.real_seconds(left) if clock.pace else left.total_seconds())
    return str(max(1, min(MAX_RETRY_AFTER, seconds)))


def headers(call: Call, operation: Operation, *, with_location: bool) -> dict[str, str]:
    """Return the headers of an accepted operation; ``with_location`` adds the form that ends in the bare result."""
    result = {
        "azure-asyncnotification": "Enabled",
        "azure-asyncoperation": _url(call, operation, monitor=False),
        **_pacing(call, operation),
    }
    if with_location:
        result["location"] = _url(call, operation, monitor=True)
    return result


def _pacing(call: Call, operation: Operation) -> dict[str, str]:
    """Return the Retry-After header: a patch operation has none (recorded traffic), and clients then wait 30 seconds.

    On a clock that runs faster than real time those would be hours, so there it has one.
    """
    recorded = operation.kind.startswith(PATCH_KIND) and call.simulator.clock.pace <= 1
    return {} if recorded else {"retry-after": retry_after(call, operation)}


def _url(call: Call, operation: Operation, *, monitor: bool) -> str:
    signature = call.simulator.identifiers.fixed(f"signature/{operation.id}").replace("-", "")
    path = (
        f"/subscriptions/{quote(operation.subscription)}/providers/Microsoft.Compute/locations/"
        f"{quote(operation.location, safe='', errors='replace')}/operations/{operation.id}"
    )
    version = quote(call.request.api_version or "2024-11-01", safe="")
    return (
        f"{call.base_url}{path}?p={call.simulator.identifiers.fixed('partition')}{'&monitor=true' if monitor else ''}"
        f"&api-version={version}&t={int(operation.started.timestamp())}&c=simulated&s={signature}&h={signature[:8]}"
    )


@routes.route(
    "GET",
    "/subscriptions/{subscription}/providers/Microsoft.Compute/locations/{location}/operations/{operation}",
    "Operations_Get",
)
def show(call: Call) -> Response:
    """Answer a poll: the envelope, or with ``monitor=true`` 202 until the bare result is there."""
    operation = call.world.operations.get(call.params["operation"].lower())
    if operation is None or operation.subscription.lower() != call.subscription.id.lower():
        raise unseen("NoSuchOperation", f"Operation '{call.params['operation']}' was not found.", status=404)
    if call.request.query.get("monitor", "").lower() == "true":
        return _monitor(call, operation)
    body: dict[str, Any] = {"startTime": operation.started.isoformat(), "status": operation.status}
    extra: dict[str, str] = {}
    if operation.ended is None:
        extra = _pacing(call, operation)
    else:
        body["endTime"] = operation.ended.isoformat()
    if operation.output is not None and operation.status == "Succeeded":
        body["properties"] = {"output": operation.output}
    if operation.error is not None:
        body["error"] = operation.error
    body["name"] = operation.id
    return Response.of_json(200, body, extra)


def _monitor(call: Call, operation: Operation) -> Response:
    if operation.ended is None:
        again = {"location": _url(call, operation, monitor=True), **_pacing(call, operation)}
        return Response.empty(202, again)
    if operation.error is not None:
        return Response.of_json(409, {"error": operation.error})
    return Response.empty(204) if operation.output is None else Response.of_json(200, operation.output)
