"""The activity log of Azure Monitor: who asked for which write or action, kept for 90 days, readable a while later.

Source: Microsoft Learn, Activity Logs – List (api 2015-04-01), for path and filters; Azure Activity Log event schema,
2024-05-02, for the members of an event; Activity log, for the 90 days and the 3 to 20 minutes. The service writes
several events for one operation; here there is one for each request, which says how the request was answered.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from .errors import ArmError, invalid_content
from .http import Request, Response
from .resources import Body
from .routing import Call, Routes

if TYPE_CHECKING:
    from .world import World

routes = Routes()

KEPT: Final = timedelta(days=90)
_VERBS: Final = {"PUT": "write", "PATCH": "write", "DELETE": "delete"}
_CONDITION = re.compile(r"^(\w+)\s+(ge|le|eq)\s+'?([^']*)'?$", re.IGNORECASE)


@dataclass(slots=True)
class Activity:
    """One request that asked for a change: ``operation`` as in roles, ``client_request_id`` as the client sent it."""

    at: datetime
    method: str
    operation: str
    resource_id: str
    status: int
    request_id: str
    client_request_id: str | None = None


def note(world: World, request: Request, now: datetime, status: int, request_id: str) -> None:
    """Write a request down if it asked for a change of a resource."""
    named = _operation_of(request)
    if named is None:
        return
    log = world.activities
    while log and now - log[0].at >= KEPT:
        log.popleft()
    client = request.headers.get("x-ms-client-request-id")
    log.append(Activity(now, request.method, *named, status, request_id, client))


def _operation_of(request: Request) -> tuple[str, str] | None:
    parts = request.segments
    if len(parts) < 4 or parts[0].lower() != "subscriptions" or "providers" not in [each.lower() for each in parts]:
        return None
    at = max(place for place, each in enumerate(parts) if each.lower() == "providers")
    namespace, rest = parts[at + 1], parts[at + 2 :]
    kind = "/".join([namespace, *rest[::2]])
    if request.method == "POST" and len(rest) % 2:
        return f"{kind}/action", "/" + "/".join(parts[:-1])
    verb = _VERBS.get(request.method)
    return None if verb is None or len(rest) % 2 else (f"{kind}/{verb}", "/" + "/".join(parts))


# The log is there whether or not its provider is registered: the path names no {subscription}.
@routes.route(
    "GET", "/subscriptions/{log}/providers/Microsoft.Insights/eventtypes/management/values", "ActivityLogs_List"
)
def list_events(call: Call) -> Response:
    """Answer the events that the filter selects and that have arrived in the log, the latest first."""
    wanted = call.params["log"].lower()
    if wanted not in call.world.subscriptions:
        raise ArmError(404, "SubscriptionNotFound", f"The subscription '{call.params['log']}' could not be found.")
    conditions = _conditions(call.request.query.get("$filter", ""))
    start, end = _instant(conditions, "ge"), _instant(conditions, "le")
    if start is None:
        raise invalid_content("'$filter' needs at least \"eventTimestamp ge '…'\"")
    resource = conditions.get(("resourceuri", "eq"))
    last = min(end or call.now, call.now - call.world.settings.activity_log_lag)
    found = (
        each
        for each in reversed(call.world.activities)
        if start <= each.at <= last and each.resource_id.lower().startswith(f"/subscriptions/{wanted}/")
    )
    events = [_event(each) for each in found if resource is None or each.resource_id.lower() == resource.lower()]
    return Response.of_json(200, {"value": events})


def _conditions(text: str) -> dict[tuple[str, str], str]:
    conditions = {}
    for part in re.split(r"\s+and\s+", text.strip(), flags=re.IGNORECASE):
        match = _CONDITION.match(part)
        name = match.group(1).lower() if match else ""
        if match is None or name not in ("eventtimestamp", "resourceuri"):
            raise invalid_content(f"'$filter' has a part that is not understood: {part}")
        conditions[name, match.group(2).lower()] = match.group(3)
    return conditions


def _instant(conditions: dict[tuple[str, str], str], order: str) -> datetime | None:
    text = conditions.get(("eventtimestamp", order))
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise invalid_content(f"'{text}' is not a time") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _event(activity: Activity) -> Body:
    failed = activity.status >= 400
    http: Body = {"method": activity.method}
    if activity.client_request_id is not None:
        http["clientRequestId"] = activity.client_request_id
    status = "Failed" if failed else "Accepted" if activity.status == 202 else "Succeeded"
    return {
        "channels": "Operation",
        "category": _named("Administrative"),
        "correlationId": activity.request_id,
        "operationId": activity.request_id,
        "eventDataId": activity.request_id,
        "eventName": _named("EndRequest"),
        "eventTimestamp": activity.at.isoformat(),
        "level": "Error" if failed else "Informational",
        "operationName": _named(activity.operation),
        "resourceId": activity.resource_id,
        "status": _named(status),
        "httpRequest": http,
    }


def _named(value: str) -> Body:
    return {"value": value, "localizedValue": value}
