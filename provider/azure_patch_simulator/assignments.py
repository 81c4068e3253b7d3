"""Configuration assignments: on a machine, on a child resource, and as dynamic scopes of a group or subscription.

Source of shapes: azure-mgmt-maintenance 2.1 and recorded traffic. Answers have a lower-case id and type, and a filter
that names every absent member as null.
"""

from __future__ import annotations

import copy

from . import maintenance_runs
from .errors import resource_not_found, unseen
from .fields import merge, strings, typed
from .groups import group_of_call
from .http import Response
from .machine_writes import VM_TYPE, running_since
from .maintenance import ASSIGNMENT_TYPE, CONFIGURATION_TYPE
from .resources import Body, Resource, group_of, type_of
from .routing import Call, Routes

routes = Routes()

FILTER_MEMBERS = (
    "tagSettings",
    "resourceTypes",
    "locations",
    "resourceGroups",
    "osTypes",
    "resourceIds",
    "availabilityZones",
)
_TAIL = "/providers/Microsoft.Maintenance/configurationAssignments"
_SUBSCRIPTION = "/subscriptions/{subscription}"
_GROUP = _SUBSCRIPTION + "/resourceGroups/{group}"
_RESOURCE = _GROUP + "/providers/{provider}/{type}/{name}"
_CHILD = _GROUP + "/providers/{provider}/{parent_type}/{parent_name}/{type}/{name}"


def _scope(call: Call) -> str:
    if "group" not in call.params:
        return f"/subscriptions/{call.subscription.id}"
    scope = group_of_call(call).id
    if "provider" not in call.params:
        return scope
    scope += f"/providers/{call.params['provider']}"
    if "parent_type" in call.params:
        scope += f"/{call.params['parent_type']}/{call.params['parent_name']}"
    return f"{scope}/{call.params['type']}/{call.params['name']}"


def _target(call: Call) -> Resource | None:
    """Return the resource an assignment is on, ``None`` for a dynamic scope. Raises ARM's 404."""
    if "provider" not in call.params:
        return None
    scope = _scope(call)
    found = call.world.resources.get(scope)
    if found is None:
        raise resource_not_found(type_of(scope) or "", call.params["name"], call.params["group"])
    return found


def _id(call: Call) -> str:
    return f"{_scope(call)}/providers/{ASSIGNMENT_TYPE}/{call.params['assignment']}"


def _shown(assignment: Resource, *, listed: bool = False) -> Body:
    names = {"id": assignment.id.lower(), "name": assignment.name, "type": ASSIGNMENT_TYPE.lower()}
    body: Body = {**names, **copy.deepcopy(assignment.body), **names}
    if listed:
        # The list on a resource leaves it out (seen by the Terraform provider azurerm).
        body["properties"]["resourceId"] = None
    return body


def _found(call: Call) -> Resource:
    _target(call)
    assignment = call.world.resources.get(_id(call))
    if assignment is None:
        raise resource_not_found(ASSIGNMENT_TYPE, call.params["assignment"], call.params.get("group"))
    return assignment


def _check(call: Call, body: Body) -> str:
    typed(body, "location", str)
    wanted = typed(body, "properties.maintenanceConfigurationId", str)
    if not wanted:
        raise unseen("ConfigurationIdMissing", "maintenanceConfigurationId is needed.")
    configuration = call.world.resources.get(wanted)
    if configuration is None or configuration.type.lower() != CONFIGURATION_TYPE.lower():
        raise resource_not_found(CONFIGURATION_TYPE, wanted.rstrip("/").rsplit("/", 1)[-1], group_of(wanted))
    typed(body, "properties.filter", dict)
    for member in FILTER_MEMBERS[1:]:
        strings(body, f"properties.filter.{member}")
    operator = typed(body, "properties.filter.tagSettings.filterOperator", str)
    if operator is not None and operator.lower() not in ("all", "any"):
        raise unseen("FilterOperator", f"filterOperator is All or Any, not '{operator}'.")
    tags = typed(body, "properties.filter.tagSettings.tags", dict) or {}
    for values in tags.values():
        strings({"values": values}, "values")
    return str(wanted)


def _check_ready(call: Call, target: Resource) -> None:
    ready = running_since(target) + call.world.settings.assignable_after
    if target.type == VM_TYPE and call.now < ready:
        # The text is what the Terraform provider azurerm waits for; code and status were not seen.
        raise unseen(
            "MachineTooFresh",
            f"The virtual machine '{target.name}' is not available. It may take a few minutes after starting a VM for "
            "it to become available to assign to a configuration",
            real_text=True,
        )


def _keep(call: Call, body: Body) -> Resource:
    configuration_id = _check(call, body)
    target = _target(call)
    properties: Body = {"maintenanceConfigurationId": configuration_id, "resourceId": _scope(call)}
    if target is not None:
        _check_ready(call, target)
    else:
        given = body["properties"].get("filter") or {}
        properties["filter"] = {member: copy.deepcopy(given.get(member)) for member in FILTER_MEMBERS}
    kept: Body = {"properties": properties}
    if body.get("location") is not None:
        kept["location"] = body["location"]
    assignment = call.world.resources.get(_id(call))
    if assignment is None:
        assignment = Resource(_id(call), ASSIGNMENT_TYPE, kept, call.now)
        call.world.resources.put(assignment)
    assignment.body = kept
    maintenance_runs.assignment_written(call.simulator, assignment)
    return assignment


@routes.route("PUT", _RESOURCE + _TAIL + "/{assignment}", "ConfigurationAssignments_CreateOrUpdate")
@routes.route("PUT", _CHILD + _TAIL + "/{assignment}", "ConfigurationAssignments_CreateOrUpdateParent")
@routes.route("PUT", _GROUP + _TAIL + "/{assignment}", "ConfigurationAssignmentsForResourceGroup_CreateOrUpdate")
@routes.route("PUT", _SUBSCRIPTION + _TAIL + "/{assignment}", "ConfigurationAssignmentsForSubscriptions_CreateOrUpdate")
def put(call: Call) -> Response:
    """Create or replace an assignment: 200 both times."""
    _target(call)
    return Response.of_json(200, _shown(_keep(call, call.object())))


@routes.route("PATCH", _GROUP + _TAIL + "/{assignment}", "ConfigurationAssignmentsForResourceGroup_Update")
@routes.route("PATCH", _SUBSCRIPTION + _TAIL + "/{assignment}", "ConfigurationAssignmentsForSubscriptions_Update")
def patch(call: Call) -> Response:
    """Change only what is given; assignments on resources have no PATCH."""
    assignment, sent = _found(call), call.object()
    return Response.of_json(200, _shown(_keep(call, merge(assignment.body, sent))))


@routes.route("GET", _RESOURCE + _TAIL + "/{assignment}", "ConfigurationAssignments_Get")
@routes.route("GET", _CHILD + _TAIL + "/{assignment}", "ConfigurationAssignments_GetParent")
@routes.route("GET", _GROUP + _TAIL + "/{assignment}", "ConfigurationAssignmentsForResourceGroup_Get")
@routes.route("GET", _SUBSCRIPTION + _TAIL + "/{assignment}", "ConfigurationAssignmentsForSubscriptions_Get")
def show(call: Call) -> Response:
    """Show an assignment."""
    return Response.of_json(200, _shown(_found(call)))


@routes.route("DELETE", _RESOURCE + _TAIL + "/{assignment}", "ConfigurationAssignments_Delete")
@routes.route("DELETE", _CHILD + _TAIL + "/{assignment}", "ConfigurationAssignments_DeleteParent")
@routes.route("DELETE", _GROUP + _TAIL + "/{assignment}", "ConfigurationAssignmentsForResourceGroup_Delete")
@routes.route("DELETE", _SUBSCRIPTION + _TAIL + "/{assignment}", "ConfigurationAssignmentsForSubscriptions_Delete")
def delete(call: Call) -> Response:
    """Delete an assignment: 200, or 204 when there is none."""
    assignment_id = _id(call)
    assignment = call.world.resources.get(assignment_id)
    if assignment is None:
        return Response.empty(204)
    shown = _shown(assignment)
    call.world.resources.remove(assignment_id)
    return Response.of_json(200, shown)


@routes.route("GET", _RESOURCE + _TAIL, "ConfigurationAssignments_List")
@routes.route("GET", _CHILD + _TAIL, "ConfigurationAssignments_ListParent")
def list_of_resource(call: Call) -> Response:
    """List the assignments on a resource; ``resourceId`` is null there."""
    _target(call)
    found = [each for each in call.world.resources.within(_scope(call)) if each.type.lower() == ASSIGNMENT_TYPE.lower()]
    return Response.of_json(200, {"value": [_shown(each, listed=True) for each in found]})


@routes.route("GET", _SUBSCRIPTION + _TAIL, "ConfigurationAssignmentsWithinSubscription_List")
def list_of_subscription(call: Call) -> Response:
    """List all assignments of a subscription, static and dynamic."""
    found = call.world.resources.of_type(ASSIGNMENT_TYPE, subscription=call.subscription.id)
    return Response.of_json(200, {"value": [_shown(each) for each in found]})
