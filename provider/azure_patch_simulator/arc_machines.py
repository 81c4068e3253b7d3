"""Arc-enabled servers: read, list, create, change, delete; only the last takes time.

Source of shapes and codes: azure-mgmt-hybridcompute 10 (api 2026-07-15): PUT and PATCH answer 200, DELETE 202 or 204.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from . import arc_operations, hotpatch_enablement, operations
from .errors import ArmError, resource_not_found
from .fields import check_tags, choice, merge, typed, without_nulls
from .groups import group_of_call, page
from .http import Response
from .machine_settings import ARC_TYPE
from .resources import Body, Resource
from .routing import Call, Routes
from .world import Operation

if TYPE_CHECKING:
    from .simulator import Simulator

routes = Routes()

_LIST = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.HybridCompute/machines"
MACHINE_PATH = _LIST + "/{machine}"
PATCH_MODES = ("ImageDefault", "AutomaticByPlatform", "AutomaticByOS", "Manual")
ASSESSMENT_MODES = ("ImageDefault", "AutomaticByPlatform")
DELETE = f"{arc_operations.KIND}machine.delete"
_READ_ONLY = ("id", "name", "type", "systemData", "resources", "etag")


def machine_of_call(call: Call) -> Resource:
    """Return the machine the path names. Raises ARM's 404."""
    found = call.world.resources.get(_id(call))
    if found is None:
        raise resource_not_found(ARC_TYPE, call.params["machine"], call.params["group"])
    return found


def _id(call: Call) -> str:
    return f"{group_of_call(call).id}/providers/{ARC_TYPE}/{call.params['machine']}"


def _shown(call: Call, machine: Resource) -> Body:
    profile: Mapping[str, Any] = machine.properties.get("osProfile") or {}
    if "windowsConfiguration" not in profile:
        return machine.body
    body: Body = copy.deepcopy(machine.body)
    configuration = body["properties"]["osProfile"]["windowsConfiguration"]
    status = hotpatch_enablement.status_of(call.simulator, machine)
    configuration["patchSettings"] = {**(configuration.get("patchSettings") or {}), "status": status}
    return body


def _check(body: Mapping[str, Any]) -> None:
    check_tags(body)
    location = typed(body, "location", str)
    if not location:
        raise ArmError(400, "LocationRequired", "The location property is required for this definition.")
    typed(body, "identity", dict)
    for name in ("osType", "osSku", "osName", "osVersion", "status"):
        typed(body, f"properties.{name}", str)
    for system in ("windowsConfiguration", "linuxConfiguration"):
        settings = f"properties.osProfile.{system}.patchSettings"
        choice(body, f"{settings}.patchMode", PATCH_MODES)
        choice(body, f"{settings}.assessmentMode", ASSESSMENT_MODES)
        typed(body, f"{settings}.enableHotpatching", bool)


def _without_status(body: Body) -> None:
    for system in ("windowsConfiguration", "linuxConfiguration"):
        profile = body["properties"].get("osProfile") or {}
        ((profile.get(system) or {}).get("patchSettings") or {}).pop("status", None)


def _keep(call: Call, machine: Resource, body: Body) -> Response:
    body = {**body, "id": machine.id, "name": machine.name, "type": ARC_TYPE}
    body.setdefault("properties", {})
    _without_status(body)
    body["properties"].setdefault("provisioningState", "Succeeded")
    body["properties"].setdefault("status", "Connected")
    machine.body = body
    call.simulator.patching.after_write(machine)
    return Response.of_json(200, _shown(call, machine))


@routes.route("GET", MACHINE_PATH, "Machines_Get")
def show(call: Call) -> Response:
    """Show a machine; ``$expand=instanceView`` adds nothing here."""
    return Response.of_json(200, _shown(call, machine_of_call(call)))


@routes.route("GET", _LIST, "Machines_ListByResourceGroup")
def list_of_group(call: Call) -> Response:
    """List the machines of a group."""
    group_of_call(call)
    found = call.world.resources.of_type(ARC_TYPE, subscription=call.subscription.id, group=call.params["group"])
    return page(call, [_shown(call, machine) for machine in found])


@routes.route(
    "GET", "/subscriptions/{subscription}/providers/Microsoft.HybridCompute/machines", "Machines_ListBySubscription"
)
def list_all(call: Call) -> Response:
    """List the machines of a subscription."""
    found = call.world.resources.of_type(ARC_TYPE, subscription=call.subscription.id)
    return page(call, [_shown(call, machine) for machine in found])


@routes.route("PUT", MACHINE_PATH, "Machines_CreateOrUpdate")
def put(call: Call) -> Response:
    """Create or replace a machine: 200 both times."""
    machine_id = _id(call)
    sent = without_nulls({name: value for name, value in call.object().items() if name not in _READ_ONLY})
    _check(sent)
    machine = call.world.resources.get(machine_id)
    if machine is None:
        machine = Resource(machine_id, ARC_TYPE, {"properties": {}}, call.now, {"started": call.now.isoformat()})
        machine.body = {**sent, "properties": sent.get("properties") or {}}
        call.world.resources.put(machine)
    else:
        call.simulator.patching.before_change(machine)
    return _keep(call, machine, sent)


@routes.route("PATCH", MACHINE_PATH, "Machines_Update")
def patch(call: Call) -> Response:
    """Change only what is given; tags are replaced as a whole."""
    machine = machine_of_call(call)
    sent = {name: value for name, value in call.object().items() if name not in _READ_ONLY}
    tags = sent.pop("tags", None)
    body: Body = merge(copy.deepcopy(machine.body), sent)
    if tags is not None:
        body["tags"] = tags
    _check(body)
    call.simulator.patching.before_change(machine)
    return _keep(call, machine, body)


@routes.route("DELETE", MACHINE_PATH, "Machines_Delete")
def delete(call: Call) -> Response:
    """Delete a machine: 202, or 204 when there is none."""
    machine = call.world.resources.get(_id(call))
    if machine is None:
        return Response.empty(204)
    operations.refuse_while_running(machine)
    operation = operations.start(
        call.simulator,
        machine,
        DELETE,
        subscription=call.subscription.id,
        location=str(machine.body["location"]),
        duration=call.world.settings.operation_time,
    )
    return Response.empty(202, arc_operations.headers(call, operation))


@operations.finisher(DELETE)
def finish_delete(simulator: Simulator, operation: Operation) -> None:
    """The machine is gone."""
    simulator.world.resources.remove(operation.resource_id)
    simulator.patching.forget(operation.resource_id)
