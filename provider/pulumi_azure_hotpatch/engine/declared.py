"""What a Pulumi stack declares – our own resources and, as far as they matter, azure-native's – and its ids.

Inputs are those of the wire: camelCase, `UNKNOWN` where a value will be known later.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from .facts import (
    ARC_MACHINES,
    CONFIGURATION_ASSIGNMENTS,
    MAINTENANCE_CONFIGURATIONS,
    SCALE_SETS,
    VIRTUAL_MACHINES,
)

SETTINGS: Final = "VirtualMachinePatchSettings"
SCHEDULE: Final = "MaintenanceSchedule"
ASSIGNMENT: Final = "ScheduleAssignment"
ENROLMENT: Final = "PreviewEnrollment"
ARC_SETTINGS: Final = "ArcMachinePatchSettings"
ARC_LICENSE: Final = "ArcHotpatchLicense"
SCALE_SET_SETTINGS: Final = "ScaleSetPatchSettings"
INSTALLATION: Final = "PatchInstallation"
DYNAMIC_SCOPE: Final = "DynamicScope"
FLEET: Final = "FleetPatchSettings"
ROLLOUT: Final = "PatchRollout"
NATIVE_MACHINE: Final = "compute:VirtualMachine"
NATIVE_SCALE_SET: Final = "compute:VirtualMachineScaleSet"
NATIVE_ARC: Final = "hybridcompute:Machine"
NATIVE_FEATURE: Final = "features:SubscriptionFeatureRegistration"
NATIVE_SCHEDULE: Final = "maintenance:MaintenanceConfiguration"
NATIVE_ASSIGNMENT: Final = "maintenance:ConfigurationAssignment"
NATIVE_PARENT_ASSIGNMENT: Final = "maintenance:ConfigurationAssignmentParent"
NATIVE_SCOPES: Final = (
    "maintenance:ConfigurationAssignmentsForSubscription",
    "maintenance:ConfigurationAssignmentsForResourceGroup",
)

# Which resources an id of that type comes from.
_SOURCES: Final = {
    VIRTUAL_MACHINES: (SETTINGS, NATIVE_MACHINE, ARC_SETTINGS, NATIVE_ARC),
    ARC_MACHINES: (ARC_SETTINGS, ARC_LICENSE, NATIVE_ARC),
    SCALE_SETS: (SCALE_SET_SETTINGS, NATIVE_SCALE_SET),
    MAINTENANCE_CONFIGURATIONS: (SCHEDULE, NATIVE_SCHEDULE),
}
_OURS: Final = "pulumi-python:dynamic/azurehotpatch:"
# `azure-native:compute:VirtualMachine`, `azure-native:compute/v20240301:VirtualMachine`, and from a local package for
# one API version `azure-native_compute_v20240301:compute:VirtualMachine`.
_NATIVE: Final = re.compile(r"azure-native(?:_\w+)?:(?P<module>[a-z]+)(?:/v\w+)?:(?P<name>\w+)")
_LATER: Final = "not-known-yet"


@dataclass(frozen=True, slots=True)
class Declared:
    """One resource of a stack: `id` is None while it has none, `depends_on` names, by input, the URNs it comes from.

    `outputs` are those of its last run, as far as they are told.
    """

    urn: str
    type: str
    inputs: Mapping[str, Any]
    id: str | None = None
    depends_on: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """Our own class name, or `module:Class` of azure-native in whatever version; empty for everything else."""
        if self.type.startswith(_OURS):
            return self.type.removeprefix(_OURS)
        native = _NATIVE.fullmatch(self.type)
        return f"{native['module']}:{native['name']}" if native else ""

    def text(self, name: str) -> str | None:
        """An input's value, None where it is absent, not known or no text."""
        value = self.inputs.get(name)
        return value if isinstance(value, str) else None


def truth_of(value: Any) -> Any:
    """True or False where an input may be written as a text too, as a stack's configuration holds it; else the value.

    Source: pydantic 2, Conversion Table, str to bool: what the resources themselves take.
    """
    if isinstance(value, str):
        return _TRUTHS.get(value.casefold(), value)
    return bool(value) if isinstance(value, int | float) and value in (0, 1) else value


_TRUTHS: Final = {
    **dict.fromkeys(("true", "t", "yes", "y", "on", "1"), True),
    **dict.fromkeys(("false", "f", "no", "n", "off", "0"), False),
}


class Names:
    """The ARM ids of what a stack declares. What Azure has not named yet goes by a stand-in until `label` is asked."""

    def __init__(self, declared: Iterable[Declared]) -> None:
        self._by_urn = {one.urn: (number, one) for number, one in enumerate(declared)}
        self._ids: dict[str, str] = {}
        for urn in self._by_urn:
            self._ids[urn] = self._find(urn, frozenset())
        # A machine comes before its settings, which go by the same id.
        ordered = sorted(self._by_urn.values(), key=lambda numbered: numbered[1].kind == SETTINGS)
        self._by_id: dict[str, tuple[str, ...]] = {}
        for _, one in ordered:
            key = self._ids[one.urn].casefold()
            self._by_id[key] = (*self._by_id.get(key, ()), one.urn)

    def id_of(self, one: Declared) -> str:
        """Its own id; of patch settings the machine's."""
        return self._ids[one.urn]

    def label(self, identity: str) -> str:
        """The id, or for a stand-in the URN that it stands for."""
        return next(iter(self.urns_of(identity)), identity) if is_stand_in(identity) else identity

    def urns_of(self, identity: str) -> tuple[str, ...]:
        """The URNs of what goes by an id: a machine and its settings go by the same."""
        return self._by_id.get(identity.casefold(), ())

    def is_known(self, one: Declared) -> bool:
        """Whether its id is more than a stand-in."""
        return not is_stand_in(self._ids[one.urn])

    def schedule_of(self, one: Declared) -> str:
        """The id of the schedule that an assignment or a scope gives."""
        name = "scheduleId" if one.kind in (ASSIGNMENT, DYNAMIC_SCOPE, FLEET) else "maintenanceConfigurationId"
        return self._referred(one, name, MAINTENANCE_CONFIGURATIONS, frozenset())

    def _find(self, urn: str, seen: frozenset[str]) -> str:
        number, one = self._by_urn[urn]
        match one.kind:
            case "VirtualMachinePatchSettings":
                return self._referred(one, "virtualMachineId", VIRTUAL_MACHINES, seen)
            case "ArcMachinePatchSettings" | "ArcHotpatchLicense":
                return self._referred(one, "machineId", ARC_MACHINES, seen)
            case "ScaleSetPatchSettings":
                return self._referred(one, "scaleSetId", SCALE_SETS, seen)
            case "PatchInstallation":
                return self._referred(one, "machineId", VIRTUAL_MACHINES, seen)
            case "ScheduleAssignment":
                return self._extension(one, self._referred(one, "machineId", VIRTUAL_MACHINES, seen), seen)
            case "MaintenanceSchedule":
                subscription, group = one.text("subscriptionId"), one.text("resourceGroupName")
                name = one.text("scheduleName")
                if subscription and group and name:
                    return _id(subscription, group, MAINTENANCE_CONFIGURATIONS, name)
                return _id(_LATER, group or _LATER, MAINTENANCE_CONFIGURATIONS, f"{number}")
            case _ if one.id is not None:
                return one.id
            case "DynamicScope":
                return f"/subscriptions/{_LATER}/providers/{CONFIGURATION_ASSIGNMENTS}/{number}"
            case "maintenance:ConfigurationAssignment" | "maintenance:ConfigurationAssignmentParent":
                return self._extension(one, self._native_target(one, seen), seen)
            case "maintenance:ConfigurationAssignmentsForSubscription":
                return f"/subscriptions/{_LATER}/providers/{CONFIGURATION_ASSIGNMENTS}/{number}"
            case "maintenance:MaintenanceConfiguration" | "maintenance:ConfigurationAssignmentsForResourceGroup":
                kind = MAINTENANCE_CONFIGURATIONS if one.kind == NATIVE_SCHEDULE else CONFIGURATION_ASSIGNMENTS
                return _id(_LATER, one.text("resourceGroupName") or _LATER, kind, f"{number}")
            case _:
                kind = {NATIVE_SCALE_SET: SCALE_SETS, NATIVE_ARC: ARC_MACHINES}.get(one.kind, VIRTUAL_MACHINES)
                return _id(_LATER, one.text("resourceGroupName") or _LATER, kind, f"{number}")

    def _referred(self, one: Declared, name: str, arm_type: str, seen: frozenset[str]) -> str:
        """The id that an input holds; while it is not known, that of the resource it comes from, else a stand-in."""
        if (value := one.text(name)) is not None:
            return value
        seen |= {one.urn}
        for urn in one.depends_on.get(name, ()):
            if urn in self._by_urn and urn not in seen and self._by_urn[urn][1].kind in _SOURCES[arm_type]:
                return self._ids.get(urn) or self._find(urn, seen)
        return _id(_LATER, _LATER, arm_type, f"{self._by_urn[one.urn][0]}")

    def _native_target(self, one: Declared, seen: frozenset[str]) -> str:
        target = self._referred(one, "resourceId", VIRTUAL_MACHINES, seen)
        if not is_stand_in(target):
            return target
        parts = [one.text(part) for part in ("providerName", "resourceType", "resourceName")]
        if None in parts:
            return target
        group, (provider, kind, name) = one.text("resourceGroupName") or _LATER, parts
        above = [text for part in ("resourceParentType", "resourceParentName") if (text := one.text(part))]
        return "/".join((_group(_LATER, group), "providers", f"{provider}", *above, f"{kind}", f"{name}"))

    def _extension(self, one: Declared, machine: str, seen: frozenset[str]) -> str:
        name = one.text("assignmentName") or one.text("configurationAssignmentName")
        if name is None and one.kind == ASSIGNMENT:
            schedule = self._referred(one, "scheduleId", MAINTENANCE_CONFIGURATIONS, seen)
            name = None if is_stand_in(schedule) else schedule.rpartition("/")[2]
        # Two assignments of one machine must not look the same while their names are not known.
        leaf = name or f"{_LATER}-{self._by_urn[one.urn][0]}"
        return f"{machine}/providers/{CONFIGURATION_ASSIGNMENTS}/{leaf}"


_REFERENCES: Final = (
    "virtualMachineId",
    "machineId",
    "scaleSetId",
    "scheduleId",
    "resourceId",
    "maintenanceConfigurationId",
)


def with_ids_from_references(declared: Iterable[Declared]) -> list[Declared]:
    """Resources whose id nothing says, with the one that another's input holds which comes from them alone."""
    given = list(declared)
    wanted = {one.urn for one in given if one.id is None and one.kind and not one.type.startswith(_OURS)}
    found: dict[str, str] = {}
    for one in given:
        for name in _REFERENCES:
            sources = [urn for urn in one.depends_on.get(name, ()) if urn in wanted]
            value = one.text(name)
            if len(sources) == 1 and value is not None and value.startswith("/subscriptions/"):
                found.setdefault(sources[0], value)
    return [replace(one, id=found[one.urn]) if one.urn in found else one for one in given]


def is_stand_in(identity: str) -> bool:
    """Whether an id holds parts that Azure has yet to say."""
    return _LATER in identity


def _id(subscription: str, group: str, arm_type: str, name: str) -> str:
    return f"{_group(subscription, group)}/providers/{arm_type}/{name}"


def _group(subscription: str, group: str) -> str:
    return f"/subscriptions/{subscription}/resourceGroups/{group}"
