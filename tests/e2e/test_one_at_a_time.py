"""Thirty machines as two resources each, under the real engine and with as many at once as it chooses."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from azure_patch_simulator import SUBSCRIPTION_ID
from azure_patch_simulator.inventory import windows_machine
from azure_patch_simulator.launch import launched
from demo import Azure
from tests.e2e.conftest import MakeStack
from tests.handlers.schedules import ID as SCHEDULE
from tests.handlers.schedules import THEIRS

NAMES = [f"vm-web-{number:02}" for number in range(30)]


@pytest.fixture
def azure(tmp_path: Path) -> Iterator[Azure]:
    """Thirty machines and a schedule, in real time: a write to a machine takes two seconds."""
    bodies = [windows_machine(SUBSCRIPTION_ID, "rg-contoso", name, "2025-datacenter-azure-edition") for name in NAMES]
    schedule = {**THEIRS, "id": SCHEDULE, "type": "Microsoft.Maintenance/maintenanceConfigurations"}
    inventory = tmp_path / "inventory.json"
    inventory.write_text(json.dumps([*bodies, schedule]), encoding="utf-8")
    arguments = ("--operation-seconds", "2", "--inventory", str(inventory), "--ca-file", str(tmp_path / "ca.pem"))
    with launched(*arguments) as server:
        yield Azure(server.info)


def test_a_first_run_makes_at_most_three_calls_a_machine_and_the_next_one_none(
    azure: Azure, make_stack: MakeStack
) -> None:
    stack = make_stack(azure, "one_at_a_time")
    # As with Azure itself: waiting takes time.
    del stack.env["AZURE_HOTPATCH_CLOCK"]
    stack.set_config("schedule", SCHEDULE)
    stack.set_config("machines", str(len(NAMES)))
    assert stack.up().changed == {"created": 1 + 2 * len(NAMES)}
    calls = Counter(azure.calls())
    # What the run asks for once is part of it.
    assert sum(calls.values()) <= 3 * len(NAMES), calls
    assert calls["VirtualMachines_Update"] == calls["ConfigurationAssignments_CreateOrUpdate"] == len(NAMES)
    profiles = azure.patch_settings().values()
    modes = [profile["windowsConfiguration"]["patchSettings"]["patchMode"] for profile in profiles]
    assert modes == ["AutomaticByPlatform"] * len(NAMES)
    seen = len(azure.calls())
    assert stack.up("--expect-no-changes").changed == {}
    assert azure.calls()[seen:] == []
