"""The texts of a maintenance window's times: `HH:MM` durations, `YYYY-MM-DD HH:MM` starts and expiries.

Starts and expiries are wall-clock times in the schedule's own zone, hence naive; `window.py` gives them their offset.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Final

from pulumi_azure_hotpatch.errors import InvalidInput

GUEST_MINIMUM: Final = timedelta(hours=1, minutes=30)
"""Shortest window of scope InGuestPatch. Source: Microsoft Learn, maintenance configurations, 2026-09-25."""
GUEST_MAXIMUM: Final = timedelta(hours=3, minutes=55)
"""Longest window of scope InGuestPatch, same source; public code with 04:00 exists, so every check takes its own
maximum."""
NEVER: Final = datetime.combine(date.max, time(23, 59, 59))
"""The expiry Azure assumes when none is given. Source: Microsoft Learn, manage VMs programmatically, 2024-10-17."""

_DURATION: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_LOCAL_TIME: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})[ T](\d{2}):(\d{2})(?::(\d{2}))?")


def parse_duration(
    text: str,
    *,
    minimum: timedelta = GUEST_MINIMUM,
    maximum: timedelta | None = GUEST_MAXIMUM,
) -> timedelta:
    """`"03:55"` as a timedelta; raises InvalidInput for another form or a length outside `minimum`…`maximum` (None =
    no upper bound).

    Source of the form: hashicorp/terraform-provider-azurerm, maintenance configuration schema, 2026-08-21.
    """
    match = _DURATION.fullmatch(text)
    if match is None:
        raise InvalidInput(f"duration {text!r}: expected two-digit hours and minutes, e.g. '03:55'")
    duration = timedelta(hours=int(match[1]), minutes=int(match[2]))
    if duration < minimum:
        raise InvalidInput(f"duration {text!r} is too short: the window must last at least {format_duration(minimum)}")
    if maximum is not None and duration > maximum:
        raise InvalidInput(f"duration {text!r} is too long: the window may last at most {format_duration(maximum)}")
    return duration


def format_duration(duration: timedelta) -> str:
    """A timedelta as `HH:MM`; raises InvalidInput for less than a minute's precision or anything outside
    00:00…23:59."""
    minutes, rest = divmod(duration, timedelta(minutes=1))
    if rest or not 0 <= minutes < 24 * 60:
        raise InvalidInput(f"duration {duration}: expected whole minutes between 00:00 and 23:59, e.g. '03:55'")
    return f"{minutes // 60:02}:{minutes % 60:02}"


def parse_start(text: str) -> datetime:
    """`"2026-03-10 22:00"` as naive wall-clock time; raises InvalidInput for another form or a day that does not
    exist.

    Source of the form: Microsoft Learn, manage VMs programmatically, 2024-10-17.
    """
    return _parse_local(text, "start")


def parse_expiry(text: str | None) -> datetime:
    """As `parse_start`; no text (or an empty one) is `NEVER`, the service's own default."""
    return _parse_local(text, "expiry") if text else NEVER


def format_local(local: datetime) -> str:
    """A naive time as Azure writes it, `YYYY-MM-DD HH:MM`; seconds only where there are any (as in `NEVER`)."""
    return local.isoformat(" ", "seconds" if local.second else "minutes")


def _parse_local(text: str, what: str) -> datetime:
    match = _LOCAL_TIME.fullmatch(text.strip())
    if match is None:
        raise InvalidInput(f"{what} {text!r}: expected 'YYYY-MM-DD HH:MM', e.g. '2026-03-10 22:00'")
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups())
    try:
        return datetime.combine(date(year, month, day), time(hour, minute, second))
    except ValueError as error:
        raise InvalidInput(f"{what} {text!r} does not exist: {error}; e.g. '2026-03-10 22:00'") from None
