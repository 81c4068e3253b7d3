"""Enrol the subscription, then hotpatch one machine; the configuration turns hotpatch off and on."""

import os

import pulumi

from pulumi_azure_hotpatch import HOTPATCH_PREVIEW_FEATURES, PreviewEnrollment, VirtualMachinePatchSettings

config = pulumi.Config()
group = f"/subscriptions/{os.environ['ARM_SUBSCRIPTION_ID']}/resourceGroups/rg-contoso"
enrollment = PreviewEnrollment("previews", features=HOTPATCH_PREVIEW_FEATURES)
web = VirtualMachinePatchSettings(
    "web",
    virtual_machine_id=f"{group}/providers/Microsoft.Compute/virtualMachines/vm-web-1",
    patch_mode="AutomaticByPlatform",
    enable_hotpatching=config.get_bool("hotpatch") is not False,
    opts=pulumi.ResourceOptions(depends_on=[enrollment]),
)
pulumi.export("outcome", web.outcome)
pulumi.export("track", web.hotpatch_track)
pulumi.export("enrolled", enrollment.registered)
