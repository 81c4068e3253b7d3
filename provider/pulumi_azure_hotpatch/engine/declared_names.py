"""The ARM ids of what a stack declares, as far as they are known, and what is known of the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from .declared import (
    ARC_LICENSE,
    ARC_SETTINGS,
    ASSIGNMENT,
    DYNAMIC_SCOPE,
    FLEET,
    NATIVE_ARC,
    NATIVE_MACHINE,
    NATIVE_PARENT_ASSIGNMENT,
    NATIVE_SCALE_SET,
    NATIVE_SCHEDULE,
    SCALE_SET_SETTINGS,
    SCHEDULE,
    SETTINGS,
    Declared,
)
from .declared_references import Nameless, ids_given_away, references_of
from .facts import (
    ARC_MACHINES,
    CONFIGURATION_ASSIGNMENTS,
    MAINTENANCE_CONFIGURATIONS,
    SCALE_SETS,
    VIRTUAL_MACHINES,
)
from .logic import UNKNOWN, fold
from .stand_ins import LATER, is_stand_in, same, stand_in

# Which resources an id of that type comes from.
_SOURCES: Final = {
    VIRTUAL_MACHINES: (SETTINGS, NATIVE_MACHINE, ARC_SETTINGS, NATIVE_ARC),
    ARC_MACHINES: (ARC_SETTINGS, ARC_LICENSE, NATIVE_ARC),
    SCALE_SETS: (SCALE_SET_SETTINGS, NATIVE_SCALE_SET),
    MAINTENANCE_CONFIGURATIONS: (SCHEDULE, NATIVE_SCHEDULE),
}
# By kind of azure-native's: its type in ARM, and the input that names it there; read back it is called `name`.
_NAMED: Final = {
    NATIVE_MACHINE: (VIRTUAL_MACHINES, "vmName"),
    NATIVE_SCALE_SET: (SCALE_SETS, "vmScaleSetName"),
    NATIVE_ARC: (ARC_MACHINES, "machineName"),
    NATIVE_SCHEDULE: (MAINTENANCE_CONFIGURATIONS, "resourceName"),
}
_MACHINES: Final = (NATIVE_MACHINE, NATIVE_SCALE_SET, NATIVE_ARC)


@dataclass(frozen=True, slots=True)
class Members:
    """The machines of a fleet: ids of those that surely are, and of those that may be; `is_open` is whether any other
    VM may be one too.
    """

    sure: tuple[str, ...] = ()
    possible: tuple[str, ...] = ()
    is_open: bool = False


class Names:
    """The ARM ids of what a stack declares. What Azure has not named yet goes by a stand-in until `label` is asked."""

    def __init__(self, declared: Iterable[Declared]) -> None:
        self._by_urn = {one.urn: (number, one) for number, one in enumerate(with_ids_from_references(declared))}
        self._by_name: dict[str, tuple[str, ...]] = {}
        for _, one in self._all:
            if one.kind in _MACHINES and (name := _name_of(one)) is not None:
                self._by_name[name.casefold()] = (*self._by_name.get(name.casefold(), ()), one.urn)
        self._providers = {name: number for number, name in enumerate({one.provider for _, one in self._all})}
        self._ids: dict[str, str] = {}
        for urn in self._by_urn:
            self._ids[urn] = self._find(urn, frozenset())
        # A machine comes before its settings, which go by the same id.
        ordered = sorted(self._all, key=lambda numbered: numbered[1].kind == SETTINGS)
        self._by_id: dict[str, tuple[str, ...]] = {}
        for _, one in ordered:
            key = self._ids[one.urn].casefold()
            self._by_id[key] = (*self._by_id.get(key, ()), one.urn)

    @property
    def _all(self) -> Iterable[tuple[int, Declared]]:
        return self._by_urn.values()

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

    def members_of(self, one: Declared) -> Members:
        """The machines that a fleet names, by themselves or by the resources that their ids come from, or that were
        found for it by a filter or a query.
        """
        given = one.inputs.get("machineIds") or one.inputs.get("matched")
        items = given if isinstance(given, list | tuple) else ()
        known = tuple(item for item in items if isinstance(item, str))
        told = {item.casefold() for item in known}
        kinds = (NATIVE_MACHINE, SETTINGS)
        sources = [self._ids[urn] for urn in self._sources(one, "machineIds", kinds)]
        others = tuple(source for source in dict.fromkeys(sources) if source.casefold() not in told)
        if given is UNKNOWN:
            return Members(others, is_open=not others)
        still_open = len(items) - len(known)
        if len(others) > still_open:
            return Members(known, others if still_open else ())
        return Members((*known, *others), is_open=still_open > len(others))

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
                return _id(LATER, group or LATER, MAINTENANCE_CONFIGURATIONS, stand_in(number))
            case _ if one.id is not None:
                return one.id
            case "DynamicScope":
                return f"/subscriptions/{LATER}/providers/{CONFIGURATION_ASSIGNMENTS}/{number}"
            case "maintenance:ConfigurationAssignment" | "maintenance:ConfigurationAssignmentParent":
                return self._extension(one, self._native_target(one, seen), seen)
            case "maintenance:ConfigurationAssignmentsForSubscription":
                place = f"/subscriptions/{self._subscription(one)}"
                return f"{place}/providers/{CONFIGURATION_ASSIGNMENTS}/{stand_in(number)}"
            case "maintenance:ConfigurationAssignmentsForResourceGroup":
                place = _group(self._subscription(one), self._resource_group(one))
                return f"{place}/providers/{CONFIGURATION_ASSIGNMENTS}/{stand_in(number)}"
            case _:
                arm_type, _ = _NAMED.get(one.kind, (VIRTUAL_MACHINES, ""))
                return _id(self._subscription(one), self._resource_group(one), arm_type, stand_in(number))

    def _subscription(self, one: Declared) -> str:
        """The subscription that the resource's provider works in: one and the same for all of its resources."""
        return one.subscription_id or stand_in(f"p{self._providers[one.provider]}")

    def _resource_group(self, one: Declared) -> str:
        """The name of its resource group; while it is not known, what comes from one resource is one group."""
        if (group := one.text("resourceGroupName")) is not None:
            return group
        match one.depends_on.get("resourceGroupName", ()):
            case (source,) if source in self._by_urn:
                return stand_in(f"g{self._by_urn[source][0]}")
        return LATER

    def _sources(self, one: Declared, name: str, kinds: Iterable[str]) -> list[str]:
        """The URNs of the resources of these kinds that an input comes from."""
        found = (urn for urn in one.depends_on.get(name, ()) if urn in self._by_urn)
        return [urn for urn in found if self._by_urn[urn][1].kind in kinds]

    def _referred(self, one: Declared, name: str, arm_type: str, seen: frozenset[str]) -> str:
        """The id that an input holds; while it is not known, that of the resource it comes from, else a stand-in."""
        if (value := one.text(name)) is not None:
            return value
        seen |= {one.urn}
        for urn in self._sources(one, name, _SOURCES[arm_type]):
            if urn not in seen:
                return self._ids.get(urn) or self._find(urn, seen)
        return _id(LATER, LATER, arm_type, stand_in(self._by_urn[one.urn][0]))

    def _native_target(self, one: Declared, seen: frozenset[str]) -> str:
        """What azure-native's assignment is on: by its id, else by the resource that the id or the name comes from,
        else by resource group and name, whether a resource of the stack has them or none.
        """
        if (value := one.text("resourceId")) is not None:
            return value
        for urn in self._native_targets(one):
            return self._ids.get(urn) or self._find(urn, seen | {one.urn})
        provider, kind, name = (one.text(part) for part in ("providerName", "resourceType", "resourceName"))
        if provider is None or kind is None or name is None:
            return _id(LATER, LATER, VIRTUAL_MACHINES, stand_in(self._by_urn[one.urn][0]))
        above = (text for part in ("resourceParentType", "resourceParentName") if (text := one.text(part)))
        place = _group(self._subscription(one), self._resource_group(one))
        return "/".join((place, "providers", provider, *above, kind, name))

    def _native_targets(self, one: Declared) -> Iterator[str]:
        """The resources of the stack that azure-native's assignment may be on, the likeliest first."""
        provider, kind, name = (one.text(part) for part in ("providerName", "resourceType", "resourceName"))
        if one.kind == NATIVE_PARENT_ASSIGNMENT:
            return
        wanted = None if provider is None or kind is None else f"{provider}/{kind}".casefold()
        yield from self._sources(one, "resourceId", (*_SOURCES[VIRTUAL_MACHINES], NATIVE_SCALE_SET))
        named = [
            urn
            for urn in (*self._sources(one, "resourceName", _MACHINES), *self._by_name.get(fold(name), ()))
            if wanted in (None, _NAMED[self._by_urn[urn][1].kind][0].casefold())
        ]
        for urn in named:
            other = self._by_urn[urn][1]
            if urn in one.depends_on.get("resourceName", ()):
                if name is None or _name_of(other) is None or fold(name) == fold(_name_of(other)):
                    yield urn
            elif same(self._resource_group(one), self._resource_group(other)) is True:
                yield urn

    def _extension(self, one: Declared, machine: str, seen: frozenset[str]) -> str:
        name = one.text("assignmentName") or one.text("configurationAssignmentName")
        if name is None and one.kind == ASSIGNMENT:
            schedule = self._referred(one, "scheduleId", MAINTENANCE_CONFIGURATIONS, seen)
            name = None if is_stand_in(schedule) else schedule.rpartition("/")[2]
        # Two assignments of one machine must not look the same while their names are not known.
        leaf = name or stand_in(self._by_urn[one.urn][0])
        return f"{machine}/providers/{CONFIGURATION_ASSIGNMENTS}/{leaf}"


def with_ids_from_references(declared: Iterable[Declared]) -> list[Declared]:
    """Resources whose id nothing says, with the one that another's input holds and that must be theirs."""
    given = list(declared)
    nameless = [
        Nameless(one.urn, _NAMED.get(one.kind, (None,))[0], one.text("resourceGroupName"), _name_of(one))
        for one in given
        if one.id is None and one.kind and not one.is_ours
    ]
    if not nameless:
        return given
    references = (pair for one in given for pair in references_of(one.inputs, one.depends_on))
    found = ids_given_away(nameless, references, (one.id for one in given if one.id is not None))
    return [replace(one, id=found[one.urn]) if one.urn in found else one for one in given]


def _name_of(one: Declared) -> str | None:
    """What azure-native's resource is called in Azure."""
    return one.text(_NAMED[one.kind][1]) or one.text("name") if one.kind in _NAMED else None


def _id(subscription: str, group: str, arm_type: str, name: str) -> str:
    return f"{_group(subscription, group)}/providers/{arm_type}/{name}"


def _group(subscription: str, group: str) -> str:
    return f"/subscriptions/{subscription}/resourceGroups/{group}"
