"""The figures of `results.json` as a picture: wall time and calls, by phase and number of machines."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def write(rows: Sequence[Mapping[str, Any]], results: Path) -> None:
    """Write the picture beside `results`, as SVG and as PNG."""
    import altair

    figures = [
        {
            **row,
            "case": f"{row['machines']:,} VMs, {row['operation_seconds']:g} s operations",
            "figure": title,
            "value": row[key],
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
        text=altair.Text("value:Q", format=",.3~r"), color=altair.value("black")
    )
    panels = [
        (bars + texts)
        .transform_filter(altair.datum.case == case)
        .transform_filter(altair.datum.figure == figure)
        .properties(width=190, height=altair.Step(13))
        .facet(
            column=altair.Column(
                "phase:N", title=f"{case}: {figure}", sort=["preview", "apply", "no-op", "drift repair"]
            )
        )
        for case in cases
        for figure in ("wall time, s", "calls")
    ]
    chart = altair.vconcat(*panels).configure_axis(grid=False)
    for suffix in (".svg", ".png"):
        chart.save(str(results.with_suffix(suffix)))


if __name__ == "__main__":
    path = Path(sys.argv[1])
    write(json.loads(path.read_text(encoding="utf-8")), path)
