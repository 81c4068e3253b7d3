"""`HotpatchReady` on one VM that there is, with the arguments that the configuration gives."""

import os

import pulumi

from pulumi_azure_hotpatch import HotpatchReady

config = pulumi.Config()
group = f"/subscriptions/{os.environ['ARM_SUBSCRIPTION_ID']}/resourceGroups/rg-contoso"
ready = HotpatchReady(
    "web",
    machine=f"{group}/providers/Microsoft.Compute/virtualMachines/{config.require('machine')}",
    **config.require_object("arguments"),
)
pulumi.export("outcome", ready.outcome)
pulumi.export("eligibility", ready.image_eligibility)
