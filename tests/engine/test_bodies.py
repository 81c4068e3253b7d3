"""What a body shows of a part of one, and how it stands."""

from typing import Any

import pytest

from pulumi_azure_hotpatch.engine.bodies import is_busy, provisioning_state, shows

SWITCH = "bypassPlatformSafetyChecksOnUserSchedule"


@pytest.mark.parametrize(
    ("body", "part"),
    [
        ({"patchMode": "automaticbyplatform", "other": 1}, {"patchMode": "AutomaticByPlatform"}),
        ({"enableHotpatching": True}, {"enableHotpatching": True}),
        ({"enableHotpatching": False}, {"enableHotpatching": False}),
        ({}, {"enableHotpatching": False}),
        ({"enableHotpatching": None}, {"enableHotpatching": False}),
        ({"enableHotpatching": False}, {"enableHotpatching": None}),
        ({}, {"assessmentMode": None}),
        ({"settings": {"rebootSetting": "Never"}}, {"settings": {"rebootSetting": "Never", SWITCH: None}}),
        ({}, {"settings": {"rebootSetting": None, SWITCH: False}}),
        ({"settings": None}, {"settings": {"rebootSetting": None}}),
        ({}, {}),
    ],
)
def test_a_body_shows_what_it_says(body: dict[str, Any], part: dict[str, Any]) -> None:
    assert shows(body, part)


@pytest.mark.parametrize(
    ("body", "part"),
    [
        ({"patchMode": "Manual"}, {"patchMode": "AutomaticByPlatform"}),
        ({"patchMode": "Manual"}, {"patchMode": None}),
        ({}, {"patchMode": "Manual"}),
        ({"enableHotpatching": True}, {"enableHotpatching": False}),
        ({"enableHotpatching": True}, {"enableHotpatching": None}),
        ({}, {"enableHotpatching": True}),
        ({"enableHotpatching": None}, {"enableHotpatching": True}),
        ({"patchMode": "Manual"}, {"patchMode": "Manual", "assessmentMode": "ImageDefault"}),
        ({"settings": {}}, {"settings": {"rebootSetting": "Never"}}),
        ({"settings": {SWITCH: True}}, {"settings": {SWITCH: False}}),
        ({"settings": "Never"}, {"settings": {"rebootSetting": "Never"}}),
    ],
)
def test_a_body_does_not_show_what_it_does_not_say(body: dict[str, Any], part: dict[str, Any]) -> None:
    assert not shows(body, part)


@pytest.mark.parametrize("state", ["Updating", "updating", "Creating", "DELETING"])
def test_a_resource_that_an_operation_is_changing_is_busy(state: str) -> None:
    assert is_busy({"properties": {"provisioningState": state}})
    assert is_busy({"provisioningState": state})


@pytest.mark.parametrize("properties", [{"provisioningState": "Succeeded"}, {"provisioningState": "Failed"}, {}])
def test_a_resource_that_no_operation_is_changing_is_not_busy(properties: dict[str, Any]) -> None:
    assert not is_busy({"properties": properties})


def test_a_provisioning_state_is_told_without_letter_case() -> None:
    assert provisioning_state({"properties": {"provisioningState": "Succeeded"}}) == "succeeded"
    assert provisioning_state({"properties": {}}) == ""
