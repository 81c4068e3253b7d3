"""ARM bodies to facts: what `GET virtualMachines` answers, what `az vm list` prints, what an export holds.

`az` flattens `properties`; both forms are read. Keys missing from a body are absent (None), not unknown: a body was
seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .facts import PATCH_FIELD_PATHS, Image, Machine, PatchSettings

Body = Mapping[str, Any]


def machine_from_arm(body: Body) -> Machine:
    """A machine from the body of an Azure VM or an Arc-enabled server, flattened or not."""
    properties = _properties(body)
    profile = _object(properties, "osProfile")
    storage = _object(properties, "storageProfile")
    os_type = _object(storage, "osDisk").get("osType") or properties.get("osType")
    kind = os_kind(body)
    configuration = _object(profile, f"{kind}Configuration") if kind else {}
    zones = body.get("zones") or [None]
    return Machine(
        id=str(body.get("id", "")),
        name=str(body.get("name", "")),
        location=body.get("location"),
        zone=zones[0],
        os_type={"windows": "Windows", "linux": "Linux"}.get(kind or "", os_type),
        image=_image(_object(storage, "imageReference")),
        provision_vm_agent=configuration.get("provisionVMAgent"),
        enable_automatic_updates=configuration.get("enableAutomaticUpdates"),
        allow_extension_operations=profile.get("allowExtensionOperations"),
        time_zone=configuration.get("timeZone"),
        power_state=power_state(properties),
        availability_set_id=_object(properties, "availabilitySet").get("id"),
        settings=settings_from_arm(_object(configuration, "patchSettings")),
    )


def os_kind(body: Body) -> str | None:
    """`windows`, `linux` or None: by the profile's configuration, else by the disk's operating system type."""
    properties = _properties(body)
    profile = _object(properties, "osProfile")
    for kind in ("windows", "linux"):
        if profile.get(f"{kind}Configuration"):
            return kind
    declared = _object(_object(properties, "storageProfile"), "osDisk").get("osType") or properties.get("osType")
    folded = str(declared).casefold()
    return folded if folded in ("windows", "linux") else None


def settings_from_arm(patch_settings: Body) -> PatchSettings:
    """The five patch fields of a `patchSettings` object; absent ones are None."""
    found = {}
    for name, path in PATCH_FIELD_PATHS.items():
        value: Any = patch_settings
        for step in path:
            value = value.get(step) if isinstance(value, Mapping) else None
        found[name] = value
    return PatchSettings(**found)


def settings_to_arm(given: Mapping[str, Any]) -> dict[str, Any]:
    """A `patchSettings` object with the given fields and nothing else; None is written as null."""
    body: dict[str, Any] = {}
    for name, value in given.items():
        *parents, leaf = PATCH_FIELD_PATHS[name]
        target = body
        for parent in parents:
            target = target.setdefault(parent, {})
        target[leaf] = value
    return body


def power_state(properties: Body) -> str | None:
    """`running`, `deallocated`, … from an instance view, None when the body carries no instance view."""
    for status in _object(properties, "instanceView").get("statuses") or ():
        code = str(status.get("code", ""))
        if code.casefold().startswith("powerstate/"):
            return code.split("/", 1)[1].casefold()
    return None


def _image(reference: Body) -> Image | None:
    # A VM made from a specialised disk has no image reference at all: that too is not a marketplace image.
    if not reference:
        return None
    return Image(
        publisher=reference.get("publisher"),
        offer=reference.get("offer"),
        sku=reference.get("sku"),
        id=reference.get("id") or reference.get("sharedGalleryImageId") or reference.get("communityGalleryImageId"),
    )


def _properties(body: Body) -> Body:
    inner = body.get("properties")
    return inner if isinstance(inner, Mapping) else body


def _object(parent: Body, key: str) -> Body:
    value = parent.get(key)
    return value if isinstance(value, Mapping) else {}
