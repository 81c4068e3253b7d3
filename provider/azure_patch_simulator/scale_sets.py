"""Virtual machine scale sets, as far as their patch settings go: read, list, create, replace, change.

Their machines are not simulated. The rules are documented, the service's answers to breaking them were not seen, so
they come with our codes. Sources: terraform-provider-azurerm, orchestrated_virtual_machine_scale_set_resource.go,
2026-08-21; Microsoft Learn, automatic VM guest patching, 2024-07-31.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from . import operations
from .errors import ArmError, resource_not_found, unseen
from .fields import check_tags, merge, typed
from .groups import group_of_call, page
from .http import Response
from .machine_rules import is_hotpatch_image
from .resources import Body, Resource
from .routing import Call, Routes
from .world import Operation

if TYPE_CHECKING:
    from .simulator import Simulator

routes = Routes()

TYPE = "Microsoft.Compute/virtualMachineScaleSets"
_LIST = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Compute/virtualMachineScaleSets"
_SCALE_SET = _LIST + "/{scale_set}"
_READ_ONLY = ("id", "name", "type", "etag")


def _id(call: Call) -> str:
    return f"{group_of_call(call).id}/providers/{TYPE}/{call.params['scale_set']}"


def _found(call: Call) -> Resource:
    found = call.world.resources.get(_id(call))
    if found is None:
        raise resource_not_found(TYPE, call.params["scale_set"], call.params["group"])
    return found


def _check(body: Body) -> None:
    check_tags(body)
    if not typed(body, "location", str):
        raise ArmError(400, "LocationRequired", "The location property is required for this definition.")
    profile = typed(body, "properties.virtualMachineProfile", dict) or {}
    flexible = str(typed(body, "properties.orchestrationMode", str)).lower() == "flexible"
    windows: Mapping[str, Any] = (profile.get("osProfile") or {}).get("windowsConfiguration") or {}
    settings: Mapping[str, Any] = windows.get("patchSettings") or {}
    if not is_hotpatch_image({"properties": profile}):
        if settings.get("enableHotpatching"):
            raise unseen("HotpatchImage", "The image of this scale set does not support hotpatching.")
        return
    if not flexible:
        raise unseen("HotpatchUniform", "Scale sets from hotpatch images are orchestrated flexibly.")
    if settings.get("enableHotpatching") is False:
        raise unseen("HotpatchOff", "Hotpatching of a flexible scale set from a hotpatch image cannot be turned off.")
    automatic = settings.get("patchMode") == "AutomaticByPlatform"
    if settings.get("enableHotpatching") and not automatic:
        raise unseen("HotpatchMode", "Hotpatching needs the patch mode AutomaticByPlatform.")
    extensions = (profile.get("extensionProfile") or {}).get("extensions") or ()
    kinds = [str((each.get("properties") or {}).get("type", "")).lower() for each in extensions]
    if automatic and not any(kind.startswith("applicationhealth") for kind in kinds):
        raise unseen("HealthExtension", "Automatic guest patching of a scale set needs the health extension.")


def _write(call: Call, scale_set: Resource, body: Body, status: int) -> Response:
    body = {**body, "id": scale_set.id, "name": scale_set.name, "type": TYPE}
    body["properties"]["provisioningState"] = "Creating" if status == 201 else "Updating"
    scale_set.body = body
    operation = operations.start(
        call.simulator,
        scale_set,
        "scaleSet.write",
        subscription=call.subscription.id,
        location=str(body["location"]),
        duration=call.world.settings.operation_time,
    )
    headers = {} if operation.ended is not None else operations.headers(call, operation, with_location=False)
    return Response.of_json(status, body, headers)


@operations.finisher("scaleSet.write")
def finish_write(simulator: Simulator, operation: Operation) -> None:
    """The write is done."""
    scale_set = simulator.world.resources.get(operation.resource_id)
    if scale_set is not None:
        scale_set.properties["provisioningState"] = "Succeeded"


@routes.route("GET", _SCALE_SET, "VirtualMachineScaleSets_Get")
def show(call: Call) -> Response:
    """Show a scale set."""
    return Response.of_json(200, _found(call).body)


@routes.route("GET", _LIST, "VirtualMachineScaleSets_List")
def list_of_group(call: Call) -> Response:
    """List the scale sets of a group."""
    group_of_call(call)
    found = call.world.resources.of_type(TYPE, subscription=call.subscription.id, group=call.params["group"])
    return page(call, [each.body for each in found])


@routes.route(
    "GET",
    "/subscriptions/{subscription}/providers/Microsoft.Compute/virtualMachineScaleSets",
    "VirtualMachineScaleSets_ListAll",
)
def list_all(call: Call) -> Response:
    """List the scale sets of a subscription."""
    found = call.world.resources.of_type(TYPE, subscription=call.subscription.id)
    return page(call, [each.body for each in found])


@routes.route("PUT", _SCALE_SET, "VirtualMachineScaleSets_CreateOrUpdate")
def put(call: Call) -> Response:
    """Create (201) or replace (200) a scale set."""
    scale_set_id, sent = _id(call), {name: value for name, value in call.object().items() if name not in _READ_ONLY}
    body: Body = {**sent, "properties": copy.deepcopy(sent.get("properties") or {})}
    _check(body)
    existing = call.world.resources.get(scale_set_id)
    if existing is not None:
        operations.refuse_while_running(existing)
        return _write(call, existing, body, 200)
    scale_set = Resource(scale_set_id, TYPE, body, call.now)
    call.world.resources.put(scale_set)
    return _write(call, scale_set, body, 201)


@routes.route("PATCH", _SCALE_SET, "VirtualMachineScaleSets_Update")
def patch(call: Call) -> Response:
    """Change only what is given. The answer is 200 at once; ``provisioningState`` is Updating until it is done."""
    scale_set = _found(call)
    operations.refuse_while_running(scale_set)
    sent = {name: value for name, value in call.object().items() if name not in _READ_ONLY}
    body: Body = merge(copy.deepcopy(scale_set.body), sent)
    _check(body)
    return _write(call, scale_set, body, 200)
