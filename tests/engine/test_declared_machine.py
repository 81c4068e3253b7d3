"""A machine as a program declares it: defaults of new machines, and what is not known yet."""

from typing import Any

import pytest

from pulumi_azure_hotpatch.engine.declared_machine import declared_machine
from pulumi_azure_hotpatch.engine.facts import PATCH_FIELDS
from pulumi_azure_hotpatch.engine.logic import UNKNOWN
from pulumi_azure_hotpatch.engine.patch_defaults import PatchDefaults, fill
from pulumi_azure_hotpatch.engine.rules import judge, rules_for

HOTPATCH = {"publisher": "MicrosoftWindowsServer", "offer": "WindowsServer", "sku": "2025-datacenter-azure-edition"}
UBUNTU = {"publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server"}
BYPASS: dict[str, Any] = {"automaticByPlatformSettings": {"bypassPlatformSafetyChecksOnUserSchedule": True}}


def inputs(image: Any = HOTPATCH, system: str = "windows", **configuration: Any) -> dict[str, Any]:
    return {
        "location": "westeurope",
        "storageProfile": {"imageReference": image, "osDisk": {"createOption": "FromImage"}},
        "osProfile": {"computerName": "web", f"{system}Configuration": configuration},
    }


def patched(image: Any = HOTPATCH, system: str = "windows", **settings: Any) -> dict[str, Any]:
    return inputs(image, system, patchSettings=settings)


def filled(declared: dict[str, Any], **defaults: Any) -> dict[str, Any]:
    return dict(fill(declared_machine(declared, "web"), PatchDefaults(**defaults)).settings)


def left_alone(declared: dict[str, Any]) -> tuple[str, ...]:
    return fill(declared_machine(declared, "web"), PatchDefaults()).left_alone


def failures(declared: dict[str, Any]) -> set[str]:
    found = judge(rules_for("machine"), declared_machine(declared, "web"))
    return {one.rule for one in found if one.verdict == "fail"}


def test_a_new_machine_has_the_agent_and_automatic_updates_unless_it_says_otherwise() -> None:
    machine = declared_machine({**inputs(), "osProfile": {"computerName": "web"}}, "web")
    assert (machine.os_type, machine.provision_vm_agent, machine.enable_automatic_updates) == ("Windows", True, True)
    without = declared_machine(inputs(provisionVMAgent=False, enableAutomaticUpdates=False), "web")
    assert (without.provision_vm_agent, without.enable_automatic_updates) == (False, False)


def test_linux_has_no_automatic_updates() -> None:
    machine = declared_machine(inputs(UBUNTU, "linux", disablePasswordAuthentication=True), "web")
    assert (machine.os_type, machine.provision_vm_agent, machine.enable_automatic_updates) == ("Linux", True, None)


def test_a_distribution_s_image_is_of_linux_even_without_a_configuration() -> None:
    declared = {**inputs(UBUNTU), "osProfile": {"computerName": "web"}}
    machine = declared_machine(declared, "web")
    assert (machine.os_type, machine.provision_vm_agent, machine.enable_automatic_updates) == ("Linux", True, None)
    assert filled(declared, reboot_setting="IfRequired") == {"assessment_mode": "AutomaticByPlatform"}
    assert left_alone(declared) == ()


def test_the_system_of_an_image_that_nobody_knows_is_not_known() -> None:
    database = {"publisher": "MicrosoftSQLServer", "offer": "sql2022-ws2022", "sku": "standard-gen2"}
    assert declared_machine({**inputs(database), "osProfile": {"computerName": "web"}}, "web").os_type is UNKNOWN


def test_a_machine_from_a_specialised_disk_says_nothing_of_its_guest() -> None:
    disk = {"osDisk": {"createOption": "Attach", "osType": "Windows"}}
    machine = declared_machine({"location": "westeurope", "storageProfile": disk}, "web")
    assert (machine.provision_vm_agent, machine.enable_automatic_updates) == (None, None)
    assert machine.settings.as_given() == {}


def test_what_is_not_known_yet_is_not_taken_to_be_left_out() -> None:
    machine = declared_machine({**inputs(), "osProfile": UNKNOWN, "zones": UNKNOWN}, "web")
    assert machine.provision_vm_agent is UNKNOWN
    assert all(getattr(machine.settings, field) is UNKNOWN for field in PATCH_FIELDS)
    assert failures({**inputs(), "osProfile": UNKNOWN}) == set()
    assert failures(patched(UNKNOWN, patchMode="AutomaticByPlatform", enableHotpatching=True)) == set()


def test_a_good_machine_fails_no_rule_and_a_contradictory_one_does() -> None:
    good: dict[str, Any] = {"patchMode": "AutomaticByPlatform", "enableHotpatching": True}
    assert failures(inputs()) == set()
    assert failures(patched(**good)) == set()
    assert failures(patched(**good, **BYPASS)) == {"hotpatch-forbids-bypass"}


def test_a_hotpatch_image_gets_hotpatching_with_its_mode_and_an_assessment() -> None:
    assert filled(inputs()) == {
        "patch_mode": "AutomaticByPlatform",
        "enable_hotpatching": True,
        "assessment_mode": "AutomaticByPlatform",
    }
    assert filled(inputs(), enable_hotpatching=False, assessment_mode=None) == {}


def test_what_is_filled_in_breaks_no_rule() -> None:
    added = filled(inputs(), reboot_setting="IfRequired")
    machine = declared_machine(inputs(), "web").with_settings(added)
    assert not [one for one in judge(rules_for("machine"), machine) if one.verdict == "fail"]


def test_what_is_given_is_never_filled_in() -> None:
    given: dict[str, Any] = {
        "patchMode": "AutomaticByPlatform",
        "enableHotpatching": False,
        "assessmentMode": "ImageDefault",
        "automaticByPlatformSettings": {"rebootSetting": "Never"},
    }
    assert filled(patched(**given), reboot_setting="Always") == {}


def test_hotpatching_is_left_alone_beside_what_it_does_not_go_with() -> None:
    scheduled = patched(patchMode="AutomaticByPlatform", **BYPASS)
    assert "enable_hotpatching" not in filled(scheduled)
    assert left_alone(scheduled) == (
        "enable_hotpatching, because Azure refuses it beside bypass_platform_safety_checks_on_user_schedule",
    )
    assert left_alone(patched(patchMode="Manual")) == ("enable_hotpatching, because patch_mode is Manual",)


def test_a_machine_without_the_agent_gets_nothing() -> None:
    assert filled(inputs(provisionVMAgent=False)) == {}
    assert left_alone(inputs(provisionVMAgent=False)) == ("its patch settings, because it has no VM agent",)


@pytest.mark.parametrize(
    ("profile", "why"),
    [
        ({"allowExtensionOperations": False}, "its allowExtensionOperations is false, so that nothing can patch it"),
        ({"allowExtensionOperations": UNKNOWN}, "its allowExtensionOperations is not known yet"),
        ({"linuxConfiguration": {}}, "it is configured as Linux and its image is of Windows"),
    ],
)
def test_a_machine_that_nothing_could_patch_is_left_alone_and_named(profile: dict[str, Any], why: str) -> None:
    declared = {**inputs(), "osProfile": {"computerName": "web", **profile}}
    assert filled(declared) == {}
    assert left_alone(declared) == (f"its patch settings, because {why}",)


def test_a_machine_that_nothing_would_be_filled_into_is_not_named() -> None:
    custom = {"id": "/subscriptions/s/galleries/contoso/images/base"}
    for profile in ({"allowExtensionOperations": False}, {"windowsConfiguration": {"provisionVMAgent": False}}):
        assert left_alone({**inputs(custom), "osProfile": {"computerName": "web", **profile}}) == ()


def test_what_is_not_known_yet_is_left_alone_and_named() -> None:
    for image in (UNKNOWN, {**HOTPATCH, "sku": UNKNOWN}):
        assert filled(inputs(image)) == {}
        assert left_alone(inputs(image)) == ("its patch settings, because its image is not known yet",)
    unknown_mode = patched(patchMode=UNKNOWN)
    assert filled(unknown_mode) == {"assessment_mode": "AutomaticByPlatform"}
    assert left_alone(unknown_mode) == ("enable_hotpatching, because what it goes with is not known yet",)


def test_other_images_get_an_assessment_where_update_manager_supports_them() -> None:
    assert filled(inputs(UBUNTU, "linux", disablePasswordAuthentication=True), reboot_setting="IfRequired") == {
        "assessment_mode": "AutomaticByPlatform"
    }
    assert filled(inputs({"id": "/subscriptions/s/galleries/contoso/images/base"})) == {}
