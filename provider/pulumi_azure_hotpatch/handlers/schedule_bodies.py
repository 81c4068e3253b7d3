"""Maintenance configurations as Azure's JSON: fields out of a body, and a body with some fields changed.

Source of the shape: azure-mgmt-maintenance 2.1.0 (API 2023-04-01).
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from pulumi_azure_hotpatch.engine.durations import format_local, parse_expiry, parse_start
from pulumi_azure_hotpatch.engine.schedules import azure_zone
from pulumi_azure_hotpatch.models.base import Model
from pulumi_azure_hotpatch.models.maintenance_schedule import LinuxPackages, WindowsPatches
from pulumi_azure_hotpatch.ports import Body

SCOPE: Final = "InGuestPatch"
DEFAULT_REBOOT_SETTING: Final = "IfRequired"

PLACES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "start": ("properties", "maintenanceWindow", "startDateTime"),
        "duration": ("properties", "maintenanceWindow", "duration"),
        "time_zone": ("properties", "maintenanceWindow", "timeZone"),
        "recurrence": ("properties", "maintenanceWindow", "recurEvery"),
        "expires": ("properties", "maintenanceWindow", "expirationDateTime"),
        "reboot_setting": ("properties", "installPatches", "rebootSetting"),
        "windows": ("properties", "installPatches", "windowsParameters"),
        "linux": ("properties", "installPatches", "linuxParameters"),
        "tags": ("tags",),
    }
)
"""The fields that can be changed in place, each on its own."""

_SELECTIONS: Final[Mapping[str, type[WindowsPatches | LinuxPackages]]] = MappingProxyType(
    {"windows": WindowsPatches, "linux": LinuxPackages}
)
# Azure answers it, and the API version that we write with does not take it.
_READ_ONLY: Final = ("configurationType",)


def raw_fields(body: Body) -> dict[str, Any]:
    """Every field of a configuration as Azure's JSON has it, None where it is absent."""
    fields = {}
    for name, path in PLACES.items():
        value: Any = body
        for step in path:
            value = value.get(step) if isinstance(value, Mapping) else None
        # The service answers empty tags where there are none.
        fields[name] = value if value != {} else None
    return fields


def read_field(name: str, raw: Any) -> Any:
    """A field's value in a model's form, taken as the service has it: it may know values that we do not."""
    selection = _SELECTIONS.get(name)
    if selection is None or not isinstance(raw, Mapping):
        return raw
    values: dict[str, Any] = {}
    for field, info in selection.model_fields.items():
        value = raw.get(info.alias or field)
        if value is not None:
            values[field] = tuple(value) if isinstance(value, list) else value
    return selection.model_construct(**values)


def wire_field(name: str, value: Any) -> Any:
    """A declared value as the service takes it. Raises InvalidInput for a text that cannot be read."""
    match name:
        case "start":
            return format_local(parse_start(value))
        case "expires":
            return format_local(parse_expiry(value))
        case "time_zone":
            return azure_zone(value)
        case _:
            return value.model_dump(mode="json", by_alias=True) if isinstance(value, Model) else value


def changed_body(found: Body, location: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The body to PUT: what was `found` (empty for a new configuration) with `fields` over it; None takes one out.

    `InGuestPatchMode` is demanded by the service (Azure/bicep issue 8959).
    """
    properties = copy.deepcopy(dict(found.get("properties") or {}))
    for name in _READ_ONLY:
        properties.pop(name, None)
    extension = dict(properties.get("extensionProperties") or {})
    # The service answers this key with a small first letter.
    mode = next((extension.pop(key) for key in list(extension) if key.casefold() == "inguestpatchmode"), "User")
    properties |= {
        "maintenanceScope": SCOPE,
        "visibility": properties.get("visibility") or "Custom",
        "extensionProperties": {**extension, "InGuestPatchMode": mode},
    }
    body: dict[str, Any] = {
        "location": found.get("location") or location,
        "tags": dict(found.get("tags") or {}),
        "properties": properties,
    }
    for name, value in fields.items():
        *parents, leaf = PLACES[name]
        target = body
        for parent in parents:
            target = target.setdefault(parent, {})
        if value is None:
            target.pop(leaf, None)
        else:
            target[leaf] = value
    if not found:
        properties.setdefault("installPatches", {}).setdefault("rebootSetting", DEFAULT_REBOOT_SETTING)
    body.setdefault("tags", {})
    return body
