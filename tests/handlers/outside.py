"""Arc-enabled servers and scale sets to declare things about."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from azure_patch_simulator import SUBSCRIPTION_ID, World
from azure_patch_simulator.inventory import arc_machine
from tests.handlers.declared import Declared
from tests.handlers.machines import GROUP, HOTPATCH_SKU
from tests.support.simulated import START, Azure, Settings

SERVER = f"{GROUP}/providers/Microsoft.HybridCompute/machines/srv-arc-1"
PROFILE = f"{SERVER}/licenseProfiles/default"
SCALE_SET = f"{GROUP}/providers/Microsoft.Compute/virtualMachineScaleSets/vmss-web"
HEALTH = {
    "name": "health",
    "properties": {"type": "ApplicationHealthWindows", "publisher": "Microsoft.ManagedServices"},
}


def server_body(os_sku: str = "Windows Server 2025 Datacenter", **properties: Any) -> dict[str, Any]:
    """An Arc-enabled server that can be hotpatched, unless told otherwise."""
    body: dict[str, Any] = arc_machine(SUBSCRIPTION_ID, "rg-contoso", "srv-arc-1", os_sku)
    facts = {"osVersion": "10.0.26100.6899", "osEdition": "Datacenter", "agentVersion": "1.50.02883.2223"}
    body["properties"] |= {**facts, **properties}
    return body


def scale_set_body(
    settings: Mapping[str, Any] | None = None,
    *,
    mode: str = "Flexible",
    sku: str = HOTPATCH_SKU,
    healthy: bool = True,
) -> dict[str, Any]:
    """A scale set with these patch settings; `healthy` has the Application Health extension in its profile."""
    image = {"publisher": "MicrosoftWindowsServer", "offer": "WindowsServer", "sku": sku, "version": "latest"}
    windows: dict[str, Any] = {"provisionVMAgent": True, "enableAutomaticUpdates": True}
    if settings is not None:
        windows["patchSettings"] = dict(settings)
    profile: dict[str, Any] = {
        "osProfile": {"computerNamePrefix": "web", "windowsConfiguration": windows},
        "storageProfile": {"imageReference": image},
        "extensionProfile": {"extensions": [HEALTH] if healthy else []},
    }
    return {
        "id": SCALE_SET,
        "name": "vmss-web",
        "type": "Microsoft.Compute/virtualMachineScaleSets",
        "location": "eastus",
        "tags": {},
        "properties": {
            "orchestrationMode": mode,
            "virtualMachineProfile": profile,
            "provisioningState": "Succeeded",
        },
    }


def azure_of(*bodies: Mapping[str, Any], start: datetime = START, **settings: Any) -> Azure:
    """A simulated Azure of these resources and nothing else."""
    return Azure(World.from_inventory(bodies, settings=Settings(**settings)), start=start)


def license_of(azure: Azure, **inputs: Any) -> Declared:
    """The hotpatch licence of the server, declared."""
    return Declared(azure, "arc_hotpatch_license", {"machineId": SERVER, **inputs})


def server_settings(azure: Azure, **inputs: Any) -> Declared:
    """The patch settings of the server, declared; inputs by the wire's names."""
    return Declared(azure, "arc_machine_patch_settings", {"machineId": SERVER, **inputs})


def scale_set_settings(azure: Azure, **inputs: Any) -> Declared:
    """The patch settings of the scale set, declared; inputs by the wire's names."""
    return Declared(azure, "scale_set_patch_settings", {"scaleSetId": SCALE_SET, **inputs})


def features(azure: Azure) -> dict[str, str]:
    """The features of the server's licence profile and their statuses."""
    product = azure.body(PROFILE)["properties"]["productProfile"]
    return {one["name"]: one["subscriptionStatus"] for one in product["productFeatures"]}


def put_profile(azure: Azure, *named: tuple[str, str], **properties: Any) -> None:
    """Somebody else makes the server's licence profile, and the operation ends."""
    product = {
        "productType": "WindowsServer",
        "productFeatures": [{"name": name, "subscriptionStatus": status} for name, status in named],
    }
    body = {"location": "eastus", "properties": {"productProfile": product, **properties}}
    assert azure.ask("PUT", PROFILE, body).status == 201
    settle(azure)


def settle(azure: Azure) -> None:
    """Let what was begun come to its end."""
    azure.simulator.clock.advance(azure.simulator.world.settings.operation_time)
