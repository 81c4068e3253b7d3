"""Cases of the rules on patch settings."""

from __future__ import annotations

from typing import Final

from pulumi_azure_hotpatch.engine.facts import PATCH_FIELDS, Policies
from pulumi_azure_hotpatch.engine.logic import UNKNOWN

from .form import (
    Cases,
    arc_server,
    linux_vm,
    plain_windows_vm,
    windows_vm,
)

CASES: Final = {
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
    "settings-need-os-profile": Cases(
        passes=plain_windows_vm(),
        violates=plain_windows_vm(has_os_profile=False, image=None, provision_vm_agent=None),
        says=(
            "The machine has no osProfile, as those made from a specialised disk have none; whether Azure takes patch "
            "settings there is unknown."
        ),
        unknown=plain_windows_vm(has_os_profile=UNKNOWN),
        misses="os_profile",
        skipped=plain_windows_vm(has_os_profile=False, **dict.fromkeys(PATCH_FIELDS)),
    ),
    "platform-mode-needs-agent": Cases(
        passes=plain_windows_vm(provision_vm_agent=None),
        violates=linux_vm(provision_vm_agent=False),
        says="Patch mode AutomaticByPlatform needs the VM agent; provisionVMAgent is false.",
        unknown=linux_vm(provision_vm_agent=UNKNOWN),
        misses="provision_vm_agent",
        skipped=linux_vm(provision_vm_agent=False, patch_mode="ImageDefault"),
    ),
    "platform-mode-without-automatic-updates": Cases(
        passes=windows_vm(),
        violates=windows_vm(enable_automatic_updates=False),
        says=(
            "The VM was created with enableAutomaticUpdates false, which the SDK says AutomaticByPlatform "
            "does not go with."
        ),
        unknown=windows_vm(enable_automatic_updates=UNKNOWN),
        misses="enable_automatic_updates",
        skipped=windows_vm(patch_mode="Manual", enable_automatic_updates=False),
    ),
    "assessment-mode": Cases(
        passes=arc_server(assessment_mode="imagedefault"),
        violates=windows_vm(assessment_mode="Manual"),
        says="Assessment mode Manual does not exist.",
        unknown=windows_vm(assessment_mode=UNKNOWN),
        misses="assessment_mode",
        skipped=windows_vm(assessment_mode=None),
    ),
    "assessment-needs-agent": Cases(
        passes=windows_vm(),
        violates=windows_vm(provision_vm_agent=False),
        says="Assessment mode AutomaticByPlatform needs the VM agent; provisionVMAgent is false.",
        unknown=windows_vm(provision_vm_agent=UNKNOWN),
        misses="provision_vm_agent",
        skipped=windows_vm(provision_vm_agent=False, assessment_mode="ImageDefault"),
    ),
    "reboot-setting": Cases(
        passes=windows_vm(reboot_setting="always"),
        violates=windows_vm(reboot_setting="AlwaysReboot"),
        says="Reboot setting AlwaysReboot does not exist on machines.",
        unknown=windows_vm(reboot_setting=UNKNOWN),
        misses="reboot_setting",
        skipped=windows_vm(reboot_setting=None),
    ),
    "reboot-pending-and-never": Cases(
        passes=plain_windows_vm(reboot_setting="Never"),
        violates=plain_windows_vm(reboot_setting="Never", reboot_pending=True),
        says=(
            "The machine waits for a restart that reboot_setting Never forbids; "
            "installations end with a warning until then."
        ),
        unknown=plain_windows_vm(reboot_setting="Never", reboot_pending=UNKNOWN),
        misses="reboot_pending",
        skipped=plain_windows_vm(reboot_pending=True),
    ),
    "agent-version": Cases(
        passes=linux_vm(vm_agent_version="2.2.53.1"),
        violates=linux_vm(vm_agent_version="2.2.9"),
        says="VM agent 2.2.9 is older than patching needs (Windows 2.4.0.2, Linux 2.2.53.1).",
        unknown=windows_vm(vm_agent_version=UNKNOWN),
        misses="vm_agent_version",
        skipped=windows_vm(vm_agent_version="Unknown"),
    ),
    "patch-extension-ready": Cases(
        passes=windows_vm(patch_extension_state="Succeeded"),
        violates=windows_vm(patch_extension_state="failed"),
        says="The patch extension's provisioning state is failed, not succeeded; patching fails until it is.",
        unknown=windows_vm(patch_extension_state=UNKNOWN),
        misses="patch_extension_state",
        skipped=windows_vm(patch_extension_state=None),
    ),
    "machine-off": Cases(
        passes=windows_vm(),
        violates=windows_vm(power_state="deallocated"),
        says=(
            "The machine is deallocated: "
            "it is neither assessed nor patched before the first assessment after its start."
        ),
        unknown=windows_vm(power_state=UNKNOWN),
        misses="power_state",
        skipped=windows_vm(power_state=None),
    ),
    "assessment-under-policy": Cases(
        passes=windows_vm(policies=Policies(sets_assessment=True)),
        violates=windows_vm(policies=Policies(sets_assessment=True), assessment_mode="ImageDefault"),
        says=(
            "The built-in policy 59efceea is assigned here and writes assessmentMode AutomaticByPlatform; "
            "ImageDefault will not last."
        ),
        unknown=windows_vm(policies=Policies(sets_assessment=UNKNOWN), assessment_mode="ImageDefault"),
        misses="policies",
        skipped=windows_vm(assessment_mode="ImageDefault"),
    ),
}
