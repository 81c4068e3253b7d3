"""Rules on giving a schedule to a machine."""

from __future__ import annotations

from datetime import date
from typing import Final

from ..facts import ARC_MACHINES, MAINTENANCE_CONFIGURATIONS, VIRTUAL_MACHINES
from ..logic import Equals, In, Not
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
)
