"""Which RBAC actions the resources of a stack need, where, and whether a caller has them.

Source: Microsoft Learn, Roles and permissions in Azure Update Manager, 2024-07-19; Troubleshoot maintenance
configurations (dynamic scopes need them on the scope and on the configuration); Azure permissions for Management and
governance (Microsoft.Features).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final, NamedTuple

from pulumi_azure_hotpatch.errors import InvalidInput
from pulumi_azure_hotpatch.ids import ResourceId

from .declared import (
    ARC_LICENSE,
    ARC_SETTINGS,
    ASSIGNMENT,
    DYNAMIC_SCOPE,
    ENROLMENT,
    FLEET,
    INSTALLATION,
    SCALE_SET_SETTINGS,
    SCHEDULE,
    SETTINGS,
    Declared,
)

_MACHINE: Final = "Microsoft.Compute/virtualMachines"
_ARC: Final = "Microsoft.HybridCompute/machines"
_SCALE_SET: Final = "Microsoft.Compute/virtualMachineScaleSets"
_SCHEDULE: Final = "Microsoft.Maintenance/maintenanceConfigurations"
_ASSIGNMENT: Final = "Microsoft.Maintenance/configurationAssignments"
_ALL: Final = ("read", "write", "delete")


class Place(NamedTuple):
    """Where an action is needed: a resource group, or the whole subscription where `group` is None."""

    subscription_id: str
    group: str | None


@dataclass(frozen=True)
class Need:
    """An action that resources need in a place; `resources` are their names in the program."""

    place: Place
    action: str
    resources: tuple[str, ...]


@dataclass(frozen=True)
class Permission:
    """What one role gives: actions with `*` as wildcard, and what is taken away from them again."""

    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()

    @classmethod
    def from_arm(cls, body: Mapping[str, Any]) -> Permission:
        """From one item of `Microsoft.Authorization/permissions`."""
        return cls(tuple(map(str, body.get("actions") or ())), tuple(map(str, body.get("notActions") or ())))

    def allows(self, action: str) -> bool:
        """Whether this role gives the action. What it takes away, another role may still give."""
        return any(_matches(pattern, action) for pattern in self.actions) and not any(
            _matches(pattern, action) for pattern in self.not_actions
        )


def is_allowed(action: str, permissions: Iterable[Permission]) -> bool:
    """Whether one of the roles gives the action."""
    return any(permission.allows(action) for permission in permissions)


def needs(stack: Iterable[Declared], subscription_id: str | None) -> tuple[Need, ...]:
    """What the resources of ours in a stack need, by place and action; what has no known place is left out.

    `subscription_id` is the one that counts where a resource names none.
    """
    found: dict[tuple[Place, str], list[str]] = {}
    for one in stack:
        for place, action in _needs(one, subscription_id):
            names = found.setdefault((place, action), [])
            name = one.urn.rpartition("::")[2]
            if name not in names:
                names.append(name)
    ordered = sorted(found.items(), key=lambda item: (item[0][0].subscription_id, item[0][0].group or "", item[0][1]))
    return tuple(Need(place, action, tuple(names)) for (place, action), names in ordered)


def _needs(one: Declared, subscription_id: str | None) -> Iterator[tuple[Place, str]]:
    own = one.text("subscriptionId") or subscription_id
    match one.kind:
        case kind if kind == ENROLMENT and own:
            provider = one.text("namespace") or "Microsoft.Compute"
            for action in ("read", "register/action", *_if_restored(one, "unregister/action")):
                yield Place(own, None), f"Microsoft.Features/providers/features/{action}"
            yield Place(own, None), f"{provider}/register/action"
        case kind if kind == SCHEDULE and own and (group := one.text("resourceGroupName")):
            yield from _each(Place(own, group), _SCHEDULE, _ALL)
        case kind if kind == SETTINGS:
            yield from _at(one, "virtualMachineId", {_MACHINE: ("read", "write")})
        case kind if kind == SCALE_SET_SETTINGS:
            yield from _at(one, "scaleSetId", {_SCALE_SET: ("read", "write")})
        case kind if kind == ARC_SETTINGS:
            yield from _at(one, "machineId", {_ARC: ("read", "write")})
        case kind if kind == ARC_LICENSE:
            yield from _at(one, "machineId", {_ARC: ("read",)})
            yield from _at(one, "machineId", {_ARC: [f"licenseProfiles/{verb}" for verb in _ALL]})
        case kind if kind == ASSIGNMENT:
            yield from _assigning(one, "machineId")
        case kind if kind == FLEET:
            for name in ("machineIds", "matched"):
                yield from _at(one, name, {_MACHINE: ("read", "write")})
                if one.text("scheduleId"):
                    yield from _assigning(one, name)
        case kind if kind == DYNAMIC_SCOPE:
            for subscription in _texts(one.inputs.get("subscriptionIds")):
                yield from _each(Place(subscription, None), _ASSIGNMENT, _ALL)
            for group in _texts(one.inputs.get("resourceGroupIds")):
                yield from _each(_group(group), _ASSIGNMENT, _ALL)
            yield from _at(one, "scheduleId", {_SCHEDULE: ("read",)})
        case "PatchRollout":
            everywhere = replace(one, inputs={"machineIds": _machines_of_rollout(one)})
            yield from _patching(everywhere, "machineIds", ("installPatches/action",))
            yield from _log_at(everywhere, "machineIds")
        case "PatchAssessment" | "ImageSupportCheck":
            yield from _patching(one, "machineId", ("assessPatches/action",))
        case kind if kind == INSTALLATION:
            yield from _patching(one, "machineId", ("installPatches/action",))
            yield from _log_at(one, "machineId")
            if one.inputs.get("startIfOff") is True:
                yield from _at(one, "machineId", {_MACHINE: ("start/action", "deallocate/action", "powerOff/action")})


def _assigning(one: Declared, name: str) -> Iterator[tuple[Place, str]]:
    for place, reading in _at(one, name, {_MACHINE: ("read",), _ARC: ("read",)}):
        yield place, reading
        yield from _each(place, _ASSIGNMENT, _ALL)
    yield from _at(one, "scheduleId", {_SCHEDULE: ("read",)})


def _patching(one: Declared, name: str, verbs: Sequence[str]) -> Iterator[tuple[Place, str]]:
    yield from _at(one, name, {_MACHINE: ("read", *verbs), _ARC: ("read", *verbs)})
    for place, action in _at(one, name, {_MACHINE: ("read",), _ARC: ("read",)}):
        is_arc = action.startswith(_ARC)
        polling = "HybridCompute/locations/updateCenterOperationResults" if is_arc else "Compute/locations/operations"
        yield place, f"Microsoft.{polling}/read"


def _log_at(one: Declared, name: str) -> Iterator[tuple[Place, str]]:
    """What a killed run began is found in the activity log."""
    for place, _ in _at(one, name, {_MACHINE: ("read",), _ARC: ("read",)}):
        yield place, "Microsoft.Insights/eventtypes/values/read"


def _machines_of_rollout(one: Declared) -> tuple[str, ...]:
    rings = one.inputs.get("rings")
    lists = [ring.get("machineIds") for ring in rings if isinstance(ring, Mapping)] if isinstance(rings, list) else []
    return tuple(dict.fromkeys(machine for each in (one.inputs.get("machineIds"), *lists) for machine in _texts(each)))


def _if_restored(one: Declared, action: str) -> tuple[str, ...]:
    return (action,) if one.text("onDestroy") == "restore" else ()


def _at(one: Declared, name: str, verbs: Mapping[str, Sequence[str]]) -> Iterator[tuple[Place, str]]:
    """The actions on the resources that an input names, by their types."""
    for text in _texts(one.inputs.get(name)):
        try:
            target = ResourceId.parse(text)
        except InvalidInput:
            continue
        for kind, wanted in verbs.items():
            if target.is_type(kind):
                yield from _each(Place(target.subscription_id, target.resource_group), kind, wanted)


def _texts(value: object) -> tuple[str, ...]:
    """A text, or the texts of a list; nothing for what is not known."""
    if isinstance(value, str):
        return (value,)
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list | tuple) else ()


def _group(text: str) -> Place:
    """The place that the id of a resource group names."""
    parts = text.strip("/").split("/")
    return Place(parts[1] if len(parts) > 1 else "", parts[3] if len(parts) > 3 else None)


def _each(place: Place, kind: str, verbs: Iterable[str]) -> Iterator[tuple[Place, str]]:
    for verb in verbs:
        yield place, f"{kind}/{verb}"


def _matches(pattern: str, action: str) -> bool:
    return _expression(pattern.casefold()).fullmatch(action.casefold()) is not None


@cache
def _expression(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, pattern.split("*"))))
