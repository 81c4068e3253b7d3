"""HTTP to Azure: one pool of connections, and waits (retries, throttling) that our clock does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import requests
from azure.core.pipeline.transport import RequestsTransport
from requests.adapters import HTTPAdapter
from urllib3 import Retry

from pulumi_azure_hotpatch.ports import Clock

_CONNECTIONS = 128


class Session(requests.Session):
    """A session that looks up once a host, and not once a request, which proxy and which certificates the environment
    names. Passwords of a `.netrc` are not for Azure, which has its own sign-in.
    """

    def __init__(self) -> None:
        super().__init__()
        self.auth = _as_it_is
        self._found: dict[tuple[str, ...], Any] = {}

    def merge_environment_settings(self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any) -> Any:
        """As the base class, remembered."""
        if proxies:
            return super().merge_environment_settings(url, proxies, stream, verify, cert)
        key = (urlsplit(str(url)).netloc, str(verify), str(cert))
        if key not in self._found:
            self._found[key] = super().merge_environment_settings(url, proxies, stream, verify, cert)
        return {**self._found[key], "stream": self.stream if stream is None else stream}


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


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
    session = Session()
    # Retries are azure-core's.
    session.mount(
        "https://", HTTPAdapter(pool_connections=_CONNECTIONS, pool_maxsize=_CONNECTIONS, max_retries=Retry(False))
    )
    # The client closes neither session nor transport: both live as long as the process.
    return ClockedTransport(clock, session=session, session_owner=False, connection_verify=ca_file or True)
