"""A server from an image of your own: patched in windows, if the service can patch what is in the image."""

import os

import pulumi

from pulumi_azure_hotpatch import HotpatchReady

subscription = os.environ["ARM_SUBSCRIPTION_ID"]
server = f"/subscriptions/{subscription}/resourceGroups/rg-shop/providers/Microsoft.Compute/virtualMachines/vm-gold-1"

# The gate comes first: the server is assessed, and while the service does not call its image supported, neither its
# settings nor its schedule are touched. No image of your own can be hotpatched, so the schedule does it all.
ready = HotpatchReady(
    "gold",
    machine=server,
    enable_hotpatching=False,
    schedule={
        "resource_group_name": "rg-shop",
        "location": "eastus",
        "start": "2027-02-01 22:00",
        "duration": "03:00",
        "time_zone": "UTC",
        "recurrence": "1Week Saturday",
        "windows": {"classifications_to_include": ["Critical", "Security"]},
    },
)
pulumi.export("image", ready.image_support)
pulumi.export("decided", ready.gate.reason if ready.gate else None)
pulumi.export("outcome", ready.outcome)
