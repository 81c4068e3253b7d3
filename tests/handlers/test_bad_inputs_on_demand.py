"""Wrong declarations of what runs on demand, of servers outside Azure and of scale sets: each gets its one line."""

from typing import Any

import pytest

from tests.handlers.outside import SCALE_SET, SERVER
from tests.handlers.patching import ARC, SECURITY, VM, arc, azure_of, windows
from tests.handlers.stack import Rejected, Stack

BASIC: dict[str, dict[str, Any]] = {
    "image_support_check": {"machineId": VM},
    "patch_assessment": {"machineId": VM},
    "patch_installation": {"machineId": VM, "windows": SECURITY},
    "patch_rollout": {"rings": [{"name": "all", "rest": True}], "machineIds": [VM], "windows": SECURITY},
    "arc_hotpatch_license": {"machineId": SERVER},
    "arc_machine_patch_settings": {"machineId": SERVER, "enableHotpatching": True},
    "scale_set_patch_settings": {"scaleSetId": SCALE_SET, "patchMode": "AutomaticByPlatform"},
}
MODES = "is not one of 'AutomaticByPlatform', 'AutomaticByOS', 'Manual' or 'ImageDefault'"
NO_DURATION = "is not a duration such as 90s, 15m or 1h30m"
NO_MACHINE = "is not the id of a Microsoft.Compute/virtualMachines or Microsoft.HybridCompute/machines resource"
NO_SERVER = "is not the id of a Microsoft.HybridCompute/machines resource"
NO_ACTIVITY = "is not the id of an installation (a GUID, as the question or `history` shows it)"


@pytest.mark.parametrize("kind", BASIC)
def test_the_basic_declarations_are_fine(kind: str) -> None:
    azure = azure_of(windows(), arc())
    Stack(azure).check(kind, "it", BASIC[kind])
    assert azure.writes() == []


@pytest.mark.parametrize(
    ("kind", "changes", "property", "says"),
    [
        ("image_support_check", {"machineId": None}, "machineId", "machine_id is required"),
        ("image_support_check", {"machineId": SCALE_SET}, "machineId", NO_MACHINE),
        ("image_support_check", {"require": "Yes"}, "require", "require 'Yes' is not one of 'Supported'"),
        ("image_support_check", {"timeout": "soon"}, "timeout", f"timeout 'soon' {NO_DURATION}"),
        ("image_support_check", {"pollInterval": "0s"}, "pollInterval", "would leave no time at all"),
        ("image_support_check", {"triggers": "x"}, "triggers", "triggers must be a list, not 'x'"),
        ("patch_assessment", {"machineId": 7}, "machineId", "machine_id must be text, not 7"),
        ("patch_assessment", {"maxAge": "old"}, "maxAge", f"max_age 'old' {NO_DURATION}"),
        ("patch_assessment", {"triggers": [{}]}, "triggers.0", "must be text, a number, or true or false"),
        (
            "patch_installation",
            {"windows": {"classificationsToInclude": ["Sekurity"]}},
            "windows.classificationsToInclude.0",
            "windows.classifications_to_include.0 'Sekurity' is not one of 'Critical', 'Security',",
        ),
        (
            "patch_installation",
            {"windows": {"kbNumbersToInclude": ["hello"]}},
            "windows.kbNumbersToInclude.0",
            "'hello' is not a KB number such as 'KB5044284'",
        ),
        (
            "patch_installation",
            {"windows": {"kbNumbersToInclude": [""]}},
            "windows.kbNumbersToInclude.0",
            "windows.kb_numbers_to_include.0 '' is not a KB number such as 'KB5044284'",
        ),
        (
            "patch_installation",
            {"linux": {"packageNameMasksToInclude": [""]}},
            "linux.packageNameMasksToInclude.0",
            "linux.package_name_masks_to_include.0 '' names no package; write a name such as 'kernel*'",
        ),
        (
            "patch_rollout",
            {"linux": {"packageNameMasksToExclude": ["  "]}},
            "linux.packageNameMasksToExclude.0",
            "linux.package_name_masks_to_exclude.0 '  ' names no package; write a name such as 'kernel*'",
        ),
        (
            "patch_rollout",
            {"rings": [{"name": "first", "tags": {"": "1"}}]},
            "rings.0.tags",
            "rings.0.tags has a tag without a name",
        ),
        ("patch_installation", {"windows": {"kb": []}}, "windows.kb", "windows.kb is not a property of this resource"),
        ("patch_installation", {"windows": None}, "windows, linux", "[install-selects-something;"),
        ("patch_installation", {"rebootSetting": "Maybe"}, "rebootSetting", "is not one of 'IfRequired', 'Never' or"),
        ("patch_installation", {"maximumDuration": "0m"}, "maximumDuration", "leaves no time to install anything"),
        ("patch_installation", {"maximumDuration": "PT2H"}, "maximumDuration", NO_DURATION),
        (
            "patch_installation",
            {"maxPublishDate": "yesterday"},
            "maxPublishDate",
            "max_publish_date 'yesterday': expected YYYY-MM-DD, e.g. '2026-11-22'",
        ),
        ("patch_installation", {"failOn": ["anything"]}, "failOn.0", "is not one of 'failed', 'reboot_pending' or"),
        ("patch_installation", {"startIfOff": "perhaps"}, "startIfOff", "start_if_off must be true or false"),
        ("patch_installation", {"machineId": ARC, "startIfOff": True}, "startIfOff", "[install-start-needs-azure-vm;"),
        ("patch_installation", {"lookBack": "x"}, "lookBack", NO_DURATION),
        ("patch_installation", {"adoptActivityId": ""}, "adoptActivityId", f"adopt_activity_id '' {NO_ACTIVITY}"),
        ("patch_installation", {"ignoreActivityId": "that one"}, "ignoreActivityId", NO_ACTIVITY),
        ("arc_hotpatch_license", {"machineId": VM}, "machineId", NO_SERVER),
        ("arc_hotpatch_license", {"vbsStatus": 1}, "vbsStatus", "[arc-hotpatch-needs-vbs;"),
        ("arc_hotpatch_license", {"enabled": "yes please"}, "enabled", "enabled must be true or false"),
        ("arc_machine_patch_settings", {"machineId": VM}, "machineId", NO_SERVER),
        ("arc_machine_patch_settings", {"patchMode": "Always"}, "patchMode", MODES),
        ("arc_machine_patch_settings", {"enableHotpatching": None}, "patchMode", "there is nothing to own"),
        ("scale_set_patch_settings", {"scaleSetId": VM}, "scaleSetId", "virtualMachineScaleSets resource"),
        ("scale_set_patch_settings", {"patchMode": "Sometimes"}, "patchMode", MODES),
        ("scale_set_patch_settings", {"onDestroy": "explode"}, "onDestroy", "is not one of 'restore' or 'keep'"),
        *((kind, {"colour": "blue"}, "colour", "colour is not a property of this resource") for kind in BASIC),
    ],
)
def test_a_wrong_input_is_one_line_that_names_it(kind: str, changes: dict[str, Any], property: str, says: str) -> None:
    azure = azure_of(windows(), arc())
    inputs = {name: value for name, value in {**BASIC[kind], **changes}.items() if value is not None}
    with pytest.raises(Rejected) as refused:
        Stack(azure).check(kind, "it", inputs)
    ((named, reason),) = refused.value.failures
    assert named == property
    assert says in reason
    assert "\n" not in reason
    assert azure.writes() == []
