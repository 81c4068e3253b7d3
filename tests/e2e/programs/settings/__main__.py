"""Hotpatching on one VM, under the name and with the machine that the configuration gives."""

import os

import pulumi

from pulumi_azure_hotpatch import VirtualMachinePatchSettings

config = pulumi.Config()
group = f"/subscriptions/{os.environ['ARM_SUBSCRIPTION_ID']}/resourceGroups/rg-contoso"
machine = config.get("machine") or "vm-web-1"
VirtualMachinePatchSettings(
    config.get("name") or "web",
    virtual_machine_id=f"{group}/providers/Microsoft.Compute/virtualMachines/{machine}",
    patch_mode="AutomaticByPlatform",
    enable_hotpatching=config.get_bool("hotpatch") is not False,
    reboot_setting=config.get("reboot"),
    timeout="200h",
)
