"""The bench beside the peer: what it measures, what it writes, and that it goes on without the peer."""

import json
import sys
from pathlib import Path

import pytest

from bench import fleet, report
from bench.contestants import PHASES
from bench.peer import build
from bench.process_tree import CommandFailed, measured

KEYS = {"tool", "machines", "operation_seconds", "phase", "wall_s", "cpu_s", "calls", "peak_mb"}
OURS = ("per VM", "fleet", "fleet and scope", "engine alone")
BURN = "import time\nwhile time.process_time() < 0.4: pass\nkept = bytearray(60_000_000)\ntime.sleep(1)"


def row(wall: float, *, tool: str = "per VM", phase: str = "apply", machines: int = 10) -> fleet.Row:
    return fleet.Row(tool, machines, 2.0, phase, wall, 1.0, 30, 200.4, {"VirtualMachines_Update": 30}, 0.5)


def test_what_a_command_leaves_behind_is_part_of_what_it_costs(tmp_path: Path) -> None:
    orphaned = f"{sys.executable} -c '{BURN}' & sleep 0.1"
    cost = measured(["sh", "-c", f"({orphaned})"], tmp_path, {})
    assert cost.cpu_s >= 0.4
    assert cost.wall_s < 1.4


def test_memory_is_that_of_the_whole_tree(tmp_path: Path) -> None:
    cost = measured(["sh", "-c", f"{sys.executable} -c '{BURN}'; true"], tmp_path, {})
    assert cost.peak_mb > 60


def test_a_failed_command_is_told_with_its_words(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match=r"(?s)ended with 3:.*so be it"):
        measured(["sh", "-c", "echo so be it; exit 3"], tmp_path, {})
    measured(["sh", "-c", "exit 2"], tmp_path, {}, allowed=(0, 2))


def test_of_several_runs_each_phase_reports_the_median() -> None:
    runs = [[row(wall), row(10 - wall, phase="no-op")] for wall in (3.0, 1.0, 2.0)]
    assert [(one.phase, one.wall_s) for one in fleet.median(runs)] == [("apply", 2.0), ("no-op", 8.0)]


def test_rows_have_the_published_keys_and_plain_figures() -> None:
    assert row(1.23456).to_json().keys() >= KEYS
    assert (row(1.23456).to_json()["wall_s"], row(1).to_json()["peak_mb"]) == (1.23, 200)


def test_the_table_tells_calls_per_machine() -> None:
    _, line = fleet.table([row(1.5)]).splitlines()
    assert line.split() == ["per", "VM", "10", "2", "apply", "1.5", "1.0", "30", "3.00", "200"]


def test_a_new_run_takes_the_very_place_of_the_old_figures_of_the_same_case() -> None:
    old = [row(1.0).to_json(), row(2.0, tool="fleet").to_json(), row(3.0, machines=100).to_json()]
    found = report.merged(old, [row(9.0).to_json()])
    assert [(one["machines"], one["tool"], one["wall_s"]) for one in found] == [
        (10, "per VM", 9.0),
        (10, "fleet", 2.0),
        (100, "per VM", 3.0),
    ]


def test_the_table_of_the_page_is_renewed_and_the_rest_of_it_left_alone(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- measured: begin -->\nold\n<!-- measured: end -->\nafter\n", encoding="utf-8")
    rows = [row(1.5, phase=phase).to_json() for phase in PHASES]
    report.write_table(rows, page)
    report.write_table(rows, page)
    lines = page.read_text(encoding="utf-8").splitlines()
    assert (lines[0], lines[-1], len(lines)) == ("before", "after", 7)
    assert lines[4].startswith("| 10 | 2 s | per VM | 1.5 s | 1.5 s | 1.5 s | 1.5 s | 30 / 30 |")


@pytest.mark.slow
def test_the_plot_is_written_beside_the_results(tmp_path: Path) -> None:
    results = tmp_path / "results.json"
    report.draw([row(1.5).to_json(), row(2.5, tool="fleet", phase="no-op").to_json()], results)
    assert results.with_suffix(".svg").read_text(encoding="utf-8").startswith("<svg")
    assert results.with_suffix(".png").read_bytes().startswith(b"\x89PNG")


def test_the_picture_goes_where_the_page_shows_it(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    (tmp_path / "results.png").write_bytes(b"picture")
    page = tmp_path / "page.md"
    page.write_text("<!-- measured: begin -->\n<!-- measured: end -->\n", encoding="utf-8")
    report.renew([row(1.5, phase=phase).to_json() for phase in PHASES], tmp_path / "results.json", page)
    assert (tmp_path / "pictures" / "benchmarks.png").read_bytes() == b"picture"
    assert "per VM" in page.read_text(encoding="utf-8")
    assert "(pictures/benchmarks.png)" in report.PAGE.read_text(encoding="utf-8")


def test_a_peer_that_cannot_be_built_is_named_and_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse() -> build.Peer:
        raise build.PeerUnavailable("no Go on PATH")

    monkeypatch.setattr(build, "build", refuse)
    assert fleet.find_peer(wanted=True) is None
    assert "no Go on PATH" in capsys.readouterr().err
    assert [entry.tool for entry in fleet.entries(10, 0, None)] == list(OURS)


@pytest.mark.slow
def test_a_run_with_two_machines_writes_valid_results(tmp_path: Path) -> None:
    results = tmp_path / "results.json"
    arguments = ("--machines", "2", "--seconds", "0", "--without-peer", "--results", str(results))
    assert fleet.main(arguments) == 0
    rows = json.loads(results.read_text(encoding="utf-8"))
    assert [(one["tool"], one["phase"]) for one in rows] == [(tool, phase) for tool in OURS for phase in PHASES]
    for one in rows:
        assert one.keys() >= KEYS
        assert one["wall_s"] > 0
        assert one["cpu_s"] > 0
        assert one["peak_mb"] > 50
        assert one["calls"] == sum(one["calls_by_kind"].values())
        assert (one["calls"] > 0) == (one["tool"] != "engine alone")
