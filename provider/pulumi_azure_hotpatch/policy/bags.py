"""Property bags of the analyzer to declared resources.

A bag arrives behind proxies that raise when a value is not known yet. What rules need is the value `UNKNOWN`, so that
they can answer "not known" instead of not running.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from pulumi_policy import PolicyResource, ResourceValidationArgs, proxy
from pulumi_policy.secret import Secret

from pulumi_azure_hotpatch.engine.declared import (
    NATIVE_ARC,
    NATIVE_MACHINE,
    NATIVE_SCALE_SET,
    NATIVE_SCHEDULE,
    Declared,
)
from pulumi_azure_hotpatch.engine.facts import (
    ARC_MACHINES,
    MAINTENANCE_CONFIGURATIONS,
    SCALE_SETS,
    VIRTUAL_MACHINES,
)
from pulumi_azure_hotpatch.engine.logic import UNKNOWN
from pulumi_azure_hotpatch.ids import id_in_group

from .known_as import NAME_INPUTS

# What stands for a value that is not known yet. Source: pulumi-policy 1.21.0, proxy.py.
_LATER: Final = frozenset(
    (
        proxy.UNKNOWN_BOOLEAN_VALUE,
        proxy.UNKNOWN_NUMBER_VALUE,
        proxy.UNKNOWN_STRING_VALUE,
        proxy.UNKNOWN_ARRAY_VALUE,
        proxy.UNKNOWN_ASSET_VALUE,
        proxy.UNKNOWN_ARCHIVE_VALUE,
        proxy.UNKNOWN_OBJECT_VALUE,
    )
)

# The type of a native resource in ARM.
_ARM_TYPES: Final[Mapping[str, str]] = {
    NATIVE_MACHINE: VIRTUAL_MACHINES,
    NATIVE_SCALE_SET: SCALE_SETS,
    NATIVE_ARC: ARC_MACHINES,
    NATIVE_SCHEDULE: MAINTENANCE_CONFIGURATIONS,
}


def plain(props: Any) -> dict[str, Any]:
    """The values of a bag: `UNKNOWN` for what is not known yet, secrets in clear, whole numbers as such."""
    values: dict[str, Any] = _plain(props)
    return values


def declared_alone(args: ResourceValidationArgs) -> Declared:
    """The resource that a resource policy is asked about."""
    return _declared(args, {})


def declared_with_others(resource: PolicyResource) -> Declared:
    """A resource that a stack policy is asked about, with where its inputs come from."""
    depends_on = {name: tuple(one.urn for one in found) for name, found in resource.property_dependencies.items()}
    return _declared(resource, depends_on)


def has_unknown(value: Any) -> bool:
    """Whether any value within it is not known yet."""
    if isinstance(value, Mapping):
        return any(map(has_unknown, value.values()))
    return any(map(has_unknown, value)) if isinstance(value, list) else value is UNKNOWN


def _declared(given: ResourceValidationArgs | PolicyResource, depends_on: Mapping[str, tuple[str, ...]]) -> Declared:
    provider = given.provider
    found = None if provider is None else _inside(provider.props).get("subscriptionId")
    subscription = found if isinstance(found, str) and found not in _LATER else None
    one = Declared(
        given.urn,
        given.resource_type,
        plain(given.props),
        None,
        depends_on,
        provider=provider.urn if provider is not None else "",
        subscription_id=subscription,
    )
    arm_type = _ARM_TYPES.get(one.kind)
    if arm_type is None or subscription is None:
        return one
    group, name = one.text("resourceGroupName"), one.text(NAME_INPUTS[one.kind])
    if group is None or name is None:
        return one
    identity = id_in_group(subscription, group, arm_type, name)
    return replace(one, id=identity)


def _plain(value: Any) -> Any:
    kind = type(value)
    if kind is str:
        return UNKNOWN if value in _LATER else value
    if kind is bool or value is None:
        return value
    if kind is float:
        return int(value) if value.is_integer() else value
    if kind is Secret:
        return _plain(value.value)
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in _inside(value).items()}
    if isinstance(value, Sequence):
        return [_plain(item) for item in _inside(value)]
    return value


def _inside(proxied: Any) -> Any:
    """What a proxy hides: reading it through the proxy raises for values that are not known yet.

    Source: pulumi-policy 1.21.0, deserialize.py, where the SDK itself asks its proxies for `__target`.
    """
    return proxied if type(proxied) in (dict, list) else proxied["__target"]
