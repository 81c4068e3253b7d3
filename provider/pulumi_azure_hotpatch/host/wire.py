"""Property bags of the engine to models and back. Pure.

A bag has camelCase keys, every number is a float, absent values are missing keys, values not known yet are
`pulumi.output.Unknown` objects at any depth, and `__provider` is among the keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from pulumi_azure_hotpatch.engine.bodies import as_written
from pulumi_azure_hotpatch.engine.logic import UNKNOWN
from pulumi_azure_hotpatch.errors import InvalidInput
from pulumi_azure_hotpatch.models.base import Answer, Inputs, Model, ReplaceOnChange, State, mark, means_the_same
from pulumi_azure_hotpatch.models.draft import Draft

Bag = Mapping[str, Any]
InputsT = TypeVar("InputsT", bound=Inputs)
StateT = TypeVar("StateT", bound=State)
ModelT = TypeVar("ModelT", bound=Model)

_RESERVED = frozenset(("__provider", "id", "urn"))
TAGGED = frozenset(("tags", "tagFilters"))
"""Where programs keep what may be secret, which the engine does not say; no message may hold it."""


@dataclass(frozen=True)
class Failure:
    """A value that can never work: the property as the wire names it and what is wrong with it."""

    property: str
    reason: str


@dataclass(frozen=True)
class Difference:
    """What a new declaration changes: the properties that differ, and those of them that make a new resource."""

    changed: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()


def draft(model: type[InputsT], bag: Bag) -> tuple[Draft[InputsT], list[Failure]]:
    """The known part of a bag, validated field by field, and everything that is wrong with it.

    An unknown value is never missing and never wrong; the known parts around it are still judged.
    """
    values: dict[str, Any] = {}
    failures = [Failure(key, _no_such(model, key)) for key in bag if key not in _RESERVED and key not in aliases(model)]
    for name, field in model.model_fields.items():
        alias = field.alias or name
        if alias not in bag:
            if field.is_required():
                failures.append(Failure(alias, "is required"))
            else:
                values[name] = field.get_default(call_default_factory=True)
            continue
        pruned, has_unknown = _prune(bag[alias])
        if pruned is not UNKNOWN:
            try:
                values[name] = _adapter(model, name).validate_python(pruned)
            except ValidationError as error:
                failures.extend(_failures(alias, error, bag[alias] if has_unknown else None))
        if has_unknown:
            values[name] = UNKNOWN
    return Draft(model, values), failures


def load_inputs(model: type[InputsT], bag: Bag) -> InputsT:
    """Inputs of which everything is known. Raises InvalidInput naming every wrong field in one line."""
    try:
        return model.model_validate({key: value for key, value in bag.items() if key not in _RESERVED})
    except ValidationError as error:
        reasons = "; ".join(f"{failure.property}: {failure.reason}" for failure in _failures("", error))
        raise InvalidInput(reasons) from None


def load_state(model: type[StateT], bag: Bag) -> StateT:
    """Stored state. A value that does not fit any more is kept: what Azure answered once must never block a stack.

    Raises InvalidInput when a required value is missing.
    """
    values: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        raw = bag.get(field.alias or name)
        if raw is None and field.is_required():
            raise InvalidInput(
                f"the stored state has no '{field.alias or name}'; remove the resource from the state and run again"
            )
        values[name] = _value(model, name, field, raw)
    state: Any = model.model_construct(**values)
    return cast(StateT, state)


def dump(model: Model) -> dict[str, Any]:
    """A bag of a model: aliases, JSON values, nothing absent at any depth."""
    # No warnings: what Azure answered may fit no type of ours, and the engine would show them to the user.
    bag: dict[str, Any] = _without_none(model.model_dump(mode="json", by_alias=True, warnings=False))
    return bag


def plain(value: Any) -> Any:
    """A value of a model's field as a bag holds it: models at any depth as bags of their own."""
    if isinstance(value, Model):
        return dump(value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def difference(inputs: type[Inputs], state: type[State], old: Bag, new: Bag) -> Difference:
    """What the declaration `new` changes on the stored outputs `old`, by the marks on the inputs' fields.

    An unknown value is a change, but not a replacement: it may turn out to be the same.
    """
    changed: list[str] = []
    replaces: list[str] = []
    for name, field in inputs.model_fields.items():
        answer: Answer | None = mark(field, Answer)
        if answer is not None and not answer.compared:
            continue
        alias = field.alias or name
        pruned, has_unknown = _prune(new.get(alias))
        if has_unknown:
            changed.append(alias)
        elif not _same(field, _value(inputs, name, field, old.get(alias)), _value(inputs, name, field, pruned)):
            changed.append(alias)
            if mark(field, ReplaceOnChange) is not None:
                replaces.append(alias)
    if old.get(_alias(state, "unfinished")) and not changed:
        changed.append(_alias(state, "unfinished"))
    return Difference(tuple(changed), tuple(replaces))


def _same(field: FieldInfo, left: Any, right: Any) -> bool:
    try:
        return means_the_same(field, left, right)
    except (TypeError, ValueError, AttributeError):
        # What another version stored may have a form that the field's meaning cannot be read from.
        return bool(left == right)


def is_unknown(value: Any) -> bool:
    """Whether a wire value, or any part of it, is not known yet."""
    return _prune(value)[1]


def _without_none(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_none(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [_without_none(item) for item in value if item is not None]
    return value


def _prune(value: Any) -> tuple[Any, bool]:
    """`value` without its unknown parts (UNKNOWN if nothing is left), and whether there were any."""
    from pulumi.output import Unknown

    if isinstance(value, Unknown):
        return UNKNOWN, True
    left: Any
    if isinstance(value, Mapping):
        parts = {key: _prune(item) for key, item in value.items()}
        left = {key: item for key, (item, _) in parts.items() if item is not UNKNOWN}
        has_unknown = any(unknown for _, unknown in parts.values())
    elif isinstance(value, list | tuple):
        items = [_prune(item) for item in value]
        left = [item for item, _ in items if item is not UNKNOWN]
        has_unknown = any(unknown for _, unknown in items)
    else:
        return value, False
    # What is empty only because the rest comes later must not be judged as empty.
    return (UNKNOWN if has_unknown and not left else left), has_unknown


def _value(model: type[Model], name: str, field: FieldInfo, raw: Any) -> Any:
    """A stored or declared value in the model's own form: `3.0` and `3`, or absent and default, compare equal."""
    if raw is None:
        return field.get_default(call_default_factory=True) if not field.is_required() else None
    try:
        return _adapter(model, name).validate_python(raw)
    except ValidationError:
        return raw


@cache
def _adapter(model: type[Model], name: str) -> TypeAdapter[Any]:
    field = model.model_fields[name]
    annotation: Any = field.annotation
    for item in field.metadata:
        annotation = _annotate(annotation, item)
    return TypeAdapter(annotation)


def _annotate(annotation: Any, item: Any) -> Any:
    from typing import Annotated

    return Annotated[annotation, item]


@cache
def aliases(model: type[Model]) -> frozenset[str]:
    """The names of a model's fields on the wire."""
    return frozenset(field.alias or name for name, field in model.model_fields.items())


def _alias(model: type[Model], name: str) -> str:
    return model.model_fields[name].alias or name


def _no_such(model: type[Model], key: str) -> str:
    import difflib

    near = difflib.get_close_matches(key, sorted(aliases(model)), n=1)
    return "is not a property of this resource" + (f"; did you mean '{near[0]}'?" if near else "")


def _failures(prefix: str, error: ValidationError, partly_unknown: Any = None) -> list[Failure]:
    """What is wrong, by place.

    `partly_unknown` is the value as written where its unknown parts were left out before it was judged.
    """
    failures = []
    details = _one_for_each(error.errors(include_url=False))
    for detail in details:
        if partly_unknown is not None and detail["type"] in ("missing", "too_short"):
            continue
        if detail["type"] == "too_short" and any(_is_below(one["loc"], detail["loc"]) for one in details):
            # What is wrong in a list is not counted as in it.
            continue
        place = _as_written(detail["loc"], partly_unknown)
        where = (*((prefix,) if prefix else ()), *map(str, place))
        failures.append(Failure(".".join(where), _reason(detail, quoting=TAGGED.isdisjoint(where))))
    return failures


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


def holds_tags(value: Any) -> bool:
    """Whether a wire value has tags in it."""
    if isinstance(value, Mapping):
        return not TAGGED.isdisjoint(value) or any(map(holds_tags, value.values()))
    return isinstance(value, list | tuple) and any(map(holds_tags, value))


def _as_written(place: tuple[int | str, ...], value: Any) -> tuple[int | str, ...]:
    """A place in `value` pruned of its unknown parts as a place in `value` itself."""
    if not place:
        return ()
    step = place[0]
    if isinstance(step, int) and isinstance(value, list | tuple):
        step = [index for index, item in enumerate(value) if _prune(item)[0] is not UNKNOWN][step]
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
