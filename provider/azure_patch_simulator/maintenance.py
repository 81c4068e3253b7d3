"""Maintenance configurations, and how the service rewrites what it is given.

Source of the rewriting: recorded traffic (api versions 2023-04-01 to 2025-10-01-preview). A PUT that creates answers
200, a DELETE answers 200 with no body.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING

from .errors import ArmError, resource_not_found, unseen
from .fields import check_tags, merge, typed, without_nulls
from .groups import group_of_call
from .http import Response
from .maintenance_rules import check_configuration
from .resources import Body, Resource
from .routing import Call, Routes

if TYPE_CHECKING:
    from .simulator import Simulator

routes = Routes()

CONFIGURATION_TYPE = "Microsoft.Maintenance/maintenanceConfigurations"
ASSIGNMENT_TYPE = "Microsoft.Maintenance/configurationAssignments"
_LIST = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Maintenance/maintenanceConfigurations"
_CONFIGURATION = _LIST + "/{configuration}"
_NO_DURATION = "00:00"


def _id(call: Call) -> str:
    return f"{group_of_call(call).id}/providers/{CONFIGURATION_TYPE}/{call.params['configuration']}"


def configuration_of_call(call: Call) -> Resource:
    """Return the configuration the path names. Raises ARM's 404."""
    found = call.world.resources.get(_id(call))
    if found is None:
        raise resource_not_found(CONFIGURATION_TYPE, call.params["configuration"], call.params["group"])
    return found


def assignments_of(call: Call, configuration_id: str) -> list[Resource]:
    """Return the assignments, in any subscription, that name a configuration."""
    wanted = configuration_id.lower()
    return [
        found
        for subscription in call.world.subscriptions.values()
        for found in call.world.resources.of_type(ASSIGNMENT_TYPE, subscription=subscription.id)
        if str(found.properties.get("maintenanceConfigurationId", "")).lower() == wanted
    ]


def normalise(body: Body) -> Body:
    """Return a configuration as the service keeps it."""
    kept: Body = {name: copy.deepcopy(body[name]) for name in ("location", "tags") if body.get(name) is not None}
    kept.setdefault("tags", {})
    properties: Body = copy.deepcopy(body.get("properties") or {})
    extension = properties.get("extensionProperties") or {}
    properties["extensionProperties"] = {key[:1].lower() + key[1:]: value for key, value in extension.items()}
    properties.setdefault("visibility", "Custom")
    properties["configurationType"] = "Regular"
    window = properties.get("maintenanceWindow")
    if isinstance(window, dict) and window.get("duration") == _NO_DURATION:
        del properties["maintenanceWindow"]
    kept["properties"] = properties
    return kept


def _shown(configuration: Resource, *, written: bool) -> Body:
    """Return a configuration as a write or (lower-case tail of the id) a read shows it."""
    parts = configuration.id.split("/")
    kind = CONFIGURATION_TYPE if written else CONFIGURATION_TYPE.lower()
    shown_id = f"/subscriptions/{parts[2]}/resourcegroups/{parts[4]}/providers/{kind}/{configuration.name}"
    names = {"id": shown_id, "name": configuration.name, "type": CONFIGURATION_TYPE}
    return {**names, **configuration.body, **names}


@routes.route("GET", _CONFIGURATION, "MaintenanceConfigurations_Get")
def show(call: Call) -> Response:
    """Show a configuration."""
    return Response.of_json(200, _shown(configuration_of_call(call), written=False))


@routes.route("GET", _LIST, "MaintenanceConfigurationsForResourceGroup_List")
def list_of_group(call: Call) -> Response:
    """List the configurations of a group; no paging (the SDK's model has no nextLink)."""
    group = group_of_call(call)
    found = call.world.resources.of_type(CONFIGURATION_TYPE, subscription=call.subscription.id, group=group.name)
    return Response.of_json(200, {"value": [_shown(each, written=False) for each in found]})


@routes.route(
    "GET",
    "/subscriptions/{subscription}/providers/Microsoft.Maintenance/maintenanceConfigurations",
    "MaintenanceConfigurations_List",
)
def list_all(call: Call) -> Response:
    """List the configurations of a subscription."""
    found = call.world.resources.of_type(CONFIGURATION_TYPE, subscription=call.subscription.id)
    return Response.of_json(200, {"value": [_shown(each, written=False) for each in found]})


Watcher = Callable[["Simulator", Resource], None]
watchers: list[Watcher] = []


def watcher(function: Watcher) -> Watcher:
    """Declare something that wants to know of every configuration that was written."""
    watchers.append(function)
    return function


def _notify(call: Call, configuration: Resource) -> None:
    for watch in watchers:
        watch(call.simulator, configuration)


def _checked(call: Call, body: Body) -> Body:
    typed(body, "properties", dict)
    check_tags(body)
    location = typed(body, "location", str)
    if not location:
        raise ArmError(400, "LocationRequired", "The location property is required for this definition.")
    check_configuration(body, group=call.params["group"], name=call.params["configuration"], now=call.now)
    return normalise(body)


@routes.route("PUT", _CONFIGURATION, "MaintenanceConfigurations_CreateOrUpdate")
def put(call: Call) -> Response:
    """Create or replace a configuration: 200 both times."""
    configuration_id = _id(call)
    body = _checked(call, without_nulls(call.object()))
    configuration = call.world.resources.get(configuration_id)
    if configuration is None:
        configuration = Resource(configuration_id, CONFIGURATION_TYPE, body, call.now)
        call.world.resources.put(configuration)
    configuration.body = body
    _notify(call, configuration)
    return Response.of_json(200, _shown(configuration, written=True))


@routes.route("PATCH", _CONFIGURATION, "MaintenanceConfigurations_Update")
def patch(call: Call) -> Response:
    """Change only what is given."""
    configuration = configuration_of_call(call)
    sent = {name: value for name, value in call.object().items() if name in ("location", "tags", "properties")}
    typed(sent, "properties.extensionProperties", dict)
    configuration.body = _checked(call, merge(configuration.body, sent))
    _notify(call, configuration)
    return Response.of_json(200, _shown(configuration, written=True))


@routes.route("DELETE", _CONFIGURATION, "MaintenanceConfigurations_Delete")
def delete(call: Call) -> Response:
    """Delete a configuration: 200 with no body, 204 when there is none.

    What the service does while assignments name it is unknown: the world's settings decide. Allowed, the assignments
    stay and lead nowhere.
    """
    configuration = call.world.resources.get(_id(call))
    if configuration is None:
        return Response.empty(204)
    if not call.world.settings.deletes_assigned_configurations and assignments_of(call, configuration.id):
        raise unseen(
            "ConfigurationAssigned", "The configuration is assigned; remove its assignments first.", status=409
        )
    call.world.resources.remove(configuration.id)
    return Response.empty(200)
