"""Patch operations over the real clients: their activity, their address, and going on with them later."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from azure_patch_simulator import Answer, match
from pulumi_azure_hotpatch.errors import ArmError, NotFound, OperationFailed
from tests.arm.answers import MACHINE, reaching
from tests.support.canned_https import Canned, canned
from tests.support.simulated import START, Azure

REQUEST = {
    "maximumDuration": "PT2H",
    "rebootSetting": "IfRequired",
    "windowsParameters": {"classificationsToInclude": ["Critical", "Security"]},
}
ADDRESS = "/subscriptions/s/providers/Microsoft.Compute/locations/eastus/operations/ab-1?p=x&api-version=2026-04-01"
SIGNED = f"{{url}}{ADDRESS}&t=1&c=certificate&s=signature&h=hash"
ACCEPTED = Canned(202, "", {"Azure-AsyncOperation": SIGNED, "Location": SIGNED + "&monitor=true"})
DONE = Canned(200, json.dumps({"status": "Succeeded", "properties": {"output": {"installationActivityId": "ab-1"}}}))
SUBJECT = "VM 'vm-web-1': could not "


def test_the_activity_is_known_when_the_request_is_accepted() -> None:
    azure = Azure()
    operation = azure.runtime.azure.patching.install(MACHINE, REQUEST)
    (running,) = azure.simulator.world.operations
    assert operation.activity_id == running
    assert operation.poll() is None
    azure.simulator.clock.advance(timedelta(hours=3))
    result = operation.poll()
    assert result is not None
    assert result["installationActivityId"] == running


def test_the_address_holds_neither_host_nor_signature(tmp_path: Path) -> None:
    with canned(tmp_path, ACCEPTED) as server, reaching(server.url, server.ca_file) as azure:
        operation = azure.patching.install(MACHINE, REQUEST)
    assert operation.address == ADDRESS
    assert operation.activity_id == "ab-1"


def test_the_request_is_sent_as_it_is(tmp_path: Path) -> None:
    with canned(tmp_path, ACCEPTED) as server, reaching(server.url, server.ca_file) as azure:
        azure.patching.install(MACHINE, REQUEST)
    assert [(method, path.partition("?")[0]) for method, path, _ in server.asked] == [
        ("POST", f"{MACHINE}/installPatches")
    ]


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
def test_a_request_that_may_have_been_heard_is_never_sent_again(tmp_path: Path, status: int) -> None:
    fault = Canned(status, '{"error": {"code": "Broken", "message": "It broke."}}', {"Retry-After": "1"})
    with (
        canned(tmp_path, fault) as server,
        reaching(server.url, server.ca_file) as azure,
        pytest.raises(ArmError) as caught,
    ):
        azure.patching.install(MACHINE, REQUEST)
    assert str(caught.value) == f"{SUBJECT}install patches: Broken: It broke."
    assert caught.value.status == status
    assert len(server.asked) == 1


def test_a_request_that_is_throttled_is_sent_when_azure_says(tmp_path: Path) -> None:
    busy = Canned(429, '{"error": {"code": "TooManyRequests", "message": "Slow."}}', {"Retry-After": "7"})
    with canned(tmp_path, busy, ACCEPTED) as server, reaching(server.url, server.ca_file) as azure:
        azure.patching.install(MACHINE, REQUEST)
    assert len(server.asked) == 2


def test_an_envelope_without_the_result_leads_to_it(tmp_path: Path) -> None:
    envelope, bare = Canned(200, '{"status": "Succeeded"}'), Canned(200, '{"installationActivityId": "ab-1"}')
    with canned(tmp_path, ACCEPTED, envelope, bare) as server, reaching(server.url, server.ca_file) as azure:
        assert azure.patching.install(MACHINE, REQUEST).poll() == {"installationActivityId": "ab-1"}
    assert "monitor=true" in server.asked[-1][1]


def test_a_kept_operation_is_asked_at_azures_own_host_whatever_the_address_says(tmp_path: Path) -> None:
    running = Canned(200, '{"status": "InProgress"}', {"Retry-After": "20"})
    with canned(tmp_path, running, DONE) as server, reaching(server.url, server.ca_file) as azure:
        operation = azure.patching.resume(MACHINE, f"https://attacker.example{ADDRESS}")
        assert operation.activity_id == "ab-1"
        assert operation.poll() is None
        assert operation.next_poll() == START + timedelta(seconds=20)
        assert operation.poll() == {"installationActivityId": "ab-1"}
    assert [path for _, path, _ in server.asked] == [ADDRESS, ADDRESS]


def test_a_kept_operation_of_arc_runs_until_its_bare_result_is_there(tmp_path: Path) -> None:
    bare = Canned(200, '{"assessmentActivityId": "ab-1", "status": "InProgress"}')
    with canned(tmp_path, Canned(202), bare) as server, reaching(server.url, server.ca_file) as azure:
        operation = azure.patching.resume(MACHINE, ADDRESS)
        assert operation.poll() is None
        assert operation.next_poll() == START + timedelta(seconds=30)
        assert operation.poll() == {"assessmentActivityId": "ab-1", "status": "InProgress"}


@pytest.mark.parametrize(
    ("body", "said", "code"),
    [
        ({"status": "Failed", "error": {"code": "Inside", "message": "No."}}, "Inside: No.", "Inside"),
        ({"status": "Canceled"}, "the operation ended as Canceled, Azure gives no reason", "Canceled"),
    ],
)
def test_a_kept_operation_that_failed_says_why(tmp_path: Path, body: object, said: str, code: str) -> None:
    with (
        canned(tmp_path, Canned(200, json.dumps(body))) as server,
        reaching(server.url, server.ca_file) as azure,
        pytest.raises(OperationFailed) as caught,
    ):
        azure.patching.resume(MACHINE, ADDRESS).poll()
    assert str(caught.value) == f"{SUBJECT}go on with its operation: {said}"
    assert caught.value.code == code


@pytest.mark.parametrize("body", ["<html>", "[]", "3"])
def test_an_answer_that_makes_no_sense_is_no_end_of_a_kept_operation(tmp_path: Path, body: str) -> None:
    with (
        canned(tmp_path, Canned(200, body)) as server,
        reaching(server.url, server.ca_file) as azure,
        pytest.raises(ArmError, match="the answer is no JSON object") as caught,
    ):
        azure.patching.resume(MACHINE, ADDRESS).poll()
    assert not isinstance(caught.value, OperationFailed)


def test_a_kept_operation_that_is_gone_is_not_found() -> None:
    azure = Azure()
    gone = Answer(404, "NoSuchOperation", "It is gone.")
    azure.simulator.faults.add(match("GET", "/operations/"), response=gone, times=None)
    with pytest.raises(NotFound):
        azure.runtime.azure.patching.resume(MACHINE, ADDRESS).poll()


def test_a_machine_is_started_and_stopped() -> None:
    azure = Azure()
    azure.simulator.world.settings.operation_time = timedelta(0)
    patching = azure.runtime.azure.patching
    for running in (
        patching.stop(MACHINE, deallocate=True),
        patching.start(MACHINE, "00000000-0000-0000-0000-0000000000aa"),
        patching.stop(MACHINE, deallocate=False),
    ):
        assert running.poll() == {}
    assert azure.writes() == [
        "VirtualMachines_Deallocate",
        "VirtualMachines_Start",
        "VirtualMachines_PowerOff",
    ]
