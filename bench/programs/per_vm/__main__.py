"""Every machine by itself: its settings, and its assignment to the one schedule."""

import pulumi
from pulumi import ResourceOptions

from bench.programs.shared import MACHINES, enrolled, machine_id, schedule
from pulumi_azure_hotpatch import ScheduleAssignment, VirtualMachinePatchSettings

enrolled()
monthly = schedule()
for name in MACHINES:
    settings = VirtualMachinePatchSettings(
        name,
        virtual_machine_id=machine_id(name),
        patch_mode="AutomaticByPlatform",
        assessment_mode="AutomaticByPlatform",
        bypass_platform_safety_checks_on_user_schedule=True,
    )
    ScheduleAssignment(
        name,
        machine_id=machine_id(name),
        schedule_id=monthly.id,
        opts=ResourceOptions(depends_on=[settings]),
    )
pulumi.export("machines", len(MACHINES))
