"""An image that must be supported, what the machine lacks, and an installation that runs only after both."""

import os

import pulumi

from pulumi_azure_hotpatch import ImageSupportCheck, PatchAssessment, PatchInstallation

config = pulumi.Config()
group = f"/subscriptions/{os.environ['ARM_SUBSCRIPTION_ID']}/resourceGroups/rg-contoso"
machine = f"{group}/providers/Microsoft.Compute/virtualMachines/{config.require('machine')}"
month = config.get("month") or "first"

before: list[pulumi.Resource] = []
if config.get_bool("checked") is not False:
    image = ImageSupportCheck("image", machine_id=machine, require="Supported")
    lacks = PatchAssessment(
        "lacks", machine_id=machine, triggers=[month], opts=pulumi.ResourceOptions(depends_on=[image])
    )
    before = [image, lacks]
    pulumi.export("image", image.support_state)
    pulumi.export("guidance", image.guidance)
    pulumi.export("lacks", lacks.counts)

installed = PatchInstallation(
    "installed",
    machine_id=machine,
    windows={"classifications_to_include": ["Critical", "Security"]},
    triggers=[month],
    start_if_off=config.get_bool("startIfOff"),
    adopt_activity_id=config.get("adopt"),
    timeout="200h",
    opts=pulumi.ResourceOptions(depends_on=before),
)
pulumi.export("activity", installed.activity_id)
pulumi.export("status", installed.status)
pulumi.export("patches", installed.patches)
pulumi.export("adopted", installed.adopted)
