"""The settings of all machines as one resource, and the one schedule for whatever is in their resource group."""

import pulumi

from bench.programs.shared import MACHINES, enrolled, machine_id, schedule
from pulumi_azure_hotpatch import DynamicScope, FleetPatchSettings

enrolled()
FleetPatchSettings(
    "fleet",
    machine_ids=[machine_id(name) for name in MACHINES],
    patch_mode="AutomaticByPlatform",
    assessment_mode="AutomaticByPlatform",
    bypass_platform_safety_checks_on_user_schedule=True,
)
DynamicScope(
    "monthly",
    schedule_id=schedule().id,
    resource_types=["Microsoft.Compute/virtualMachines"],
    resource_groups=["rg-contoso"],
)
pulumi.export("machines", len(MACHINES))
