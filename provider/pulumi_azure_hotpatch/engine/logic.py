"""A small expression language with three answers: true, false and unknown (Kleene's strong logic).

An expression is data, so that one rule can be evaluated here, compiled to KQL and printed in the documentation. A field's value is looked
up by its dotted name in a dataclass (or mapping); `UNKNOWN` means "not known yet", `None` means "known to be absent".

Texts compare without letter case, as Azure does.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar, Union


class Unknown(enum.Enum):
    """The type of `UNKNOWN`, the value of a field that will be known later."""

    UNKNOWN = "unknown"

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown.UNKNOWN
T = TypeVar("T")
Maybe = Union[T, Unknown]  # noqa: UP007 - a generic alias needs Union on Python 3.11
Truth = bool | Unknown


@dataclass(frozen=True)
class Expression:
    """The root of all expressions."""

    def __and__(self, other: Expression) -> Expression:
        return All((self, other))

    def __or__(self, other: Expression) -> Expression:
        return Any_((self, other))

    def __invert__(self) -> Expression:
        return Not(self)


@dataclass(frozen=True)
class Equals(Expression):
    """`field == value`; an absent field equals None only."""

    field: str
    value: str | bool | int | None


@dataclass(frozen=True)
class In(Expression):
    """`field` is one of `values`."""

    field: str
    values: tuple[str | bool | int | None, ...]


@dataclass(frozen=True)
class AtLeast(Expression):
    """`field >= bound`, for numbers (durations in minutes); an absent field is false."""

    field: str
    bound: int


@dataclass(frozen=True)
class Not(Expression):
    """Kleene's negation."""

    part: Expression


@dataclass(frozen=True)
class All(Expression):
    """Kleene's conjunction: false wins over unknown."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True)
class Any_(Expression):  # noqa: N801 - `Any` is taken by typing
    """Kleene's disjunction: true wins over unknown."""

    parts: tuple[Expression, ...]


def evaluate(expression: Expression, facts: object) -> Truth:
    """The truth of `expression` on `facts`: True, False or UNKNOWN. Raises LookupError for a field that `facts` cannot have."""
    match expression:
        case Equals(field, value):
            found = look_up(facts, field)
            return UNKNOWN if found is UNKNOWN else fold(found) == fold(value)
        case In(field, values):
            found = look_up(facts, field)
            return UNKNOWN if found is UNKNOWN else fold(found) in {fold(value) for value in values}
        case AtLeast(field, bound):
            found = look_up(facts, field)
            return UNKNOWN if found is UNKNOWN else found is not None and found >= bound
        case Not(part):
            return negate(evaluate(part, facts))
        case All(parts):
            return every(evaluate(part, facts) for part in parts)
        case Any_(parts):
            return negate(every(negate(evaluate(part, facts)) for part in parts))
    raise TypeError(f"not an expression: {expression!r}")


def negate(truth: Truth) -> Truth:
    """True and False swap, UNKNOWN stays."""
    return UNKNOWN if truth is UNKNOWN else not truth


def every(truths: Iterator[Truth]) -> Truth:
    """False if any is false, else UNKNOWN if any is unknown, else True."""
    result: Truth = True
    for truth in truths:
        if truth is False:
            return False
        if truth is UNKNOWN:
            result = UNKNOWN
    return result


def fields(expression: Expression) -> frozenset[str]:
    """Every field name that `expression` looks at."""
    match expression:
        case Equals(field, _) | In(field, _) | AtLeast(field, _):
            return frozenset((field,))
        case Not(part):
            return fields(part)
        case All(parts) | Any_(parts):
            return frozenset().union(*(fields(part) for part in parts))
    raise TypeError(f"not an expression: {expression!r}")


def unknown_fields(expression: Expression, facts: object) -> tuple[str, ...]:
    """The fields of `expression` that are UNKNOWN in `facts`, sorted."""
    return tuple(sorted(field for field in fields(expression) if look_up(facts, field) is UNKNOWN))


def look_up(facts: object, dotted: str) -> Any:
    """The value at a dotted name. UNKNOWN and None spread to everything below them. Raises LookupError for a name that does not exist."""
    value: Any = facts
    for step in dotted.split("."):
        if value is UNKNOWN or value is None:
            return value
        if isinstance(value, Mapping):
            value = value.get(step)
        elif hasattr(value, step):
            value = getattr(value, step)
        else:
            raise LookupError(f"{type(facts).__name__} has no field '{dotted}'")
    return value


def fold(value: Any) -> Any:
    """`value` ready to compare: text without letter case, everything else as it is (so that `1` and `True` stay apart)."""
    if isinstance(value, str):
        return value.casefold()
    return (type(value), value)
