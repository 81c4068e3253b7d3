"""From nothing to two patched servers: one is hotpatched, the other has a maintenance window."""

import pulumi
import pulumi_azure_native as azure
from pulumi import ResourceOptions

from pulumi_azure_hotpatch import HotpatchReady, fill_patch_settings, guard_virtual_machines, patch_tuesday

# Before any machine is declared: what they leave out is filled in where the image leaves no doubt, and a machine whose
# settings Azure would refuse is refused in preview.
fill_patch_settings()
guard_virtual_machines("refuse")

group = azure.resources.ResourceGroup("shop", resource_group_name="rg-shop", location="westeurope")
network = azure.network.VirtualNetwork(
    "shop",
    resource_group_name=group.name,
    location=group.location,
    virtual_network_name="vnet-shop",
    address_space={"address_prefixes": ["192.0.2.0/24"]},
)
subnet = azure.network.Subnet(
    "servers",
    resource_group_name=group.name,
    virtual_network_name=network.name,
    subnet_name="servers",
    address_prefix="192.0.2.0/25",
)
password = pulumi.Config().require_secret("adminPassword")


def server(name: str, sku: str) -> azure.compute.VirtualMachine:
    """A Windows server from a marketplace image."""
    interface = azure.network.NetworkInterface(
        name,
        resource_group_name=group.name,
        location=group.location,
        network_interface_name=f"nic-{name}",
        ip_configurations=[{"name": "internal", "subnet": {"id": subnet.id}}],
    )
    return azure.compute.VirtualMachine(
        name,
        resource_group_name=group.name,
        location=group.location,
        vm_name=f"vm-{name}",
        hardware_profile={"vm_size": "Standard_D2s_v5"},
        storage_profile={
            "image_reference": {
                "publisher": "MicrosoftWindowsServer",
                "offer": "WindowsServer",
                "sku": sku,
                "version": "latest",
            },
            "os_disk": {"create_option": azure.compute.DiskCreateOptionTypes.FROM_IMAGE},
        },
        os_profile={"computer_name": name, "admin_username": "contoso", "admin_password": password},
        network_profile={"network_interfaces": [{"id": interface.id}]},
        # HotpatchReady looks after these once the machine is there.
        opts=ResourceOptions(ignore_changes=["osProfile.windowsConfiguration.patchSettings"]),
    )


# An Azure Edition image: most months without a restart.
web = HotpatchReady("web", machine=server("web", "2025-datacenter-azure-edition"))

# Any other image: four days after Patch Tuesday, at night.
app = HotpatchReady(
    "app",
    machine=server("app", "2022-datacenter-g2"),
    enable_hotpatching=False,
    schedule={
        "resource_group_name": group.name,
        "location": group.location,
        "start": "2027-02-01 22:00",
        "duration": "03:00",
        "time_zone": "Europe/Berlin",
        "recurrence": patch_tuesday(4),
        "windows": {"classifications_to_include": ["Critical", "Security", "UpdateRollup"]},
    },
)
pulumi.export("web", web.outcome)
pulumi.export("app", app.outcome)
pulumi.export("image of web", web.image_eligibility)
