"""Virtual machines: read, list, create, replace, update, delete. Writes take time and one at a time.

Source of codes and headers: azure-mgmt-compute 39 and recorded traffic (create 201, update 200, PATCH 200 only).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import operations
from .errors import ArmError, resource_not_found, unseen
from .fields import check_tags
from .groups import group_of_call, page
from .http import Response
from .machine_bodies import fill_in, instance_view, replace, tidy, update
from .machine_rules import check, check_shape
from .machine_writes import VM_TYPE, knowledge, write
from .patch_status import patch_status
from .policies import schedule_policies
from .resources import Body, Resource
from .routing import Call, Routes
from .world import Operation

if TYPE_CHECKING:
    from .simulator import Simulator

routes = Routes()

_LIST = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Compute/virtualMachines"
MACHINE_PATH = _LIST + "/{machine}"


def _find(call: Call) -> Resource | None:
    return call.world.resources.get(f"{group_of_call(call).id}/providers/{VM_TYPE}/{call.params['machine']}")


def machine_of_call(call: Call) -> Resource:
    """Return the machine the path names. Raises ARM's 404."""
    found = _find(call)
    if found is None:
        raise resource_not_found(VM_TYPE, call.params["machine"], call.params["group"])
    return found


def _shown(call: Call, machine: Resource) -> Body:
    expand = call.request.query.get("$expand", "").lower().split(",")
    if "instanceview" not in expand:
        return machine.body
    view = _instance_view(call, machine)
    return {**machine.body, "properties": {**machine.properties, "instanceView": view}}


def _instance_view(call: Call, machine: Resource) -> Body:
    call.simulator.patching.before_change(machine)
    status = patch_status(call.world.patch_records, machine.id, call.now)
    return instance_view(machine, call.now.isoformat(), status)


@routes.route("GET", MACHINE_PATH, "VirtualMachines_Get")
def show(call: Call) -> Response:
    """Show a machine, with ``$expand=instanceView`` its instance view too."""
    machine = machine_of_call(call)
    return Response.of_json(200, _shown(call, machine), _etag(machine))


@routes.route("GET", MACHINE_PATH + "/instanceView", "VirtualMachines_InstanceView")
def show_instance_view(call: Call) -> Response:
    """Show the instance view alone."""
    return Response.of_json(200, _instance_view(call, machine_of_call(call)))


@routes.route("GET", _LIST, "VirtualMachines_List")
def list_of_group(call: Call) -> Response:
    """List the machines of a group."""
    group_of_call(call)
    found = call.world.resources.of_type(VM_TYPE, subscription=call.subscription.id, group=call.params["group"])
    return page(call, [_shown(call, machine) for machine in found])


@routes.route(
    "GET", "/subscriptions/{subscription}/providers/Microsoft.Compute/virtualMachines", "VirtualMachines_ListAll"
)
def list_all(call: Call) -> Response:
    """List the machines of a subscription."""
    found = call.world.resources.of_type(VM_TYPE, subscription=call.subscription.id)
    return page(call, [_shown(call, machine) for machine in found])


def _etag(machine: Resource) -> dict[str, str]:
    return {"etag": f'"{machine.facts.get("revision", 1)}"'}


def _check_conditions(call: Call, machine: Resource | None) -> None:
    wanted, unwanted = call.request.headers.get("if-match"), call.request.headers.get("if-none-match")
    current = None if machine is None else _etag(machine)["etag"]
    if wanted is not None and (current is None or wanted not in ("*", current)):
        raise unseen("Precondition", "The machine is not as If-Match says.", status=412)
    if unwanted is not None and current is not None and unwanted in ("*", current):
        raise unseen("Precondition", "The machine is as If-None-Match does not want it.", status=412)


def _check(call: Call, body: Body, before: Body | None) -> None:
    check_tags(body)
    check(body, before, knowledge(call.simulator, call.subscription.id, call.request.api_version))


def _check_location(body: Body, existing: Resource | None) -> None:
    location = body.get("location")
    if not isinstance(location, str) or not location.strip():
        raise ArmError(400, "LocationRequired", "The location property is required for this definition.")
    if existing is None:
        body["location"] = location.replace(" ", "").lower()
        return
    at = str(existing.body.get("location", location))
    if at.replace(" ", "").lower() != location.replace(" ", "").lower():
        raise ArmError(
            409,
            "InvalidResourceLocation",
            f"The resource '{existing.name}' already exists in location '{at}' in resource group '{existing.group}'. "
            f"A resource with the same name cannot be created in location '{location}'. "
            "Please select a new resource name.",
        )
    body["location"] = at


@routes.route("PUT", MACHINE_PATH, "VirtualMachines_CreateOrUpdate")
def put(call: Call) -> Response:
    """Create (201) or replace (200) a machine; what is immutable and left out stays as it was."""
    group, sent = group_of_call(call), call.object()
    check_shape(sent)
    existing = _find(call)
    _check_conditions(call, existing)
    if existing is not None:
        operations.refuse_while_running(existing)
    body = replace(existing.body if existing else None, sent)
    _check_location(body, existing)
    fill_in(body)
    tidy(body)
    _check(call, body, existing.body if existing else None)
    if existing is not None:
        return _write(call, existing, body, 200)
    machine = _create(call, f"{group.id}/providers/{VM_TYPE}/{call.params['machine']}", body)
    return _write(call, machine, machine.body, 201)


def _create(call: Call, machine_id: str, body: Body) -> Resource:
    body["properties"]["vmId"] = call.simulator.identifiers.next("vmId")
    body["properties"]["timeCreated"] = call.now.isoformat()
    facts = {"running": True, "started": call.now.isoformat(), "revision": 0}
    machine = Resource(machine_id, VM_TYPE, body, call.now, facts)
    call.world.resources.put(machine)
    return machine


@routes.route("PATCH", MACHINE_PATH, "VirtualMachines_Update")
def patch(call: Call) -> Response:
    """Change only what is given. The answer is 200 at once; ``provisioningState`` is Updating until it is done."""
    machine, sent = machine_of_call(call), call.object()
    check_shape(sent)
    _check_conditions(call, machine)
    operations.refuse_while_running(machine)
    body = update(machine.body, sent)
    _check_location(body, machine)
    tidy(body)
    _check(call, body, machine.body)
    return _write(call, machine, body, 200)


def _write(call: Call, machine: Resource, body: Body, status: int) -> Response:
    duration = call.world.settings.operation_time
    operation = write(call.simulator, machine, body, duration, created=status == 201)
    schedule_policies(call.simulator, machine)
    if operation.ended is not None:
        return Response.of_json(status, machine.body, _etag(machine))
    headers = operations.headers(call, operation, with_location=False)
    return Response.of_json(status, machine.body, {**headers, **_etag(machine)})


@routes.route("DELETE", MACHINE_PATH, "VirtualMachines_Delete")
def delete(call: Call) -> Response:
    """Delete a machine with its assignments: 202, or 204 when there is none."""
    group_of_call(call)
    machine = _find(call)
    if machine is None:
        return Response.empty(204)
    operations.refuse_while_running(machine)
    machine.properties["provisioningState"] = "Deleting"
    operation = operations.start(
        call.simulator,
        machine,
        "virtualMachine.delete",
        subscription=call.subscription.id,
        location=machine.body["location"],
        duration=call.world.settings.operation_time,
    )
    if operation.ended is not None:
        return Response.empty(200)
    return Response.empty(202, operations.headers(call, operation, with_location=True))


@operations.finisher("virtualMachine.delete")
def finish_delete(simulator: Simulator, operation: Operation) -> None:
    """The machine is gone."""
    simulator.world.resources.remove(operation.resource_id)
    simulator.patching.forget(operation.resource_id)
