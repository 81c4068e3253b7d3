"""Retries are azure-core's and wait on our clock: nothing is lost, nothing is done twice."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from azure_patch_simulator import Drop, match, throttled
from pulumi_azure_hotpatch.arm.transport import pooled_transport
from pulumi_azure_hotpatch.errors import ArmError, Interrupted
from tests.arm.answers import MACHINE, SCHEDULE, JumpingClock, reaching
from tests.support.canned_https import Canned, canned
from tests.support.simulated import START, Azure

CONFIGURATION: dict[str, Any] = {
    "location": "eastus",
    "properties": {
        "maintenanceScope": "InGuestPatch",
        "extensionProperties": {"InGuestPatchMode": "User"},
        "maintenanceWindow": {
            "startDateTime": "2027-01-01 22:00",
            "duration": "03:00",
            "timeZone": "UTC",
            "recurEvery": "Day",
        },
        "installPatches": {
            "rebootSetting": "IfRequired",
            "windowsParameters": {"classificationsToInclude": ["Critical"]},
            "linuxParameters": {"classificationsToInclude": ["Critical"]},
        },
    },
}


def sent(azure: Azure) -> list[tuple[str, int]]:
    return [(entry.method, entry.status) for entry in azure.simulator.journal]


def test_a_throttled_read_waits_as_long_as_azure_says() -> None:
    azure = Azure()
    azure.simulator.faults.add(match("GET"), response=throttled(30))
    assert azure.runtime.azure.machines.get(MACHINE) is not None
    assert azure.clock.now() == START + timedelta(seconds=30)
    assert sent(azure) == [("GET", 429), ("GET", 200)]


def test_a_throttled_put_is_done_once_after_the_wait() -> None:
    azure = Azure()
    azure.simulator.faults.add(match("PUT"), response=throttled(30))
    azure.runtime.azure.maintenance.put_schedule(SCHEDULE, CONFIGURATION)
    assert azure.clock.now() == START + timedelta(seconds=30)
    assert sent(azure) == [("PUT", 429), ("PUT", 200)]
    stored = azure.body(str(SCHEDULE))
    assert stored["properties"]["maintenanceWindow"]["recurEvery"] == "Day"


def test_a_throttled_patch_is_done_once_after_the_wait() -> None:
    azure = Azure()
    azure.simulator.faults.add(match("PATCH"), response=throttled(30))
    azure.runtime.azure.machines.patch_settings(MACHINE, "windows", {"patchMode": "AutomaticByPlatform"})
    assert azure.clock.now() == START + timedelta(seconds=30)
    assert sent(azure) == [("PATCH", 429), ("PATCH", 200)]
    assert azure.body(str(MACHINE))["etag"] == '"2"'


def test_a_patch_whose_answer_was_lost_is_not_sent_again() -> None:
    azure = Azure()
    azure.simulator.faults.add(match("PATCH"), response=Drop())
    with pytest.raises(ArmError, match=r"^VM 'vm-web-1': could not change its patch settings: Azure cannot be reached"):
        azure.runtime.azure.machines.patch_settings(MACHINE, "windows", {"patchMode": "AutomaticByPlatform"})
    assert sent(azure) == [("PATCH", 200)]


def test_a_put_whose_answer_was_lost_ends_as_if_sent_once() -> None:
    azure = Azure()
    azure.simulator.faults.add(match("PUT"), response=Drop())
    azure.runtime.azure.maintenance.put_schedule(SCHEDULE, CONFIGURATION)
    assert sent(azure) == [("PUT", 200), ("PUT", 200)]


def test_waits_over_the_network_are_our_clocks_too(tmp_path: Path) -> None:
    throttling = Canned(429, "", {"Retry-After": "30"})
    clock = JumpingClock()
    with (
        canned(tmp_path, throttling, throttling, Canned(200, "{}")) as server,
        reaching(server.url, server.ca_file, clock) as azure,
    ):
        assert azure.machines.get(MACHINE) == {}
    assert clock.waits == [timedelta(seconds=30), timedelta(seconds=30)]


def test_a_cancelled_deployment_ends_a_wait_for_a_retry(tmp_path: Path) -> None:
    with canned(tmp_path, Canned(429, "", {"Retry-After": "3600"})) as server:
        clock = JumpingClock(interrupted=True)
        with reaching(server.url, server.ca_file, clock) as azure, pytest.raises(Interrupted):
            azure.machines.get(MACHINE)
        assert len(server.asked) == 1


def test_many_calls_share_a_pool_of_connections() -> None:
    session = pooled_transport(JumpingClock(), None).session
    assert session.adapters["https://"]._pool_maxsize == 128
    # The SDK's own retries are the only ones.
    assert session.adapters["https://"].max_retries.total is False
