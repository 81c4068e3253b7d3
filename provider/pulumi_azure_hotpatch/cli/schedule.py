"""`azure-hotpatch schedule`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from rich.text import Text

from pulumi_azure_hotpatch.engine import recurrence as recurrences
from pulumi_azure_hotpatch.engine.durations import NEVER, parse_duration, parse_expiry, parse_start
from pulumi_azure_hotpatch.engine.instants import MOST_WINDOWS, YEARS, check_count, check_year
from pulumi_azure_hotpatch.engine.occurrences import Adjustment
from pulumi_azure_hotpatch.engine.window import Window, starts_before_midnight, windows
from pulumi_azure_hotpatch.engine.zones import zone

from . import output
from .instants import as_of

_ADJUSTED: Final = {
    Adjustment.NONE: "",
    Adjustment.GAP: "moved forward: the clocks skip this time",
    Adjustment.OVERLAP: "the first of two: the clocks repeat this time",
}


def run(
    recurrence: str,
    start: str,
    duration: str,
    time_zone: str,
    *,
    expires: str | None,
    number: int,
    after: str | None,
    as_json: bool,
) -> int:
    """Print the next `number` windows. Raises InvalidInput."""
    check_count(number, MOST_WINDOWS, "--count")
    parsed = recurrences.parse(recurrence)
    opens = parse_start(start)
    check_year(opens, "start")
    found = list(
        windows(
            parsed,
            opens,
            zone(time_zone),
            parse_duration(duration),
            after=None if after is None else as_of(after),
            count=number,
            expires=parse_expiry(expires) if expires else NEVER,
        )
    )
    if as_json:
        output.print_json(window.as_json() for window in found)
        return 0
    _show(found, f"{recurrences.format(parsed)} at {opens:%H:%M} for {duration} in {time_zone}")
    for remark in _remarks(parsed, opens, found, number, from_start=after is None, expires=bool(expires)):
        output.note(remark)
    return 0


def _show(found: list[Window], title: str) -> None:
    console = output.console()
    roomy = console.width >= output.NARROW
    headers = ("Day", "Opens", "Closes", "In UTC", "Remark") if roomy else ("Day", "Opens", "Closes", "Remark")
    shown = output.table(*headers, folding=("Remark",))
    for window in found:
        utc = window.opens.astimezone(UTC)
        remark = _ADJUSTED[window.adjusted]
        if window.offset_changed:
            remark = "; ".join(filter(None, ("clocks change", remark)))
        cells = [
            Text(f"{window.opens:%a %Y-%m-%d}"),
            Text(_clock_time(window.opens), "green"),
            Text(_clock_time(window.closes)),
            Text(f"{utc:%Y-%m-%d %H:%M}", "dim"),
            Text(remark, "yellow"),
        ]
        shown.add_row(*(cells if roomy else [*cells[:3], cells[4]]))
    output.show(console, output.title(title), shown)


def _clock_time(instant: datetime) -> str:
    """`22:00 +02:00`."""
    return f"{instant:%H:%M} {instant.isoformat()[-6:]}"


def _remarks(
    parsed: recurrences.Recurrence,
    opens: datetime,
    found: list[Window],
    number: int,
    *,
    from_start: bool,
    expires: bool,
) -> list[str]:
    remarks = [f"Note: {remark}." for remark in recurrences.uncertainties(parsed)]
    if from_start and found and found[0].opens.date() != opens.date():
        remarks.append(f"Note: the start, {opens:%a %Y-%m-%d}, is not an occurrence; the first run is the next one.")
    if starts_before_midnight(opens):
        remarks.append("Note: Azure advises against new schedules that start between 23:45 and midnight.")
    if len(found) < number:
        ends = "expires" if expires else f"opens no more windows until {YEARS[-1]}"
        remarks.append(f"Note: the schedule {ends} after {output.count(len(found), 'window')}.")
    return remarks
