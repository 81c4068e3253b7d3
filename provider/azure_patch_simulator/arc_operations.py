"""Long-running writes of the hybrid compute provider: both headers, and a status body that holds the resource.

Source: recorded traffic of licence profiles (api 2024-07-10); that machines are deleted the same way was not seen.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from . import operations
from .errors import unseen
from .http import Response
from .routing import Call, Routes
from .world import Operation

routes = Routes()

KIND = "hybrid."
_LOCATION = "/subscriptions/{subscription}/providers/Microsoft.HybridCompute/locations/{location}"


def headers(call: Call, operation: Operation) -> dict[str, str]:
    """Return the headers of an accepted write."""
    version = quote(call.request.api_version or "2024-07-10", safe="")
    base = (
        f"{call.base_url}/subscriptions/{quote(operation.subscription)}/providers/Microsoft.HybridCompute/locations/"
        f"{quote(operation.location, safe='', errors='replace')}"
    )
    return {
        "azure-asyncoperation": f"{base}/operationstatus/{operation.id}?api-version={version}",
        "location": f"{base}/operationresults/{operation.id}?api-version={version}",
        "retry-after": operations.retry_after(call, operation),
    }


def _operation(call: Call) -> Operation:
    operation = call.world.operations.get(call.params["operation"].lower())
    known = operation is not None and operation.kind.startswith(KIND)
    if operation is None or not known or operation.subscription.lower() != call.subscription.id.lower():
        raise unseen("NoSuchOperation", f"Operation '{call.params['operation']}' was not found.", status=404)
    return operation


@routes.route("GET", _LOCATION + "/operationstatus/{operation}", "HybridCompute_OperationStatus")
def status(call: Call) -> Response:
    """Answer a poll: the resource is in ``properties``, not in ``properties.output``."""
    operation = _operation(call)
    resource = call.world.resources.get(operation.resource_id)
    body: dict[str, Any] = {
        "name": operation.id,
        "status": operation.status,
        "startTime": operation.started.isoformat(),
    }
    if resource is not None:
        body["properties"] = resource.body
    pacing = {} if operation.ended is not None else {"retry-after": operations.retry_after(call, operation)}
    return Response.of_json(200, body, pacing)


@routes.route("GET", _LOCATION + "/operationresults/{operation}", "HybridCompute_OperationResult")
def result(call: Call) -> Response:
    """202 until it is over, then the resource, or nothing when it was deleted."""
    operation = _operation(call)
    if operation.ended is None:
        return Response.empty(202, headers(call, operation))
    resource = call.world.resources.get(operation.resource_id)
    return Response.empty(200) if resource is None else Response.of_json(200, resource.body)
