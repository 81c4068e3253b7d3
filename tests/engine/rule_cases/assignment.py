"""Cases of the rules on giving a schedule to a machine."""

from __future__ import annotations

from typing import Final

from pulumi_azure_hotpatch.engine.facts import ARC_MACHINES, MAINTENANCE_CONFIGURATIONS
from pulumi_azure_hotpatch.engine.logic import UNKNOWN

from .form import CUSTOM, Cases, arc_server, assignment, plain_windows_vm, schedule, windows_vm

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
    "assignment-machine-exists": Cases(
        passes=assignment(),
        violates=assignment(machine_exists=False),
        says="The machine does not exist yet.",
        unknown=assignment(machine_exists=UNKNOWN),
        misses="machine_id",
        skipped=assignment(machine_exists=None),
    ),
    "assignment-schedule-exists": Cases(
        passes=assignment(),
        violates=assignment(schedule_exists=False),
        says="The schedule does not exist yet.",
        unknown=assignment(schedule_exists=UNKNOWN),
        misses="schedule_id",
        skipped=assignment(schedule_exists=None),
    ),
    "assignment-schedule-scope": Cases(
        passes=assignment(schedule=schedule(scope="InGuestPatch")),
        violates=assignment(schedule=schedule(scope="Host")),
        says="The configuration's scope is Host; only InGuestPatch installs patches in a machine.",
        unknown=assignment(schedule=schedule(scope=UNKNOWN)),
        misses="schedule_id",
        skipped=assignment(),
    ),
    "assignment-machine-off": Cases(
        passes=assignment(),
        violates=assignment(plain_windows_vm(power_state="stopped")),
        says=(
            "The machine is stopped; unless it runs 15 minutes before a window, that run ends as "
            "ShutdownOrUnresponsive."
        ),
        unknown=assignment(plain_windows_vm(power_state=UNKNOWN)),
        misses="power_state",
        skipped=assignment(plain_windows_vm(power_state=None)),
    ),
    "assignment-supported-image": Cases(
        passes=assignment(plain_windows_vm(image=CUSTOM, support_state="supported")),
        violates=assignment(plain_windows_vm(image=CUSTOM, support_state="Unsupported")),
        says=(
            "The last assessment found that guest patching does not support this machine's image: every run will fail."
        ),
        unknown=assignment(plain_windows_vm(support_state=UNKNOWN)),
        misses="support_state",
        skipped=assignment(plain_windows_vm(image=CUSTOM, support_state="Unknown")),
    ),
    "assignment-reboot-setting": Cases(
        passes=assignment(schedule=schedule(reboot_setting="ifrequired")),
        violates=assignment(schedule=schedule(reboot_setting="Never")),
        says="The schedule says Never and the machine IfRequired; the machine's reboot setting wins.",
        unknown=assignment(schedule=schedule(reboot_setting=UNKNOWN)),
        misses="reboot_setting",
        skipped=assignment(arc_server(reboot_setting="Always"), schedule=schedule(reboot_setting="Never")),
    ),
    "assignment-same-subscription": Cases(
        passes=assignment(same_subscription=True),
        violates=assignment(same_subscription=False),
        says=(
            "Machine and schedule are in different subscriptions, "
            "which the portal's flow for a single VM does not offer."
        ),
        unknown=assignment(same_subscription=UNKNOWN),
        misses="same_subscription",
        skipped=assignment(),
    ),
    "assignment-same-start": Cases(
        passes=assignment(),
        violates=assignment(same_start_as="weekly"),
        says="'weekly' starts at the same time on this machine: only one of the two runs.",
        unknown=assignment(same_start_as=UNKNOWN),
        misses="schedule_id",
    ),
    "assignment-overlap": Cases(
        passes=assignment(),
        violates=assignment(overlaps_with="weekly"),
        says=(
            "Windows of 'weekly' overlap on this machine: the runs follow one another, and the second has less time."
        ),
        unknown=assignment(overlaps_with=UNKNOWN),
        misses="schedule_id",
    ),
}
