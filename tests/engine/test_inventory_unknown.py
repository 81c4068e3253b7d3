"""Bodies that a program declares: what will be known later is unknown, never absent."""

from __future__ import annotations

from typing import Any

import pytest

from pulumi_azure_hotpatch.engine.facts import PATCH_FIELDS, Image
from pulumi_azure_hotpatch.engine.inventory import machine_from_arm, scale_set_from_arm
from pulumi_azure_hotpatch.engine.logic import UNKNOWN
from pulumi_azure_hotpatch.engine.maintenance_inventory import dynamic_scope_from_arm, schedule_from_arm
from tests.engine.rule_cases.form import GROUP, VM_ID

IMAGE = {"publisher": "MicrosoftWindowsServer", "offer": "WindowsServer", "sku": "2025-datacenter-azure-edition"}
ALL_UNKNOWN = dict.fromkeys(PATCH_FIELDS, UNKNOWN)


def machine(profile: Any = None, storage: Any = None) -> Any:
    return machine_from_arm({"id": VM_ID, "location": "eastus", "osProfile": profile, "storageProfile": storage})


def settings(found: Any) -> dict[str, Any]:
    return {name: getattr(found.settings, name) for name in PATCH_FIELDS}


def test_of_a_profile_that_is_not_known_nothing_is_known() -> None:
    found = machine(UNKNOWN, {"imageReference": IMAGE})
    assert settings(found) == ALL_UNKNOWN
    assert (found.os_type, found.provision_vm_agent, found.allow_extension_operations) == (UNKNOWN, UNKNOWN, UNKNOWN)


def test_the_disk_still_tells_the_system() -> None:
    found = machine(UNKNOWN, {"osDisk": {"osType": "linux"}})
    assert (found.os_type, settings(found)) == ("Linux", ALL_UNKNOWN)


@pytest.mark.parametrize("storage", [UNKNOWN, {"osDisk": UNKNOWN}, {"osDisk": {"osType": UNKNOWN}}])
def test_a_system_that_only_the_disk_could_tell_is_not_known(storage: Any) -> None:
    found = machine(None, storage)
    assert (found.os_type, settings(found)) == (UNKNOWN, ALL_UNKNOWN)


def test_a_configuration_that_is_not_known_tells_the_system_by_its_name() -> None:
    found = machine({"windowsConfiguration": UNKNOWN})
    assert (found.os_type, settings(found), found.allow_extension_operations) == ("Windows", ALL_UNKNOWN, None)


def test_platform_settings_that_are_not_known_leave_the_others_alone() -> None:
    patching = {"patchMode": "Manual", "automaticByPlatformSettings": UNKNOWN}
    found = machine({"windowsConfiguration": {"patchSettings": patching}})
    assert settings(found) == {
        "patch_mode": "Manual",
        "enable_hotpatching": None,
        "assessment_mode": None,
        "reboot_setting": UNKNOWN,
        "bypass_platform_safety_checks_on_user_schedule": UNKNOWN,
    }


@pytest.mark.parametrize("storage", [UNKNOWN, {"imageReference": UNKNOWN}])
def test_an_image_that_is_not_known_is_no_custom_image(storage: Any) -> None:
    found = machine({}, storage)
    assert found.image == Image(UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN)
    assert found.has_custom_image is UNKNOWN


@pytest.mark.parametrize(
    ("extensions", "has_one"),
    [
        (UNKNOWN, UNKNOWN),
        ([UNKNOWN], UNKNOWN),
        ([{"type": UNKNOWN}], UNKNOWN),
        ([{"type": UNKNOWN}, {"type": "ApplicationHealthWindows"}], True),
        ([{"type": "CustomScript"}], False),
        ([], False),
    ],
)
def test_a_health_extension_is_known_once_it_is_seen(extensions: Any, has_one: Any) -> None:
    profile = {"extensionProfile": {"extensions": extensions}}
    assert scale_set_from_arm({"id": VM_ID, "virtualMachineProfile": profile}).has_health_extension is has_one


def test_of_a_scale_set_whose_profile_is_not_known_nothing_is_known() -> None:
    found = scale_set_from_arm({"id": VM_ID, "orchestrationMode": "Flexible", "virtualMachineProfile": UNKNOWN})
    assert (found.os_type, found.has_health_extension, settings(found)) == (UNKNOWN, UNKNOWN, ALL_UNKNOWN)


SCHEDULE = f"{GROUP}/providers/Microsoft.Maintenance/maintenanceConfigurations/nights"


@pytest.mark.parametrize(
    "install",
    [
        UNKNOWN,
        {"windowsParameters": UNKNOWN},
        {"windowsParameters": {"classificationsToInclude": UNKNOWN}},
        {"windowsParameters": {"classificationsToInclude": [UNKNOWN]}},
    ],
)
def test_a_selection_that_is_not_known_may_select_something(install: Any) -> None:
    found = schedule_from_arm({"id": SCHEDULE, "installPatches": install})
    assert (found.has_patch_selection, found.patches.windows_classifications) == (UNKNOWN, UNKNOWN)


def test_a_selection_that_is_known_in_part_selects_something() -> None:
    install = {"windowsParameters": UNKNOWN, "linuxParameters": {"classificationsToInclude": ["Critical"]}}
    assert schedule_from_arm({"id": SCHEDULE, "installPatches": install}).has_patch_selection is True


def test_texts_of_a_schedule_that_are_not_known_stay_unknown() -> None:
    found = schedule_from_arm({"id": SCHEDULE, "startDateTime": UNKNOWN, "extensionProperties": UNKNOWN})
    assert (found.start, found.start_problem, found.in_guest_patch_mode) == (UNKNOWN, UNKNOWN, UNKNOWN)


def test_of_a_filter_that_is_not_known_nothing_is_known() -> None:
    found = dynamic_scope_from_arm({"id": f"{GROUP}/x", "location": "eastus", "filter": UNKNOWN})
    assert (found.has_filter, found.has_locations, found.wrong_os_type) == (UNKNOWN, UNKNOWN, UNKNOWN)
    tags = dynamic_scope_from_arm({"id": f"{GROUP}/x", "filter": {"tagSettings": {"tags": UNKNOWN}}})
    assert tags.tag_filters is UNKNOWN
