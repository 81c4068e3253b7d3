"""ARM bodies become facts, whichever tool wrote them."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from pulumi_azure_hotpatch.engine.facts import Image, PatchSettings
from pulumi_azure_hotpatch.engine.inventory import (
    machine_from_arm,
    os_kind,
    power_state,
    settings_from_arm,
    settings_to_arm,
)
from tests.engine.rule_cases.form import ARC_ID, GALLERY_IMAGE, GROUP, VM_ID

AVAILABILITY_SET = f"{GROUP}/providers/Microsoft.Compute/availabilitySets/web"
WINDOWS_BODY: dict[str, Any] = {
    "id": VM_ID,
    "name": "web01",
    "type": "Microsoft.Compute/virtualMachines",
    "location": "westeurope",
    "zones": ["2"],
    "properties": {
        "storageProfile": {
            "imageReference": {
                "publisher": "MicrosoftWindowsServer",
                "offer": "WindowsServer",
                "sku": "2025-datacenter-azure-edition",
                "version": "latest",
            },
            "osDisk": {"osType": "Windows"},
        },
        "osProfile": {
            "allowExtensionOperations": True,
            "windowsConfiguration": {
                "provisionVMAgent": True,
                "enableAutomaticUpdates": True,
                "timeZone": "UTC",
                "patchSettings": {
                    "patchMode": "AutomaticByPlatform",
                    "enableHotpatching": True,
                    "assessmentMode": "ImageDefault",
                    "automaticByPlatformSettings": {
                        "rebootSetting": "IfRequired",
                        "bypassPlatformSafetyChecksOnUserSchedule": False,
                    },
                },
            },
        },
        "availabilitySet": {"id": AVAILABILITY_SET},
        "instanceView": {
            "statuses": [{"code": "ProvisioningState/succeeded"}, {"code": "PowerState/running"}],
        },
    },
}


def flattened(body: dict[str, Any]) -> dict[str, Any]:
    properties: dict[str, Any] = body["properties"]
    return {key: value for key, value in body.items() if key != "properties"} | properties


@pytest.mark.parametrize("body", [WINDOWS_BODY, flattened(WINDOWS_BODY)], ids=["as ARM answers", "as az prints"])
def test_a_windows_machine_is_read_with_and_without_a_properties_level(body: dict[str, Any]) -> None:
    machine = machine_from_arm(body)
    assert (machine.id, machine.name, machine.location, machine.zone) == (VM_ID, "web01", "westeurope", "2")
    assert (machine.os_type, machine.time_zone, machine.power_state) == ("Windows", "UTC", "running")
    assert machine.availability_set_id == AVAILABILITY_SET
    assert (machine.provision_vm_agent, machine.enable_automatic_updates) == (True, True)
    assert machine.allow_extension_operations is True
    assert machine.image == Image("MicrosoftWindowsServer", "WindowsServer", "2025-datacenter-azure-edition")
    assert machine.settings == PatchSettings("AutomaticByPlatform", True, "ImageDefault", "IfRequired", False)


def test_what_a_body_does_not_hold_is_absent_and_not_unknown() -> None:
    machine = machine_from_arm({"id": VM_ID, "name": "web01", "properties": {}})
    assert (machine.location, machine.zone, machine.os_type, machine.image) == (None, None, None, None)
    assert (machine.provision_vm_agent, machine.power_state, machine.availability_set_id) == (None, None, None)
    assert machine.settings == PatchSettings()


def test_a_linux_machine_is_read_from_its_own_configuration() -> None:
    body = copy.deepcopy(WINDOWS_BODY)
    body["properties"]["storageProfile"]["osDisk"]["osType"] = "Linux"
    body["properties"]["osProfile"] = {
        "linuxConfiguration": {"provisionVMAgent": True, "patchSettings": {"patchMode": "ImageDefault"}}
    }
    machine = machine_from_arm(body)
    assert (machine.os_type, machine.settings.patch_mode) == ("Linux", "ImageDefault")
    assert machine.enable_automatic_updates is None


def test_an_arc_server_has_its_operating_system_beside_its_properties() -> None:
    machine = machine_from_arm(
        {
            "id": ARC_ID,
            "name": "branch01",
            "location": "westeurope",
            "properties": {
                "osType": "windows",
                "osProfile": {"windowsConfiguration": {"patchSettings": {"enableHotpatching": True}}},
            },
        }
    )
    assert (machine.is_arc, machine.os_type, machine.settings.enable_hotpatching) == (True, "Windows", True)
    assert machine.image is None


@pytest.mark.parametrize("key", ["id", "sharedGalleryImageId", "communityGalleryImageId"])
def test_a_custom_image_keeps_its_id(key: str) -> None:
    body = copy.deepcopy(WINDOWS_BODY)
    body["properties"]["storageProfile"]["imageReference"] = {key: GALLERY_IMAGE}
    assert machine_from_arm(body).image == Image(id=GALLERY_IMAGE)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"properties": {"osProfile": {"windowsConfiguration": {"provisionVMAgent": True}}}}, "windows"),
        ({"osProfile": {"linuxConfiguration": {"provisionVMAgent": True}}}, "linux"),
        ({"storageProfile": {"osDisk": {"osType": "Linux"}}}, "linux"),
        ({"properties": {"osType": "Windows"}}, "windows"),
        ({"properties": {"osProfile": {"windowsConfiguration": None}, "osType": "linux"}}, "linux"),
        ({"properties": {"osType": "solaris"}}, None),
        ({}, None),
    ],
)
def test_the_kind_of_system_comes_from_its_configuration_else_from_its_disk(
    body: dict[str, Any], kind: str | None
) -> None:
    assert os_kind(body) == kind


@pytest.mark.parametrize(
    ("statuses", "state"),
    [
        ([{"code": "PowerState/deallocated"}], "deallocated"),
        ([{"code": "powerstate/Running"}], "running"),
        ([{"code": "ProvisioningState/succeeded"}, {}], None),
        (None, None),
    ],
)
def test_the_power_state_is_read_from_the_instance_view(statuses: Any, state: str | None) -> None:
    assert power_state({"instanceView": {"statuses": statuses}}) == state


def test_without_an_instance_view_the_power_state_is_absent() -> None:
    assert power_state({}) is None


def test_settings_are_written_with_the_given_fields_and_nothing_else() -> None:
    assert settings_to_arm({"reboot_setting": "Never", "enable_hotpatching": None}) == {
        "automaticByPlatformSettings": {"rebootSetting": "Never"},
        "enableHotpatching": None,
    }
    assert settings_to_arm({}) == {}


def test_settings_survive_the_way_to_arm_and_back() -> None:
    settings = PatchSettings("AutomaticByPlatform", True, "ImageDefault", "IfRequired", False)
    assert settings_from_arm(settings_to_arm(settings.as_given())) == settings


@pytest.mark.parametrize("broken", [{"automaticByPlatformSettings": None}, {"automaticByPlatformSettings": "Never"}])
def test_a_malformed_level_reads_as_absent(broken: dict[str, Any]) -> None:
    assert settings_from_arm(broken) == PatchSettings()
