"""Where what is observed comes from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from pulumi_azure_hotpatch.ports import (
    ArcMachines,
    Features,
    Machines,
    Maintenance,
    MaintenanceRuns,
    ResourceGraph,
    ScaleSets,
)

Tell = Callable[[str], None]
"""Takes one line that a reader should see beside the answer."""


class Sources(Protocol):
    """The ports that observing needs; a context has them, and so has a connection."""

    @property
    def features(self) -> Features: ...
    @property
    def graph(self) -> ResourceGraph: ...
    @property
    def machines(self) -> Machines: ...
    @property
    def arc(self) -> ArcMachines: ...
    @property
    def scale_sets(self) -> ScaleSets: ...
    @property
    def maintenance(self) -> Maintenance: ...
    @property
    def runs(self) -> MaintenanceRuns: ...
