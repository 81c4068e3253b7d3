"""What was asked of a resource, from the activity log of Azure Monitor over `azure-mgmt-resource`.

Source: Microsoft Learn, Activity Logs – List (API 2015-04-01), and Azure Activity Log event schema, 2024-05-02: an
operation has several events (begun, accepted, ended), which share their correlation id; `httpRequest.clientRequestId`
is the id that the client gave its request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from azure.core.rest import HttpRequest

from pulumi_azure_hotpatch.engine.bodies import Body, object_at
from pulumi_azure_hotpatch.engine.requests import Request
from pulumi_azure_hotpatch.errors import ArmError
from pulumi_azure_hotpatch.ids import ResourceId

from .errors import arm_errors

if TYPE_CHECKING:
    from azure.mgmt.resource.resources import ResourceManagementClient

_API_VERSION: Final = "2015-04-01"
_SHOWN: Final = "eventTimestamp,operationName,status,correlationId,resourceId,httpRequest"


class ArmActivityLog:
    """Implements `ports.ActivityLog`; the argument makes a client for a subscription."""

    def __init__(self, resources: Callable[[str], ResourceManagementClient]) -> None:
        self._resources = resources

    def requests(self, resource: ResourceId, since: datetime) -> tuple[Request, ...]:
        """Every operation once, at its first event, without those that failed; the oldest first."""
        found: dict[tuple[str, str], Request] = {}
        failed = set()
        for event in self._events(resource, since):
            name = str(object_at(event, "operationName").get("value") or "")
            key = (str(event.get("correlationId")), name.casefold())
            if str(object_at(event, "status").get("value")).casefold() == "failed":
                failed.add(key)
            client_id = object_at(event, "httpRequest").get("clientRequestId")
            request = Request(name, _instant(event), None if client_id is None else str(client_id))
            known = found.get(key)
            if known is not None:
                first = min(known, request, key=lambda each: each.at)
                request = replace(first, client_id=known.client_id or request.client_id)
            found[key] = request
        return tuple(sorted((each for key, each in found.items() if key not in failed), key=lambda each: each.at))

    def _events(self, resource: ResourceId, since: datetime) -> Iterator[Body]:
        chosen = f"eventTimestamp ge '{since.isoformat()}' and resourceUri eq '{resource}'"
        query = urlencode({"api-version": _API_VERSION, "$filter": chosen, "$select": _SHOWN})
        address = f"/subscriptions/{resource.subscription_id}/providers/Microsoft.Insights/eventtypes/management/values"
        following = f"{address}?{query}"
        while following:
            page = self._get(resource, following)
            yield from page.get("value") or ()
            following = str(page.get("nextLink") or "")

    def _get(self, resource: ResourceId, address: str) -> Mapping[str, Any]:
        with arm_errors("read the activity log", f"'{resource.name}'"):
            answered = self._resources(resource.subscription_id).send_request(HttpRequest("GET", address))
            answered.raise_for_status()
            page: Any = answered.json()
        return page if isinstance(page, Mapping) else {}


def _instant(event: Body) -> datetime:
    try:
        return datetime.fromisoformat(str(event.get("eventTimestamp")))
    except ValueError:
        raise ArmError("the activity log has an event without a time", code="ActivityLog") from None
