"""Cases of the rules on giving a schedule to a machine."""

from __future__ import annotations

from typing import Final

from pulumi_azure_hotpatch.engine.facts import ARC_MACHINES, MAINTENANCE_CONFIGURATIONS
from pulumi_azure_hotpatch.engine.logic import UNKNOWN

from .form import Cases, arc_server, assignment, plain_windows_vm, windows_vm

CASES: Final = {
    "assignment-machine-type": Cases(
        passes=assignment(arc_server(), machine_type=ARC_MACHINES.lower()),
        violates=assignment(machine_type="Microsoft.Compute/virtualMachineScaleSets"),
        says=(
            "Guest patching schedules work on virtual machines and Arc-enabled servers; "
            "this is a Microsoft.Compute/virtualMachineScaleSets."
        ),
        unknown=assignment(machine_type=UNKNOWN),
        misses="machine_id",
    ),
    "assignment-schedule-type": Cases(
        passes=assignment(schedule_type=MAINTENANCE_CONFIGURATIONS.upper()),
        violates=assignment(schedule_type="Microsoft.Maintenance/publicMaintenanceConfigurations"),
        says=(
            "A schedule is a Microsoft.Maintenance/maintenanceConfigurations resource; "
            "this is a Microsoft.Maintenance/publicMaintenanceConfigurations."
        ),
        unknown=assignment(schedule_type=UNKNOWN),
        misses="schedule_id",
    ),
    "assignment-needs-platform-mode": Cases(
        passes=assignment(),
        violates=assignment(plain_windows_vm(patch_mode="AutomaticByOS")),
        says="The schedule will install nothing: the machine's patch mode is AutomaticByOS, not AutomaticByPlatform.",
        unknown=assignment(plain_windows_vm(patch_mode=UNKNOWN)),
        misses="patch_mode",
        skipped=assignment(arc_server()),
    ),
    "assignment-needs-bypass": Cases(
        passes=assignment(),
        violates=assignment(plain_windows_vm(bypass_platform_safety_checks_on_user_schedule=None)),
        says=(
            "The schedule will install nothing, and the platform neither: "
            "bypassPlatformSafetyChecksOnUserSchedule is not set on the machine."
        ),
        unknown=assignment(plain_windows_vm(bypass_platform_safety_checks_on_user_schedule=UNKNOWN)),
        misses="bypass_platform_safety_checks_on_user_schedule",
        skipped=assignment(windows_vm()),
    ),
    "assignment-on-hotpatched-machine": Cases(
        passes=assignment(),
        violates=assignment(windows_vm()),
        says=(
            "The machine is hotpatched, which forbids the bypass flag that schedules need: "
            "while the schedule is assigned, neither it nor the platform installs anything."
        ),
        unknown=assignment(windows_vm(enable_hotpatching=UNKNOWN)),
        misses="enable_hotpatching",
        skipped=assignment(arc_server(enable_hotpatching=True)),
    ),
}
