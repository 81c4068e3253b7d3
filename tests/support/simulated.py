"""Handlers over the real SDK over the simulator, in simulated time."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, Literal

from azure_patch_simulator import SUBSCRIPTION_ID, Drop, Request, Response, Settings, Simulator, World, match
from pulumi_azure_hotpatch.arm.azure import over
from pulumi_azure_hotpatch.arm.clouds import PUBLIC
from pulumi_azure_hotpatch.arm.connection import Connection
from pulumi_azure_hotpatch.errors import Interrupted
from pulumi_azure_hotpatch.host import settings as host_settings
from pulumi_azure_hotpatch.host.engine_hooks import Call
from pulumi_azure_hotpatch.host.engine_log import EngineLog, Level
from pulumi_azure_hotpatch.host.runtime import CallContext, Runtime
from pulumi_azure_hotpatch.ports import Settings as StackSettings

START = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)


class Clock:
    """The simulator's clock as handlers see it. `interrupt_at` ends a wait that would pass that instant."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self.interrupt_at: datetime | None = None

    def now(self) -> datetime:
        return self._simulator.clock.now()

    def sleep_until(self, deadline: datetime) -> None:
        if self.interrupt_at is not None and deadline > self.interrupt_at:
            self._simulator.clock.advance_to(self.interrupt_at)
            raise Interrupted("cancelled while waiting; what was done is kept, run the deployment again to continue")
        self._simulator.clock.advance_to(deadline)


@dataclass
class Said:
    """What was told to the engine."""

    progress: list[str] = field(default_factory=list)
    remarks: list[tuple[Level, str]] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(message for _, message in self.remarks)


class Log(EngineLog):
    """Collects what would go to the engine."""

    def __init__(self) -> None:
        super().__init__(None)
        self.said = Said()

    def progress(self, message: str, urn: str = "") -> None:  # noqa: ARG002 - shown beside the resource
        self.said.progress.append(message)

    def say(self, level: Level, message: str, urn: str = "") -> None:  # noqa: ARG002 - shown under the resource
        self.said.remarks.append((level, message))


class Killed(BaseException):
    """The process is gone: nothing may run after this but a test."""


@dataclass
class Cut:
    """What happens to one request, before or after it is done: the process is killed, the connection lost for good."""

    at: int
    kind: Literal["killed", "lost"]
    before: bool


class RecordingSimulator(Simulator):
    """A simulator that remembers the JSON bodies it was sent, by the journal's sequence numbers, and can be cut off."""

    def __init__(self, world: World, start: datetime) -> None:
        super().__init__(world, start=start)
        self.bodies: dict[int, Any] = {}
        self.cut: Cut | None = None
        self.last: str | None = None

    def handle(self, request: Request) -> Response:
        sequence = len(self.journal)
        cut = self.cut if self.cut is not None and self.cut.at == sequence else None
        if cut is not None and cut.kind == "lost":
            self.faults.add(
                match(request.method, f"{re.escape(request.path)}$"), response=Drop(before=cut.before), times=None
            )
        if cut is not None and cut.kind == "killed" and cut.before:
            raise Killed
        response = super().handle(request)
        if (cut is not None and cut.kind == "killed") or (self.last and request.path.endswith(self.last)):
            raise Killed
        if request.body and request.headers.get("content-type", "").startswith("application/json"):
            self.bodies[sequence] = json.loads(request.body)
        return response


class Azure:
    """A simulated subscription and everything a handler needs to work on it."""

    def __init__(
        self, world: World | None = None, settings: StackSettings | None = None, *, start: datetime = START
    ) -> None:
        self.start = start
        self.simulator = RecordingSimulator(world or World.default(), start)
        self.clock = Clock(self.simulator)
        self.log = Log()
        self.settings = settings or StackSettings(subscription_id=SUBSCRIPTION_ID, requests_at_once=1)
        self._theirs: set[int] = set()
        self._taken = 0
        self.new_run()

    def cut_off(self, request: int, kind: Literal["killed", "lost"], *, before: bool) -> None:
        """Let the next but `request` request be the last of this run: 0 is the next one."""
        self.simulator.cut = Cut(len(self.simulator.journal) + request, kind, before)

    def kill_after(self, path_end: str) -> None:
        """Let the process be killed once Azure has answered a request for a path that ends like that."""
        self.simulator.last = path_end

    def answer_with(self, handle: Callable[[Request], Response]) -> None:
        """Let `handle` answer instead of the simulator, which it may ask itself: that it listens, or meddles."""
        vars(self.simulator)["handle"] = handle

    def new_run(self) -> None:
        """As if a new plugin process had started: nothing remembered, the same Azure, and every connection works."""
        configuration = host_settings.Configuration(self.settings, Connection())
        azure = over(PUBLIC, self.simulator.credential(), self.simulator.transport(), self.clock)
        self.runtime = Runtime(configuration, self.log, self.clock, azure)
        self.clock.interrupt_at = None
        self.simulator.cut = self.simulator.last = None
        self.simulator.faults.clear()

    def context(self, label: str = "it", *, urn: str = "", timeout: timedelta | None = None) -> CallContext:
        """The context of one verb; `timeout` is the program's `custom_timeouts` for it."""
        seconds = timeout.total_seconds() if timeout else 0.0
        call = Call(SimpleNamespace(urn=urn, timeout=seconds), None) if urn or timeout else None
        return CallContext(self.runtime, call, label)

    @property
    def said(self) -> Said:
        return self.log.said

    @property
    def passed(self) -> timedelta:
        """The simulated time since the beginning."""
        return self.clock.now() - self.start

    def calls(self) -> list[str]:
        """The operations that we asked of Resource Manager so far, by Azure's own names, in order."""
        return [entry.operation for entry in self._ours()]

    def writes(self) -> list[str]:
        """Those of `calls` that ask for a change."""
        return [entry.operation for entry in self._ours() if is_write(entry)]

    def take(self) -> list[str]:
        """Those of `calls` that were made since this was last asked."""
        calls, self._taken = (
            [entry.operation for entry in self._ours() if entry.sequence >= self._taken],
            len(self.simulator.journal),
        )
        return calls

    def take_writes(self) -> list[str]:
        """Those of `take` that ask for a change."""
        since = self._taken
        self._taken = len(self.simulator.journal)
        return [entry.operation for entry in self._ours() if entry.sequence >= since and is_write(entry)]

    def sent(self, operation: str) -> list[Any]:
        """The bodies that we sent with that operation, in order."""
        return [self.simulator.bodies[entry.sequence] for entry in self._ours() if entry.operation == operation]

    def body(self, id: str) -> dict[str, Any]:
        """What Azure holds under an id; not counted as a call."""
        found: dict[str, Any] = self.ask("GET", id).json()
        return found

    def ask(
        self, method: str, id: str, body: dict[str, Any] | None = None, *, client_id: str | None = None
    ) -> Response:
        """Somebody else's request; `client_id` is the id that their client gives it."""
        token = self.simulator.credential().get_token("https://management.azure.com/.default").token
        url = f"https://management.azure.com{id}?api-version=2026-04-01"
        content = b"" if body is None else json.dumps(body).encode()
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        headers |= {"x-ms-client-request-id": client_id} if client_id else {}
        self._theirs.add(len(self.simulator.journal))
        cut, self.simulator.cut = self.simulator.cut, None
        try:
            return self.simulator.handle(Request.of(method, url, headers, content))
        finally:
            self.simulator.cut = cut

    def _ours(self) -> list[Any]:
        return [
            entry
            for entry in self.simulator.journal
            if entry.operation != "Token" and entry.sequence not in self._theirs
        ]


def is_write(entry: Any) -> bool:
    """Whether an entry of the journal asks for a change. Resource Graph is asked its questions by POST."""
    return bool(entry.method != "GET" and entry.operation != "ResourceGraph_Resources")


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


__all__ = ["START", "SUBSCRIPTION_ID", "Azure", "Killed", "Settings", "is_write", "minutes"]
