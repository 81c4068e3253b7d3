"""The figures of `results.json` for readers: a picture, and the table of `docs/benchmarks.md`.

python -m bench.report         draw and write again what bench/results.json has
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

Figures = Mapping[str, Any]
PAGE: Final = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"
_BEGIN, _END = "<!-- measured: begin -->", "<!-- measured: end -->"
_PHASES: Final = ("preview", "apply", "no-op", "drift repair")


def merged(old: Sequence[Figures], new: Sequence[Figures]) -> list[Figures]:
    """New figures in the very place of old ones of the same tool, size and latency, in order of size and latency."""
    cases: dict[tuple[Any, ...], list[Figures]] = {}
    for rows in (old, new):
        cases |= {case: [row for row in rows if _case(row) == case] for case in map(_case, rows)}
    found = [row for rows in cases.values() for row in rows]
    return sorted(found, key=lambda row: (row["machines"], row["operation_seconds"]))


def write_table(rows: Sequence[Figures], page: Path) -> None:
    """Renew the table between the two marks of a page."""
    before, begin, rest = page.read_text(encoding="utf-8").partition(_BEGIN)
    _, end, after = rest.partition(_END)
    page.write_text(f"{before}{begin}\n{table(rows)}\n{end}{after}", encoding="utf-8")


def table(rows: Sequence[Figures]) -> str:
    """One line a tool, size and latency."""
    lines = [
        "| VMs | operation | tool | preview | apply | no-op | drift repair | calls: apply / no-op | CPU: apply / no-op "
        "| peak memory |",
        "|---:|---:|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for case in dict.fromkeys(map(_case, rows)):
        found = {row["phase"]: row for row in rows if _case(row) == case}
        walls = " | ".join(f"{found[phase]['wall_s']:.1f} s" for phase in _PHASES)
        apply, no_op = found["apply"], found["no-op"]
        lines.append(
            f"| {apply['machines']:,} | {apply['operation_seconds']:g} s | {apply['tool']} | {walls} "
            f"| {apply['calls']:,} / {no_op['calls']:,} | {apply['cpu_s']:.1f} / {no_op['cpu_s']:.1f} s "
            f"| {max(row['peak_mb'] for row in found.values()):,.0f} MB |"
        )
    return "\n".join(lines)


def _case(row: Figures) -> tuple[Any, ...]:
    return row["machines"], row["operation_seconds"], row["tool"]


def draw(rows: Sequence[Figures], results: Path) -> None:
    """Write the picture beside `results`, as SVG and as PNG."""
    import altair

    figures = [
        {
            **row,
            "case": f"{row['machines']:,} VMs, {row['operation_seconds']:g} s operations",
            "figure": title,
            "value": row[key],
            "label": f"{row[key]:,}" if key == "calls" else f"{row[key]:.1f}",
        }
        for row in rows
        for key, title in (("wall_s", "wall time, s"), ("calls", "calls"))
        if row[key]
    ]
    cases = list(dict.fromkeys(row["case"] for row in figures))
    tools = list(dict.fromkeys(row["tool"] for row in figures))
    bars = (
        altair.Chart(altair.InlineData(values=figures))
        .mark_bar()
        .encode(
            x=altair.X("value:Q", title=None, scale=altair.Scale(type="symlog")),
            y=altair.Y("tool:N", title=None, sort=tools, axis=altair.Axis(labelLimit=300)),
            color=altair.Color("tool:N", sort=tools, legend=None),
        )
    )
    texts = bars.mark_text(align="left", dx=3, fontSize=9).encode(
        text=altair.Text("label:N"), color=altair.value("black")
    )
    panels = [
        (bars + texts)
        .transform_filter(altair.datum.case == case)
        .transform_filter(altair.datum.figure == figure)
        .properties(width=190, height=altair.Step(13))
        .facet(column=altair.Column("phase:N", title=f"{case}: {figure}", sort=list(_PHASES)))
        for case in cases
        for figure in ("wall time, s", "calls")
    ]
    chart = altair.vconcat(*panels).configure_axis(grid=False)
    for suffix in (".svg", ".png"):
        chart.save(str(results.with_suffix(suffix)))


def renew(rows: Sequence[Mapping[str, Any]], results: Path, page: Path) -> None:
    """Put the table and the picture, which `draw` left beside the results, where the page shows them."""
    write_table(rows, page)
    results.with_suffix(".png").replace(page.parent / "pictures" / "benchmarks.png")


if __name__ == "__main__":
    source = Path(__file__).with_name("results.json")
    figures = json.loads(source.read_text(encoding="utf-8"))
    draw(figures, source)
    renew(figures, source, PAGE)
