"""Single values as Azure writes them: instants, counts, errors."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from pulumi_azure_hotpatch.engine.bodies import Body, object_at

# A date that stands for none: seen where a service fills in .NET's DateTime.MinValue.
_NEVER: Final = 1


def instant(value: Any) -> datetime | None:
    """An aware instant, None for what is none.

    Some of Arc's dates come without a zone (a recorded `billingStartDate`); the SDK's documentation calls them UTC, and
    so they are read.
    """
    if not isinstance(value, str) or not value:
        return None
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        return None
    if parsed.year == _NEVER:
        return None
    return parsed.replace(tzinfo=UTC) if parsed.utcoffset() is None else parsed


def shown_instant(value: Any) -> str | None:
    """An instant as rows have it."""
    found = instant(value)
    return None if found is None else found.isoformat()


def number(value: Any) -> int:
    """A count, 0 where there is none."""
    return int(value) if isinstance(value, int | float) else 0


def text(value: Any) -> str | None:
    """A text, None where it is absent or empty."""
    return value if isinstance(value, str) and value else None


def flag(value: Any) -> bool | None:
    """A switch, None where it is absent."""
    return value if isinstance(value, bool) else None


def error_of(properties: Body) -> str | None:
    """What went wrong, in one line; None for success.

    An `error` object is there on success too, with code `Success` or `0` (recorded traffic of azure-cli, 2024).
    """
    found = object_at(properties, "error") or object_at(properties, "errorDetails")
    code, message = text(found.get("code")), text(found.get("message"))
    if code is None or code.casefold() in ("success", "0"):
        return None
    details = [text(one.get("message")) for one in found.get("details") or () if isinstance(one, Mapping)]
    return " ".join(f"{code}: {'; '.join(filter(None, (message, *details)))}".split())


def kb_of(value: Any) -> str | None:
    """A KB number with its letters, which Azure leaves out."""
    digits = text(value)
    return None if digits is None else "KB" + digits.upper().removeprefix("KB")
