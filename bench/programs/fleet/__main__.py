"""All machines as one resource: their settings, and their assignments to the one schedule."""

import pulumi

from bench.programs.shared import MACHINES, enrolled, machine_id, schedule
from pulumi_azure_hotpatch import FleetPatchSettings

enrolled()
FleetPatchSettings(
    "fleet",
    machine_ids=[machine_id(name) for name in MACHINES],
    patch_mode="AutomaticByPlatform",
    assessment_mode="AutomaticByPlatform",
    bypass_platform_safety_checks_on_user_schedule=True,
    schedule_id=schedule().id,
)
pulumi.export("machines", len(MACHINES))
