"""ARM bodies become facts, whichever tool wrote them."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from pulumi_azure_hotpatch.engine.facts import Image, PatchSettings
from pulumi_azure_hotpatch.engine.inventory import (
    arc_server_from_arm,
    machine_from_arm,
    os_kind,
    power_state,
    scale_set_from_arm,
    settings_from_arm,
    settings_to_arm,
)
from pulumi_azure_hotpatch.engine.logic import UNKNOWN
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
            "osName": "Windows Server 2025 Datacenter Azure Edition",
            "hyperVGeneration": "V2",
            "vmAgent": {"vmAgentVersion": "2.7.41491.1172"},
            "patchStatus": {"availablePatchSummary": {"rebootPending": True}},
            "extensions": [
                {"name": "monitor", "type": "Contoso.Monitor", "statuses": [{"code": "ProvisioningState/failed"}]},
                {
                    "name": "WindowsPatchExtension",
                    "type": "Microsoft.CPlat.Core.WindowsPatchExtension",
                    "statuses": [{"code": "ProvisioningState/Updating"}],
                },
            ],
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
    assert (machine.os_name, machine.hyper_v_generation) == ("Windows Server 2025 Datacenter Azure Edition", "V2")
    assert (machine.vm_agent_version, machine.reboot_pending) == ("2.7.41491.1172", True)
    assert machine.patch_extension_state == "updating"


def test_what_a_body_does_not_hold_is_absent_and_not_unknown() -> None:
    machine = machine_from_arm({"id": VM_ID, "name": "web01", "properties": {}})
    assert (machine.location, machine.zone, machine.os_type, machine.image) == (None, None, None, None)
    assert (machine.provision_vm_agent, machine.power_state, machine.availability_set_id) == (None, None, None)
    assert machine.settings == PatchSettings()


def test_resource_graphs_short_instance_view_is_read_too() -> None:
    body = {
        "id": VM_ID,
        "properties": {
            "extended": {
                "instanceView": {"powerState": {"code": "PowerState/deallocated"}, "hyperVGeneration": "V1"},
            }
        },
    }
    machine = machine_from_arm(body)
    assert (machine.power_state, machine.hyper_v_generation) == ("deallocated", "V1")


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


def test_the_power_state_that_az_shows_is_read() -> None:
    assert power_state({"powerState": "VM deallocated"}) == "deallocated"


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


def test_an_arc_server_is_read_with_its_licence() -> None:
    server = arc_server_from_arm(
        {
            "id": ARC_ID,
            "name": "branch01",
            "location": "westeurope",
            "properties": {
                "osType": "windows",
                "osName": "windows",
                "osSku": "Windows Server 2025 Datacenter",
                "osEdition": "Datacenter",
                "osVersion": "10.0.26100.6899",
                "agentVersion": "1.52.03124.2321",
                "status": "Connected",
                "osProfile": {
                    "windowsConfiguration": {
                        "patchSettings": {
                            "enableHotpatching": True,
                            "assessmentMode": "AutomaticByPlatform",
                            "status": {"hotpatchEnablementStatus": "PendingEvaluation"},
                        }
                    }
                },
                "licenseProfile": {
                    "productProfile": {
                        "productFeatures": [
                            {"name": "WindowsServerAzureArcMgmt", "subscriptionStatus": "Disabled"},
                            {"name": "Hotpatch", "subscriptionStatus": "Enabled"},
                        ]
                    }
                },
            },
        }
    )
    assert (server.os_name, server.os_edition, server.os_build) == (
        "Windows Server 2025 Datacenter",
        "Datacenter",
        "26100.6899",
    )
    assert (server.agent_version, server.status, server.enable_hotpatching) == ("1.52.03124.2321", "Connected", True)
    assert (server.assessment_mode, server.hotpatch_status) == ("AutomaticByPlatform", "PendingEvaluation")
    assert (server.hotpatch_subscription, server.wants_hotpatch) == ("Enabled", True)


def test_an_arc_server_without_a_licence_wants_no_hotpatches() -> None:
    server = arc_server_from_arm({"id": ARC_ID, "properties": {}})
    assert (server.hotpatch_subscription, server.os_build, server.wants_hotpatch) == (None, None, False)


@pytest.mark.parametrize(("kind", "has_one"), [("ApplicationHealthWindows", True), ("CustomScriptExtension", False)])
def test_a_scale_set_is_read_from_its_machine_profile(kind: str, has_one: bool) -> None:
    found = scale_set_from_arm(
        {
            "id": f"{GROUP}/providers/Microsoft.Compute/virtualMachineScaleSets/web",
            "name": "web",
            "properties": {
                "orchestrationMode": "Flexible",
                "virtualMachineProfile": {
                    "osProfile": WINDOWS_BODY["properties"]["osProfile"],
                    "storageProfile": WINDOWS_BODY["properties"]["storageProfile"],
                    "extensionProfile": {"extensions": [{"name": "health", "properties": {"type": kind}}]},
                },
            },
        }
    )
    assert (found.orchestration_mode, found.os_type, found.has_health_extension) == ("Flexible", "Windows", has_one)
    assert (found.settings.patch_mode, found.settings.enable_hotpatching) == ("AutomaticByPlatform", True)
    assert found.provision_vm_agent is True
    assert found.image == Image("MicrosoftWindowsServer", "WindowsServer", "2025-datacenter-azure-edition")


def test_a_projection_that_left_the_machine_out_says_nothing_about_it() -> None:
    machine = machine_from_arm({"id": "/subscriptions/s/resourceGroups/g/providers/x/y/v", "name": "v"})
    assert machine.name == "v"
    assert machine.os_type is UNKNOWN
    assert machine.settings.patch_mode is UNKNOWN
