"""One scope over two subscriptions with the real engine: previewed, run, narrowed, destroyed."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from azure_patch_simulator.launch import launched
from demo import Azure
from tests.e2e.conftest import MakeStack
from tests.handlers.schedules import WINDOW
from tests.handlers.scopes import GROUP, HERE, TAIL, THERE, WEEKLY, windows

START = "2026-11-02T08:00:00Z"
PUT, DELETE = (f"ConfigurationAssignmentsForSubscriptions_{verb}" for verb in ("CreateOrUpdate", "Delete"))


def another_schedule() -> list[dict[str, Any]]:
    """A schedule that somebody else gave vm-1, from December on at the hours of the program's."""
    window = {**WINDOW, "startDateTime": "2026-12-01 20:00", "timeZone": "UTC", "recurEvery": "Week Tuesday"}
    schedule = {
        "id": WEEKLY,
        "location": "eastus",
        "properties": {"maintenanceScope": "InGuestPatch", "maintenanceWindow": window},
    }
    given = {
        "id": f"{GROUP}/providers/Microsoft.Compute/virtualMachines/vm-1/{TAIL}/theirs",
        "location": "eastus",
        "properties": {"maintenanceConfigurationId": WEEKLY},
    }
    return [schedule, given]


@pytest.fixture
def azure(tmp_path: Path) -> Iterator[Azure]:
    """Machines of two rings in two subscriptions."""
    bodies = [
        windows("vm-1", {"ring": "1"}),
        windows("vm-2", {"ring": "2"}),
        windows("vm-3", {"ring": "1"}, THERE),
        *another_schedule(),
    ]
    inventory = tmp_path / "inventory.json"
    inventory.write_text(json.dumps(bodies), encoding="utf-8")
    arguments = ("--time", "manual", "--start", START, "--inventory", str(inventory))
    with launched(*arguments, "--ca-file", str(tmp_path / "ca.pem")) as server:
        yield Azure(server.info)


def ask(azure: Azure, *arguments: str) -> Any:
    """What a command that asks Azure prints as JSON, for both subscriptions."""
    script = "from pulumi_azure_hotpatch.cli import main; raise SystemExit(main())"
    command = [sys.executable, "-c", script, *arguments, "-s", HERE, "-s", THERE, "--json"]
    environment = {**os.environ, **azure.environment()}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def installations(azure: Azure) -> Counter[str]:
    """How often each machine was patched."""
    return Counter(row["machine"].rpartition("/")[2] for row in ask(azure, "history"))


def names(machines: list[str]) -> list[str]:
    return [machine.rpartition("/")[2] for machine in machines]


def test_a_ring_is_patched_in_every_subscription_until_the_scope_leaves_one(
    azure: Azure, make_stack: MakeStack
) -> None:
    stack = make_stack(azure, "dynamic_scope")
    stack.set_config("other", THERE)
    foreseen = {step["urn"].rpartition("::")[2]: step for step in stack.preview().json["steps"]}
    inputs = foreseen["ring-one"]["newState"]["inputs"]
    assert (inputs["matchingCount"], names(inputs["matchingMachines"])) == (2, ["vm-1", "vm-3"])
    # The schedule is not made yet, and its windows are compared.
    (same_start,) = inputs["findings"]
    assert same_start.startswith("scope-same-start: On 1 machine of the scope another schedule starts")
    assert PUT not in azure.calls()

    stack.up()
    assert azure.calls().count(PUT) == 2
    assert names(stack.outputs()["machines"]) == ["vm-1", "vm-3"]
    azure.advance(timedelta(days=2))
    assert installations(azure) == {"vm-1": 1, "vm-3": 1}
    before = azure.calls()
    assert stack.up("--expect-no-changes").changed == {}
    assert azure.calls() == before

    stack.set_config("most", "1")
    refused = stack.up(fails=True)
    assert "The scope takes 2 machines now; its declaration expects 1 at most." in refused.output
    stack.set_config("other", "")
    left = stack.up()
    assert left.changed == {"updated": 1}
    assert "1 machine drops out of the scope" in left.output
    assert azure.calls().count(DELETE) == 1
    azure.advance(timedelta(days=7))
    assert installations(azure) == {"vm-1": 2, "vm-3": 1}

    stack.destroy()
    assert azure.calls().count(DELETE) == 2
    assert ask(azure, "scope") == []
