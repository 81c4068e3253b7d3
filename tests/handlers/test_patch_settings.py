"""Patch settings of a VM: what is read, what is sent, what is refused, and how long it takes."""

from datetime import timedelta

import pytest

from azure_patch_simulator import SUBSCRIPTION_ID, Answer, Drop, World, match
from azure_patch_simulator.inventory import windows_machine
from pulumi_azure_hotpatch.errors import ArmError, Interrupted, NotFound, TimedOut
from tests.handlers.machines import APP, LINUX, MACHINES, WEB, declared, edit, held, windows_world
from tests.support.simulated import Azure, Settings, minutes

WRITTEN = ["VirtualMachines_Get", "VirtualMachines_Update", *["Operations_Get"] * 3]


def profile(**patch_settings: object) -> dict[str, object]:
    return {"properties": {"osProfile": {"windowsConfiguration": {"patchSettings": patch_settings}}}}


def test_a_first_run_reads_once_and_writes_once() -> None:
    azure = Azure()
    settings = declared(azure, patch_mode="AutomaticByPlatform", enable_hotpatching=True)
    settings.check()
    settings.create()
    assert azure.calls() == WRITTEN
    assert azure.passed == timedelta(seconds=30)
    assert held(azure) == {"patch_mode": "AutomaticByPlatform", "enable_hotpatching": True}


def test_only_the_fields_that_are_given_are_sent() -> None:
    azure = Azure()
    declared(azure, patch_mode="AutomaticByPlatform", enable_hotpatching=True).create()
    assert azure.sent("VirtualMachines_Update") == [profile(patchMode="AutomaticByPlatform", enableHotpatching=True)]


def test_only_the_fields_that_differ_are_sent() -> None:
    azure = Azure(windows_world({"patch_mode": "AutomaticByPlatform"}))
    declared(azure, patch_mode="AutomaticByPlatform", assessment_mode="AutomaticByPlatform").create()
    assert azure.sent("VirtualMachines_Update") == [profile(assessmentMode="AutomaticByPlatform")]


def test_the_settings_of_the_platform_travel_in_their_own_object() -> None:
    azure = Azure(windows_world({"patch_mode": "AutomaticByPlatform"}))
    declared(azure, reboot_setting="Never", bypass_platform_safety_checks_on_user_schedule=True).create()
    nested = {"rebootSetting": "Never", "bypassPlatformSafetyChecksOnUserSchedule": True}
    assert azure.sent("VirtualMachines_Update") == [profile(automaticByPlatformSettings=nested)]


def test_linux_has_a_configuration_of_its_own() -> None:
    azure = Azure()
    state = declared(azure, LINUX, patch_mode="AutomaticByPlatform").create()
    (sent,) = azure.sent("VirtualMachines_Update")
    assert sent == {
        "properties": {"osProfile": {"linuxConfiguration": {"patchSettings": {"patchMode": "AutomaticByPlatform"}}}}
    }
    assert (state.os_type, state.location) == ("Linux", "westeurope")


@pytest.mark.parametrize("wanted", ["AutomaticByPlatform", "AutomaticByOS"])
def test_automatic_updates_are_never_sent(wanted: str) -> None:
    azure = Azure(windows_world({"patch_mode": "AutomaticByOS"}))
    settings = declared(azure, patch_mode=wanted, assessment_mode="AutomaticByPlatform")
    settings.create()
    azure.new_run()
    settings.delete()
    assert azure.sent("VirtualMachines_Update") != []
    assert "enableAutomaticUpdates" not in str(azure.sent("VirtualMachines_Update"))


def test_the_id_has_the_letter_case_that_azure_uses() -> None:
    azure = Azure()
    settings = declared(azure, WEB.upper(), assessment_mode="AutomaticByPlatform")
    state = settings.create()
    assert settings.id == WEB
    assert state.virtual_machine_id.casefold() == WEB.casefold()
    assert state.virtual_machine_id != WEB
    settings.declare(virtualMachineId=WEB)
    assert settings.difference().changed == ()


def test_what_is_as_wanted_already_costs_one_read() -> None:
    azure = Azure(windows_world({"patch_mode": "AutomaticByPlatform", "enable_hotpatching": True}))
    state = declared(azure, patch_mode="AutomaticByPlatform", enable_hotpatching=True).create()
    assert azure.calls() == ["VirtualMachines_Get"]
    assert state.adopted == ("patch_mode", "enable_hotpatching")


def test_hotpatching_is_turned_off_and_on_again_in_place() -> None:
    azure = Azure()
    settings = declared(azure, patch_mode="AutomaticByPlatform", enable_hotpatching=True)
    settings.create()
    for wanted in (False, True):
        azure.new_run()
        settings.declare(enableHotpatching=wanted)
        assert settings.difference() == type(settings.difference())(("enableHotpatching",), ())
        settings.update()
        assert azure.sent("VirtualMachines_Update")[-1] == profile(enableHotpatching=wanted)
        assert held(azure)["enable_hotpatching"] is wanted


def test_turning_hotpatching_off_is_warned_about_in_preview() -> None:
    azure = Azure(windows_world({"patch_mode": "AutomaticByPlatform", "enable_hotpatching": True}))
    found = declared(azure, enable_hotpatching=False).check()
    assert "hotpatch-off-leaves-the-track" in [finding.rule for finding in found if finding.verdict == "fail"]


def test_a_machine_that_does_not_exist_is_named() -> None:
    azure = Azure()
    missing = f"{MACHINES}/vm-none"
    settings = declared(azure, missing, patch_mode="AutomaticByPlatform")
    assert [finding for finding in settings.check() if finding.is_error] == [], "it may be created in the same run"
    assert f"it does not exist ({missing}); unless it does by then, the update will fail" in azure.said.text
    with pytest.raises(NotFound) as refused:
        settings.create()
    assert str(refused.value) == (
        f"VM 'vm-none': it does not exist ({missing}); create it first, or correct virtual_machine_id"
    )
    assert azure.writes() == []


def test_a_machine_that_is_gone_is_gone_for_every_verb() -> None:
    azure = Azure()
    settings = declared(azure, patch_mode="AutomaticByPlatform")
    settings.create()
    azure.ask("DELETE", WEB)
    azure.simulator.clock.advance(minutes(5))
    azure.new_run()
    with pytest.raises(NotFound):
        settings.update()
    settings.delete()
    assert settings.refresh() is None


def test_preview_names_every_rule_that_is_broken_and_touches_nothing() -> None:
    azure = Azure(windows_world({"patch_mode": "AutomaticByOS"}, sku="2022-datacenter-azure-edition"))
    settings = declared(azure, enable_hotpatching=True, bypass_platform_safety_checks_on_user_schedule=True)
    assert [str(finding) for finding in settings.check() if finding.is_error] == [
        "Hotpatching needs patch mode AutomaticByPlatform, but it is AutomaticByOS. Fix: set patch_mode to "
        "'AutomaticByPlatform'. [hotpatch-needs-platform-mode; Azure REST API specification, "
        "PatchSettings.enableHotpatching (azure-rest-api-specs PR 11768)]",
        "Hotpatching is offered on eight Azure Edition images only; this machine was made from "
        "MicrosoftWindowsServer:WindowsServer:2022-datacenter-azure-edition. Fix: remove enable_hotpatching, or "
        "recreate the machine from an Azure Edition image that is on the list. [hotpatch-needs-eligible-image; "
        "Microsoft Learn, Hotpatch for Windows Server, 2025-07-14]",
        "Azure refuses hotpatching while bypassPlatformSafetyChecksOnUserSchedule is true. Fix: set "
        "bypass_platform_safety_checks_on_user_schedule to False (the machine is then patched by the platform, not by "
        "a schedule). [hotpatch-forbids-bypass; ARM error InvalidParameter quoted in "
        "claranet/terraform-azurerm-windows-vm PR 4, 2025-03-31]",
    ]
    assert azure.calls() == ["VirtualMachines_Get"]


def test_the_rules_judge_the_machine_as_it_will_be() -> None:
    azure = Azure()
    settings = declared(azure, enable_hotpatching=True)
    assert [finding.rule for finding in settings.check() if finding.is_error] == ["hotpatch-needs-platform-mode"]
    settings.declare(patchMode="AutomaticByPlatform")
    assert [finding for finding in settings.check() if finding.is_error] == []


def test_what_is_wrong_with_settings_of_others_is_no_reason_to_refuse_ours() -> None:
    unlisted = {"patch_mode": "AutomaticByPlatform", "enable_hotpatching": True}
    azure = Azure(windows_world(unlisted, sku="2028-datacenter-azure-edition"))
    assert [
        finding for finding in declared(azure, assessment_mode="AutomaticByPlatform").check() if finding.is_error
    ] == []
    found = declared(azure, enable_hotpatching=True).check()
    assert "hotpatch-needs-eligible-image" in [finding.rule for finding in found if finding.is_error]


def test_a_setting_that_has_no_effect_is_warned_about() -> None:
    azure = Azure()
    found = {finding.rule: finding for finding in declared(azure, reboot_setting="Never").check()}
    assert (
        found["reboot-setting-needs-platform-mode"].severity,
        found["reboot-setting-needs-platform-mode"].reason,
    ) == (
        "warning",
        "reboot_setting lies in automaticByPlatformSettings and has no effect while the patch mode is AutomaticByOS.",
    )


def test_a_declaration_without_any_setting_is_refused() -> None:
    azure = Azure()
    assert [str(finding) for finding in declared(azure).check() if finding.is_error] == [
        "None of the patch settings is given, so there is nothing to own. Fix: give at least one of patch_mode, "
        "enable_hotpatching, assessment_mode, reboot_setting or the bypass flag. [vm-settings-empty; "
        "This package's contract: one owner for every field]"
    ]


def test_preview_answers_what_is_adopted_and_whether_the_image_is_eligible() -> None:
    azure = Azure(windows_world({"patch_mode": "automaticByPlatform"}))
    assert declared(azure, patch_mode="AutomaticByPlatform", enable_hotpatching=True).answers() == {
        "adopted": ("patch_mode",),
        "image_eligibility": "eligible: MicrosoftWindowsServer:WindowsServer:2025-datacenter-azure-edition is on the "
        "published hotpatch list",
        "outcome": "Without a schedule: Azure patches it within 30 days of each monthly release, in its off-peak "
        "hours; it is hotpatched and restarts for baselines only. With one: Nothing patches it: The schedule needs "
        "the bypass flag and ends with a prerequisite error without it, and while a schedule is there the platform "
        "does not patch either.",
    }


def test_a_preview_that_may_not_read_answers_nothing() -> None:
    azure = Azure()
    settings = declared(azure, patch_mode="AutomaticByPlatform", enable_hotpatching=True)
    assert {finding.verdict for finding in settings.check(may_read=False)} == {"unknown"}
    assert azure.calls() == []


def test_a_preview_of_an_azure_that_fails_says_why_nothing_is_known() -> None:
    azure = Azure()
    azure.simulator.faults.add(match("GET", "vm-web-1"), response=Answer(403, "AuthorizationFailed", "No."), times=None)
    settings = declared(azure, enable_hotpatching=True)
    assert [finding for finding in settings.check() if finding.is_error] == []
    assert azure.said.text == (
        "VM 'vm-web-1': its present settings could not be looked up: VM 'vm-web-1': could not read it: "
        "AuthorizationFailed: No."
    )


def test_a_machine_that_another_operation_is_changing_is_awaited() -> None:
    azure = Azure(World.default(Settings(operation_time=minutes(2))))
    azure.ask("PATCH", WEB, profile(assessmentMode="AutomaticByPlatform"))
    declared(azure, patch_mode="AutomaticByPlatform").create()
    assert azure.passed == minutes(4)
    assert azure.writes() == ["VirtualMachines_Update"]
    assert "VM 'vm-web-1': waiting for another operation on the machine to end (0s)" in azure.said.progress


def test_the_end_waits_for_another_operation_too() -> None:
    azure = Azure(World.default(Settings(operation_time=minutes(2))))
    settings = declared(azure, patch_mode="AutomaticByPlatform")
    settings.create()
    azure.new_run()
    azure.ask("PATCH", WEB, profile(assessmentMode="AutomaticByPlatform"))
    settings.delete()
    assert held(azure) == {"patch_mode": "AutomaticByOS", "assessment_mode": "AutomaticByPlatform"}


def test_a_machine_on_its_way_out_has_nothing_left_to_restore() -> None:
    azure = Azure(World.default(Settings(operation_time=minutes(2))))
    settings = declared(azure, patch_mode="AutomaticByPlatform")
    settings.create()
    azure.new_run()
    azure.ask("DELETE", WEB)
    azure.take()
    settings.delete()
    assert azure.take_writes() == []


def test_a_machine_that_goes_while_it_is_restored_is_no_failure() -> None:
    azure = Azure()
    settings = declared(azure, patch_mode="AutomaticByPlatform")
    settings.create()
    azure.new_run()
    azure.simulator.faults.add(match("PATCH", "vm-web-1"), response=Answer(404, "ResourceNotFound", "It is gone."))
    settings.delete()
    assert azure.writes() == ["VirtualMachines_Update", "VirtualMachines_Update"]


@pytest.mark.parametrize(
    ("given", "custom", "allowed"),
    [(None, None, minutes(30)), ("10m", None, minutes(10)), (None, minutes(7), minutes(7))],
    ids=["default", "input", "custom_timeouts"],
)
def test_a_change_that_takes_too_long_is_kept_and_awaited_by_the_next_run(
    given: str | None, custom: timedelta | None, allowed: timedelta
) -> None:
    azure = Azure(World.default(Settings(operation_time=minutes(50))))
    settings = declared(azure, patch_mode="AutomaticByPlatform", enable_hotpatching=True)
    settings.declare(timeout=given)
    with pytest.raises(TimedOut) as late:
        settings.create(timeout=custom)
    assert str(late.value).startswith("VM 'vm-web-1': still waiting for patch_mode, enable_hotpatching to change after")
    assert azure.passed == allowed
    assert (settings.id, settings.state.previous) == (WEB, {"patch_mode": "AutomaticByOS"})
    azure.new_run()
    settings.declare(timeout="50m")
    state = settings.update()
    assert azure.writes() == ["VirtualMachines_Update"]
    assert azure.passed == minutes(50)
    assert (state.previous, state.previously_absent, state.unfinished) == (
        {"patch_mode": "AutomaticByOS"},
        ("enable_hotpatching",),
        None,
    )


def test_a_run_that_was_cancelled_in_the_wait_is_continued() -> None:
    azure = Azure()
    settings = declared(azure, patch_mode="AutomaticByPlatform")
    azure.clock.interrupt_at = azure.clock.now() + timedelta(seconds=12)
    with pytest.raises(Interrupted):
        settings.create()
    azure.new_run()
    assert settings.update().contested == {}
    assert azure.writes() == ["VirtualMachines_Update"]
    azure.new_run()
    settings.delete()
    assert held(azure) == {"patch_mode": "AutomaticByOS"}


def lose(azure: Azure, *, before: bool) -> None:
    """The connection breaks before or after Azure has done what the next PATCH asks."""
    azure.simulator.faults.add(match("PATCH", "vm-web-1"), response=Drop(before=before))


@pytest.mark.parametrize("before", [True, False], ids=["nothing was done", "it was done"])
def test_a_lost_answer_loses_nothing_of_what_was_there_before(before: bool) -> None:
    azure = Azure()
    settings = declared(azure, patch_mode="AutomaticByPlatform", enable_hotpatching=True)
    lose(azure, before=before)
    with pytest.raises(ArmError, match="Azure cannot be reached"):
        settings.create()
    assert settings.state.previous == {"patch_mode": "AutomaticByOS"}
    azure.new_run()
    state = settings.update()
    assert held(azure) == {"patch_mode": "AutomaticByPlatform", "enable_hotpatching": True}
    assert (state.contested, state.unfinished) == ({}, None)
    azure.new_run()
    settings.delete()
    assert held(azure) == {"patch_mode": "AutomaticByOS", "enable_hotpatching": False}


def test_the_end_of_a_change_that_never_happened_says_nothing_of_others() -> None:
    azure = Azure()
    settings = declared(azure, patch_mode="AutomaticByPlatform")
    lose(azure, before=True)
    with pytest.raises(ArmError):
        settings.create()
    azure.new_run()
    settings.delete()
    assert azure.said.remarks == []
    assert held(azure) == {"patch_mode": "AutomaticByOS"}


def test_what_azure_refuses_leaves_nothing_behind() -> None:
    azure = Azure()
    azure.simulator.faults.add(match("PATCH", "vm-web-1"), response=Answer(409, "Conflict", "Not now."))
    settings = declared(azure, patch_mode="AutomaticByPlatform")
    with pytest.raises(ArmError) as refused:
        settings.create()
    assert str(refused.value) == "VM 'vm-web-1': could not change its patch settings: Conflict: Not now."
    assert settings.stored is None


def test_a_machine_made_without_automatic_updates_takes_no_automatic_by_os() -> None:
    azure = Azure(windows_world({"patch_mode": "Manual"}, automatic_updates=False))
    found = declared(azure, patch_mode="AutomaticByOS").check()
    assert [finding.reason for finding in found if finding.is_error] == [
        "Patch mode AutomaticByOS needs enableAutomaticUpdates true; this VM was created with false, and that cannot "
        "be changed."
    ]


def test_an_edit_within_a_run_is_seen_by_the_next() -> None:
    azure = Azure()
    settings = declared(azure, APP, patch_mode="AutomaticByPlatform")
    settings.create()
    edit(azure, {"patch_mode": "AutomaticByOS"}, APP)
    azure.new_run()
    assert settings.refresh().patch_mode == "AutomaticByOS"
    assert settings.difference().changed == ("patchMode",)


@pytest.mark.parametrize("refuses", [False, True])
def test_of_a_machine_without_a_profile_nobody_knows_whether_azure_takes_settings(refuses: bool) -> None:
    body = windows_machine(SUBSCRIPTION_ID, "rg-contoso", "vm-web-1", "2022-datacenter-g2")
    del body["properties"]["osProfile"], body["properties"]["storageProfile"]["imageReference"]
    azure = Azure(World.from_inventory([body], settings=Settings(refuses_new_os_profiles=refuses)))
    wanted = declared(azure, assessment_mode="AutomaticByPlatform")
    (finding,) = (one for one in wanted.check() if one.rule == "settings-need-os-profile")
    assert (finding.verdict, finding.severity) == ("fail", "warning")
    assert "whether Azure takes patch settings there is unknown" in finding.located
    if refuses:
        with pytest.raises(ArmError, match="Changing property 'osProfile' is not allowed"):
            wanted.create()
        return
    wanted.create()
    assert held(azure) == {"assessment_mode": "AutomaticByPlatform"}
    assert not [one for one in wanted.check() if one.rule == "settings-need-os-profile"]
