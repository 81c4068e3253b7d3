"""What both forms of this package's program declare alike."""

import os

from pulumi_azure_hotpatch import MaintenanceSchedule, PreviewEnrollment, patch_tuesday

GROUP = f"/subscriptions/{os.environ['ARM_SUBSCRIPTION_ID']}/resourceGroups/rg-contoso"
MACHINES = [f"vm-{number:04}" for number in range(int(os.environ["BENCH_MACHINES"]))]


def machine_id(name: str) -> str:
    """The ARM id of a machine."""
    return f"{GROUP}/providers/Microsoft.Compute/virtualMachines/{name}"


def enrolled() -> PreviewEnrollment:
    """One feature, registered."""
    return PreviewEnrollment("preview", features=["InGuestHotPatchVMPreview"])


def schedule() -> MaintenanceSchedule:
    """One maintenance configuration."""
    return MaintenanceSchedule(
        "monthly",
        resource_group_name="rg-contoso",
        location="eastus",
        start="2027-01-01 22:00",
        duration="03:00",
        time_zone="Europe/Berlin",
        recurrence=patch_tuesday(4),
        reboot_setting="IfRequired",
        windows={"classifications_to_include": ["Critical", "Security"]},
    )
