"""A rollout over rings of a file."""

import os

import pulumi

from pulumi_azure_hotpatch import PatchRollout, read_rings

config = pulumi.Config()
group = f"/subscriptions/{os.environ['ARM_SUBSCRIPTION_ID']}/resourceGroups/rg-contoso"

rollout = PatchRollout(
    "patches",
    machine_ids=[f"{group}/providers/Microsoft.Compute/virtualMachines/vm-{number}" for number in range(6)],
    rings=read_rings(config.require("rings")),
    windows={"classifications_to_include": ["Critical", "Security"]},
    max_concurrent=2,
    resume=config.get("resume"),
    triggers=[config.get("month") or "first"],
)
pulumi.export("phase", rollout.phase)
pulumi.export("waitingUntil", rollout.waiting_until)
pulumi.export("machines", rollout.machines)
pulumi.export("plan", rollout.plan)
