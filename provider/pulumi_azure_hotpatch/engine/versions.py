"""Dotted version numbers, compared."""

from __future__ import annotations

from .logic import UNKNOWN, Maybe


def is_older(version: Maybe[str | None], minimum: str) -> Maybe[bool | None]:
    """Whether `version` comes before `minimum`; None for a version that is absent or not made of numbers."""
    if version is UNKNOWN:
        return UNKNOWN
    found = _numbers(version)
    return None if found is None else found < (_numbers(minimum) or ())


def _numbers(version: str | None) -> tuple[int, ...] | None:
    parts = (version or "").strip().split(".")
    return tuple(int(part) for part in parts) if all(part.isdecimal() for part in parts) else None
