"""The functions of programs: configured by the stack, answering plain dictionaries, owning nothing."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pulumi
import pytest

from azure_patch_simulator import Answer, PatchingSettings, Settings, Simulator, World, match
from azure_patch_simulator.server import serve_in_thread
from pulumi_azure_hotpatch import (
    get_hotpatch_state,
    get_hotpatch_state_output,
    get_patch_history,
    get_patch_history_output,
    get_patch_status,
    get_patch_status_output,
)
from pulumi_azure_hotpatch.errors import InvalidInput
from pulumi_azure_hotpatch.host.program import program_runtime
from pulumi_azure_hotpatch.observing import ledger
from pulumi_azure_hotpatch.observing.ledger_file import LedgerFile
from tests.status.observed import HOTPATCHED, Heard, instant, linux, vm, windows


@pytest.fixture
def fleet() -> Iterator[Simulator]:
    """Two patched machines, and a program whose stack is configured for them."""
    calm = PatchingSettings(optional_reboot_share=0.0, dotnet_share=0.0)
    world = World.from_inventory([windows("vm-1", HOTPATCHED), linux("vm-2")], settings=Settings(patching=calm))
    simulator = Simulator(world, start=instant("2025-09-20T08:00"))
    simulator.clock.advance_to(instant("2025-10-30T08:00"))
    with serve_in_thread(simulator) as server:
        pulumi.runtime.set_all_config(
            {
                "azure-hotpatch:endpoint": server.url,
                "azure-hotpatch:caFile": server.ca_file,
                "azure-hotpatch:clock": "endpoint",
                "azure-native:tenantId": server.tenant_id,
                "azure-native:subscriptionId": server.subscription_id,
                "azure-native:clientId": server.client_id,
                "azure-native:clientSecret": server.client_secret,
            }
        )
        program_runtime.cache_clear()
        yield simulator
        runtime = program_runtime()
        runtime.azure.close()
        getattr(runtime.clock, "close", lambda: None)()
    program_runtime.cache_clear()
    pulumi.runtime.set_all_config({})


def operations(simulator: Simulator) -> list[str]:
    return [entry.operation for entry in simulator.journal if not entry.operation.startswith(("OAuth2", "OpenId"))]


def test_status_is_read_once_and_owned_by_nobody(fleet: Simulator) -> None:
    rows = get_patch_status()
    assert [(row["name"], row["source"]) for row in rows] == [("vm-1", "resource graph"), ("vm-2", "resource graph")]
    assert operations(fleet) == ["ResourceGraph_Resources"]
    assert json.loads(json.dumps(rows)) == rows, "a stack can export it"


def test_history_goes_as_far_back_as_it_is_asked(fleet: Simulator) -> None:
    rows = get_patch_history([vm("vm-1")], with_patches=True)
    assert any("KB5066835" in (row["kbs"] or ()) for row in rows)
    assert get_patch_history([vm("vm-1")], since="2025-10-29") == []
    assert json.loads(json.dumps(rows)) == rows
    assert set(operations(fleet)) == {"ResourceGraph_Resources"}


def test_history_takes_a_ledger_along(fleet: Simulator, tmp_path: Path) -> None:
    file = LedgerFile(tmp_path / "patching.jsonl")
    ledger.record(file, (), get_patch_history(with_patches=True), instant("2025-10-30T08:00"), tell=Heard())
    fleet.clock.advance_to(instant("2026-01-02T08:00"))
    october = [row for row in get_patch_history(ledger_file=file.name) if (row["started"] or "") < "2025-11"]
    assert {row["source"] for row in october} == {"ledger"}
    (row,) = get_hotpatch_state([vm("vm-1")], ledger_file=file.name)
    assert row["baseline"] is not None


def test_history_is_what_the_ledger_has_where_azure_does_not_answer(fleet: Simulator, tmp_path: Path) -> None:
    file = LedgerFile(tmp_path / "patching.jsonl")
    known = get_patch_history(with_patches=True)
    ledger.record(file, (), known, instant("2025-10-30T08:00"), tell=Heard())
    fleet.faults.add(match(path="Microsoft"), response=Answer(403, "AuthorizationFailed", "No."), times=None)
    rows = get_patch_history(ledger_file=file.name)
    assert [(row["activity_id"], row["source"]) for row in rows] == [(row["activity_id"], "ledger") for row in known]


def test_hotpatch_state_says_where_and_until_when(fleet: Simulator) -> None:
    (row,) = get_hotpatch_state([vm("vm-1")])
    assert row["next_baseline"] is not None
    assert (row["state"], row["next_baseline"]["date"]) == ("enrolled", "2026-01-13")
    (again,) = get_hotpatch_state([vm("vm-1")], enabled_again_on={vm("VM-1"): "2025-10-20"})
    assert again["state"] == "pending baseline"
    (earlier,) = get_hotpatch_state([vm("vm-1")], as_of="2025-09-01", enabled_again_on={vm("vm-1"): None})
    assert earlier["next_baseline"] is not None
    assert earlier["next_baseline"]["date"] == "2025-10-14"
    assert set(operations(fleet)) == {"ResourceGraph_Resources"}


def test_releases_of_ones_own_count(fleet: Simulator) -> None:
    releases = {
        "version": 1,
        "releases": [
            {
                "product": "ws2025",
                "month": "2025-11",
                "kind": "unplanned_baseline",
                "kb": "KB5999999",
                "date": "2025-11-11",
                "source": "a bulletin",
            }
        ],
    }
    (row,) = get_hotpatch_state([vm("vm-1")], releases=releases)
    assert row["next_baseline"] is not None
    assert (row["next_baseline"]["kb"], row["next_baseline"]["kind"]) == ("KB5999999", "unplanned_baseline")
    assert fleet.journal


def test_outputs_wait_for_their_arguments(fleet: Simulator) -> None:
    async def ask() -> list[Any]:
        ids = [pulumi.Output.from_input(vm("vm-1"))]
        outputs: list[pulumi.Output[Any]] = [
            get_patch_status_output(ids),
            get_patch_history_output(ids),
            get_hotpatch_state_output(ids, enabled_again_on={vm("vm-1"): pulumi.Output.from_input("2025-10-20")}),
        ]
        return [await output.future() for output in outputs]

    status, history, states = asyncio.run(ask())
    assert [row["machine"] for row in status] == [vm("vm-1")]
    assert {row["machine"] for row in history} == {vm("vm-1")}
    assert states[0]["state"] == "pending baseline"
    assert fleet.journal


def test_what_is_no_machine_is_refused(fleet: Simulator) -> None:
    with pytest.raises(InvalidInput, match="'vm-1' is not an Azure resource id"):
        get_patch_status(["vm-1"])
    assert operations(fleet) == []
