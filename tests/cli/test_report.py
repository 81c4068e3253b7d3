"""`azure-hotpatch report`: from files, from stacks, from Azure."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from azure_patch_simulator import SUBSCRIPTION_ID, PatchingSettings, Settings, Simulator, World
from tests.cli.asked import serving, writes
from tests.cli.conftest import INVENTORY, Ask
from tests.report.overviews import Page, exported
from tests.status.observed import HOTPATCHED, instant, linux, vm, windows


def of(rows: list[dict[str, Any]], section: str) -> list[dict[str, Any]]:
    return [row for row in rows if row["section"] == section]


def test_a_page_is_written_over_what_was_there(ask: Ask, tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    target.write_text("an older report")
    done = ask("report", "--inventory", INVENTORY, "--output", target, "--as-of", "2026-11-23", "--title", "Contoso")
    assert (done.code, done.out) == (1, "")
    assert done.err == f"13 machines reported in {target}.\n"
    assert Page(target.read_text("utf-8")).text("h1") == ["Contoso"]


def test_a_page_needs_a_file(ask: Ask) -> None:
    done = ask("report", "--inventory", INVENTORY)
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "azure-hotpatch: a page of HTML goes to a file: give --output FILE, or --format markdown or json\n"
    )


def test_the_same_day_gives_the_same_answer_in_every_form(ask: Ask, tmp_path: Path) -> None:
    for form in ("html", "markdown", "json"):
        said = []
        for name in ("first", "second"):
            ask("report", "--inventory", INVENTORY, "--as-of", "2026-11-23", "--format", form, "-o", tmp_path / name)
            said.append((tmp_path / name).read_text("utf-8"))
        assert said[0] == said[1]


def test_json_goes_to_a_file_or_to_the_terminal(ask: Ask, tmp_path: Path) -> None:
    target = tmp_path / "report.json"
    asked = ("report", "--inventory", INVENTORY, "--as-of", "2026-11-23", "--format", "json", "--months", "3")
    rows = ask(*asked).rows("report")
    ask(*asked, "--output", target)
    assert json.loads(target.read_text("utf-8")) == rows
    assert rows[0]["months"] == ["2026-12", "2027-01", "2027-02"]


def test_it_agrees_with_forecast_and_check(ask: Ask) -> None:
    rows = ask("report", "--inventory", INVENTORY, "--as-of", "2026-11-23", "--format", "json").rows("report")
    releases = {row["group"]: row["releases"] for row in of(rows, "group")}
    mine = [
        {"machine": machine["machine"], **release}
        for machine in of(rows, "machine")
        for release in releases[machine["group"]]
    ]
    assert mine == ask("forecast", INVENTORY, "--as-of", "2026-11-23", "--json").rows("forecast")
    found = [{name: value for name, value in row.items() if name != "section"} for row in of(rows, "finding")]
    assert found == ask("check", INVENTORY, "--as-of", "2026-11-23", "--json").rows("findings")


def test_a_stack_shows_its_rollouts_beside_the_inventory(ask: Ask) -> None:
    stack = json.dumps(exported())
    asked = ("report", "--inventory", INVENTORY, "--stack", "-", "--as-of", "2026-11-23", "--format", "json")
    rows = ask(*asked, stdin=stack).rows("report")
    (rollout,) = of(rows, "rollout")
    assert (rollout["name"], rollout["phase"], len(rollout["rings"])) == ("december", "halted", 3)
    assert len(of(rows, "machine")) == 13


def test_a_ledger_remembers_the_past(ask: Ask, tmp_path: Path) -> None:
    ledger = tmp_path / "patching.jsonl"
    summary = {"status": "Succeeded", "started": "2026-01-14T02:00:00+00:00", "installed": 3, "failed": 0}
    counts = {"pending": 0, "excluded": 0, "not_selected": 0, "activity_id": "a"}
    entry = {
        "version": 1,
        "recorded": "2026-01-15T00:00:00+00:00",
        "kind": "installation",
        "machine": vm("vm-web-1"),
        "activity_id": "a",
        "os_type": "Windows",
        "kbs": ["KB5073379"],
        "summary": {**summary, **counts},
    }
    ledger.write_text(json.dumps(entry) + "\n")
    asked = ("report", "--inventory", INVENTORY, "--ledger", ledger, "--as-of", "2026-11-23", "--format", "json")
    (row,) = of(ask(*asked).rows("report"), "installation")
    assert (row["kbs"], row["source"]) == (["KB5073379"], "ledger")


def test_a_file_that_is_none_is_named(ask: Ask, tmp_path: Path) -> None:
    broken = tmp_path / "stack.json"
    broken.write_text('{"deployment": {"resources": [1]}}')
    done = ask("report", "--stack", broken, "--output", tmp_path / "report.html")
    assert (done.code, done.err) == (2, f"azure-hotpatch: {broken}: resource 1: expected an object with a urn\n")
    assert [path.name for path in tmp_path.iterdir()] == ["stack.json"]


@pytest.fixture
def azure(monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    """Two machines after the baseline of October 2025, and one that nobody patches."""
    calm = PatchingSettings(optional_reboot_share=0.0, dotnet_share=0.0)
    bodies = [windows("vm-1", HOTPATCHED), linux("vm-2"), windows("vm-3")]
    world = World.from_inventory(bodies, settings=Settings(patching=calm))
    with serving(world, monkeypatch, start=instant("2025-09-20T08:00")) as simulator:
        simulator.clock.advance_to(instant("2025-10-30T08:00"))
        yield simulator


def test_without_files_azure_is_asked_and_nothing_is_changed(azure: Simulator, ask: Ask) -> None:
    done = ask("report", "--format", "json")
    rows = done.rows("report")
    assert (done.code, done.err) == (0, "")
    machines = {row["name"]: row for row in of(rows, "machine")}
    assert machines.keys() == {"vm-1", "vm-2", "vm-3"}
    assert machines["vm-1"]["track"]["state"] == "enrolled"
    assert machines["vm-2"]["track"] is None
    assert machines["vm-1"]["installation"]["status"] == "Succeeded"
    assert machines["vm-3"]["assessment"] is None
    assert {row["machine"] for row in of(rows, "installation")} == {vm("vm-1"), vm("vm-2")}
    assert any("KB5066835" in row["kbs"] for row in of(rows, "installation")), "the baseline of October 2025"
    assert writes(azure) == []


def test_a_track_that_is_known_is_no_assumption(azure: Simulator, ask: Ask) -> None:
    rows = ask("report", "--subscription", SUBSCRIPTION_ID, "--format", "json").rows("report")
    groups = {row["group"]: row["releases"] for row in of(rows, "group")}
    one = next(row for row in of(rows, "machine") if row["name"] == "vm-1")
    first = groups[one["group"]][0]
    assert (first["release_month"], first["release_kind"], first["reboot"]) == ("2025-11", "hotpatch", "no")
    assert "while the machine is on its track" not in first["why"]
    assert azure.journal


def test_a_page_of_azure_has_status_and_history(azure: Simulator, ask: Ask, tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    assert ask("report", "--output", target).code == 0
    tables = [table.get("id") for table in Page(target.read_text("utf-8")).all("table")]
    assert {"machines", "status", "history"} <= set(tables)
    assert azure.journal
