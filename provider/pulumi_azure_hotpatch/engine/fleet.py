"""Which machines a fleet's filter finds: a query that leaves out what cannot be meant. `scope.ScopeFilter` decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from .bodies import Body
from .facts import VIRTUAL_MACHINES
from .scope import ScopeFilter

_QUERY: Final = f"""resources
| where type =~ '{VIRTUAL_MACHINES.casefold()}'
{{filters}}| project id, name, type, location, tags, osType = properties.storageProfile.osDisk.osType
| order by id asc"""


def filter_query(chosen: ScopeFilter) -> str:
    """The query for VMs that the filter may take; its rows are what `body_of` reads, ordered by `id`."""
    regions = [name.replace(" ", "") for name in chosen.locations]
    lines = (
        _among("resourceGroup", chosen.resource_groups),
        _among("location", regions),
        _among("tostring(properties.storageProfile.osDisk.osType)", chosen.os_types),
    )
    return _QUERY.format(filters="".join(lines))


def body_of(row: Mapping[str, Any]) -> Body:
    """A row as the ARM body that `scope.Candidate` reads."""
    return {**row, "properties": {"storageProfile": {"osDisk": {"osType": row.get("osType")}}}}


def _among(column: str, values: Sequence[str]) -> str:
    if not values:
        return ""
    return f"| where {column} in~ ({', '.join(map(_quoted, values))})\n"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
