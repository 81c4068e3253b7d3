"""The real dynamic host (`python -m pulumi.dynamic`) as the engine speaks to it, without the CLI.

`Engine()` stands in for the engine's log; `Plugin(engine, environment)` starts the host and sends it verbs with the
frozen pickles of our provider classes. Values go over the wire: every number becomes a float, None disappears,
`UNKNOWN` arrives as `pulumi.output.Unknown`.
"""

import os
import selectors
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent import futures
from dataclasses import dataclass
from typing import Any, Self

import grpc
from google.protobuf import empty_pb2, json_format
from google.protobuf.struct_pb2 import Struct
from google.rpc import status_pb2
from pulumi.runtime import rpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, provider_pb2, provider_pb2_grpc

from azure_patch_simulator.server import ServerInfo

Bag = dict[str, Any]

UNKNOWN = rpc.UNKNOWN
"""On the wire: a value that is not known yet."""

PROVIDERS: Mapping[str, str] = {
    "PreviewEnrollment": (
        "gASVTAAAAAAAAACMJ3B1bHVtaV9henVyZV9ob3RwYXRjaC5keW5hbWljX3Byb3ZpZGVyc5SMGVByZXZpZXdFbnJvbGxtZW50UHJvdmlkZXKUk5Qp"
        "gZQu"
    ),
    "VirtualMachinePatchSettings": (
        "gASVVgAAAAAAAACMJ3B1bHVtaV9henVyZV9ob3RwYXRjaC5keW5hbWljX3Byb3ZpZGVyc5SMI1ZpcnR1YWxNYWNoaW5lUGF0Y2hTZXR0aW5nc1By"
        "b3ZpZGVylJOUKYGULg=="
    ),
    "MaintenanceSchedule": (
        "gASVTgAAAAAAAACMJ3B1bHVtaV9henVyZV9ob3RwYXRjaC5keW5hbWljX3Byb3ZpZGVyc5SMG01haW50ZW5hbmNlU2NoZWR1bGVQcm92aWRlcpST"
        "lCmBlC4="
    ),
    "ScheduleAssignment": (
        "gASVTQAAAAAAAACMJ3B1bHVtaV9henVyZV9ob3RwYXRjaC5keW5hbWljX3Byb3ZpZGVyc5SMGlNjaGVkdWxlQXNzaWdubWVudFByb3ZpZGVylJOU"
        "KYGULg=="
    ),
    "ImageSupportCheck": (
        "gASVTAAAAAAAAACMJ3B1bHVtaV9henVyZV9ob3RwYXRjaC5keW5hbWljX3Byb3ZpZGVyc5SMGUltYWdlU3VwcG9ydENoZWNrUHJvdmlkZXKUk5Qp"
        "gZQu"
    ),
    "PatchAssessment": (
        "gASVSgAAAAAAAACMJ3B1bHVtaV9henVyZV9ob3RwYXRjaC5keW5hbWljX3Byb3ZpZGVyc5SMF1BhdGNoQXNzZXNzbWVudFByb3ZpZGVylJOUKYGU"
        "Lg=="
    ),
    "PatchInstallation": (
        "gASVTAAAAAAAAACMJ3B1bHVtaV9henVyZV9ob3RwYXRjaC5keW5hbWljX3Byb3ZpZGVyc5SMGVBhdGNoSW5zdGFsbGF0aW9uUHJvdmlkZXKUk5Qp"
        "gZQu"
    ),
    "ArcHotpatchLicense": (
        "gASVTQAAAAAAAACMJ3B1bHVtaV9henVyZV9ob3RwYXRjaC5keW5hbWljX3Byb3ZpZGVyc5SMGkFyY0hvdHBhdGNoTGljZW5zZVByb3ZpZGVylJOU"
        "KYGULg=="
    ),
    "ArcMachinePatchSettings": (
        "gASVUgAAAAAAAACMJ3B1bHVtaV9henVyZV9ob3RwYXRjaC5keW5hbWljX3Byb3ZpZGVyc5SMH0FyY01hY2hpbmVQYXRjaFNldHRpbmdzUHJvdmlk"
        "ZXKUk5QpgZQu"
    ),
    "DynamicScope": (
        "gASVRwAAAAAAAACMJ3B1bHVtaV9henVyZV9ob3RwYXRjaC5keW5hbWljX3Byb3ZpZGVyc5SMFER5bmFtaWNTY29wZVByb3ZpZGVylJOUKYGU"
        "Lg=="
    ),
    "FleetPatchSettings": (
        "gASVTQAAAAAAAACMJ3B1bHVtaV9henVyZV9ob3RwYXRjaC5keW5hbWljX3Byb3ZpZGVyc5SMGkZsZWV0UGF0Y2hTZXR0aW5nc1Byb3ZpZGVylJOU"
        "KYGULg=="
    ),
    "PatchRollout": (
        "gASVRwAAAAAAAACMJ3B1bHVtaV9henVyZV9ob3RwYXRjaC5keW5hbWljX3Byb3ZpZGVyc5SMFFBhdGNoUm9sbG91dFByb3ZpZGVylJOUKYGULg=="
    ),
    "ScaleSetPatchSettings": (
        "gASVUAAAAAAAAACMJ3B1bHVtaV9henVyZV9ob3RwYXRjaC5keW5hbWljX3Byb3ZpZGVyc5SMHVNjYWxlU2V0UGF0Y2hTZXR0aW5nc1Byb3ZpZGVy"
        "lJOUKYGULg=="
    ),
}
"""STORED FORMAT: what users' state files hold under `__provider`, by resource. Only ever add to it."""

PATIENCE_SECONDS = 30.0


@dataclass(frozen=True)
class Said:
    """One message the plugin sent to the engine."""

    level: str
    message: str
    urn: str
    ephemeral: bool


class _Log(engine_pb2_grpc.EngineServicer):
    def __init__(self, said: list[Said]) -> None:
        self._said = said

    def Log(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802 - gRPC's signature
        level = engine_pb2.LogSeverity.Name(request.severity)
        self._said.append(Said(level, request.message, request.urn, request.ephemeral))
        return empty_pb2.Empty()


class Engine:
    """Collects what plugins log."""

    def __init__(self) -> None:
        self.said: list[Said] = []
        self._server = grpc.server(futures.ThreadPoolExecutor(max_workers=4))
        engine_pb2_grpc.add_EngineServicer_to_server(_Log(self.said), self._server)
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop(None)

    @property
    def progress(self) -> list[Said]:
        """The messages for the status column."""
        return [said for said in self.said if said.ephemeral]

    @property
    def remarks(self) -> list[Said]:
        """The messages that stay in the diagnostics."""
        return [said for said in self.said if not said.ephemeral]


@dataclass(frozen=True)
class Checked:
    """The answer of a check: the inputs with what the provider added, and `(property, reason)` of every failure."""

    inputs: Bag
    failures: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Diffed:
    """The answer of a diff."""

    changes: bool
    replaces: tuple[str, ...]
    delete_before_replace: bool


@dataclass(frozen=True)
class Partial:
    """What a failed verb gave the engine to store."""

    id: str
    properties: Bag
    inputs: Bag
    reasons: tuple[str, ...]


class VerbFailed(Exception):
    """A verb raised in the plugin: `details` is the text that a user sees, `partial` what is stored all the same."""

    def __init__(self, error: Any) -> None:
        self.details: str = error.details()
        self.partial = _partial_of(error)
        super().__init__(self.details)


class Client:
    """Speaks to a plugin that listens on a port, as the engine does."""

    def __init__(self, port: int, config: Mapping[str, str] | None = None) -> None:
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self._stub: Any = provider_pb2_grpc.ResourceProviderStub(self._channel)
        self._stub.Configure(
            provider_pb2.ConfigureRequest(args=to_struct(config or {})), timeout=PATIENCE_SECONDS, wait_for_ready=True
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._channel.close()

    def check(
        self, kind: str, inputs: Bag, *, olds: Bag | None = None, old_outputs: Bag | None = None, name: str = "r"
    ) -> Checked:
        """Send Check; nothing is unwrapped, so that unknown values stay what they are on the wire."""
        request = provider_pb2.CheckRequest(
            urn=urn(kind, name),
            olds=to_struct({} if olds is None else _with_provider(kind, olds)),
            news=to_struct(_with_provider(kind, inputs)),
            old_outputs=None if old_outputs is None else to_struct(_with_provider(kind, old_outputs)),
        )
        answer = self._call("Check", request)
        failures = tuple((failure.property, failure.reason) for failure in answer.failures)
        return Checked(to_bag(answer.inputs), failures)

    def diff(self, kind: str, id: str, olds: Bag, news: Bag, *, name: str = "r") -> Diffed:
        """Send Diff of stored outputs and checked inputs."""
        request = provider_pb2.DiffRequest(
            id=id,
            urn=urn(kind, name),
            olds=to_struct(_with_provider(kind, olds)),
            news=to_struct(_with_provider(kind, news)),
        )
        answer = self._call("Diff", request)
        changes = answer.changes == provider_pb2.DiffResponse.DIFF_SOME
        return Diffed(changes, tuple(answer.replaces), answer.deleteBeforeReplace)

    def create(self, kind: str, inputs: Bag, *, name: str = "r", timeout: float = 0) -> tuple[str, Bag]:
        """Send Create; the id and the outputs. `timeout` are the program's `custom_timeouts` in seconds."""
        request = provider_pb2.CreateRequest(
            urn=urn(kind, name), properties=to_struct(_with_provider(kind, inputs)), timeout=timeout
        )
        answer = self._call("Create", request)
        return answer.id, to_bag(answer.properties)

    def read(self, kind: str, id: str, outputs: Bag, inputs: Bag, *, name: str = "r") -> tuple[str, Bag, Bag]:
        """Send Read; the id (empty: gone), the outputs and the inputs."""
        request = provider_pb2.ReadRequest(
            id=id,
            urn=urn(kind, name),
            properties=to_struct(_with_provider(kind, outputs)),
            inputs=to_struct(_with_provider(kind, inputs)),
        )
        answer = self._call("Read", request)
        return answer.id, to_bag(answer.properties), to_bag(answer.inputs)

    def update(self, kind: str, id: str, olds: Bag, news: Bag, *, name: str = "r", timeout: float = 0) -> Bag:
        """Send Update; the outputs."""
        request = provider_pb2.UpdateRequest(
            id=id,
            urn=urn(kind, name),
            olds=to_struct(_with_provider(kind, olds)),
            news=to_struct(_with_provider(kind, news)),
            timeout=timeout,
        )
        return to_bag(self._call("Update", request).properties)

    def delete(self, kind: str, id: str, outputs: Bag, *, name: str = "r") -> None:
        """Send Delete."""
        request = provider_pb2.DeleteRequest(
            id=id, urn=urn(kind, name), properties=to_struct(_with_provider(kind, outputs))
        )
        self._call("Delete", request)

    def cancel(self) -> None:
        """Send Cancel, as the engine does at the first Ctrl-C."""
        self._stub.Cancel(empty_pb2.Empty(), timeout=PATIENCE_SECONDS)

    def _call(self, verb: str, request: Any) -> Any:
        try:
            return getattr(self._stub, verb)(request, timeout=PATIENCE_SECONDS)
        except grpc.RpcError as error:
            raise VerbFailed(error) from None


class Plugin(Client):
    """A running plugin. Ends with the context; what it wrote to stderr is in `stderr` afterwards."""

    def __init__(
        self,
        engine: Engine,
        environment: Mapping[str, str],
        *,
        config: Mapping[str, str] | None = None,
        command: Sequence[str] = (sys.executable, "-u", "-m", "pulumi.dynamic"),
    ) -> None:
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [*command, engine.address],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            env=isolated() | dict(environment),
        )
        self.stderr = ""
        port = read_port(self.process)
        self.listening = time.monotonic()
        super().__init__(port, config)

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        self.process.kill()
        self.stderr = self.process.communicate(timeout=PATIENCE_SECONDS)[1].decode()


def environment_of(server: ServerInfo, *, clock: str = "endpoint", preview_reads: str = "auto") -> dict[str, str]:
    """What sends a plugin to a simulator."""
    return {
        "AZURE_HOTPATCH_ENDPOINT": server.url,
        "AZURE_HOTPATCH_CA_FILE": server.ca_file,
        "AZURE_HOTPATCH_CLOCK": clock,
        "AZURE_HOTPATCH_PREVIEW_READS": preview_reads,
        "ARM_TENANT_ID": server.tenant_id,
        "ARM_SUBSCRIPTION_ID": server.subscription_id,
        "ARM_CLIENT_ID": server.client_id,
        "ARM_CLIENT_SECRET": server.client_secret,
    }


def isolated() -> dict[str, str]:
    """This process's environment without anybody's Pulumi or Azure settings."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PULUMI_", "ARM_", "AZURE_"))}


def urn(kind: str, name: str = "r") -> str:
    """The URN of a resource of ours."""
    return f"urn:pulumi:dev::contoso::pulumi-python:dynamic/azurehotpatch:{kind}::{name}"


def to_struct(bag: Mapping[str, Any]) -> Struct:
    """A bag as the engine sends it: None is left out."""
    return json_format.ParseDict({key: value for key, value in bag.items() if value is not None}, Struct())


def to_bag(struct: Any) -> Bag:
    """A bag as the engine stores it, without the pickle."""
    bag: Bag = json_format.MessageToDict(struct)
    bag.pop("__provider", None)
    return bag


def read_port(process: "subprocess.Popen[bytes]") -> int:
    """The port that a starting plugin prints. Raises AssertionError with its words when it does not."""
    assert process.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        line = process.stdout.readline() if selector.select(PATIENCE_SECONDS) else b""
    if not line.strip().isdigit():
        process.kill()
        raise AssertionError(f"the plugin did not start: {process.communicate()[1].decode()}")
    return int(line)


def wait_for(condition: Any, *, seconds: float = PATIENCE_SECONDS) -> bool:
    """Whether `condition()` becomes true in time."""
    pause = threading.Event()
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        pause.wait(0.01)
    return True


def in_threads(calls: Iterable[Any]) -> list[Any]:
    """What the calls answer or raise, all made at once."""
    pending = list(calls)
    with futures.ThreadPoolExecutor(max_workers=len(pending)) as pool:
        started = [pool.submit(call) for call in pending]
        return [each.exception() or each.result() for each in started]


def _with_provider(kind: str, bag: Mapping[str, Any]) -> Bag:
    return {"__provider": PROVIDERS[kind], **bag}


def _partial_of(error: Any) -> Partial | None:
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            status = status_pb2.Status.FromString(value)
            found = provider_pb2.ErrorResourceInitFailed()
            if status.details and status.details[0].Unpack(found):
                return Partial(found.id, to_bag(found.properties), to_bag(found.inputs), tuple(found.reasons))
    return None
