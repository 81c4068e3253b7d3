"""`azure-hotpatch report`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from importlib.metadata import version
from typing import Any, Final, Literal, assert_never

from pulumi_azure_hotpatch.engine.estate import Estate
from pulumi_azure_hotpatch.engine.forecast import Forecast, Member, forecast
from pulumi_azure_hotpatch.engine.instants import MOST_MONTHS, check_count
from pulumi_azure_hotpatch.engine.judgement import cases, judge_cases
from pulumi_azure_hotpatch.engine.logic import UNKNOWN, fold
from pulumi_azure_hotpatch.engine.track import TrackPosition, TrackState
from pulumi_azure_hotpatch.engine.waivers import waive
from pulumi_azure_hotpatch.errors import InvalidInput
from pulumi_azure_hotpatch.observing import estate_bodies, history, hotpatching, ledger, status
from pulumi_azure_hotpatch.observing.ledger_file import LedgerFile
from pulumi_azure_hotpatch.observing.ledger_places import ledger_at
from pulumi_azure_hotpatch.observing.rows import HotpatchStateRow, PatchHistoryRow, PatchStatusRow
from pulumi_azure_hotpatch.observing.scopes import Scope
from pulumi_azure_hotpatch.report.overview import Machine, Overview
from pulumi_azure_hotpatch.report.rollouts import rollouts_of

from . import output
from .calendar import extra_releases
from .check import FAILED
from .connected import connected
from .inputs import Given, read_given
from .instants import as_of
from .switches import relaxed
from .waivers import load_waivers
from .writing import write_file

Format = Literal["html", "markdown", "json"]
_SYSTEMS: Final = {"windows": "Windows", "linux": "Linux"}


@dataclass(frozen=True)
class Wanted:
    """What a report is made from and where it goes: to the terminal without `to`. Without files Azure is asked."""

    inventories: Sequence[str] = ()
    stacks: Sequence[str] = ()
    subscriptions: Sequence[str] = ()
    ledger: str | None = None
    waivers: str | None = None
    relaxed: Sequence[str] = ()
    releases: str | None = None
    months: int = 12
    today: str | None = None
    title: str | None = None
    to: str | None = None


@dataclass(frozen=True)
class _Seen:
    """What there is to report: by machine id in lower case what Azure told of its patching, None where nobody asked."""

    given: Given
    now: datetime
    statuses: Mapping[str, PatchStatusRow] = field(default_factory=dict)
    tracks: Mapping[str, HotpatchStateRow] = field(default_factory=dict)
    history: tuple[PatchHistoryRow, ...] | None = None


def run(wanted: Wanted, form: Format) -> int:
    """Write the report; 1 when a rule of severity error failed unwaived. Raises InvalidInput, ConfigurationError or
    ArmError.
    """
    check_count(wanted.months, MOST_MONTHS, "--months")
    if form == "html" and wanted.to is None:
        raise InvalidInput("a page of HTML goes to a file: give --output FILE, or --format markdown or json")
    overview = _overview(wanted, _look(wanted))
    match form:
        case "html":
            from pulumi_azure_hotpatch.report.page import page

            content = page(overview, version=version("pulumi-azure-hotpatch"))
        case "markdown":
            from pulumi_azure_hotpatch.report.overview_markdown import overview_markdown

            content = overview_markdown(overview)
        case "json":
            from pulumi_azure_hotpatch.report.overview_rows import overview_rows

            if wanted.to is None:
                output.print_json(overview_rows(overview))
                return FAILED if overview.fails else 0
            content = _list(overview_rows(overview))
        case _:
            assert_never(form)
    if wanted.to is None:
        output.write(content)
    else:
        write_file(wanted.to, content)
        output.note(f"{output.count(len(overview.machines), 'machine')} reported in {wanted.to}.")
    return FAILED if overview.fails else 0


def _look(wanted: Wanted) -> _Seen:
    given = read_given((*wanted.inventories, *wanted.stacks))
    if wanted.subscriptions or not (wanted.inventories or wanted.stacks):
        with connected("everything about the machines") as azure:
            scope = Scope.of(None, wanted.subscriptions, azure.subscription_id)
            now = azure.clock.now() if wanted.today is None else as_of(wanted.today)
            given.bodies += estate_bodies.estate_bodies(azure.azure.graph, scope.subscriptions)
            kept = _kept(ledger_at(wanted.ledger, azure.azure.ledger)) if wanted.ledger else []
            statuses = status.patch_status(azure.azure, scope, tell=output.note, instance_views=False)
            past = history.patch_history(azure.azure, scope, tell=output.note, with_patches=True)
            tracks = hotpatching.hotpatch_states(
                azure.azure,
                scope,
                now,
                tell=output.note,
                installed=history.kbs_by_machine(kept),
                extra=extra_releases(wanted.releases),
            )
        return _Seen(
            given,
            now,
            {row["machine"].casefold(): row for row in statuses},
            # The others are no hotpatch machines: a rule says why where that matters.
            {row["machine"].casefold(): row for row in tracks if row["product"] is not None},
            tuple(history.merged(past, kept)),
        )
    now = as_of(wanted.today)
    if wanted.ledger is None:
        return _Seen(given, now)
    if "://" in wanted.ledger:
        with connected("the ledger") as azure:
            rows = _kept(ledger_at(wanted.ledger, azure.azure.ledger))
        return _Seen(given, now, history=tuple(history.newest_first(rows)))
    return _Seen(given, now, history=tuple(history.newest_first(_kept(LedgerFile(wanted.ledger)))))


def _kept(place: ledger.Ledger) -> list[PatchHistoryRow]:
    return ledger.remembered(place, tell=output.note)


def _overview(wanted: Wanted, seen: _Seen) -> Overview:
    asked = seen.given.joined(seen.now)
    estate, switches = asked.estate, relaxed(wanted.relaxed)
    found = forecast(
        _members(estate, seen),
        seen.now,
        wanted.months,
        extra=extra_releases(wanted.releases),
        relaxed=switches,
    )
    labels = (entry.resource for entry in estate.machines)
    named = zip(labels, (pattern for _, pattern in found.members), strict=True)
    judged = judge_cases((*cases(estate), *asked.declarations()), relaxed=switches)
    waived = waive(judged, load_waivers(wanted.waivers), today=seen.now.date(), also=asked.urns_of)
    return Overview(
        as_of=seen.now,
        forecast=Forecast(found.months, tuple(named)),
        machines=tuple(_machines(estate, seen)),
        judged=tuple(one for one in waived if one.finding.verdict != "pass"),
        history=seen.history,
        rollouts=rollouts_of(seen.given.declared),
        notes=tuple(_notes(estate)),
        **({} if wanted.title is None else {"title": wanted.title}),
    )


def _members(estate: Estate, seen: _Seen) -> Iterator[Member]:
    """The machines as a forecast takes them, each where it stands on the track if Azure told."""
    for entry, member in zip(estate.machines, estate.members(), strict=True):
        row = seen.tracks.get(entry.resource.casefold())
        if row is None:
            yield member
        else:
            state = UNKNOWN if row["state"] == "unknown" else TrackState(row["state"])
            yield replace(member, position=TrackPosition(state, row["why"]))


def _machines(estate: Estate, seen: _Seen) -> Iterator[Machine]:
    for entry in estate.machines:
        key = entry.resource.casefold()
        system = "" if entry.facts.os_type is UNKNOWN else _SYSTEMS.get(str(fold(entry.facts.os_type)), "")
        yield Machine(entry.resource, entry.type, system, seen.statuses.get(key), seen.tracks.get(key))


def _notes(estate: Estate) -> Iterator[str]:
    if not estate.machines:
        yield "There are no machines in what was given."
    if estate.dynamic_scopes:
        scopes = output.count(len(estate.dynamic_scopes), "dynamic scope")
        yield f"{scopes} followed as the machines are now; what they take is decided at every run."
    if estate.others:
        shown = ", ".join(f"{kind} ({number})" for kind, number in estate.others.items())
        yield f"Not looked at: {shown}."


def _list(rows: Iterator[Mapping[str, Any]]) -> str:
    """A list, one row a line."""
    lines = ",\n  ".join(json.dumps(row, ensure_ascii=False) for row in rows)
    return f"[\n  {lines}\n]\n"
