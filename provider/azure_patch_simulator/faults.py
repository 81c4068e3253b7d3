"""Faults on request: refuse, lose the answer, make it late – for the next n requests that match, or by chance."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from .chance import fraction
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


@dataclass(frozen=True, slots=True)
class Slow:
    """Do the work; the long-running operation it starts, if any, takes ``duration`` longer."""

    duration: timedelta


@dataclass(frozen=True, slots=True)
class Jump:
    """Let the clock jump forward by ``duration`` first, then do the work."""

    duration: timedelta


@dataclass(frozen=True, slots=True)
class Expire:
    """Let all tokens expire that were issued so far, this request's too: 401."""


FaultResponse = Answer | Drop | Delay | Slow | Jump | Expire


@dataclass(slots=True)
class Fault:
    """A fault, how many more times it strikes (``None`` = always), and how likely it is to strike a match."""

    match: Match
    response: FaultResponse
    times: int | None
    chance: float = 1.0
    number: int = 0
    met: int = 0


def match(method: str | None = None, path: str = "") -> Match:
    """Return a match; raises ``re.error`` for a bad expression."""
    re.compile(path)
    return Match(method, path)


def throttled(retry_after: int | None = 5) -> Answer:
    """Return a 429; with ``Retry-After`` (whole seconds) unless ``None``. The code is ours."""
    error = unseen("Throttled", "Too many requests.", status=429)
    headers = {} if retry_after is None else {"retry-after": str(retry_after)}
    return Answer(429, error.code, error.message, headers)


def failing(status: int, retry_after: int | None = None) -> Answer:
    """Return a failure of the service: 409, 500, 502, 503 or 504, with ``Retry-After`` if it is given.

    Code and text of the 500 are those of Azure/azure-cli issue 28471; the others' are ours.
    """
    if status == 500:
        code, message = "InternalServerError", "An error has occurred"
    else:
        error = unseen(f"Failing{status}", "A fault that was asked for.", status=status)
        code, message = error.code, error.message
    headers = {} if retry_after is None else {"retry-after": str(retry_after)}
    return Answer(status, code, message, headers)


def _weather() -> tuple[FaultResponse, ...]:
    """Return what a bad day brings, each as likely as the others."""
    answers = (throttled(2), failing(500), failing(502), failing(503, 2), failing(504))
    return (*answers, Drop(), Drop(before=True), Delay(timedelta(seconds=20)), Slow(timedelta(minutes=5)))


class Faults:
    """The faults still to come; the first that matches, and whose chance it is, strikes. ``seed`` decides chances."""

    def __init__(self, seed: int = 0) -> None:
        self._faults: list[Fault] = []
        self._seed = seed
        self._added = 0

    def __len__(self) -> int:
        return len(self._faults)

    def add(self, match: Match, *, response: FaultResponse, times: int | None = 1, chance: float = 1.0) -> Fault:
        """Let ``response`` strike ``times`` requests that match: the next ones, or each with a ``chance`` below 1."""
        if times is not None and times < 1:
            raise ValueError("a fault strikes at least once")
        if not 0 < chance <= 1:
            raise ValueError("a chance is above 0 and at most 1")
        fault = Fault(match, response, times, chance, self._added)
        self._added += 1
        self._faults.append(fault)
        return fault

    def storm(self, chance: float, path: str = "^/(subscriptions|providers)/") -> list[Fault]:
        """Let every request of Resource Manager meet one of nine kinds of trouble, with ``chance`` in all."""
        weather = _weather()
        # The kinds are asked one after the other, so each has its share of what those before it left.
        return [
            self.add(match(path=path), response=each, times=None, chance=chance / len(weather) / (1 - done))
            for number, each in enumerate(weather)
            if (done := number * chance / len(weather)) < 1
        ]

    def clear(self) -> None:
        """Forget all faults."""
        self._faults.clear()

    def strike(self, request: Request) -> FaultResponse | None:
        """Return what befalls ``request``, and count it."""
        for fault in self._faults:
            if fault.match.accepts(request) and self._has_its_turn(fault):
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times == 0:
                        self._faults.remove(fault)
                return fault.response
        return None

    def _has_its_turn(self, fault: Fault) -> bool:
        fault.met += 1
        return fault.chance >= 1 or fraction(self._seed, "fault", fault.number, fault.met) < fault.chance


def fault_of(value: Mapping[str, Any]) -> tuple[Match, FaultResponse, int | None]:
    """Read a fault from JSON: ``{"method", "path", "times", "answer": {"status", "code", "message", "headers"} |
    "throttle": seconds | "fail": 409|500|502|503|504 | "drop": "before"|"after" | "delay_seconds": n | "slow_seconds":
    n | "jump_seconds": n | "expire": true}``. Raises ``ValueError`` for anything else.
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
    throttle, failure = value.get("throttle"), value.get("fail")
    if isinstance(throttle, int) and not isinstance(throttle, bool) and throttle >= 0:
        return throttled(throttle)
    if failure in (409, 500, 502, 503, 504):
        return failing(failure)
    for name, kind in _DURATIONS.items():
        seconds = value.get(name)
        if isinstance(seconds, int | float) and not isinstance(seconds, bool) and 0 <= seconds <= 10**9:
            return kind(timedelta(seconds=seconds))
    if value.get("expire") is True:
        return Expire()
    raise ValueError(
        "one of 'answer', 'throttle', 'fail', 'drop', 'delay_seconds', 'slow_seconds', 'jump_seconds' or 'expire' says "
        "what happens"
    )


_DURATIONS: dict[str, type[Delay] | type[Slow] | type[Jump]] = {
    "delay_seconds": Delay,
    "slow_seconds": Slow,
    "jump_seconds": Jump,
}


def chance_of(value: Mapping[str, Any], name: str = "chance") -> float:
    """Read a chance from JSON, 1 when there is none. Raises ``ValueError`` for what is no chance."""
    chance = value.get(name, 1.0)
    if not isinstance(chance, int | float) or isinstance(chance, bool) or not 0 < chance <= 1:
        raise ValueError(f"'{name}' is a number above 0 and at most 1")
    return float(chance)
