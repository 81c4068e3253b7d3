"""A server of azure-native, its schedule, and our settings of a server that is there already – with mistakes."""

import os

import pulumi
import pulumi_azure_native as azure

from pulumi_azure_hotpatch import VirtualMachinePatchSettings

group = azure.resources.ResourceGroup("shop", resource_group_name="rg-shop", location="westeurope")
azure.maintenance.MaintenanceConfiguration(
    "nights",
    resource_name_="nights",
    resource_group_name=group.name,
    location="westeurope",
    maintenance_scope="InGuestPatch",
    visibility="Public",
    start_date_time="2027-02-01 22:00",
    duration="03:00",
    time_zone="W. Europe Standard Time",
    recur_every="Week Saturday",
    install_patches={"windows_parameters": {"classifications_to_include": ["Critical", "Security"]}},
)
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
interface = azure.network.NetworkInterface(
    "web",
    resource_group_name=group.name,
    location=group.location,
    network_interface_name="nic-web",
    ip_configurations=[{"name": "internal", "subnet": {"id": subnet.id}}],
)
azure.compute.VirtualMachine(
    "web",
    resource_group_name=group.name,
    location="westeurope",
    vm_name="vm-web",
    hardware_profile={"vm_size": "Standard_D2s_v5"},
    storage_profile={
        "image_reference": {
            "publisher": "MicrosoftWindowsServer",
            "offer": "WindowsServer",
            "sku": "2025-datacenter-azure-edition",
            "version": "latest",
        },
        "os_disk": {"create_option": azure.compute.DiskCreateOptionTypes.FROM_IMAGE},
    },
    os_profile={
        "computer_name": "web",
        "admin_username": "contoso",
        "admin_password": pulumi.Config().require_secret("adminPassword"),
        "windows_configuration": {
            "patch_settings": {
                "enable_hotpatching": True,
                "patch_mode": "AutomaticByPlatform",
                "automatic_by_platform_settings": {"bypass_platform_safety_checks_on_user_schedule": True},
            }
        },
    },
    network_profile={"network_interfaces": [{"id": interface.id}]},
)
there = f"/subscriptions/{os.environ['ARM_SUBSCRIPTION_ID']}/resourceGroups/rg-contoso/providers"
VirtualMachinePatchSettings(
    "there",
    virtual_machine_id=f"{there}/Microsoft.Compute/virtualMachines/vm-web-1",
    patch_mode="AutomaticByPlatform",
    enable_hotpatching=True,
    reboot_setting="Always",
)
