"""Printing: JSON as the contract says, tables as people like to read them.

Colours, box characters and widths follow the terminal: none of the first two on a pipe, with `NO_COLOR` or on a dumb
terminal; 120 columns where nobody says how wide it is.
"""

from __future__ import annotations

import io
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from rich import box
from rich.console import Console, RenderableType
from rich.markup import escape
from rich.segment import Segment, Segments
from rich.table import Table
from rich.text import Text

from pulumi_azure_hotpatch.engine.counting import counted
from pulumi_azure_hotpatch.report.spelling import harmless

if TYPE_CHECKING:
    from rich.status import Status

UNKNOWN_WIDTH: Final = 120
"""Columns to use where no terminal and no COLUMNS says."""
MARGIN: Final = 9
NARROW: Final = 80
"""Below this many columns a table leaves out what is nice to have."""
count = counted


_shown: Status | None = None


@contextmanager
def waiting(words: str) -> Iterator[None]:
    """Say on a terminal what is being waited for, until the first line of the answer; nothing anywhere else."""
    global _shown
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield
        return
    _shown = Console(stderr=True, highlight=False).status(escape(words))
    _shown.start()
    try:
        yield
    finally:
        _settle()


def _settle() -> None:
    global _shown
    if _shown is not None:
        _shown.stop()
        _shown = None


def print_json(rows: Iterable[Mapping[str, Any]]) -> None:
    """A list, one row a line, in UTF-8 whatever the terminal."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="strict")
    separator = "[\n  "
    for row in rows:
        _settle()
        sys.stdout.write(separator + json.dumps(row, ensure_ascii=False))
        separator = ",\n  "
    sys.stdout.write("[]\n" if separator.startswith("[") else "\n]\n")


def console() -> Console:
    """The terminal as it is."""
    known = sys.stdout.isatty() or "COLUMNS" in os.environ
    return Console(width=None if known else UNKNOWN_WIDTH, highlight=False, markup=False, emoji=False)


def show(terminal: Console, *shown: RenderableType) -> None:
    """Print, without the blanks that fill a line up."""
    write(rendered(terminal, *shown))


def rendered(terminal: Console, *shown: RenderableType) -> str:
    """What `show` prints."""
    with terminal.capture() as capture:
        for one in shown:
            terminal.print(Segments(_harmless(terminal.render(one))))
    return _FILLING.sub("", capture.get())


def _harmless(segments: Iterable[Segment]) -> Iterator[Segment]:
    for segment in segments:
        yield segment if segment.control else Segment(harmless(segment.text), segment.style)


def write(page: str) -> None:
    """Print a page as it is."""
    _settle()
    sys.stdout.write(page if page.endswith("\n") else f"{page}\n")


# Blanks at the end of a line, plain or within the codes of a style.
_FILLING: Final = re.compile(r"[ ]+$", re.MULTILINE)


def table(*headers: str, folding: Sequence[str] = ()) -> Table:
    """An empty table; the columns in `folding` wrap, the others keep their width as long as there is room."""
    made = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False, header_style="bold")
    for header in headers:
        made.add_column(header, no_wrap=header not in folding, overflow="fold")
    return made


def title(words: str) -> Text:
    """The line above a table."""
    return Text(words, "bold")


def indented(words: str | Text, label: str = "", style: str = "") -> Table:
    """A paragraph with a margin, in which there is room for a label."""
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=MARGIN, no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(Text(f"  {label}", style), words)
    return grid


def note(message: str) -> None:
    """One line beside the answer, on standard error."""
    _settle()
    print(harmless(message), file=sys.stderr)
