"""Rules on hotpatching one Azure VM, judged on the machine as the declaration will leave it."""

from __future__ import annotations

from datetime import date
from typing import Final

from pulumi_azure_hotpatch.engine.clouds import CHINA, GOVERNMENT
from pulumi_azure_hotpatch.engine.images import HOTPATCH_IMAGES
from pulumi_azure_hotpatch.engine.logic import Equals, In, Not

from .model import Rule

_AZURE_VM = Equals("is_arc", False)
_LINUX = Equals("os_type", "Linux")
_HOTPATCH = Equals("settings.enable_hotpatching", True)

_SPEC = "Azure REST API specification, PatchSettings.enableHotpatching (azure-rest-api-specs PR 11768)"
_LEARN_HOTPATCH = "Microsoft Learn, Hotpatch for Windows Server, 2025-07-14"
_AZURERM = "terraform-provider-azurerm, windows_virtual_machine_resource.go, 2026-08-21"

HOTPATCH_RULES: Final = (
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
        fix=(
            "recreate the machine from an image with provisionVMAgent true; it cannot be switched on afterwards, and a "
            "machine made from a specialised disk has no such property."
        ),
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
        fix=(
            "remove enable_hotpatching; where HotpatchReady gives it, declare VirtualMachinePatchSettings and "
            "ScheduleAssignment instead."
        ),
        source="azure-mgmt-compute 39.0.0, model LinuxPatchSettings",
        as_of=date(2026, 8, 1),
    ),
    Rule(
        id="hotpatch-image-needs-platform-mode",
        subject="machine",
        severity="warning",
        title="A machine from a hotpatch image is patched by the platform",
        field="settings.patch_mode",
        applies_to=(
            _AZURE_VM & In("image.triple", HOTPATCH_IMAGES) & Not(_HOTPATCH) & Not(Equals("settings.patch_mode", None))
        ),
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
        id="hotpatch-needs-generation-2",
        subject="machine",
        severity="warning",
        title="Hotpatch is on and the VM is of generation 2",
        field="hyper_v_generation",
        applies_to=_AZURE_VM & _HOTPATCH & Not(Equals("hyper_v_generation", None)),
        require=Equals("hyper_v_generation", "V2"),
        reason=(
            "The images that can be hotpatched are of generation 2; this VM reports generation {hyper_v_generation}."
        ),
        fix="recreate the machine from a generation 2 image on a size that supports it.",
        source="terraform-provider-azurerm, windows_virtual_machine documentation, 2026-08-21",
        as_of=date(2026, 8, 21),
    ),
    Rule(
        id="hotpatch-waits-for-restarts",
        subject="machine",
        severity="warning",
        title="A hotpatched machine may restart for its baselines",
        field="settings.reboot_setting",
        applies_to=_AZURE_VM & _HOTPATCH,
        require=Not(Equals("settings.reboot_setting", "Never")),
        reason=(
            "Baselines need a restart, four times a year and now and then more; reboot_setting Never leaves them "
            "pending."
        ),
        fix="set reboot_setting to 'IfRequired', or restart the machine yourself after every baseline.",
        source=f"{_LEARN_HOTPATCH}; Azure/LinuxPatchExtension 488ab8ea for what Never means",
        as_of=date(2026, 8, 7),
    ),
    Rule(
        id="hotpatch-restarts-anyway",
        subject="machine",
        severity="warning",
        title="A hotpatched machine restarts only when it must",
        field="settings.reboot_setting",
        applies_to=_AZURE_VM & _HOTPATCH,
        require=Not(Equals("settings.reboot_setting", "Always")),
        reason="reboot_setting Always restarts the machine with every installation, hotpatch months included.",
        fix="set reboot_setting to 'IfRequired'.",
        source=(
            "Microsoft Learn, Automatic guest patching for Azure VMs, 2024-07-31; Azure/LinuxPatchExtension 488ab8ea"
        ),
        as_of=date(2026, 8, 7),
    ),
    Rule(
        id="hotpatch-off-leaves-the-track",
        subject="machine",
        severity="warning",
        title="Hotpatch is not turned off",
        field="settings.enable_hotpatching",
        applies_to=_AZURE_VM & Equals("was_hotpatched", True),
        require=Equals("settings.enable_hotpatching", True),
        reason=(
            "Turning hotpatch off ends the enrolment; turned on again, the machine is back only with the next baseline."
        ),
        fix=(
            "leave enable_hotpatching on, or plan for restarts every month until the baseline after you turn it on "
            "again."
        ),
        source=(
            "Microsoft Learn, Hotpatch for new virtual machines (Automanage), 2023-04-18, frequently asked questions"
        ),
        as_of=date(2023, 4, 18),
    ),
    Rule(
        id="hotpatch-on-waits-for-baseline",
        subject="machine",
        severity="info",
        title="Hotpatch that is turned on was on before",
        field="settings.enable_hotpatching",
        applies_to=_AZURE_VM & _HOTPATCH & Not(Equals("was_hotpatched", None)),
        require=Equals("was_hotpatched", True),
        reason=(
            "Hotpatch was off: turned on again, the machine is pending baseline, with ordinary updates and restarts "
            "until the next baseline is installed."
        ),
        fix="expect no hotpatches before the next baseline.",
        source=(
            "Microsoft Learn, Hotpatch for new virtual machines (Automanage), 2023-04-18, frequently asked questions"
        ),
        as_of=date(2023, 4, 18),
    ),
    Rule(
        id="hotpatch-cloud",
        subject="machine",
        severity="info",
        title="Hotpatch is used in the public cloud",
        field="location",
        applies_to=_AZURE_VM & _HOTPATCH & Not(Equals("cloud", None)),
        require=Not(In("cloud", (GOVERNMENT, CHINA))),
        reason="No source read says whether hotpatch is offered in {cloud}; this machine is in {location}.",
        fix="ask Microsoft, or try it on one machine first.",
        source="Microsoft Learn, Hotpatch for new virtual machines (Automanage), 2023-04-18: all global Azure regions",
        as_of=date(2023, 4, 18),
    ),
    Rule(
        id="hotpatch-under-bypass-policy",
        subject="machine",
        severity="warning",
        title="No policy sets the bypass flag on a hotpatched machine",
        field="settings.bypass_platform_safety_checks_on_user_schedule",
        applies_to=_AZURE_VM & _HOTPATCH & Not(Equals("policies.sets_bypass", None)),
        require=Equals("policies.sets_bypass", False),
        reason=(
            "A built-in policy assigned here (9905ca54 or ba0df93e) sets the bypass flag to true, "
            "which Azure refuses on a hotpatched machine."
        ),
        fix="exempt the machine from the policy's assignment, or turn hotpatching off.",
        source=(
            "Azure/azure-policy 9905ca54 (1.3.0) and ba0df93e (3.14.0), 2026-04-29, "
            "against the ARM error quoted in claranet/terraform-azurerm-windows-vm PR 4"
        ),
        as_of=date(2026, 4, 29),
        switch="hotpatch-forbids-bypass",
        disagreement="That the two collide is inferred from the error; no source describes them together.",
    ),
)
