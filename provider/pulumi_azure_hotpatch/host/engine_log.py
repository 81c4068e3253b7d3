"""Messages to the engine: progress in the status column, remarks and warnings in the diagnostics."""

from __future__ import annotations

import sys
import threading
from typing import Any, Literal

Level = Literal["INFO", "WARNING"]


class EngineLog:
    """Sends messages to the engine that started this plugin; says nothing where there is no engine.

    The engine's address is the plugin's first argument. A message that cannot be delivered is dropped: telling is
    never worth failing for.
    """

    def __init__(self, address: str | None) -> None:
        self._address = address
        self._stub: Any = None
        self._lock = threading.Lock()

    @staticmethod
    def of_this_plugin() -> EngineLog:
        """The log of the engine named on this process's command line."""
        argument = sys.argv[1] if len(sys.argv) > 1 else ""
        return EngineLog(argument if ":" in argument else None)

    @property
    def address(self) -> str | None:
        """Where the engine listens, None where there is none."""
        return self._address

    def progress(self, message: str, urn: str = "") -> None:
        """Show `message` beside the resource until the next one replaces it."""
        self._send("INFO", message, urn, ephemeral=True)

    def say(self, level: Level, message: str, urn: str = "") -> None:
        """Leave `message` in the diagnostics."""
        self._send(level, message, urn, ephemeral=False)

    def _send(self, level: Level, message: str, urn: str, *, ephemeral: bool) -> None:
        if self._address is None:
            return
        import grpc
        from pulumi.runtime.proto import engine_pb2

        request = engine_pb2.LogRequest(
            severity=engine_pb2.LogSeverity.Value(level), message=message, urn=urn, ephemeral=ephemeral
        )
        try:
            self._connect(self._address).Log(request, timeout=5)
        except grpc.RpcError:
            return

    def _connect(self, address: str) -> Any:
        with self._lock:
            if self._stub is None:
                import grpc
                from pulumi.runtime.proto import engine_pb2_grpc

                self._stub = engine_pb2_grpc.EngineStub(grpc.insecure_channel(address))
            return self._stub
