"""Patch settings of flexible scale sets, with rules of their own."""

from datetime import timedelta
from typing import Any

import pytest

from pulumi_azure_hotpatch.errors import ArmError, NotFound
from tests.handlers.outside import SCALE_SET, azure_of, scale_set_body, scale_set_settings
from tests.support.simulated import Azure

HOTPATCH = {"patchMode": "AutomaticByPlatform", "enableHotpatching": True}
PLAIN = "2022-datacenter-g2"


def held(azure: Azure) -> dict[str, Any]:
    profile = azure.body(SCALE_SET)["properties"]["virtualMachineProfile"]["osProfile"]
    found: dict[str, Any] = profile["windowsConfiguration"].get("patchSettings", {})
    return found


def failed(declared: Any) -> dict[str, str]:
    return {finding.rule: finding.severity for finding in declared.check() if finding.verdict == "fail"}


def test_the_settings_are_written_into_the_profile_of_the_machines() -> None:
    azure = azure_of(scale_set_body())
    declared = scale_set_settings(azure, **HOTPATCH)
    assert declared.check() == []
    state = declared.create()
    sent = {"osProfile": {"windowsConfiguration": {"patchSettings": HOTPATCH}}}
    assert azure.sent("VirtualMachineScaleSets_Update") == [{"properties": {"virtualMachineProfile": sent}}]
    assert azure.passed == timedelta(seconds=30)
    assert held(azure) == HOTPATCH
    assert (declared.id, state.os_type, state.location) == (SCALE_SET, "Windows", "eastus")


def test_what_is_as_wanted_already_costs_one_read_and_is_adopted() -> None:
    azure = azure_of(scale_set_body(HOTPATCH))
    declared = scale_set_settings(azure, **HOTPATCH)
    assert declared.answers() == {"adopted": ("patch_mode", "enable_hotpatching")}
    declared.create()
    assert azure.calls() == ["VirtualMachineScaleSets_Get"]


def test_hotpatch_cannot_be_turned_off_on_a_hotpatch_image() -> None:
    azure = azure_of(scale_set_body(HOTPATCH))
    declared = scale_set_settings(azure, enableHotpatching=False)
    assert failed(declared) == {"scale-set-hotpatch-stays-on": "error"}


def test_nor_on_the_way_back() -> None:
    azure = azure_of(scale_set_body({"patchMode": "AutomaticByPlatform"}))
    declared = scale_set_settings(azure, enableHotpatching=True)
    declared.create()
    azure.take_writes()
    declared.delete()
    # The scale set was in breach before: going back breaks nothing that held, so Azure's refusal is what is left.
    assert held(azure)["enableHotpatching"] is True
    assert "enable_hotpatching" in azure.said.text


def test_platform_patching_needs_the_health_extension() -> None:
    azure = azure_of(scale_set_body(healthy=False, sku=PLAIN))
    declared = scale_set_settings(azure, patchMode="AutomaticByPlatform")
    assert failed(declared) == {"scale-set-needs-health-extension": "error"}


def test_an_image_that_hotpatch_is_not_offered_on_is_refused() -> None:
    azure = azure_of(scale_set_body(sku=PLAIN))
    assert failed(scale_set_settings(azure, **HOTPATCH)) == {"scale-set-hotpatch-needs-eligible-image": "error"}


def test_hotpatching_needs_the_platform() -> None:
    azure = azure_of(scale_set_body())
    found = failed(scale_set_settings(azure, patchMode="Manual", enableHotpatching=True))
    assert found == {"scale-set-hotpatch-needs-platform-mode": "error"}


@pytest.mark.parametrize("mode", ["Uniform", None])
def test_a_uniform_scale_set_is_refused(mode: str | None) -> None:
    body = scale_set_body(sku=PLAIN)
    body["properties"]["orchestrationMode"] = mode
    found = failed(scale_set_settings(azure_of(body), assessmentMode="AutomaticByPlatform"))
    assert found == {"scale-set-settings-need-flexible": "error"}


def test_a_scale_set_that_is_not_there_yet_is_judged_when_it_is() -> None:
    azure = Azure()
    declared = scale_set_settings(azure, **HOTPATCH)
    assert [finding for finding in declared.check() if finding.is_error] == []
    with pytest.raises(NotFound, match="scale set 'vmss-web': it does not exist"):
        declared.create()


def test_drift_is_seen_and_repaired() -> None:
    azure = azure_of(scale_set_body(sku=PLAIN))
    declared = scale_set_settings(azure, assessmentMode="AutomaticByPlatform")
    declared.create()
    change = {"osProfile": {"windowsConfiguration": {"patchSettings": {"assessmentMode": "ImageDefault"}}}}
    assert azure.ask("PATCH", SCALE_SET, {"properties": {"virtualMachineProfile": change}}).status == 200
    azure.simulator.clock.advance(timedelta(minutes=5))
    azure.new_run()
    assert declared.refresh().assessment_mode == "ImageDefault"
    declared.update()
    assert held(azure)["assessmentMode"] == "AutomaticByPlatform"
    assert declared.state.contested == {"assessment_mode": 1}


def test_the_service_refuses_what_a_policy_has_slipped_in_and_its_words_arrive() -> None:
    azure = azure_of(scale_set_body(HOTPATCH))
    declared = scale_set_settings(azure, enableHotpatching=False)
    with pytest.raises(ArmError, match="scale set 'vmss-web': could not change its patch settings"):
        declared.create()
