"""The activity log: what was asked, by which request id, some minutes later; kept for 90 days and over a restart."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from azure_patch_simulator import Simulator
from tests.simulator.asking import Client, code_of
from tests.simulator.guests import machine_id, windows, world

LOG = "/subscriptions/00000000-0000-0000-0000-000000000001/providers/Microsoft.Insights/eventtypes/management/values"


@pytest.fixture
def azure() -> Client:
    return world(windows("vm"), windows("vm-other"))


def events(azure: Client, since: datetime, more: str = "") -> list[dict[str, Any]]:
    answer = azure.ask("GET", f"{LOG}?$filter=eventTimestamp ge '{since.isoformat()}'{more}".replace("+", "%2B"))
    assert answer.status == 200, answer.json()
    found: list[dict[str, Any]] = answer.json()["value"]
    return found


def test_actions_and_writes_are_logged_some_minutes_later_and_reads_are_not(azure: Client) -> None:
    began = azure.simulator.clock.now()
    azure.ask("GET", machine_id("vm"))
    azure.ask("PATCH", machine_id("vm"), {"tags": {"owner": "contoso"}})
    azure.simulator.clock.advance(timedelta(minutes=1))
    azure.ask("POST", machine_id("vm") + "/deallocate")
    azure.ask("POST", machine_id("vm-other") + "/deallocate")
    assert events(azure, began) == []
    azure.simulator.clock.advance(timedelta(minutes=5))
    of_vm = events(azure, began, f" and resourceUri eq '{machine_id('vm').upper()}'")
    assert [(each["operationName"]["value"], each["httpRequest"]["method"]) for each in of_vm] == [
        ("Microsoft.Compute/virtualMachines/deallocate/action", "POST"),
        ("Microsoft.Compute/virtualMachines/write", "PATCH"),
    ]
    assert {each["status"]["value"] for each in of_vm} <= {"Accepted", "Succeeded"}
    assert len(events(azure, began)) == 3
    assert events(azure, azure.simulator.clock.now()) == []


def test_what_was_refused_is_logged_as_failed(azure: Client) -> None:
    azure.simulator.world.settings.operation_time = timedelta(minutes=1)
    began = azure.simulator.clock.now()
    for _ in range(2):
        azure.ask("POST", machine_id("vm") + "/deallocate")
    azure.simulator.clock.advance(timedelta(minutes=6))
    assert [each["status"]["value"] for each in events(azure, began)] == ["Failed", "Accepted"]


def test_events_are_kept_for_90_days(azure: Client) -> None:
    began = azure.simulator.clock.now()
    azure.ask("POST", machine_id("vm") + "/deallocate")
    azure.simulator.clock.advance(timedelta(days=89))
    assert len(events(azure, began)) == 1
    azure.simulator.clock.advance(timedelta(days=2))
    azure.ask("POST", machine_id("vm") + "/start")
    azure.simulator.clock.advance(timedelta(minutes=6))
    assert [each["operationName"]["value"].split("/")[2] for each in events(azure, began)] == ["start"]


def test_the_log_outlives_a_restart(azure: Client, tmp_path: Path) -> None:
    azure.ask("POST", machine_id("vm") + "/deallocate")
    file = tmp_path / "world.json"
    azure.simulator.save(file)
    assert Simulator.load(file, save=False).world.activities == azure.simulator.world.activities


@pytest.mark.parametrize("text", ["", "eventTimestamp ge 'soon'", "eventTimestamp ge '2026-01-01' or 1 eq 1"])
def test_a_filter_that_is_not_understood_is_refused(azure: Client, text: str) -> None:
    refused = azure.ask("GET", f"{LOG}?$filter={text}")
    assert refused.status == 400
    assert code_of(refused) == "InvalidRequestContent"
