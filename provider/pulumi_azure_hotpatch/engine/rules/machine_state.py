"""Rules on the state of one machine: what must be in order for patching to work, and who else writes its settings."""

from __future__ import annotations

from datetime import date
from typing import Final

from pulumi_azure_hotpatch.engine.facts import PATCH_FIELDS
from pulumi_azure_hotpatch.engine.logic import Any_, Equals, Not

from .model import Rule

_AZURE_VM = Equals("is_arc", False)
_LOOKED_AFTER = Any_(
    (Equals("settings.patch_mode", "AutomaticByPlatform"), Equals("settings.assessment_mode", "AutomaticByPlatform"))
)
_GIVEN = Any_(tuple(Not(Equals(f"settings.{name}", None)) for name in PATCH_FIELDS))

_AVGP = "Microsoft Learn, Automatic guest patching for Azure VMs, 2024-07-31"
_TROUBLESHOOT = "Microsoft Learn, Troubleshoot issues with Azure Update Manager, 2024-09-11"

MACHINE_STATE_RULES: Final = (
    Rule(
        id="extensions-allowed",
        subject="machine",
        severity="error",
        title="The machine may run the patch extension",
        field="allow_extension_operations",
        applies_to=_AZURE_VM & _LOOKED_AFTER,
        require=Not(Equals("allow_extension_operations", False)),
        reason="The patch extension cannot be installed while allowExtensionOperations is false.",
        fix="set osProfile.allowExtensionOperations to true on the machine.",
        source=_TROUBLESHOOT,
        as_of=date(2024, 9, 11),
    ),
    Rule(
        id="settings-need-os-profile",
        subject="machine",
        severity="warning",
        title="The machine has an operating system profile to hold its patch settings",
        field="has_os_profile",
        applies_to=_AZURE_VM & _GIVEN,
        require=Not(Equals("has_os_profile", False)),
        reason=(
            "The machine has no osProfile, as those made from a specialised disk have none; whether Azure takes patch "
            "settings there is unknown."
        ),
        fix="try it on one such machine; where Azure refuses, nothing is changed and its words are shown.",
        source=(
            "MicrosoftDocs/azure-docs issue 118223, 2024-01-31; hashicorp/terraform-provider-azurerm issue 24533, "
            "2024-12-10"
        ),
        as_of=date(2024, 12, 10),
        switch="settings-need-os-profile",
        disagreement=(
            "People who tried to add a profile were refused (PropertyChangeNotAllowed, MicrosoftDocs/azure-docs issues "
            "21850 and 118223); in terraform-provider-azurerm issue 24533 a machine shows a profile of nothing but "
            "patch settings, and Microsoft Learn says that Update Manager patches specialised machines."
        ),
    ),
    Rule(
        id="reboot-pending-and-never",
        subject="machine",
        severity="warning",
        title="A machine that waits for a restart may restart",
        field="settings.reboot_setting",
        applies_to=Equals("settings.reboot_setting", "Never"),
        require=Not(Equals("reboot_pending", True)),
        reason=(
            "The machine waits for a restart that reboot_setting Never forbids; installations end with a warning until "
            "then."
        ),
        fix="restart the machine, or set reboot_setting to 'IfRequired'.",
        source="Azure/LinuxPatchExtension 488ab8ea; Microsoft Learn, How Update Manager works, 2024-07-14",
        as_of=date(2026, 8, 7),
    ),
    Rule(
        id="agent-version",
        subject="machine",
        severity="warning",
        title="The VM agent is recent enough",
        field="vm_agent_version",
        applies_to=(_AZURE_VM & _LOOKED_AFTER & Not(Equals("agent_is_too_old", None))),
        require=Equals("agent_is_too_old", False),
        reason="VM agent {vm_agent_version} is older than patching needs (Windows 2.4.0.2, Linux 2.2.53.1).",
        fix="update the VM agent.",
        source=f"{_AVGP} (Linux); Azure/AzureUpdateManager troubleshooter, 2024-09-13 (Windows)",
        as_of=date(2024, 9, 13),
    ),
    Rule(
        id="patch-extension-ready",
        subject="machine",
        severity="warning",
        title="The patch extension is in order",
        field="patch_extension_state",
        applies_to=_AZURE_VM & Not(Equals("patch_extension_state", None)),
        require=Equals("patch_extension_state", "succeeded"),
        reason=(
            "The patch extension's provisioning state is {patch_extension_state}, not succeeded; patching fails until "
            "it is."
        ),
        fix="remove the extension and start an assessment, which installs it again.",
        source=_TROUBLESHOOT,
        as_of=date(2024, 9, 11),
    ),
    Rule(
        id="machine-off",
        subject="machine",
        severity="info",
        title="A machine that the platform looks after is running",
        field="power_state",
        applies_to=(_AZURE_VM & _LOOKED_AFTER & Not(Equals("power_state", None))),
        require=Equals("power_state", "running"),
        reason=(
            "The machine is {power_state}: it is neither assessed nor patched before the first assessment after its "
            "start."
        ),
        fix="start it in its off-peak hours, or expect it to lag behind.",
        source=_AVGP,
        as_of=date(2024, 7, 31),
    ),
    Rule(
        id="assessment-under-policy",
        subject="machine",
        severity="warning",
        title="The assessment mode is the one that policy writes",
        field="settings.assessment_mode",
        applies_to=(
            _AZURE_VM & Equals("policies.sets_assessment", True) & Not(Equals("settings.assessment_mode", None))
        ),
        require=Equals("settings.assessment_mode", "AutomaticByPlatform"),
        reason=(
            "The built-in policy 59efceea is assigned here and writes assessmentMode AutomaticByPlatform; "
            "{settings.assessment_mode} will not last."
        ),
        fix="leave assessment_mode to the policy, or exempt the machine from its assignment.",
        source="Azure/azure-policy 59efceea-0c96-497e-a4a1-4eb2290dac15 (4.10.0), 2026-04-29",
        as_of=date(2026, 4, 29),
    ),
)
