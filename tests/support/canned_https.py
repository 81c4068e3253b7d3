"""An HTTPS server that gives prepared answers, for what a simulated Azure never says: gateway pages, broken bodies."""

import ssl
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import trustme


@dataclass(frozen=True)
class Canned:
    """One answer; `{url}` in a header or the body becomes the server's own address. `cut` ends the body too early."""

    status: int = 200
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False


@dataclass
class CannedServer:
    """Where it listens, whom to trust, and what it was asked: `(method, path with query, headers)` in order."""

    url: str
    ca_file: str
    asked: list[tuple[str, str, Mapping[str, str]]] = field(default_factory=list)


@contextmanager
def canned(folder: Path, *answers: Canned) -> Iterator[CannedServer]:
    """Serve while the context lasts: the answers in order, the last one again and again."""
    authority = trustme.CA()
    ca_file = folder / "canned-ca.pem"
    ca_file.write_bytes(authority.cert_pem.bytes())
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(tls)
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    info = CannedServer(f"https://127.0.0.1:{server.server_address[1]}", str(ca_file))
    server.RequestHandlerClass = _handler(info, answers)
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None  # type: ignore[method-assign] # a client that hangs up is no news
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01), daemon=True)
    thread.start()
    try:
        yield info
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(info: CannedServer, answers: Sequence[Canned]) -> type[BaseHTTPRequestHandler]:
    pending = list(answers)

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            info.asked.append((self.command, self.path, dict(self.headers)))
            canned = pending.pop(0) if len(pending) > 1 else pending[0]
            body = canned.body.replace("{url}", info.url).encode()
            self.send_response(canned.status)
            for name, value in canned.headers.items():
                self.send_header(name, value.replace("{url}", info.url))
            self.send_header("Content-Length", str(len(body) + (10 if canned.cut else 0)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815 - the names the server looks for

        def log_message(self, *_: Any) -> None:
            """Stay quiet."""

    return Handler
