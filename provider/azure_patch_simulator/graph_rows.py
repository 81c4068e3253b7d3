"""What Azure Resource Graph knows of a world, table by table, as rows.

Source of tables and columns: Microsoft Learn, Resource Graph query language, 2024-03-20, and Update Manager, query
logs, 2024-09-10. Types and resource groups are lower case there, ids and names as they were given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from .machine_bodies import instance_view
from .machine_writes import VM_TYPE
from .resources import GROUP_TYPE, Body, Resource, group_of, subscription_of

if TYPE_CHECKING:
    from .simulator import Simulator

TEXT = ("id", "name", "type", "tenantId", "kind", "location", "resourceGroup", "subscriptionId", "managedBy")
DYNAMIC = ("sku", "plan", "properties", "tags", "identity", "zones", "extendedLocation")
SCOPE = "subscriptionId"
_ELSEWHERE = frozenset(
    kind.lower()
    for kind in (GROUP_TYPE, "Microsoft.Maintenance/configurationAssignments", "Microsoft.Maintenance/applyUpdates")
)


def _row(simulator: Simulator, resource: Resource, kind: str) -> Body:
    body = resource.body
    return {
        **{name: body[name] for name in (*TEXT, *DYNAMIC) if name in body},
        "id": resource.id,
        "name": resource.name,
        "type": kind,
        "tenantId": simulator.world.tenant_id,
        "location": str(body.get("location", "")).replace(" ", "").lower(),
        "resourceGroup": (group_of(resource.id) or "").lower(),
        "subscriptionId": subscription_of(resource.id) or "",
    }


def _resources(simulator: Simulator) -> Iterator[Body]:
    for resource in simulator.world.resources:
        kind = resource.type.lower()
        if kind in _ELSEWHERE:
            continue
        row = _row(simulator, resource, kind)
        if resource.type == VM_TYPE:
            row["properties"] = {**resource.properties, "extended": {"instanceView": _extended(resource)}}
        yield row


def _extended(machine: Resource) -> Body:
    """Return the extended properties of a machine that queries are documented to use: name and power state.

    Source: Microsoft Learn, Resource Graph, "Summarize virtual machine by its power states extended property".
    """
    view = instance_view(machine, "")
    power = next(each for each in view["statuses"] if each["code"].startswith("PowerState/"))
    extended = {"powerState": power}
    if "computerName" in view:
        extended["computerName"] = view["computerName"]
    return extended


def _containers(simulator: Simulator) -> Iterator[Body]:
    world = simulator.world
    for subscription in world.subscriptions.values():
        yield {
            "id": f"/subscriptions/{subscription.id}",
            "name": subscription.display_name,
            "type": "microsoft.resources/subscriptions",
            "tenantId": world.tenant_id,
            "subscriptionId": subscription.id,
            "properties": {"state": "Enabled"},
        }
        for group in world.resources.of_type(GROUP_TYPE, subscription=subscription.id):
            yield _row(simulator, group, "microsoft.resources/subscriptions/resourcegroups")


def _with_tenant(simulator: Simulator, rows: Iterable[Body]) -> Iterator[Body]:
    return ({"tenantId": simulator.world.tenant_id, **row} for row in rows)


def _assessments(simulator: Simulator) -> Iterator[Body]:
    return _with_tenant(simulator, simulator.world.patch_records.assessment_rows())


def _installations(simulator: Simulator) -> Iterator[Body]:
    return _with_tenant(simulator, simulator.world.patch_records.installation_rows())


def _maintenance(simulator: Simulator) -> Iterator[Body]:
    return _with_tenant(simulator, simulator.world.patch_records.maintenance_rows())


TABLES: dict[str, Callable[[Simulator], Iterator[Body]]] = {
    "resources": _resources,
    "resourcecontainers": _containers,
    "patchassessmentresources": _assessments,
    "patchinstallationresources": _installations,
    "maintenanceresources": _maintenance,
}
