"""Enrol the subscription, hotpatch three servers, give two others a maintenance schedule."""

import os

import pulumi
from pulumi import ResourceOptions

from pulumi_azure_hotpatch import (
    HOTPATCH_PREVIEW_FEATURES,
    MaintenanceSchedule,
    PreviewEnrollment,
    ScheduleAssignment,
    VirtualMachinePatchSettings,
    patch_tuesday,
)

config = pulumi.Config()
subscription = pulumi.Config("azure-native").get("subscriptionId") or os.environ.get("ARM_SUBSCRIPTION_ID")
if not subscription:
    raise pulumi.RunError("Name the subscription: set azure-native:subscriptionId, or ARM_SUBSCRIPTION_ID.")


def machine_id(place: str) -> str:
    """The ARM id of `group/name`."""
    group, name = place.split("/")
    return f"/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Compute/virtualMachines/{name}"


# The three previews of 2021, as one set: adopted where they are on, registered and awaited where they are not.
enrollment = None
if config.require_bool("enrollInPreview"):
    enrollment = PreviewEnrollment("hotpatch-preview", features=HOTPATCH_PREVIEW_FEATURES)
    pulumi.export("preview features", enrollment.features)

# Hotpatch: most months without a reboot. Only these two fields of each machine are ours.
what_will_happen = {}
for place in config.require_object("hotpatchMachines"):
    settings = VirtualMachinePatchSettings(
        place.replace("/", "-"),
        virtual_machine_id=machine_id(place),
        patch_mode="AutomaticByPlatform",
        enable_hotpatching=True,
        opts=ResourceOptions(depends_on=[enrollment] if enrollment else []),
    )
    what_will_happen[place] = settings.outcome

# Everything else: four days after Patch Tuesday, at night, in a window of three hours.
schedule = MaintenanceSchedule(
    "patch-tuesday-plus-4",
    resource_group_name=config.require("scheduleGroup"),
    location=config.require("location"),
    start="2027-01-01 22:00",
    duration="03:00",
    time_zone="Europe/Berlin",
    recurrence=patch_tuesday(4),
    reboot_setting="IfRequired",
    windows={"classifications_to_include": ["Critical", "Security", "UpdateRollup"]},
    linux={"classifications_to_include": ["Critical", "Security"]},
)
for place in config.require_object("scheduledMachines"):
    name = place.replace("/", "-")
    settings = VirtualMachinePatchSettings(
        name,
        virtual_machine_id=machine_id(place),
        patch_mode="AutomaticByPlatform",
        bypass_platform_safety_checks_on_user_schedule=True,
    )
    assignment = ScheduleAssignment(
        name,
        machine_id=machine_id(place),
        schedule_id=schedule.id,
        opts=ResourceOptions(depends_on=[settings]),
    )
    what_will_happen[place] = assignment.outcome
pulumi.export("what will happen", what_will_happen)
pulumi.export("schedule", pulumi.Output.concat(schedule.recurrence, " at 22:00, ", schedule.time_zone))
