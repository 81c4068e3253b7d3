"""HTTP to Azure: one pool of connections, and waits (retries, throttling) that our clock does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import requests
from azure.core.pipeline.transport import RequestsTransport
from requests.adapters import HTTPAdapter
from urllib3 import Retry

from pulumi_azure_hotpatch.ports import Clock

_CONNECTIONS = 128


class ClockedTransport(RequestsTransport):  # type: ignore[misc] # lazily exported, so untyped
    """The requests transport, whose waiting a cancelled deployment ends at once and a simulated clock shortens."""

    def __init__(self, clock: Clock, **options: Any) -> None:
        super().__init__(**options)
        self._clock = clock

    def sleep(self, duration: float) -> None:
        """Wait as the retry policy asks. Raises Interrupted."""
        self._clock.sleep_until(self._clock.now() + timedelta(seconds=duration))


def pooled_transport(clock: Clock, ca_file: str | None) -> ClockedTransport:
    """A transport for many threads. `ca_file` replaces the system's certificate authorities."""
    session = requests.Session()
    # Retries are azure-core's.
    session.mount(
        "https://", HTTPAdapter(pool_connections=_CONNECTIONS, pool_maxsize=_CONNECTIONS, max_retries=Retry(False))
    )
    # The client closes neither session nor transport: both live as long as the process.
    return ClockedTransport(clock, session=session, session_owner=False, connection_verify=ca_file or True)
