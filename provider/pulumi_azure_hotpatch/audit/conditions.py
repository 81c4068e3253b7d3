"""Expressions as Kusto conditions, with Kleene's three answers.

Kusto has two, so that an expression becomes two conditions: one that says it is true, one that says it is false; where
neither holds it is unknown. A fact that a table does not have makes an expression that cannot be written.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from pulumi_azure_hotpatch.engine.logic import All, Any_, AtLeast, Equals, Expression, In, Not
from pulumi_azure_hotpatch.engine.rules import Rule

from .columns import NOT_KNOWN, Table

ALWAYS: Final = "true"
NEVER: Final = "false"


class NotExpressible(LookupError):
    """An expression asks for a fact that no table of Resource Graph holds; the message is the fact's name."""


@dataclass(frozen=True, slots=True)
class Condition:
    """When an expression is true, and when it is false."""

    true: str
    false: str


def condition(expression: Expression, table: Table) -> Condition:
    """The expression over a table's columns. Raises NotExpressible."""
    match expression:
        case Equals(field, value):
            return _among(field, (value,), table)
        case In(field, values):
            return _among(field, values, table)
        case AtLeast(field, bound):
            number = f"tolong({_column(field, table)})"
            return Condition(
                f"{number} >= {bound}",
                f"{_column(field, table)} != '{NOT_KNOWN}' and (isnull({number}) or {number} < {bound})",
            )
        case Not(part):
            inner = condition(part, table)
            return Condition(inner.false, inner.true)
        case All(parts):
            every = [condition(part, table) for part in parts]
            return Condition(_every(one.true for one in every), _some(one.false for one in every))
        case Any_(parts):
            every = [condition(part, table) for part in parts]
            return Condition(_some(one.true for one in every), _every(one.false for one in every))
    raise TypeError(f"not an expression: {expression!r}")


@dataclass(frozen=True, slots=True)
class Words:
    """What a query calls the verdicts, and what it says of a subject that a rule is not about."""

    passed: str
    failed: str
    unknown: str
    silent: str


LETTERS: Final = Words(passed="p", failed="f", unknown="u", silent="-")
NAMES: Final = Words(passed="pass", failed="fail", unknown="unknown", silent="")


def verdict(rule: Rule, table: Table, words: Words) -> str:
    """A rule as an expression that is one of four words. Raises NotExpressible.

    The order is that of `engine.rules.judge`: what holds passes, even while it is not known whether the rule applies.
    """
    applies, holds = condition(rule.applies_to, table), condition(rule.require, table)
    cases = (
        (applies.false, words.silent),
        (holds.true, words.passed),
        (_every((applies.true, holds.false)), words.failed),
    )
    chosen = ", ".join(f"{when}, '{word}'" for when, word in cases if when != NEVER)
    return f"case({chosen}, '{words.unknown}')"


def _among(field: str, values: Iterable[str | bool | int | None], table: Table) -> Condition:
    if field in table.constants:
        holds = table.constants[field] in tuple(values)
        return Condition(ALWAYS if holds else NEVER, NEVER if holds else ALWAYS)
    column = _column(field, table)
    texts = [_text(value) for value in values]
    if len(texts) == 1:
        return Condition(f"{column} =~ {texts[0]}", f"{column} !in~ ({texts[0]}, '{NOT_KNOWN}')")
    listed = ", ".join(texts)
    return Condition(f"{column} in~ ({listed})", f"{column} !in~ ({listed}, '{NOT_KNOWN}')")


def _column(field: str, table: Table) -> str:
    try:
        return table.columns[field].name
    except KeyError:
        raise NotExpressible(field) from None


def _text(value: str | bool | int | None) -> str:
    match value:
        case None:
            return "''"
        case bool():
            return "'true'" if value else "'false'"
        case _:
            return _quoted(str(value))


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _every(conditions: Iterable[str]) -> str:
    parts = [one for one in conditions if one != ALWAYS]
    if NEVER in parts:
        return NEVER
    return _joined(" and ", parts) if parts else ALWAYS


def _some(conditions: Iterable[str]) -> str:
    parts = [one for one in conditions if one != NEVER]
    if ALWAYS in parts:
        return ALWAYS
    return _joined(" or ", parts) if parts else NEVER


def _joined(word: str, parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"({word.join(parts)})"


def is_expressible(rule: Rule, table: Table) -> bool:
    """Whether a rule's condition and requirement can be written over a table."""
    try:
        verdict(rule, table, LETTERS)
    except NotExpressible:
        return False
    return True
