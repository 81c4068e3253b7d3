"""Requests and responses as plain values: what both skins (in process, HTTPS) hand to the one core."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

NO_DELAY = timedelta(0)


@dataclass(frozen=True, slots=True)
class Request:
    """One request. Header and query names are lower case, values as sent; the path keeps its letter case.

    ``segments`` are the percent-decoded parts of the path, empty ones left out.
    """

    method: str
    host: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""
    segments: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def of(cls, method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Request:
        """Take a request apart; ``url`` is absolute or begins with the path."""
        try:
            parts = urlsplit(url)
        except ValueError:
            parts = urlsplit("/")
        names = {name.lower(): value for name, value in (headers or {}).items()}
        query = {name.lower(): value for name, value in parse_qsl(parts.query, keep_blank_values=True)}
        return cls(
            method=method.upper(),
            host=parts.netloc or names.get("host", "management.azure.com"),
            path=unquote(parts.path),
            query=query,
            headers=names,
            body=body,
            segments=tuple(unquote(part) for part in parts.path.split("/") if part),
        )

    @property
    def api_version(self) -> str | None:
        """The ``api-version`` asked for, if any; the simulator is not tied to one."""
        return self.query.get("api-version")


@dataclass(frozen=True, slots=True)
class Response:
    """One answer. ``delay`` is simulated time the skin lets pass first; ``dropped`` means the client never sees it."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    delay: timedelta = NO_DELAY
    dropped: bool = False

    @classmethod
    def of_json(cls, status: int, value: Any, headers: Mapping[str, str] | None = None) -> Response:
        """Return an answer with a JSON body, non-ASCII escaped so that any text survives any client."""
        body = json.dumps(value, separators=(",", ":")).encode("ascii")
        return cls(status, {"content-type": "application/json; charset=utf-8", **(headers or {})}, body)

    @classmethod
    def empty(cls, status: int, headers: Mapping[str, str] | None = None) -> Response:
        """Return an answer without a body."""
        return cls(status, dict(headers or {}))

    def json(self) -> Any:
        """Return the body read as JSON, ``None`` when there is none."""
        return json.loads(self.body) if self.body else None
