"""`azure-hotpatch history` and `azure-hotpatch record`."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from azure_patch_simulator import Answer, Drop, PatchingSettings, Settings, Simulator, World, match
from azure_patch_simulator.blob_storage import BlobContainer
from tests.cli.asked import serving, writes
from tests.cli.conftest import Ask
from tests.status.observed import HOTPATCHED, instant, vm, windows

REFUSED = Answer(403, "AuthorizationFailed", "No.")


@pytest.fixture
def fleet(monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    """One machine after the hotpatch of November 2025."""
    calm = PatchingSettings(optional_reboot_share=0.0, dotnet_share=0.0)
    world = World.from_inventory([windows("vm-1", HOTPATCHED)], settings=Settings(patching=calm))
    with serving(world, monkeypatch, start=instant("2025-09-20T08:00")) as simulator:
        simulator.clock.advance_to(instant("2025-11-13T08:00"))
        yield simulator


def test_the_table_lists_installations(fleet: Simulator, ask: Ask) -> None:
    answer = ask("history", columns=120)
    assert (answer.code, answer.err) == (0, "")
    assert answer.lines[0] == "Installations"
    rows = [line.split() for line in answer.lines if line.startswith("2025-")]
    assert [row[2:4] for row in rows] == [["vm-1", "Succeeded"]] * len(rows)
    assert answer.lines[-1] == f"{len(rows)} installation{'s' if len(rows) > 1 else ''}."
    assert writes(fleet) == []


def test_who_does_not_get_through_is_sent_to_the_doctor(fleet: Simulator, ask: Ask) -> None:
    fleet.faults.add(match(path="ResourceGraph"), response=Drop(), times=None)
    answer = ask("history")
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith("azure-hotpatch: Azure Resource Graph: could not ask it: ")
    assert answer.err.endswith(". `azure-hotpatch doctor` says what is missing.\n")
    assert answer.err.count("\n") == 1


def test_who_may_not_ask_resource_graph_is_told_and_gets_the_last_installation_of_each_machine(
    fleet: Simulator, ask: Ask, tmp_path: Path
) -> None:
    fleet.faults.add(match(path="ResourceGraph"), response=REFUSED, times=None)
    answer = ask("history", "--json")
    assert [(row["machine"], row["source"]) for row in answer.rows("history")] == [(vm("vm-1"), "instance view")]
    assert answer.err.startswith("Resource Graph does not answer, so only the last installation of each VM is shown: ")
    assert answer.err.count("\n") == 1
    ledger = tmp_path / "patching.jsonl"
    recorded = ask("record", "--ledger", ledger)
    assert (recorded.code, recorded.out) == (0, f"2 new entries in {ledger}.\n")
    tracked = ask("status", "--hotpatch", "--ledger", ledger, "--json")
    assert [row["name"] for row in tracked.rows("hotpatch_states")] == ["vm-1"]
    assert "only builds" in tracked.err
    assert writes(fleet) == []


def test_who_is_refused_everything_is_sent_to_the_doctor(fleet: Simulator, ask: Ask) -> None:
    fleet.faults.add(match(path="Microsoft"), response=REFUSED, times=None)
    answer = ask("history")
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.endswith(". `azure-hotpatch doctor` says what is missing.\n")
    assert answer.err.count("\n") == 2


@pytest.mark.parametrize("trouble", [REFUSED, Drop()])
def test_where_nothing_answers_the_ledger_does(
    fleet: Simulator, ask: Ask, tmp_path: Path, trouble: Answer | Drop
) -> None:
    ledger = tmp_path / "patching.jsonl"
    ask("record", "--ledger", ledger)
    fleet.faults.add(match(path="Microsoft"), response=trouble, times=None)
    answer = ask("history", "--ledger", ledger, "--json")
    assert {row["source"] for row in answer.rows("history")} == {"ledger"}
    assert answer.err.splitlines()[-1].startswith("Azure does not answer, so only what the ledger has is shown: ")
    assert ask("history", "--ledger", ledger, "--since", "2026-01-01").code == 2


def test_patches_are_listed_below_each(fleet: Simulator, ask: Ask) -> None:
    answer = ask("history", "--patches", columns=100)
    assert any(line.split() == ["KB5068966", "Installed"] for line in answer.lines)
    assert fleet.journal


def test_json_fits_its_schema(fleet: Simulator, ask: Ask) -> None:
    rows = ask("history", "--patches", "--json").rows("history")
    assert "KB5068966" in rows[0]["kbs"]
    assert {row["machine"] for row in rows} == {vm("vm-1")}
    (late,) = ask("history", "--since", "2025-11-11", "--json").rows("history")
    assert late["patches"] is None
    assert fleet.journal


def test_what_was_recorded_is_there_when_azure_has_forgotten(fleet: Simulator, ask: Ask, tmp_path: Path) -> None:
    ledger = tmp_path / "patching.jsonl"
    first = ask("record", "--ledger", ledger)
    assert (first.code, first.out.endswith(f"new entries in {ledger}.\n")) == (0, True)
    assert ask("record", "--ledger", ledger).out == f"0 new entries in {ledger}.\n"
    fleet.clock.advance_to(instant("2026-01-10T08:00"))
    assert not [row for row in ask("history", "--json").rows("history") if row["started"] < "2025-12"]
    rows = ask("history", "--ledger", ledger, "--json").rows("history")
    assert {row["source"] for row in rows if row["started"] < "2025-12"} == {"ledger"}
    assert ask("history", "--ledger", ledger, "--since", "2026-01-01", "--json").rows("history") == []
    assert writes(fleet) == []


def test_a_ledger_of_other_machines_is_no_history_of_these(fleet: Simulator, ask: Ask, tmp_path: Path) -> None:
    ledger = tmp_path / "patching.jsonl"
    ask("record", "--ledger", ledger)
    text = ledger.read_text("utf-8").replace("vm-1", "vm-9")
    ledger.write_text(text, encoding="utf-8")
    rows = ask("history", "--ledger", ledger, "--machine", vm("vm-1"), "--json").rows("history")
    assert {row["machine"] for row in rows} == {vm("vm-1")}
    assert fleet.journal


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["history", "--since", "soon"], "--since 'soon': expected YYYY-MM-DD"),
        (["history", "--machine", ""], "'' is not an Azure resource id"),
        (["record"], "Missing option '--ledger'"),
        (["record", "--ledger", "/nowhere/at/all.jsonl"], "it cannot be written (No such file or directory)"),
    ],
)
def test_bad_input_is_one_line_and_code_2(fleet: Simulator, ask: Ask, arguments: list[str], says: str) -> None:
    answer = ask(*arguments)
    assert answer.code == 2
    assert says in answer.err
    assert len(answer.err.splitlines()) == 1
    assert writes(fleet) == []


def test_a_ledger_may_be_a_blob(fleet: Simulator, ask: Ask) -> None:
    fleet.world.containers["contoso/patching"] = BlobContainer("contoso/patching")
    ledger = f"{os.environ['AZURE_HOTPATCH_ENDPOINT']}/contoso/patching/fleet.jsonl"
    first = ask("record", "--ledger", ledger)
    assert (first.code, first.out.endswith(f"new entries in {ledger}.\n")) == (0, True), first.err
    assert ask("record", "--ledger", ledger).out == f"0 new entries in {ledger}.\n"
    fleet.clock.advance_to(instant("2026-01-10T08:00"))
    rows = ask("history", "--ledger", ledger, "--json").rows("history")
    assert {row["source"] for row in rows if row["started"] < "2025-12"} == {"ledger"}
    tracked = ask("status", "--hotpatch", "--ledger", ledger, "--json").rows("hotpatch_states")
    assert [row["machine"] for row in tracked] == [vm("vm-1")]
    fleet.world.containers.clear()
    gone = ask("record", "--ledger", ledger)
    assert (gone.code, gone.out) == (2, "")
    assert "its container does not exist; create it first" in gone.err
