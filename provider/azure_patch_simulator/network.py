"""What machines need of Microsoft.Network, kept as it was sent: no rule of networks is simulated.

Source of the paths and of what a write answers (201 for a new one, 200 for a known one): Azure REST API,
Microsoft.Network 2024-05-01.
"""

from __future__ import annotations

from .errors import invalid_content, resource_not_found
from .fields import check_tags
from .groups import group_of_call
from .http import Response
from .resources import Resource, type_of
from .routing import Call, Routes

routes = Routes()

_PROVIDER = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Network"
_KINDS = {
    "/virtualNetworks/{name}": "VirtualNetworks",
    "/virtualNetworks/{network}/subnets/{name}": "Subnets",
    "/networkSecurityGroups/{name}": "NetworkSecurityGroups",
    "/publicIPAddresses/{name}": "PublicIPAddresses",
    "/networkInterfaces/{name}": "NetworkInterfaces",
}
_READ_ONLY = ("id", "name", "type", "etag")


def _place(call: Call) -> tuple[str, str]:
    """The id and the type that the path names, in the group's own spelling."""
    tail = call.request.path[call.request.path.lower().index("/providers/microsoft.network/") :]
    identity = f"{group_of_call(call).id}{tail}"
    return identity, type_of(identity) or "Microsoft.Network"


def _found(call: Call) -> Resource:
    identity, kind = _place(call)
    found = call.world.resources.get(identity)
    if found is None:
        raise resource_not_found(kind, call.params["name"], call.params["group"])
    return found


def show(call: Call) -> Response:
    """Show it."""
    return Response.of_json(200, _found(call).body)


def put(call: Call) -> Response:
    """Create (201) or replace (200) it; done with the answer."""
    identity, kind = _place(call)
    sent = {name: value for name, value in call.object().items() if name not in _READ_ONLY}
    check_tags(sent)
    given = sent.get("properties") or {}
    if not isinstance(given, dict):
        raise invalid_content("'properties' is an object")
    existing = call.world.resources.get(identity)
    resource = existing or Resource(identity, kind, {}, call.now)
    properties = {**given, "provisioningState": "Succeeded"}
    resource.body = {
        "id": resource.id,
        "name": resource.name,
        "type": kind,
        **sent,
        "properties": properties,
    }
    call.world.resources.put(resource)
    return Response.of_json(201 if existing is None else 200, resource.body)


def delete(call: Call) -> Response:
    """Delete it with what is below it: 200, or 204 when there is none."""
    identity, _ = _place(call)
    if call.world.resources.get(identity) is None:
        return Response.empty(204)
    below = f"{identity}/".lower()
    for child in [each.id for each in call.world.resources if each.id.lower().startswith(below)]:
        call.world.resources.remove(child)
    call.world.resources.remove(identity)
    return Response.empty(200)


for _path, _name in _KINDS.items():
    routes.route("GET", _PROVIDER + _path, f"{_name}_Get")(show)
    routes.route("PUT", _PROVIDER + _path, f"{_name}_CreateOrUpdate")(put)
    routes.route("DELETE", _PROVIDER + _path, f"{_name}_Delete")(delete)
