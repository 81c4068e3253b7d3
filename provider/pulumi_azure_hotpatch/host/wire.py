"""Property bags of the engine to models and back. Pure.

A bag has camelCase keys, every number is a float, absent values are missing keys, values not known yet are
`pulumi.output.Unknown` objects at any depth, and `__provider` is among the keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from pulumi_azure_hotpatch.engine.logic import UNKNOWN
from pulumi_azure_hotpatch.errors import InvalidInput
from pulumi_azure_hotpatch.models import drafts
from pulumi_azure_hotpatch.models.base import Answer, Inputs, Model, ReplaceOnChange, State, mark, means_the_same
from pulumi_azure_hotpatch.models.draft import Draft
from pulumi_azure_hotpatch.models.drafts import RESERVED, adapter, aliases
from pulumi_azure_hotpatch.models.wrong_values import TAGGED, Failure, failures, prune

__all__ = [
    "TAGGED",
    "Bag",
    "Difference",
    "Failure",
    "aliases",
    "difference",
    "draft",
    "dump",
    "holds_much",
    "load_inputs",
    "load_state",
    "plain",
]

Bag = Mapping[str, Any]
InputsT = TypeVar("InputsT", bound=Inputs)
StateT = TypeVar("StateT", bound=State)


@dataclass(frozen=True)
class Difference:
    """What a new declaration changes: the properties that differ, and those of them that make a new resource."""

    changed: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()


def draft(model: type[InputsT], bag: Bag) -> tuple[Draft[InputsT], list[Failure]]:
    """The known part of a bag, and everything that is wrong with it, as `drafts.draft` tells."""
    return drafts.draft(model, _marked(bag))


def load_inputs(model: type[InputsT], bag: Bag) -> InputsT:
    """Inputs of which everything is known. Raises InvalidInput naming every wrong field in one line."""
    try:
        return model.model_validate({key: value for key, value in bag.items() if key not in RESERVED})
    except ValidationError as error:
        reasons = "; ".join(f"{failure.property}: {failure.reason}" for failure in failures("", error))
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

    An unknown value is a change, but not a replacement: it may turn out to be the same. An answer that `check` could
    not give is none: nobody knows of a difference.
    """
    changed: list[str] = []
    replaces: list[str] = []
    for name, field in inputs.model_fields.items():
        answer: Answer | None = mark(field, Answer)
        if answer is not None and not _is_compared(answer, inputs, new):
            continue
        alias = field.alias or name
        if answer is not None and new.get(alias) is None:
            continue
        pruned, has_unknown = prune(_marked(new.get(alias)))
        if has_unknown:
            changed.append(alias)
        elif not _same(field, _value(inputs, name, field, old.get(alias)), _value(inputs, name, field, pruned)):
            changed.append(alias)
            if mark(field, ReplaceOnChange) is not None:
                replaces.append(alias)
    if old.get(_alias(state, "unfinished")) and not changed:
        changed.append(_alias(state, "unfinished"))
    return Difference(tuple(changed), tuple(replaces))


def inputs_of(inputs: type[Inputs], written: Bag, observed: Bag) -> dict[str, Any]:
    """The inputs after a refresh: as they were written while that means what is observed, else what is observed.

    Remarks stay: they are of the time of the declaration.
    """
    found = remarks_in(inputs, written)
    for name, field in inputs.model_fields.items():
        alias = field.alias or name
        if alias in written and alias in observed and alias not in found:
            values = [_value(inputs, name, field, bag[alias]) for bag in (written, observed)]
            found[alias] = (written if _same(field, *values) else observed)[alias]
    return found


def remarks_in(inputs: type[Inputs], bag: Bag) -> dict[str, Any]:
    """The answers that `check` gave in an earlier run and that ask for nothing, as they are among the inputs."""
    marks = {field.alias or name: mark(field, Answer) for name, field in inputs.model_fields.items()}
    return {name: bag[name] for name, answer in marks.items() if answer and not answer.compared and name in bag}


def _is_compared(answer: Answer, inputs: type[Inputs], new: Bag) -> bool:
    guard = answer.compared_with
    return answer.compared or (guard is not None and new.get(_alias(inputs, guard)) is not None)


def _same(field: FieldInfo, left: Any, right: Any) -> bool:
    try:
        return means_the_same(field, left, right)
    except (TypeError, ValueError, AttributeError):
        # What another version stored may have a form that the field's meaning cannot be read from.
        return bool(left == right)


def _marked(value: Any) -> Any:
    """`value` with UNKNOWN where the engine has an object of its own for what is not known yet."""
    from pulumi.output import Unknown

    def marked(value: Any) -> Any:
        if isinstance(value, Unknown):
            return UNKNOWN
        if isinstance(value, Mapping):
            return {key: marked(item) for key, item in value.items()}
        return [marked(item) for item in value] if isinstance(value, list | tuple) else value

    return marked(value)


def _without_none(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_none(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [_without_none(item) for item in value if item is not None]
    return value


def holds_much(property: str, value: Any) -> bool:
    """Whether a wire value is no one value to show: tags, whatever was given for them, a list or a map."""
    return property in TAGGED or isinstance(value, list | tuple | Mapping)


def _value(model: type[Model], name: str, field: FieldInfo, raw: Any) -> Any:
    """A stored or declared value in the model's own form: `3.0` and `3`, or absent and default, compare equal."""
    if raw is None:
        return field.get_default(call_default_factory=True) if not field.is_required() else None
    try:
        return adapter(model, name).validate_python(raw)
    except ValidationError:
        return raw


def _alias(model: type[Model], name: str) -> str:
    return model.model_fields[name].alias or name
