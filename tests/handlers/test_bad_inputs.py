"""Wrong declarations, and the one line that each of them gets: the property that the engine names and the reason."""

from typing import Any

import pytest

from tests.handlers.assignments import ARC, MONTHLY
from tests.handlers.examples import SCHEDULE
from tests.handlers.machines import GROUP, LINUX, MACHINES, WEB, windows_world
from tests.handlers.stack import Rejected, Stack
from tests.support.simulated import SUBSCRIPTION_ID, Azure

ID_FORM = "/subscriptions/{id}/resourceGroups/{group}/providers/{namespace}/{type}/{name}"
NO_SUBSCRIPTION = "is not the id of a subscription; write it as 00000000-0000-0000-0000-000000000000"
NO_GROUP = (
    "cannot be the name of a resource group: it has 1 to 90 letters, digits and any of _-.(), and no period at the end"
)
NOTHING = "names no package; write a name such as 'kernel*', or leave it out"
HOTPATCH = "InGuestHotPatchVMPreview"
BASIC: dict[str, dict[str, Any]] = {
    "preview_enrollment": {"features": [HOTPATCH]},
    "virtual_machine_patch_settings": {"virtualMachineId": WEB, "patchMode": "AutomaticByPlatform"},
    "maintenance_schedule": {name: value for name, value in SCHEDULE.items() if name != "expires"},
    "schedule_assignment": {"machineId": WEB, "scheduleId": MONTHLY},
    "dynamic_scope": {
        "scheduleId": MONTHLY,
        "assignmentName": "all",
        "subscriptionIds": [SUBSCRIPTION_ID],
        "tagFilters": {"ring": ["1"]},
    },
    "fleet_patch_settings": {"fleetName": "web", "machineIds": [WEB], "patchMode": "AutomaticByPlatform"},
}


def failures(kind: str, changes: dict[str, Any], azure: Azure | None = None) -> list[tuple[str, str]]:
    """What `check` refuses in the basic declaration of a kind with some inputs otherwise; None takes one out."""
    inputs = {name: value for name, value in {**BASIC[kind], **changes}.items() if value is not None}
    with pytest.raises(Rejected) as refused:
        Stack(azure or Azure()).check(kind, "it", inputs)
    assert not any("\n" in reason for _, reason in refused.value.failures)
    return refused.value.failures


@pytest.mark.parametrize("kind", BASIC)
def test_the_basic_declarations_are_fine(kind: str) -> None:
    azure = Azure()
    Stack(azure).check(kind, "it", BASIC[kind])
    assert azure.writes() == []


SHAPES: list[tuple[str, dict[str, Any], list[tuple[str, str]]]] = [
    ("preview_enrollment", {"features": None}, [("features", "features is required")]),
    (
        "preview_enrollment",
        {"features": []},
        [("", "features needs at least one value")],
    ),
    (
        "preview_enrollment",
        {"features": HOTPATCH},
        [("features", "features must be a list, not 'InGuestHotPatchVMPreview'")],
    ),
    (
        "preview_enrollment",
        {"features": [f"Microsoft.Compute/{HOTPATCH}"]},
        [
            (
                "",
                "features must be bare names such as 'InGuestHotPatchVMPreview', without their namespace",
            )
        ],
    ),
    (
        "preview_enrollment",
        {"features": [" "]},
        [
            (
                "",
                "features must be bare names such as 'InGuestHotPatchVMPreview', without their namespace",
            )
        ],
    ),
    (
        "preview_enrollment",
        {"features": [HOTPATCH, HOTPATCH.lower()]},
        [("", "features names a feature twice")],
    ),
    (
        "preview_enrollment",
        {"namespace": ""},
        [("namespace", "namespace '' cannot be part of a resource id: it is empty or has a slash in it")],
    ),
    (
        "preview_enrollment",
        {"subscriptionId": "prod"},
        [("subscriptionId", f"subscription_id 'prod' {NO_SUBSCRIPTION}")],
    ),
    (
        "preview_enrollment",
        {"agreeingReads": 0},
        [("agreeingReads", "agreeing_reads must be at least 1, not 0")],
    ),
    (
        "preview_enrollment",
        {"agreeingReads": 2.5},
        [
            (
                "agreeingReads",
                "agreeing_reads must be a whole number, not 2.5",
            )
        ],
    ),
    (
        "preview_enrollment",
        {"propagate": "perhaps"},
        [("propagate", "propagate must be true or false, not 'perhaps'")],
    ),
    (
        "preview_enrollment",
        {"pollInterval": "10"},
        [("pollInterval", "poll_interval '10' is not a duration such as 90s, 15m or 1h30m")],
    ),
    (
        "preview_enrollment",
        {"pollInterval": "0s"},
        [("pollInterval", "poll_interval '0s' would leave no time at all; give a duration such as 10s or 30m")],
    ),
    (
        "preview_enrollment",
        {"timeout": "an hour"},
        [("timeout", "timeout 'an hour' is not a duration such as 90s, 15m or 1h30m")],
    ),
    (
        "preview_enrollment",
        {"timeout": "99999999999h"},
        [("timeout", "timeout '99999999999h' is longer than a century")],
    ),
    ("preview_enrollment", {"timeout": 5}, [("timeout", "timeout must be text, not 5")]),
    (
        "preview_enrollment",
        {"onDestroy": "delete"},
        [("onDestroy", "on_destroy 'delete' is not one of 'restore' or 'keep'")],
    ),
    (
        "preview_enrollment",
        {"features": None, "feature": [HOTPATCH]},
        [
            ("", "feature is not a property of this resource; did you mean 'features'?"),
            ("features", "features is required"),
        ],
    ),
    (
        "virtual_machine_patch_settings",
        {"virtualMachineId": None},
        [("virtualMachineId", "virtual_machine_id is required")],
    ),
    (
        "virtual_machine_patch_settings",
        {"virtualMachineId": "vm-web-1"},
        [("virtualMachineId", f"virtual_machine_id 'vm-web-1' is not an Azure resource id; write it as {ID_FORM}")],
    ),
    (
        "virtual_machine_patch_settings",
        {"virtualMachineId": WEB.replace(SUBSCRIPTION_ID, "prod")},
        [("virtualMachineId", f"virtual_machine_id 'prod' {NO_SUBSCRIPTION}")],
    ),
    (
        "virtual_machine_patch_settings",
        {"virtualMachineId": GROUP},
        [("virtualMachineId", f"virtual_machine_id '{GROUP}' is not an Azure resource id; write it as {ID_FORM}")],
    ),
    (
        "virtual_machine_patch_settings",
        {"virtualMachineId": ARC},
        [
            (
                "virtualMachineId",
                f"virtual_machine_id '{ARC}' is not the id of a Microsoft.Compute/virtualMachines resource",
            )
        ],
    ),
    (
        "virtual_machine_patch_settings",
        {"patchMode": "automatic"},
        [
            (
                "patchMode",
                "patch_mode 'automatic' is not one of 'AutomaticByPlatform', 'AutomaticByOS', 'Manual' or "
                "'ImageDefault'",
            )
        ],
    ),
    (
        "virtual_machine_patch_settings",
        {"assessmentMode": "Never"},
        [("assessmentMode", "assessment_mode 'Never' is not one of 'AutomaticByPlatform' or 'ImageDefault'")],
    ),
    (
        "virtual_machine_patch_settings",
        {"rebootSetting": "Tomorrow"},
        [("rebootSetting", "reboot_setting 'Tomorrow' is not one of 'IfRequired', 'Never' or 'Always'")],
    ),
    (
        "virtual_machine_patch_settings",
        {"enableHotPatching": True},
        [
            (
                "enableHotPatching",
                "enableHotPatching is not a property of this resource; did you mean 'enableHotpatching'?",
            )
        ],
    ),
    (
        "virtual_machine_patch_settings",
        {"enableHotpatching": "yes please", "timeout": "soon"},
        [
            (
                "enableHotpatching",
                "enable_hotpatching must be true or false, not 'yes please'",
            ),
            ("timeout", "timeout 'soon' is not a duration such as 90s, 15m or 1h30m"),
        ],
    ),
    ("maintenance_schedule", {"location": None}, [("location", "location is required")]),
    ("maintenance_schedule", {"location": " "}, [("location", "location ' ' names no region")]),
    (
        "maintenance_schedule",
        {"subscriptionId": f"{SUBSCRIPTION_ID}0"},
        [("subscriptionId", f"subscription_id '{SUBSCRIPTION_ID}0' {NO_SUBSCRIPTION}")],
    ),
    (
        "maintenance_schedule",
        {"resourceGroupName": "rg-contoso."},
        [("resourceGroupName", f"resource_group_name 'rg-contoso.' {NO_GROUP}")],
    ),
    (
        "maintenance_schedule",
        {"resourceGroupName": "g" * 91},
        [("resourceGroupName", f"resource_group_name '{'g' * 91}' {NO_GROUP}")],
    ),
    (
        "maintenance_schedule",
        {"linux": {"packageNameMasksToInclude": ["kernel*", ""], "packageNameMasksToExclude": [" "]}},
        [
            (
                f"linux.packageNameMasksTo{name}.{at}",
                f"linux.package_name_masks_to_{name.lower()}.{at} '{mask}' {NOTHING}",
            )
            for name, at, mask in (("Include", 1, ""), ("Exclude", 0, " "))
        ],
    ),
    (
        "maintenance_schedule",
        {"windows": {"kbNumbersToExclude": [""]}},
        [
            (
                "windows.kbNumbersToExclude.0",
                "windows.kb_numbers_to_exclude.0 '' is not a KB number such as 'KB5044284'",
            )
        ],
    ),
    ("maintenance_schedule", {"tags": {"": "x"}}, [("", "tags has a tag without a name")]),
    (
        "maintenance_schedule",
        {"tags": {"n" * 513: "x"}},
        [("", f"tags has a tag whose name is 513 characters long ('{'n' * 20}...'); the limit is 512")],
    ),
    (
        "maintenance_schedule",
        {"tags": {"cost%center": "x"}},
        [
            (
                "",
                "tags has a tag 'cost%center'; its name may not have % in it, nor any other of <>%&\\?/",
            )
        ],
    ),
    (
        "maintenance_schedule",
        {"tags": {"owner": "v" * 257}},
        [("", "tags has a value of the tag 'owner' that is 257 characters long; the limit is 256")],
    ),
    (
        "dynamic_scope",
        {"subscriptionIds": ["prod"]},
        [("subscriptionIds.0", f"subscription_ids.0 'prod' {NO_SUBSCRIPTION}")],
    ),
    (
        "dynamic_scope",
        {"subscriptionIds": None, "resourceGroupIds": ["/subscriptions/prod/resourceGroups/rg-contoso"]},
        [("resourceGroupIds.0", f"resource_group_ids.0 'prod' {NO_SUBSCRIPTION}")],
    ),
    ("dynamic_scope", {"resourceGroups": [""]}, [("resourceGroups.0", f"resource_groups.0 '' {NO_GROUP}")]),
    ("dynamic_scope", {"locations": [""]}, [("locations.0", "locations.0 '' names no region")]),
    ("dynamic_scope", {"tagFilters": {" ": ["1"]}}, [("", "tag_filters has a tag without a name")]),
    (
        "dynamic_scope",
        {"tagFilters": {"ring": ["1"], "Ring": ["2"]}},
        [("", "tag_filters names a tag twice: names of tags have no letter case")],
    ),
    (
        "fleet_patch_settings",
        {"subscriptionIds": ["prod"], "osTypes": ["Windows"]},
        [("subscriptionIds.0", f"subscription_ids.0 'prod' {NO_SUBSCRIPTION}")],
    ),
    (
        "fleet_patch_settings",
        {"tagFilters": {"": ["1"]}},
        [("", "tag_filters has a tag without a name")],
    ),
    (
        "maintenance_schedule",
        {"scheduleName": ""},
        [("scheduleName", "schedule_name '' cannot be part of a resource id: it is empty or has a slash in it")],
    ),
    (
        "maintenance_schedule",
        {"resourceGroupName": "rg/contoso"},
        [
            (
                "resourceGroupName",
                f"resource_group_name 'rg/contoso' {NO_GROUP}",
            )
        ],
    ),
    (
        "maintenance_schedule",
        {"rebootSetting": "AlwaysReboot"},
        [("rebootSetting", "reboot_setting 'AlwaysReboot' is not one of 'IfRequired', 'Never' or 'Always'")],
    ),
    (
        "maintenance_schedule",
        {"windows": {"classificationsToInclude": ["Critical", "Firmware"]}},
        [
            (
                "windows.classificationsToInclude.1",
                "windows.classifications_to_include.1 'Firmware' is not one of 'Critical', 'Security', 'UpdateRollup', "
                "'FeaturePack', 'ServicePack', 'Definition', 'Tools' or 'Updates'",
            )
        ],
    ),
    (
        "maintenance_schedule",
        {"windows": {"kbNumbersToInclude": ["KB12"]}},
        [
            (
                "windows.kbNumbersToInclude.0",
                "windows.kb_numbers_to_include.0 'KB12' is not a KB number such as 'KB5044284'",
            )
        ],
    ),
    (
        "maintenance_schedule",
        {"windows": {"classifications": ["Critical"]}},
        [("windows.classifications", "windows.classifications is not a property of this resource")],
    ),
    (
        "maintenance_schedule",
        {"linux": {"classificationsToInclude": ["Definition"]}},
        [
            (
                "linux.classificationsToInclude.0",
                "linux.classifications_to_include.0 'Definition' is not one of 'Critical', 'Security' or 'Other'",
            )
        ],
    ),
    (
        "maintenance_schedule",
        {"tags": {"ring": 1}},
        [("tags.ring", "tags.ring must be text")],
    ),
    ("maintenance_schedule", {"tags": ["ring"]}, [("", "tags must be an object")]),
    (
        "schedule_assignment",
        {"machineId": None, "scheduleId": None},
        [("machineId", "machine_id is required"), ("scheduleId", "schedule_id is required")],
    ),
    (
        "schedule_assignment",
        {"scheduleId": "contoso-monthly"},
        [("scheduleId", f"schedule_id 'contoso-monthly' is not an Azure resource id; write it as {ID_FORM}")],
    ),
    (
        "schedule_assignment",
        {"assignmentName": "by/contoso"},
        [
            (
                "assignmentName",
                "assignment_name 'by/contoso' cannot be part of a resource id: it is empty or has a slash in it",
            )
        ],
    ),
]


@pytest.mark.parametrize(("kind", "changes", "expected"), SHAPES)
def test_a_value_that_can_never_work_is_refused_before_anything_is_asked(
    kind: str, changes: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    azure = Azure()
    assert failures(kind, changes, azure) == expected
    assert azure.calls() == []


LEARN = "Microsoft Learn, Maintenance configurations, 2026-09-25"
MANAGE = "Microsoft Learn, Manage VMs programmatically with Azure Update Manager, 2024-10-17"
GRAMMAR = (
    "Fix: write it like 'Day', '2Weeks Saturday,Sunday', 'Month day15' or 'Month Second Tuesday Offset4', or use "
    "patch_tuesday(). [schedule-recurrence; azure-mgmt-maintenance 2.1.0, recurEvery; ARM error "
    "InvalidMaintenanceWindow quoted in hashicorp/terraform-provider-azurerm issue 29738]"
)
DURATION = f"Fix: choose a duration from 01:30 to 03:55. [schedule-duration; {LEARN}]"
START = f"Fix: write it as 'YYYY-MM-DD hh:mm', local time in the schedule's zone. [schedule-start; {MANAGE}]"
# The field as the program writes it, and Azure's path beside it.
WINDOW = {
    "start": "start (properties.maintenanceWindow.startDateTime)",
    "duration": "duration (properties.maintenanceWindow.duration)",
    "timeZone": "time_zone (properties.maintenanceWindow.timeZone)",
    "recurrence": "recurrence (properties.maintenanceWindow.recurEvery)",
    "expires": "expires (properties.maintenanceWindow.expirationDateTime)",
}
SCHEDULES: list[tuple[dict[str, Any], str, str]] = [
    (
        {"start": "tomorrow"},
        "start",
        f"Start 'tomorrow': expected 'YYYY-MM-DD HH:MM', e.g. '2026-03-10 22:00'. {START}",
    ),
    (
        {"start": "2027-02-30 10:00"},
        "start",
        "Start '2027-02-30 10:00' does not exist: day is out of range for month; e.g. '2026-03-10 22:00'. " + START,
    ),
    ({"duration": "3h"}, "duration", f"Duration '3h': expected two-digit hours and minutes, e.g. '03:55'. {DURATION}"),
    (
        {"duration": "01:00"},
        "duration",
        f"Duration '01:00' is too short: the window must last at least 01:30. {DURATION}",
    ),
    ({"duration": "04:00"}, "duration", f"Duration '04:00' is too long: the window may last at most 03:55. {DURATION}"),
    (
        {"timeZone": "Europe/Berlinn"},
        "timeZone",
        "IANA time zone 'Europe/Berlinn' is not known; the nearest is 'Europe/Berlin'. Fix: use a Windows zone name "
        "such as 'W. Europe Standard Time', or an IANA name such as 'Europe/Berlin'. [schedule-time-zone; "
        "terraform-provider-azurerm, validate/maintenance.go, 2026-08-21]",
    ),
    (
        {"recurrence": "Month"},
        "recurrence",
        "RecurEvery 'Month': monthly maintenance window is missing day of month or week of month: write e.g. 'Month "
        f"Second Tuesday' or 'Month day15'. {GRAMMAR}",
    ),
    (
        {"recurrence": "whenever"},
        "recurrence",
        "RecurEvery 'whenever': expected Day, Week, Month or Hour with an optional number right before it, e.g. "
        f"'2Weeks Monday'. {GRAMMAR}",
    ),
    (
        {"recurrence": "3Hours"},
        "recurrence",
        f"RecurEvery '3Hours': a schedule repeats every 6 hours or more, not every 3: e.g. '6Hours'. {GRAMMAR}",
    ),
    (
        {"expires": "2026-12-01 00:00"},
        "expires",
        "It expires at 2026-12-01 00:00, before its first window. Fix: choose a later expiry, or leave it out for "
        f"none. [schedule-expiry; {MANAGE}]",
    ),
]


@pytest.mark.parametrize(("changes", "name", "reason"), SCHEDULES)
def test_a_schedule_that_the_service_would_not_run_is_refused(changes: dict[str, Any], name: str, reason: str) -> None:
    told = f"schedule 'contoso-monthly': {WINDOW[name]}: {reason}"
    assert failures("maintenance_schedule", changes) == [(name, told)]


def test_all_that_is_wrong_with_a_schedule_is_told_at_once() -> None:
    changes = {"start": "tomorrow", "duration": "3h", "timeZone": "Nowhere", "recurrence": "whenever"}
    assert [name for name, _ in failures("maintenance_schedule", changes)] == [
        "recurrence",
        "duration",
        "start",
        "timeZone",
    ]


def test_names_that_are_too_long_together_are_refused() -> None:
    name = "c" * 120
    assert failures("maintenance_schedule", {"scheduleName": name}) == [
        (
            "scheduleName",
            f"schedule '{name}': schedule_name: Resource group and schedule name are 130 characters long together; "
            f"the limit is 127. Fix: choose a shorter schedule_name. [schedule-name-length; {LEARN}]",
        )
    ]


WINDOWS = "properties.osProfile.windowsConfiguration.patchSettings"
ON_LINUX = "properties.osProfile.linuxConfiguration.patchSettings"
AVGP = "Microsoft Learn, Automatic guest patching for Azure VMs, 2024-07-31"
MACHINES_REFUSED: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    (
        {"virtualMachineId": WEB, "patchMode": "Manual"},
        [
            (
                "patchMode",
                f"VM 'vm-web-1': patch_mode ({WINDOWS}.patchMode): "
                "Patch mode Manual needs enableAutomaticUpdates false; this VM was created with true, "
                "and that cannot be changed. Fix: use AutomaticByPlatform or AutomaticByOS. "
                f"[manual-needs-no-automatic-updates; {AVGP}]",
            )
        ],
    ),
    (
        {"virtualMachineId": WEB, "patchMode": "ImageDefault"},
        [
            (
                "patchMode",
                f"VM 'vm-web-1': patch_mode ({WINDOWS}.patchMode): "
                "Patch mode ImageDefault does not exist on Windows VMs. Fix: use AutomaticByPlatform, "
                f"AutomaticByOS or Manual. [windows-patch-mode; {AVGP}]",
            )
        ],
    ),
    (
        {"virtualMachineId": LINUX, "patchMode": "AutomaticByOS"},
        [
            (
                "patchMode",
                f"VM 'vm-linux-1': patch_mode ({ON_LINUX}.patchMode): "
                "Patch mode AutomaticByOS does not exist on Linux VMs. Fix: use AutomaticByPlatform "
                f"or ImageDefault. [linux-patch-mode; {AVGP}]",
            )
        ],
    ),
    (
        {"virtualMachineId": LINUX, "patchMode": "ImageDefault", "enableHotpatching": False},
        [
            (
                "enableHotpatching",
                f"VM 'vm-linux-1': enable_hotpatching ({ON_LINUX}.enableHotpatching): "
                "enable_hotpatching exists for Windows machines only, and this one runs Linux. "
                "Fix: remove enable_hotpatching; where HotpatchReady gives it, declare VirtualMachinePatchSettings and "
                "ScheduleAssignment instead. [hotpatch-is-windows-only; azure-mgmt-compute 39.0.0, model "
                "LinuxPatchSettings]",
            )
        ],
    ),
]


@pytest.mark.parametrize(("changes", "expected"), MACHINES_REFUSED)
def test_settings_that_the_machine_cannot_take_are_refused(
    changes: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert failures("virtual_machine_patch_settings", changes) == expected


def test_a_bypass_flag_of_somebody_else_forbids_hotpatching() -> None:
    azure = Azure(windows_world({"bypass_platform_safety_checks_on_user_schedule": True}))
    changes = {"enableHotpatching": True}
    assert failures("virtual_machine_patch_settings", changes, azure) == [
        (
            "bypassPlatformSafetyChecksOnUserSchedule",
            "VM 'vm-web-1': bypass_platform_safety_checks_on_user_schedule "
            f"({WINDOWS}.automaticByPlatformSettings.bypassPlatformSafetyChecksOnUserSchedule): "
            "Azure refuses hotpatching while bypassPlatformSafetyChecksOnUserSchedule is true. Fix: set "
            "bypass_platform_safety_checks_on_user_schedule to False (the machine is then patched by the platform, not "
            "by a schedule). [hotpatch-forbids-bypass; ARM error InvalidParameter quoted in "
            "claranet/terraform-azurerm-windows-vm PR 4, 2025-03-31]",
        )
    ]


def test_ids_of_the_wrong_things_are_refused_by_what_they_are() -> None:
    changes = {"machineId": MONTHLY, "scheduleId": f"{MACHINES}/vm-web-1"}
    assert failures("schedule_assignment", changes) == [
        (
            "machineId",
            "schedule for 'contoso-monthly': machine_id: Guest patching schedules work on virtual machines and "
            "Arc-enabled servers; this is a Microsoft.Maintenance/maintenanceConfigurations. Fix: give the id of a "
            "Microsoft.Compute/virtualMachines or Microsoft.HybridCompute/machines resource. "
            f"[assignment-machine-type; {LEARN}]",
        ),
        (
            "scheduleId",
            "schedule for 'contoso-monthly': schedule_id: A schedule is a "
            "Microsoft.Maintenance/maintenanceConfigurations resource; "
            "this is a Microsoft.Compute/virtualMachines. Fix: give the id of a MaintenanceSchedule. "
            "[assignment-schedule-type; azure-mgmt-maintenance 2.1.0, "
            "ConfigurationAssignment.maintenance_configuration_id]",
        ),
    ]


TWICE: list[tuple[str, dict[str, Any], str]] = [
    ("dynamic_scope", {"resourceGroups": ["rg-contoso", "RG-Contoso"]}, "resource_groups names a resource group twice"),
    ("dynamic_scope", {"locations": ["eastus", "East US"]}, "locations names a region twice"),
    ("dynamic_scope", {"osTypes": ["Windows", "windows"]}, "os_types names an operating system twice"),
    (
        "dynamic_scope",
        {"resourceTypes": ["Microsoft.Compute/virtualMachines", "microsoft.compute/virtualmachines"]},
        "resource_types names a resource type twice",
    ),
    (
        "fleet_patch_settings",
        {"machineIds": None, "subscriptionIds": [SUBSCRIPTION_ID], "locations": ["westeurope", "West Europe"]},
        "locations names a region twice",
    ),
]


@pytest.mark.parametrize(("kind", "changes", "reason"), TWICE)
def test_one_thing_that_a_filter_names_twice_is_refused_however_it_is_spelt(
    kind: str, changes: dict[str, Any], reason: str
) -> None:
    assert [told for _, told in failures(kind, changes)] == [reason]
