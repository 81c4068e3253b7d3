"""STORED FORMATS: users' state files hold all of this. A test here that fails means that existing stacks would break.

Only ever add to the literals below; a new property needs a default, so that older state still loads.
"""

import base64
import importlib
import pickle

import pytest
from pulumi.dynamic.dynamic import serialize_provider

from azure_patch_simulator import SUBSCRIPTION_ID
from pulumi_azure_hotpatch import dynamic_providers, handlers, resources
from pulumi_azure_hotpatch.host import wire
from pulumi_azure_hotpatch.host.dynamic import HandlerProvider
from tests.host.bags import GROUP, KINDS, MACHINE, SCHEDULE, Bag
from tests.support.dynamic_host import PROVIDERS
from tests.support.simulated import Azure

CLASSES = {
    "PreviewEnrollment": "pulumi_azure_hotpatch.dynamic_providers.PreviewEnrollmentProvider",
    "VirtualMachinePatchSettings": "pulumi_azure_hotpatch.dynamic_providers.VirtualMachinePatchSettingsProvider",
    "MaintenanceSchedule": "pulumi_azure_hotpatch.dynamic_providers.MaintenanceScheduleProvider",
    "ScheduleAssignment": "pulumi_azure_hotpatch.dynamic_providers.ScheduleAssignmentProvider",
    "ImageSupportCheck": "pulumi_azure_hotpatch.dynamic_providers.ImageSupportCheckProvider",
    "PatchAssessment": "pulumi_azure_hotpatch.dynamic_providers.PatchAssessmentProvider",
    "PatchInstallation": "pulumi_azure_hotpatch.dynamic_providers.PatchInstallationProvider",
    "ArcHotpatchLicense": "pulumi_azure_hotpatch.dynamic_providers.ArcHotpatchLicenseProvider",
    "ArcMachinePatchSettings": "pulumi_azure_hotpatch.dynamic_providers.ArcMachinePatchSettingsProvider",
    "DynamicScope": "pulumi_azure_hotpatch.dynamic_providers.DynamicScopeProvider",
    "FleetPatchSettings": "pulumi_azure_hotpatch.dynamic_providers.FleetPatchSettingsProvider",
    "PatchRollout": "pulumi_azure_hotpatch.dynamic_providers.PatchRolloutProvider",
    "ScaleSetPatchSettings": "pulumi_azure_hotpatch.dynamic_providers.ScaleSetPatchSettingsProvider",
}

TOKENS = {
    "PreviewEnrollment": "pulumi-python:dynamic/azurehotpatch:PreviewEnrollment",
    "VirtualMachinePatchSettings": "pulumi-python:dynamic/azurehotpatch:VirtualMachinePatchSettings",
    "MaintenanceSchedule": "pulumi-python:dynamic/azurehotpatch:MaintenanceSchedule",
    "ScheduleAssignment": "pulumi-python:dynamic/azurehotpatch:ScheduleAssignment",
    "ImageSupportCheck": "pulumi-python:dynamic/azurehotpatch:ImageSupportCheck",
    "PatchAssessment": "pulumi-python:dynamic/azurehotpatch:PatchAssessment",
    "PatchInstallation": "pulumi-python:dynamic/azurehotpatch:PatchInstallation",
    "ArcHotpatchLicense": "pulumi-python:dynamic/azurehotpatch:ArcHotpatchLicense",
    "ArcMachinePatchSettings": "pulumi-python:dynamic/azurehotpatch:ArcMachinePatchSettings",
    "DynamicScope": "pulumi-python:dynamic/azurehotpatch:DynamicScope",
    "FleetPatchSettings": "pulumi-python:dynamic/azurehotpatch:FleetPatchSettings",
    "PatchRollout": "pulumi-python:dynamic/azurehotpatch:PatchRollout",
    "ScaleSetPatchSettings": "pulumi-python:dynamic/azurehotpatch:ScaleSetPatchSettings",
}

PROPERTIES = {
    "PreviewEnrollment": {
        "adopted",
        "agreeingReads",
        "features",
        "namespace",
        "onDestroy",
        "pollInterval",
        "propagate",
        "propagated",
        "registered",
        "skipped",
        "subscriptionId",
        "timeout",
        "unfinished",
    },
    "VirtualMachinePatchSettings": {
        "adopted",
        "applied",
        "assessmentMode",
        "bypassPlatformSafetyChecksOnUserSchedule",
        "contested",
        "enableHotpatching",
        "hotpatchEnabledAgainOn",
        "hotpatchTrack",
        "imageEligibility",
        "location",
        "onDestroy",
        "osType",
        "outcome",
        "patchMode",
        "previous",
        "previouslyAbsent",
        "rebootSetting",
        "timeout",
        "unfinished",
        "virtualMachineId",
    },
    "MaintenanceSchedule": {
        "adopted",
        "applied",
        "duration",
        "expires",
        "linux",
        "location",
        "onDestroy",
        "previous",
        "previouslyAbsent",
        "rebootSetting",
        "recurrence",
        "resourceGroupName",
        "scheduleName",
        "start",
        "subscriptionId",
        "tags",
        "timeZone",
        "unfinished",
        "windows",
    },
    "ScheduleAssignment": {
        "adopted",
        "appliedScheduleId",
        "assignmentName",
        "location",
        "machineId",
        "onDestroy",
        "outcome",
        "previousScheduleId",
        "scheduleId",
        "timeout",
        "unfinished",
    },
    "ImageSupportCheck": {
        "activityId",
        "assessedFrom",
        "checkedAt",
        "decidedBy",
        "guidance",
        "image",
        "imageSupport",
        "machineId",
        "operation",
        "pollInterval",
        "reason",
        "require",
        "supportState",
        "timeout",
        "triggers",
        "unfinished",
    },
    "PatchAssessment": {
        "activityId",
        "assessedAt",
        "counts",
        "criticalAndSecurityCount",
        "error",
        "expired",
        "machineId",
        "maxAge",
        "operation",
        "otherCount",
        "patches",
        "rebootPending",
        "startedAt",
        "status",
        "timeout",
        "triggers",
        "unfinished",
    },
    "PatchInstallation": {
        "activityId",
        "adoptActivityId",
        "adopted",
        "askedAt",
        "error",
        "excludedCount",
        "failOn",
        "failedCount",
        "finishedAt",
        "ignoreActivityId",
        "installedCount",
        "linux",
        "lookBack",
        "machineId",
        "maintenanceWindowExceeded",
        "maxPublishDate",
        "maximumDuration",
        "notSelectedCount",
        "operation",
        "patches",
        "pendingCount",
        "rebootExpected",
        "rebootSetting",
        "rebootStatus",
        "startIfOff",
        "startedAt",
        "startedMachine",
        "status",
        "timeBudget",
        "timeout",
        "triggers",
        "unfinished",
        "windows",
        "wouldInstall",
    },
    "ArcHotpatchLicense": {
        "adopted",
        "billingEndDate",
        "billingStartDate",
        "createdProfile",
        "enabled",
        "enrollmentDate",
        "hotpatchStatus",
        "location",
        "machineId",
        "onDestroy",
        "previouslyEnabled",
        "secureBoot",
        "subscriptionStatus",
        "timeout",
        "unfinished",
        "vbsStatus",
    },
    "ArcMachinePatchSettings": {
        "adopted",
        "applied",
        "assessmentMode",
        "contested",
        "enableHotpatching",
        "hotpatchStatus",
        "location",
        "machineId",
        "onDestroy",
        "osType",
        "patchMode",
        "previous",
        "previouslyAbsent",
        "timeout",
        "unfinished",
    },
    "DynamicScope": {
        "adopted",
        "allowWholeSubscription",
        "applied",
        "assignmentIds",
        "assignmentName",
        "findings",
        "location",
        "locations",
        "matchingCount",
        "matchingMachines",
        "maxMachines",
        "onDestroy",
        "osTypes",
        "previous",
        "resourceGroupIds",
        "resourceGroups",
        "resourceTypes",
        "scheduleId",
        "subscriptionIds",
        "tagFilters",
        "tagOperator",
        "unfinished",
    },
    "FleetPatchSettings": {
        "allowWholeSubscription",
        "assessmentMode",
        "bypassPlatformSafetyChecksOnUserSchedule",
        "drifted",
        "enableHotpatching",
        "fleetName",
        "groups",
        "locations",
        "machineIds",
        "matched",
        "onDestroy",
        "osTypes",
        "outcomes",
        "patchMode",
        "query",
        "rebootSetting",
        "resourceGroups",
        "scheduleId",
        "subscriptionIds",
        "tagFilters",
        "tagOperator",
        "timeout",
        "unfinished",
    },
    "PatchRollout": {
        "adoptSince",
        "begunAt",
        "exclude",
        "failOn",
        "failedCount",
        "failureBudget",
        "gate",
        "linux",
        "lookBack",
        "lookedBackTo",
        "machineIds",
        "machines",
        "maxConcurrent",
        "maxPublishDate",
        "maxWait",
        "maximumDuration",
        "phase",
        "plan",
        "previousUntil",
        "rebootSetting",
        "releaseMonth",
        "remainingCount",
        "resume",
        "retryFailed",
        "ring",
        "ringStates",
        "rings",
        "soak",
        "startAt",
        "succeededCount",
        "timeZone",
        "timeout",
        "triggers",
        "unfinished",
        "waitingUntil",
        "windows",
    },
    "ScaleSetPatchSettings": {
        "adopted",
        "applied",
        "assessmentMode",
        "bypassPlatformSafetyChecksOnUserSchedule",
        "contested",
        "enableHotpatching",
        "location",
        "onDestroy",
        "osType",
        "patchMode",
        "previous",
        "previouslyAbsent",
        "rebootSetting",
        "scaleSetId",
        "timeout",
        "unfinished",
    },
}

NESTED = {
    "windows": {
        "classificationsToInclude",
        "excludeKbsRequiringReboot",
        "kbNumbersToExclude",
        "kbNumbersToInclude",
    },
    "linux": {"classificationsToInclude", "packageNameMasksToExclude", "packageNameMasksToInclude"},
}
"""The selections of a MaintenanceSchedule."""

GROUP_OF_MACHINES = {
    "adopted",
    "applied",
    "appliedScheduleId",
    "assignmentAdopted",
    "contested",
    "error",
    "machines",
    "outcome",
    "previous",
    "previousScheduleId",
    "previouslyAbsent",
}
"""What is known of machines that stand alike, in a FleetPatchSettings."""

ROLLED_OUT = {
    "ringStates": {"endedAt", "failed", "machines", "openedAt", "passedAt", "ring", "succeeded"},
    "machines": {
        "accepted",
        "activityId",
        "adopted",
        "askedAt",
        "error",
        "failedCount",
        "finishedAt",
        "installedCount",
        "machineId",
        "maintenanceWindowExceeded",
        "operation",
        "pendingCount",
        "phase",
        "previousActivityId",
        "rebootStatus",
        "ring",
        "startedAt",
        "status",
        "unhealthy",
    },
}
"""What is known of rings and machines, in a PatchRollout."""

REQUIRED = {
    "PreviewEnrollment": {"features"},
    "VirtualMachinePatchSettings": {"virtualMachineId"},
    "MaintenanceSchedule": {
        "duration",
        "location",
        "recurrence",
        "resourceGroupName",
        "scheduleName",
        "start",
        "timeZone",
    },
    "ScheduleAssignment": {"machineId", "scheduleId"},
    "ImageSupportCheck": {"machineId"},
    "PatchAssessment": {"machineId"},
    "PatchInstallation": {"machineId"},
    "ArcHotpatchLicense": {"machineId"},
    "ArcMachinePatchSettings": {"machineId"},
    "DynamicScope": {"assignmentName", "scheduleId"},
    "FleetPatchSettings": {"fleetName"},
    "PatchRollout": {"rings"},
    "ScaleSetPatchSettings": {"scaleSetId"},
}
"""What no state may lack. Never add to it."""

SCHEDULE_INPUTS = {
    "resourceGroupName": "rg-contoso",
    "scheduleName": "patch-tuesday",
    "location": "eastus",
    "subscriptionId": SUBSCRIPTION_ID,
    "start": "2027-01-01 22:00",
    "duration": "03:00",
    "timeZone": "Europe/Berlin",
    "recurrence": "Month Second Tuesday Offset4",
    "windows": {"classificationsToInclude": ["Critical"]},
    "linux": {"classificationsToInclude": ["Critical"]},
}

IDS: dict[str, tuple[Bag, str]] = {
    "PreviewEnrollment": (
        {"features": ["InGuestPatchVMPreview"], "subscriptionId": SUBSCRIPTION_ID},
        f"/subscriptions/{SUBSCRIPTION_ID}/providers/Microsoft.Features/featureProviders/Microsoft.Compute",
    ),
    # In the letter case that Azure uses, whatever the program wrote.
    "VirtualMachinePatchSettings": ({"virtualMachineId": MACHINE.lower(), "patchMode": "AutomaticByPlatform"}, MACHINE),
    "MaintenanceSchedule": (
        SCHEDULE_INPUTS,
        f"{GROUP}/providers/Microsoft.Maintenance/maintenanceConfigurations/patch-tuesday",
    ),
    "ScheduleAssignment": (
        {"machineId": MACHINE, "scheduleId": SCHEDULE},
        f"{MACHINE}/providers/Microsoft.Maintenance/configurationAssignments/patch-tuesday",
    ),
    # There is nothing of Azure's that it is.
    "FleetPatchSettings": (
        {"fleetName": "web", "machineIds": [MACHINE], "patchMode": "AutomaticByPlatform", "scheduleId": SCHEDULE},
        "fleet/web",
    ),
    # No activity is all of it: its first machine's subscription, and a digest of what was asked for.
    "PatchRollout": (
        {"rings": [{"name": "all", "machineIds": [MACHINE]}], "windows": {"classificationsToInclude": ["Critical"]}},
        f"/subscriptions/{SUBSCRIPTION_ID}#rollout-d97445b8-db21-5776-933a-c9e6cd4a3fe9",
    ),
    # Of the first of its assignments.
    "DynamicScope": (
        {
            "scheduleId": SCHEDULE,
            "assignmentName": "windows",
            "subscriptionIds": [SUBSCRIPTION_ID],
            "resourceGroupIds": [GROUP],
            "locations": ["eastus"],
        },
        f"/subscriptions/{SUBSCRIPTION_ID}/providers/Microsoft.Maintenance/configurationAssignments/windows",
    ),
}


def test_every_resource_has_its_stored_formats_written_down_here() -> None:
    declared = {name for name, found in vars(resources).items() if getattr(found, "__name__", "") == name} & set(KINDS)
    stored = {
        name
        for name, found in vars(dynamic_providers).items()
        if isinstance(found, type) and issubclass(found, HandlerProvider) and found is not HandlerProvider
    }
    assert declared == set(KINDS) == set(CLASSES) == set(TOKENS) == set(PROPERTIES) == set(REQUIRED) == set(PROVIDERS)
    assert stored == {path.rpartition(".")[2] for path in CLASSES.values()}


@pytest.mark.parametrize("kind", KINDS)
def test_a_provider_class_stays_where_state_files_look_for_it(kind: str) -> None:
    module, _, name = CLASSES[kind].rpartition(".")
    provider = getattr(importlib.import_module(module), name)
    loaded = pickle.loads(base64.b64decode(PROVIDERS[kind]))
    assert type(loaded) is provider
    assert loaded.handler_name == KINDS[kind].handler
    assert handlers.find(loaded.handler_name).state is KINDS[kind].state
    assert handlers.find(loaded.handler_name).inputs is KINDS[kind].inputs


@pytest.mark.parametrize("kind", KINDS)
def test_a_program_stores_the_same_bytes_as_ever(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Newer Pythons write another protocol by default; it names the same path.
    monkeypatch.setattr(pickle, "DEFAULT_PROTOCOL", 4)
    module, _, name = CLASSES[kind].rpartition(".")
    provider = getattr(importlib.import_module(module), name)()
    assert serialize_provider(provider) == PROVIDERS[kind]
    assert vars(provider) == {}


@pytest.mark.parametrize("kind", KINDS)
def test_a_resource_keeps_its_type(kind: str) -> None:
    declared = getattr(resources, kind)
    assert f"pulumi-python:{declared._resource_type_name}" == TOKENS[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_properties_keep_their_names_on_the_wire(kind: str) -> None:
    assert wire.aliases(KINDS[kind].state) == PROPERTIES[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_state_never_needs_more_than_it_did(kind: str) -> None:
    fields = KINDS[kind].state.model_fields
    assert {field.alias for field in fields.values() if field.is_required()} == REQUIRED[kind]


@pytest.mark.parametrize("kind", IDS)
def test_ids_and_what_is_stored_keep_their_form(kind: str) -> None:
    handler = handlers.find(KINDS[kind].handler)
    azure = Azure()
    if kind in ("ScheduleAssignment", "DynamicScope", "FleetPatchSettings"):
        schedules = handlers.find("maintenance_schedule")
        schedules.create(azure.context(), wire.load_inputs(schedules.inputs, SCHEDULE_INPUTS))
    inputs, id = IDS[kind]
    created = handler.create(azure.context(), wire.load_inputs(handler.inputs, inputs))
    assert created.id == id
    bag = wire.dump(created.state)
    assert bag.keys() <= PROPERTIES[kind]
    if kind == "FleetPatchSettings":
        assert all(set(group) <= GROUP_OF_MACHINES for group in bag["groups"])
    if kind == "PatchRollout":
        assert all(set(each) <= names for key, names in ROLLED_OUT.items() for each in bag[key])
        assert bag["machines"]
    if kind == "MaintenanceSchedule":
        assert {name: set(bag[name]) for name in NESTED} == NESTED
