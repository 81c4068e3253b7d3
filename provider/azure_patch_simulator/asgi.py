"""The simulator as an ASGI application: reads the request, asks the core, writes the answer."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from .errors import unseen
from .http import NO_DELAY, Request, Response
from .simulator import MAX_BODY, Simulator

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]


def application(simulator: Simulator) -> Application:
    """Return the ASGI application. Requests run on the event loop: one at a time is all the core's lock allows."""

    async def answer(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        request = _request_of(scope, await _body(receive))
        response = _handle(simulator, request)
        if response.delay > NO_DELAY:
            await _wait(simulator, response)
        if response.dropped:
            await _hang_up(receive, send)
        else:
            await _write(send, response, with_body=request.method != "HEAD")

    return answer


def _handle(simulator: Simulator, request: Request) -> Response:
    """Ask the core; a fault of its own is an ARM error too, and the server lives on."""
    try:
        return simulator.handle(request)
    except Exception as fault:
        traceback.print_exc()
        error = unseen("InternalFault", f"The simulator itself failed: {type(fault).__name__}.", status=500)
        return Response.of_json(500, error.body())


async def _wait(simulator: Simulator, response: Response) -> None:
    if simulator.clock.pace == 0:
        simulator.clock.sleep(response.delay)
    else:
        await asyncio.sleep(simulator.clock.real_seconds(response.delay))


async def _body(receive: Receive) -> bytes:
    """Read the body; of one that is too large only so much that the core notices."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        part = message.get("body", b"")
        if part and size <= MAX_BODY:
            parts.append(part)
            size += len(part)
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            return b"".join(parts)


def _request_of(scope: MutableMapping[str, Any], body: bytes) -> Request:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    host = headers.get("host", "localhost")
    path = (scope.get("raw_path") or scope["path"].encode("utf-8")).decode("latin-1")
    query = scope["query_string"].decode("latin-1")
    return Request.of(scope["method"], f"https://{host}{path}?{query}", headers, body)


async def _hang_up(receive: Receive, send: Send) -> None:
    """Close the connection without an answer.

    ASGI has no word for it. With uvicorn, ``receive`` belongs to the object that holds the connection; anywhere else
    the answer is begun and never finished, which clients see as a broken connection too.
    """
    connection = getattr(getattr(receive, "__self__", None), "transport", None)
    if connection is not None:
        connection.abort()
        return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})


async def _write(send: Send, response: Response, *, with_body: bool) -> None:
    body = response.body if with_body else b""
    headers = [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in response.headers.items()]
    if response.status != 204:
        headers.append((b"content-length", str(len(body)).encode("ascii")))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
