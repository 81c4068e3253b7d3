"""The in-process skin: an azure-core transport and credential, for unmodified azure-mgmt clients in simulated time.

The only module of this package that imports azure-core. The transport is azure-core's own ``RequestsTransport`` with
a session whose one adapter asks the simulator, so that requests of every SDK generation, streaming and the mapping of
lost connections to exceptions are the real ones.
"""

from __future__ import annotations

import io
from datetime import timedelta
from http.client import RemoteDisconnected, responses
from typing import TYPE_CHECKING, Any

import requests
from azure.core.credentials import AccessToken, AccessTokenInfo
from azure.core.pipeline.transport import RequestsTransport
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse
from urllib3.exceptions import ProtocolError

from .http import Request
from .tokens import PUBLIC_AUDIENCES, audience_of
from .world import CLIENT_ID

if TYPE_CHECKING:
    from .simulator import Simulator

NEVER = 253402300799
"""The last second of the year 9999: clients judge expiry by the real clock, which means nothing here."""


class _Adapter(BaseAdapter):
    def __init__(self, simulator: Simulator) -> None:
        super().__init__()
        self._simulator = simulator

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        asked = Request.of(
            request.method or "GET",
            request.url or "/",
            {name: _text(value) for name, value in request.headers.items()},
            _bytes(request.body),
        )
        answer = self._simulator.handle(asked)
        self._simulator.clock.sleep(answer.delay)
        if answer.dropped:
            lost = ProtocolError("Connection aborted.", RemoteDisconnected("The simulator dropped the connection."))
            raise requests.ConnectionError(lost, request=request)
        shown = b"" if request.method == "HEAD" else answer.body
        response = requests.Response()
        response.status_code = answer.status
        response.reason = responses.get(answer.status, "Unknown")
        response.headers.update({**answer.headers, "content-length": str(len(shown))})
        response.raw = HTTPResponse(
            io.BytesIO(shown), headers=dict(response.headers), status=answer.status, preload_content=False
        )
        response.url = request.url or ""
        response.request = request
        response.encoding = "utf-8"
        return response

    def close(self) -> None:
        """Nothing is held open."""


def _bytes(body: Any) -> bytes:
    if body is None or isinstance(body, bytes):
        return body or b""
    if isinstance(body, str):
        return body.encode("utf-8")
    return bytes(body.read()) if hasattr(body, "read") else b"".join(_bytes(part) for part in body)


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


class SimulatedTransport(RequestsTransport):  # type: ignore[misc] # azure-core exports it lazily, without a type
    """An azure-core transport whose requests never leave the process and whose ``sleep`` moves the clock.

    Pass it as ``transport=`` to any azure-mgmt client; URLs stay ``https://management.azure.com``. One may be shared by
    several clients and threads; closing a client does not close it.
    """

    def __init__(self, simulator: Simulator) -> None:
        session = requests.Session()
        session.trust_env = False
        session.adapters.clear()
        session.mount("https://", _Adapter(simulator))
        super().__init__(session=session, session_owner=False)
        self._simulator = simulator

    def sleep(self, duration: float) -> None:
        """Let ``duration`` simulated seconds pass."""
        self._simulator.clock.sleep(timedelta(seconds=duration))


class SimulatedCredential:
    """A token credential (``TokenCredential`` and ``SupportsTokenInfo``) of the simulated service principal."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    def _token(self, scopes: tuple[str, ...]) -> str:
        simulator = self._simulator
        with simulator.clock.lock:
            audience = audience_of(scopes) if scopes else PUBLIC_AUDIENCES[0]
            return simulator.tokens.issue(audience, CLIENT_ID, simulator.clock.now())

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        """Return a token for the first scope."""
        return AccessToken(self._token(scopes), NEVER)

    def get_token_info(self, *scopes: str, options: Any = None) -> AccessTokenInfo:
        """Return a token for the first scope; ``options`` (claims, tenant) change nothing."""
        del options
        return AccessTokenInfo(self._token(scopes), NEVER)

    def close(self) -> None:
        """Nothing is held open."""
