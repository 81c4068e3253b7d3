"""Guests over the control endpoints, and in a state file while something runs."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from azure_patch_simulator import PatchFailure, Simulator
from tests.simulator.asking import GROUP, Client, code_of
from tests.simulator.guests import (
    HOTPATCH,
    SECURITY,
    arc,
    assess,
    custom,
    guest,
    install,
    instant,
    kbs,
    linux,
    machine_id,
    rows_of,
    windows,
    world,
)

BODY = {"maximumDuration": "PT2H", "rebootSetting": "IfRequired", "windowsParameters": SECURITY}


def test_what_is_inside_machines_can_be_looked_at() -> None:
    azure = world(windows("vm", patch_settings=HOTPATCH), linux("vm-linux"), arc("srv"), custom("vm-own", "golden"))
    found = {each["machine"].rsplit("/", 1)[-1]: each for each in azure.get("/simulator/guests")["value"]}
    assert set(found) == {"vm", "vm-linux", "srv", "vm-own"}
    assert (found["vm"]["line"], found["vm"]["hotpatching"], found["vm"]["base"]) == ("ws2025", True, "KB5044284")
    assert found["vm-linux"]["packages"]
    assert found["vm-own"]["customImage"] is True
    [only] = azure.get(f"/simulator/guests?machine={machine_id('vm')}")["value"]
    assert only == found["vm"]
    assert azure.ask("GET", "/simulator/guests?machine=none").status == 404


def test_failures_are_scripted_over_http() -> None:
    azure = world(windows("vm"))
    script = {"kind": "patch", "machine": "/vm$", "patch": "KB5*", "times": 1, "code": "0x80070005", "message": "No."}
    assert azure.ask("POST", "/simulator/patch-failures", script).json() == {"pending": 1}
    assert install(azure, "vm")["error"]["details"][0]["code"] == "0x80070005"
    azure.ask("POST", "/simulator/patch-failures", {**script, "times": None})
    assert azure.ask("DELETE", "/simulator/patch-failures").json() == {"pending": 0}
    assert install(azure, "vm")["status"] == "Succeeded"


@pytest.mark.parametrize(
    "script",
    [
        {},
        {"kind": "fire"},
        {"kind": "patch", "machine": "("},
        {"kind": "patch", "times": 0},
        {"kind": "patch", "times": True},
        {"kind": "patch", "patch": 5},
        {"kind": "patch", "code": 5},
    ],
)
def test_a_bad_script_is_refused(script: dict[str, Any]) -> None:
    refused = world(windows("vm")).ask("POST", "/simulator/patch-failures", script)
    assert (refused.status, code_of(refused)) == (400, "SimulatorRuleControl")


def test_power_is_switched_over_http() -> None:
    azure = world(windows("vm"))
    body = {"machine": machine_id("vm"), "running": False}
    assert azure.ask("POST", "/simulator/power", body).json() == body
    assert azure.ask("POST", machine_id("vm") + "/assessPatches").status == 409
    assert azure.ask("POST", "/simulator/power", {"machine": machine_id("vm"), "running": "no"}).status == 400
    assert azure.ask("POST", "/simulator/power", {"machine": GROUP, "running": True}).status == 404


def test_an_operation_goes_on_after_a_restart_of_the_simulator(tmp_path: Path) -> None:
    before = world(windows("vm"), windows("vm-2"), linux("vm-linux"))
    before.simulator.patching.fail("reboot", times=2)
    poll = before.ask("POST", machine_id("vm") + "/installPatches", BODY).headers["azure-asyncoperation"]
    assess(before, "vm-linux")
    before.simulator.save(tmp_path / "state.json")
    after = Client(Simulator.load(tmp_path / "state.json", save=False))
    assert after.simulator.world.guests == before.simulator.world.guests
    for kind in ("assessment", "installation"):
        assert rows_of(after, "vm", kind) == rows_of(before, "vm", kind)
        assert rows_of(after, "vm-linux", kind) == rows_of(before, "vm-linux", kind)
    for azure in (before, after):
        azure.simulator.clock.advance(timedelta(hours=2))
    assert after.get(poll) == before.get(poll)
    assert after.get(poll)["properties"]["output"]["rebootStatus"] == "Failed"
    assert after.simulator.world.patch_failures == [PatchFailure("reboot", instant("2025-01-02T08:00"), times=1)]
    assert install(after, "vm-2")["rebootStatus"] == "Failed"
    assert install(after, "vm-2")["rebootStatus"] == "Completed"


def test_a_machine_made_again_in_a_group_made_again_is_a_new_one() -> None:
    azure = world(windows("vm", "2025-datacenter"))
    body = azure.get(machine_id("vm"))
    install(azure, "vm")
    assert guest(azure, "vm").reboots
    azure.ask("DELETE", GROUP)
    azure.ask("PUT", GROUP, {"location": "eastus"})
    azure.ask("PUT", machine_id("vm"), body)
    assert guest(azure, "vm").reboots == []
    assert rows_of(azure, "vm", "installation") == []


def test_a_machine_made_later_has_what_an_image_of_that_time_has() -> None:
    azure = world(windows("vm", "2025-datacenter"), automatic_patching=False)
    azure.simulator.clock.advance_to(instant("2025-06-01T00:00"))
    azure.ask("PUT", machine_id("vm-new"), azure.get(machine_id("vm")))
    assert kbs(assess(azure, "vm-new"))[0] == kbs(assess(azure, "vm"))[0] == "5058411"
    assert guest(azure, "vm-new").base == "KB5055523"
