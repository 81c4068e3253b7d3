"""What the caller may do: one role for everybody, as the world's settings say.

Documented for resource groups and single resources; a whole subscription has no such list.
Source: Microsoft Learn, REST API Authorization, Permissions (api 2022-04-01).
"""

from __future__ import annotations

from .groups import group_of_call
from .http import Response
from .routing import Call, Routes

routes = Routes()


@routes.route(
    "GET",
    "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Authorization/permissions",
    "Permissions_ListForResourceGroup",
)
def list_for_group(call: Call) -> Response:
    """List what the caller may do in a resource group."""
    group_of_call(call)
    settings = call.world.settings
    role = {
        "actions": list(settings.allowed_actions),
        "notActions": list(settings.denied_actions),
        "dataActions": [],
        "notDataActions": [],
    }
    return Response.of_json(200, {"value": [role]})
