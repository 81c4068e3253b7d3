"""Blobs, as far as append blobs need them: Create Container, Put Blob, Append Block, Get Blob.

A request is one of Blob Storage when it goes to ``ACCOUNT.blob.core.windows.net`` or, path style as with Azurite
(``https://127.0.0.1:PORT/ACCOUNT/CONTAINER/BLOB``), carries ``x-ms-version``, which Resource Manager knows nothing of.
Every account exists; containers and blobs exist once they were made.

Source: Microsoft Learn, Blob service REST API: Put Blob, Append Block, Get Blob, Create Container, 2025, for headers,
statuses and conditions; Blob service error codes, and Status and error codes, for codes and texts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

from .errors import ArmError
from .faults import Answer, Drop, FaultResponse
from .http import Request, Response

if TYPE_CHECKING:
    from .simulator import Simulator

AUDIENCES: Final = ("https://storage.azure.com",)
MOST_IN_A_BLOCK: Final = 4 * 1024 * 1024
"""What every version takes; from 2022-11-02 on it is 100 MiB."""
MOST_BLOCKS: Final = 50_000
_HOST: Final = ".blob.core.windows.net"
_RANGE: Final = re.compile(r"^bytes=(\d+)-(\d*)$")


@dataclass(slots=True)
class Blob:
    """``kind`` is AppendBlob or BlockBlob; ``content`` holds one character for each byte."""

    kind: str
    content: str = ""
    blocks: int = 0
    modified: datetime | None = None
    version: int = 0


@dataclass(slots=True)
class BlobContainer:
    """``name`` is ``account/container``; its blobs by name."""

    name: str
    blobs: dict[str, Blob] = field(default_factory=dict)


class BlobError(ArmError):
    """An error of the service: XML, and the code once more in a header."""

    def response(self) -> Response:
        """Return the answer."""
        text = f"{self.message}\nRequestId:simulated"
        body = (
            f'<?xml version="1.0" encoding="utf-8"?><Error><Code>{escape(self.code)}</Code>'
            f"<Message>{escape(text)}</Message></Error>"
        )
        headers = {"content-type": "application/xml", "x-ms-error-code": self.code, **self.headers}
        return Response(self.status, headers, body.encode())


def is_blob_request(request: Request) -> bool:
    """Tell whether a request is one of Blob Storage."""
    return request.host.lower().endswith(_HOST) or (
        "x-ms-version" in request.headers and "api-version" not in request.query
    )


def answer(
    simulator: Simulator, request: Request, now: datetime, fault: FaultResponse | None = None
) -> tuple[str, Response]:
    """Return the operation's name and its answer. Never raises for what a client sent."""
    operation = "Blob_Unknown"
    try:
        try:
            simulator.tokens.check(request, now, AUDIENCES)
        except ArmError as refused:
            raise BlobError(401, "InvalidAuthenticationInfo", refused.message, headers=refused.headers) from None
        operation, handle = _operation_of(request)
        if isinstance(fault, Answer):
            return operation, fault.response()
        if isinstance(fault, Drop) and fault.before:
            return operation, Response.empty(503)
        response = handle(_Call(simulator, request, now))
    except BlobError as error:
        response = error.response()
    version = request.headers.get("x-ms-version", "")
    return operation, Response(response.status, {"x-ms-version": version, **response.headers}, response.body)


@dataclass(frozen=True, slots=True)
class _Call:
    simulator: Simulator
    request: Request
    now: datetime

    @property
    def names(self) -> tuple[str, str]:
        """The container with its account, and the blob (empty for a request about the container itself)."""
        account = self.request.host.lower().partition(".")[0]
        parts = self.request.segments
        if not self.request.host.lower().endswith(_HOST):
            account, parts = (parts[0] if parts else ""), parts[1:]
        return f"{account}/{parts[0] if parts else ''}", "/".join(parts[1:])

    @property
    def container(self) -> BlobContainer:
        """The container. Raises the 404 of one that does not exist."""
        found = self.simulator.world.containers.get(self.names[0])
        if found is None:
            raise BlobError(404, "ContainerNotFound", "The specified container does not exist.")
        return found

    @property
    def blob(self) -> Blob:
        """The blob. Raises the 404 of one that does not exist."""
        found = self.container.blobs.get(self.names[1])
        if found is None:
            raise BlobError(404, "BlobNotFound", "The specified blob does not exist.")
        return found


_Handler = Callable[[_Call], Response]


def _operation_of(request: Request) -> tuple[str, _Handler]:
    about = request.query.get("comp") or request.query.get("restype") or ""
    found = _OPERATIONS.get((request.method, about))
    if found is None:
        raise BlobError(405, "UnsupportedHttpVerb", "The resource doesn't support the specified HTTP verb.")
    return found


def _create_container(call: _Call) -> Response:
    containers, name = call.simulator.world.containers, call.names[0]
    if name in containers:
        raise BlobError(409, "ContainerAlreadyExists", "The specified container already exists.")
    containers[name] = BlobContainer(name)
    return Response.empty(201, {"etag": '"0x1"', "last-modified": _date(call.now)})


def _put_blob(call: _Call) -> Response:
    blobs, name = call.container.blobs, call.names[1]
    kind = call.request.headers.get("x-ms-blob-type")
    if kind not in ("AppendBlob", "BlockBlob"):
        raise BlobError(
            400, "InvalidHeaderValue", "The value for one of the HTTP headers is not in the correct format."
        )
    known = blobs.get(name)
    if known is not None and call.request.headers.get("if-none-match") == "*":
        raise BlobError(409, "BlobAlreadyExists", "The specified blob already exists.")
    _meet(call.request.headers, known)
    content = call.request.body.decode("latin-1") if kind == "BlockBlob" else ""
    blobs[name] = Blob(kind, content, 0, call.now, 1 if known is None else known.version + 1)
    return Response.empty(201, {**_state(blobs[name]), "x-ms-request-server-encrypted": "true"})


def _append_block(call: _Call) -> Response:
    blob, headers = call.blob, call.request.headers
    if blob.kind != "AppendBlob":
        raise BlobError(409, "InvalidBlobType", "The blob type is invalid for this operation.")
    if not call.request.body:
        raise BlobError(
            400, "InvalidHeaderValue", "The value for one of the HTTP headers is not in the correct format."
        )
    if len(call.request.body) > MOST_IN_A_BLOCK:
        raise BlobError(
            413, "RequestBodyTooLarge", "The request body is too large and exceeds the maximum permissible limit."
        )
    _meet(headers, blob)
    position = headers.get("x-ms-blob-condition-appendpos")
    if position is not None and position != str(len(blob.content)):
        raise BlobError(412, "AppendPositionConditionNotMet", "The append position condition specified was not met.")
    if blob.blocks >= MOST_BLOCKS:
        raise BlobError(
            409, "BlockCountExceedsLimit", "The committed block count cannot exceed the maximum limit of 50,000 blocks."
        )
    offset = len(blob.content)
    blob.content += call.request.body.decode("latin-1")
    blob.blocks, blob.version, blob.modified = blob.blocks + 1, blob.version + 1, call.now
    appended = {"x-ms-blob-append-offset": str(offset), "x-ms-blob-committed-block-count": str(blob.blocks)}
    return Response.empty(201, {**_state(blob), **appended, "x-ms-request-server-encrypted": "true"})


def _get_blob(call: _Call) -> Response:
    blob, headers = call.blob, call.request.headers
    _meet(headers, blob)
    content = blob.content.encode("latin-1")
    wanted = _RANGE.match(headers.get("x-ms-range") or headers.get("range") or "")
    if wanted is None:
        return Response(200, _described(blob), content)
    start = int(wanted[1])
    if start >= len(content):
        raise BlobError(
            416, "InvalidRange", "The range specified is invalid for the current size of the resource.",
            headers={"content-range": f"bytes */{len(content)}"},
        )  # fmt: skip
    end = min(int(wanted[2] or len(content)), len(content) - 1)
    part = content[start : end + 1]
    shown = {**_described(blob), "content-range": f"bytes {start}-{end}/{len(content)}"}
    return Response(206, shown, part)


_OPERATIONS: Final[Mapping[tuple[str, str], tuple[str, _Handler]]] = {
    ("PUT", "container"): ("Container_Create", _create_container),
    ("PUT", ""): ("Blob_Put", _put_blob),
    ("PUT", "appendblock"): ("AppendBlob_AppendBlock", _append_block),
    ("GET", ""): ("Blob_Download", _get_blob),
}


def _meet(headers: Mapping[str, str], blob: Blob | None) -> None:
    """Raise the 412 of an ETag that is not the blob's."""
    wanted = headers.get("if-match")
    if wanted is not None and wanted != "*" and (blob is None or wanted != _etag(blob)):
        raise BlobError(412, "ConditionNotMet", "The condition specified using HTTP conditional header(s) is not met.")


def _etag(blob: Blob) -> str:
    return f'"0x8DD{blob.version:012X}"'


def _date(instant: datetime | None) -> str:
    return "" if instant is None else format_datetime(instant, usegmt=True)


def _state(blob: Blob) -> dict[str, str]:
    return {"etag": _etag(blob), "last-modified": _date(blob.modified)}


def _described(blob: Blob) -> dict[str, str]:
    return {
        **_state(blob),
        "content-type": "application/octet-stream",
        "accept-ranges": "bytes",
        "x-ms-blob-type": blob.kind,
        "x-ms-lease-status": "unlocked",
        "x-ms-lease-state": "available",
        "x-ms-server-encrypted": "true",
        **({"x-ms-blob-committed-block-count": str(blob.blocks)} if blob.kind == "AppendBlob" else {}),
    }
