"""What one plugin process (or one program) has once: configuration, clock, clients, log, declared targets."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from pulumi_azure_hotpatch.ports import (
    ActivityLog,
    ArcMachines,
    Clock,
    Declarations,
    Features,
    Machines,
    Maintenance,
    MaintenanceRuns,
    Patching,
    ResourceGraph,
    ScaleSets,
    Settings,
)

from .declarations import DeclaredBy, Targets
from .durations import Durations
from .engine_hooks import Call
from .engine_log import EngineLog
from .settings import Configuration, Lookup, read_configuration
from .system_clock import SystemClock, pause

if TYPE_CHECKING:
    from pulumi_azure_hotpatch.arm.azure import Azure
    from pulumi_azure_hotpatch.models.base import State

_PARENT_CHECK_SECONDS = 0.5


class Runtime:
    """Made once, shared by all threads. Clients are made when the first verb needs them."""

    def __init__(
        self,
        configuration: Configuration,
        log: EngineLog,
        clock: Clock,
        azure: Azure | None = None,
        durations: Durations | None = None,
    ) -> None:
        self.configuration = configuration
        self.durations = durations or Durations()
        self.log = log
        self.clock = clock
        self.targets = Targets()
        self._azure = azure
        self._advised: dict[str, set[str]] = {}
        self._began: datetime | None = None
        self._lock = threading.Lock()

    @staticmethod
    def configured(lookup: Lookup, log: EngineLog) -> Runtime:
        """The runtime that a configuration describes. Raises ConfigurationError."""
        configuration = read_configuration(lookup)
        durations = Durations.of_user("simulated" if configuration.clock == "endpoint" else "")
        return Runtime(configuration, log, make_clock(configuration), durations=durations)

    @property
    def azure(self) -> Azure:
        """The clients of Azure Resource Manager."""
        with self._lock:
            if self._azure is None:
                from pulumi_azure_hotpatch.arm.azure import connect

                self._azure = connect(self.configuration.connection, self.clock)
            return self._azure

    @property
    def began(self) -> datetime:
        """When this was first asked for: within the run, and reading the clock costs nothing where nobody asks."""
        with self._lock:
            if self._began is None:
                self._began = self.clock.now()
            return self._began

    def call(self, call: Call | None, label: str) -> CallContext:
        """The context of one verb of one resource."""
        return CallContext(self, call, label, advised=self._advised_to(call))

    def _advised_to(self, call: Call | None) -> set[str]:
        """What this run has told a resource already: what is made is judged again, and says the same."""
        with self._lock:
            return self._advised.setdefault(call.urn, set()) if call and call.urn else set()


def make_clock(configuration: Configuration) -> Clock:
    """The system clock, or the simulated one of the endpoint."""
    connection = configuration.connection
    if configuration.clock == "endpoint" and connection.endpoint and connection.ca_file:
        from .endpoint_clock import EndpointClock

        return EndpointClock(connection.endpoint, connection.ca_file)
    return SystemClock()


@dataclass
class CallContext:
    """The `Context` of one verb: the runtime's shared parts, and what belongs to this resource alone."""

    runtime: Runtime
    call: Call | None
    label: str
    may_read: bool = True
    earlier: State | None = None
    showing: bool = False
    kept: tuple[str, State] | None = field(default=None)
    memory: dict[str, Any] = field(default_factory=dict)
    advised: set[str] = field(default_factory=set)

    @property
    def identity(self) -> str:
        return self._urn or self.label

    @property
    def began(self) -> datetime:
        return self.runtime.began

    @property
    def clock(self) -> Clock:
        return self.runtime.clock

    @property
    def activity_log(self) -> ActivityLog:
        return self.runtime.azure.activity_log

    @property
    def features(self) -> Features:
        return self.runtime.azure.features

    @property
    def machines(self) -> Machines:
        return self.runtime.azure.machines

    @property
    def arc(self) -> ArcMachines:
        return self.runtime.azure.arc

    @property
    def scale_sets(self) -> ScaleSets:
        return self.runtime.azure.scale_sets

    @property
    def graph(self) -> ResourceGraph:
        return self.runtime.azure.graph

    @property
    def maintenance(self) -> Maintenance:
        return self.runtime.azure.maintenance

    @property
    def runs(self) -> MaintenanceRuns:
        return self.runtime.azure.runs

    @property
    def patching(self) -> Patching:
        return self.runtime.azure.patching

    @property
    def declarations(self) -> Declarations:
        return DeclaredBy(self.runtime.targets, self._urn)

    @property
    def settings(self) -> Settings:
        return self.runtime.configuration.settings

    @property
    def timeout(self) -> timedelta | None:
        seconds = self.call.timeout_seconds if self.call else 0.0
        return timedelta(seconds=seconds) if seconds else None

    def progress(self, message: str) -> None:
        self.showing = True
        self.runtime.log.progress(self._named(message), self._urn)

    def recall(self, waited_for: str) -> timedelta | None:
        return self.runtime.durations.recall(waited_for)

    def remember(self, waited_for: str, took: timedelta) -> None:
        self.runtime.durations.remember(waited_for, took)

    def clear_progress(self) -> None:
        """Take the last progress message away once the verb is done."""
        if self.showing:
            self.runtime.log.progress("", self._urn)

    def advise(self, message: str) -> None:
        # What judges and what answers may both meet the same obstacle.
        if message not in self.advised:
            self.advised.add(message)
            self.runtime.log.say("WARNING", self._named(message), self._urn)

    def inform(self, message: str) -> None:
        self.runtime.log.say("INFO", self._named(message), self._urn)

    def keep(self, id: str, state: State) -> None:
        self.kept = (id, state)

    def once(self, key: str, make: Callable[[], Any]) -> Any:
        if key not in self.memory:
            self.memory[key] = make()
        return self.memory[key]

    def forget(self) -> None:
        self.kept = None

    def _named(self, message: str) -> str:
        # Where the engine is told the URN, it shows the message under the resource's own name.
        return message if self._urn else f"{self.label}: {message}"

    @property
    def _urn(self) -> str:
        return self.call.urn if self.call else ""


def end_with_parent(finish: Callable[[int], None] = os._exit, *, engine: str | None = None) -> None:
    """End this process once its parent, or the `engine` at that address, has died.

    A plugin whose CLI was killed must not go on by itself. The parent alone does not tell: the vendor's bundle starts
    plugins through a shell, which lives on.
    """
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent and (engine is None or _answers(engine)):
            pause(_PARENT_CHECK_SECONDS)
        finish(1)

    threading.Thread(target=watch, name="end-with-parent", daemon=True).start()


def _answers(address: str) -> bool:
    """Whether something listens at `host:port`; only a refused connection says that nothing does."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=5).close()
    except ConnectionRefusedError:
        return False
    except OSError:
        return True
    return True
