"""Long-running operations, stepped by hand in simulated time."""

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from azure.core.polling.base_polling import LROBasePolling
from azure.mgmt.core.polling.arm_polling import ARMPolling

from azure_patch_simulator import Answer, Drop, match, throttled
from azure_patch_simulator.world import Operation
from pulumi_azure_hotpatch.arm.operations import SteppedPolling
from pulumi_azure_hotpatch.arm.shared_waits import SharedOperation
from pulumi_azure_hotpatch.errors import ArmError, NotFound, OperationFailed
from pulumi_azure_hotpatch.ports import Accepted, Body
from tests.arm.answers import MACHINE, reaching
from tests.support.canned_https import Canned, canned
from tests.support.simulated import START, Azure

FAILED = "VM 'vm-web-1': could not change its patch settings: "


def begin(azure: Azure) -> Accepted[Body]:
    return azure.runtime.azure.machines.patch_settings(MACHINE, "windows", {"patchMode": "AutomaticByPlatform"})


def running(azure: Azure) -> Operation:
    (operation,) = azure.simulator.world.operations.values()
    return operation


def test_an_operation_is_asked_when_azure_says_from_the_first_time_on() -> None:
    azure = Azure()
    operation = begin(azure)
    for wanted in (10, 20, 30):
        assert operation.next_poll() == START + timedelta(seconds=wanted)
        azure.clock.sleep_until(operation.next_poll())
        if wanted < 30:
            assert operation.poll() is None
    body = operation.poll()
    assert body is not None
    settings = body["properties"]["osProfile"]["windowsConfiguration"]["patchSettings"]
    assert settings == {"patchMode": "AutomaticByPlatform"}
    assert azure.calls() == ["VirtualMachines_Update", *["Operations_Get"] * 3]


def test_a_finished_operation_is_not_asked_again() -> None:
    azure = Azure()
    azure.simulator.world.settings.operation_time = timedelta(0)
    operation = begin(azure)
    assert operation.poll() == operation.poll()
    assert azure.calls() == ["VirtualMachines_Update"]


def test_a_failure_in_the_body_of_a_good_answer_is_a_failure() -> None:
    azure = Azure()
    operation = begin(azure)
    assert operation.poll() is None
    running(azure).status = "Failed"
    running(azure).error = {"code": "VMAgentStatusCommunicationError", "message": "The agent\r\n does not answer."}
    running(azure).ended = azure.clock.now()
    with pytest.raises(OperationFailed) as caught:
        operation.poll()
    assert str(caught.value) == FAILED + "VMAgentStatusCommunicationError: The agent does not answer."
    assert (caught.value.status, caught.value.code) == (200, "VMAgentStatusCommunicationError")


def test_a_cancelled_operation_is_a_failure_that_says_so() -> None:
    azure = Azure()
    operation = begin(azure)
    running(azure).status = "Canceled"
    running(azure).ended = azure.clock.now()
    with pytest.raises(OperationFailed) as caught:
        operation.poll()
    assert str(caught.value) == FAILED + "the operation ended as Canceled, Azure gives no reason"
    assert (caught.value.status, caught.value.code) == (200, "Canceled")


@pytest.mark.parametrize(
    ("answer", "kind", "status"),
    [
        (Answer(404, "NoSuchOperation", "It is gone."), NotFound, 404),
        (Answer(403, "AuthorizationFailed", "It is not yours."), ArmError, 403),
        (Answer(409, "Conflict", "Another one runs."), ArmError, 409),
        (Answer(500, "InternalServerError", "It broke."), ArmError, 500),
    ],
)
def test_an_error_while_asking_keeps_its_code_and_status(answer: Answer, kind: type[ArmError], status: int) -> None:
    azure = Azure()
    operation = begin(azure)
    azure.simulator.faults.add(match("GET", "/operations/"), response=answer, times=None)
    with pytest.raises(ArmError) as caught:
        operation.poll()
    assert type(caught.value) is kind
    assert (caught.value.status, caught.value.code) == (status, answer.code)
    assert str(caught.value) == f"{FAILED}{answer.code}: {answer.message}"


def test_asking_goes_on_after_an_answer_was_lost() -> None:
    azure = Azure()
    operation = begin(azure)
    azure.simulator.faults.add(match("GET", "/operations/"), response=Drop(), times=1)
    assert operation.poll() is None
    assert operation.next_poll() == START + timedelta(seconds=10)


def test_being_throttled_while_asking_costs_the_time_that_azure_names() -> None:
    azure = Azure()
    operation = begin(azure)
    azure.simulator.faults.add(match("GET", "/operations/"), response=throttled(20), times=1)
    assert operation.poll() is None
    assert azure.clock.now() == START + timedelta(seconds=20)
    assert operation.next_poll() == START + timedelta(seconds=30)


def test_the_outcome_may_be_told_by_another_run_of_the_clock() -> None:
    azure = Azure()
    operation = begin(azure)
    azure.clock.sleep_until(START + timedelta(hours=1))
    assert operation.poll() is not None
    assert azure.calls() == ["VirtualMachines_Update", "Operations_Get"]


RUNNING = Canned(200, '{"status": "InProgress"}')
ACCEPTED = Canned(
    200, '{"id": "x", "location": "eastus"}', {"Azure-AsyncOperation": "{url}/operations/1?api-version=1"}
)


def test_without_a_delay_from_azure_it_is_asked_at_once_and_then_thirty_seconds_pass(tmp_path: Path) -> None:
    with canned(tmp_path, ACCEPTED, RUNNING) as server, reaching(server.url, server.ca_file) as azure:
        operation = azure.machines.patch_settings(MACHINE, "windows", {})
        assert operation.next_poll() == START
        assert operation.poll() is None
        assert operation.next_poll() == START + timedelta(seconds=30)


@pytest.mark.parametrize("body", ["", "{}", "<html>"])
def test_an_answer_without_a_status_is_a_failure_of_one_line(tmp_path: Path, body: str) -> None:
    with canned(tmp_path, ACCEPTED, Canned(200, body)) as server, reaching(server.url, server.ca_file) as azure:
        operation = azure.machines.patch_settings(MACHINE, "windows", {})
        with pytest.raises(ArmError) as caught:
            operation.poll()
    assert str(caught.value).startswith(FAILED)
    assert "\n" not in str(caught.value)


# The contract with azure-core: what `arm/operations.py` uses of it beyond its documentation.


@pytest.mark.parametrize("name", ["update_status", "_extract_delay", "finished", "status", "resource", "run"])
def test_azure_core_still_has_what_stepping_needs(name: str) -> None:
    member: Callable[..., object] = getattr(ARMPolling, name)
    assert callable(member)
    assert issubclass(ARMPolling, LROBasePolling)


def test_only_the_loop_of_the_poller_is_ours() -> None:
    own = {name for name in vars(SteppedPolling) if not name.startswith("__")}
    assert own == {"run", "begun", "finished", "body"}
    assert {"run", "_poll", "_delay", "_sleep"} <= set(dir(LROBasePolling))


def test_the_poller_keeps_the_answer_it_got_last() -> None:
    azure = Azure()
    operation = begin(azure)
    assert isinstance(operation, SharedOperation)
    polling = operation.operation._polling
    first = polling._pipeline_response
    assert operation.poll() is None
    last = polling._pipeline_response
    assert first is not last
    assert last.http_response.status_code == 200
    assert polling._extract_delay() == 10


def test_the_sdk_starts_no_thread_for_an_operation(monkeypatch: pytest.MonkeyPatch) -> None:
    azure = Azure()
    started: list[threading.Thread] = []
    monkeypatch.setattr(threading.Thread, "start", started.append)
    operation = begin(azure)
    assert started == []
    assert operation.due() == START + timedelta(seconds=10)
    azure.clock.sleep_until(START + timedelta(minutes=1))
    assert operation.poll() is not None
    assert operation.due() is None
