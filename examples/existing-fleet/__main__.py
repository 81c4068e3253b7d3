"""Servers that are there already: what their tag says decides how they are patched."""

import pulumi

from pulumi_azure_hotpatch import DynamicScope, FleetPatchSettings, MaintenanceSchedule, patch_tuesday

# Azure Edition servers: Azure patches them, most months without a restart.
hotpatched = FleetPatchSettings(
    "hotpatched",
    tag_filters={"patching": ["hotpatch"]},
    patch_mode="AutomaticByPlatform",
    enable_hotpatching=True,
)

# The others take patches in their windows only. The scope asks for the tag at every run, so that a server that gets the
# tag later is in; the fleet sees to it that such a server is ready for the schedule.
nights = FleetPatchSettings(
    "nights",
    tag_filters={"patching": ["nights"]},
    patch_mode="AutomaticByPlatform",
    bypass_platform_safety_checks_on_user_schedule=True,
)
schedule = MaintenanceSchedule(
    "nights",
    resource_group_name="rg-shop",
    location="eastus",
    start="2027-02-01 22:00",
    duration="03:00",
    time_zone="America/New_York",
    recurrence=patch_tuesday(4),
    windows={"classifications_to_include": ["Critical", "Security", "UpdateRollup"]},
    linux={"classifications_to_include": ["Critical", "Security"]},
)
scope = DynamicScope(
    "nights",
    schedule_id=schedule.id,
    resource_types=["Microsoft.Compute/virtualMachines"],
    tag_filters={"patching": ["nights"]},
    max_machines=50,
    opts=pulumi.ResourceOptions(depends_on=[nights]),
)
pulumi.export("hotpatched", hotpatched.outcomes)
pulumi.export("nights", nights.outcomes)
pulumi.export("in the scope", scope.matching_count)
