"""Hotpatching on many VMs as one resource: those that a file lists, or those with a tag, as the configuration says."""

import json
import os
from pathlib import Path

import pulumi

from pulumi_azure_hotpatch import FleetPatchSettings

config = pulumi.Config()
listed = config.get("machines")
fleet = FleetPatchSettings(
    "web",
    machine_ids=json.loads(Path(listed).read_text(encoding="utf-8")) if listed else None,
    tag_filters=None if listed else {"ring": ["web"]},
    subscription_ids=None if listed else [os.environ["ARM_SUBSCRIPTION_ID"]],
    patch_mode="AutomaticByPlatform",
    enable_hotpatching=False,
    bypass_platform_safety_checks_on_user_schedule=True,
    schedule_id=config.get("schedule"),
)
pulumi.export("outcomes", fleet.outcomes)
pulumi.export("drifted", fleet.drifted)
