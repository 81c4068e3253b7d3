"""Faults on request: refuse, lose the answer, or make it late – for the next n requests that match."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from .errors import unseen
from .http import Request, Response


@dataclass(frozen=True, slots=True)
class Match:
    """Which requests: a method (``None`` = any) and a regular expression searched in the path, letter case ignored."""

    method: str | None
    path: str

    def accepts(self, request: Request) -> bool:
        """Tell whether ``request`` is meant."""
        return (self.method is None or self.method.upper() == request.method) and (
            re.search(self.path, request.path, re.IGNORECASE) is not None
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer like this and do nothing."""

    status: int
    code: str
    message: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> Response:
        """Return the ARM error answer."""
        return Response.of_json(self.status, {"error": {"code": self.code, "message": self.message}}, self.headers)


@dataclass(frozen=True, slots=True)
class Drop:
    """Close the connection without an answer, after doing the work or (``before``) instead of it."""

    before: bool = False


@dataclass(frozen=True, slots=True)
class Delay:
    """Do the work, then let ``duration`` (simulated) pass before the answer."""

    duration: timedelta


FaultResponse = Answer | Drop | Delay


@dataclass(slots=True)
class Fault:
    """A scripted fault and how many more times it strikes (``None`` = always)."""

    match: Match
    response: FaultResponse
    times: int | None


def match(method: str | None = None, path: str = "") -> Match:
    """Return a match; raises ``re.error`` for a bad expression."""
    re.compile(path)
    return Match(method, path)


def throttled(retry_after: int | None = 5) -> Answer:
    """Return a 429; with ``Retry-After`` (whole seconds) unless ``None``. The code is ours."""
    error = unseen("Throttled", "Too many requests.", status=429)
    headers = {} if retry_after is None else {"retry-after": str(retry_after)}
    return Answer(429, error.code, error.message, headers)


class Faults:
    """The faults still to come; the first that matches strikes."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def __len__(self) -> int:
        return len(self._faults)

    def add(self, match: Match, *, response: FaultResponse, times: int | None = 1) -> Fault:
        """Let ``response`` strike the next ``times`` requests that match."""
        if times is not None and times < 1:
            raise ValueError("a fault strikes at least once")
        fault = Fault(match, response, times)
        self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """Forget all faults."""
        self._faults.clear()

    def strike(self, request: Request) -> FaultResponse | None:
        """Return what befalls ``request``, and count it."""
        for fault in self._faults:
            if fault.match.accepts(request):
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times == 0:
                        self._faults.remove(fault)
                return fault.response
        return None


def fault_of(value: Mapping[str, Any]) -> tuple[Match, FaultResponse, int | None]:
    """Read a fault from JSON: ``{"method", "path", "times", "answer": {"status", "code", "message", "headers"} |
    "throttle": seconds | "drop": "before"|"after" | "delay_seconds": n}``. Raises ``ValueError`` for anything else.
    """
    method, path, times = value.get("method"), value.get("path", ""), value.get("times", 1)
    if not (method is None or isinstance(method, str)) or not isinstance(path, str):
        raise ValueError("'method' and 'path' are strings")
    if times is not None and (not isinstance(times, int) or isinstance(times, bool) or times < 1):
        raise ValueError("'times' is a whole number from 1 on, or null for always")
    try:
        matching = match(method, path)
    except re.error as reason:
        raise ValueError(f"'path' is not a regular expression: {reason}") from None
    return matching, _response_of(value), times


def _response_of(value: Mapping[str, Any]) -> FaultResponse:
    answer, drop = value.get("answer"), value.get("drop")
    if isinstance(answer, Mapping):
        status, headers = answer.get("status"), answer.get("headers", {})
        if not isinstance(status, int) or not 400 <= status <= 599:
            raise ValueError("'answer.status' is a status from 400 to 599")
        if not isinstance(headers, Mapping) or not all(isinstance(text, str) for text in headers.values()):
            raise ValueError("'answer.headers' is an object of strings")
        return Answer(
            status, str(answer.get("code", "SimulatorFault")), str(answer.get("message", "Scripted.")), headers
        )
    if drop in ("before", "after"):
        return Drop(before=drop == "before")
    throttle, delay = value.get("throttle"), value.get("delay_seconds")
    if isinstance(throttle, int) and not isinstance(throttle, bool) and throttle >= 0:
        return throttled(throttle)
    if isinstance(delay, int | float) and not isinstance(delay, bool) and 0 <= delay <= 10**9:
        return Delay(timedelta(seconds=delay))
    raise ValueError("one of 'answer', 'throttle', 'drop' or 'delay_seconds' says what happens")
