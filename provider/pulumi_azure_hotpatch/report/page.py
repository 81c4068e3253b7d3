"""The year ahead as one page of HTML that needs nothing else: it opens from disk, without a network. Pure.

Charts are drawn by pygal when the page is made; the tables of machines by DataTables (MIT, one file of 120 KB without
dependencies) when it is opened: a real table that is searched, sorted and leafed through with the keyboard, and that a
screen reader reads as one, where a list that only keeps the visible rows would be neither. Its file lies beside the
templates because no wheel brings it that does not bring pandas too.
"""

from __future__ import annotations

from typing import Any, Final

from pulumi_azure_hotpatch.engine.counting import counted
from pulumi_azure_hotpatch.engine.releases import Month

from .charts import coming_chart, restarts_chart, rollout_chart
from .feed import Event
from .findings_page import sections
from .overview import COMING, Alike, Cell, Coming, Overview, cells
from .page_data import PAST, page_data
from .spelling import leaf, spell_utc, spell_window
from .template_files import hash_of, read, render, script_json

LISTED: Final = 100
"""How many resources of a rule are listed: the table of machines has them all."""
GROUPS: Final = 40
"""How many groups of machines that are alike are shown without scripts."""
SCHEDULES: Final = 200
"""How many schedules the next windows are shown of."""
_NAMED: Final = 3
_NAMES: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MARKS: Final = {"hotpatch": "H", "baseline": "B", "update": "C", "packages": "P", "nothing": "–", "unknown": "?"}
_SIGNS: Final = {"yes": "↻", "no": "", "unknown": "?"}
_KEY: Final = (
    Cell("hotpatch", "no"),
    Cell("baseline", "yes"),
    Cell("update", "yes"),
    Cell("packages", "unknown"),
    Cell("unknown", "unknown"),
    Cell("nothing", "no"),
)
_PARTS: Final = (
    ("restarts", "Restarts"),
    ("windows", "Next windows"),
    ("machines", "Machines"),
    ("status", "Status and history"),
    ("findings", "Findings"),
)
_CAVEAT: Final = (
    "A planned month can turn out otherwise: Microsoft replaces a hotpatch by an unplanned baseline where it must."
)


def page(overview: Overview, *, version: str) -> str:
    """The page; `version` is that of this package. Raises ConfigurationError where a library is missing."""
    months = overview.by_month
    library, script = read("dataTables.min.js"), read("year.js")
    following = overview.next_windows()
    used: list[Coming] = [name for name in COMING if any(month.coming.get(name) for month in months)]
    return render(
        "year.html",
        "A report",
        title=overview.title,
        subtitle=f"{counted(len(overview.machines), 'machine')}, {overview.months[0]} to {overview.months[-1]}.",
        at=overview.as_of.isoformat(timespec="minutes"),
        version=version,
        caveat=_CAVEAT,
        parts=(*_PARTS, ("rollouts", "Rollouts")) if overview.rollouts else _PARTS,
        tiles=_tiles(overview),
        notes=overview.notes,
        months=months,
        labels=[_label(month) for month in overview.forecast.months],
        used=used,
        coming_words=COMING,
        marks=_MARKS,
        signs=_SIGNS,
        key=_KEY,
        restarts_chart=restarts_chart(months),
        coming_chart=coming_chart(months),
        next_windows=[_window(event, restarting) for event, restarting in following[:SCHEDULES]],
        more_windows=max(0, len(following) - SCHEDULES),
        alike=[_group(one, overview) for one in overview.alike[:GROUPS]],
        alike_words=_alike_words(overview),
        knows_status=overview.knows_status,
        knows_history=overview.history is not None,
        more_history=max(0, len(overview.history or ()) - PAST),
        sections=sections(overview.judged, LISTED),
        rollouts=[(one, rollout_chart(one, number)) for number, one in enumerate(overview.rollouts, start=1)],
        utc=spell_utc,
        leaf=leaf,
        data=script_json(page_data(overview)),
        library=library,
        script=script,
        scripts=(hash_of(library), hash_of(script)),
        style=f"{read('page.css')}{read('year.css')}",
    )


def _label(month: Month) -> str:
    """`Dec 2026`, in English wherever it is made."""
    return f"{_NAMES[month.month - 1]} {month.year}"


def _tiles(overview: Overview) -> list[tuple[str, str, str]]:
    found, findings = overview.forecast.summary(), overview.counted()
    more = f"{found.open_restarts:,} more not decided" if found.open_restarts else ""
    next_restart = next((event for event in overview.windows if event.restarts), None)
    waived = f", {findings['waived']:,} waived" if findings["waived"] else ""
    tiles = [
        ("Restarts with hotpatch", f"{found.restarts:,}", more),
        ("Restarts without hotpatch", f"{found.without_hotpatch:,}", f"in {counted(found.months, 'month')}"),
        (
            "Next window with restarts",
            "none known" if next_restart is None else next_restart.earliest.date().isoformat(),
            ""
            if next_restart is None
            else f"{next_restart.schedule or 'the platform'}, {counted(next_restart.restarts, 'machine')}",
        ),
        (
            "Findings",
            counted(findings["error"], "error"),
            f"{counted(findings['warning'], 'warning')}, {counted(findings['info'], 'remark')}{waived}",
        ),
    ]
    if found.expected_unplanned >= 0.05:
        unplanned = f"about {found.expected_unplanned:,.1f}"
        tiles.append(("Unplanned restarts to expect", unplanned, "at the historic rate of unplanned baselines"))
    return tiles


def _window(event: Event, restarting: Event | None) -> dict[str, str]:
    kinds = ", ".join(kind.replace("_", " ") for kind in event.release_kinds)
    return {
        "schedule": event.schedule or "The platform, off-peak",
        "window": spell_window(event.earliest, event.latest),
        "release": f"{event.release_month} ({kinds})",
        "machines": f"{len(event.machines):,}",
        "restarts": _restarts(event),
        "restarting": "–"
        if restarting is None
        else "this one"
        if restarting is event
        else f"{spell_window(restarting.earliest, restarting.latest)} ({_restarts(restarting)})",
    }


def _restarts(event: Event) -> str:
    parts = [f"{event.restarts:,}"] if event.restarts else []
    if event.open_restarts:
        parts.append(f"{event.open_restarts:,} not decided")
    return ", ".join(parts) or "none"


def _group(one: Alike, overview: Overview) -> dict[str, Any]:
    names = [leaf(resource) for resource in one.resources[:_NAMED]]
    more = ", …" if len(one.resources) > _NAMED else ""
    return {
        "number": f"{len(one.resources):,}",
        "names": ", ".join(names) + more,
        "cells": cells(one.pattern, overview.months),
        "restarts": one.restarts,
    }


def _alike_words(overview: Overview) -> str:
    groups = len(overview.alike)
    told = f"{counted(groups, 'group')} of machines that the months bring the same"
    if groups <= GROUPS:
        return f"{told}."
    covered = sum(len(one.resources) for one in overview.alike[:GROUPS])
    return f"{told}; the largest {GROUPS} are shown, {covered:,} of {counted(len(overview.machines), 'machine')}."
