"""One schedule for the servers of several subscriptions, kept by those who run the platform."""

import os

import pulumi

from pulumi_azure_hotpatch import DynamicScope, FleetPatchSettings, MaintenanceSchedule

platform = os.environ["ARM_SUBSCRIPTION_ID"]
subscriptions = [platform, *pulumi.Config().require_object("otherSubscriptions")]

schedule = MaintenanceSchedule(
    "saturdays",
    subscription_id=platform,
    resource_group_name="rg-shop",
    location="eastus",
    start="2027-02-01 22:00",
    duration="03:00",
    time_zone="UTC",
    recurrence="1Week Saturday",
    windows={"classifications_to_include": ["Critical", "Security"]},
)
nights = FleetPatchSettings(
    "nights",
    subscription_ids=subscriptions,
    tag_filters={"patching": ["nights"]},
    patch_mode="AutomaticByPlatform",
    bypass_platform_safety_checks_on_user_schedule=True,
)
# One declaration, one assignment in each subscription.
scope = DynamicScope(
    "nights",
    schedule_id=schedule.id,
    subscription_ids=subscriptions,
    resource_types=["Microsoft.Compute/virtualMachines"],
    tag_filters={"patching": ["nights"]},
    opts=pulumi.ResourceOptions(depends_on=[nights]),
)
pulumi.export("servers", scope.matching_machines)
pulumi.export("assignments", scope.assignment_ids)
