"""`azure-hotpatch calendar`."""

from __future__ import annotations

from datetime import date
from typing import Final

from rich.text import Text

from pulumi_azure_hotpatch.engine.calendar import CalendarRow, calendar, historic_unplanned_rate, parse_era
from pulumi_azure_hotpatch.engine.extra_releases import read_releases
from pulumi_azure_hotpatch.engine.instants import check_year
from pulumi_azure_hotpatch.engine.releases import Kind, Month, Release, Status, parse_product, support
from pulumi_azure_hotpatch.errors import InvalidInput

from . import output
from .instants import as_of
from .reading import read_document

MONTHS: Final = 12
"""How many months are shown where no end is given."""

_HEADERS: Final = ("Month", "Date", "Release", "KB", "Build", "Restart", "Status", "Source")
_NARROW: Final = ("Month", "Release", "KB", "Restart", "Status")
_STYLES: Final = {
    Kind.BASELINE: "yellow",
    Kind.UNPLANNED_BASELINE: "bold red",
    Kind.HOTPATCH: "green",
    Kind.OOB_HOTPATCH: "green",
    Kind.UNKNOWN: "magenta",
}
_RESTARTS: Final = {True: "yes", False: "no", None: "?"}


def extra_releases(path: str | None) -> tuple[Release, ...]:
    """The user's own releases, none without a file. Raises InvalidInput that names the file."""
    if path is None:
        return ()
    try:
        return read_releases(read_document(path))
    except InvalidInput as error:
        raise InvalidInput(str(error) if str(error).startswith(path) else f"{path}: {error}") from None


def run(
    product: str,
    first: str | None,
    last: str | None,
    *,
    era: str,
    standard: bool,
    releases: str | None,
    today: str | None,
    as_json: bool,
) -> int:
    """Print the calendar; without `first` it begins with the month of `today`. Raises InvalidInput."""
    first_month = Month.parse(first) if first is not None else Month.of(as_of(today).date())
    last_month = Month.parse(last) if last is not None else first_month.plus(MONTHS - 1)
    for month, option in ((first_month, "--from"), (last_month, "--to")):
        check_year(date(month.year, month.month, 1), option)
    rows = calendar(product, first_month, last_month, era=era, extra=extra_releases(releases), standard=standard)
    if as_json:
        output.print_json(row.as_json() for row in rows)
    else:
        _show(rows, f"{support(parse_product(product)).title}, {first_month} to {last_month}")
        if parse_era(era) == "current":
            _show_expectation(product, rows)
    return 0


def _show(rows: list[CalendarRow], title: str) -> None:
    console = output.console()
    sources = list(dict.fromkeys(row.as_json()["source"] for row in rows))
    roomy = console.width >= output.NARROW
    shown = output.table(*(_HEADERS if roomy else _NARROW), folding=("Release",))
    for row in rows:
        style = _STYLES.get(row.kind, "")
        muted = "" if row.status is Status.RELEASED else "dim"
        cells = {
            "Month": Text(str(row.month)),
            "Date": Text(row.date.isoformat() if row.date else "-", muted),
            "Release": Text(_in_words(row), style),
            "KB": Text(row.kb or "-", muted),
            "Build": Text(row.build or "-", muted),
            "Restart": Text(_RESTARTS[row.reboot]),
            "Status": Text(row.status, muted),
            "Source": Text(f"[{sources.index(row.as_json()['source']) + 1}]", "dim"),
        }
        shown.add_row(*(cells[header] for header in (_HEADERS if roomy else _NARROW)))
    output.show(console, output.title(title), shown)
    if roomy:
        notes = (Text(f"[{number}] {source}", "dim") for number, source in enumerate(sources, start=1))
        output.show(console, "", *notes)


def _show_expectation(product: str, rows: list[CalendarRow]) -> None:
    """How many restarts the rows bring, and how often a planned hotpatch month became a baseline so far."""
    console = output.console()
    months = len({row.month for row in rows})
    restarts = sum(row.reboot is True for row in rows if row.kind.is_baseline)
    unknown = sum(row.kind is Kind.UNKNOWN for row in rows)
    line = f"{output.count(restarts, 'restart')} in {output.count(months, 'month')}"
    if unknown:
        line += f", {output.count(unknown, 'month')} not known"
    if any(row.status is not Status.RELEASED and row.kind is Kind.HOTPATCH for row in rows):
        past = historic_unplanned_rate(product)
        line += (
            f"; so far {past.unplanned} of {past.planned_hotpatch_months} planned hotpatch months became "
            "unplanned baselines"
        )
    output.show(console, Text(f"{line}.", "bold"))


def _in_words(row: CalendarRow) -> str:
    words = "out-of-band hotpatch" if row.kind is Kind.OOB_HOTPATCH else row.kind.replace("_", " ")
    if row.planned_as is not None and row.kind is Kind.UNKNOWN:
        return f"{words}, planned: {row.planned_as}"
    return words
