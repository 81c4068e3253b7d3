"""How fast a large export is judged in DuckDB, and in how much memory.

    python -m bench.audit [--machines 1000000] [--kind parquet|jsonl] [--threads N]

Writes an export of a made-up fleet (the one of `bench.engine`: as many machines, half as many assignments), then reads
it, runs every query of the audit, and makes the findings. Prints seconds for each, and peak memory of the process that
judges, which is not the one that writes.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from bench.engine import bodies

COLUMNS = ("id", "name", "type", "location", "properties")


def write(path: Path, machines: int) -> None:
    """An export of a fleet, the same for the same number of machines."""
    lines = path.with_suffix(".jsonl")
    with lines.open("w", encoding="utf-8") as file:
        for body in bodies(machines, distinct=False):
            file.write(json.dumps(body) + "\n")
    if path.suffix == ".parquet":
        import duckdb

        picked = ", ".join(f"json ->> '$.{name}' AS {name}" for name in COLUMNS[:-1])
        duckdb.sql(
            f"COPY (SELECT {picked}, (json -> '$.properties')::VARCHAR AS properties "
            f"FROM read_ndjson_objects('{lines}')) TO '{path}' (FORMAT parquet)"
        )
        lines.unlink()


def judge(path: Path) -> None:
    """Print what each step of an audit of that file takes."""
    from pulumi_azure_hotpatch.audit.answers import judgements
    from pulumi_azure_hotpatch.audit.local import Export
    from pulumi_azure_hotpatch.audit.queries import sweeps

    tally: Counter[str] = Counter()
    begun = time.perf_counter()
    with Export() as export:
        export.load_file(str(path))
        export.finish()
        _tell("read", begun)
        for query in sweeps():
            started, rows = time.perf_counter(), 0
            for one in judgements(query, export.rows(query)):
                tally[one.finding.verdict] += 1
                rows += 1
            _tell(f"{query.subject}: {len(query.rules)} rules, {rows:,} findings", started)
    _tell(f"all: {dict(tally)}", begun)
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(f"{used.ru_utime + used.ru_stime:8.1f} s  of processor time, peak memory {used.ru_maxrss / 1024:,.0f} MB")


def _tell(what: str, since: float) -> None:
    print(f"{time.perf_counter() - since:8.1f} s  {what}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--machines", type=int, default=1_000_000)
    parser.add_argument("--kind", choices=("parquet", "jsonl"), default="parquet")
    parser.add_argument("--judge", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.judge:
        judge(chosen.judge)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"fleet.{chosen.kind}"
        started = time.perf_counter()
        write(path, chosen.machines)
        _tell(f"written: {chosen.machines:,} machines, {path.stat().st_size / 1e6:,.0f} MB of {chosen.kind}", started)
        subprocess.run([sys.executable, "-m", "bench.audit", "--judge", str(path)], check=True)


if __name__ == "__main__":
    main()
