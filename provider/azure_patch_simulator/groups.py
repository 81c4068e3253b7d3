"""Resource groups, and the list of all resources of a subscription or group."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from . import operations
from .errors import ArmError, group_not_found, invalid_content, unseen
from .fields import check_tags
from .http import Response
from .machine_settings import is_machine
from .resources import GROUP_TYPE, Body, Resource
from .routing import Call, Routes
from .world import Operation

if TYPE_CHECKING:
    from .simulator import Simulator

routes = Routes()

_GROUP = "/subscriptions/{subscription}/resourceGroups/{group}"
_TYPE_FILTER = re.compile(r"^\s*resourceType\s+eq\s+'([^']*)'\s*$", re.IGNORECASE)


def group_of_call(call: Call) -> Resource:
    """Return the resource group the path names. Raises ARM's 404."""
    subscription = call.subscription
    found = call.world.resources.get(f"/subscriptions/{subscription.id}/resourceGroups/{call.params['group']}")
    if found is None:
        raise group_not_found(call.params["group"])
    return found


@routes.route("GET", "/subscriptions/{subscription}/resourceGroups", "ResourceGroups_List")
def list_all(call: Call) -> Response:
    """List the groups of a subscription."""
    found = call.world.resources.of_type(GROUP_TYPE, subscription=call.subscription.id)
    return Response.of_json(200, {"value": [group.body for group in found]})


@routes.route("GET", _GROUP, "ResourceGroups_Get")
def show(call: Call) -> Response:
    """Show a group."""
    return Response.of_json(200, group_of_call(call).body)


@routes.route("HEAD", _GROUP, "ResourceGroups_CheckExistence")
def check_existence(call: Call) -> Response:
    """204 when it exists, 404 when not."""
    group_of_call(call)
    return Response.empty(204)


@routes.route("PUT", _GROUP, "ResourceGroups_CreateOrUpdate")
def put(call: Call) -> Response:
    """Create (201) or replace the tags of (200) a group; its location stays."""
    sent = call.object()
    tags = check_tags(sent)
    location = sent.get("location")
    group_id = f"/subscriptions/{call.subscription.id}/resourceGroups/{call.params['group']}"
    existing = call.world.resources.get(group_id)
    if existing is not None:
        existing.body["tags"] = tags or {}
        return Response.of_json(200, existing.body)
    if location is None:
        raise ArmError(400, "LocationRequired", "The location property is required for this definition.")
    if not isinstance(location, str) or not location.strip():
        raise invalid_content("'location' is a string")
    group = call.world.add_group(call.subscription.id, call.params["group"], location.replace(" ", "").lower())
    group.body["tags"] = tags or {}
    return Response.of_json(201, group.body)


@routes.route("PATCH", _GROUP, "ResourceGroups_Update")
def patch(call: Call) -> Response:
    """Replace the tags of a group."""
    group, sent = group_of_call(call), call.object()
    tags = check_tags(sent)
    if tags is not None:
        group.body["tags"] = tags
    return Response.of_json(200, group.body)


@routes.route("DELETE", _GROUP, "ResourceGroups_Delete")
def delete(call: Call) -> Response:
    """Delete a group and all that is in it: 202 and a Location only, as recorded."""
    group = group_of_call(call)
    operations.refuse_while_running(group)
    group.properties["provisioningState"] = "Deleting"
    operation = operations.start(
        call.simulator,
        group,
        "group.delete",
        subscription=call.subscription.id,
        location=group.body["location"],
        duration=call.world.settings.operation_time,
    )
    if operation.ended is not None:
        return Response.empty(200)
    return Response.empty(202, _poll_headers(call, operation))


@operations.finisher("group.delete")
def finish_delete(simulator: Simulator, operation: Operation) -> None:
    """Forget the group and what is in it."""
    for resource in simulator.world.resources.within(operation.resource_id):
        if is_machine(resource):
            simulator.patching.forget(resource.id)
    simulator.world.resources.remove(operation.resource_id)


def _poll_headers(call: Call, operation: Operation) -> dict[str, str]:
    version = call.request.api_version or "2025-04-01"
    path = f"/subscriptions/{call.subscription.id}/operationresults/{operation.id}"
    return {
        "location": f"{call.base_url}{path}?api-version={version}",
        "retry-after": operations.retry_after(call, operation),
    }


@routes.route("GET", "/subscriptions/{subscription}/operationresults/{operation}", "ResourceGroups_DeleteResult")
def delete_result(call: Call) -> Response:
    """202 until the group is gone, then 200 with no body."""
    operation = call.world.operations.get(call.params["operation"].lower())
    if operation is None or operation.kind != "group.delete":
        raise unseen("NoSuchOperation", f"Operation '{call.params['operation']}' was not found.", status=404)
    return Response.empty(200) if operation.ended is not None else Response.empty(202, _poll_headers(call, operation))


def _summary(resource: Resource) -> Body:
    keys = ("id", "name", "type", "location", "tags", "zones", "kind", "sku")
    return {key: resource.body[key] for key in keys if key in resource.body}


def page(call: Call, bodies: list[Any]) -> Response:
    """Return one page of a list; ``nextLink`` leads to the next one."""
    size = max(1, call.world.settings.page_size)
    token = call.request.query.get("$skiptoken", "0")
    if not token.isascii() or not token.isdigit() or len(token) > 9:
        raise unseen("SkipToken", "The skip token is not one that was handed out.")
    first = int(token)
    answer: dict[str, Any] = {"value": bodies[first : first + size]}
    if first + size < len(bodies):
        version = call.request.api_version
        query = f"api-version={version}&" if version else ""
        answer["nextLink"] = f"{call.base_url}{quote(call.request.path)}?{query}$skiptoken={first + size}"
    return Response.of_json(200, answer)


def _list_resources(call: Call, prefix: str) -> Response:
    wanted: str | None = None
    if "$filter" in call.request.query:
        matched = _TYPE_FILTER.match(call.request.query["$filter"])
        if matched is None:
            raise unseen("Filter", "Of filters the simulator knows only: resourceType eq 'namespace/type'.")
        wanted = matched.group(1).lower()
    prefix = f"{prefix}/".lower()
    found = [
        _summary(resource)
        for resource in call.world.resources
        if resource.id.lower().startswith(prefix)
        and resource.type != GROUP_TYPE
        and "/providers/microsoft.maintenance/configurationassignments/" not in resource.id.lower()
        and (wanted is None or resource.type.lower() == wanted)
    ]
    return page(call, found)


@routes.route("GET", "/subscriptions/{subscription}/resources", "Resources_List")
def list_resources(call: Call) -> Response:
    """List all resources of a subscription."""
    return _list_resources(call, f"/subscriptions/{call.subscription.id}")


@routes.route("GET", _GROUP + "/resources", "Resources_ListByResourceGroup")
def list_resources_of_group(call: Call) -> Response:
    """List all resources of a group."""
    return _list_resources(call, group_of_call(call).id)
