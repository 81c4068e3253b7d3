"""When a ring of a rollout may start, in words."""

from __future__ import annotations

from .counting import counted
from .rollout_rings import earliest_start


def start_in_words(
    month: str | None, deferral_days: int, start_at: str, time_zone: str, *, after: str | None = None
) -> str:
    """`after` is the ring before it. Raises InvalidInput for what is no month, time or zone."""
    previous = f"after ring '{after}'" if after is not None else ""
    if month is None:
        return previous or "at once"
    start = earliest_start(month, deferral_days, start_at, time_zone)
    days = counted(deferral_days, "day")
    day = f"{start:%Y-%m-%d %H:%M} {time_zone} ({days} after Patch Tuesday of {month})"
    return f"{day} at the earliest" + (f", and {previous}" if previous else "")
