"""A Windows Server 2025 outside Azure, connected by Arc: licensed for hotpatching, and told to take hotpatches."""

import os

import pulumi

from pulumi_azure_hotpatch import ArcHotpatchLicense, ArcMachinePatchSettings

subscription = os.environ["ARM_SUBSCRIPTION_ID"]
server = (
    f"/subscriptions/{subscription}/resourceGroups/rg-branch/providers/Microsoft.HybridCompute/machines/srv-branch-1"
)

licence = ArcHotpatchLicense(
    "branch",
    machine_id=server,
    # Azure does not see these two. In the guest the class Win32_DeviceGuard has VirtualizationBasedSecurityStatus, and
    # Confirm-SecureBootUEFI tells of the other.
    vbs_status=2,
    secure_boot=True,
)
settings = ArcMachinePatchSettings(
    "branch",
    machine_id=licence.machine_id,
    enable_hotpatching=True,
    assessment_mode="AutomaticByPlatform",
)
pulumi.export("licence", licence.subscription_status)
pulumi.export("hotpatching", settings.hotpatch_status)
