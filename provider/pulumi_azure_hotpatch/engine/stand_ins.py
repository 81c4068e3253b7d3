"""Parts of ids that Azure has yet to say, and what can be said of them all the same."""

from __future__ import annotations

from typing import Final

from .logic import UNKNOWN, Maybe

LATER: Final = "not-known-yet"
"""Stands for a part of which nothing is known; two of them may turn out to be the same or not."""


def stand_in(number: object) -> str:
    """A part that will be the same wherever it stands, whatever it will be."""
    return f"{LATER}-{number}"


def is_stand_in(text: str) -> bool:
    """Whether an id, or a part of one, is not known in full."""
    return LATER in text or LATER in text.casefold()


def same(one: str, other: str) -> Maybe[bool]:
    """Whether two parts are the same, without letter case."""
    first, second = one.casefold(), other.casefold()
    if LATER in (first, second):
        return UNKNOWN
    if first == second:
        return True
    return UNKNOWN if is_stand_in(first) or is_stand_in(second) else False
