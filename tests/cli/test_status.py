"""`azure-hotpatch status`."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from azure_patch_simulator import SUBSCRIPTION_ID, PatchingSettings, Settings, Simulator, World
from tests.cli.asked import serving, writes
from tests.cli.conftest import Ask
from tests.status.observed import HOTPATCHED, instant, linux, vm, windows


@pytest.fixture
def fleet(monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    """Two machines after the baseline of October 2025, and one that nobody patches."""
    calm = PatchingSettings(optional_reboot_share=0.0, dotnet_share=0.0)
    bodies = [windows("vm-1", HOTPATCHED), linux("vm-2"), windows("vm-3")]
    world = World.from_inventory(bodies, settings=Settings(patching=calm))
    with serving(world, monkeypatch, start=instant("2025-09-20T08:00")) as simulator:
        simulator.clock.advance_to(instant("2025-10-30T08:00"))
        yield simulator


def test_the_table_says_what_is_to_do(fleet: Simulator, ask: Ask) -> None:
    answer = ask("status", columns=120)
    assert (answer.code, answer.err) == (0, "")
    assert answer.lines[0] == "Patching, as Azure remembers it"
    row = next(line.split() for line in answer.lines if line.startswith("vm-1"))
    assert row[:3] == ["vm-1", "AutomaticByPlatform", "on"]
    assert row[-1] == "Succeeded"
    assert answer.lines[-1] == "3 machines, 1 without an assessment or installation in Azure's memory."
    assert writes(fleet) == []


def test_a_narrow_terminal_gets_what_matters(fleet: Simulator, ask: Ask) -> None:
    answer = ask("status", columns=60)
    assert answer.lines[1].split() == ["Machine", "Urgent", "Restart", "Last", "installation"]
    assert max(map(len, answer.lines)) <= 60
    assert fleet.journal


def test_json_fits_its_schema(fleet: Simulator, ask: Ask) -> None:
    rows = ask("status", "--json").rows("status")
    assert [(row["name"], row["source"]) for row in rows] == [
        ("vm-1", "resource graph"),
        ("vm-2", "resource graph"),
        ("vm-3", "none"),
    ]
    assert fleet.journal


def test_named_machines_alone_are_shown(fleet: Simulator, ask: Ask) -> None:
    rows = ask("status", "--machine", vm("vm-2"), "-m", vm("vm-1"), "--json").rows("status")
    assert [row["name"] for row in rows] == ["vm-1", "vm-2"]
    assert fleet.journal


def test_the_track_has_a_table_and_a_schema_of_its_own(fleet: Simulator, ask: Ask) -> None:
    rows = ask("status", "--hotpatch", "--json").rows("hotpatch_states")
    assert {row["name"]: row["state"] for row in rows} == {
        "vm-1": "enrolled",
        "vm-2": "unknown",
        "vm-3": "unenrolled",
    }
    answer = ask("status", "--hotpatch", columns=120)
    assert answer.lines[0] == "Hotpatch track"
    assert answer.lines[-1] == "1 enrolled, 1 unenrolled, 1 that hotpatch is not offered on."
    assert "2026-01-13" in answer.out
    assert writes(fleet) == []


def test_the_next_baseline_is_counted_from_the_day_that_is_asked_for(fleet: Simulator, ask: Ask) -> None:
    rows = ask("status", "--hotpatch", "--as-of", "2025-09-01", "-m", vm("vm-1"), "--json").rows("hotpatch_states")
    assert rows[0]["next_baseline"]["date"] == "2025-10-14"
    assert fleet.journal


def test_a_ledger_knows_kbs_that_azure_has_forgotten(fleet: Simulator, ask: Ask, tmp_path: Path) -> None:
    ledger = tmp_path / "patching.jsonl"
    assert ask("record", "--ledger", ledger).code == 0
    fleet.clock.advance_to(instant("2025-12-31T08:00"))
    kept = [json.loads(line) for line in ledger.read_text("utf-8").splitlines()]
    assert any("KB5066835" in (line["kbs"] or ()) for line in kept)
    rows = ask("status", "--hotpatch", "--ledger", ledger, "-m", vm("vm-1"), "--json").rows("hotpatch_states")
    assert rows[0]["baseline"]["kb"] == "KB5066835"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--machine", "vm-1"], "azure-hotpatch: 'vm-1' is not an Azure resource id"),
        (["--machine", f"/subscriptions/{SUBSCRIPTION_ID}/providers/Microsoft.X/y/z"], "neither a VM nor an Arc"),
        (["--hotpatch", "--as-of", "soon"], "--as-of 'soon': expected YYYY-MM-DD"),
        (["--hotpatch", "--releases", "none.yaml"], "none.yaml: cannot be read"),
        (["--hotpatch", "--ledger", "."], ".: it is no file, so it is no ledger"),
        (["--hotpatch", "--ledger", ""], "a ledger has no name; give the path of a file"),
        (["--ledger", "patching.jsonl"], "--ledger goes with --hotpatch; leave it out"),
        (["--as-of", "2026-01-01"], "--as-of goes with --hotpatch"),
        (["--subscription", ""], "'' is not the id of a subscription"),
        (["--colour"], "No such option"),
    ],
)
def test_bad_input_is_one_line_and_code_2(fleet: Simulator, ask: Ask, arguments: list[str], says: str) -> None:
    answer = ask("status", *arguments)
    assert answer.code == 2
    assert says in answer.err
    assert (len(answer.err.splitlines()), answer.out) == (1, "")
    assert fleet.clock.now() == instant("2025-10-30T08:00")


def test_without_a_subscription_it_says_what_to_set(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ARM_SUBSCRIPTION_ID", "AZURE_SUBSCRIPTION_ID"):
        monkeypatch.delenv(name, raising=False)
    answer = ask("status")
    assert answer.code == 2
    assert "no subscription is given" in answer.err
