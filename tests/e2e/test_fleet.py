"""Twenty machines as one resource, under the real engine: previewed, changed, left alone, repaired, given back."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from azure_patch_simulator import SUBSCRIPTION_ID
from azure_patch_simulator.inventory import windows_machine
from azure_patch_simulator.launch import launched
from demo import Azure
from tests.e2e.conftest import MakeStack
from tests.handlers.schedules import ID as SCHEDULE
from tests.handlers.schedules import THEIRS

GROUP = f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/rg-contoso"
IN_GROUP = "resourceGroups/rg-contoso/providers/Microsoft.Compute/virtualMachines"
NAMES = [f"vm-web-{number:02}" for number in range(20)]


@pytest.fixture
def azure(tmp_path: Path) -> Iterator[Azure]:
    """Twenty machines, three quarters of them in the ring `web`, and a schedule."""
    bodies = [windows_machine(SUBSCRIPTION_ID, "rg-contoso", name, "2025-datacenter-azure-edition") for name in NAMES]
    for number, body in enumerate(bodies):
        body["tags"] = {"ring": "web" if number < 15 else "db"}
    schedule = {**THEIRS, "id": SCHEDULE, "type": "Microsoft.Maintenance/maintenanceConfigurations"}
    inventory = tmp_path / "inventory.json"
    inventory.write_text(json.dumps([*bodies, schedule]), encoding="utf-8")
    arguments = ("--time", "manual", "--inventory", str(inventory), "--ca-file", str(tmp_path / "ca.pem"))
    with launched(*arguments) as server:
        yield Azure(server.info)


def modes(azure: Azure) -> Counter[str]:
    """How many machines have which patch mode."""
    return Counter(
        profile["windowsConfiguration"]["patchSettings"]["patchMode"] for profile in azure.patch_settings().values()
    )


def test_a_fleet_is_previewed_changed_left_alone_repaired_and_given_back(azure: Azure, make_stack: MakeStack) -> None:
    stack = make_stack(azure, "fleet")
    stack.set_config("schedule", SCHEDULE)
    seen = len(azure.calls())

    def since() -> dict[str, int]:
        nonlocal seen
        calls = azure.calls()
        fresh, seen = calls[seen:], len(calls)
        return dict(Counter(fresh))

    preview = stack.preview()
    (declared,) = (step for step in preview.json["steps"] if step["urn"].endswith("::web"))
    assert len(declared["newState"]["inputs"]["matched"]) == 15
    assert declared["newState"]["inputs"]["outcomes"] == [
        "15 machines: Schedule 'contoso-monthly' installs patches in its windows."
    ]
    # What the machines are, and once whether there is the schedule that all of them are to be given.
    calls = since()
    assert (set(calls), calls["MaintenanceConfigurations_Get"]) == (
        {"ResourceGraph_Resources", "MaintenanceConfigurations_Get"},
        1,
    )

    assert stack.up().changed == {"created": 2}
    calls = since()
    assert calls["VirtualMachines_Update"] == calls["ConfigurationAssignments_CreateOrUpdate"] == 15
    assert sum(calls.values()) <= 2 * 15 + 10
    assert modes(azure) == {"AutomaticByPlatform": 15, "AutomaticByOS": 5}
    since()

    assert stack.up("--expect-no-changes").changed == {}
    assert since() == {"ResourceGraph_Resources": 1}

    # One drifts, one joins, one leaves.
    azure.edit(f"{IN_GROUP}/vm-web-03", _settings({"patchMode": "AutomaticByOS", **_bypass(False)}))
    azure.edit(f"{IN_GROUP}/vm-web-17", {"tags": {"ring": "web"}})
    azure.edit(f"{IN_GROUP}/vm-web-05", {"tags": {"ring": "db"}})
    since()
    repaired = stack.up("--refresh")
    assert repaired.changed == {"updated": 1}
    assert "patch_mode was changed to AutomaticByOS by somebody else on 1 machine (vm-web-03)" in repaired.output
    assert "leaving the fleet: 1 machine (vm-web-05)" in repaired.output
    calls = since()
    assert calls["VirtualMachines_Update"] == 3
    assert calls["VirtualMachines_Get"] <= 4
    assert modes(azure) == {"AutomaticByPlatform": 15, "AutomaticByOS": 5}

    since()
    assert stack.destroy().changed == {"deleted": 2}
    calls = since()
    assert calls["VirtualMachines_Update"] == calls["ConfigurationAssignments_Delete"] == 15
    assert modes(azure) == {"AutomaticByOS": 20}


@pytest.mark.slow
def test_machines_that_fail_are_named_in_one_line_and_repaired_by_the_next_run(
    azure: Azure, make_stack: MakeStack, tmp_path: Path
) -> None:
    machines = tmp_path / "machines.json"
    ids = [f"{GROUP}/providers/Microsoft.Compute/virtualMachines/{name}" for name in NAMES[:4]]
    missing = ids[0].replace("vm-web-00", "vm-web-99")
    machines.write_text(json.dumps([*ids, missing]), encoding="utf-8")
    stack = make_stack(azure, "fleet")
    stack.set_config("machines", str(machines))
    failed = stack.up(fails=True)
    assert "1 of 5 machines is not as declared: vm-web-99: it does not exist" in " ".join(failed.output.split())
    assert modes(azure)["AutomaticByPlatform"] == 4
    machines.write_text(json.dumps(ids), encoding="utf-8")
    azure.advance(timedelta(minutes=1))
    before = len(azure.calls())
    assert stack.up().changed == {"updated": 1}
    assert "VirtualMachines_Update" not in azure.calls()[before:]


def _settings(values: dict[str, object]) -> dict[str, object]:
    return {"properties": {"osProfile": {"windowsConfiguration": {"patchSettings": values}}}}


def _bypass(value: bool) -> dict[str, object]:
    return {"automaticByPlatformSettings": {"bypassPlatformSafetyChecksOnUserSchedule": value}}
