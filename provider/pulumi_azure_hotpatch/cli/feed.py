"""`azure-hotpatch feed`."""

from __future__ import annotations

from collections.abc import Sequence

from pulumi_azure_hotpatch.engine.forecast import forecast
from pulumi_azure_hotpatch.engine.instants import MOST_MONTHS, check_count
from pulumi_azure_hotpatch.report.feed import events, feed

from . import output
from .calendar import extra_releases
from .inputs import read_estate
from .instants import as_of
from .writing import write_file


def run(
    paths: Sequence[str], months: int, *, to: str, only_restarts: bool, releases: str | None, today: str | None
) -> int:
    """Write the feed over whatever was there. Raises InvalidInput and ConfigurationError."""
    check_count(months, MOST_MONTHS, "--months")
    instant = as_of(today)
    estate = read_estate(paths, instant).estate
    found = forecast(estate.members(), instant, months, extra=extra_releases(releases))
    made = events(found, only_restarts=only_restarts)
    write_file(to, feed(made, instant))
    output.note(f"{output.count(len(made), 'event')} written to {to}; import it again to update them.")
    return 0
