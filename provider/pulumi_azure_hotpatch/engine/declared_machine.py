"""A virtual machine as a program declares it to azure-native: values may not be known yet, and what a new machine
leaves out gets Azure's documented default.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .facts import PATCH_FIELD_PATHS, VIRTUAL_MACHINES, Machine, PatchSettings
from .inventory import machine_from_arm, os_kind
from .logic import UNKNOWN


def declared_machine(inputs: Mapping[str, Any], name: str) -> Machine:
    """The machine that `inputs` (the wire's names, `UNKNOWN` where a value will be known later) ask for.

    `name` is what the program calls it. Left out means: with the VM agent, and on Windows with automatic updates
    (source: Azure REST API, Microsoft.Compute 2025-04-01, WindowsConfiguration and LinuxConfiguration).
    """
    storage = _at(inputs, "storageProfile")
    reference = _at(storage, "imageReference")
    seen = machine_from_arm({"name": name, "storageProfile": storage if isinstance(storage, Mapping) else None})
    os_type = _os_type(inputs, reference)
    profile = _at(inputs, "osProfile")
    configuration = _at(profile, "linuxConfiguration" if os_type == "Linux" else "windowsConfiguration")
    patching = _at(configuration, "patchSettings")
    has_guest = profile is not None
    return replace(
        seen,
        id=f"/subscriptions/-/resourceGroups/-/providers/{VIRTUAL_MACHINES}/{name}",
        location=_at(inputs, "location"),
        os_type=os_type,
        image=UNKNOWN if reference is UNKNOWN else seen.image,
        provision_vm_agent=_or(_at(configuration, "provisionVMAgent"), True if has_guest else None),
        enable_automatic_updates=_or(
            _at(configuration, "enableAutomaticUpdates"), True if has_guest and os_type == "Windows" else None
        ),
        allow_extension_operations=_at(profile, "allowExtensionOperations"),
        time_zone=_at(configuration, "timeZone"),
        availability_set_id=_at(_at(inputs, "availabilitySet"), "id"),
        settings=PatchSettings(**{field: _at(patching, *path) for field, path in PATCH_FIELD_PATHS.items()}),
    )


def _at(value: Any, *path: str) -> Any:
    """What lies below `value`: UNKNOWN below what is not known, None where there is nothing."""
    for step in path:
        if value is UNKNOWN:
            return UNKNOWN
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _or(value: Any, default: Any) -> Any:
    return default if value is None else value


def _os_type(inputs: Mapping[str, Any], reference: Any) -> Any:
    kind = os_kind(inputs)
    if kind is not None:
        return {"windows": "Windows", "linux": "Linux"}[kind]
    publisher = _at(reference, "publisher")
    if isinstance(publisher, str) and publisher.casefold().startswith("microsoftwindows"):
        return "Windows"
    # Azure takes it from the image.
    return UNKNOWN
