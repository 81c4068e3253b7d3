"""`azure-hotpatch forecast`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, time
from typing import Final

from rich.console import Console
from rich.text import Text

from pulumi_azure_hotpatch.engine.forecast import Forecast, Pattern, forecast
from pulumi_azure_hotpatch.engine.instants import MOST_MONTHS, check_count

from . import output
from .calendar import extra_releases
from .inputs import read_estate
from .instants import as_of

_NAMED: Final = 8
"""Machines of a group that are named; more are counted."""
_RESTARTS: Final = {"yes": "yellow", "no": "green", "unknown": "magenta"}


def run(paths: Sequence[str], months: int, *, releases: str | None, today: str | None, as_json: bool) -> int:
    """Print what the coming months bring every machine in the files. Raises InvalidInput."""
    check_count(months, MOST_MONTHS, "--months")
    instant = as_of(today)
    estate = read_estate(paths, instant).estate
    found = forecast(estate.members(), instant, months, extra=extra_releases(releases))
    labels = (entry.resource for entry in estate.machines)
    found = Forecast(found.months, tuple(zip(labels, (pattern for _, pattern in found.members), strict=True)))
    if as_json:
        output.print_json(row.as_json() for row in found.rows())
        return 0
    console = output.console()
    alike: dict[int, list[str]] = defaultdict(list)
    for machine, pattern in found.members:
        alike[id(pattern)].append(machine)
    patterns = {id(pattern): pattern for _, pattern in found.members}
    for key, machines in alike.items():
        _show(console, machines, patterns[key])
    output.show(console, Text(f"{found.summary()}.", "bold"))
    if estate.dynamic_scopes:
        scopes = output.count(len(estate.dynamic_scopes), "dynamic scope")
        output.note(f"Note: {scopes} followed as the machines are now; what they take is decided at every run.")
    return 0


def _show(console: Console, machines: Sequence[str], pattern: Pattern) -> None:
    names = [machine.rpartition("::" if machine.startswith("urn:") else "/")[2] for machine in machines]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    output.show(console, output.title(", ".join(names[:_NAMED]) + more))
    reasons = list(dict.fromkeys(expected.why for expected in pattern.expectations))
    roomy = console.width >= output.NARROW
    headers = ("Month", "Release", "Not before", "Until", "Schedule", "Restart", "Why")
    shown = output.table(*(headers if roomy else (*headers[:2], *headers[5:])), folding=("Release", "Schedule"))
    for expected in pattern.expectations:
        cells = (
            Text(expected.release_month),
            Text(expected.release_kind.replace("_", " ")),
            Text(_time(expected.earliest)),
            Text(_time(expected.latest)),
            Text(expected.schedule or "-"),
            Text(expected.reboot, _RESTARTS[expected.reboot]),
            Text(f"[{reasons.index(expected.why) + 1}]", "dim"),
        )
        shown.add_row(*(cells if roomy else (*cells[:2], *cells[5:])))
    output.show(console, shown)
    for number, reason in enumerate(reasons, start=1):
        output.show(console, Text(f"[{number}] {reason}", "dim"))
    output.show(console, "")


def _time(instant: datetime | None) -> str:
    """`2026-12-12 22:00 -05:00`; a day where more is not known."""
    if instant is None:
        return "-"
    if instant.tzinfo is UTC and instant.time() == time.min:
        return instant.date().isoformat()
    return f"{instant:%Y-%m-%d %H:%M} {instant.isoformat()[-6:]}"
