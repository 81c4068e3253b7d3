"""Every VM by itself: its settings, and its assignment to a schedule that is there already."""

import os

import pulumi

from pulumi_azure_hotpatch import ScheduleAssignment, VirtualMachinePatchSettings

config = pulumi.Config()
group = f"/subscriptions/{os.environ['ARM_SUBSCRIPTION_ID']}/resourceGroups/rg-contoso"
for number in range(config.require_int("machines")):
    name = f"vm-web-{number:02}"
    machine_id = f"{group}/providers/Microsoft.Compute/virtualMachines/{name}"
    settings = VirtualMachinePatchSettings(
        name,
        virtual_machine_id=machine_id,
        patch_mode="AutomaticByPlatform",
        bypass_platform_safety_checks_on_user_schedule=True,
    )
    ScheduleAssignment(
        name,
        machine_id=machine_id,
        schedule_id=config.require("schedule"),
        opts=pulumi.ResourceOptions(depends_on=[settings]),
    )
