"""Machines that are assessed and patched on demand: a world of one each, and what is declared of them."""

from datetime import timedelta
from typing import Any

from azure_patch_simulator import SUBSCRIPTION_ID, PatchingSettings, World
from azure_patch_simulator.inventory import arc_machine, linux_machine, windows_machine
from azure_patch_simulator.resources import Body
from tests.handlers.declared import Declared
from tests.support.simulated import Azure, Settings

GROUP = f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/rg-contoso"
VM = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/vm"
ARC = f"{GROUP}/providers/Microsoft.HybridCompute/machines/arc"
UBUNTU = {"publisher": "Canonical", "offer": "0001-com-ubuntu-server-jammy", "sku": "22_04-lts-gen2"}
SECURITY = {"classificationsToInclude": ["Critical", "Security"]}
INSTALL, ASSESS = "VirtualMachines_InstallPatches", "VirtualMachines_AssessPatches"
START_VM, STOP_VM = "VirtualMachines_Start", "VirtualMachines_Deallocate"


def windows(sku: str = "2025-datacenter-azure-edition", **given: Any) -> Body:
    """A Windows VM, `VM`, from the marketplace."""
    return windows_machine(SUBSCRIPTION_ID, "rg-contoso", "vm", sku, **given)


def linux(**given: Any) -> Body:
    """An Ubuntu VM, `VM`, from the marketplace."""
    return linux_machine(SUBSCRIPTION_ID, "rg-contoso", "vm", UBUNTU, **given)


def arc(system: str = "Windows Server 2022 Datacenter") -> Body:
    """An Arc-enabled server, `ARC`."""
    return arc_machine(SUBSCRIPTION_ID, "rg-contoso", "arc", system)


def custom(image: str, body: Body | None = None) -> Body:
    """A VM, `VM`, from an image of a gallery; the name says what is inside."""
    made = windows() if body is None else body
    gallery = f"{GROUP}/providers/Microsoft.Compute/galleries/contoso/images/{image}/versions/1.0.0"
    made["properties"]["storageProfile"]["imageReference"] = {"id": gallery}
    return made


def azure_of(*bodies: Body, settings: Settings | None = None, **patching: Any) -> Azure:
    """A world of these machines; nothing fails and nothing restarts by chance."""
    chosen = PatchingSettings(**{"optional_reboot_share": 0.0, "dotnet_share": 0.0, **patching})
    used = settings or Settings()
    used.patching = chosen
    return Azure(World.from_inventory(bodies or (windows(),), settings=used))


def turn_off(azure: Azure, machine: str = VM) -> None:
    """The machine has been off since before anybody looked."""
    azure.simulator.world.set_power(machine, running=False)


def power(azure: Azure, machine: str = VM) -> str:
    """The power state as Azure shows it."""
    statuses = azure.ask("GET", f"{machine}/instanceView").json()["statuses"]
    (code,) = (each["code"] for each in statuses if each["code"].startswith("PowerState/"))
    return str(code).removeprefix("PowerState/")


def installation(azure: Azure, machine: str = VM, **inputs: Any) -> Declared:
    """The critical and security patches of a machine, declared."""
    given: dict[str, Any] = {"machineId": machine, "windows": SECURITY, "linux": SECURITY, **inputs}
    return Declared(azure, "patch_installation", {name: value for name, value in given.items() if value is not None})


def assessment(azure: Azure, machine: str = VM, **inputs: Any) -> Declared:
    """An assessment, declared."""
    return Declared(azure, "patch_assessment", {"machineId": machine, **inputs})


def image_check(azure: Azure, machine: str = VM, **inputs: Any) -> Declared:
    """A check of the image, declared."""
    return Declared(azure, "image_support_check", {"machineId": machine, **inputs})


def asked(azure: Azure, operation: str = INSTALL) -> int:
    """How often an operation was asked for and accepted, by whomever."""
    return sum(entry.operation == operation and entry.status < 300 for entry in azure.simulator.journal)


def somebody_installs(azure: Azure, machine: str = VM, **body: Any) -> str:
    """Somebody else installs on demand; the activity id."""
    request = {
        "maximumDuration": "PT2H",
        "rebootSetting": "IfRequired",
        "windowsParameters": {"classificationsToInclude": ["Definition"]},
        "linuxParameters": {"classificationsToInclude": ["Other"]},
        **body,
    }
    answer = azure.ask("POST", f"{machine}/installPatches", request)
    assert answer.status == 202, answer.json()
    headers = {name.casefold(): value for name, value in answer.headers.items()}
    address = headers.get("azure-asyncoperation") or headers["location"]
    return address.partition("?")[0].rpartition("/")[2]


def delay_support(azure: Azure, delay: timedelta) -> None:
    """Let the support state of every machine stay Unknown for a while after the first operation on it."""
    azure.simulator.world.settings.patching.support_delay = delay
