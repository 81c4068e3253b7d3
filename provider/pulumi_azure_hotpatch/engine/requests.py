"""What the activity log says was asked of a machine, and what follows from it after a run was killed.

A request carries an id that its client chose. Ours is made of the resource that asks and of what it asks, the same in
every run, so a later run knows the request of an earlier one. The log is up to 20 minutes behind (Microsoft Learn,
Activity log: events are available within 3 to 20 minutes).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID, uuid5

LOG_DELAY: Final = timedelta(minutes=20)
"""How long after a request it may be missing from the log."""

GRAPH_DELAY: Final = timedelta(minutes=30)
"""How far Resource Graph may be behind: no source says, so this is generous."""

_NAMESPACE: Final = UUID("6f0c2f0e-5d0a-5a34-9c52-0d8f5a1f7f1d")
# A row of Resource Graph says when an installation began, the log when it was asked for.
_EARLIER: Final = timedelta(minutes=5)
_LATER: Final = timedelta(minutes=30)

PowerState = Literal["deallocated", "stopped"]


@dataclass(frozen=True, slots=True)
class Request:
    """One operation that was asked for and not refused: its name as in roles, when, and the id its client gave it."""

    operation: str
    at: datetime
    client_id: str | None = None

    @property
    def verb(self) -> str:
        """What was asked, in lower case: `start`, `deallocate`, `installpatches` …"""
        return self.operation.casefold().removesuffix("/action").rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Started:
    """Who started a machine that is on: `ours` is None where the log does not tell; `before` is how it was off."""

    ours: bool | None
    before: PowerState = "deallocated"


def request_id(identity: str, machine: str, verb: str) -> str:
    """The id that the resource `identity` gives its request of that machine."""
    return str(uuid5(_NAMESPACE, f"{identity}\n{machine.casefold()}\n{verb}"))


def who_started(requests: Iterable[Request], ours: str) -> Started:
    """Who started a machine that is on now, `ours` being the id of our own request; the last request counts."""
    before: PowerState = "deallocated"
    found = Started(None)
    for request in sorted(requests, key=lambda each: each.at):
        if request.verb == "start":
            found = Started(bool(_is_under(request, ours)), before)
        elif request.verb in ("deallocate", "poweroff"):
            before = "stopped" if request.verb == "poweroff" else "deallocated"
            found = Started(None)
    return found


def asked_by(
    requests: Iterable[Request], ours: str, started: datetime, others: Iterable[datetime | None] = ()
) -> bool | None:
    """Whether an installation that began then was asked for under the id `ours`; None where the log does not tell.

    `others` is when other installations of the machine began: a request is answered by the one that is nearest to it.
    """
    elsewhere = [each for each in others if each is not None and each != started]
    near = [
        each
        for each in requests
        if _asks_for_installation(each)
        and _answers(started, each)
        and all(abs(started - each.at) <= abs(other - each.at) for other in elsewhere)
    ]
    return _is_under(min(near, key=lambda each: abs(started - each.at)), ours) if near else None


def untold_installation(requests: Iterable[Request], started: Iterable[datetime | None], ours: str) -> Request | None:
    """The first request for an installation that may be ours and that no installation with a known start answers to."""
    known = [each for each in started if each is not None]
    asked = (each for each in requests if _asks_for_installation(each) and _is_under(each, ours) is not False)
    return next((each for each in asked if not any(_answers(one, each) for one in known)), None)


def _asks_for_installation(request: Request) -> bool:
    return request.verb == "installpatches"


def _answers(started: datetime, request: Request) -> bool:
    return request.at - _EARLIER <= started <= request.at + _LATER


def _is_under(request: Request, ours: str) -> bool | None:
    return None if request.client_id is None else request.client_id.casefold() == ours.casefold()
