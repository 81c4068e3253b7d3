"""Kusto queries as text: tokens, what Resource Graph takes of the language, and forms a translator would not take.

Source of the operators, of the default table and of the limits: Microsoft Learn, "Understanding the Azure Resource
Graph query language", 2024-03-20. That page does not name ``let``, so it is refused here; whether the service takes it
is unknown.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
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
EXPANDED_ROWS = 128
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
_MODIFIERS = re.compile(r"\s*(?:(?:bagexpansion|kind|with_itemindex|flags)\s*=\s*\w+\s+)*")
_PATH = re.compile(r"\s*[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+\s*")
_OPENING, _CLOSING = "([{", ")]}"
# Stands before what a pattern without a leading text is matched against; no resource has it.
_MARK = "\N{BROKEN BAR}start\N{BROKEN BAR}"


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
        if piece in _CLOSING:
            depth -= 1
        found.append(Token(kind, piece, match.start(), depth))
        if piece in _OPENING:
            depth += 1
    return found


def _solid(text: str) -> list[Token]:
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
    solid = _solid(text)
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
    solid = _solid(text)
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
    solid = _solid(text)
    if not solid or solid[0].kind != "word":
        return text
    named = _OPERATOR.match(text, solid[0].at)
    if named is None or named.group() not in OPERATORS - {"union"}:
        return text
    return f"{DEFAULT_TABLE}|{text}"


def ignores_skip(text: str) -> bool:
    """Tell whether ``$skip`` is ignored: Resource Graph does so when a query says ``take`` or ``limit``."""
    return any(step.name in ("take", "limit") for step in steps(text))


def rewrite(text: str, tables: frozenset[str]) -> str:
    """Return a query that means the same with names of ``tables`` in lower case, and without

    * ``parse`` that begins with a column, ``split`` with an index, ``mv-expand`` of a path without a name or a limit;
    * ``isnull`` and ``isnotnull`` that tell a JSON null from a missing value.

    Raises ``TooMany`` when that is far longer than what was written.
    """
    for each in (_expand, _parse, _calls):
        text = each(text)
    if len(text) > MAX_LENGTH:
        raise TooMany("The query nests its calls too deeply.")
    return _lower(text, tables)


def _edit(text: str, edits: list[tuple[int, int, str]]) -> str:
    for start, end, replacement in sorted(edits, reverse=True):
        text = text[:start] + replacement + text[end:]
    return text


def _lower(text: str, tables: frozenset[str]) -> str:
    solid = _solid(text)
    edits = []
    for index, token in enumerate(solid):
        if token.kind != "word" or token.text.lower() not in tables:
            continue
        before = solid[index - 1].text if index else ""
        after = solid[index + 1].text if index + 1 < len(solid) else ""
        if before != "." and after not in ("=", "."):
            edits.append((token.at, token.end, token.text.lower()))
    return _edit(text, edits)


def _parts(inner: Sequence[Token], start: int, end: int) -> list[tuple[int, int]]:
    """Return the offsets of what commas part between ``start`` and ``end``."""
    level = min((token.depth for token in inner), default=0)
    parts, begin = [], start
    for token in inner:
        if token.text == "," and token.depth == level:
            parts.append((begin, token.at))
            begin = token.end
    return [*parts, (begin, end)]


def _after_modifiers(text: str, step: Step) -> int:
    modifiers = _MODIFIERS.match(text, step.start, step.end)
    return step.start if modifiers is None else modifiers.end()


def _expand(text: str) -> str:
    edits = []
    for step in steps(text):
        if step.name not in ("mv-expand", "mvexpand"):
            continue
        begin = _after_modifiers(text, step)
        limit = next((token for token in step.tokens if token.text == "limit" and token.at >= begin), None)
        stop = step.end if limit is None else limit.at
        inner = [token for token in step.tokens if begin <= token.at < stop]
        for start, end in _parts(inner, begin, stop):
            path = _PATH.fullmatch(text[start:end].split(" to ", 1)[0])
            if path is not None:
                edits.append((start, start, f" {path.group().strip().replace('.', '_')} = "))
        if limit is None:
            edits.append((step.end, step.end, f" limit {EXPANDED_ROWS} "))
        if step.name == "mvexpand":
            edits.append((step.at, step.start, "mv-expand"))
    return _edit(text, edits)


def _parse(text: str) -> str:
    edits = []
    for step in steps(text):
        if step.name != "parse" or not step.tokens:
            continue
        level = min(token.depth for token in step.tokens)
        at = next((i for i, each in enumerate(step.tokens) if each.text == "with" and each.depth == level), None)
        if at is None or at + 1 >= len(step.tokens) or step.tokens[at + 1].kind != "word":
            continue
        start, with_, column = _after_modifiers(text, step), step.tokens[at].at, step.tokens[at + 1].at
        edits.append((start, with_, f' strcat("{_MARK}", tostring({text[start:with_].strip()})) '))
        edits.append((column, column, f'"{_MARK}" '))
    return _edit(text, edits)


def _calls(text: str) -> str:
    found = tokens(text)
    closing: dict[int, int] = {}
    opened: list[int] = []
    for index, token in enumerate(found):
        if token.text in _OPENING:
            opened.append(index)
        elif token.text in _CLOSING and opened:
            closing[opened.pop()] = index
    return _rendered(found, closing, 0, len(found))


def _rendered(found: list[Token], closing: dict[int, int], start: int, end: int) -> str:
    """Return the tokens from ``start`` to before ``end`` as text, with their calls rewritten."""
    out: list[str] = []
    before, length, index = "", 0, start
    while index < end:
        token = found[index]
        opening = next((i for i in range(index + 1, end) if found[i].kind != "space"), end)
        function = _FUNCTIONS.get(token.text) if token.kind == "word" and before != "." else None
        close = closing.get(opening, end) if opening < end and found[opening].text == "(" else end
        if function is not None and close < end:
            cuts = [i for i in range(opening + 1, close) if found[i].text == "," and found[i].depth == token.depth + 1]
            bounds = [opening, *cuts, close]
            pairs = itertools.pairwise(bounds)
            piece = function([_rendered(found, closing, first + 1, last).strip() for first, last in pairs])
            index = close
        else:
            piece = token.text
        out.append(piece)
        length += len(piece)
        if length > MAX_LENGTH:
            raise TooMany("The query nests its calls too deeply.")
        before = token.text if token.kind != "space" else before
        index += 1
    return "".join(out)


def _split_at(arguments: list[str]) -> str:
    if len(arguments) != 3:
        return f"split({', '.join(arguments)})"
    element = f"split({arguments[0]}, {arguments[1]})[{arguments[2]}]"
    return f"iff(isnull({element}), dynamic([]), pack_array({element}))"


def _is_null(arguments: list[str]) -> str:
    value = ", ".join(arguments)
    return f'(isnull({value}) or gettype({value}) == "null")'


def _is_not_null(arguments: list[str]) -> str:
    value = ", ".join(arguments)
    return f'(isnotnull({value}) and gettype({value}) != "null")'


_FUNCTIONS: dict[str, Callable[[list[str]], str]] = {
    "split": _split_at,
    "isnull": _is_null,
    "isnotnull": _is_not_null,
}
