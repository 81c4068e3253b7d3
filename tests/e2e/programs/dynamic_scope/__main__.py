"""A weekly schedule for the machines of one ring, wherever they are."""

import os

import pulumi

from pulumi_azure_hotpatch import DynamicScope, MaintenanceSchedule

config = pulumi.Config()
subscriptions = [os.environ["ARM_SUBSCRIPTION_ID"], *filter(None, [config.get("other")])]

schedule = MaintenanceSchedule(
    "tuesdays",
    resource_group_name="rg-contoso",
    location="eastus",
    start="2026-11-03 20:00",
    duration="03:00",
    time_zone="UTC",
    recurrence="Week Tuesday",
    windows={"classifications_to_include": ["Critical", "Security"]},
)
scope = DynamicScope(
    "ring-one",
    schedule_id=schedule.id,
    subscription_ids=subscriptions,
    tag_filters={"Ring": ["1"]},
    os_types=["Windows"],
    max_machines=config.get_int("most"),
)
pulumi.export("count", scope.matching_count)
pulumi.export("machines", scope.matching_machines)
pulumi.export("assignments", scope.assignment_ids)
