"""What a page's script knows of every machine: names once, what is alike once, the rest as numbers that point to it.

10,000 machines are about a megabyte this way. `templates/year.js` reads it and is the only reader, so that this is no
format to rely on: `overview_rows` is. Pure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable
from typing import Any, Final, Generic, TypeVar

from pulumi_azure_hotpatch.engine.expectations import Expectation
from pulumi_azure_hotpatch.observing.rows import PatchHistoryRow, PatchStatusRow

from .overview import Alike, Machine, Overview, cells
from .spelling import leaf, spell_utc, spell_window

PAST: Final = 20_000
"""How many installations are shown, the latest: all of them for 10,000 machines that are patched twice a month."""

KeyT = TypeVar("KeyT", bound=Hashable)


class _Numbered(Generic[KeyT]):
    """Values by the order in which they were first met."""

    def __init__(self) -> None:
        self._numbers: dict[KeyT, int] = {}

    def number(self, value: KeyT) -> int:
        return self._numbers.setdefault(value, len(self._numbers))

    @property
    def values(self) -> list[KeyT]:
        return list(self._numbers)


def page_data(overview: Overview) -> dict[str, Any]:
    """The whole of it, ready for JSON.

    `machines` are `[name, place, system, group, findings, status, state]` and `groups` what machines alike share,
    `[cells by month, restarts, open restarts, restarts without hotpatch, expectations]`; an expectation is
    `[month, release kind, window, restart, why]`. Everything but names and counts is a place in another list, -1 where
    there is nothing.
    """
    return _Data(overview).whole()


class _Data:
    def __init__(self, overview: Overview) -> None:
        self._overview = overview
        self._several = len({machine.place[1].casefold() for machine in overview.machines} - {""}) > 1
        self._cells = _Numbered[tuple[str, str, str]]()
        self._whys = _Numbered[str]()
        self._windows = _Numbered[tuple[str, str]]()
        self._places = _Numbered[tuple[str, str]]()
        self._systems = _Numbered[str]()
        self._tracks = _Numbered[tuple[str, str]]()
        self._findings = _Numbered[tuple[str, str, str, str, str]]()

    def whole(self) -> dict[str, Any]:
        overview = self._overview
        groups = [self._group(one) for one in overview.alike]
        of_pattern = {id(one.pattern): one.number for one in overview.alike}
        found = self._found()
        machines = [
            self._machine(machine, of_pattern[id(pattern)], overview.alike, found.get(machine.resource.casefold(), ()))
            for machine, (_, pattern) in zip(overview.machines, overview.forecast.members, strict=True)
        ]
        return {
            "months": overview.months,
            "cells": self._cells.values,
            "whys": self._whys.values,
            "windows": self._windows.values,
            "places": self._places.values,
            "systems": self._systems.values,
            "tracks": self._tracks.values,
            "findings": self._findings.values,
            "groups": groups,
            "machines": machines,
            "history": None if overview.history is None else [_past(row) for row in overview.history[:PAST]],
        }

    def _group(self, one: Alike) -> list[Any]:
        pattern, months = one.pattern, self._overview.months
        shown = [self._cells.number((cell.coming, cell.restart, cell.words)) for cell in cells(pattern, months)]
        without = pattern.restarts_without_hotpatch()
        rows = [self._expected(expected, months.index(expected.release_month)) for expected in pattern.expectations]
        return [shown, *pattern.restarts(), without, rows]

    def _expected(self, expected: Expectation, month: int) -> list[Any]:
        window = -1
        if expected.latest is not None:
            schedule = expected.schedule or "the platform"
            window = self._windows.number((schedule, spell_window(expected.earliest, expected.latest)))
        return [
            month,
            expected.release_kind.replace("_", " "),
            window,
            expected.reboot,
            self._whys.number(expected.why),
        ]

    def _found(self) -> dict[str, list[int]]:
        """Failures by machine, in lower case; those of an assignment are its machine's too."""
        found: dict[str, list[int]] = defaultdict(list)
        for one in self._overview.judged:
            if one.finding.verdict != "fail":
                continue
            told, waiver = one.finding, one.waived
            answers = f"{waiver.owner}, until {waiver.until.isoformat()}: {waiver.reason}" if waiver else ""
            number = self._findings.number((told.rule, told.severity, told.reason, told.fix, answers))
            machine = one.resource.casefold().partition("/providers/microsoft.maintenance/")[0]
            if number not in found[machine]:
                found[machine].append(number)
        return found

    def _machine(self, machine: Machine, group: int, alike: tuple[Alike, ...], found: Iterable[int]) -> list[Any]:
        prefix = machine.resource[: len(machine.resource) - len(machine.name)]
        hotpatched = ", hotpatch" if alike[group].pattern.product is not None else ""
        track = machine.track
        return [
            machine.name,
            self._places.number((prefix, self._place(machine))),
            self._systems.number(f"{machine.system or 'not known'}{hotpatched}"),
            group,
            list(found),
            None if machine.status is None else _status(machine.status),
            -1 if track is None else self._tracks.number((track["state"], track["why"])),
        ]

    def _place(self, machine: Machine) -> str:
        """The resource group, with its subscription where there are several."""
        group, subscription = machine.place
        return f"{group}, {subscription}" if self._several else group


def _status(row: PatchStatusRow) -> list[Any]:
    """`[patch mode, assessed, its status, urgent, other, restart pending, last installation, its status]`."""
    assessment, installation = row["assessment"], row["installation"]
    assessed: list[Any] = [None, None, None, None, None]
    if assessment is not None:
        assessed = [
            spell_utc(assessment["at"]),
            assessment["status"],
            assessment["critical_and_security"],
            assessment["other"],
            {True: "pending", False: "no", None: None}[assessment["reboot_pending"]],
        ]
    last = [None, None] if installation is None else [spell_utc(installation["started"]), installation["status"]]
    return [row["patch_mode"], *assessed, *last]


def _past(row: PatchHistoryRow) -> list[Any]:
    """`[started, machine, status, installed, failed, restart, started by, KBs]`."""
    return [
        spell_utc(row["started"]),
        leaf(row["machine"]),
        row["status"],
        row["installed"],
        row["failed"],
        row["reboot_status"],
        row["started_by"],
        ", ".join(row["kbs"] or ()),
    ]
