"""The ids that declared resources go by, for the patterns of waivers and of a policy's configuration.

A resource of ours goes by its machine's id. Where Azure has yet to say a part of an id, such as the subscription that
comes from signing in, the stand-in still holds the resource group and the name, as far as the program gives them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from pulumi_azure_hotpatch.engine.declared import (
    FLEET,
    NATIVE_ARC,
    NATIVE_MACHINE,
    NATIVE_SCALE_SET,
    NATIVE_SCHEDULE,
    ROLLOUT,
    SCHEDULE,
    Declared,
)
from pulumi_azure_hotpatch.engine.declared_names import Names
from pulumi_azure_hotpatch.engine.declared_rollout import rolled_out_to
from pulumi_azure_hotpatch.engine.facts import CONFIGURATION_ASSIGNMENTS
from pulumi_azure_hotpatch.engine.logic import UNKNOWN
from pulumi_azure_hotpatch.engine.stand_ins import is_stand_in
from pulumi_azure_hotpatch.engine.waivers import covers_any

NAME_INPUTS: Final[Mapping[str, str]] = {
    NATIVE_MACHINE: "vmName",
    NATIVE_SCALE_SET: "vmScaleSetName",
    NATIVE_ARC: "machineName",
    NATIVE_SCHEDULE: "resourceName",
    SCHEDULE: "scheduleName",
}
"""By kind of resource the input that names it in Azure."""

# The inputs that ids are made of.
_PARTS: Final = (
    "virtualMachineId",
    "machineId",
    "machineIds",
    "scaleSetId",
    "resourceId",
    "rings",
    "exclude",
    "subscriptionId",
    "resourceGroupName",
)
_SUBSCRIPTION: Final = re.compile(r"/subscriptions/[^/*?\[]+(?=/)", re.IGNORECASE)
_EXTENSION: Final = f"/providers/{CONFIGURATION_ASSIGNMENTS}"


def ids_by_urn(declared: Iterable[Declared]) -> dict[str, tuple[str, ...]]:
    """The ids of each resource, by URN: of a rollout those of its machines.

    A fleet has none here: what is found is about one of its machines, and names it.
    """
    given = tuple(declared)
    names = Names(given)
    # What a resource is called is known before its subscription is.
    called: dict[str, str] = {}
    for one in given:
        identity, name = names.id_of(one), one.text(NAME_INPUTS.get(one.kind, ""))
        if name is not None and is_stand_in(identity):
            called[identity] = f"{identity.rpartition('/')[0]}/{name}"
    found: dict[str, tuple[str, ...]] = {}
    for one in given:
        if one.kind in (FLEET, ROLLOUT):
            found[one.urn] = rolled_out_to(one) if one.kind == ROLLOUT else ()
            continue
        identity = names.id_of(one)
        target, extension, rest = identity.partition(_EXTENSION)
        found[one.urn] = (f"{called.get(target, target)}{extension}{rest}",)
    return found


def may_be_covered(patterns: Iterable[str], one: Declared, ids: Iterable[str]) -> bool:
    """Whether patterns that cover none of a resource's ids may do so once Azure has said the rest of them."""
    if any(UNKNOWN in (value, *_items(value)) for value in map(one.inputs.get, _PARTS)):
        return True
    stand_ins = [identity for identity in ids if is_stand_in(identity)]
    # Of a subscription that comes from signing in nothing can be said; of the group and the name it can.
    named = {found[0] for pattern in patterns if (found := _SUBSCRIPTION.match(pattern))}
    return covers_any(patterns, *(_SUBSCRIPTION.sub(at, identity, 1) for at in named for identity in stand_ins))


def _items(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, list) else ()
