"""Inputs from a bag of which some values are not known yet, and everything that is wrong with the others. Pure.

A bag has camelCase keys; absent values are missing keys, and values not known yet are `UNKNOWN` at any depth.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Final, TypeVar

from pydantic import TypeAdapter, ValidationError

from pulumi_azure_hotpatch.engine.logic import UNKNOWN

from .base import Inputs, Model
from .draft import Draft
from .wrong_values import Failure, failures, prune

InputsT = TypeVar("InputsT", bound=Inputs)

RESERVED: Final = frozenset(("__provider", "id", "urn"))
"""Keys of a bag that are the engine's own."""


def draft(model: type[InputsT], bag: Mapping[str, Any]) -> tuple[Draft[InputsT], list[Failure]]:
    """The known part of a bag, validated field by field, and everything that is wrong with it.

    An unknown value is never missing and never wrong; the known parts around it are still judged.
    """
    values: dict[str, Any] = {}
    wrong = [Failure(key, _no_such(model, key)) for key in bag if key not in RESERVED and key not in aliases(model)]
    for name, field in model.model_fields.items():
        alias = field.alias or name
        if alias not in bag:
            if field.is_required():
                wrong.append(Failure(alias, "is required"))
            else:
                values[name] = field.get_default(call_default_factory=True)
            continue
        pruned, has_unknown = prune(bag[alias])
        if pruned is not UNKNOWN:
            try:
                values[name] = adapter(model, name).validate_python(pruned)
            except ValidationError as error:
                wrong.extend(failures(alias, error, bag[alias] if has_unknown else None))
        if has_unknown:
            values[name] = UNKNOWN
    return Draft(model, values), wrong


@cache
def adapter(model: type[Model], name: str) -> TypeAdapter[Any]:
    """What validates a field of a model by itself."""
    field = model.model_fields[name]
    annotation: Any = field.annotation
    for item in field.metadata:
        annotation = Annotated[annotation, item]
    return TypeAdapter(annotation)


@cache
def aliases(model: type[Model]) -> frozenset[str]:
    """The names of a model's fields on the wire."""
    return frozenset(field.alias or name for name, field in model.model_fields.items())


def _no_such(model: type[Model], key: str) -> str:
    import difflib

    near = difflib.get_close_matches(key, sorted(aliases(model)), n=1)
    return "is not a property of this resource" + (f"; did you mean '{near[0]}'?" if near else "")
