"""The stand-in itself (see `azure_native`): a Pulumi plugin that works on the simulator.

Like our own plugin it finds its Azure in the environment, and waits by moving the simulated clock on.
"""

import asyncio
import os
import sys
from collections.abc import Mapping
from typing import Any

from pulumi.provider.experimental import server
from pulumi.provider.experimental.property_value import Computed, PropertyValue
from pulumi.provider.experimental.provider import (
    CheckRequest,
    CheckResponse,
    ConfigureRequest,
    ConfigureResponse,
    CreateRequest,
    CreateResponse,
    DeleteRequest,
    DiffRequest,
    DiffResponse,
    PropertyDiff,
    PropertyDiffKind,
    Provider,
    ReadRequest,
    ReadResponse,
    UpdateRequest,
    UpdateResponse,
)

from tests.support.azure_native import Azure, kind_of

Values = Mapping[str, PropertyValue]

_TOP = ("location", "tags", "zones", "identity", "plan", "sku", "kind", "extendedLocation")
_INPUTS = "__inputs"


class AzureNative(Provider):
    """Every resource type by the same few lines."""

    def __init__(self) -> None:
        self._azure = Azure(os.environ)

    async def configure(self, request: ConfigureRequest) -> ConfigureResponse:  # noqa: ARG002
        # Without secrets of our own the engine keeps those it knows.
        return ConfigureResponse(supports_preview=True)

    async def check(self, request: CheckRequest) -> CheckResponse:
        name, old = kind_of(request.type).parts[-1], request.old_inputs
        given = dict(request.new_inputs)
        # A resource without a name of its own is named after the program's resource, as the real plugin does.
        given.setdefault(name, old.get(name) or PropertyValue(f"{request.name}{request.random_seed.hex()[:8]}"))
        return CheckResponse(inputs=given)

    async def diff(self, request: DiffRequest) -> DiffResponse:
        new, state = _plain(request.new_inputs), _plain(request.old_state)
        old = state.get(_INPUTS) or {}
        changed = sorted(name for name in old.keys() | new.keys() if not _same(old.get(name), new.get(name)))
        fixed = (*kind_of(request.type).parts, "location")
        replaces = [name for name in changed if name in fixed and not isinstance(new.get(name), PropertyValue)]
        kinds = {True: PropertyDiffKind.UPDATE_REPLACE, False: PropertyDiffKind.UPDATE}
        detailed = {name: PropertyDiff(kinds[name in replaces], input_diff=True) for name in changed}
        return DiffResponse(bool(changed), replaces, diffs=changed, detailed_diff=detailed, delete_before_replace=True)

    async def create(self, request: CreateRequest) -> CreateResponse:
        inputs = _plain(request.properties)
        if request.preview:
            return CreateResponse("", dict(request.properties))
        path, found = await self._write(request.type, inputs)
        return CreateResponse(str(found.get("id") or path), _wrapped(_outputs(inputs, found)))

    async def update(self, request: UpdateRequest) -> UpdateResponse:
        inputs = _plain(request.news)
        if request.preview:
            return UpdateResponse(dict(request.news))
        _, found = await self._write(request.type, inputs)
        return UpdateResponse(_wrapped(_outputs(inputs, found)))

    async def read(self, request: ReadRequest) -> ReadResponse:
        version = kind_of(request.type).api_version
        found = await asyncio.to_thread(self._azure.get, request.resource_id, version)
        if found is None:
            return ReadResponse("")
        inputs = _observed(_plain(request.inputs), _flat(found))
        return ReadResponse(request.resource_id, _wrapped(_outputs(inputs, found)), _wrapped(inputs))

    async def delete(self, request: DeleteRequest) -> None:
        await asyncio.to_thread(self._azure.delete, request.resource_id, kind_of(request.type).api_version)

    async def _write(self, token: str, inputs: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        kind = kind_of(token)
        path = self._azure.subscription + kind.path.format_map(inputs)
        body: dict[str, Any] = {name: inputs[name] for name in _TOP if name in inputs}
        inner = {name: value for name, value in inputs.items() if name not in (*_TOP, *kind.parts)}
        body |= {"properties": inner} if inner else {}
        return path, await asyncio.to_thread(self._azure.put, path, kind.api_version, body)


def _flat(body: Mapping[str, Any]) -> dict[str, Any]:
    """An ARM body as azure-native shows it: without a level for properties."""
    return {**{name: value for name, value in body.items() if name != "properties"}, **(body.get("properties") or {})}


def _outputs(inputs: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    return {**inputs, **_flat(body), _INPUTS: dict(inputs)}


def _observed(inputs: Any, found: Any) -> Any:
    """What was written, with Azure's value wherever it differs; what Azure does not show stays."""
    if isinstance(inputs, Mapping) and isinstance(found, Mapping):
        return {name: _observed(value, found[name]) if name in found else value for name, value in inputs.items()}
    return inputs if inputs == found else found


def _same(old: Any, new: Any) -> bool:
    # Two wrappers cannot be compared: what is not known yet is a change.
    if isinstance(new, PropertyValue):
        return False
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return old.keys() == new.keys() and all(_same(old[name], new[name]) for name in old)
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(_same, old, new))
    return bool(old == new)


def _plain(values: Values) -> dict[str, Any]:
    return {name: _without_wrapper(value) for name, value in values.items()}


def _without_wrapper(wrapped: PropertyValue) -> Any:
    value: Any = wrapped.value
    if isinstance(value, Computed):
        # It stays in its wrapper, by which it is told from what is known.
        return wrapped
    if isinstance(value, Mapping):
        return {name: _without_wrapper(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_without_wrapper(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _wrapped(values: Mapping[str, Any]) -> dict[str, PropertyValue]:
    return {name: _with_wrapper(value) for name, value in values.items()}


def _with_wrapper(value: Any) -> PropertyValue:
    if isinstance(value, PropertyValue):
        return value
    if isinstance(value, Mapping):
        return PropertyValue(_wrapped(value))
    if isinstance(value, list | tuple):
        return PropertyValue([_with_wrapper(each) for each in value])
    return PropertyValue(float(value) if isinstance(value, int) and not isinstance(value, bool) else value)


if __name__ == "__main__":
    server.main(sys.argv[1:], "3.29.0", AzureNative())
