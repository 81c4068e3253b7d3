"""applyUpdates: look at a maintenance run, and cancel one that has not begun.

Source: Microsoft Learn, Update Manager, manage pre and post events, 2024-07-24 (a PUT of status ``Cancel`` on the run,
which extends its configuration, up to ten minutes before it starts); azure-mgmt-maintenance 2.1 for the shapes.
"""

from __future__ import annotations

from .errors import resource_not_found, unseen
from .fields import typed
from .groups import group_of_call
from .http import Response
from .maintenance import CONFIGURATION_TYPE
from .patch_records import MaintenanceRun
from .resources import Resource, type_of
from .routing import Call, Routes

routes = Routes()

TYPE = "Microsoft.Maintenance/applyUpdates"
_RESOURCE = "/subscriptions/{subscription}/resourceGroups/{group}/providers/{provider}/{type}/{name}"
_RUN = _RESOURCE + "/providers/Microsoft.Maintenance/applyUpdates/{run}"


def _owner(call: Call) -> Resource:
    names = call.params
    owner_id = f"{group_of_call(call).id}/providers/{names['provider']}/{names['type']}/{names['name']}"
    owner = call.world.resources.get(owner_id)
    if owner is None:
        raise resource_not_found(type_of(owner_id) or "", names["name"], names["group"])
    return owner


def _found(call: Call, owner: Resource) -> MaintenanceRun:
    wanted, key = call.params["run"].lower(), owner.id.lower()
    for run in reversed(call.world.patch_records.runs):
        if run.resource_id.lower() == key and run.name.lower() == wanted:
            return run
    raise resource_not_found(TYPE, call.params["run"], call.params["group"])


def _shown(owner: Resource, run: MaintenanceRun) -> Response:
    body = {
        "id": f"{owner.id}/providers/{TYPE}/{run.name}",
        "name": run.name,
        "type": TYPE,
        "properties": {
            "status": run.status,
            "resourceId": run.resource_id,
            "lastUpdateTime": (run.ended or run.started).isoformat(),
        },
    }
    return Response.of_json(200, body)


@routes.route("GET", _RUN, "ApplyUpdates_Get")
def show(call: Call) -> Response:
    """Show a run of a configuration, or of one machine."""
    owner = _owner(call)
    return _shown(owner, _found(call, owner))


@routes.route("PUT", _RUN, "ApplyUpdates_CreateOrUpdateOrCancel")
def cancel(call: Call) -> Response:
    """Cancel a run of a guest patch configuration; nothing else can be put here."""
    owner = _owner(call)
    status = typed(call.object(required=False), "properties.status", str)
    if (
        owner.type.lower() != CONFIGURATION_TYPE.lower()
        or status is None
        or status.lower() not in ("cancel", "cancelled")
    ):
        raise unseen("ApplyUpdate", "Here a run of a guest patch configuration can be cancelled: status 'Cancel'.")
    run = _found(call, owner)
    if run.status == "Cancelled":
        return _shown(owner, run)
    latest = run.started - call.world.settings.patching.cancellable_before
    if run.status != "Pending" or call.now > latest:
        raise unseen("CancelTooLate", f"The run could be cancelled until {latest.isoformat()}.", status=409)
    run.status, run.ended = "Cancelled", call.now
    run.message = f"Maintenance cancelled using cancellation API at {call.now.isoformat()}"
    return _shown(owner, run)


@routes.route("GET", "/subscriptions/{subscription}/providers/Microsoft.Maintenance/applyUpdates", "ApplyUpdates_List")
def list_all(call: Call) -> Response:
    """List updates of hosts, of which there are none: for guests this list is not supported (Microsoft Learn)."""
    _ = call.subscription
    return Response.of_json(200, {"value": []})
