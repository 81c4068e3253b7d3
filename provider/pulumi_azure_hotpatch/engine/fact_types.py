"""Whether facts read from a body have the types that they are declared with, so that rules may rely on them."""

from __future__ import annotations

import types
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from .bodies import as_written


def mistyped(facts: Any) -> str | None:
    """The first field that holds a value of another type, with the value, as `name is 5`; None where all fit.

    `facts` is a dataclass, or None where there are none; dataclasses within it are looked through.
    """
    if facts is None:
        return None
    kind: type = type(facts)
    for name, allowed, holds_facts in _declared(kind):
        value = getattr(facts, name)
        if type(value) not in allowed and not isinstance(value, tuple(allowed)):
            return f"{name} is {as_written(value)}"
        if holds_facts and is_dataclass(type(value)) and (inner := mistyped(value)) is not None:
            return inner
    return None


@cache
def _declared(kind: type) -> tuple[tuple[str, frozenset[type], bool], ...]:
    """Every field with the classes that its value may be of, and whether dataclasses are among them."""
    hints = get_type_hints(kind)
    allowed = {field.name: frozenset(_flat(hints[field.name])) for field in fields(kind)}
    return tuple((name, classes, any(map(is_dataclass, classes))) for name, classes in allowed.items())


def _flat(hint: Any) -> Iterator[type]:
    """The classes that a value may be of: the members of a union, a generic's own class."""
    if get_origin(hint) in (Union, types.UnionType):
        for part in get_args(hint):
            yield from _flat(part)
    else:
        yield get_origin(hint) or hint
