"""What "as of" means: the instant an answer is for."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Final

from pulumi_azure_hotpatch.errors import InvalidInput

YEARS: Final = range(1970, 2201)
"""The years that can be asked about: zones have whole minutes in them, and there is time ahead of them."""
MOST_MONTHS: Final = 600
MOST_WINDOWS: Final = 10_000

_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


def instant_of(given: datetime | date | str, what: str = "as_of") -> datetime:
    """A day is its first instant in UTC; an instant, or its text in RFC 3339, needs an offset.

    Raises InvalidInput that calls it `what`.
    """
    parsed = _parse(given, what) if isinstance(given, str) else given
    check_year(parsed, what)
    if not isinstance(parsed, datetime):
        return datetime(parsed.year, parsed.month, parsed.day, tzinfo=UTC)
    if parsed.utcoffset() is None:
        shown = given if isinstance(given, str) else given.isoformat()
        raise InvalidInput(f"{what} {shown!r}: an instant needs an offset, e.g. '2026-11-22T09:00:00Z'")
    return parsed


def check_year(day: date, what: str) -> None:
    """Raises InvalidInput for a day outside `YEARS`."""
    if day.year not in YEARS:
        raise InvalidInput(f"{what} {day.isoformat()[:10]!r}: expected a year from {YEARS[0]} to {YEARS[-1]}")


def check_count(number: int, most: int, what: str) -> None:
    """Raises InvalidInput for a number outside 1 … `most`."""
    if not 1 <= number <= most:
        raise InvalidInput(f"{what} {number}: expected 1 to {most}")


def _parse(text: str, what: str) -> datetime | date:
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(f"{what} {text!r}: expected YYYY-MM-DD, e.g. '2026-11-22'") from None
