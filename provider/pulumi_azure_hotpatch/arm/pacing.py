"""Asking no faster than Azure answers: what its headers say is left is not overdrawn, and a refusal stops everybody.

Resource Manager counts by subscription and kind of request and tells in every answer what is left. As long as that is
plenty nothing is held back. When it runs low, requests go out as fast as the documented refill; after a 429 all of that
kind wait until its Retry-After has passed, not only the one that was refused (which azure-core sends again).
Source: Microsoft Learn, Understand how Azure Resource Manager throttles requests, 2024 (token buckets: 250 reads, 200
writes and 200 deletes, refilled by 25, 10 and 10 a second); Guidance for throttled requests in Azure Resource Graph.
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import SansIOHTTPPolicy

from pulumi_azure_hotpatch.ports import Clock

_REFILL: Final = {"reads": 25.0, "writes": 10.0, "deletes": 10.0}
_KINDS: Final = {"GET": "reads", "HEAD": "reads", "DELETE": "deletes"}
_SUBSCRIPTION: Final = re.compile(r"/subscriptions/([^/?]+)", re.IGNORECASE)
_GRAPH: Final = "/providers/microsoft.resourcegraph/"
# While more than this is left nobody looks at the clock.
_PLENTY: Final = 64
_SLOWEST: Final = 64
_THROTTLED: Final = 429


@dataclass
class _Bucket:
    """Requests of one kind. `left` are those that may still be made, as of `at` (None: it does not matter when).

    Until `closed` has passed there are none; `refill` is None where only the service knows what there is afterwards.
    `slower` divides it where less is granted.
    """

    refill: float | None
    left: float | None = None
    at: datetime | None = None
    closed: datetime | None = None
    slower: int = 1
    flying: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def turn(self, clock: Clock) -> datetime | None:
        """Take a turn; else the instant when there will be one."""
        with self.lock:
            if self.closed is not None:
                if clock.now() < self.closed:
                    return self.closed
                self.closed = None
            if self.left is not None and self.refill is not None:
                if (
                    self.left < 1
                    and (wait := self._fill(self.left, self.refill / self.slower, clock.now())) is not None
                ):
                    return wait
                self.left -= 1
            self.flying += 1
            return None

    def answered(self, remaining: int | None, closed_for: timedelta | None, clock: Clock) -> None:
        """Note what an answer says is left, and for how long it asks to be left alone."""
        with self.lock:
            self.flying -= 1
            if closed_for is not None:
                until = clock.now() + closed_for
                if self.closed is None or until > self.closed:
                    self.closed = self.at = until
                    self.left = 1.0
                # Who was refused was too fast, whatever is documented.
                self.slower = min(self.slower * 2, _SLOWEST)
            elif remaining is not None and self.closed is None:
                # Those under way may not have been counted yet.
                self.left = float(remaining - self.flying)
                self.at = None if self.left > _PLENTY else clock.now()
                if self.at is None:
                    self.slower = 1

    def _fill(self, left: float, refill: float, now: datetime) -> datetime | None:
        """Add what came back since; when there will be enough, None if there is."""
        since = self.at or now
        self.left = left + max(0.0, (now - since).total_seconds()) * refill
        self.at = max(since, now)
        missing = timedelta(seconds=(1 - self.left) / refill)
        # Instants are to the microsecond: what comes back in less than one is there.
        return self.at + missing if missing > timedelta(0) else None


class Pacing(SansIOHTTPPolicy[Any, Any]):
    """Holds requests back as long as Azure wants; one for all clients of a connection."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self._buckets: dict[tuple[str, str], _Bucket] = {}
        self._lock = threading.Lock()

    def on_request(self, request: PipelineRequest[Any]) -> None:
        """Wait for a turn. Raises Interrupted."""
        bucket, _ = self._bucket_of(request)
        while (until := bucket.turn(self._clock)) is not None:
            self._clock.sleep_until(until)

    def on_response(self, request: PipelineRequest[Any], response: PipelineResponse[Any, Any]) -> None:
        """Note what the answer says."""
        bucket, kind = self._bucket_of(request)
        headers = response.http_response.headers
        closed_for = _seconds(headers.get("Retry-After")) if response.http_response.status_code == _THROTTLED else None
        if kind == "graph":
            remaining = _number(headers.get("x-ms-user-quota-remaining"))
            if remaining == 0 and closed_for is None:
                closed_for = _span(headers.get("x-ms-user-quota-resets-after"))
            remaining = None
        else:
            remaining = _number(
                headers.get(f"x-ms-ratelimit-remaining-subscription-{kind}")
                or headers.get(f"x-ms-ratelimit-remaining-tenant-{kind}")
            )
        bucket.answered(remaining, closed_for, self._clock)

    def on_exception(self, request: PipelineRequest[Any]) -> None:
        """There is no answer."""
        bucket, _ = self._bucket_of(request)
        bucket.answered(None, None, self._clock)

    def _bucket_of(self, request: PipelineRequest[Any]) -> tuple[_Bucket, str]:
        url, method = request.http_request.url, request.http_request.method
        kind = "graph" if _GRAPH in url.casefold() else _KINDS.get(method, "writes")
        found = _SUBSCRIPTION.search(url) if kind != "graph" else None
        key = (found[1].casefold() if found else "", kind)
        with self._lock:
            return self._buckets.setdefault(key, _Bucket(_REFILL.get(kind))), kind


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdigit() else None


def _seconds(text: str | None) -> timedelta | None:
    number = _number(text)
    return timedelta(seconds=number) if number else None


def _span(text: str | None) -> timedelta | None:
    """A duration such as `00:00:05`."""
    parts = (text or "").split(":")
    if len(parts) != 3 or not all(part.isdigit() for part in parts):
        return None
    hours, minutes, seconds = map(int, parts)
    return timedelta(hours=hours, minutes=minutes, seconds=seconds) or None
