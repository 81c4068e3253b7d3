"""What dynamic scopes are about, from Resource Graph: two questions over all subscriptions at once.

Source of tables and columns: Microsoft Learn, Query logs of Update Manager, 2024-09-10 (configuration assignments are
in `maintenanceresources`); Resource Graph, "Summarize virtual machine by its power states extended property".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from pulumi_azure_hotpatch.engine.bodies import Body
from pulumi_azure_hotpatch.engine.facts import (
    ARC_MACHINES,
    CONFIGURATION_ASSIGNMENTS,
    MAINTENANCE_CONFIGURATIONS,
    VIRTUAL_MACHINES,
)
from pulumi_azure_hotpatch.ports import ResourceGraph

_TYPES: Final = ", ".join(
    f"'{kind.casefold()}'" for kind in (VIRTUAL_MACHINES, ARC_MACHINES, MAINTENANCE_CONFIGURATIONS)
)
_SHOWN: Final = ("id", "name", "type", "location", "tags")

MACHINES_AND_SCHEDULES: Final = f"""resources
| where type in~ ({_TYPES})
| project id, name, type, location, tags, osProfile = properties.osProfile,
    storageProfile = pack('osDisk', properties.storageProfile.osDisk), osType = properties.osType,
    extended = properties.extended, availabilitySet = properties.availabilitySet, status = properties.status,
    maintenanceScope = properties.maintenanceScope, maintenanceWindow = properties.maintenanceWindow,
    installPatches = properties.installPatches, extensionProperties = properties.extensionProperties
| order by id asc"""

ASSIGNMENTS: Final = f"""maintenanceresources
| where type =~ '{CONFIGURATION_ASSIGNMENTS.casefold()}'
| project id, name, location, properties
| order by id asc"""


def bodies_around(graph: ResourceGraph, subscriptions: Iterable[str]) -> list[Body]:
    """The machines, schedules and assignments of some subscriptions, as ARM bodies. Raises ArmError."""
    chosen: Sequence[str] = sorted({one.casefold() for one in subscriptions})
    rows = graph.recent(MACHINES_AND_SCHEDULES, chosen)
    return [*map(_body_of, rows), *graph.recent(ASSIGNMENTS, chosen)]


def _body_of(row: Mapping[str, Any]) -> Body:
    """The body that a row is made of: what is no column of its own belongs to `properties`."""
    return {
        **{name: row.get(name) for name in _SHOWN},
        "properties": {name: value for name, value in row.items() if name not in _SHOWN and value is not None},
    }
