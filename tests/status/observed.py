"""Fleets that are assessed and patched, to be observed."""

from datetime import UTC, datetime
from typing import Any

from azure_patch_simulator import SUBSCRIPTION_ID, Answer, PatchingSettings, World, match
from azure_patch_simulator.inventory import arc_machine, linux_machine, windows_machine
from pulumi_azure_hotpatch.observing.scopes import Scope
from tests.handlers.machines import HOTPATCH_SKU, MACHINES, UBUNTU
from tests.support.simulated import Azure, Settings

GROUP_NAME = "rg-contoso"
ALL = Scope.of(None, [SUBSCRIPTION_ID], None)
HOTPATCHED = {
    "patchMode": "AutomaticByPlatform",
    "enableHotpatching": True,
    "assessmentMode": "AutomaticByPlatform",
}
ASSESSED = {"patchMode": "AutomaticByPlatform", "assessmentMode": "AutomaticByPlatform"}
SERVER = f"{MACHINES.rpartition('/providers/')[0]}/providers/Microsoft.HybridCompute/machines/srv-arc-1"


def vm(name: str) -> str:
    """The id of a VM."""
    return f"{MACHINES}/{name}"


def of(*names: str) -> Scope:
    """The named VMs."""
    return Scope.of([vm(name) for name in names], (), None)


def instant(text: str) -> datetime:
    """An instant in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def windows(name: str, settings: dict[str, Any] | None = None, sku: str = HOTPATCH_SKU) -> dict[str, Any]:
    """A Windows VM."""
    return windows_machine(SUBSCRIPTION_ID, GROUP_NAME, name, sku, patch_settings=settings)


def linux(name: str) -> dict[str, Any]:
    """A Linux VM that the platform assesses and patches."""
    body = linux_machine(SUBSCRIPTION_ID, GROUP_NAME, name, UBUNTU)
    body["properties"]["osProfile"]["linuxConfiguration"]["patchSettings"] = ASSESSED
    return body


def server(**settings: Any) -> dict[str, Any]:
    """An Arc-enabled server of Windows Server 2025."""
    return arc_machine(SUBSCRIPTION_ID, GROUP_NAME, "srv-arc-1", patch_settings=settings)


def fleet(*bodies: dict[str, Any], start: str = "2025-10-20T08:00", until: str | None = None) -> Azure:
    """An Azure of these machines in which nothing fails or restarts by chance, `until` later."""
    calm = PatchingSettings(optional_reboot_share=0.0, dotnet_share=0.0)
    azure = Azure(World.from_inventory(bodies, settings=Settings(patching=calm)), start=instant(start))
    if until is not None:
        azure.simulator.clock.advance_to(instant(until))
    return azure


def without_graph(azure: Azure) -> Azure:
    """The same Azure, in which Resource Graph is refused."""
    refusal = Answer(403, "AuthorizationFailed", "No.")
    azure.simulator.faults.add(match("POST", "ResourceGraph"), response=refusal, times=None)
    return azure


def without_lists(azure: Azure) -> Azure:
    """The same Azure, in which Resource Graph is refused, and the list of VMs too."""
    refusal = Answer(403, "AuthorizationFailed", "No.")
    azure.simulator.faults.add(match("GET", "Microsoft.Compute/virtualMachines$"), response=refusal, times=None)
    return without_graph(azure)


def unregister(azure: Azure, namespace: str) -> None:
    """Take the registration of a resource provider away from the subscription."""
    azure.ask("POST", f"/subscriptions/{SUBSCRIPTION_ID}/providers/{namespace}/unregister")
    azure.simulator.clock.advance(azure.simulator.world.settings.provider_registration_time * 3)
    azure.take()


class Heard(list[str]):
    """What was told beside the answer."""

    def __call__(self, remark: str) -> None:
        self.append(remark)
