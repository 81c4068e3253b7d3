"""Bodies of virtual machines: what a PUT leaves unsaid, what the service fills in, and the instance view."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from .fields import choice, merge, without_nulls
from .machine_rules import ASSESSMENT_MODES, LINUX_MODES, REBOOT_SETTINGS, WINDOWS_MODES
from .resources import Body, Resource

READ_ONLY = ("id", "name", "type", "etag", "resources", "systemData")
READ_ONLY_PROPERTIES = ("vmId", "timeCreated", "provisioningState", "instanceView")
# What a PUT may leave out without changing it: the Azure CLI and Terraform's azapi send bodies without some of these.
KEPT = (
    ("storageProfile", "imageReference"),
    ("storageProfile", "osDisk"),
    ("storageProfile", "dataDisks"),
    ("osProfile", "computerName"),
    ("osProfile", "adminUsername"),
    ("osProfile", "windowsConfiguration"),
    ("osProfile", "linuxConfiguration"),
    ("osProfile", "secrets"),
)
KEPT_PROFILES = ("hardwareProfile", "networkProfile", "availabilitySet", "virtualMachineScaleSet", "securityProfile")


def replace(before: Body | None, sent: Body) -> Body:
    """Return the body a PUT of ``sent`` asks for, given the machine as it was.

    Read-only members are ignored, immutable ones that were left out stay as they were; patch settings that are sent
    replace the former ones as a whole.
    """
    body: Body = without_nulls({name: value for name, value in sent.items() if name not in READ_ONLY})
    properties: Body = body.setdefault("properties", {})
    for name in READ_ONLY_PROPERTIES:
        properties.pop(name, None)
    if before is None:
        return body
    old: Body = before["properties"]
    for name in KEPT_PROFILES:
        if name in old and properties.get(name) is None:
            properties[name] = copy.deepcopy(old[name])
    for profile, name in KEPT:
        if name not in (old.get(profile) or {}):
            continue
        new = properties.get(profile)
        if new is None:
            new = properties[profile] = {}
        if new.get(name) is None:
            new[name] = copy.deepcopy(old[profile][name])
        elif name in ("windowsConfiguration", "linuxConfiguration", "osDisk"):
            new[name] = {**copy.deepcopy(old[profile][name]), **new[name]}
    for name in ("location", "zones"):
        if body.get(name) is None and name in before:
            body[name] = copy.deepcopy(before[name])
    return body


def update(before: Body, sent: Body) -> Body:
    """Return the body a PATCH of ``sent`` asks for: only what is given changes."""
    change = {name: value for name, value in sent.items() if name not in READ_ONLY}
    inner = {name: value for name, value in (sent.get("properties") or {}).items() if name not in READ_ONLY_PROPERTIES}
    if inner or "properties" in change:
        change["properties"] = inner
    if isinstance(change.get("tags"), dict):
        tags = change.pop("tags")
        merged: Body = merge(copy.deepcopy(before), change)
        merged["tags"] = dict(tags)
        return merged
    result: Body = merge(copy.deepcopy(before), change)
    return result


def is_windows(body: Body) -> bool:
    """Tell whether the machine runs Windows."""
    properties = body["properties"]
    profile = properties.get("osProfile") or {}
    if "windowsConfiguration" in profile:
        return True
    storage = properties.get("storageProfile") or {}
    os_type = (storage.get("osDisk") or {}).get("osType")
    if isinstance(os_type, str):
        return os_type.lower() == "windows"
    publisher = str((storage.get("imageReference") or {}).get("publisher", "")).lower()
    return "linuxConfiguration" not in profile and publisher.startswith("microsoftwindows")


def fill_in(body: Body) -> None:
    """Add what the service adds to a PUT: the defaults of the guest configuration, the system of the disk.

    Defaults for Windows: recorded traffic (api 2020-12-01). With enableAutomaticUpdates false the default patch mode
    was not seen, and none is filled in. Linux: ``ImageDefault`` (Microsoft Learn, automatic VM guest patching).
    """
    properties = body["properties"]
    profile = properties.get("osProfile")
    windows = is_windows(body)
    if isinstance(profile, dict):
        configuration = profile.setdefault("windowsConfiguration" if windows else "linuxConfiguration", {})
        configuration.setdefault("provisionVMAgent", True)
        mode: str | None = "ImageDefault"
        if windows:
            configuration.setdefault("enableAutomaticUpdates", True)
            mode = "AutomaticByOS" if configuration["enableAutomaticUpdates"] else None
        settings = configuration.setdefault("patchSettings", {})
        if mode is not None:
            settings.setdefault("patchMode", mode)
    disk = properties.setdefault("storageProfile", {}).setdefault("osDisk", {})
    disk.setdefault("osType", "Windows" if windows else "Linux")


def tidy(body: Body) -> None:
    """Drop secrets, and give enumerated values the service's spelling."""
    profile = body["properties"].get("osProfile")
    if not isinstance(profile, dict):
        return
    profile.pop("adminPassword", None)
    profile.pop("customData", None)
    for name, modes in (("windowsConfiguration", WINDOWS_MODES), ("linuxConfiguration", LINUX_MODES)):
        settings = (profile.get(name) or {}).get("patchSettings")
        if isinstance(settings, dict):
            _spell(settings, "patchMode", modes)
            _spell(settings, "assessmentMode", ASSESSMENT_MODES)
            _spell(settings.get("automaticByPlatformSettings") or {}, "rebootSetting", REBOOT_SETTINGS)


def _spell(settings: Body, name: str, allowed: tuple[str, ...]) -> None:
    value = choice(settings, name, allowed)
    if value is not None:
        settings[name] = value


def instance_view(resource: Resource, now_text: str, patch_status: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the instance view: power and provisioning state, agent, patch status if there is one."""
    running = bool(resource.facts.get("running", True))
    state = str(resource.properties.get("provisioningState", "Succeeded"))
    power = "running" if running else str(resource.facts.get("off", "deallocated"))
    view: dict[str, Any] = {
        "statuses": [
            _status(f"ProvisioningState/{state.lower()}", f"Provisioning {state.lower()}", now_text),
            {"code": f"PowerState/{power}", "level": "Info", "displayStatus": f"VM {power}"},
        ],
    }
    profile = resource.properties.get("osProfile") or {}
    if "computerName" in profile:
        view["computerName"] = profile["computerName"]
    if running:
        ready = _status("ProvisioningState/succeeded", "Ready", now_text)
        view["vmAgent"] = {"vmAgentVersion": "Unknown", "statuses": [ready], "extensionHandlers": []}
    if patch_status is not None:
        view["patchStatus"] = dict(patch_status)
    return view


def _status(code: str, text: str, time: str) -> dict[str, Any]:
    return {"code": code, "level": "Info", "displayStatus": text, "time": time}
