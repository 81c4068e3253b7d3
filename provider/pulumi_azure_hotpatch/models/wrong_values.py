"""What is wrong with values that a model does not take, in plain words and by the wire's own names. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from pulumi_azure_hotpatch.engine.bodies import as_written
from pulumi_azure_hotpatch.engine.logic import UNKNOWN

TAGGED: Final = frozenset(("tags", "tagFilters"))
"""Where programs keep what may be secret, which the engine does not say; no message may hold it."""


@dataclass(frozen=True)
class Failure:
    """A value that can never work: the property as the wire names it and what is wrong with it."""

    property: str
    reason: str


def prune(value: Any) -> tuple[Any, bool]:
    """`value` without its unknown parts (UNKNOWN if nothing is left), and whether there were any."""
    if value is UNKNOWN:
        return UNKNOWN, True
    left: Any
    if isinstance(value, Mapping):
        parts = {key: prune(item) for key, item in value.items()}
        left = {key: item for key, (item, _) in parts.items() if item is not UNKNOWN}
        has_unknown = any(unknown for _, unknown in parts.values())
    elif isinstance(value, list | tuple):
        items = [prune(item) for item in value]
        left = [item for item, _ in items if item is not UNKNOWN]
        has_unknown = any(unknown for _, unknown in items)
    else:
        return value, False
    # What is empty only because the rest comes later must not be judged as empty.
    return (UNKNOWN if has_unknown and not left else left), has_unknown


def failures(prefix: str, error: ValidationError, partly_unknown: Any = None) -> list[Failure]:
    """What is wrong, by place.

    `partly_unknown` is the value as written where its unknown parts were left out before it was judged.
    """
    found = []
    details = _one_for_each(error.errors(include_url=False))
    for detail in details:
        if partly_unknown is not None and detail["type"] in ("missing", "too_short"):
            continue
        if detail["type"] == "too_short" and any(_is_below(one["loc"], detail["loc"]) for one in details):
            # What is wrong in a list is not counted as in it.
            continue
        place = _as_written(detail["loc"], partly_unknown)
        where = (*((prefix,) if prefix else ()), *map(str, place))
        found.append(Failure(".".join(where), _reason(detail, quoting=TAGGED.isdisjoint(where))))
    return found


def _one_for_each(details: Iterable[ErrorDetails]) -> list[ErrorDetails]:
    """What is wrong, said once of a value for which every form of a union was tried."""
    kept: list[ErrorDetails] = []
    tried: dict[tuple[int | str, ...], ErrorDetails] = {}
    for detail in details:
        *before, last = detail["loc"] or ("",)
        if last not in _FORMS:
            kept.append(detail)
            continue
        place, form = tuple(before), _FORMS[str(last)]
        said = f"{tried[place]['msg']} or {form}" if place in tried else f"must be {form}"
        tried[place] = {**detail, "loc": place, "type": "forms", "msg": said}
    return [*kept, *tried.values()]


def _is_below(place: tuple[int | str, ...], other: tuple[int | str, ...]) -> bool:
    return len(place) > len(other) and place[: len(other)] == other


def _as_written(place: tuple[int | str, ...], value: Any) -> tuple[int | str, ...]:
    """A place in `value` pruned of its unknown parts as a place in `value` itself."""
    if not place:
        return ()
    step = place[0]
    if isinstance(step, int) and isinstance(value, list | tuple):
        step = [index for index, item in enumerate(value) if prune(item)[0] is not UNKNOWN][step]
        return (step, *_as_written(place[1:], value[step]))
    inner = value.get(step) if isinstance(value, Mapping) else None
    return (step, *_as_written(place[1:], inner))


# How pydantic calls the forms that a value of a union may have, and what they are.
_FORMS = {"str": "text", "bool": "true or false", "int": "a whole number", "float": "a number"}
# What a value must be, where pydantic says it in words of its own world.
_MUST_BE = {
    "tuple_type": "a list",
    "list_type": "a list",
    "string_type": "text",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing_size": "a smaller number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a number",
    "dict_type": "an object",
    "model_type": "an object",
}


def _reason(detail: ErrorDetails, quoting: bool) -> str:
    kind, value, context = detail["type"], detail["input"], detail.get("ctx", {})
    but = f", not {value!r}" if quoting and isinstance(value, str) else f", not {as_written(value)}" if quoting else ""
    if kind in _MUST_BE:
        return f"must be {_MUST_BE[kind]}{but}"
    match kind:
        case "missing":
            return "is required"
        case "forms":
            return f"{detail['msg']}{but}"
        case "greater_than":
            return f"must be more than {context.get('gt')}{but}"
        case "greater_than_equal":
            return f"must be at least {context.get('ge')}{but}"
        case "less_than_equal":
            return f"must be at most {context.get('le')}{but}"
        case "string_too_short":
            return "must not be empty"
        case "string_too_long":
            return f"must have at most {context.get('max_length')} characters"
        case "extra_forbidden":
            return "is not a property of this resource"
        case "value_error":
            return str(context.get("error"))
        case "literal_error":
            given = repr(value) if isinstance(value, str) else as_written(value)
            return f"{given} is not one of {context.get('expected')}" if quoting else "is not one of what it may be"
        case "too_short":
            return "needs at least one value"
        case _:
            return f"{detail['msg'][0].lower()}{detail['msg'][1:]}{but}"
