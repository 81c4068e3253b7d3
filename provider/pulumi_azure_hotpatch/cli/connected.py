"""The way to Azure for the commands that ask it: configured by the environment, as for programs.

`ARM_…`, `AZURE_…` and `AZURE_HOTPATCH_…` variables count; without credentials in them, whatever
`DefaultAzureCredential` finds (workload and managed identity, az CLI …).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from pulumi_azure_hotpatch.host.durations import Durations
from pulumi_azure_hotpatch.host.settings import Configuration, read_configuration
from pulumi_azure_hotpatch.host.system_clock import SystemClock, monotonic
from pulumi_azure_hotpatch.ports import Clock

from . import output

if TYPE_CHECKING:
    from pulumi_azure_hotpatch.arm.azure import Azure


@dataclass(frozen=True, slots=True)
class Connected:
    """Azure, the clock to go by, the subscription that is meant where none is named, and the cloud if that is known."""

    azure: Azure
    clock: Clock
    subscription_id: str | None
    cloud: str | None


@contextmanager
def connected(asking_for: str) -> Iterator[Connected]:
    """Azure as the environment describes it; the first question signs in. Raises ConfigurationError.

    A terminal shows what is asked for, and how long that took the last time, until the answer begins.
    """
    from pulumi_azure_hotpatch.arm import azure

    configuration = read_configuration(lambda _: None)
    durations, begun = Durations.of_user(), monotonic()
    last = durations.recall(asking_for)
    words = f"Asking Azure for {asking_for}" + (f" ({last.total_seconds():.0f} s last time)" if last else "")
    with (
        clock_of(configuration) as clock,
        closing(azure.connect(configuration.connection, clock)) as found,
        output.waiting(words),
    ):
        settings = configuration.settings
        yield Connected(found, clock, settings.subscription_id, settings.cloud)
    durations.remember(asking_for, timedelta(seconds=monotonic() - begun))


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
