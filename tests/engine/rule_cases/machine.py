"""Cases of the rules on patch settings."""

from __future__ import annotations

from typing import Final

from pulumi_azure_hotpatch.engine.logic import UNKNOWN

from .form import (
    CUSTOM,
    GALLERY_IMAGE,
    PLAIN_2022,
    Cases,
    arc_server,
    linux_vm,
    plain_windows_vm,
    windows_vm,
)

CASES: Final = {
    "hotpatch-needs-platform-mode": Cases(
        passes=windows_vm(patch_mode="automaticbyplatform"),
        violates=windows_vm(patch_mode="Manual"),
        says="Hotpatching needs patch mode AutomaticByPlatform, but it is Manual.",
        unknown=windows_vm(patch_mode=UNKNOWN),
        misses="patch_mode",
        skipped=arc_server(enable_hotpatching=True),
    ),
    "hotpatch-needs-agent": Cases(
        passes=windows_vm(),
        violates=windows_vm(provision_vm_agent=None),
        says="Hotpatching needs the VM agent, but provisionVMAgent is not set.",
        unknown=windows_vm(provision_vm_agent=UNKNOWN),
        misses="provision_vm_agent",
        skipped=windows_vm(enable_hotpatching=False, provision_vm_agent=False),
    ),
    "hotpatch-needs-eligible-image": Cases(
        passes=windows_vm(),
        violates=windows_vm(image=CUSTOM),
        says=(
            "Hotpatching is offered on eight Azure Edition images only; this machine was made from the custom image "
            f"{GALLERY_IMAGE}."
        ),
        unknown=windows_vm(image=UNKNOWN),
        misses="image",
        skipped=windows_vm(enable_hotpatching=False, image=PLAIN_2022),
    ),
    "hotpatch-forbids-bypass": Cases(
        passes=windows_vm(bypass_platform_safety_checks_on_user_schedule=None),
        violates=windows_vm(bypass_platform_safety_checks_on_user_schedule=True),
        says="Azure refuses hotpatching while bypassPlatformSafetyChecksOnUserSchedule is true.",
        unknown=windows_vm(bypass_platform_safety_checks_on_user_schedule=UNKNOWN),
        misses="bypass_platform_safety_checks_on_user_schedule",
        skipped=plain_windows_vm(),
    ),
    "hotpatch-is-windows-only": Cases(
        passes=linux_vm(),
        violates=linux_vm(enable_hotpatching=False),
        says="enable_hotpatching exists for Windows machines only, and this one runs Linux.",
        unknown=linux_vm(enable_hotpatching=UNKNOWN),
        misses="enable_hotpatching",
        skipped=windows_vm(),
    ),
    "windows-patch-mode": Cases(
        passes=windows_vm(patch_mode="Manual"),
        violates=windows_vm(patch_mode="ImageDefault"),
        says="Patch mode ImageDefault does not exist on Windows VMs.",
        unknown=windows_vm(patch_mode=UNKNOWN),
        misses="patch_mode",
        skipped=windows_vm(patch_mode=None),
    ),
    "linux-patch-mode": Cases(
        passes=linux_vm(patch_mode="ImageDefault"),
        violates=linux_vm(patch_mode="AutomaticByOS"),
        says="Patch mode AutomaticByOS does not exist on Linux VMs.",
        unknown=linux_vm(patch_mode=UNKNOWN),
        misses="patch_mode",
        skipped=windows_vm(patch_mode="AutomaticByOS"),
    ),
    "automatic-by-os-needs-automatic-updates": Cases(
        passes=plain_windows_vm(patch_mode="AutomaticByOS", enable_automatic_updates=True),
        violates=plain_windows_vm(patch_mode="AutomaticByOS", enable_automatic_updates=False),
        says=(
            "Patch mode AutomaticByOS needs enableAutomaticUpdates true; this VM was created with false, "
            "and that cannot be changed."
        ),
        unknown=plain_windows_vm(patch_mode="AutomaticByOS", enable_automatic_updates=UNKNOWN),
        misses="enable_automatic_updates",
        skipped=plain_windows_vm(patch_mode="AutomaticByPlatform", enable_automatic_updates=False),
    ),
    "manual-needs-no-automatic-updates": Cases(
        passes=plain_windows_vm(patch_mode="Manual", enable_automatic_updates=False),
        violates=plain_windows_vm(patch_mode="Manual", enable_automatic_updates=True),
        says=(
            "Patch mode Manual needs enableAutomaticUpdates false; this VM was created with true, "
            "and that cannot be changed."
        ),
        unknown=plain_windows_vm(patch_mode=UNKNOWN, enable_automatic_updates=UNKNOWN),
        misses="enable_automatic_updates, patch_mode",
        skipped=plain_windows_vm(patch_mode="AutomaticByOS"),
    ),
    "hotpatch-image-needs-platform-mode": Cases(
        passes=windows_vm(enable_hotpatching=False),
        violates=windows_vm(enable_hotpatching=False, patch_mode="AutomaticByOS"),
        says=(
            "A machine from a hotpatch image must stay on AutomaticByPlatform, whatever enable_hotpatching says; "
            "it is AutomaticByOS."
        ),
        unknown=windows_vm(enable_hotpatching=False, image=UNKNOWN, patch_mode="Manual"),
        misses="image",
        skipped=windows_vm(enable_hotpatching=False, image=CUSTOM, patch_mode="Manual"),
    ),
    "reboot-setting-needs-platform-mode": Cases(
        passes=windows_vm(reboot_setting="Never"),
        violates=windows_vm(reboot_setting="Never", patch_mode=None),
        says=("reboot_setting lies in automaticByPlatformSettings and has no effect while the patch mode is not set."),
        unknown=windows_vm(reboot_setting="Never", patch_mode=UNKNOWN),
        misses="patch_mode",
        skipped=windows_vm(reboot_setting=None, patch_mode="Manual"),
    ),
    "bypass-needs-platform-mode": Cases(
        passes=plain_windows_vm(),
        violates=linux_vm(patch_mode="ImageDefault"),
        says=(
            "The bypass flag lets schedules run only together with patch mode AutomaticByPlatform; here it is "
            "ImageDefault."
        ),
        unknown=plain_windows_vm(patch_mode=UNKNOWN),
        misses="patch_mode",
        skipped=plain_windows_vm(patch_mode="Manual", bypass_platform_safety_checks_on_user_schedule=False),
    ),
    "extensions-allowed": Cases(
        passes=windows_vm(allow_extension_operations=None),
        violates=windows_vm(allow_extension_operations=False),
        says="The patch extension cannot be installed while allowExtensionOperations is false.",
        unknown=windows_vm(allow_extension_operations=UNKNOWN),
        misses="allow_extension_operations",
        skipped=windows_vm(patch_mode="Manual", assessment_mode="ImageDefault", allow_extension_operations=False),
    ),
}
