"""A small expression language with three answers: true, false and unknown (Kleene's strong logic).

An expression is data, so that one rule can be evaluated here, compiled to KQL and printed in the documentation. A
field's value is looked up by its dotted name in a dataclass (or mapping); `UNKNOWN` means "not known yet", `None` means
"known to be absent".

Texts compare without letter case, as Azure does.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
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


class Row(dict[str, Any]):
    """Facts by dotted name, folded and looked up once: what compiled expressions read.

    `row["settings.patch_mode"]` is `fold(look_up(facts, "settings.patch_mode"))`. Raises LookupError for a name that
    does not exist.
    """

    __slots__ = ("facts",)

    def __init__(self, facts: object) -> None:
        super().__init__()
        self.facts = facts

    def __missing__(self, dotted: str) -> Any:
        value = self[dotted] = fold(look_up(self.facts, dotted))
        return value


@dataclass(frozen=True)
class Expression:
    """The root of all expressions."""

    @cached_property
    def test(self) -> Callable[[Row], Truth]:
        """The expression as a function, built on first use: a catalogue is evaluated on many machines."""
        return _compile(self)

    @cached_property
    def fields(self) -> frozenset[str]:
        """Every field name that the expression looks at."""
        return _fields(self)

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
    """True, False or UNKNOWN: `expression` on `facts`. Raises LookupError for a field that `facts` cannot have."""
    return expression.test(facts if isinstance(facts, Row) else Row(facts))


def _compile(expression: Expression) -> Callable[[Row], Truth]:
    match expression:
        case Equals(field, value):
            return _compile_equals(field, fold(value))
        case In(field, values):
            return _compile_in(field, tuple(fold(value) for value in values))
        case AtLeast(field, bound):
            return _compile_at_least(field, bound)
        case Not(part):
            return _compile_not(part.test)
        case All(parts):
            return _compile_all(tuple(part.test for part in parts))
        case Any_(parts):
            return _compile_any(tuple(part.test for part in parts))
    raise TypeError(f"not an expression: {expression!r}")


def _compile_equals(field: str, wanted: Any) -> Callable[[Row], Truth]:
    def test(row: Row) -> Truth:
        found = row[field]
        return UNKNOWN if found is UNKNOWN else bool(found == wanted)

    return test


def _compile_in(field: str, wanted: tuple[Any, ...]) -> Callable[[Row], Truth]:
    def test(row: Row) -> Truth:
        found = row[field]
        return UNKNOWN if found is UNKNOWN else found in wanted

    return test


def _compile_at_least(field: str, bound: int) -> Callable[[Row], Truth]:
    def test(row: Row) -> Truth:
        found = row[field]
        return UNKNOWN if found is UNKNOWN else bool(found != _ABSENT and found[1] >= bound)

    return test


def _compile_not(part: Callable[[Row], Truth]) -> Callable[[Row], Truth]:
    return lambda row: negate(part(row))


def _compile_all(parts: tuple[Callable[[Row], Truth], ...]) -> Callable[[Row], Truth]:
    def test(row: Row) -> Truth:
        result: Truth = True
        for part in parts:
            truth = part(row)
            if truth is False:
                return False
            if truth is UNKNOWN:
                result = UNKNOWN
        return result

    return test


def _compile_any(parts: tuple[Callable[[Row], Truth], ...]) -> Callable[[Row], Truth]:
    def test(row: Row) -> Truth:
        result: Truth = False
        for part in parts:
            truth = part(row)
            if truth is True:
                return True
            if truth is UNKNOWN:
                result = UNKNOWN
        return result

    return test


def negate(truth: Truth) -> Truth:
    """True and False swap, UNKNOWN stays."""
    return UNKNOWN if truth is UNKNOWN else not truth


def every(truths: Iterable[Truth]) -> Truth:
    """False if any is false, else UNKNOWN if any is unknown, else True."""
    result: Truth = True
    for truth in truths:
        if truth is False:
            return False
        if truth is UNKNOWN:
            result = UNKNOWN
    return result


def any_of(*truths: Truth) -> Truth:
    """True if any is true, else UNKNOWN if any is unknown, else False."""
    return negate(every(negate(truth) for truth in truths))


def fields(expression: Expression) -> frozenset[str]:
    """Every field name that `expression` looks at."""
    return expression.fields


def _fields(expression: Expression) -> frozenset[str]:
    match expression:
        case Equals(field, _) | In(field, _) | AtLeast(field, _):
            return frozenset((field,))
        case Not(part):
            return part.fields
        case All(parts) | Any_(parts):
            return frozenset().union(*(part.fields for part in parts))
    raise TypeError(f"not an expression: {expression!r}")


def unknown_fields(expression: Expression, facts: object) -> tuple[str, ...]:
    """The fields of `expression` that are UNKNOWN in `facts`, sorted."""
    row = facts if isinstance(facts, Row) else Row(facts)
    return tuple(sorted(field for field in expression.fields if row[field] is UNKNOWN))


def look_up(facts: object, dotted: str) -> Any:
    """The value at a dotted name. UNKNOWN and None spread to everything below them.

    Raises LookupError for a name that does not exist.
    """
    return reader(dotted)(facts)


@lru_cache(maxsize=1024)
def reader(dotted: str) -> Callable[[object], Any]:
    """`look_up` of one name, ready to be asked of many."""
    steps = tuple(dotted.split("."))

    def read(facts: object) -> Any:
        value: Any = facts
        for step in steps:
            if value is UNKNOWN or value is None:
                return value
            if _is_mapping(type(value)):
                value = value.get(step)
                continue
            value = getattr(value, step, _MISSING)
            if value is _MISSING:
                raise LookupError(f"{type(facts).__name__} has no field '{dotted}'")
        return value

    return read


def _is_mapping(kind: type) -> bool:
    known = _MAPPINGS.get(kind)
    if known is None:
        known = _MAPPINGS[kind] = issubclass(kind, Mapping)
    return known


# Asked for every fact of every machine, and slow to find out.
_MAPPINGS: Final[dict[type, bool]] = {}


def fold(value: Any) -> Any:
    """`value` ready to compare: text without letter case, UNKNOWN itself, all else with its type (`1` is no `True`)."""
    if isinstance(value, str):
        return value.casefold()
    return value if value is UNKNOWN else (type(value), value)


_ABSENT: Final = fold(None)
_MISSING: Final = object()
