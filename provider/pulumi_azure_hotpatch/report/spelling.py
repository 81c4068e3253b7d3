"""How reports spell instants, windows, counts and names."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time
from typing import Final

from pulumi_azure_hotpatch.observing.values import instant

# Control characters but tab and newline, and those that turn the direction of what follows.
_COMMANDS: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def harmless(text: str) -> str:
    """A text that commands a terminal nothing and hides nothing: what is no character to see shows as one."""
    return _COMMANDS.sub("\N{REPLACEMENT CHARACTER}", text)


def spell_instant(moment: datetime) -> str:
    """`2026-12-12 22:00 -05:00`; a day where more is not known."""
    if moment.tzinfo is UTC and moment.time() == time.min:
        return moment.date().isoformat()
    return f"{moment:%Y-%m-%d %H:%M} {moment.isoformat()[-6:]}"


def spell_utc(text: str | None) -> str | None:
    """An instant in RFC 3339 to the minute, in UTC: `2026-11-20 08:15`; None for what is none."""
    moment = instant(text)
    return None if moment is None else f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}"


def spell_window(earliest: datetime | None, latest: datetime | None) -> str:
    """`2026-12-12 22:00 to 2026-12-13 01:00 -05:00`, the offset once where it is the same; a dash for no window."""
    if earliest is None or latest is None:
        return "–"
    first, last = spell_instant(earliest), spell_instant(latest)
    offset = first[-7:]
    if len(first) == len(last) > len("2026-12-12") and last.endswith(offset):
        first = first.removesuffix(offset)
    return f"{first} to {last}"


def leaf(resource: str) -> str:
    """The last part of an ARM id or a URN; an assignment is named after its machine too."""
    if resource.startswith("urn:"):
        return resource.rpartition("::")[2]
    parts = resource.rstrip("/").split("/")
    of_machine = len(parts) > 5 and [part.casefold() for part in parts].count("providers") > 1
    return f"{parts[-1]} for {parts[-5]}" if of_machine else parts[-1] or resource
