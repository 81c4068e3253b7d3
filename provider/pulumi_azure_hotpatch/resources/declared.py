"""What every resource has in common: snake_case in the program, camelCase on the wire."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import pulumi
from pulumi import ResourceOptions
from pulumi.dynamic import Resource, ResourceProvider


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)


class _Key(str):
    """A key of the program's own, such as a tag's name, which no translation may touch."""

    __slots__ = ()


def _with_own_keys(value: Any) -> Any:
    """A value whose inner keys reach the wire as they are written, now or once it is known."""
    if isinstance(value, pulumi.Output):
        return value.apply(_with_own_keys)
    if isinstance(value, Mapping):
        return {_Key(key): _with_own_keys(item) for key, item in value.items()}
    return value


class Declared(Resource):
    """A dynamic resource whose annotated outputs are snake_case here and camelCase on the wire.

    Outputs are kept under the wire's names, so that nothing inside a value is ever renamed; attributes are found by
    the program's names.
    """

    _names: ClassVar[frozenset[str]]

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        cls._names = frozenset(cls.__annotations__)

    def __init__(
        self, provider: ResourceProvider, name: str, inputs: Mapping[str, Any], opts: ResourceOptions | None
    ) -> None:
        given = {_camel(key): _with_own_keys(value) for key, value in inputs.items()}
        super().__init__(provider, name, {**dict.fromkeys(map(_camel, self._names)), **given}, opts)

    def __getattr__(self, name: str) -> Any:
        if name in type(self)._names and _camel(name) in self.__dict__:
            return self.__dict__[_camel(name)]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def translate_input_property(self, prop: str) -> str:
        """The wire's name of a property, for options such as `ignore_changes`."""
        return str(prop) if isinstance(prop, _Key) or prop not in self._names else _camel(prop)


def nested(value: Any) -> Any:
    """An argument with camelCase keys, now or when its value is known."""
    if value is None:
        return None
    if isinstance(value, Mapping):
        return {_camel(key): item for key, item in value.items()}
    return pulumi.Output.from_input(value).apply(
        lambda known: known and {_camel(key): item for key, item in known.items()}
    )


def arguments(scope: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs among the local names of a constructor, which has to call this before it binds any other name."""
    return {name: value for name, value in scope.items() if name not in _NOT_INPUTS}


_NOT_INPUTS = {"self", "__class__", "resource_name", "opts"}
