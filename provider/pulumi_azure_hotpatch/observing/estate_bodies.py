"""Everything that an estate is made of, from Resource Graph: four questions over all subscriptions, however many
machines they have.

Source of tables and columns: Microsoft Learn, Query logs of Update Manager, 2024-09-10 (configuration assignments are
in `maintenanceresources`, assessments in `patchassessmentresources`); Azure Resource Graph table and resource type
reference (`resources`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from pulumi_azure_hotpatch.engine.bodies import Body
from pulumi_azure_hotpatch.engine.facts import (
    ARC_MACHINES,
    MAINTENANCE_CONFIGURATIONS,
    SCALE_SETS,
    VIRTUAL_MACHINES,
)
from pulumi_azure_hotpatch.ports import ResourceGraph

from .queries import LICENSES
from .scope_inventory import ASSIGNMENTS

_TYPES: Final = ", ".join(
    f"'{kind.casefold()}'" for kind in (VIRTUAL_MACHINES, ARC_MACHINES, SCALE_SETS, MAINTENANCE_CONFIGURATIONS)
)
_ASSESSED: Final = ", ".join(f"'{kind.casefold()}/patchassessmentresults'" for kind in (VIRTUAL_MACHINES, ARC_MACHINES))

RESOURCES: Final = f"""resources
| where type in~ ({_TYPES})
| project id, name, type, location, tags, properties
| order by id asc"""

ASSESSMENTS: Final = f"""patchassessmentresources
| where type in~ ({_ASSESSED})
| project id, name, type, properties
| order by id asc"""


def estate_bodies(graph: ResourceGraph, subscriptions: Iterable[str]) -> list[Body]:
    """The machines, scale sets, schedules, assignments, licence profiles and assessments of some subscriptions, as ARM
    bodies. Raises ArmError.
    """
    chosen: Sequence[str] = sorted({one.casefold() for one in subscriptions})
    asked = (RESOURCES, ASSIGNMENTS, ASSESSMENTS)
    return [*(row for query in asked for row in graph.query(query, chosen)), *_licences(graph, chosen)]


def _licences(graph: ResourceGraph, subscriptions: Sequence[str]) -> Iterator[Body]:
    for row in graph.query(LICENSES, subscriptions):
        yield {"id": row["id"], "type": f"{ARC_MACHINES}/licenseProfiles", "properties": row.get("properties") or {}}
