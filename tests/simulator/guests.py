"""Worlds with something inside the machines, and the SDK clients that patch them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from azure.mgmt.compute import ComputeManagementClient
from azure.mgmt.hybridcompute import HybridComputeManagementClient

from azure_patch_simulator import SUBSCRIPTION_ID, PatchingSettings, Settings, Simulator, World, inventory
from azure_patch_simulator.guests import Guest
from azure_patch_simulator.resources import Body
from tests.simulator.asking import GROUP, MACHINES, Client

GROUP_NAME = "rg-contoso"
UBUNTU = {
    "publisher": "Canonical",
    "offer": "0001-com-ubuntu-server-jammy",
    "sku": "22_04-lts-gen2",
    "version": "latest",
}
HOTPATCH = {"patchMode": "AutomaticByPlatform", "enableHotpatching": True}
AUTOMATIC = {"patchMode": "AutomaticByPlatform"}
ASSESSED = {**AUTOMATIC, "assessmentMode": "AutomaticByPlatform"}
SCHEDULED = {
    "patchMode": "AutomaticByPlatform",
    "automaticByPlatformSettings": {"bypassPlatformSafetyChecksOnUserSchedule": True},
}
SECURITY = {"classificationsToInclude": ["Critical", "Security"]}


def machine_id(name: str) -> str:
    return f"{MACHINES}/{name}"


def arc_id(name: str) -> str:
    return f"{GROUP}/providers/Microsoft.HybridCompute/machines/{name}"


def windows(name: str, sku: str = "2025-datacenter-azure-edition", **given: Any) -> Body:
    return inventory.windows_machine(SUBSCRIPTION_ID, GROUP_NAME, name, sku, **given)


def linux(name: str, **given: Any) -> Body:
    return inventory.linux_machine(SUBSCRIPTION_ID, GROUP_NAME, name, UBUNTU, **given)


def arc(name: str, os_sku: str = "Windows Server 2025 Datacenter", **given: Any) -> Body:
    return inventory.arc_machine(SUBSCRIPTION_ID, GROUP_NAME, name, os_sku, **given)


def custom(name: str, image: str, *, os_type: str = "Windows") -> Body:
    """A machine made from a gallery image."""
    body = windows(name) if os_type == "Windows" else linux(name)
    gallery = f"{GROUP}/providers/Microsoft.Compute/galleries/contoso/images/{image}/versions/1.0.0"
    body["properties"]["storageProfile"]["imageReference"] = {"id": gallery}
    return body


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def world(
    *bodies: Body, start: str = "2025-01-02T08:00", seed: int = 0, policies: tuple[Any, ...] = (), **patching: Any
) -> Client:
    """A client of a new simulator over these machines; nothing fails and nothing restarts by chance."""
    chosen = PatchingSettings(**{"optional_reboot_share": 0.0, "dotnet_share": 0.0, **patching})
    settings = Settings(operation_time=timedelta(0), patching=chosen, policies=list(policies))
    return Client(Simulator(World.from_inventory(bodies, settings=settings), start=instant(start), seed=seed))


def guest(azure: Client, name: str) -> Guest:
    place = arc_id(name) if azure.simulator.world.resources.get(arc_id(name)) is not None else machine_id(name)
    return azure.simulator.patching.guest(place)


def advance(azure: Client, text: str) -> None:
    azure.simulator.clock.advance_to(instant(text))


def compute(azure: Client) -> ComputeManagementClient:
    return ComputeManagementClient(azure.simulator.credential(), SUBSCRIPTION_ID, transport=azure.simulator.transport())


def hybrid(azure: Client) -> HybridComputeManagementClient:
    return HybridComputeManagementClient(
        azure.simulator.credential(), SUBSCRIPTION_ID, transport=azure.simulator.transport()
    )


def assess(azure: Client, name: str) -> dict[str, Any]:
    """The result of an assessment through the SDK, as the service's JSON."""
    result = compute(azure).virtual_machines.begin_assess_patches(GROUP_NAME, name).result()
    return dict(result.as_dict())


def install(
    azure: Client, name: str, *, reboot: str = "IfRequired", duration: str = "PT3H", **parameters: Any
) -> dict[str, Any]:
    """The result of an installation of ``parameters`` (by default critical and security) on a Windows machine."""
    body: Any = {
        "maximumDuration": duration,
        "rebootSetting": reboot,
        "windowsParameters": parameters or SECURITY,
        "linuxParameters": {},
    }
    return dict(compute(azure).virtual_machines.begin_install_patches(GROUP_NAME, name, body).result().as_dict())


def install_linux(
    azure: Client, name: str, *, reboot: str = "IfRequired", duration: str = "PT3H", **parameters: Any
) -> Any:
    """The same on a Linux machine."""
    body: Any = {
        "maximumDuration": duration,
        "rebootSetting": reboot,
        "windowsParameters": {},
        "linuxParameters": parameters or SECURITY,
    }
    return dict(compute(azure).virtual_machines.begin_install_patches(GROUP_NAME, name, body).result().as_dict())


def kbs(result: dict[str, Any], state: str | None = None) -> list[str]:
    """The KBs (as shown, without letters) of an assessment, or of an installation's patches in a state."""
    patches = result.get("availablePatches", result.get("patches", []))
    return [patch["kbId"] for patch in patches if state is None or patch["installationState"] == state]


def rows_of(azure: Client, name: str, kind: str) -> list[dict[str, Any]]:
    """The rows of a patch table (``assessment``, ``installation``, ``maintenance``) of one machine."""
    records = azure.simulator.world.patch_records
    found = {
        "assessment": records.assessment_rows,
        "installation": records.installation_rows,
        "maintenance": records.maintenance_rows,
    }[kind]()
    return [row for row in found if f"/{name}/" in row["id"].lower()]
