"""Texts, names and lists in Markdown of GitHub's and GitLab's flavour.

What comes from outside – names, reasons, values – is escaped: it can neither break a table nor mention anybody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from .spelling import harmless, leaf

ROWS: Final = 50
"""Rows of a table; more are counted."""
SHOWN: Final = 5
"""Names in a cell; more are counted."""

_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]<>|#~&])")
_MENTION: Final = re.compile(r"@(?=\w)")


def escape(value: object) -> str:
    """Any text as Markdown that shows it as it is, on one line."""
    words = harmless(" ".join(str(value).split()))
    # A zero-width space keeps a name from being a mention.
    return _MENTION.sub("@\u200b", _SPECIAL.sub(r"\\\1", words))


def few(labels: Sequence[str], count: int | None = None) -> str:
    """The first few resources by name, and how many more of `count` there are; labels are ids, URNs or names."""
    shown = labels[:SHOWN]
    more = (len(labels) if count is None else count) - len(shown)
    named = ", ".join(escape(leaf(label)) for label in shown)
    if not named:
        return ""
    return f"{named} and {more} more" if more > 0 else named


def left_out(number: int, columns: int) -> Iterator[str]:
    """The last row of a table that does not hold all of `number` rows."""
    if number > ROWS:
        yield f"| … | {number - ROWS} more |" + " |" * (columns - 2)
