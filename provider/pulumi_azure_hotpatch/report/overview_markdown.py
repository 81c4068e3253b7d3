"""A report as Markdown for a pull request or a wiki: counts and what is alike, within what a comment may hold.

What comes from outside is escaped as in `markdown`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from pulumi_azure_hotpatch.engine.counting import counted

from .findings_page import Group, sections
from .markdown import LARGEST
from .markdown_text import escape
from .overview import COMING, Alike, Cell, Coming, Overview, cells
from .rollouts import Rollout
from .spelling import leaf, spell_window

_ROWS: Final = 40
_NAMED: Final = 5
_MARKS: Final = {
    "hotpatch": "🟢 H",
    "baseline": "🟠 B",
    "update": "🔴 C",
    "packages": "🔵 P",
    "nothing": "–",
    "unknown": "❔",
}
_SIGNS: Final = {"yes": "↻", "no": "", "unknown": "?"}


def overview_markdown(overview: Overview) -> str:
    """The whole of it."""
    parts = [
        f"## {escape(overview.title)}",
        _summary(overview),
        *(f"> {escape(note)}" for note in overview.notes),
        *_section("Months", _months(overview)),
        *_section("Next windows", _windows(overview)),
        *_section("Machines", _machines(overview)),
        *_section("Findings", _findings(overview)),
        *(
            part
            for rollout in overview.rollouts
            for part in _section(f"Rollout {escape(rollout.name)}", _rings(rollout))
        ),
        f"<sub>As of {overview.as_of:%Y-%m-%d}. H hotpatch, B baseline, C cumulative update, P Linux packages; "
        "↻ restarts, ? not decided. Rules: `azure-hotpatch explain RULE`.</sub>",
    ]
    text = "\n\n".join(part for part in parts if part) + "\n"
    if len(text) <= LARGEST:
        return text
    cut = text.rfind("\n", 0, LARGEST - 200)
    return f"{text[:cut]}\n\n**The rest is left out**: a comment holds no more. `--format html` has everything.\n"


def _summary(overview: Overview) -> str:
    found, findings = overview.forecast.summary(), overview.counted()
    mark = "❌" if overview.fails else "⚠️" if findings["warning"] else "✅"
    told = ", ".join(
        (
            counted(findings["error"], "error"),
            counted(findings["warning"], "warning"),
            counted(findings["info"], "remark"),
        )
    )
    return f"{mark} **{escape(str(found))}** · {told}"


def _section(title: str, lines: Iterator[str]) -> Iterator[str]:
    found = list(lines)
    if found:
        yield f"### {title}"
        yield "\n".join(found)


def _months(overview: Overview) -> Iterator[str]:
    if not overview.machines:
        return
    used: list[Coming] = [name for name in COMING if any(month.coming.get(name) for month in overview.by_month)]
    yield from _head("month", *(COMING[name] for name in used), "restarts", "not decided", "without hotpatch")
    for month in overview.by_month:
        figures = (*(month.coming.get(name, 0) for name in used), month.restarts, month.open_restarts)
        cells = " | ".join(f"{figure:,}" for figure in (*figures, month.without_hotpatch))
        yield f"| {month.month} | {cells} |"


def _windows(overview: Overview) -> Iterator[str]:
    following = overview.next_windows()
    if not following:
        return
    yield from _head("schedule", "next window", "machines", "restarts", "next window with restarts")
    for event, restarting in following[:_ROWS]:
        later = "–" if restarting is None else spell_window(restarting.earliest, restarting.latest)
        undecided = f", {event.open_restarts:,} not decided" if event.open_restarts else ""
        yield (
            f"| {escape(event.schedule or 'the platform, off-peak')} | {spell_window(event.earliest, event.latest)} "
            f"| {len(event.machines):,} | {event.restarts:,}{undecided} | {later} |"
        )
    yield from _left_out(len(following), 5)


def _machines(overview: Overview) -> Iterator[str]:
    if not overview.machines:
        return
    yield from _head("machines", *overview.months, "restarts each")
    for one in overview.alike[:_ROWS]:
        row = " | ".join(_cell(cell) for cell in cells(one.pattern, overview.months))
        yield f"| {_named(one)} | {row} | {one.restarts} |"
    yield from _left_out(len(overview.alike), len(overview.months) + 2)


def _named(one: Alike) -> str:
    names = ", ".join(escape(leaf(resource)) for resource in one.resources[:_NAMED])
    more = len(one.resources) - _NAMED
    return names + (f" and {more:,} more" if more > 0 else "")


def _cell(cell: Cell) -> str:
    sign = "" if cell.coming in ("nothing", "unknown") else _SIGNS[cell.restart]
    return f"{_MARKS[cell.coming]}{sign}"


def _findings(overview: Overview) -> Iterator[str]:
    found: dict[str, Sequence[Group]] = dict(sections(overview.judged, _NAMED))
    if not found["Failed"]:
        return
    yield from _head("severity", "rule", "resources", "reason", "fix")
    for group in found["Failed"][:_ROWS]:
        told = group.finding
        names = ", ".join(escape(leaf(resource)) for resource, _, _ in group.rows)
        more = f" and {group.more:,} more" if group.more else ""
        yield f"| {told.severity} | `{told.rule}` | {names}{more} | {escape(told.reason)} | {escape(told.fix)} |"
    yield from _left_out(len(found["Failed"]), 5)
    if found["Waived"]:
        yield ""
        yield f"{counted(sum(group.number for group in found['Waived']), 'finding')} waived."


def _rings(rollout: Rollout) -> Iterator[str]:
    phase = f"{rollout.phase}" if rollout.phase else "not run yet"
    where = f" in ring {escape(rollout.ring)}" if rollout.ring else ""
    waits = f", goes on {escape(rollout.waiting_until)}" if rollout.waiting_until else ""
    yield f"{escape(phase)}{where}{waits}"
    yield ""
    yield from _head("ring", "machines", "patched", "failed", "to come", "starts", "soak")
    for ring in rollout.rings:
        figures = (ring.machines, ring.succeeded, ring.failed, ring.remaining)
        shown = " | ".join("–" if figure is None else f"{figure:,}" for figure in figures)
        yield f"| {escape(ring.ring)} | {shown} | {escape(ring.starts or '–')} | {escape(ring.soak or '–')} |"


def _head(*names: str) -> Iterator[str]:
    yield f"| {' | '.join(names)} |"
    yield f"|{'---|' * len(names)}"


def _left_out(number: int, columns: int) -> Iterator[str]:
    if number > _ROWS:
        yield f"| … {number - _ROWS:,} more |" + " |" * (columns - 1)
