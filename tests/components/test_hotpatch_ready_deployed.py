"""`HotpatchReady` under the real engine, on machines that there are."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from azure_patch_simulator.inventory import linux_machine, windows_machine
from azure_patch_simulator.launch import launched
from azure_patch_simulator.world import SUBSCRIPTION_ID
from demo import Azure
from pulumi_azure_hotpatch import HOTPATCH_PREVIEW_FEATURES
from tests.support.pulumi_cli import Result, Stack

pytestmark = pytest.mark.slow

PROGRAM = Path(__file__).parent / "programs" / "ready"
NIGHTS = {
    "resource_group_name": "rg-contoso",
    "location": "eastus",
    "start": "2027-02-01 22:00",
    "duration": "03:00",
    "time_zone": "UTC",
    "recurrence": "1Week Saturday",
    "windows": {"classifications_to_include": ["Critical", "Security"]},
}
UBUNTU = {"publisher": "canonical", "offer": "0001-com-ubuntu-server-jammy", "sku": "22_04-lts-gen2"}
WRITES = ("CreateOrUpdate", "Update", "Delete", "Register", "AssessPatches")


class Ready:
    """The program's stack, and the Azure that it is pointed at."""

    def __init__(self, azure: Azure, work: Path) -> None:
        self.azure = azure
        self.stack = Stack(PROGRAM, work / "pulumi", {**azure.environment(), "PULUMI_PARALLEL": "1"})
        self._seen = 0

    def declare(self, machine: str, **arguments: Any) -> None:
        self.stack.set_config("machine", machine)
        self.stack.set_config("arguments", json.dumps(arguments))

    def writes(self) -> list[str]:
        """What was asked to change since the last time, in order."""
        calls = self.azure.calls()
        fresh, self._seen = calls[self._seen :], len(calls)
        return [call for call in fresh if call.endswith(WRITES)]

    def settings(self, machine: str) -> Any:
        return self.azure.patch_settings()[machine]["windowsConfiguration"]["patchSettings"]


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    """A hotpatchable machine, an ordinary one, one from an image that nobody can patch, and one of Linux."""
    odd = windows_machine(SUBSCRIPTION_ID, "rg-contoso", "vm-odd-1", "2022-datacenter-g2")
    image = f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/rg-images/providers/Microsoft.Compute/images/server-2025"
    odd["properties"]["storageProfile"]["imageReference"] = {"id": image}
    machines = [
        windows_machine(SUBSCRIPTION_ID, "rg-contoso", "vm-web-1", "2025-datacenter-azure-edition"),
        windows_machine(SUBSCRIPTION_ID, "rg-contoso", "vm-app-1", "2022-datacenter-g2"),
        odd,
        linux_machine(SUBSCRIPTION_ID, "rg-contoso", "vm-linux-1", UBUNTU),
    ]
    file = tmp_path / "azure.json"
    file.write_text(json.dumps(machines), encoding="utf-8")
    return file


@pytest.fixture
def ready(inventory: Path, tmp_path: Path) -> Iterator[Ready]:
    with launched("--time", "manual", "--inventory", str(inventory), "--ca-file", str(tmp_path / "ca.pem")) as server:
        yield Ready(Azure(server.info), tmp_path)


@pytest.fixture
def ready_in_2021(inventory: Path, tmp_path: Path) -> Iterator[Ready]:
    arguments = ("--era", "2021-preview", "--time", "manual", "--inventory", str(inventory))
    with launched(*arguments, "--ca-file", str(tmp_path / "ca.pem")) as server:
        yield Ready(Azure(server.info), tmp_path)


def test_a_machine_goes_from_hotpatching_to_a_schedule_and_back_to_what_it_was(ready: Ready) -> None:
    before = ready.settings("vm-web-1")
    ready.declare("vm-web-1")
    assert ready.stack.up().changed == {"created": 4}
    assert ready.writes() == ["VirtualMachines_Update"]
    assert ready.settings("vm-web-1")["enableHotpatching"] is True
    assert ready.stack.outputs()["eligibility"].startswith("eligible: ")

    ready.declare("vm-web-1", enable_hotpatching=False, schedule=NIGHTS)
    assert ready.stack.up().changed == {"created": 2, "updated": 1}
    assert ready.settings("vm-web-1")["enableHotpatching"] is False
    assert ready.stack.outputs()["outcome"] == "Schedule 'web' installs patches in its windows."
    assert ready.stack.up("--expect-no-changes").changed == {}

    assert ready.stack.destroy().changed == {"deleted": 6}
    after = ready.settings("vm-web-1")
    assert after["patchMode"] == before["patchMode"]
    assert not after.get("enableHotpatching")


def test_a_machine_whose_image_cannot_be_patched_is_not_touched(ready: Ready) -> None:
    before = ready.settings("vm-odd-1")
    ready.declare("vm-odd-1", enable_hotpatching=False, schedule=NIGHTS)
    refused = ready.stack.up(fails=True)
    assert "must be Supported and is Unsupported" in refused.output
    assert "VirtualMachines_Update" not in ready.writes()
    assert ready.settings("vm-odd-1") == before


def test_an_image_that_is_not_on_the_list_is_refused_in_preview(ready: Ready) -> None:
    ready.declare("vm-app-1")
    refused = ready.stack.preview(json=False, fails=True)
    assert "[hotpatch-needs-eligible-image; " in refused.output
    assert ready.writes() == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"schedule": NIGHTS}, "a schedule runs only with bypass_platform_safety_checks_on_user_schedule, and"),
        ({"schedule": {"location": "eastus"}, "enable_hotpatching": False}, "schedule lacks duration, recurrence, "),
    ],
)
def test_wishes_that_cannot_be_right_end_the_preview_in_one_line(
    ready: Ready, arguments: dict[str, Any], said: str
) -> None:
    ready.declare("vm-web-1", **arguments)
    refused = ready.stack.preview(json=False, fails=True)
    assert errors(refused)[0].startswith(f"error: HotpatchReady 'web': {said}")
    assert len(errors(refused)) == 1
    assert "Traceback" not in refused.output
    assert ready.writes() == []


def test_a_linux_machine_is_refused_with_a_way_out(ready: Ready) -> None:
    ready.declare("vm-linux-1", enable_hotpatching=False, schedule=NIGHTS)
    refused = ready.stack.preview(json=False, fails=True)
    assert "declare VirtualMachinePatchSettings and ScheduleAssignment instead. [hotpatch-is-windo" in refused.output
    assert "Traceback" not in refused.output


def errors(refused: Result) -> list[str]:
    """The errors of the program itself."""
    return [line.strip() for line in refused.output.splitlines() if line.strip().startswith("error: HotpatchReady")]


def test_a_misspelt_key_of_the_configuration_is_told_once(ready: Ready) -> None:
    ready.declare("vm-web-1")
    ready.stack.set_config("azure-hotpatch:preview_reads", "off")
    told = ready.stack.preview(json=False).output.partition("\nDiagnostics:\n")[2]
    assert told.count("azure-hotpatch:preview_reads is not a configuration key, and is ignored; did you mean") == 1


def test_features_are_registered_before_anything_else(ready_in_2021: Ready) -> None:
    ready = ready_in_2021
    ready.declare("vm-web-1", features=HOTPATCH_PREVIEW_FEATURES)
    assert ready.stack.up().changed == {"created": 5}
    assert ready.writes() == [*["Features_Register"] * 3, "Providers_Register", "VirtualMachines_Update"]
