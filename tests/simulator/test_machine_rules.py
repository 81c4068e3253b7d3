"""What the compute service says to patch settings it does not take."""

from typing import Any

import pytest

from azure_patch_simulator import SUBSCRIPTION_ID, Settings, Simulator, World
from azure_patch_simulator.inventory import linux_machine, windows_machine
from tests.simulator.asking import GROUP, MACHINE, MACHINES, START, Client, client, patch_settings

ON_PLATFORM = {"patchMode": "AutomaticByPlatform", "enableHotpatching": True}


def one_machine(body: dict[str, Any]) -> Client:
    return Client(Simulator(World.from_inventory([body]), start=START))


def windows(sku: str = "2025-datacenter-azure-edition", **more: Any) -> Client:
    return one_machine(windows_machine(SUBSCRIPTION_ID, "rg-contoso", "vm-web-1", sku, **more))


def refusal(azure: Client, body: dict[str, Any], *, path: str = MACHINE, version: str = "2026-04-01") -> dict[str, Any]:
    answer = azure.ask("PATCH", path, body, version=version)
    assert 400 <= answer.status < 500
    return {"status": answer.status, **answer.json()["error"]}


def test_hotpatching_with_the_bypass_flag_is_refused_in_the_words_of_the_service(azure: Client) -> None:
    flag = {"bypassPlatformSafetyChecksOnUserSchedule": True}
    assert refusal(azure, patch_settings(**ON_PLATFORM, automaticByPlatformSettings=flag)) == {
        "status": 400,
        "code": "InvalidParameter",
        "message": "Hotpatch updates require platform safety checks. The 'BypassPlatformSafetyChecksOnUserSchedule' "
        "flag must be set to false to enable hotpatching.",
    }


def test_the_bypass_flag_is_refused_when_hotpatching_is_already_on() -> None:
    azure = windows(patch_settings=ON_PLATFORM)
    flag = {"bypassPlatformSafetyChecksOnUserSchedule": True}
    assert refusal(azure, patch_settings(automaticByPlatformSettings=flag))["code"] == "InvalidParameter"


def test_automatic_by_os_without_automatic_updates_is_refused_in_the_words_of_the_service() -> None:
    assert refusal(windows(automatic_updates=False), patch_settings(patchMode="AutomaticByOS")) == {
        "status": 400,
        "code": "InvalidParameter",
        "message": "The patchMode 'AutomaticByOS' is invalid. For patchMode 'AutomaticByOS', the property "
        "'enableAutomaticUpdates' must be set to true.",
        "target": "windowsConfiguration.patchSettings.patchMode",
    }


def test_automatic_updates_cannot_be_changed_afterwards(azure: Client) -> None:
    body = {"properties": {"osProfile": {"windowsConfiguration": {"enableAutomaticUpdates": False}}}}
    assert refusal(azure, body) == {
        "status": 409,
        "code": "PropertyChangeNotAllowed",
        "message": "Changing property 'windowsConfiguration.enableAutomaticUpdates' is not allowed.",
        "target": "windowsConfiguration.enableAutomaticUpdates",
    }
    same = {"properties": {"osProfile": {"windowsConfiguration": {"enableAutomaticUpdates": True}}}}
    assert azure.ask("PATCH", MACHINE, same).status == 200


@pytest.mark.parametrize(
    ("settings", "rule"),
    [
        ({"enableHotpatching": True}, "HotpatchNeedsPlatformMode"),
        ({"enableHotpatching": True, "patchMode": "AutomaticByOS"}, "HotpatchNeedsPlatformMode"),
        ({"patchMode": "Manual"}, "ManualNeedsNoAutomaticUpdates"),
        ({"patchMode": "Sometimes"}, "InvalidValue"),
        ({"assessmentMode": "Hourly"}, "InvalidValue"),
        ({"automaticByPlatformSettings": {"rebootSetting": "Maybe"}}, "InvalidValue"),
    ],
)
def test_rules_whose_answer_was_never_seen_have_a_code_of_ours_and_say_so(
    azure: Client, settings: dict[str, Any], rule: str
) -> None:
    refused = refusal(azure, patch_settings(**settings))
    assert refused["status"] == 400
    assert refused["code"] == f"SimulatorRule{rule}"
    assert "real service's code and text for this are not known" in refused["message"]


@pytest.mark.parametrize(
    "sku", ["2022-datacenter-azure-edition", "2022-datacenter-azure-edition-smalldisk", "2025-datacenter-g2"]
)
def test_an_image_that_cannot_be_hotpatched_is_refused(sku: str) -> None:
    assert refusal(windows(sku), patch_settings(**ON_PLATFORM))["code"] == "SimulatorRuleHotpatchImage"


def test_an_eligible_image_is_recognised_in_any_letter_case() -> None:
    azure = windows("2022-DATACENTER-Azure-Edition-Core", offer="windowsserver")
    assert azure.ask("PATCH", MACHINE, patch_settings(**ON_PLATFORM)).status == 200


def test_a_gallery_image_cannot_be_hotpatched() -> None:
    body = windows_machine(SUBSCRIPTION_ID, "rg-contoso", "vm-web-1", "2025-datacenter-azure-edition")
    gallery = f"{GROUP}/providers/Microsoft.Compute/galleries/contoso/images/windows"
    body["properties"]["storageProfile"]["imageReference"] = {"id": gallery}
    assert refusal(one_machine(body), patch_settings(**ON_PLATFORM))["code"] == "SimulatorRuleHotpatchImage"


def test_without_the_agent_neither_platform_mode_nor_platform_assessment_is_possible() -> None:
    body = windows_machine(SUBSCRIPTION_ID, "rg-contoso", "vm-web-1", "2025-datacenter-azure-edition")
    body["properties"]["osProfile"]["windowsConfiguration"]["provisionVMAgent"] = False
    azure = one_machine(body)
    for settings in ({"patchMode": "AutomaticByPlatform"}, {"assessmentMode": "AutomaticByPlatform"}):
        assert refusal(azure, patch_settings(**settings))["code"] == "SimulatorRulePlatformModeNeedsAgent"


def test_linux_machines_have_their_own_modes() -> None:
    image = {"publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server", "version": "latest"}
    azure = one_machine(linux_machine(SUBSCRIPTION_ID, "rg-contoso", "vm-web-1", image))

    def linux(**settings: str) -> dict[str, Any]:
        return {"properties": {"osProfile": {"linuxConfiguration": {"patchSettings": settings}}}}

    assert refusal(azure, linux(patchMode="Manual"))["code"] == "SimulatorRuleInvalidValue"
    accepted = azure.ask("PATCH", MACHINE, linux(patchMode="automaticbyplatform"))
    settings = accepted.json()["properties"]["osProfile"]["linuxConfiguration"]["patchSettings"]
    assert settings == {"patchMode": "AutomaticByPlatform"}


def test_an_api_version_from_before_hotpatch_is_refused_with_the_known_text(azure: Client) -> None:
    refused = refusal(azure, patch_settings(**ON_PLATFORM), version="2019-12-01")
    assert refused["message"] == (
        "Hotpatch compatible VMs cannot be created or updated with an API version lower than '2020-06-01'"
    )


def test_turning_hotpatching_off_and_on_again_needs_no_new_machine(azure: Client) -> None:
    azure.simulator.world.settings.operation_time *= 0
    for wanted in (True, False, True):
        answer = azure.ask("PATCH", MACHINE, patch_settings(patchMode="AutomaticByPlatform", enableHotpatching=wanted))
        settings = answer.json()["properties"]["osProfile"]["windowsConfiguration"]["patchSettings"]
        assert settings["enableHotpatching"] is wanted


def test_the_stricter_rule_about_hotpatch_images_is_off_unless_the_world_says_so() -> None:
    assert client().ask("PATCH", MACHINE, {"tags": {}}).status == 200
    strict = client(Settings(hotpatch_images_need_platform_mode=True))
    assert refusal(strict, {"tags": {}})["code"] == "SimulatorRuleHotpatchImageNeedsPlatformMode"


def test_a_refused_write_changes_nothing(azure: Client) -> None:
    before = azure.get(MACHINE)
    refusal(azure, {"tags": {"new": "tag"}, **patch_settings(enableHotpatching=True)})
    assert azure.get(MACHINE) == before


def test_the_image_of_a_machine_cannot_be_exchanged(azure: Client) -> None:
    image = {"publisher": "MicrosoftWindowsServer", "offer": "WindowsServer", "sku": "2019-datacenter"}
    body = {"properties": {"storageProfile": {"imageReference": image}}}
    assert refusal(azure, body)["code"] == "SimulatorRulePropertyChange"
    assert azure.ask("GET", f"{MACHINES}/vm-web-1").status == 200


def test_whether_a_specialised_machine_takes_a_profile_is_up_to_the_world() -> None:
    body = windows_machine(SUBSCRIPTION_ID, "rg-contoso", "vm-web-1", "2022-datacenter-g2")
    del body["properties"]["osProfile"]
    wanted = patch_settings(patchMode="AutomaticByPlatform")
    assert one_machine(body).ask("PATCH", MACHINE, wanted).status == 200
    strict = one_machine(body)
    strict.simulator.world.settings.refuses_new_os_profiles = True
    assert refusal(strict, wanted) == {
        "status": 409,
        "code": "PropertyChangeNotAllowed",
        "message": "Changing property 'osProfile' is not allowed.",
        "target": "osProfile",
    }
    assert strict.ask("PATCH", MACHINE, {"tags": {}}).status == 200
