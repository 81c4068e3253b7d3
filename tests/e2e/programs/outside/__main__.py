"""What is patched beside VMs: a flexible scale set, and a server outside Azure, from its licence to an installation."""

import os

import pulumi

from pulumi_azure_hotpatch import (
    ArcHotpatchLicense,
    ArcMachinePatchSettings,
    ImageSupportCheck,
    PatchAssessment,
    PatchInstallation,
    ScaleSetPatchSettings,
)

config = pulumi.Config()
group = f"/subscriptions/{os.environ['ARM_SUBSCRIPTION_ID']}/resourceGroups/rg-contoso"
server = f"{group}/providers/Microsoft.HybridCompute/machines/srv-arc-1"

ScaleSetPatchSettings(
    "web",
    scale_set_id=f"{group}/providers/Microsoft.Compute/virtualMachineScaleSets/vmss-web",
    patch_mode="AutomaticByPlatform",
    enable_hotpatching=True,
)
licence = ArcHotpatchLicense("branch", machine_id=server, vbs_status=2, secure_boot=True)
settings = ArcMachinePatchSettings("branch", machine_id=licence.machine_id, enable_hotpatching=True)
after = pulumi.ResourceOptions(depends_on=[settings])
image = ImageSupportCheck("image", machine_id=server, require="Supported", opts=after)
lacks = PatchAssessment("lacks", machine_id=server, opts=pulumi.ResourceOptions(depends_on=[image]))
installed = PatchInstallation(
    "installed",
    machine_id=server,
    windows={"classifications_to_include": ["Critical", "Security"]},
    timeout="200h",
    opts=pulumi.ResourceOptions(depends_on=[lacks]),
)
pulumi.export("licence", licence.subscription_status)
pulumi.export("image", image.support_state)
pulumi.export("status", installed.status)
pulumi.export("adopted", installed.adopted)
pulumi.export("patches", installed.patches)
