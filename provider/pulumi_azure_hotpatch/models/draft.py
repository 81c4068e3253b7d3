"""Inputs of which some values are not known yet: what `check` judges."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from pulumi_azure_hotpatch.engine.logic import UNKNOWN

from .base import Inputs

InputsT = TypeVar("InputsT", bound=Inputs)


class Draft(Generic[InputsT]):
    """The validated values of a resource's inputs, `UNKNOWN` where a value will be known later.

    Attributes are read by the model's field names: `draft.patch_mode`. A value with an unknown part is unknown as a
    whole.
    """

    def __init__(self, model: type[InputsT], values: Mapping[str, Any]) -> None:
        self._model = model
        self._values = dict(values)

    @staticmethod
    def of(inputs: InputsT) -> Draft[InputsT]:
        """A draft in which everything is known."""
        model = type(inputs)
        return Draft(model, {name: getattr(inputs, name) for name in model.model_fields})

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self._model.model_fields:
            raise AttributeError(f"{self._model.__name__} has no field '{name}'")
        return self._values.get(name, UNKNOWN)

    def known(self, *names: str) -> bool:
        """Whether every one of the named fields is known."""
        return all(self._values.get(name, UNKNOWN) is not UNKNOWN for name in names)

    def replace(self, **values: Any) -> Draft[InputsT]:
        """This draft with some values exchanged."""
        return Draft(self._model, {**self._values, **values})
