"""Rules on the patch settings of one machine, judged on the machine as the declaration will leave it."""

from __future__ import annotations

from datetime import date
from typing import Final

from ..images import HOTPATCH_IMAGES
from ..logic import Any_, Equals, In, Not
from .model import Rule

_AZURE_VM = Equals("is_arc", False)
_WINDOWS = Equals("os_type", "Windows")
_LINUX = Equals("os_type", "Linux")
_HOTPATCH = Equals("settings.enable_hotpatching", True)

_SPEC = "Azure REST API specification, PatchSettings.enableHotpatching (azure-rest-api-specs PR 11768)"
_AVGP = "Microsoft Learn, Automatic guest patching for Azure VMs, 2024-07-31"
_LEARN_HOTPATCH = "Microsoft Learn, Hotpatch for Windows Server, 2025-07-14"
_AZURERM = "terraform-provider-azurerm, windows_virtual_machine_resource.go, 2026-08-21"

MACHINE_RULES: Final = (
    Rule(
        id="hotpatch-needs-platform-mode",
        subject="machine",
        severity="error",
        title="Hotpatch is on and patching is orchestrated by the platform",
        field="settings.patch_mode",
        applies_to=_AZURE_VM & _HOTPATCH,
        require=Equals("settings.patch_mode", "AutomaticByPlatform"),
        reason="Hotpatching needs patch mode AutomaticByPlatform, but it is {settings.patch_mode}.",
        fix="set patch_mode to 'AutomaticByPlatform'.",
        source=_SPEC,
        as_of=date(2024, 7, 31),
    ),
    Rule(
        id="hotpatch-needs-agent",
        subject="machine",
        severity="error",
        title="Hotpatch is on and the VM agent is provisioned",
        field="provision_vm_agent",
        applies_to=_AZURE_VM & _HOTPATCH,
        require=Equals("provision_vm_agent", True),
        reason="Hotpatching needs the VM agent, but provisionVMAgent is {provision_vm_agent}.",
        fix="recreate the machine with provisionVMAgent true; it cannot be switched on afterwards.",
        source=_SPEC,
        as_of=date(2024, 7, 31),
    ),
    Rule(
        id="hotpatch-needs-eligible-image",
        subject="machine",
        severity="error",
        title="Hotpatch is on and the image is on the published hotpatch list",
        field="image.triple",
        applies_to=_AZURE_VM & _HOTPATCH,
        require=In("image.triple", HOTPATCH_IMAGES),
        reason="Hotpatching is offered on eight Azure Edition images only; this machine was made from {made_from}.",
        fix="remove enable_hotpatching, or recreate the machine from an Azure Edition image that is on the list.",
        source=_LEARN_HOTPATCH,
        as_of=date(2025, 7, 14),
        switch="hotpatch-needs-eligible-image",
        disagreement=(
            "The built-in Azure Policy 6d02d2f7 (1.0.0) lists four 2022 SKUs, two of which are not hotpatchable, and "
            "no 2025 SKU."
        ),
    ),
    Rule(
        id="hotpatch-forbids-bypass",
        subject="machine",
        severity="error",
        title="Hotpatch is on and the platform's safety checks are not bypassed",
        field="settings.bypass_platform_safety_checks_on_user_schedule",
        applies_to=_AZURE_VM & _HOTPATCH,
        require=Not(Equals("settings.bypass_platform_safety_checks_on_user_schedule", True)),
        reason="Azure refuses hotpatching while bypassPlatformSafetyChecksOnUserSchedule is true.",
        fix=(
            "set bypass_platform_safety_checks_on_user_schedule to False (the machine is then patched by the platform, "
            "not by a schedule)."
        ),
        source="ARM error InvalidParameter quoted in claranet/terraform-azurerm-windows-vm PR 4, 2025-03-31",
        as_of=date(2025, 3, 31),
        switch="hotpatch-forbids-bypass",
        disagreement=(
            "A Japanese Microsoft support post recommends maintenance configurations for hotpatched machines; those "
            "need the flag set to true."
        ),
    ),
    Rule(
        id="hotpatch-is-windows-only",
        subject="machine",
        severity="error",
        title="Hotpatch is declared on Windows only",
        field="settings.enable_hotpatching",
        applies_to=_LINUX,
        require=Equals("settings.enable_hotpatching", None),
        reason="enable_hotpatching exists for Windows machines only, and this one runs {os_type}.",
        fix="remove enable_hotpatching.",
        source="azure-mgmt-compute 39.0.0, model LinuxPatchSettings",
        as_of=date(2026, 8, 1),
    ),
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
        id="hotpatch-image-needs-platform-mode",
        subject="machine",
        severity="warning",
        title="A machine from a hotpatch image is patched by the platform",
        field="settings.patch_mode",
        applies_to=_AZURE_VM & In("image.triple", HOTPATCH_IMAGES) & Not(Equals("settings.patch_mode", None)),
        require=Equals("settings.patch_mode", "AutomaticByPlatform"),
        reason=(
            "A machine from a hotpatch image must stay on AutomaticByPlatform, whatever enable_hotpatching says; it is "
            "{settings.patch_mode}."
        ),
        fix="set patch_mode to 'AutomaticByPlatform'.",
        source=_AZURERM,
        as_of=date(2026, 8, 21),
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
        id="extensions-allowed",
        subject="machine",
        severity="error",
        title="The machine may run the patch extension",
        field="allow_extension_operations",
        applies_to=_AZURE_VM
        & Any_(
            (
                Equals("settings.patch_mode", "AutomaticByPlatform"),
                Equals("settings.assessment_mode", "AutomaticByPlatform"),
            )
        ),
        require=Not(Equals("allow_extension_operations", False)),
        reason="The patch extension cannot be installed while allowExtensionOperations is false.",
        fix="set osProfile.allowExtensionOperations to true on the machine.",
        source="Microsoft Learn, Troubleshoot issues with Azure Update Manager, 2024-09-11",
        as_of=date(2024, 9, 11),
    ),
)
