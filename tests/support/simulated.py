"""Handlers over the real SDK over the simulator, in simulated time."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from azure_patch_simulator import SUBSCRIPTION_ID, Request, Response, Settings, Simulator, World
from pulumi_azure_hotpatch.arm.azure import over
from pulumi_azure_hotpatch.arm.clouds import PUBLIC
from pulumi_azure_hotpatch.arm.connection import Connection
from pulumi_azure_hotpatch.errors import Interrupted
from pulumi_azure_hotpatch.host import settings as host_settings
from pulumi_azure_hotpatch.host.engine_log import EngineLog, Level
from pulumi_azure_hotpatch.host.runtime import CallContext, Runtime
from pulumi_azure_hotpatch.ports import Settings as StackSettings

START = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)


class Clock:
    """The simulator's clock as handlers see it. `interrupt_after` ends a wait that would pass that much time."""

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

    def progress(self, message: str, urn: str = "") -> None:  # noqa: ARG002 - the log of the host
        self.said.progress.append(message)

    def say(self, level: Level, message: str, urn: str = "") -> None:  # noqa: ARG002 - the log of the host
        self.said.remarks.append((level, message))


class Azure:
    """A simulated subscription and everything a handler needs to work on it."""

    def __init__(self, world: World | None = None, settings: StackSettings | None = None) -> None:
        self.simulator = Simulator(world or World.default(), start=START)
        self.clock = Clock(self.simulator)
        self.log = Log()
        self.settings = settings or StackSettings(subscription_id=SUBSCRIPTION_ID)
        self.new_run()

    def new_run(self) -> None:
        """As if a new plugin process had started: nothing remembered, the same Azure."""
        configuration = host_settings.Configuration(self.settings, Connection())
        azure = over(PUBLIC, self.simulator.credential(), self.simulator.transport(), self.clock)
        self.runtime = Runtime(configuration, self.log, self.clock, azure)

    def context(self, label: str = "it") -> CallContext:
        return CallContext(self.runtime, None, label)

    @property
    def said(self) -> Said:
        return self.log.said

    def calls(self) -> list[str]:
        """The operations asked of Resource Manager so far, by Azure's own names, in order."""
        return [entry.operation for entry in self.simulator.journal if entry.operation != "Token"]

    def body(self, id: str) -> dict[str, Any]:
        """What Azure holds under an id; not counted as a call."""
        found: dict[str, Any] = self.ask("GET", id).json()
        return found

    def ask(self, method: str, id: str, body: dict[str, Any] | None = None) -> Response:
        """Somebody else's request."""
        token = self.simulator.credential().get_token("https://management.azure.com/.default").token
        url = f"https://management.azure.com{id}?api-version=2026-04-01"
        content = b"" if body is None else json.dumps(body).encode()
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        return self.simulator.handle(Request.of(method, url, headers, content))


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


__all__ = ["START", "SUBSCRIPTION_ID", "Azure", "Settings", "minutes"]
