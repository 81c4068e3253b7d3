"""The clock of a simulated Azure: time stands where the endpoint says, and waiting moves it on."""

from __future__ import annotations

import json
import ssl
import threading
import urllib.request
from datetime import datetime

from ..errors import Interrupted
from .system_clock import pause

# Long enough that a person sees a progress line go by, short enough that a simulated hour takes seconds.
_VISIBLE_SECONDS = 0.02


class EndpointClock:
    """Asks the simulator's control endpoint for the time, and tells it to move on instead of waiting."""

    def __init__(self, endpoint: str, ca_file: str) -> None:
        self._url = f"{endpoint.rstrip('/')}/simulator/clock"
        self._tls = ssl.create_default_context(cafile=ca_file)
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

    def _ask(self, body: dict[str, str] | None) -> datetime:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._url, data=data, headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, context=self._tls, timeout=30) as response:
            return datetime.fromisoformat(json.load(response)["now"])
