"""Property bags of the analyzer to declared resources.

A bag arrives behind proxies that raise when a value is not known yet. What rules need is the value `UNKNOWN`, so that
they can answer "not known" instead of not running.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pulumi_policy import PolicyResource, ResourceValidationArgs, proxy
from pulumi_policy.deserialize import SPECIAL_SECRET_SIG, SPECIAL_SIG_KEY, serialize_properties

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

# The type of a native resource in ARM, and the input that names it there.
_NATIVE: Final[Mapping[str, tuple[str, str]]] = {
    NATIVE_MACHINE: (VIRTUAL_MACHINES, "vmName"),
    NATIVE_SCALE_SET: (SCALE_SETS, "vmScaleSetName"),
    NATIVE_ARC: (ARC_MACHINES, "machineName"),
    NATIVE_SCHEDULE: (MAINTENANCE_CONFIGURATIONS, "resourceName"),
}


def plain(props: Any) -> dict[str, Any]:
    """The values of a bag: `UNKNOWN` for what is not known yet, secrets in clear, whole numbers as such."""
    values: dict[str, Any] = _plain(serialize_properties(props))
    return values


def declared_alone(args: ResourceValidationArgs) -> Declared:
    """The resource that a resource policy is asked about."""
    subscription = None if args.provider is None else plain(args.provider.props).get("subscriptionId")
    return _declared(args.urn, args.resource_type, plain(args.props), {}, subscription)


def declared_with_others(resource: PolicyResource) -> Declared:
    """A resource that a stack policy is asked about, with where its inputs come from."""
    subscription = None if resource.provider is None else plain(resource.provider.props).get("subscriptionId")
    depends_on = {name: tuple(one.urn for one in found) for name, found in resource.property_dependencies.items()}
    return _declared(resource.urn, resource.resource_type, plain(resource.props), depends_on, subscription)


def _declared(
    urn: str, kind: str, inputs: dict[str, Any], depends_on: Mapping[str, tuple[str, ...]], subscription: Any
) -> Declared:
    one = Declared(urn, kind, inputs, None, depends_on)
    native = _NATIVE.get(one.kind)
    group = one.text("resourceGroupName")
    if native is None or group is None or not isinstance(subscription, str):
        return one
    arm_type, name = native[0], one.text(native[1])
    if name is None:
        return one
    identity = f"/subscriptions/{subscription}/resourceGroups/{group}/providers/{arm_type}/{name}"
    return Declared(urn, kind, inputs, identity, depends_on)


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return UNKNOWN if value in _LATER else value
    if isinstance(value, Mapping):
        if value.get(SPECIAL_SIG_KEY) == SPECIAL_SECRET_SIG:
            return _plain(value.get("value"))
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
