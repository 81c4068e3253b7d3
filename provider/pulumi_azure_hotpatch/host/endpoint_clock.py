"""The clock of a simulated Azure: time stands where the endpoint says, and waiting moves it on."""

from __future__ import annotations

import http.client
import json
import ssl
import threading
from datetime import datetime
from urllib.parse import urlsplit

from pulumi_azure_hotpatch.errors import ConfigurationError, Interrupted

from .system_clock import pause

# Long enough that a person sees a progress line go by, short enough that a simulated hour takes seconds.
_VISIBLE_SECONDS = 0.02


class EndpointClock:
    """Asks the simulator's control endpoint for the time, and tells it to move on instead of waiting."""

    def __init__(self, endpoint: str, ca_file: str) -> None:
        self._host = urlsplit(endpoint).netloc
        try:
            self._tls = ssl.create_default_context(cafile=ca_file)
        except ssl.SSLError:
            raise ConfigurationError(f"azure-hotpatch:caFile is '{ca_file}', which holds no certificate") from None
        self._threads = threading.local()
        self._cancelled = threading.Event()

    def now(self) -> datetime:
        """The simulated instant."""
        return self._ask(None)

    def sleep_until(self, deadline: datetime) -> None:
        """Move the simulated time to `deadline`, unless it is there already. Raises Interrupted when cancelled."""
        if self._cancelled.is_set():
            raise Interrupted("cancelled while waiting; what was done is kept, run the deployment again to continue")
        pause(_VISIBLE_SECONDS)
        self._ask({"advance_to": deadline.isoformat()})

    def cancel(self) -> None:
        """End every wait to come."""
        self._cancelled.set()

    def close(self) -> None:
        """Close this thread's connection; the next question opens another one."""
        connection: http.client.HTTPSConnection | None = getattr(self._threads, "connection", None)
        if connection is not None:
            connection.close()
            self._threads.connection = None

    def _ask(self, body: dict[str, str] | None) -> datetime:
        try:
            return self._exchange(body)
        except (http.client.HTTPException, OSError):
            # The kept connection has gone stale; asking twice does no harm, time only moves on.
            self._threads.connection = None
        try:
            return self._exchange(body)
        except (http.client.HTTPException, OSError, ValueError, KeyError) as error:
            raise ConfigurationError(
                f"the clock of the endpoint https://{self._host} does not answer ({error}); is the simulator running?"
            ) from None

    def _exchange(self, body: dict[str, str] | None) -> datetime:
        connection: http.client.HTTPSConnection | None = getattr(self._threads, "connection", None)
        if connection is None:
            connection = http.client.HTTPSConnection(self._host, context=self._tls, timeout=30)
            self._threads.connection = connection
        content = None if body is None else json.dumps(body)
        connection.request(
            "GET" if body is None else "POST", "/simulator/clock", content, {"Content-Type": "application/json"}
        )
        return datetime.fromisoformat(json.load(connection.getresponse())["now"])
