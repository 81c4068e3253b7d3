"""The way to Azure for the commands that ask it: configured by the environment, as for programs.

`ARM_…`, `AZURE_…` and `AZURE_HOTPATCH_…` variables count; without credentials in them, whatever
`DefaultAzureCredential` finds (workload and managed identity, az CLI …).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pulumi_azure_hotpatch.host.settings import Configuration, read_configuration
from pulumi_azure_hotpatch.host.system_clock import SystemClock
from pulumi_azure_hotpatch.ports import Clock

if TYPE_CHECKING:
    from pulumi_azure_hotpatch.arm.azure import Azure


@dataclass(frozen=True, slots=True)
class Connected:
    """Azure, the clock to go by, and the subscription that is meant where none is named."""

    azure: Azure
    clock: Clock
    subscription_id: str | None


def connect() -> Connected:
    """Azure as the environment describes it; the first question signs in. Raises ConfigurationError."""
    from pulumi_azure_hotpatch.arm import azure

    configuration = read_configuration(lambda _: None)
    clock = _clock(configuration)
    return Connected(azure.connect(configuration.connection, clock), clock, configuration.settings.subscription_id)


def _clock(configuration: Configuration) -> Clock:
    connection = configuration.connection
    if configuration.clock == "endpoint" and connection.endpoint and connection.ca_file:
        from pulumi_azure_hotpatch.host.endpoint_clock import EndpointClock

        return EndpointClock(connection.endpoint, connection.ca_file)
    return SystemClock()
