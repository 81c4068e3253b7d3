"""One connection to Azure: a credential, a connection pool and a client a subscription, shared by the whole process."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING, Any, TypeVar

from pulumi_azure_hotpatch.ports import Clock

from .clouds import Cloud, find_cloud
from .connection import Connection
from .features import ArmFeatures
from .machines import ArmMachines
from .maintenance import ArmMaintenance

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


def connect(connection: Connection, clock: Clock) -> Azure:
    """Azure as the configuration describes it; the first call signs in. Raises ConfigurationError."""
    from .credentials import OneAtATime, make_credential
    from .transport import pooled_transport

    cloud = find_cloud(connection)
    transport = pooled_transport(clock, connection.ca_file)
    return over(cloud, OneAtATime(make_credential(connection, cloud, transport)), transport, clock)


def over(cloud: Cloud, credential: TokenCredential, transport: HttpTransport[Any, Any], clock: Clock) -> Azure:
    """Azure over a given credential and transport; clients are imported and made when they are first needed."""
    for library in ("azure", "msal"):
        # What they warn of arrives as an error; without a handler Python prints it, and the engine shows that to users.
        logging.getLogger(library).addHandler(_QUIET)
    options: dict[str, Any] = {
        "base_url": cloud.resource_manager,
        "credential_scopes": [cloud.scope],
        "transport": transport,
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

    return Azure(
        features=ArmFeatures(_once(features), _once(resources)),
        machines=ArmMachines(_once(compute), clock),
        maintenance=ArmMaintenance(_once(maintenance)),
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
