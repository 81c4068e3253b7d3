"""Rules on an on-demand installation."""

from __future__ import annotations

from datetime import date
from typing import Final

from pulumi_azure_hotpatch.engine.logic import AtLeast, Equals, In, Not

from .model import Rule
from .patch_selection import patch_list_rules

_AVGP = "Microsoft Learn, Automatic guest patching for Azure VMs, 2024-07-31"
_WINDOWS = Equals("machine.os_type", "Windows")
_LINUX = Equals("machine.os_type", "Linux")

INSTALLATION_RULES: Final = (
    Rule(
        id="install-selects-something",
        subject="installation",
        severity="error",
        title="The request names a classification or a patch",
        field="patches",
        require=Equals("selects_something", True),
        reason="The request includes no classification and no patch for the machine's operating system.",
        fix="name classifications (for example Critical and Security), KB numbers or package masks.",
        source=_AVGP,
        as_of=date(2024, 7, 31),
    ),
    Rule(
        id="install-reboot-setting",
        subject="installation",
        severity="error",
        title="The reboot setting is one of the service's",
        field="reboot_setting",
        require=In("reboot_setting", ("IfRequired", "Never", "Always")),
        reason="The reboot setting of a request must be IfRequired, Never or Always; it is {reboot_setting}.",
        fix="give one of the three; NeverReboot and AlwaysReboot in older documents are misprints.",
        source="azure-mgmt-compute 39.0.0, VMGuestPatchRebootSetting; Azure/azure-powershell PR 15827",
        as_of=date(2026, 8, 1),
    ),
    Rule(
        id="install-duration",
        subject="installation",
        severity="warning",
        title="The time is long enough to start one update",
        field="maximum_minutes",
        applies_to=_WINDOWS & Not(Equals("maximum_minutes", None)),
        require=AtLeast("maximum_minutes", 25),
        reason="With {maximum_minutes:minute|minutes} nothing starts: an update needs 15 and a restart 10.",
        fix="allow at least 25 minutes, 30 where service packs are included.",
        source="Microsoft Learn, Troubleshoot issues with Azure Update Manager, 2024-09-11",
        as_of=date(2024, 9, 11),
        switch="install-duration",
        disagreement=(
            "Microsoft Learn, How Update Manager works, 2024-07-14, counts 10 minutes for an update and 15 for a "
            "service pack, so that 20 minutes would do."
        ),
    ),
    Rule(
        id="install-linux-duration",
        subject="installation",
        severity="warning",
        title="The time is long enough to start one package",
        field="maximum_minutes",
        applies_to=_LINUX & Not(Equals("maximum_minutes", None)) & Not(Equals("reboot_setting", "Never")),
        require=AtLeast("maximum_minutes", 21),
        reason=(
            "With {maximum_minutes:minute|minutes} nothing starts: a package needs 5 and a restart 15, and some must "
            "be left."
        ),
        fix="allow more than 20 minutes, or set the reboot setting to 'Never'.",
        source="Azure/LinuxPatchExtension 488ab8ea, maintenance window",
        as_of=date(2026, 8, 7),
    ),
    Rule(
        id="install-machine-running",
        subject="installation",
        severity="warning",
        title="The machine is running",
        field="machine.power_state",
        applies_to=Not(Equals("machine.power_state", None)),
        require=Equals("machine.power_state", "running"),
        reason="The machine is {machine.power_state}; patches are assessed and installed on running machines only.",
        fix="start the machine first.",
        source="Microsoft Learn, Assessment options in Update Manager, 2024-09-10",
        as_of=date(2024, 9, 10),
    ),
    Rule(
        id="install-needs-agent",
        subject="installation",
        severity="error",
        title="The machine has the VM agent and may run extensions",
        field="machine.provision_vm_agent",
        applies_to=Equals("machine.is_arc", False),
        require=(
            Not(Equals("machine.provision_vm_agent", False)) & Not(Equals("machine.allow_extension_operations", False))
        ),
        reason=(
            "The patch extension cannot be installed: provisionVMAgent is {machine.provision_vm_agent}, "
            "allowExtensionOperations is {machine.allow_extension_operations}."
        ),
        fix="allow extension operations; a VM made without the agent must be recreated.",
        source="Microsoft Learn, Troubleshoot issues with Azure Update Manager, 2024-09-11",
        as_of=date(2024, 9, 11),
    ),
    Rule(
        id="install-leaves-the-track",
        subject="installation",
        severity="warning",
        title="The request keeps a hotpatched machine on its track",
        field="patches.kbs_to_include",
        applies_to=Equals("machine.settings.enable_hotpatching", True),
        require=Equals("off_track_kb", None),
        reason=(
            "{off_track_kb} is not of the hotpatch track: with it the machine restarts every month until the next "
            "baseline."
        ),
        fix="leave it out, or plan for the restarts.",
        source="Microsoft Learn, Enable Hotpatch for Azure Arc-enabled servers, 2025-10-30, known issues",
        as_of=date(2025, 10, 30),
    ),
    Rule(
        id="install-more-than-hotpatches",
        subject="installation",
        severity="info",
        title="The request keeps to what hotpatches cover",
        field="patches.windows_classifications",
        applies_to=Equals("machine.settings.enable_hotpatching", True),
        require=Equals("patches.beyond_security", None),
        reason="Hotpatches do not cover {patches.beyond_security}; it may restart the machine in a hotpatch month.",
        fix="ask for Critical and Security only, and for the rest in baseline months.",
        source="Microsoft Learn, Hotpatch for Windows Server, 2025-07-14",
        as_of=date(2025, 7, 14),
    ),
    Rule(
        id="install-supported-image",
        subject="installation",
        severity="warning",
        title="The machine's image supports guest patching",
        field="machine.image.triple",
        applies_to=In("machine.support_state", ("Supported", "Unsupported")),
        require=Equals("machine.support_state", "Supported"),
        reason="The last assessment found that guest patching does not support this machine's image.",
        fix="rebuild the machine from a supported system.",
        source="Microsoft Learn, Manage updates for custom images, asynchronous check",
        as_of=date(2025, 1, 6),
    ),
    *patch_list_rules("installation", "install"),
)
