"""Virtual machines of azure-native with whatever the configuration gives them, guarded and filled in as it says."""

from typing import Any

import pulumi
import pulumi_azure_native as azure

from pulumi_azure_hotpatch import fill_patch_settings, guard_virtual_machines


class Shop(pulumi.ComponentResource):
    """What a machine may be a part of."""

    def __init__(self, name: str) -> None:
        super().__init__("contoso:index:Shop", name)


config = pulumi.Config()
if config.get_bool("fill"):
    fill_patch_settings()
if mode := config.get("guard"):
    guard_virtual_machines(mode)  # type: ignore[arg-type] # a wrong one is tested, too
    if config.get_bool("modules"):
        # As two modules of the program might.
        guard_virtual_machines(mode)  # type: ignore[arg-type]
        guard_virtual_machines(mode, relax=["hotpatch-forbids-bypass"])  # type: ignore[arg-type]

group = azure.resources.ResourceGroup("shop", resource_group_name="rg-shop", location="westeurope")
# Known only when the group has been made.
sku = group.id.apply(lambda _: "2025-datacenter-azure-edition")
for name, given in config.require_object("machines").items():
    image: Any = {
        "publisher": "MicrosoftWindowsServer",
        "offer": "WindowsServer",
        "sku": given.get("sku", sku),
        "version": "latest",
    }
    azure.compute.VirtualMachine(
        name,
        resource_group_name=group.name,
        location="westeurope",
        vm_name=name,
        hardware_profile={"vm_size": "Standard_D2s_v5"},
        storage_profile={"image_reference": image, "os_disk": {"create_option": "FromImage"}},
        os_profile={
            "computer_name": name,
            "admin_username": "contoso",
            "admin_password": pulumi.Output.secret("not-a-real-password"),
            "windows_configuration": given.get("windows_configuration", {}),
        },
        opts=pulumi.ResourceOptions(parent=Shop(f"shop-{name}")) if given.get("inside") else None,
    )
