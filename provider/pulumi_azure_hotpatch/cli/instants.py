"""What `--as-of` means."""

from __future__ import annotations

from datetime import datetime

from pulumi_azure_hotpatch.engine.instants import instant_of
from pulumi_azure_hotpatch.host.system_clock import SystemClock


def as_of(text: str | None) -> datetime:
    """The instant to answer for: a day is its first instant in UTC, nothing is now. Raises InvalidInput."""
    return SystemClock().now() if text is None else instant_of(text, "--as-of")
