"""The HTTPS skin: a server on loopback with a certificate authority of its own."""

from __future__ import annotations

import socket
import ssl
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import trustme
import uvicorn

from .asgi import application
from .simulator import Simulator

HOST = "127.0.0.1"
START_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """What a client needs: where the server is, whom to trust, who to be."""

    url: str
    ca_file: str
    tenant_id: str
    subscription_id: str
    client_id: str
    client_secret: str

    def to_json(self) -> dict[str, str]:
        """Return the one line the command line prints when it is ready."""
        return asdict(self)


class ServerError(RuntimeError):
    """The server could not start."""


class _Server(uvicorn.Server):
    """Ends at once: clients keep idle connections open, and TLS would wait for their goodbye.

    No request is cut off half done, because the core runs each one in a single step of the event loop.
    """

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for connection in list(self.server_state.connections):
            transport = getattr(connection, "transport", None)
            if transport is not None:
                transport.abort()
        await super().shutdown(sockets)


def _authority(simulator: Simulator) -> trustme.CA:
    """Return the authority kept in the simulator's state, or a new one that is kept from now on."""
    if simulator.authority_pem is not None:
        pem = simulator.authority_pem.encode("ascii")
        return trustme.CA.from_pem(pem, pem)
    authority = trustme.CA()
    pem = authority.cert_pem.bytes() + authority.private_key_pem.bytes()
    simulator.authority_pem = pem.decode("ascii")
    if simulator.state_file is not None:
        simulator.save()
    return authority


def _bind(port: int) -> socket.socket:
    # asyncio turns Nagle's algorithm off only for sockets that say they are TCP; without that each answer takes 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as reason:
        listener.close()
        raise ServerError(f"port {port} of {HOST} cannot be used: {reason.strerror}") from None
    return listener


def _configure(simulator: Simulator, authority: trustme.CA) -> uvicorn.Config:
    certificate = authority.issue_cert(HOST, "localhost")

    def context(_: uvicorn.Config, __: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
        made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        certificate.configure_cert(made)
        return made

    return uvicorn.Config(
        application(simulator),
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_level="critical",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=1,
        ssl_context_factory=context,
    )


@contextmanager
def serve_in_thread(simulator: Simulator, *, port: int = 0, ca_file: Path | None = None) -> Iterator[ServerInfo]:
    """Serve ``simulator`` over HTTPS while the context lasts; port 0 takes a free one.

    The authority's certificate is written to ``ca_file`` (kept) or to a temporary file (removed at the end). Raises
    ``ServerError`` when the port is taken or the server does not come up.
    """
    authority = _authority(simulator)
    with tempfile.TemporaryDirectory(prefix="azure-patch-simulator-") as folder:
        trusted = ca_file or Path(folder) / "ca.pem"
        trusted.write_bytes(authority.cert_pem.bytes())
        listener = _bind(port)
        server = _Server(_configure(simulator, authority))
        thread = threading.Thread(target=server.run, args=([listener],), name="azure-patch-simulator", daemon=True)
        thread.start()
        try:
            _wait_until_started(server, thread)
            subscription = next(iter(simulator.world.subscriptions.values()))
            yield ServerInfo(
                url=f"https://{HOST}:{listener.getsockname()[1]}",
                ca_file=str(trusted.absolute()),
                tenant_id=simulator.world.tenant_id,
                subscription_id=subscription.id,
                client_id=simulator.credentials.client_id,
                client_secret=simulator.credentials.client_secret,
            )
        finally:
            server.should_exit = True
            thread.join()
            listener.close()


def _wait_until_started(server: uvicorn.Server, thread: threading.Thread) -> None:
    pause = threading.Event()
    waited = 0.0
    while not server.started:
        if not thread.is_alive() or waited > START_SECONDS:
            raise ServerError("the server did not start")
        pause.wait(0.005)
        waited += 0.005
