"""A subscription's way through hotpatching with the real engine, month after month: enrolled, patched without a
restart, a baseline with one, turned off, turned on again, back on the track.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from azure_patch_simulator import SUBSCRIPTION_ID
from azure_patch_simulator.inventory import windows_machine
from azure_patch_simulator.launch import launched
from tests.e2e.conftest import MakeStack
from tests.e2e.inside import OpenAzure

SKU = "2022-datacenter-azure-edition-hotpatch"
OCTOBER, NOVEMBER, JANUARY, APRIL = "KB5066782", "KB5068840", "KB5073457", "KB5082142"


@pytest.fixture
def azure(tmp_path: Path) -> Iterator[OpenAzure]:
    """One machine in the time when hotpatching was in preview; nothing restarts by chance."""
    inventory = tmp_path / "inventory.json"
    machine = windows_machine(SUBSCRIPTION_ID, "rg-contoso", "vm-web-1", SKU)
    inventory.write_text(json.dumps([machine]), encoding="utf-8")
    when = ("--era", "2021-preview", "--time", "manual", "--start", "2025-10-01T08:00:00Z")
    with launched(*when, "--inventory", str(inventory), "--ca-file", str(tmp_path / "ca.pem")) as server:
        azure = OpenAzure(server.info)
        azure.set(patching={"optional_reboot_share": 0.0, "dotnet_share": 0.0})
        yield azure


def test_enrolled_hotpatched_restarted_by_a_baseline_turned_off_and_on_again(
    azure: OpenAzure, make_stack: MakeStack
) -> None:
    stack = make_stack(azure, "walkthrough")
    stack.up()
    outputs = stack.outputs()
    assert len(outputs["enrolled"]) == 3
    assert "hotpatch" in outputs["outcome"].lower()

    # The baseline of October puts the machine on the track, with a restart; the hotpatch of November needs none.
    azure.reach("2025-11-10")
    restarts = azure.restarts("vm-web-1")
    assert [OCTOBER in each for each in restarts] == [True]
    azure.reach("2025-12-05")
    assert azure.installed("vm-web-1") == {NOVEMBER: "NotNeeded"}
    azure.reach("2026-01-12")
    assert azure.restarts("vm-web-1") == restarts
    assert azure.guest("vm-web-1")["onHotpatchTrack"] is True
    # The baseline of January restarts it.
    azure.reach("2026-02-05")
    assert [JANUARY in each for each in azure.restarts("vm-web-1")] == [False, True]

    # Off: the preview and the run say what follows, and from when on it can be back.
    turned_off = stack.up("--config", "hotpatch=false", skip_preview=False)
    assert turned_off.changed == {"updated": 1}
    consequence = "Turning hotpatch off ends the enrolment; turned on again, the machine is back only with the next"
    beforehand, _, done = turned_off.output.partition("Updating (")
    assert f"{consequence} baseline. The next baseline is 2026-04-14." in beforehand
    assert "hotpatching is off: from now on ordinary updates, with a restart every month." in done
    outputs = stack.outputs()
    assert outputs["track"] == "unenrolled"
    azure.reach("2026-02-27")
    assert [each[:7] for each in azure.restarts("vm-web-1")][2:] == ["2026-02"]

    # On again: pending baseline, with ordinary updates until then.
    turned_on = stack.up("--config", "hotpatch=true")
    awaited = "pending baseline: it takes effect with the next baseline. The next baseline is 2026-04-14."
    assert awaited in turned_on.output
    assert stack.outputs()["track"] == "pending baseline"
    azure.reach("2026-04-10")
    assert azure.guest("vm-web-1")["onHotpatchTrack"] is False
    assert [each[:7] for each in azure.restarts("vm-web-1")][3:] == ["2026-03"]

    # The next baseline brings it back, which nothing has to be done for; the hotpatch of May needs no restart again.
    azure.reach("2026-05-11")
    assert stack.up("--refresh", "--expect-no-changes").changed == {}
    assert stack.outputs()["track"] == "enrolled"
    assert [APRIL in each for each in azure.restarts("vm-web-1")][4:] == [True]
    azure.reach("2026-06-05")
    assert azure.guest("vm-web-1")["onHotpatchTrack"] is True
    assert len(azure.restarts("vm-web-1")) == 5
