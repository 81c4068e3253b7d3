"""A virtual machine as a program declares it to azure-native, before Azure has said anything about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from .bodies import object_at
from .facts import VIRTUAL_MACHINES, Image, Machine
from .inventory import machine_from_arm
from .logic import UNKNOWN, Maybe

# The publishers of images of Linux and of nothing else.
# Source: Microsoft Learn, Support matrix of Update Manager, 2025-01-06, marketplace images for Linux.
_LINUX_PUBLISHERS: Final = frozenset(
    ("almalinux", "canonical", "credativ", "debian", "microsoftcblmariner", "openlogic", "oracle", "redhat", "suse")
)


def declared_machine(inputs: Mapping[str, Any], name: str) -> Machine:
    """The machine that `inputs` (the wire's names, `UNKNOWN` where a value will be known later) ask for.

    `name` is what the program calls it. What it leaves out is what Azure makes of a new machine; the system is the
    image's.
    """
    identity = f"/subscriptions/-/resourceGroups/-/providers/{VIRTUAL_MACHINES}/{name}"
    # A zone is no concern of any rule, and may be unknown as a whole.
    body = {key: value for key, value in inputs.items() if key != "zones"}
    seen = machine_from_arm({**body, "id": identity, "name": name})
    return as_new(seen, inputs)


def as_new(seen: Machine, inputs: Mapping[str, Any]) -> Machine:
    """What Azure makes of a machine of which `seen` shows what `inputs` say.

    It has the agent and, on Windows, automatic updates unless it is told otherwise. Source: Azure REST API,
    Microsoft.Compute 2025-04-01, WindowsConfiguration and LinuxConfiguration.
    """
    machine = replace(seen, os_type=_system_of(seen.image, inputs)) if seen.os_type is None else seen
    if inputs.get("osProfile") is None:
        # Made from a specialised disk, which has its settings in it.
        return machine
    return replace(
        machine,
        provision_vm_agent=_or(machine.provision_vm_agent, True),
        enable_automatic_updates=_or(machine.enable_automatic_updates, True if machine.is_windows is True else None),
    )


def _system_of(image: Maybe[Image | None], inputs: Mapping[str, Any]) -> Maybe[str]:
    """The system that is configured, if by nothing but defaults, else that of the image."""
    profile = object_at(inputs, "osProfile")
    for system in ("Windows", "Linux"):
        if isinstance(profile.get(f"{system.casefold()}Configuration"), Mapping):
            return system
    return system_of_image(image)


def system_of_image(image: Maybe[Image | None]) -> Maybe[str]:
    """`Windows` or `Linux` where the image's publisher leaves no doubt, else UNKNOWN."""
    publisher = image.publisher if isinstance(image, Image) else None
    if not isinstance(publisher, str):
        return UNKNOWN
    # The publishers of Windows images: MicrosoftWindowsServer, MicrosoftWindowsDesktop and their previews.
    if publisher.casefold().startswith("microsoftwindows"):
        return "Windows"
    return "Linux" if publisher.casefold() in _LINUX_PUBLISHERS else UNKNOWN


def _or(value: Any, default: Any) -> Any:
    return default if value is None else value
