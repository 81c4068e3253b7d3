"""This package and OpenTofu + azapi side by side: same simulator, same machines, same latencies, in one run.

    make bench                     all of it; about an hour and a half
    make bench N=100               one size
    make bench PEER=0              without the peer, whose first build takes some minutes
    make bench LATENCY=0 REPEAT=3  one latency of operations; the median of three

What each phase is, and what it costs, is in `bench/contestants.py` and `bench/process_tree.py`. Prints a table, puts
what it measured in the place of what `bench/results.json` had of the same tools, sizes and latencies, draws that beside
it, and renews the table in `docs/benchmarks.md` (with `--results` only that file and its picture).
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from bench import report
from bench.contestants import ENGINE, PHASES, Entry
from bench.peer import build
from bench.process_tree import CommandFailed
from bench.simulated_fleet import served

SIZES: Final = (10, 100, 1000)
SECONDS: Final = (0.0, 2.0)
PER_VM: Final = "per VM"
FLEET: Final = "fleet"
FLEET_AND_SCOPE: Final = "fleet and scope"
MANY: Final = 100
# What Pulumi runs at once by default on a machine with four processors.
OF_FOUR: Final = 16
RESULTS: Final = Path(__file__).with_name("results.json")


@dataclass(frozen=True)
class Row:
    """What one phase of one tool cost. `calls` are requests to Resource Manager and Resource Graph, tokens left out."""

    tool: str
    machines: int
    operation_seconds: float
    phase: str
    wall_s: float
    cpu_s: float
    calls: int
    peak_mb: float
    calls_by_kind: dict[str, int]
    simulator_cpu_s: float

    def to_json(self) -> dict[str, Any]:
        """The row as `results.json` has it."""
        rounded = {name: round(getattr(self, name), 2) for name in ("wall_s", "cpu_s", "simulator_cpu_s")}
        return vars(self) | rounded | {"peak_mb": round(self.peak_mb)}


def entries(machines: int, seconds: float, peer: build.Peer | None) -> Iterator[Entry]:
    """Who takes part. With slow operations parallelism decides, so there it is also the same for both."""
    is_waiting = seconds > 0
    both = [Entry(PER_VM, "per_vm"), *([Entry(peer.name, peer=peer)] if peer else [])]
    # A thousand times two seconds, ten at once, is minutes of mere waiting: that size runs with many at once.
    if not (is_waiting and machines > MANY):
        yield from both
    if is_waiting and machines == MANY:
        yield replace(both[0], at_once=OF_FOUR)
    if is_waiting and machines >= MANY:
        yield from (replace(one, at_once=MANY) for one in both)
    yield Entry(FLEET, "fleet")
    yield Entry(FLEET_AND_SCOPE, "fleet_and_scope")
    if not is_waiting or machines <= MANY:
        yield Entry(ENGINE, "engine")


def run(entry: Entry, machines: int, seconds: float) -> Iterator[Row]:
    """All phases of one tool on a fleet of its own. Raises CommandFailed, also when it did not do the work."""
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch, served(Path(scratch), machines, seconds) as fleet:
        folder = Path(scratch) / "tool"
        folder.mkdir()
        contestant = entry.ready(folder, fleet.info, fleet.machines, seconds)
        for phase in PHASES:
            if phase == "drift repair":
                fleet.drift()
            fleet.calls()
            before = fleet.cpu()
            cost = contestant.run(phase)
            calls = fleet.calls()
            if phase in ("apply", "drift repair") and entry.tool != ENGINE and (left := fleet.unsettled()):
                raise CommandFailed(f"{entry.title} left {len(left)} of {machines} machines undone: {left[:3]}")
            yield Row(
                entry.title, machines, seconds, phase, cost.wall_s, cost.cpu_s, calls.total(), cost.peak_mb,
                dict(calls.most_common()), fleet.cpu() - before,
            )  # fmt: skip


def median(runs: Sequence[Sequence[Row]]) -> Iterator[Row]:
    """Phase by phase, the run whose wall time is the median."""
    for rows in zip(*runs, strict=True):
        middle = statistics.median_low(row.wall_s for row in rows)
        yield next(row for row in rows if row.wall_s == middle)


def table(rows: Sequence[Row]) -> str:
    """The figures for people."""
    lines = [
        f"{'tool':<48} {'VMs':>5} {'op s':>4}  {'phase':<13} {'wall s':>8} {'CPU s':>8} "
        f"{'calls':>7} {'/VM':>6} {'MB':>6}"
    ]
    for row in rows:
        lines.append(
            f"{row.tool:<48} {row.machines:>5} {row.operation_seconds:>4g}  {row.phase:<13} {row.wall_s:>8.1f} "
            f"{row.cpu_s:>8.1f} {row.calls:>7} {row.calls / row.machines:>6.2f} {row.peak_mb:>6.0f}"
        )
    return "\n".join(lines)


def find_peer(*, wanted: bool) -> build.Peer | None:
    """The peer, built if need be; None, said on stderr, where it cannot be."""
    if not wanted:
        return None
    try:
        return build.build()
    except build.PeerUnavailable as reason:
        print(f"The peer cannot be built, so it is left out: {reason}", file=sys.stderr, flush=True)
        return None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench.fleet", formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.description = __doc__
    parser.add_argument("--machines", type=int, action="append", help=f"default: {', '.join(map(str, SIZES))}")
    parser.add_argument("--seconds", type=float, action="append", help="how long a write to a machine takes")
    parser.add_argument("--without-peer", action="store_true")
    parser.add_argument("--only", action="append", metavar="TOOL", help="tools whose title begins like this")
    parser.add_argument("--repeat", type=int, default=1, help="report the median of so many runs")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the JSON file; the plot goes beside it")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is asked for; 1 when a tool failed, whose figures are then missing."""
    given = _parser().parse_args(arguments)
    peer = find_peer(wanted=not given.without_peer)
    kept = json.loads(given.results.read_text(encoding="utf-8")) if given.results.exists() else []
    rows: list[Row] = []
    failed = False
    for machines in given.machines or SIZES:
        for seconds in given.seconds or SECONDS:
            for entry in entries(machines, seconds, peer):
                if given.only and not entry.title.startswith(tuple(given.only)):
                    continue
                try:
                    found = list(median([list(run(entry, machines, seconds)) for _ in range(given.repeat)]))
                except CommandFailed as reason:
                    print(f"{entry.title}, {machines} machines: {reason}", file=sys.stderr, flush=True)
                    failed = True
                    continue
                heading, *lines = table(found).splitlines()
                print("\n".join(lines if rows else [heading, *lines]), flush=True)
                rows += found
                # After each tool, so that a run that is broken off is not lost.
                kept = report.merged(kept, [row.to_json() for row in found])
                given.results.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    if rows:
        report.draw(kept, given.results)
    if rows and given.results == RESULTS:
        report.renew(kept, given.results, report.PAGE)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
