"""A program under Pulumi's mocks that registers the filler and the guard and puts resources through both; prints what
becomes of them as JSON.

Run as a process of its own, because mocks change the SDK for good.
"""

import asyncio
import json
import sys
from typing import Any

import pulumi
from pulumi import ResourceOptions, ResourceTransformArgs
from pulumi.runtime import mocks

from pulumi_azure_hotpatch import fill_patch_settings, guard_virtual_machines

IMAGE = {"publisher": "MicrosoftWindowsServer", "offer": "WindowsServer", "sku": "2025-datacenter-azure-edition"}
PROPS = {"storageProfile": {"imageReference": IMAGE}, "osProfile": {"computerName": "web"}}
UBUNTU = {"publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server"}
DATABASE = {"publisher": "MicrosoftSQLServer", "offer": "sql2022-ws2022", "sku": "standard-gen2"}
SECRET = {**PROPS, "osProfile": pulumi.Output.secret({"computerName": "web"})}
RESOURCES: dict[str, tuple[str, dict[str, Any]]] = {
    "plain": ("azure-native:compute:VirtualMachine", PROPS),
    "old-version": ("azure-native:compute/v20240301:VirtualMachine", PROPS),
    "local-package": ("azure-native_compute_v20240301:compute:VirtualMachine", PROPS),
    "disk": ("azure-native:compute:Disk", PROPS),
    "vmware": ("azure-native:connectedvmwarevsphere:VirtualMachine", PROPS),
    "ubuntu": ("azure-native:compute:VirtualMachine", {**PROPS, "storageProfile": {"imageReference": UBUNTU}}),
    "database": ("azure-native:compute:VirtualMachine", {**PROPS, "storageProfile": {"imageReference": DATABASE}}),
    "without-profile": ("azure-native:compute:VirtualMachine", {"storageProfile": PROPS["storageProfile"]}),
    "secret": ("azure-native:compute:VirtualMachine", SECRET),
}


class Nothing(mocks.Mocks):
    """A world without resources."""

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[Any, Any]]:
        return f"{args.name}-id", args.inputs

    def call(self, args: mocks.MockCallArgs) -> Any:
        raise AssertionError(f"{args.token} is called")


monitor = mocks.MockMonitor(Nothing())
mocks.set_mocks(monitor.mocks, monitor=monitor)


async def put_through() -> dict[str, Any]:
    """Each resource's OS profile after the filler, and the names of the hooks that the guard has given it."""
    fill, guard = monitor.get_registered_transforms()
    found: dict[str, Any] = {}
    for name, (token, props) in RESOURCES.items():
        filled: Any = fill(ResourceTransformArgs(True, token, name, props, ResourceOptions()))
        if asyncio.iscoroutine(filled):
            filled = await filled
        guarded: Any = guard(ResourceTransformArgs(True, token, name, props, ResourceOptions()))
        hooks = guarded.opts.hooks if guarded else None
        found[name] = {
            "profile": filled.props.get("osProfile") if filled else None,
            "others": filled is None or filled.props["storageProfile"] == props["storageProfile"],
            "hooks": [hook.name for hook in (*hooks.before_create, *hooks.before_update)] if hooks else [],
        }
    return found


found: dict[str, Any] = {}


@pulumi.runtime.test  # type: ignore[untyped-decorator] # Pulumi's own is
def program() -> pulumi.Output[Any]:
    """Register both, and put every resource through them."""
    fill_patch_settings(reboot_setting="IfRequired")
    guard_virtual_machines("warn")
    # By another module of the program.
    guard_virtual_machines("warn")
    done: pulumi.Output[dict[str, Any]] = pulumi.Output.from_input(put_through())
    return done.apply(found.update)


program()
json.dump(found, sys.stdout)
