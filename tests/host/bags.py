"""Property bags for tests: what programs may declare, by resource, as the engine sends it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from pulumi.output import Unknown

from pulumi_azure_hotpatch.models.arc_hotpatch_license import ArcHotpatchLicenseInputs, ArcHotpatchLicenseState
from pulumi_azure_hotpatch.models.arc_machine_patch_settings import (
    ArcMachinePatchSettingsInputs,
    ArcMachinePatchSettingsState,
)
from pulumi_azure_hotpatch.models.base import Inputs, State
from pulumi_azure_hotpatch.models.dynamic_scope import DynamicScopeInputs, DynamicScopeState
from pulumi_azure_hotpatch.models.fleet_patch_settings import FleetPatchSettingsInputs, FleetPatchSettingsState
from pulumi_azure_hotpatch.models.image_support_check import ImageSupportCheckInputs, ImageSupportCheckState
from pulumi_azure_hotpatch.models.maintenance_schedule import MaintenanceScheduleInputs, MaintenanceScheduleState
from pulumi_azure_hotpatch.models.patch_assessment import PatchAssessmentInputs, PatchAssessmentState
from pulumi_azure_hotpatch.models.patch_installation import PatchInstallationInputs, PatchInstallationState
from pulumi_azure_hotpatch.models.patch_rollout import PatchRolloutInputs, PatchRolloutState
from pulumi_azure_hotpatch.models.preview_enrollment import PreviewEnrollmentInputs, PreviewEnrollmentState
from pulumi_azure_hotpatch.models.scale_set_patch_settings import (
    ScaleSetPatchSettingsInputs,
    ScaleSetPatchSettingsState,
)
from pulumi_azure_hotpatch.models.schedule_assignment import ScheduleAssignmentInputs, ScheduleAssignmentState
from pulumi_azure_hotpatch.models.virtual_machine_patch_settings import (
    VirtualMachinePatchSettingsInputs,
    VirtualMachinePatchSettingsState,
)

Bag = dict[str, Any]
Path = tuple[str | int, ...]
Values = st.SearchStrategy[Any]

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-contoso"
MACHINE = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/vm-web-1"
ARC_MACHINE = f"{GROUP}/providers/Microsoft.HybridCompute/machines/srv-arc-1"
SCALE_SET = f"{GROUP}/providers/Microsoft.Compute/virtualMachineScaleSets/vmss-1"
SCHEDULE = f"{GROUP}/providers/Microsoft.Maintenance/maintenanceConfigurations/patch-tuesday"

UNKNOWN = Unknown()  # type: ignore[no-untyped-call]
"""How the dynamic host hands over a value that is not known yet."""

_names = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=12)
_subscriptions = st.uuids().map(str)
_waits = st.sampled_from(["90s", "15m", "1h30m", "0.5s"])
_flags = st.booleans()
_destroy = st.sampled_from(["restore", "keep"])
_reboot = st.sampled_from(["IfRequired", "Never", "Always"])
_kbs = st.lists(st.integers(5_000_000, 5_099_999).map(lambda number: f"KB{number}"), max_size=3)
_masks = st.lists(_names, max_size=3)
_instants = st.sampled_from(["2027-01-01 22:00", "2027-03-28 02:30", "2028-02-29 00:00"])


def _some(values: list[str]) -> Values:
    return st.lists(st.sampled_from(values), unique=True, max_size=3)


def _set_of(values: Values) -> Values:
    return st.lists(values, unique=True, min_size=1, max_size=3)


def _machines(kind: str = "Microsoft.Compute/virtualMachines") -> Values:
    return _names.map(lambda name: f"{GROUP}/providers/{kind}/{name}")


_windows = st.fixed_dictionaries(
    {},
    optional={
        "classificationsToInclude": _some(["Critical", "Security", "UpdateRollup", "Definition"]),
        "kbNumbersToInclude": _kbs,
        "kbNumbersToExclude": _kbs,
        "excludeKbsRequiringReboot": _flags,
    },
)
_linux = st.fixed_dictionaries(
    {},
    optional={
        "classificationsToInclude": _some(["Critical", "Security", "Other"]),
        "packageNameMasksToInclude": _masks,
        "packageNameMasksToExclude": _masks,
    },
)


@dataclass(frozen=True, repr=False)
class Kind:
    """One resource: its models, its handler, strategies for its inputs on the wire and for the rest of its state."""

    name: str
    handler: str
    inputs: type[Inputs]
    state: type[State]
    required: Mapping[str, Values]
    optional: Mapping[str, Values]
    stored: Mapping[str, Values]

    def __repr__(self) -> str:
        return self.name

    @property
    def bags(self) -> st.SearchStrategy[Bag]:
        """Valid declarations."""
        return st.fixed_dictionaries(dict(self.required), optional=dict(self.optional))

    @property
    def states(self) -> st.SearchStrategy[State]:
        """States that a handler may have returned."""
        bags = st.fixed_dictionaries(dict(self.required), optional={**self.optional, **self.stored})
        return bags.map(self.state.model_validate)

    @property
    def every(self) -> dict[str, Values]:
        """Every input a program may give."""
        return {**self.required, **self.optional}


_facts = st.dictionaries(
    st.sampled_from(["patch_mode", "enable_hotpatching", "reboot_setting", "tags"]),
    st.recursive(
        st.booleans() | st.integers(-5, 5) | _names,
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_names, inner, max_size=2),
        max_leaves=4,
    ),
    max_size=3,
)
_fields = st.lists(st.sampled_from(["patch_mode", "enable_hotpatching", "assessment_mode"]), unique=True, max_size=3)
_unfinished = st.sampled_from(["still waiting", "cancelled while waiting"])
_patched = _machines() | _machines("Microsoft.HybridCompute/machines")
_triggers = st.lists(_names | _flags | st.integers(-5, 5).map(float), max_size=3)
_counts = st.integers(0, 300)
_moments = st.sampled_from(["2027-01-12T03:00:00+00:00", "2027-03-28T02:30:00+01:00"])

_assignments = st.dictionaries(_names, st.fixed_dictionaries({"location": _names}), max_size=2)
_dates = st.sampled_from(["2026-11-02T08:00:00+00:00"])
_owned = {
    "adopted": _fields,
    "osType": st.sampled_from(["Windows", "Linux"]),
    "location": _names,
    "previous": _facts,
    "previouslyAbsent": _fields,
    "applied": _facts,
    "contested": st.dictionaries(st.sampled_from(["patch_mode"]), st.integers(1, 9).map(float)),
    "unfinished": _unfinished,
}
_machine_groups = st.fixed_dictionaries(
    {"machines": st.lists(_machines(), min_size=1, max_size=2)},
    optional={
        "adopted": _fields,
        "previous": _facts,
        "previouslyAbsent": _fields,
        "applied": _facts,
        "contested": st.dictionaries(st.sampled_from(["patch_mode"]), st.integers(1, 9).map(float)),
        "appliedScheduleId": _machines("Microsoft.Maintenance/maintenanceConfigurations"),
        "previousScheduleId": _machines("Microsoft.Maintenance/maintenanceConfigurations"),
        "assignmentAdopted": _flags,
        "outcome": _names,
        "error": _unfinished,
    },
)

_way_in = {
    "machineIds": st.lists(_patched, min_size=1, max_size=2),
    "tags": st.dictionaries(_names, _set_of(_names), min_size=1, max_size=2),
    "percent": st.integers(1, 30).map(float),
}
_ring = st.sampled_from(sorted(_way_in)).flatmap(
    lambda way: st.fixed_dictionaries(
        {"name": _names, way: _way_in[way]},
        optional={
            "deferralDays": st.integers(0, 30).map(float),
            "soak": _waits,
            "maxConcurrent": st.integers(1, 50).map(float),
            "failureBudget": st.sampled_from(["5%", "2", 1.0]),
        },
    )
)
_rolled_out = st.fixed_dictionaries(
    {"machineId": _machines(), "ring": _names, "phase": st.sampled_from(["waiting", "installing", "succeeded"])},
    optional={"activityId": _names, "status": _names, "installedCount": _counts, "error": _names},
)

KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            "PreviewEnrollment",
            "preview_enrollment",
            PreviewEnrollmentInputs,
            PreviewEnrollmentState,
            {"features": st.lists(_names, min_size=1, max_size=3, unique=True)},
            {
                "namespace": st.sampled_from(["Microsoft.Compute", "Microsoft.Maintenance"]),
                "subscriptionId": _subscriptions,
                "propagate": _flags,
                "agreeingReads": st.integers(1, 100).map(float),
                "pollInterval": _waits,
                "timeout": _waits,
                "onDestroy": _destroy,
            },
            {
                "adopted": _masks,
                "registered": _masks,
                "skipped": _masks,
                "propagated": _flags,
                "unfinished": _unfinished,
            },
        ),
        Kind(
            "VirtualMachinePatchSettings",
            "virtual_machine_patch_settings",
            VirtualMachinePatchSettingsInputs,
            VirtualMachinePatchSettingsState,
            {"virtualMachineId": _machines()},
            {
                "patchMode": st.sampled_from(["AutomaticByPlatform", "AutomaticByOS", "Manual", "ImageDefault"]),
                "enableHotpatching": _flags,
                "assessmentMode": st.sampled_from(["AutomaticByPlatform", "ImageDefault"]),
                "rebootSetting": _reboot,
                "bypassPlatformSafetyChecksOnUserSchedule": _flags,
                "onDestroy": _destroy,
                "timeout": _waits,
            },
            {
                "adopted": _fields,
                "imageEligibility": _names,
                "outcome": _names,
                "osType": st.sampled_from(["Windows", "Linux"]),
                "location": _names,
                "previous": _facts,
                "previouslyAbsent": _fields,
                "applied": _facts,
                "contested": st.dictionaries(st.sampled_from(["patch_mode"]), st.integers(1, 9).map(float)),
                "hotpatchTrack": st.sampled_from(["pending baseline", "enrolled", "unenrolled", "unknown"]),
                "hotpatchEnabledAgainOn": st.sampled_from(["2026-11-22"]),
                "unfinished": _unfinished,
            },
        ),
        Kind(
            "MaintenanceSchedule",
            "maintenance_schedule",
            MaintenanceScheduleInputs,
            MaintenanceScheduleState,
            {
                "resourceGroupName": _names,
                "scheduleName": _names,
                "location": st.sampled_from(["eastus", "westeurope"]),
                "start": _instants,
                "duration": st.sampled_from(["01:30", "03:00", "03:55"]),
                "timeZone": st.sampled_from(["Europe/Berlin", "Pacific Standard Time", "UTC"]),
                "recurrence": st.sampled_from(["1Day", "2Weeks Monday", "1Month Second Tuesday Offset4"]),
            },
            {
                "subscriptionId": _subscriptions,
                "expires": st.sampled_from(["2030-01-01 00:00"]),
                "rebootSetting": _reboot,
                "windows": _windows,
                "linux": _linux,
                "tags": st.dictionaries(_names, _names, max_size=2),
                "onDestroy": _destroy,
            },
            {
                "adopted": _flags,
                "previous": _facts,
                "previouslyAbsent": _fields,
                "applied": _facts,
                "unfinished": _unfinished,
            },
        ),
        Kind(
            "ScheduleAssignment",
            "schedule_assignment",
            ScheduleAssignmentInputs,
            ScheduleAssignmentState,
            {
                "machineId": _machines(),
                "scheduleId": _machines("Microsoft.Maintenance/maintenanceConfigurations"),
            },
            {"assignmentName": _names, "location": _names, "timeout": _waits, "onDestroy": _destroy},
            {
                "outcome": _names,
                "adopted": _flags,
                "previousScheduleId": _machines("Microsoft.Maintenance/maintenanceConfigurations"),
                "appliedScheduleId": _machines("Microsoft.Maintenance/maintenanceConfigurations"),
                "unfinished": _unfinished,
            },
        ),
        Kind(
            "ImageSupportCheck",
            "image_support_check",
            ImageSupportCheckInputs,
            ImageSupportCheckState,
            {"machineId": _patched},
            {
                "require": st.just("Supported"),
                "triggers": _triggers,
                "pollInterval": _waits,
                "timeout": _waits,
            },
            {
                "imageSupport": _names,
                "supportState": st.sampled_from(["Supported", "Unsupported", "UnableToDetermine"]),
                "reason": _names,
                "decidedBy": st.sampled_from(["list", "assessment", "installation"]),
                "checkedAt": _moments,
                "activityId": _names,
                "operation": _names,
                "assessedFrom": _moments,
                "image": _names,
                "guidance": _names,
                "unfinished": _unfinished,
            },
        ),
        Kind(
            "PatchAssessment",
            "patch_assessment",
            PatchAssessmentInputs,
            PatchAssessmentState,
            {"machineId": _patched},
            {"triggers": _triggers, "maxAge": _waits, "timeout": _waits},
            {
                "expired": _flags,
                "activityId": _names,
                "operation": _names,
                "status": st.sampled_from(["Succeeded", "Failed"]),
                "rebootPending": _flags,
                "criticalAndSecurityCount": _counts,
                "otherCount": _counts,
                "counts": st.dictionaries(_names, _counts, max_size=3),
                "patches": st.lists(st.fixed_dictionaries({"name": _names, "kb": _names}), max_size=2),
                "startedAt": _moments,
                "assessedAt": _moments,
                "error": _names,
                "unfinished": _unfinished,
            },
        ),
        Kind(
            "PatchInstallation",
            "patch_installation",
            PatchInstallationInputs,
            PatchInstallationState,
            {"machineId": _patched},
            {
                "windows": _windows,
                "linux": _linux,
                "rebootSetting": _reboot,
                "maximumDuration": st.sampled_from(["90m", "2h", "1h30m"]),
                "maxPublishDate": st.sampled_from(["2027-01-12", "2027-01-12T00:00:00+01:00"]),
                "triggers": _triggers,
                "failOn": _some(["failed", "reboot_pending", "window_exceeded"]),
                "startIfOff": _flags,
                "adoptActivityId": st.uuids().map(str),
                "ignoreActivityId": st.uuids().map(str),
                "lookBack": _waits,
                "timeout": _waits,
            },
            {
                "wouldInstall": _masks,
                "rebootExpected": _names,
                "timeBudget": _names,
                "activityId": _names,
                "operation": _names,
                "askedAt": _moments,
                "startedMachine": st.sampled_from(["deallocated", "stopped"]),
                "adopted": _flags,
                "status": st.sampled_from(["Succeeded", "Failed", "CompletedWithWarnings"]),
                "rebootStatus": st.sampled_from(["NotNeeded", "Required", "Completed"]),
                "maintenanceWindowExceeded": _flags,
                "installedCount": _counts,
                "failedCount": _counts,
                "pendingCount": _counts,
                "excludedCount": _counts,
                "notSelectedCount": _counts,
                "patches": st.lists(st.fixed_dictionaries({"name": _names, "state": _names}), max_size=2),
                "startedAt": _moments,
                "finishedAt": _moments,
                "error": _names,
                "unfinished": _unfinished,
            },
        ),
        Kind(
            "ArcHotpatchLicense",
            "arc_hotpatch_license",
            ArcHotpatchLicenseInputs,
            ArcHotpatchLicenseState,
            {"machineId": _machines("Microsoft.HybridCompute/machines")},
            {
                "enabled": _flags,
                "vbsStatus": st.integers(0, 2).map(float),
                "secureBoot": _flags,
                "onDestroy": _destroy,
                "timeout": _waits,
            },
            {
                "adopted": _flags,
                "previouslyEnabled": _flags,
                "createdProfile": _flags,
                "location": _names,
                "subscriptionStatus": st.sampled_from(["Enabled", "Disabled", "Failed"]),
                "hotpatchStatus": st.sampled_from(["Enabled", "ActionRequired"]),
                "enrollmentDate": _dates,
                "billingStartDate": _dates,
                "billingEndDate": _dates,
                "unfinished": _unfinished,
            },
        ),
        Kind(
            "ArcMachinePatchSettings",
            "arc_machine_patch_settings",
            ArcMachinePatchSettingsInputs,
            ArcMachinePatchSettingsState,
            {"machineId": _machines("Microsoft.HybridCompute/machines")},
            {
                "patchMode": st.sampled_from(["AutomaticByPlatform", "AutomaticByOS", "Manual", "ImageDefault"]),
                "enableHotpatching": _flags,
                "assessmentMode": st.sampled_from(["AutomaticByPlatform", "ImageDefault"]),
                "onDestroy": _destroy,
                "timeout": _waits,
            },
            {**_owned, "hotpatchStatus": st.sampled_from(["Enabled", "ActionRequired"])},
        ),
        Kind(
            "DynamicScope",
            "dynamic_scope",
            DynamicScopeInputs,
            DynamicScopeState,
            {"scheduleId": _machines("Microsoft.Maintenance/maintenanceConfigurations"), "assignmentName": _names},
            {
                "subscriptionIds": _set_of(_subscriptions),
                "resourceGroupIds": _set_of(_names.map(lambda name: f"{GROUP}-{name}")),
                "resourceTypes": _some(["Microsoft.Compute/virtualMachines", "Microsoft.HybridCompute/machines"]),
                "resourceGroups": _set_of(_names),
                "locations": _some(["eastus", "westeurope", "uksouth"]),
                "osTypes": _some(["Windows", "Linux"]),
                "tagFilters": st.dictionaries(_names, _set_of(_names), max_size=2),
                "tagOperator": st.sampled_from(["Any", "All"]),
                "location": st.sampled_from(["eastus", "westeurope"]),
                "allowWholeSubscription": _flags,
                "maxMachines": st.integers(1, 1000).map(float),
                "onDestroy": _destroy,
            },
            {
                "matchingCount": _counts,
                "matchingMachines": _set_of(_machines()),
                "findings": st.lists(_names, max_size=2),
                "assignmentIds": _set_of(_names),
                "adopted": _set_of(_names),
                "previous": _assignments,
                "applied": _assignments,
                "unfinished": _unfinished,
            },
        ),
        Kind(
            "FleetPatchSettings",
            "fleet_patch_settings",
            FleetPatchSettingsInputs,
            FleetPatchSettingsState,
            {"fleetName": _names},
            {
                "machineIds": _set_of(_machines()),
                "query": st.sampled_from(["resources | where name startswith 'vm-' | project id"]),
                "subscriptionIds": _set_of(_subscriptions),
                "resourceGroups": _set_of(_names),
                "locations": _some(["eastus", "westeurope", "uksouth"]),
                "osTypes": _some(["Windows", "Linux"]),
                "tagFilters": st.dictionaries(_names, _set_of(_names), max_size=2),
                "tagOperator": st.sampled_from(["Any", "All"]),
                "allowWholeSubscription": _flags,
                "patchMode": st.sampled_from(["AutomaticByPlatform", "AutomaticByOS", "Manual", "ImageDefault"]),
                "enableHotpatching": _flags,
                "assessmentMode": st.sampled_from(["AutomaticByPlatform", "ImageDefault"]),
                "rebootSetting": _reboot,
                "bypassPlatformSafetyChecksOnUserSchedule": _flags,
                "scheduleId": _machines("Microsoft.Maintenance/maintenanceConfigurations"),
                "onDestroy": _destroy,
                "timeout": _waits,
            },
            {
                "matched": _set_of(_machines()),
                "outcomes": st.lists(_names, max_size=2),
                "groups": st.lists(_machine_groups, max_size=2),
                "drifted": st.lists(_names, max_size=2),
                "unfinished": _unfinished,
            },
        ),
        Kind(
            "PatchRollout",
            "patch_rollout",
            PatchRolloutInputs,
            PatchRolloutState,
            {"rings": st.lists(_ring, min_size=1, max_size=3, unique_by=lambda ring: ring["name"])},
            {
                "machineIds": _set_of(_patched),
                "exclude": _set_of(_patched),
                "windows": _windows,
                "linux": _linux,
                "rebootSetting": _reboot,
                "maximumDuration": st.sampled_from(["90m", "2h", "1h30m"]),
                "maxPublishDate": st.sampled_from(["2027-01-12", "2027-01-12T00:00:00+01:00"]),
                "triggers": _triggers,
                "failOn": _some(["failed", "reboot_pending", "window_exceeded"]),
                "gate": _some(["running", "healthy"]),
                "failureBudget": st.sampled_from(["5%", "2", 1.0]),
                "maxConcurrent": st.integers(1, 50).map(float),
                "soak": _waits,
                "releaseMonth": st.sampled_from(["2026-12", "2027-01"]),
                "startAt": st.sampled_from(["02:00", "23:30"]),
                "timeZone": st.sampled_from(["Europe/Berlin", "Pacific Standard Time"]),
                "resume": _names | _flags | st.integers(-5, 5).map(float),
                "retryFailed": _flags,
                "adoptSince": _moments,
                "lookBack": _waits,
                "maxWait": _waits,
                "timeout": _waits,
            },
            {
                "plan": st.lists(
                    st.fixed_dictionaries(
                        {
                            "ring": _names,
                            "machines": _counts,
                            "starts": _names,
                            "soak": _names,
                            "atATime": _counts,
                            "mayFail": _counts,
                        }
                    ),
                    max_size=2,
                ),
                "phase": st.sampled_from(["waiting", "installing", "halted", "finished"]),
                "ring": _names,
                "waitingUntil": _moments,
                "begunAt": _moments,
                "previousUntil": _moments,
                "lookedBackTo": _moments,
                "ringStates": st.lists(st.fixed_dictionaries({"ring": _names, "openedAt": _moments}), max_size=2),
                "machines": st.lists(_rolled_out, max_size=2),
                "succeededCount": _counts,
                "failedCount": _counts,
                "remainingCount": _counts,
                "unfinished": _unfinished,
            },
        ),
        Kind(
            "ScaleSetPatchSettings",
            "scale_set_patch_settings",
            ScaleSetPatchSettingsInputs,
            ScaleSetPatchSettingsState,
            {"scaleSetId": _machines("Microsoft.Compute/virtualMachineScaleSets")},
            {
                "patchMode": st.sampled_from(["AutomaticByPlatform", "AutomaticByOS", "Manual", "ImageDefault"]),
                "enableHotpatching": _flags,
                "assessmentMode": st.sampled_from(["AutomaticByPlatform", "ImageDefault"]),
                "rebootSetting": _reboot,
                "bypassPlatformSafetyChecksOnUserSchedule": _flags,
                "onDestroy": _destroy,
                "timeout": _waits,
            },
            _owned,
        ),
    )
}

kinds = st.sampled_from(list(KINDS.values()))


@st.composite
def declarations(draw: st.DrawFn) -> tuple[Kind, Bag]:
    """A resource and a valid declaration of it."""
    kind = draw(kinds)
    return kind, draw(kind.bags)


@st.composite
def partly_unknown(draw: st.DrawFn) -> tuple[Kind, Bag, Bag, frozenset[Path]]:
    """A resource, a valid declaration, the same with some values unknown, and where they are."""
    kind, bag = draw(declarations())
    places = draw(st.sets(st.sampled_from(sorted(paths(bag), key=str)), min_size=1))
    return kind, bag, hide(bag, places), frozenset(places)


def paths(value: Any, at: Path = ()) -> Iterator[Path]:
    """Every place in a value, itself excepted."""
    items: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*at, key)
        yield from paths(item, (*at, key))


def hide(value: Any, places: set[Path] | frozenset[Path], at: Path = ()) -> Any:
    """`value` with `UNKNOWN` at the places."""
    if at in places:
        return UNKNOWN
    if isinstance(value, dict):
        return {key: hide(item, places, (*at, key)) for key, item in value.items()}
    if isinstance(value, list):
        return [hide(item, places, (*at, index)) for index, item in enumerate(value)]
    return value


def as_floats(value: Any) -> Any:
    """`value` with every number as the wire has it."""
    if isinstance(value, dict):
        return {key: as_floats(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_floats(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def holds_none(value: Any) -> bool:
    """Whether None is anywhere in a value."""
    if isinstance(value, dict):
        return any(holds_none(item) for item in value.values())
    return any(holds_none(item) for item in value) if isinstance(value, list) else value is None
