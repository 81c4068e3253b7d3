"""The pages of the documentation, and what each of their blocks promises.

| block | promise |
|---|---|
| a language and `title="name"` | a file of that name is there from here on |
| `sh` | these commands run in the page's folder and end with 0; after `<!-- ends with 1 -->` one at least ends with 1 |
| `text` after `sh` | what those commands print; `...` stands for anything |
| `python` without a title | a whole program, which declares what it declares |
| `yaml`, `json` without a title | can be parsed |
| `mermaid` | there is a picture of it in `docs/pictures/diagrams` |
| one line `--8<-- "path"` | the file of the checkout |

A page says in its head that its commands need an Azure: `azure: default`, or an inventory of the checkout, and the
environment has a simulated one; `azure: started by the page`, and it has none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from markdown_it import MarkdownIt

CHECKOUT = Path(__file__).parents[2]
DOCS = CHECKOUT / "docs"

LANGUAGES = frozenset(("sh", "text", "python", "yaml", "json", "mermaid"))
OWN_AZURE = "started by the page"
# The catalogue and the reference are written by tools and compared with what those would write.
GENERATED = ("rules/", "reference/")

_HEAD = re.compile(r"---\n(.*?)^---\n", re.MULTILINE | re.DOTALL)
_INCLUDED = re.compile(r'\s*--8<-- "([^"]+)"\s*')
_TITLE = re.compile(r'\btitle="([^"]+)"')
_ENDS_WITH = re.compile(r"<!-- ends with (\d+) -->\s*")


@dataclass(frozen=True)
class Block:
    """One fenced block: `text` as a reader sees it, included files in full."""

    page: str
    line: int
    language: str
    title: str | None
    text: str
    ends_with: int
    included: str | None

    @property
    def place(self) -> str:
        """Where it stands, for messages."""
        return f"docs/{self.page}:{self.line}"


@dataclass(frozen=True)
class Page:
    """One Markdown file."""

    path: Path

    @property
    def name(self) -> str:
        """Its path below `docs/`; other files keep their name."""
        return self.path.relative_to(DOCS).as_posix() if self.path.is_relative_to(DOCS) else self.path.name

    @cached_property
    def head(self) -> dict[str, Any]:
        """What the page says of itself before its text."""
        found = _HEAD.match(self.path.read_text(encoding="utf-8"))
        return dict(yaml.safe_load(found[1])) if found else {}

    @cached_property
    def text(self) -> str:
        """The Markdown below the head; as many lines as the file has, so that places are right."""
        text = self.path.read_text(encoding="utf-8")
        found = _HEAD.match(text)
        return "\n" * text[: found.end()].count("\n") + text[found.end() :] if found else text

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """The fenced blocks, in order."""
        return tuple(self._read())

    def _read(self) -> Iterator[Block]:
        ends_with = 0
        for token in MarkdownIt().parse(self.text):
            if token.type == "html_block":
                said = _ENDS_WITH.fullmatch(token.content)
                ends_with = int(said[1]) if said else 0
            elif token.type == "fence":
                language, _, rest = token.info.strip().partition(" ")
                included = _INCLUDED.fullmatch(token.content)
                text = (CHECKOUT / included[1]).read_text(encoding="utf-8") if included else token.content
                title = _TITLE.search(rest)
                line = (token.map or [0])[0] + 1
                yield Block(
                    self.name,
                    line,
                    language,
                    title[1] if title else None,
                    text,
                    ends_with,
                    included[1] if included else None,
                )
                ends_with = 0
            elif token.map:
                ends_with = 0


def pages() -> list[Page]:
    """Every page that somebody wrote, by name."""
    found = (Page(path) for path in DOCS.rglob("*.md"))
    return sorted((page for page in found if not page.name.startswith(GENERATED)), key=lambda page: page.name)
