"""Kusto queries as text: tokens, steps of pipelines, and what Resource Graph takes of the language.

Source of the operators, of the default table and of the limits: Microsoft Learn, "Understanding the Azure Resource
Graph query language", 2024-03-20. That page does not name ``let``, so it is refused here; whether the service takes it
is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# fmt: off
OPERATORS = frozenset([
    "count", "distinct", "extend", "join", "limit", "mvexpand", "mv-expand", "order", "parse", "project",
    "project-away", "sort", "summarize", "take", "top", "union", "where",
])
OTHER_OPERATORS = frozenset([
    "as", "assert-schema", "consume", "evaluate", "facet", "filter", "find", "fork", "getschema", "graph-match",
    "graph-shortest-paths", "graph-to-table", "invoke", "lookup", "macro-expand", "make-graph", "make-series",
    "mv-apply", "parse-kv", "parse-where", "partition", "project-keep", "project-rename", "project-reorder", "reduce",
    "render", "sample", "sample-distinct", "scan", "search", "serialize", "top-hitters", "top-nested",
])
OTHER_SOURCES = frozenset([
    "alias", "datatable", "declare", "externaldata", "find", "let", "pattern", "print", "range", "search", "set",
])
# fmt: on
LIMITS = {"join": 3, "mv-expand": 3, "union": 3}
MAX_LENGTH = 100_000
"""Of a query, as it is sent and as it is rewritten. The service's own limits, of this and of nesting, are not known."""
MAX_DEPTH = 64
DEFAULT_TABLE = "resources"

_TOKEN = re.compile(
    r"(?P<space>\s+|//[^\n]*)"
    r"|(?P<string>[hH]?(?:@\"(?:[^\"]|\"\")*\"|@'(?:[^']|'')*'|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|```.*?```))"
    r"|(?P<word>[A-Za-z_$][\w$]*)"
    r"|(?P<number>\d[\w.]*)"
    r"|(?P<other>.)",
    re.DOTALL,
)
_OPERATOR = re.compile(r"[A-Za-z]+(?:-[A-Za-z]+)*")
OPENING, CLOSING = "([{", ")]}"


class NotTaken(ValueError):
    """An operator or statement that Resource Graph does not take; ``word`` is it."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


class TooMany(ValueError):
    """More of an operator in one query than Resource Graph takes."""


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a query.

    ``kind`` is space, string, word, number or other; ``at`` its offset; ``depth`` how many brackets are around it.
    """

    kind: str
    text: str
    at: int
    depth: int

    @property
    def end(self) -> int:
        """The offset after it."""
        return self.at + len(self.text)


def tokens(text: str) -> list[Token]:
    """Return all of ``text`` as tokens; a bracket has the depth of what is around it."""
    found: list[Token] = []
    depth = 0
    for match in _TOKEN.finditer(text):
        kind, piece = match.lastgroup or "other", match.group()
        if piece in CLOSING:
            depth -= 1
        found.append(Token(kind, piece, match.start(), depth))
        if piece in OPENING:
            depth += 1
    return found


def solid_tokens(text: str) -> list[Token]:
    """Return the tokens that are neither space nor comment."""
    return [token for token in tokens(text) if token.kind != "space"]


@dataclass(frozen=True, slots=True)
class Step:
    """One operator of a pipeline: its name at ``at`` to ``start``, and the tokens that follow it, up to ``end``."""

    name: str
    at: int
    start: int
    end: int
    tokens: tuple[Token, ...]


def steps(text: str) -> Iterator[Step]:
    """Yield every operator, those of nested pipelines too, in the order in which they are written."""
    solid = solid_tokens(text)
    for index, token in enumerate(solid[:-1]):
        begins = index == 0 or solid[index - 1].text in "(;"
        piped = token.text == "|"
        named = _OPERATOR.match(text, solid[index + 1].at if piped else token.at)
        if named is None or not (piped or (begins and named.group() == "union")):
            continue
        last = next((i for i in range(index + 1, len(solid)) if _ends(solid[i], token.depth)), len(solid))
        end = solid[last].at if last < len(solid) else len(text)
        inner = tuple(each for each in solid[index:last] if each.at >= named.end())
        yield Step(named.group(), named.start(), named.end(), end, inner)


def _ends(token: Token, depth: int) -> bool:
    return token.depth < depth or (token.depth == depth and token.text in ("|", ";"))


def check(text: str) -> None:
    """Raise ``NotTaken`` or ``TooMany`` for what Resource Graph has not."""
    if len(text) > MAX_LENGTH:
        raise TooMany(f"A query has at most {MAX_LENGTH} characters.")
    solid = solid_tokens(text)
    if any(token.depth >= MAX_DEPTH for token in solid):
        raise TooMany(f"A query is nested at most {MAX_DEPTH} deep.")
    for index, token in enumerate(solid):
        begins = index == 0 or solid[index - 1].text in "(;"
        calls = index + 1 < len(solid) and solid[index + 1].text == "="
        if begins and not calls and token.kind == "word" and token.text in OTHER_SOURCES:
            raise NotTaken(token.text)
    counts = dict.fromkeys(LIMITS, 0)
    for step in steps(text):
        if step.name in OTHER_OPERATORS:
            raise NotTaken(step.name)
        kind = "mv-expand" if step.name == "mvexpand" else step.name
        if kind in counts:
            counts[kind] += 1
            if counts[kind] > LIMITS[kind]:
                raise TooMany(f"A query has at most {LIMITS[kind]} {kind} operators.")


def with_table(text: str) -> str:
    """Return ``text`` with the default table put before it where it begins with an operator."""
    solid = solid_tokens(text)
    if not solid or solid[0].kind != "word":
        return text
    named = _OPERATOR.match(text, solid[0].at)
    if named is None or named.group() not in OPERATORS - {"union"}:
        return text
    return f"{DEFAULT_TABLE}|{text}"


def ignores_skip(text: str) -> bool:
    """Tell whether ``$skip`` is ignored: Resource Graph does so when a query says ``take`` or ``limit``."""
    return any(step.name in ("take", "limit") for step in steps(text))
