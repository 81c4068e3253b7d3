"""What `--as-of` means."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Final

from pulumi_azure_hotpatch.errors import InvalidInput
from pulumi_azure_hotpatch.host.system_clock import SystemClock

_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


def as_of(text: str | None) -> datetime:
    """The instant to answer for: a day is its first instant in UTC, an instant needs an offset, nothing is now.

    Raises InvalidInput for another form.
    """
    if text is None:
        return SystemClock().now()
    try:
        if _DAY.fullmatch(text):
            day = date.fromisoformat(text)
            return datetime(day.year, day.month, day.day, tzinfo=UTC)
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(f"--as-of {text!r}: expected YYYY-MM-DD, e.g. '2026-11-22'") from None
    if instant.utcoffset() is None:
        raise InvalidInput(f"--as-of {text!r}: an instant needs an offset, e.g. '2026-11-22T09:00:00Z'")
    return instant
