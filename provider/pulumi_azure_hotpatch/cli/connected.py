"""The way to Azure for the commands that ask it: configured by the environment, as for programs.

`ARM_…`, `AZURE_…` and `AZURE_HOTPATCH_…` variables count; without credentials in them, whatever
`DefaultAzureCredential` finds (workload and managed identity, az CLI …).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
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


@contextmanager
def connected() -> Iterator[Connected]:
    """Azure as the environment describes it; the first question signs in. Raises ConfigurationError."""
    from pulumi_azure_hotpatch.arm import azure

    configuration = read_configuration(lambda _: None)
    with clock_of(configuration) as clock, closing(azure.connect(configuration.connection, clock)) as found:
        yield Connected(found, clock, configuration.settings.subscription_id)


@contextmanager
def clock_of(configuration: Configuration) -> Iterator[Clock]:
    """The clock that the configuration says counts."""
    connection = configuration.connection
    if configuration.clock != "endpoint" or not connection.endpoint or not connection.ca_file:
        yield SystemClock()
        return
    from pulumi_azure_hotpatch.host.endpoint_clock import EndpointClock

    with closing(EndpointClock(connection.endpoint, connection.ca_file)) as clock:
        yield clock
