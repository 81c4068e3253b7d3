"""Rules on the patch modes of one machine, judged on the machine as the declaration will leave it."""

from __future__ import annotations

from datetime import date
from typing import Final

from pulumi_azure_hotpatch.engine.logic import Equals, In, Not

from .model import Rule

_AZURE_VM = Equals("is_arc", False)
_WINDOWS = Equals("os_type", "Windows")
_LINUX = Equals("os_type", "Linux")
_BY_PLATFORM = Equals("settings.patch_mode", "AutomaticByPlatform")

_AVGP = "Microsoft Learn, Automatic guest patching for Azure VMs, 2024-07-31"
_SDK = "azure-mgmt-compute 39.0.0, models PatchSettings and LinuxPatchSettings"
_TROUBLESHOOT = "Microsoft Learn, Troubleshoot issues with Azure Update Manager, 2024-09-11"

MACHINE_RULES: Final = (
    Rule(
        id="windows-patch-mode",
        subject="machine",
        severity="error",
        title="The patch mode exists on Windows",
        field="settings.patch_mode",
        applies_to=_WINDOWS & Not(Equals("settings.patch_mode", None)) & _AZURE_VM,
        require=In("settings.patch_mode", ("AutomaticByPlatform", "AutomaticByOS", "Manual")),
        reason="Patch mode {settings.patch_mode} does not exist on Windows VMs.",
        fix="use AutomaticByPlatform, AutomaticByOS or Manual.",
        source=_AVGP,
        as_of=date(2024, 7, 31),
    ),
    Rule(
        id="linux-patch-mode",
        subject="machine",
        severity="error",
        title="The patch mode exists on Linux",
        field="settings.patch_mode",
        applies_to=_LINUX & Not(Equals("settings.patch_mode", None)) & _AZURE_VM,
        require=In("settings.patch_mode", ("AutomaticByPlatform", "ImageDefault")),
        reason="Patch mode {settings.patch_mode} does not exist on Linux VMs.",
        fix="use AutomaticByPlatform or ImageDefault.",
        source=_AVGP,
        as_of=date(2024, 7, 31),
    ),
    Rule(
        id="automatic-by-os-needs-automatic-updates",
        subject="machine",
        severity="error",
        title="AutomaticByOS goes with enableAutomaticUpdates",
        field="settings.patch_mode",
        applies_to=_AZURE_VM & _WINDOWS & Equals("settings.patch_mode", "AutomaticByOS"),
        require=Not(Equals("enable_automatic_updates", False)),
        reason=(
            "Patch mode AutomaticByOS needs enableAutomaticUpdates true; this VM was created with false, and that "
            "cannot be changed."
        ),
        fix="use AutomaticByPlatform or Manual.",
        source=f"{_AVGP}; ARM error InvalidParameter quoted in kumarvna/terraform-azurerm-virtual-machine issue 13",
        as_of=date(2024, 7, 31),
    ),
    Rule(
        id="manual-needs-no-automatic-updates",
        subject="machine",
        severity="error",
        title="Manual goes without enableAutomaticUpdates",
        field="settings.patch_mode",
        applies_to=_AZURE_VM & _WINDOWS & Equals("settings.patch_mode", "Manual"),
        require=Not(Equals("enable_automatic_updates", True)),
        reason=(
            "Patch mode Manual needs enableAutomaticUpdates false; this VM was created with true, and that cannot be "
            "changed."
        ),
        fix="use AutomaticByPlatform or AutomaticByOS.",
        source=_AVGP,
        as_of=date(2024, 7, 31),
    ),
    Rule(
        id="reboot-setting-needs-platform-mode",
        subject="machine",
        severity="warning",
        title="The platform's reboot setting goes with AutomaticByPlatform",
        field="settings.reboot_setting",
        applies_to=_AZURE_VM & Not(Equals("settings.reboot_setting", None)),
        require=Equals("settings.patch_mode", "AutomaticByPlatform"),
        reason=(
            "reboot_setting lies in automaticByPlatformSettings and has no effect while the patch mode is "
            "{settings.patch_mode}."
        ),
        fix="set patch_mode to 'AutomaticByPlatform', or remove reboot_setting.",
        source=_AVGP,
        as_of=date(2024, 7, 31),
    ),
    Rule(
        id="bypass-needs-platform-mode",
        subject="machine",
        severity="warning",
        title="Bypassing the platform's safety checks goes with AutomaticByPlatform",
        field="settings.bypass_platform_safety_checks_on_user_schedule",
        applies_to=_AZURE_VM & Equals("settings.bypass_platform_safety_checks_on_user_schedule", True),
        require=Equals("settings.patch_mode", "AutomaticByPlatform"),
        reason=(
            "The bypass flag lets schedules run only together with patch mode AutomaticByPlatform; here it is "
            "{settings.patch_mode}."
        ),
        fix="set patch_mode to 'AutomaticByPlatform'.",
        source="Microsoft Learn, Prerequisites for schedule patching, 2024-02-20",
        as_of=date(2024, 2, 20),
    ),
    Rule(
        id="platform-mode-needs-agent",
        subject="machine",
        severity="error",
        title="Patching by the platform goes with the VM agent",
        field="provision_vm_agent",
        applies_to=_AZURE_VM & _BY_PLATFORM & Not(Equals("settings.enable_hotpatching", True)),
        require=Not(Equals("provision_vm_agent", False)),
        reason="Patch mode AutomaticByPlatform needs the VM agent; provisionVMAgent is {provision_vm_agent}.",
        fix="recreate the machine with provisionVMAgent true, or patch it by another mode.",
        source=_SDK,
        as_of=date(2026, 8, 1),
    ),
    Rule(
        id="platform-mode-without-automatic-updates",
        subject="machine",
        severity="info",
        title="Patching by the platform goes with enableAutomaticUpdates",
        field="settings.patch_mode",
        applies_to=_AZURE_VM & _WINDOWS & _BY_PLATFORM,
        require=Not(Equals("enable_automatic_updates", False)),
        reason=(
            "The VM was created with enableAutomaticUpdates false, which the SDK says AutomaticByPlatform does not go "
            "with."
        ),
        fix="nothing to do unless Azure refuses: the documentation allows it, and the property cannot be changed.",
        source=_SDK,
        as_of=date(2026, 8, 1),
        switch="platform-mode-without-automatic-updates",
        disagreement=(
            "The SDK asks for enableAutomaticUpdates true; the documentation of patch modes allows changes between "
            "AutomaticByPlatform and Manual on machines created with false (MicrosoftDocs/azure-docs issue 112633)."
        ),
    ),
    Rule(
        id="assessment-mode",
        subject="machine",
        severity="error",
        title="The assessment mode exists",
        field="settings.assessment_mode",
        applies_to=Not(Equals("settings.assessment_mode", None)),
        require=In("settings.assessment_mode", ("ImageDefault", "AutomaticByPlatform")),
        reason="Assessment mode {settings.assessment_mode} does not exist.",
        fix="use AutomaticByPlatform or ImageDefault.",
        source=_SDK,
        as_of=date(2026, 8, 1),
    ),
    Rule(
        id="assessment-needs-agent",
        subject="machine",
        severity="error",
        title="Periodic assessment goes with the VM agent",
        field="provision_vm_agent",
        applies_to=_AZURE_VM & Equals("settings.assessment_mode", "AutomaticByPlatform"),
        require=Not(Equals("provision_vm_agent", False)),
        reason="Assessment mode AutomaticByPlatform needs the VM agent; provisionVMAgent is {provision_vm_agent}.",
        fix="recreate the machine with provisionVMAgent true, or set assessment_mode to 'ImageDefault'.",
        source=_SDK,
        as_of=date(2026, 8, 1),
    ),
    Rule(
        id="reboot-setting",
        subject="machine",
        severity="error",
        title="The reboot setting exists",
        field="settings.reboot_setting",
        applies_to=_AZURE_VM & Not(Equals("settings.reboot_setting", None)),
        require=In("settings.reboot_setting", ("IfRequired", "Never", "Always", "Unknown")),
        reason="Reboot setting {settings.reboot_setting} does not exist on machines.",
        fix="use IfRequired, Never or Always.",
        source="azure-mgmt-compute 39.0.0, WindowsVMGuestPatchAutomaticByPlatformRebootSetting",
        as_of=date(2026, 8, 1),
    ),
)
