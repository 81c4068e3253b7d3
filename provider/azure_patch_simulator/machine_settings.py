"""What a machine is set to, read the same way from a virtual machine and from an Arc-enabled server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .guest_systems import System, line_of, system_of
from .machine_bodies import is_windows
from .machine_rules import is_hotpatch_image
from .resources import Body, Resource, ResourceStore

VM_TYPE = "Microsoft.Compute/virtualMachines"
ARC_TYPE = "Microsoft.HybridCompute/machines"
MACHINE_TYPES = (VM_TYPE, ARC_TYPE)
LICENCE_TAIL = "/licenseProfiles/default"


@dataclass(frozen=True, slots=True)
class PatchChoices:
    """The patch settings of a machine; what is not said is ``None`` or ``False``, an agent is there unless denied."""

    patch_mode: str | None
    assessment_mode: str | None
    reboot_setting: str | None
    hotpatching: bool | None
    bypasses_safety_checks: bool
    has_agent: bool
    time_zone: str | None

    @property
    def is_automatic(self) -> bool:
        """Whether the platform may patch it (patch mode AutomaticByPlatform)."""
        return self.patch_mode == "AutomaticByPlatform"


def is_machine(resource: Resource) -> bool:
    """Tell whether a resource is something that can be patched."""
    return resource.type.lower() in (VM_TYPE.lower(), ARC_TYPE.lower())


def is_arc(machine: Resource) -> bool:
    """Tell whether a machine is an Arc-enabled server."""
    return machine.type.lower() == ARC_TYPE.lower()


def choices_of(machine: Resource) -> PatchChoices:
    """Return what the machine is set to."""
    properties = machine.body.get("properties") or {}
    profile: Mapping[str, Any] = properties.get("osProfile") or {}
    configuration: Mapping[str, Any] = profile.get("windowsConfiguration") or profile.get("linuxConfiguration") or {}
    settings: Mapping[str, Any] = configuration.get("patchSettings") or {}
    platform: Mapping[str, Any] = settings.get("automaticByPlatformSettings") or {}
    return PatchChoices(
        patch_mode=settings.get("patchMode"),
        assessment_mode=settings.get("assessmentMode"),
        reboot_setting=platform.get("rebootSetting"),
        hotpatching=settings.get("enableHotpatching"),
        bypasses_safety_checks=bool(platform.get("bypassPlatformSafetyChecksOnUserSchedule")),
        has_agent=configuration.get("provisionVMAgent") is not False,
        time_zone=configuration.get("timeZone"),
    )


def is_running(machine: Resource) -> bool:
    """Tell whether the machine can be reached: powered on, or connected."""
    if is_arc(machine):
        return str(machine.body["properties"].get("status", "Connected")).lower() == "connected"
    return bool(machine.facts.get("running", True))


def system_inside(machine: Resource, images: Mapping[str, str]) -> System:
    """Return the operating system of the machine."""
    if not is_arc(machine):
        return system_of(machine.body, images, windows=is_windows(machine.body))
    properties: Body = machine.body["properties"]
    text = " ".join(str(properties.get(name, "")) for name in ("osSku", "osName", "osVersion")).lower()
    windows = str(properties.get("osType", "")).lower() == "windows" or "windows" in text
    return System("Windows" if windows else "Linux", line_of(text, windows=windows), custom=False)


def wants_hotpatches(machine: Resource, resources: ResourceStore) -> bool:
    """Tell whether hotpatching is in effect: set, and on Azure a fitting image, elsewhere an enabled licence.

    Source: Microsoft Learn, Enable hotpatch for Azure Arc-enabled servers, 2025-10-30 (Windows Server 2025 Standard or
    Datacenter, licence feature ``Hotpatch``); the machine's own switch counts as on unless it is off.
    """
    choices = choices_of(machine)
    if not is_arc(machine):
        return bool(choices.hotpatching) and choices.is_automatic and is_hotpatch_image(machine.body)
    licence = resources.get(machine.id + LICENCE_TAIL)
    if "hotpatchObstacle" in machine.facts:
        return False
    return choices.hotpatching is not False and licence is not None and hotpatch_status(licence) == "Enabled"


def hotpatch_status(licence: Resource) -> str:
    """Return the subscriptionStatus of a licence profile's feature ``Hotpatch``, ``Unknown`` when it has none."""
    product: Mapping[str, Any] = licence.properties.get("productProfile") or {}
    for feature in product.get("productFeatures") or ():
        if str(feature.get("name", "")).lower() == "hotpatch":
            return str(feature.get("subscriptionStatus", "Unknown"))
    return "Unknown"
