"""The tables by the kinds of subjects that rules are about."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from pulumi_azure_hotpatch.engine.rules import Subject

from .columns import Table
from .machine_tables import ARC_SERVERS, MACHINES, SCALE_SET_ROWS
from .maintenance_tables import ASSIGNMENTS, DYNAMIC_SCOPES, SCHEDULES

TABLES: Final[Mapping[Subject, Table]] = MappingProxyType(
    {
        "machine": MACHINES,
        "arc_server": ARC_SERVERS,
        "scale_set": SCALE_SET_ROWS,
        "schedule": SCHEDULES,
        "assignment": ASSIGNMENTS,
        "dynamic_scope": DYNAMIC_SCOPES,
    }
)
