"""One connection to Azure: a credential, a connection pool and a client a subscription, shared by the whole process."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import metadata
from typing import TYPE_CHECKING, Any, TypeVar

from pulumi_azure_hotpatch.ports import Clock

from .access import ArmAccess
from .activity_log import ArmActivityLog
from .clouds import Cloud, find_cloud
from .connection import Connection
from .features import ArmFeatures
from .hybrid_compute import ArmArcMachines
from .ledger_blob import LedgerBlob, open_ledger
from .machines import ArmMachines
from .maintenance import ArmMaintenance
from .maintenance_runs import ArmMaintenanceRuns
from .patching import ArmPatching
from .resource_graph import ArmResourceGraph
from .scale_sets import ArmScaleSets

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.core.pipeline.transport import HttpTransport

ClientT = TypeVar("ClientT")

_QUIET = logging.NullHandler()


@dataclass(frozen=True)
class Azure:
    """The ports that handlers use, over the real SDK clients."""

    features: ArmFeatures
    machines: ArmMachines
    maintenance: ArmMaintenance
    arc: ArmArcMachines
    scale_sets: ArmScaleSets
    graph: ArmResourceGraph
    runs: ArmMaintenanceRuns
    patching: ArmPatching
    activity_log: ArmActivityLog
    access: ArmAccess
    ledger: Callable[[str], LedgerBlob]
    hang_up: Callable[[], None] = lambda: None

    def close(self) -> None:
        """Close the connections; for programs that end before their process does."""
        self.hang_up()


def connect(connection: Connection, clock: Clock) -> Azure:
    """Azure as the configuration describes it; the first call signs in. Raises ConfigurationError."""
    from .credentials import OneAtATime, make_credential
    from .transport import pooled_transport

    cloud = find_cloud(connection)
    transport = pooled_transport(clock, connection.ca_file)
    azure = over(cloud, OneAtATime(make_credential(connection, cloud, transport)), transport, clock)
    return replace(azure, hang_up=transport.session.close)


def over(cloud: Cloud, credential: TokenCredential, transport: HttpTransport[Any, Any], clock: Clock) -> Azure:
    """Azure over a given credential and transport; clients are imported and made when they are first needed."""
    for library in ("azure", "msal"):
        # What they warn of arrives as an error; without a handler Python prints it, and the engine shows that to users.
        logging.getLogger(library).addHandler(_QUIET)
    from .pacing import Pacing
    from .pages import RefusePages
    from .registration import RefuseToRegister

    options: dict[str, Any] = {
        "base_url": cloud.resource_manager,
        "credential_scopes": [cloud.scope],
        "transport": transport,
        "per_retry_policies": [RefuseToRegister(), RefusePages(), Pacing(clock)],
        "user_agent": f"pulumi-azure-hotpatch/{metadata.version('pulumi-azure-hotpatch')}",
    }

    def compute(subscription_id: str) -> Any:
        from azure.mgmt.compute import ComputeManagementClient

        return ComputeManagementClient(credential, subscription_id, **options)

    def features(subscription_id: str) -> Any:
        from azure.mgmt.resource.features import FeatureClient

        return FeatureClient(credential, subscription_id, **options)

    def resources(subscription_id: str) -> Any:
        from azure.mgmt.resource.resources import ResourceManagementClient

        return ResourceManagementClient(credential, subscription_id, **options)

    def maintenance(subscription_id: str) -> Any:
        from azure.mgmt.maintenance import MaintenanceManagementClient

        return MaintenanceManagementClient(credential, subscription_id, **options)

    def hybrid_compute(subscription_id: str) -> Any:
        from azure.mgmt.hybridcompute import HybridComputeManagementClient

        return HybridComputeManagementClient(credential, subscription_id, **options)

    def resource_graph(_: str) -> Any:
        from azure.mgmt.resourcegraph import ResourceGraphClient

        return ResourceGraphClient(credential, **options)

    compute_client, resources_client, graph_client = _once(compute), _once(resources), _once(resource_graph)
    arc_client = _once(hybrid_compute)
    graph = ArmResourceGraph(lambda: graph_client(""), clock)
    return Azure(
        features=ArmFeatures(_once(features), resources_client),
        machines=ArmMachines(compute_client, clock),
        maintenance=ArmMaintenance(_once(maintenance), clock, graph),
        arc=ArmArcMachines(arc_client, clock),
        scale_sets=ArmScaleSets(compute_client, clock),
        graph=graph,
        runs=ArmMaintenanceRuns(resources_client),
        patching=ArmPatching(compute_client, arc_client, clock),
        activity_log=ArmActivityLog(resources_client),
        ledger=lambda url: open_ledger(url, credential, transport, cloud.resource_manager),
        access=ArmAccess(resources_client),
    )


def _once(make: Callable[[str], ClientT]) -> Callable[[str], ClientT]:
    """`make`, called once a subscription, whatever the number of threads."""
    made: dict[str, ClientT] = {}
    lock = threading.Lock()

    def get(subscription_id: str) -> ClientT:
        with lock:
            if subscription_id not in made:
                made[subscription_id] = make(subscription_id)
            return made[subscription_id]

    return get
