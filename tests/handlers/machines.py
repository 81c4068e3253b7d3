"""Machines to patch: worlds of them, what they hold, and other people's edits."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from azure_patch_simulator import SUBSCRIPTION_ID, World
from azure_patch_simulator.inventory import linux_machine, windows_machine
from tests.handlers.declared import Declared
from tests.support.simulated import Azure, Settings

GROUP = f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/rg-contoso"
MACHINES = f"{GROUP}/providers/Microsoft.Compute/virtualMachines"
WEB, OTHER, APP = (f"{MACHINES}/{name}" for name in ("vm-web-1", "vm-web-2", "vm-app-1"))
LINUX = MACHINES.replace("rg-contoso", "rg-contoso-eu") + "/vm-linux-1"
HOTPATCH_SKU = "2025-datacenter-azure-edition"
UBUNTU = {"publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server", "version": "latest"}

ARM_NAMES = {
    "patch_mode": "patchMode",
    "enable_hotpatching": "enableHotpatching",
    "assessment_mode": "assessmentMode",
    "reboot_setting": "rebootSetting",
    "bypass_platform_safety_checks_on_user_schedule": "bypassPlatformSafetyChecksOnUserSchedule",
}
NESTED = ("reboot_setting", "bypass_platform_safety_checks_on_user_schedule")


def patch_settings(values: Mapping[str, Any]) -> dict[str, Any]:
    """A `patchSettings` object with fields given by the program's names; None is a null."""
    body: dict[str, Any] = {ARM_NAMES[name]: value for name, value in values.items() if name not in NESTED}
    if nested := {ARM_NAMES[name]: value for name, value in values.items() if name in NESTED}:
        body["automaticByPlatformSettings"] = nested
    return body


def camel(values: Mapping[str, Any]) -> dict[str, Any]:
    """Fields by their names on the wire."""
    return {ARM_NAMES[name]: value for name, value in values.items()}


def windows_world(
    initial: Mapping[str, Any], *, sku: str = HOTPATCH_SKU, automatic_updates: bool = True, **settings: Any
) -> World:
    """A world of one Windows machine, `WEB`, with these patch settings."""
    body = windows_machine(SUBSCRIPTION_ID, "rg-contoso", "vm-web-1", sku, automatic_updates=automatic_updates)
    body["properties"]["osProfile"]["windowsConfiguration"]["patchSettings"] = patch_settings(initial)
    return World.from_inventory([body], settings=Settings(**settings))


def linux_world(initial: Mapping[str, Any]) -> World:
    """A world of one Linux machine, `LINUX`, with these patch settings."""
    body = linux_machine(SUBSCRIPTION_ID, "rg-contoso-eu", "vm-linux-1", UBUNTU, location="westeurope")
    body["properties"]["osProfile"]["linuxConfiguration"]["patchSettings"] = patch_settings(initial)
    return World.from_inventory([body])


def held(azure: Azure, machine: str = WEB) -> dict[str, Any]:
    """The patch fields that a machine has now, by the program's names."""
    profile = azure.body(machine)["properties"]["osProfile"]
    body = (profile.get("windowsConfiguration") or profile["linuxConfiguration"]).get("patchSettings", {})
    flat = {**body, **body.get("automaticByPlatformSettings", {})}
    return {name: flat[alias] for name, alias in ARM_NAMES.items() if alias in flat}


def edit(azure: Azure, values: Mapping[str, Any], machine: str = WEB, kind: str = "windows") -> None:
    """Somebody else sets patch fields, and the operation ends."""
    change = {f"{kind}Configuration": {"patchSettings": patch_settings(values)}}
    answer = azure.ask("PATCH", machine, {"properties": {"osProfile": change}})
    assert answer.status == 200, answer.json()
    azure.simulator.clock.advance(timedelta(minutes=5))


def overwrite(azure: Azure, values: Mapping[str, Any], machine: str = WEB) -> None:
    """The machine comes to hold exactly these patch fields, whatever the rules say of the way there."""
    resource = azure.simulator.world.resources.get(machine)
    assert resource is not None
    profile = resource.properties["osProfile"]
    (configuration,) = (profile[kind] for kind in ("windowsConfiguration", "linuxConfiguration") if kind in profile)
    configuration["patchSettings"] = patch_settings(values)


def declared(azure: Azure, machine: str = WEB, *, urn: str = "", **values: Any) -> Declared:
    """The patch settings of a machine, declared; patch fields by the program's names, other inputs by the wire's."""
    inputs = {ARM_NAMES.get(name, name): value for name, value in values.items()}
    return Declared(azure, "virtual_machine_patch_settings", {"virtualMachineId": machine, **inputs}, urn=urn)
