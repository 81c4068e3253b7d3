"""Kusto queries put into other words: forms that Resource Graph takes and the translator does not.

The translator is duckdb-kql 1.1; each rewriting goes when it takes the form by itself.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence

from .kql_text import CLOSING, MAX_LENGTH, OPENING, Step, Token, TooMany, solid_tokens, steps, tokens

EXPANDED_ROWS = 128
"""Rows of an ``mv-expand`` without a limit. Source: Microsoft Learn, Resource Graph query language, 2024-03-20."""

_MODIFIERS = re.compile(r"\s*(?:(?:bagexpansion|kind|with_itemindex|flags)\s*=\s*\w+\s+)*")
_PATH = re.compile(r"\s*[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+\s*")
# Stands before what a pattern without a leading text is matched against; no resource has it.
_MARK = "\N{BROKEN BAR}start\N{BROKEN BAR}"


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
    solid = solid_tokens(text)
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
        if token.text in OPENING:
            opened.append(index)
        elif token.text in CLOSING and opened:
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
