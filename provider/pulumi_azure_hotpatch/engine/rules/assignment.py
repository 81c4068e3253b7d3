"""Rules on giving a schedule to a machine."""

from __future__ import annotations

from datetime import date
from typing import Final

from pulumi_azure_hotpatch.engine.facts import ARC_MACHINES, MAINTENANCE_CONFIGURATIONS, VIRTUAL_MACHINES
from pulumi_azure_hotpatch.engine.logic import Equals, In, Not

from .model import Rule

_PREREQUISITE = "Microsoft Learn, Prerequisites for schedule patching, 2024-02-20"

ASSIGNMENT_RULES: Final = (
    Rule(
        id="assignment-machine-type",
        subject="assignment",
        severity="error",
        title="The schedule is given to a VM or an Arc-enabled server",
        field="machine_id",
        require=In("machine_type", (VIRTUAL_MACHINES, ARC_MACHINES)),
        reason="Guest patching schedules work on virtual machines and Arc-enabled servers; this is a {machine_type}.",
        fix="give the id of a Microsoft.Compute/virtualMachines or Microsoft.HybridCompute/machines resource.",
        source="Microsoft Learn, Maintenance configurations, 2026-09-25",
        as_of=date(2026, 9, 25),
    ),
    Rule(
        id="assignment-schedule-type",
        subject="assignment",
        severity="error",
        title="What is given is a maintenance configuration",
        field="schedule_id",
        require=Equals("schedule_type", MAINTENANCE_CONFIGURATIONS),
        reason="A schedule is a Microsoft.Maintenance/maintenanceConfigurations resource; this is a {schedule_type}.",
        fix="give the id of a MaintenanceSchedule.",
        source="azure-mgmt-maintenance 2.1.0, ConfigurationAssignment.maintenance_configuration_id",
        as_of=date(2026, 8, 1),
    ),
    Rule(
        id="assignment-needs-platform-mode",
        subject="assignment",
        severity="warning",
        title="The scheduled machine is in AutomaticByPlatform",
        field="machine.settings.patch_mode",
        applies_to=Equals("machine.is_arc", False),
        require=Equals("machine.settings.patch_mode", "AutomaticByPlatform"),
        reason=(
            "The schedule will install nothing: the machine's patch mode is {machine.settings.patch_mode}, not "
            "AutomaticByPlatform."
        ),
        fix="declare VirtualMachinePatchSettings for it with patch_mode 'AutomaticByPlatform' and the bypass flag.",
        source=_PREREQUISITE,
        as_of=date(2024, 2, 20),
    ),
    Rule(
        id="assignment-needs-bypass",
        subject="assignment",
        severity="warning",
        title="The scheduled machine bypasses the platform's safety checks",
        field="machine.settings.bypass_platform_safety_checks_on_user_schedule",
        applies_to=Equals("machine.is_arc", False) & Not(Equals("machine.settings.enable_hotpatching", True)),
        require=Equals("machine.settings.bypass_platform_safety_checks_on_user_schedule", True),
        reason=(
            "The schedule will install nothing, and the platform neither: "
            "bypassPlatformSafetyChecksOnUserSchedule is "
            "{machine.settings.bypass_platform_safety_checks_on_user_schedule} on the machine."
        ),
        fix="set bypass_platform_safety_checks_on_user_schedule to True in the machine's VirtualMachinePatchSettings.",
        source=_PREREQUISITE,
        as_of=date(2024, 2, 20),
    ),
    Rule(
        id="assignment-on-hotpatched-machine",
        subject="assignment",
        severity="warning",
        title="The scheduled machine is not hotpatched",
        field="machine.settings.enable_hotpatching",
        applies_to=Equals("machine.is_arc", False),
        require=Not(Equals("machine.settings.enable_hotpatching", True)),
        reason=(
            "The machine is hotpatched, which forbids the bypass flag that schedules need: "
            "while the schedule is assigned, neither it nor the platform installs anything."
        ),
        fix="remove the assignment and leave the machine to the platform, or turn hotpatching off to use the schedule.",
        source=(
            f"{_PREREQUISITE}; ARM error InvalidParameter quoted in claranet/terraform-azurerm-windows-vm PR 4, "
            "2025-03-31"
        ),
        as_of=date(2025, 3, 31),
        switch="hotpatch-forbids-bypass",
        disagreement=(
            "A Japanese Microsoft support post recommends maintenance configurations to control when a hotpatched "
            "machine is patched."
        ),
    ),
    Rule(
        id="assignment-machine-exists",
        subject="assignment",
        severity="warning",
        title="The machine exists",
        field="machine_id",
        applies_to=Not(Equals("machine_exists", None)),
        require=Equals("machine_exists", True),
        reason="The machine does not exist yet.",
        fix="create it in the same program and depend on it, or correct machine_id.",
        source="Azure Resource Manager answers 404 for it now",
        as_of=date(2026, 8, 1),
    ),
    Rule(
        id="assignment-schedule-exists",
        subject="assignment",
        severity="warning",
        title="The schedule exists",
        field="schedule_id",
        applies_to=Not(Equals("schedule_exists", None)),
        require=Equals("schedule_exists", True),
        reason="The schedule does not exist yet.",
        fix="create it in the same program and depend on it, or correct schedule_id.",
        source="Azure Resource Manager answers 404 for it now",
        as_of=date(2026, 8, 1),
    ),
    Rule(
        id="assignment-schedule-scope",
        subject="assignment",
        severity="error",
        title="The schedule patches guests",
        field="schedule_id",
        applies_to=Not(Equals("schedule.scope", None)),
        require=Equals("schedule.scope", "InGuestPatch"),
        reason="The configuration's scope is {schedule.scope}; only InGuestPatch installs patches in a machine.",
        fix="give the id of a configuration of scope InGuestPatch.",
        source="Microsoft Learn, Maintenance configurations, 2026-09-25; Azure/azure-rest-api-specs issue 34327",
        as_of=date(2026, 9, 25),
    ),
    Rule(
        id="assignment-machine-off",
        subject="assignment",
        severity="warning",
        title="The machine is running",
        field="machine.power_state",
        applies_to=Not(Equals("machine.power_state", None)),
        require=Equals("machine.power_state", "running"),
        reason=(
            "The machine is {machine.power_state}; unless it runs 15 minutes before a window, that run ends as "
            "ShutdownOrUnresponsive."
        ),
        fix="start it at least 15 minutes before every window, for example by a pre-event.",
        source="Microsoft Learn, Troubleshoot issues with Azure Update Manager, 2024-09-11",
        as_of=date(2024, 9, 11),
    ),
    Rule(
        id="assignment-supported-image",
        subject="assignment",
        severity="warning",
        title="The machine's image supports guest patching",
        field="machine.image.triple",
        applies_to=In("machine.support_state", ("Supported", "Unsupported")),
        require=Equals("machine.support_state", "Supported"),
        reason=(
            "The last assessment found that guest patching does not support this machine's image: every run will fail."
        ),
        fix="rebuild the machine from a supported system.",
        source="Microsoft Learn, Manage updates for custom images, asynchronous check",
        as_of=date(2025, 1, 6),
    ),
    Rule(
        id="assignment-reboot-setting",
        subject="assignment",
        severity="info",
        title="Machine and schedule agree on restarts",
        field="machine.settings.reboot_setting",
        applies_to=Equals("machine.is_arc", False),
        require=Equals("overruled_reboot_setting", None),
        reason=(
            "The schedule says {overruled_reboot_setting} and the machine {machine.settings.reboot_setting}; "
            "the machine's reboot setting wins."
        ),
        fix="set both alike, or leave the machine's out.",
        source="Microsoft Learn, Automatic guest patching for Azure VMs, 2024-07-31",
        as_of=date(2024, 7, 31),
    ),
    Rule(
        id="assignment-same-subscription",
        subject="assignment",
        severity="info",
        title="Machine and schedule are in one subscription",
        field="schedule_id",
        applies_to=Not(Equals("same_subscription", None)),
        require=Equals("same_subscription", True),
        reason=(
            "Machine and schedule are in different subscriptions, which the portal's flow for a single VM does not "
            "offer."
        ),
        fix="nothing to do if the assignment is accepted.",
        source="Microsoft Learn, Maintenance configurations, 2026-09-25",
        as_of=date(2026, 9, 25),
    ),
    Rule(
        id="assignment-same-start",
        subject="assignment",
        severity="warning",
        title="No other schedule of the machine starts at the same time",
        field="schedule_id",
        require=Equals("same_start_as", None),
        reason="'{same_start_as}' starts at the same time on this machine: only one of the two runs.",
        fix="move one of the schedules.",
        source="Microsoft Learn, Maintenance configurations, 2026-09-25",
        as_of=date(2026, 9, 25),
    ),
    Rule(
        id="assignment-overlap",
        subject="assignment",
        severity="info",
        title="No other schedule of the machine is open at the same time",
        field="schedule_id",
        require=Equals("overlaps_with", None),
        reason=(
            "Windows of '{overlaps_with}' overlap on this machine: the runs follow one another, and the second has "
            "less time."
        ),
        fix="move one of the schedules.",
        source="Microsoft Learn, Maintenance configurations, 2026-09-25",
        as_of=date(2026, 9, 25),
    ),
)
