"""Stacks for every rule that only several resources together can break: what passes, what violates, what is open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from tests.engine.rule_cases.form import ARC_ID, VM_ID
from tests.policy.bags import OURS, SCALE_SET_ID, SCHEDULE_ID, wire
from tests.policy.declared_cases import BASE
from tests.support.analyzer import SUBSCRIPTION, UNKNOWN, Resource

HOTPATCH_IMAGE: Final = {
    "publisher": "MicrosoftWindowsServer",
    "offer": "WindowsServer",
    "sku": "2025-datacenter-azure-edition",
}
UBUNTU: Final = {"publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server"}
OTHER_SCHEDULE: Final = SCHEDULE_ID.replace(SUBSCRIPTION, "00000000-0000-0000-0000-000000000002")
BY_PLATFORM: Final = {"patchMode": "AutomaticByPlatform"}
BYPASS: Final = {"automaticByPlatformSettings": {"bypassPlatformSafetyChecksOnUserSchedule": True}}


@dataclass(frozen=True)
class Stacks:
    """`says` is in the violation; `unknown` has no verdict, and where `waits` it has one once values are known."""

    passes: list[Resource]
    violates: list[Resource]
    says: str
    unknown: list[Resource] | None = None
    waits: bool = True


def vm(name: str = "web", *, linux: bool = False, agent: Any = None, patching: Any = None) -> Resource:
    """A VM of azure-native."""
    configuration = {"provisionVMAgent": agent, "patchSettings": patching or {}}
    given = {
        "vmName": name,
        "resourceGroupName": "contoso",
        "location": "westeurope",
        "osProfile": {"linuxConfiguration" if linux else "windowsConfiguration": configuration},
        "storageProfile": {"imageReference": UBUNTU if linux else HOTPATCH_IMAGE},
    }
    return Resource("azure-native:compute:VirtualMachine", wire(given), name)


def ours(kind: str, name: str = "one", **inputs: Any) -> Resource:
    """A resource of ours."""
    return Resource(f"{OURS}:{kind}", wire(inputs), name)


def on(resource: Resource, machine: Resource, field: str = "machineId") -> Resource:
    """The resource on a machine whose id is not known yet."""
    depends_on = {**resource.depends_on, field: (machine.urn,)}
    return replace(resource, properties={**resource.properties, field: UNKNOWN}, depends_on=depends_on)


def settings(name: str = "one", **inputs: Any) -> Resource:
    """Our patch settings of a VM that no resource declares."""
    return ours("VirtualMachinePatchSettings", name, **{"virtualMachineId": VM_ID, **inputs})


def schedule(name: str = "nights", **inputs: Any) -> Resource:
    """A schedule of ours whose id is known."""
    place = {"subscriptionId": SUBSCRIPTION, "scheduleName": name}
    return ours("MaintenanceSchedule", name, **{**BASE, **place, **inputs})


def assigned(name: str = "one", **inputs: Any) -> Resource:
    """A schedule given to a machine, both by their ids."""
    return ours("ScheduleAssignment", name, **{"machineId": VM_ID, "scheduleId": SCHEDULE_ID, **inputs})


def installation(machine: Resource, **inputs: Any) -> list[Resource]:
    """A machine and an installation on it."""
    chosen = {"windows": {"classificationsToInclude": ["Critical", "Security"]}, **inputs}
    return [machine, on(ours("PatchInstallation", **chosen), machine)]


def twice(resource: Resource) -> Stacks:
    """A declaration, and the same under another name."""
    again = replace(resource, name="again")
    return Stacks([resource], [resource, again], "by another resource of this stack already")


_PAST: Final = "2026-01-01 02:00"
_NIGHTS: Final = schedule(start=_PAST)
_SECOND: Final = SCHEDULE_ID.replace("nights", "late")
_BOTH: Final = [assigned("first"), assigned("second", scheduleId=_SECOND)]
_ENROLMENT: Final = ours("PreviewEnrollment", subscriptionId=SUBSCRIPTION, features=["InGuestPatchVMPreview"])
_SCOPE: Final = ours(
    "DynamicScope", scheduleId=SCHEDULE_ID, assignmentName="all", subscriptionIds=[SUBSCRIPTION], osTypes=["Linux"]
)


def scope(name: str = "all", schedule_id: str = SCHEDULE_ID, **inputs: Any) -> Resource:
    """A dynamic scope over the Windows machines of the subscription that the stack's VMs are in."""
    given = {"subscriptionIds": [SUBSCRIPTION], "osTypes": ["Windows"], **inputs}
    return ours("DynamicScope", name, scheduleId=schedule_id, assignmentName=name, **given)


def native_scope(name: str = "all", **inputs: Any) -> Resource:
    """The same of azure-native."""
    given = {"maintenanceConfigurationId": SCHEDULE_ID, "filter": {"osTypes": ["Windows"]}, **inputs}
    return Resource("azure-native:maintenance:ConfigurationAssignmentsForSubscription", wire(given), name)


_BY_USER: Final = vm(patching=BY_PLATFORM | BYPASS)
_HOTPATCHED: Final = vm(patching=BY_PLATFORM | {"enableHotpatching": True})
_LATE: Final = schedule("late", start=_PAST)
_PARENT: Final = Resource(
    "azure-native:maintenance:ConfigurationAssignmentParent",
    {
        "resourceGroupName": "contoso",
        "providerName": "Microsoft.Compute",
        "resourceParentType": "hostGroups",
        "resourceParentName": "hosts",
        "resourceType": "hosts",
        "resourceName": "host-1",
        "maintenanceConfigurationId": SCHEDULE_ID,
    },
)

STACKS: Final[Mapping[str, Stacks]] = {
    "assignment-machine-type": Stacks(
        [assigned()], [assigned(machineId=SCALE_SET_ID)], "virtualMachineScaleSets", [_PARENT], waits=False
    ),
    "assignment-schedule-type": Stacks([assigned()], [assigned(scheduleId=VM_ID)], "Microsoft.Compute"),
    "assignment-needs-platform-mode": Stacks(
        [settings(**BY_PLATFORM), assigned()],
        [settings(patchMode="Manual"), assigned()],
        "the machine's patch mode is Manual",
        [settings(patchMode=UNKNOWN), assigned()],
    ),
    "assignment-needs-bypass": Stacks(
        [vm(patching=BY_PLATFORM | BYPASS), on(assigned(), vm())],
        [vm(patching=BY_PLATFORM), on(assigned(), vm())],
        "bypassPlatformSafetyChecksOnUserSchedule is not set",
        [vm(patching=UNKNOWN), on(assigned(), vm())],
    ),
    "assignment-on-hotpatched-machine": Stacks(
        [settings(enableHotpatching=False), assigned()],
        [settings(enableHotpatching=True), assigned()],
        "The machine is hotpatched",
        [settings(enableHotpatching=UNKNOWN), assigned()],
    ),
    "assignment-reboot-setting": Stacks(
        [settings(rebootSetting="Never"), schedule(rebootSetting="Never"), assigned()],
        [settings(rebootSetting="Never"), schedule(rebootSetting="Always"), assigned()],
        "The schedule says Always and the machine Never",
        [settings(rebootSetting=UNKNOWN), schedule(rebootSetting="Always"), assigned()],
    ),
    "assignment-same-subscription": Stacks(
        [assigned()], [assigned(scheduleId=OTHER_SCHEDULE)], "different subscriptions", [assigned(machineId=UNKNOWN)]
    ),
    "assignment-same-start": Stacks(
        [_NIGHTS, schedule("late", start=_PAST, recurrence="1Month First Sunday"), *_BOTH],
        [_NIGHTS, schedule("late", start=_PAST), *_BOTH],
        "on this machine",
        [_NIGHTS, schedule("late", start=UNKNOWN), *_BOTH],
    ),
    "assignment-overlap": Stacks(
        [_NIGHTS, schedule("late", start=_PAST, recurrence="1Month First Sunday"), *_BOTH],
        [_NIGHTS, schedule("late", start="2026-01-01 03:00"), *_BOTH],
        "on this machine",
        [_NIGHTS, schedule("late", start="2026-01-01 03:00", duration=UNKNOWN), *_BOTH],
    ),
    "vm-settings-empty": Stacks(
        [settings(patchMode="Manual"), settings("two", patchMode=UNKNOWN)], [settings()], "nothing to own"
    ),
    "vm-settings-declared-twice": twice(settings(patchMode="Manual")),
    "scope-declared-twice": twice(_SCOPE),
    "arc-settings-declared-twice": twice(ours("ArcMachinePatchSettings", machineId=ARC_ID, patchMode="Manual")),
    "arc-license-declared-twice": twice(ours("ArcHotpatchLicense", machineId=ARC_ID)),
    "scale-set-settings-declared-twice": twice(ours("ScaleSetPatchSettings", scaleSetId=SCALE_SET_ID)),
    "feature-declared-twice": twice(_ENROLMENT),
    "schedule-declared-twice": twice(schedule()),
    "assignment-declared-twice": twice(assigned()),
    "installation-declared-twice": twice(ours("PatchInstallation", machineId=VM_ID)),
    "windows-vm-is-patched": Stacks(
        [vm(patching=BY_PLATFORM)],
        [vm(patching={"patchMode": "Manual"})],
        "No schedule is given to it and the platform does not patch it",
        [vm(patching=UNKNOWN)],
    ),
    "install-selects-something": Stacks(
        installation(vm()),
        installation(vm(), windows=None, linux={"classificationsToInclude": ["Critical"]}),
        "",
        installation(vm(), windows=UNKNOWN),
    ),
    "install-duration": Stacks(
        installation(vm()), installation(vm(), maximumDuration="20m"), "20", installation(vm(), maximumDuration=UNKNOWN)
    ),
    "install-linux-duration": Stacks(
        installation(vm(linux=True)),
        installation(vm(linux=True), maximumDuration="10m"),
        "10",
        installation(vm(linux=True), maximumDuration=UNKNOWN),
    ),
    "install-needs-agent": Stacks(
        installation(vm()), installation(vm(agent=False)), "", installation(vm(agent=UNKNOWN))
    ),
    "install-more-than-hotpatches": Stacks(
        installation(vm(patching={"enableHotpatching": True})),
        installation(
            vm(patching={"enableHotpatching": True}), windows={"classificationsToInclude": ["Security", "Tools"]}
        ),
        "Tools",
        installation(vm(patching={"enableHotpatching": True}), windows=UNKNOWN),
    ),
    "install-publish-date-on-windows": Stacks(
        installation(vm(), maxPublishDate="2026-11-10T00:00:00Z"),
        installation(vm(linux=True), maxPublishDate="2026-11-10T00:00:00Z"),
        "",
        installation(vm(linux=True), maxPublishDate=UNKNOWN),
    ),
    "install-start-needs-azure-vm": Stacks(
        [ours("PatchInstallation", machineId=VM_ID, startIfOff=True)],
        [ours("PatchInstallation", machineId=ARC_ID, startIfOff=True)],
        "",
        [ours("PatchInstallation", machineId=ARC_ID, startIfOff=UNKNOWN)],
    ),
    "scope-same-start": Stacks(
        [_BY_USER, _NIGHTS, _LATE, scope(), scope("late", _SECOND, osTypes=["Linux"])],
        [_BY_USER, _NIGHTS, _LATE, scope(), scope("late", _SECOND, osTypes=None, locations=["westeurope"])],
        "On 1 machine of the scope another schedule starts at the same time",
        [_BY_USER, _NIGHTS, _LATE, scope(), scope("late", _SECOND, osTypes=UNKNOWN)],
    ),
    "scope-overlap": Stacks(
        [
            _BY_USER,
            _NIGHTS,
            schedule("late", start="2026-01-01 03:00"),
            scope(),
            scope("late", _SECOND, osTypes=["Linux"]),
        ],
        [_BY_USER, _NIGHTS, schedule("late", start="2026-01-01 03:00"), scope(), scope("late", _SECOND)],
        "On 1 machine of the scope windows of another schedule overlap",
        [
            _BY_USER,
            _NIGHTS,
            schedule("late", start="2026-01-01 03:00"),
            scope(),
            scope("late", _SECOND, osTypes=UNKNOWN),
        ],
    ),
    "scope-takes-hotpatched-machines": Stacks(
        [_BY_USER, scope()],
        [_HOTPATCHED, native_scope()],
        "The scope takes 1 hotpatched machine",
        [_HOTPATCHED, scope(subscriptionIds=UNKNOWN)],
    ),
    "scope-machines-ready": Stacks(
        [_BY_USER, scope()],
        [vm(patching=BY_PLATFORM), scope()],
        "1 machine in the scope lacks AutomaticByPlatform or the bypass flag",
        [vm(patching=BY_PLATFORM), native_scope(filter=UNKNOWN)],
    ),
}
