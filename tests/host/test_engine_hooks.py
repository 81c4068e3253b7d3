"""Every hook into the SDK's private parts: a test that notices when it stops working, and one that we do without it.

That they work together in a plugin is held by the tests of lifecycles and failures; here each is looked at by itself. A
host with other insides stands for an SDK to come.
"""

import importlib.util
import os
import re
import selectors
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from google.rpc import status_pb2
from pulumi.runtime.proto import provider_pb2

from azure_patch_simulator.server import ServerInfo
from pulumi_azure_hotpatch.host import engine_hooks
from pulumi_azure_hotpatch.host.engine_hooks import Call
from pulumi_azure_hotpatch.host.runtime import end_with_parent
from tests.host.bags import MACHINE, SUBSCRIPTION
from tests.host.conftest import STUCK
from tests.support.dynamic_host import (
    Client,
    Engine,
    Plugin,
    VerbFailed,
    environment_of,
    in_threads,
    isolated,
    to_bag,
    to_struct,
    wait_for,
)
from tests.support.pulumi_cli import is_running
from tests.support.simulated import Azure

SETTINGS = "VirtualMachinePatchSettings"
ENROLMENT = "PreviewEnrollment"
WANTED = {"virtualMachineId": MACHINE, "patchMode": "AutomaticByPlatform"}


# The call being served.


class Servicer:
    """Verbs as the SDK's servicer has them."""

    def Create(self, request: Any, context: Any) -> Call | None:  # noqa: ARG002, N802 - as in the SDK
        return _deeper(engine_hooks.current_call)

    def Renamed(self, request: Any, context: Any) -> Call | None:  # noqa: ARG002, N802
        return _deeper(engine_hooks.current_call)

    def Update(self, message: Any, context: Any) -> Call | None:  # noqa: ARG002, N802
        return _deeper(engine_hooks.current_call)


def _deeper(ask: Callable[[], Call | None]) -> Call | None:
    return ask()


def test_the_call_that_a_verb_serves_is_found_on_the_stack() -> None:
    request, context = SimpleNamespace(urn="urn:1", timeout=90.0), object()
    call = Servicer().Create(request, context)
    assert call == Call(request, context)
    assert call is not None
    assert (call.urn, call.timeout_seconds) == ("urn:1", 90.0)


def test_without_such_a_verb_there_is_no_call() -> None:
    assert engine_hooks.current_call() is None
    assert Servicer().Renamed(object(), object()) is None
    assert Servicer().Update(object(), object()) is None


def test_a_call_that_carries_nothing_says_nothing() -> None:
    call = Call(object(), object())
    assert (call.urn, call.timeout_seconds) == ("", 0.0)
    assert call.old_inputs() == {}
    assert call.old_outputs() == {}


def test_a_call_says_what_the_engine_stored() -> None:
    read = Call(provider_pb2.ReadRequest(inputs=to_struct({"a": 1, "b": 2})), object())
    check = Call(provider_pb2.CheckRequest(old_outputs=to_struct({"a": 1.0})), object())
    assert read.old_inputs() == {"a": 1.0, "b": 2.0}
    assert check.old_outputs() == {"a": 1.0}
    assert Call(provider_pb2.ReadRequest(), object()).old_inputs() == {}


# The worker pool.


def test_the_pool_that_this_thread_works_for_is_widened() -> None:
    with ThreadPoolExecutor(max_workers=1) as pool:
        assert pool.submit(engine_hooks.widen_worker_pool, 8).result() is True
        everybody = threading.Barrier(8)
        assert sorted(done.result(5) for done in [pool.submit(everybody.wait, 5) for _ in range(8)]) == list(range(8))


def test_a_pool_that_is_wide_enough_is_left_alone() -> None:
    with ThreadPoolExecutor(max_workers=200) as pool:
        assert pool.submit(engine_hooks.widen_worker_pool, 8).result() is True
        assert pool._max_workers == 200


def test_a_thread_of_no_pool_is_left_alone() -> None:
    def other(_argument: object) -> None:
        answers.append(engine_hooks.widen_worker_pool())

    answers = [engine_hooks.widen_worker_pool()]
    for argument in ("text", lambda: None):
        thread = threading.Thread(target=other, args=(argument,))
        thread.start()
        thread.join()
    assert answers == [False, False, False]


# Cancel.


def test_without_the_servicer_cancel_is_not_heard() -> None:
    # This process is pytest, which has no servicer.
    assert engine_hooks.hear_cancel(lambda: None) is False


def test_a_servicer_of_another_kind_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[int] = []

    class Bound:
        Cancel = property(lambda _: heard.append(1))

    monkeypatch.setattr(sys.modules["__main__"], "DynamicResourceProviderServicer", Bound, raising=False)
    assert engine_hooks.hear_cancel(lambda: None) is False
    assert heard == []


def test_the_servicers_cancel_calls_our_action(monkeypatch: pytest.MonkeyPatch) -> None:
    class SdkServicer:
        def Cancel(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802 - as in the SDK
            return None

    heard: list[int] = []
    monkeypatch.setattr(sys.modules["__main__"], "DynamicResourceProviderServicer", SdkServicer, raising=False)
    monkeypatch.setattr(engine_hooks, "_on_cancel", None)
    assert engine_hooks.hear_cancel(lambda: heard.append(1)) is True
    SdkServicer().Cancel(None, None)
    assert heard == [1]


# Partial state.


def test_partial_state_is_handed_over_in_the_trailing_metadata() -> None:
    sent: list[tuple[str, bytes]] = []
    context = SimpleNamespace(set_trailing_metadata=sent.extend)
    request = provider_pb2.CreateRequest(properties=to_struct({"features": ["a"]}))
    kept = engine_hooks.keep_partial_state(Call(request, context), "id", {"registered": ["a"]}, "still waiting")
    assert kept is True
    ((name, value),) = sent
    assert name == "grpc-status-details-bin"
    status = status_pb2.Status.FromString(value)
    found = provider_pb2.ErrorResourceInitFailed()
    assert status.details[0].Unpack(found)
    assert (found.id, to_bag(found.properties), to_bag(found.inputs), list(found.reasons)) == (
        "id",
        {"registered": ["a"]},
        {"features": ["a"]},
        ["still waiting"],
    )


@pytest.mark.parametrize("call", [None, Call(provider_pb2.CreateRequest(), object())])
def test_without_a_call_to_answer_nothing_is_handed_over(call: Call | None) -> None:
    assert engine_hooks.keep_partial_state(call, "id", {}, "still waiting") is False


def test_without_the_messages_for_it_nothing_is_handed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[object] = []
    context = SimpleNamespace(set_trailing_metadata=sent.extend)
    monkeypatch.setitem(sys.modules, "google.rpc", None)
    assert not engine_hooks.keep_partial_state(Call(provider_pb2.CreateRequest(), context), "id", {}, "waiting")
    assert sent == []


# A host with other insides: slower and terser, never wrong.

POOL = '''
class Pool:
    """Four threads that no hook can recognize."""

    def __init__(self):
        import queue
        import threading

        self._work = queue.SimpleQueue()
        for _ in range(4):
            threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            future, function, arguments, named = self._work.get()
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(function(*arguments, **named))
                except BaseException as error:
                    future.set_exception(error)

    def submit(self, function, *arguments, **named):
        future = futures.Future()
        self._work.put((future, function, arguments, named))
        return future
'''

CHANGES = (
    (r"\brequest\b", "message"),
    (r"\bcontext\b", "call"),
    (r"\bDynamicResourceProviderServicer\b", "OtherServicer"),
    (r"futures\.ThreadPoolExecutor\(max_workers=4\)", "Pool()"),
    (r"^def main\(\):$", POOL + "\n\ndef main():"),
)


@pytest.fixture
def other_host(tmp_path: Path) -> tuple[str, ...]:
    """The command of a dynamic host in which no hook finds what it looks for."""
    found = importlib.util.find_spec("pulumi.dynamic.__main__")
    assert found is not None
    assert found.origin is not None
    source = Path(found.origin).read_text(encoding="utf-8")
    for pattern, replacement in CHANGES:
        source, count = re.subn(pattern, replacement.replace("\\", r"\\"), source, flags=re.MULTILINE)
        assert count, f"the SDK's host has no {pattern} any more: it has changed, look at the hooks"
    path = tmp_path / "other_host.py"
    path.write_text(source, encoding="utf-8")
    return (sys.executable, "-u", str(path))


def test_without_hooks_a_lifecycle_is_the_same(
    azure: Azure, server: ServerInfo, engine: Engine, other_host: tuple[str, ...]
) -> None:
    with Plugin(engine, environment_of(server), command=other_host) as plugin:
        inputs = plugin.check(SETTINGS, WANTED).inputs
        id, outputs = plugin.create(SETTINGS, inputs)
        assert not plugin.diff(SETTINGS, id, outputs, inputs).changes
        assert plugin.read(SETTINGS, id, outputs, inputs)[1] == outputs
        updated = plugin.update(SETTINGS, id, outputs, {**inputs, "enableHotpatching": True})
        assert updated["enableHotpatching"] is True
    with Plugin(engine, environment_of(server), command=other_host) as plugin:
        plugin.delete(SETTINGS, id, updated)
    settings = azure.body(MACHINE)["properties"]["osProfile"]["windowsConfiguration"]["patchSettings"]
    assert settings["patchMode"] == "AutomaticByOS"
    # Nobody tells us the URN, so that messages name the resource themselves.
    assert {said.urn for said in engine.said} == {""}
    assert any(said.message.startswith("VM 'vm-web-1': ") for said in engine.progress)


def test_without_hooks_a_failure_is_the_same_line_and_nothing_is_kept(
    server: ServerInfo, engine: Engine, other_host: tuple[str, ...]
) -> None:
    inputs = {"features": [STUCK[0]], "subscriptionId": SUBSCRIPTION, "timeout": "1m"}
    with Plugin(engine, environment_of(server), command=other_host) as plugin, pytest.raises(VerbFailed) as caught:
        plugin.create(ENROLMENT, inputs)
    assert caught.value.details == (
        "AzureHotpatchError: preview features of Microsoft.Compute: "
        f"still waiting for {STUCK[0]} to register after 1m; run again to go on waiting\n"
    )
    assert caught.value.partial is None


def test_without_hooks_the_next_run_adopts_what_was_done(
    azure: Azure, server: ServerInfo, engine: Engine, other_host: tuple[str, ...]
) -> None:
    inputs = {"features": ["InGuestPatchVMPreview"], "subscriptionId": SUBSCRIPTION}
    with Plugin(engine, environment_of(server), command=other_host) as plugin:
        with pytest.raises(VerbFailed):
            plugin.create(ENROLMENT, {**inputs, "timeout": "5s"})
        _, outputs = plugin.create(ENROLMENT, inputs)
    assert outputs["adopted"] == ["InGuestPatchVMPreview"]
    assert outputs["registered"] == []
    assert azure.calls().count("Features_Register") == 1


def test_without_hooks_every_verb_gets_its_turn_and_cancel_is_answered(
    server: ServerInfo, engine: Engine, other_host: tuple[str, ...]
) -> None:
    with Plugin(engine, environment_of(server, preview_reads="off"), command=other_host) as plugin:
        answers = in_threads([lambda: plugin.check(SETTINGS, WANTED)] * 12)
        assert not [answer for answer in answers if isinstance(answer, Exception)]
        plugin.cancel()
        # Nobody heard it: what runs goes on.
        assert plugin.create(SETTINGS, WANTED)[0] == MACHINE


# The end of the plugin when nobody is left who started it.

PARENT = """
import subprocess, sys
child = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE)
print(child.pid, child.stdout.readline().decode().strip(), flush=True)
child.wait()
"""


def first_line(process: "subprocess.Popen[bytes]") -> list[str]:
    assert process.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        assert selector.select(20), "the plugin did not start"
    return process.stdout.readline().decode().split()


def test_the_plugin_ends_when_the_process_that_started_it_was_killed(server: ServerInfo, engine: Engine) -> None:
    command = [sys.executable, "-c", PARENT, sys.executable, "-u", "-m", "pulumi.dynamic", engine.address]
    environment = isolated() | environment_of(server, clock="system", preview_reads="off")
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)
    child = 0
    try:
        pid, port = first_line(parent)
        child = int(pid)
        with Client(int(port)) as plugin:
            # The first verb is what starts the watch.
            plugin.check(SETTINGS, WANTED)
            assert is_running(child)
            os.kill(parent.pid, signal.SIGKILL)
            parent.wait()
            assert wait_for(lambda: not is_running(child), seconds=5)
    finally:
        parent.kill()
        parent.communicate()
        if child and is_running(child):
            os.kill(child, signal.SIGKILL)


def test_a_process_whose_engine_no_longer_listens_ends_although_its_parent_lives() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"127.0.0.1:{listening.getsockname()[1]}"
    ended: list[int] = []
    end_with_parent(ended.append, engine=address)
    threading.Event().wait(1.0)
    assert ended == [1]


def test_calls_that_queued_before_the_pool_was_widened_get_threads_too() -> None:
    calls = 20
    all_queued, all_started = threading.Event(), threading.Barrier(calls + 1)

    def wait_for_the_others() -> None:
        all_started.wait(10)

    def widen() -> None:
        all_queued.wait(10)
        engine_hooks.widen_worker_pool(64)
        all_started.wait(10)

    with ThreadPoolExecutor(max_workers=4) as pool:
        running = [pool.submit(widen), *(pool.submit(wait_for_the_others) for _ in range(calls - 1))]
        all_queued.set()
        # Were one of them left in the queue, the barrier would break and this would raise.
        all_started.wait(10)
        assert all(call.exception() is None for call in running)


def test_a_process_whose_parent_lives_goes_on() -> None:
    ended: list[int] = []
    end_with_parent(ended.append)
    threading.Event().wait(0.7)
    assert ended == []
