"""Patches of this month: first on one server, a day later on the others."""

import os

import pulumi

from pulumi_azure_hotpatch import PatchRollout

subscription = os.environ["ARM_SUBSCRIPTION_ID"]
servers = [
    f"/subscriptions/{subscription}/resourceGroups/rg-shop/providers/Microsoft.Compute/virtualMachines/vm-app-{number}"
    for number in range(1, 5)
]

rollout = PatchRollout(
    "january",
    machine_ids=servers,
    rings=[
        {"name": "canary", "tags": {"ring": "canary"}, "soak": "24h"},
        {"name": "broad", "rest": True, "max_concurrent": 2},
    ],
    windows={"classifications_to_include": ["Critical", "Security"]},
    # One server of a ring may fail; with two the rollout halts and says how to go on.
    failure_budget=1,
    # By default a run that has to wait longer than an hour ends, and the next one goes on.
    max_wait="48h",
    triggers=["2027-01"],
)
pulumi.export(
    "plan", rollout.plan.apply(lambda rings: [f"{one['ring']}: {', '.join(one['named'])}" for one in rings or ()])
)
pulumi.export("phase", rollout.phase)
pulumi.export("succeeded", rollout.succeeded_count)
pulumi.export("failed", rollout.failed_count)
