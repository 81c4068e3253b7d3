"""What a run has told of a resource: once, whichever verb meets it again."""

from types import SimpleNamespace

from pulumi_azure_hotpatch.arm.connection import Connection
from pulumi_azure_hotpatch.host.engine_hooks import Call
from pulumi_azure_hotpatch.host.engine_log import EngineLog, Level
from pulumi_azure_hotpatch.host.runtime import Runtime
from pulumi_azure_hotpatch.host.settings import Configuration
from pulumi_azure_hotpatch.host.system_clock import SystemClock
from pulumi_azure_hotpatch.ports import Settings


class Told(EngineLog):
    """Keeps what it is told."""

    def __init__(self) -> None:
        super().__init__(None)
        self.said: list[tuple[Level, str, str]] = []

    def say(self, level: Level, message: str, urn: str = "") -> None:
        self.said.append((level, urn, message))


def call(urn: str) -> Call:
    return Call(SimpleNamespace(urn=urn), None)


def test_what_check_has_told_is_not_told_again_when_the_resource_is_made() -> None:
    log = Told()
    runtime = Runtime(Configuration(Settings(), Connection({}, None, None)), log, SystemClock())
    for urn in ("urn:web", "urn:web", "urn:app"):
        runtime.call(call(urn), "VM").advise("the machine does not exist")
    runtime.call(call("urn:web"), "VM").advise("it is off")
    assert log.said == [
        ("WARNING", "urn:web", "the machine does not exist"),
        ("WARNING", "urn:app", "the machine does not exist"),
        ("WARNING", "urn:web", "it is off"),
    ]


def test_without_an_engine_every_call_tells_what_it_meets() -> None:
    log = Told()
    runtime = Runtime(Configuration(Settings(), Connection({}, None, None)), log, SystemClock())
    for _ in range(2):
        runtime.call(None, "VM 'web'").advise("it is off")
    assert log.said == [("WARNING", "", "VM 'web': it is off")] * 2
