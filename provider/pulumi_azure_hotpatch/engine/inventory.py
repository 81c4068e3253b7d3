"""ARM bodies to facts: what `GET virtualMachines` answers, what `az vm list` prints, what an export holds.

`az` flattens `properties`; both forms are read. Keys missing from a body are absent (None), not unknown: a body was
seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from .arc import ArcServer
from .bodies import UNSEEN, Body, object_at, objects_at, properties_of
from .facts import PATCH_FIELD_PATHS, Image, Machine, PatchSettings
from .logic import UNKNOWN, Maybe, any_of
from .scale_set import ScaleSet

# All that a projection without the machine itself holds.
_IDENTITY = frozenset(("id", "name", "type", "location", "resourceGroup", "subscriptionId"))


def machine_from_arm(body: Body) -> Machine:
    """A machine from the body of an Azure VM or an Arc-enabled server, flattened or not."""
    properties = properties_of(body)
    profile = object_at(properties, "osProfile")
    storage = object_at(properties, "storageProfile")
    if body.keys() <= _IDENTITY:
        # A projection that left the machine itself out: nothing of it was seen.
        unseen = Machine.unseen(str(body.get("id", "")))
        return replace(unseen, name=str(body.get("name", "")), location=body.get("location", UNKNOWN))
    os_type = object_at(storage, "osDisk").get("osType") or properties.get("osType")
    kind = _kind_of(body)
    configuration = _configuration(profile, kind)
    view = _instance_view(properties)
    zones = body.get("zones")
    return Machine(
        id=str(body.get("id", "")),
        name=str(body.get("name", "")),
        location=body.get("location"),
        zone=next(iter(zones), None) if isinstance(zones, list | tuple) else zones,
        os_type=UNKNOWN if kind is UNKNOWN else _OS_TYPES.get(kind or "", os_type),
        image=_image(object_at(storage, "imageReference")),
        provision_vm_agent=configuration.get("provisionVMAgent"),
        enable_automatic_updates=configuration.get("enableAutomaticUpdates"),
        allow_extension_operations=profile.get("allowExtensionOperations"),
        time_zone=configuration.get("timeZone"),
        power_state=power_state(properties),
        availability_set_id=object_at(properties, "availabilitySet").get("id"),
        settings=settings_from_arm(object_at(configuration, "patchSettings")),
        has_os_profile=UNKNOWN if profile is UNSEEN else properties.get("osProfile") is not None,
        os_name=view.get("osName"),
        hyper_v_generation=view.get("hyperVGeneration"),
        vm_agent_version=object_at(view, "vmAgent").get("vmAgentVersion"),
        patch_extension_state=_patch_extension_state(view),
        reboot_pending=object_at(object_at(view, "patchStatus"), "availablePatchSummary").get("rebootPending"),
    )


def arc_server_from_arm(body: Body) -> ArcServer:
    """An Arc-enabled server from the body of `Microsoft.HybridCompute/machines`, flattened or not.

    `osSku` names the product (`Windows Server 2025 Datacenter`) where `osName` says only `windows`; the build is the
    last two numbers of `osVersion`.
    """
    properties = properties_of(body)
    configuration = object_at(object_at(properties, "osProfile"), f"{os_kind(body) or 'windows'}Configuration")
    patching = object_at(configuration, "patchSettings")
    version = properties.get("osVersion")
    return ArcServer(
        id=str(body.get("id", "")),
        name=str(body.get("name", "")),
        location=body.get("location"),
        os_type=properties.get("osType"),
        os_name=properties.get("osSku") or properties.get("osName"),
        os_edition=properties.get("osEdition"),
        os_build=".".join(str(version).split(".")[-2:]) if version else None,
        agent_version=properties.get("agentVersion"),
        status=properties.get("status"),
        enable_hotpatching=patching.get("enableHotpatching"),
        assessment_mode=patching.get("assessmentMode"),
        hotpatch_status=object_at(patching, "status").get("hotpatchEnablementStatus"),
        hotpatch_subscription=_hotpatch_subscription(object_at(properties, "licenseProfile")),
    )


def scale_set_from_arm(body: Body) -> ScaleSet:
    """A scale set from the body of `Microsoft.Compute/virtualMachineScaleSets`, flattened or not."""
    properties = properties_of(body)
    profile = object_at(properties, "virtualMachineProfile")
    kind = _kind_of(profile)
    configuration = _configuration(object_at(profile, "osProfile"), kind)
    extensions = objects_at(object_at(profile, "extensionProfile"), "extensions")
    return ScaleSet(
        id=str(body.get("id", "")),
        name=str(body.get("name", "")),
        orchestration_mode=properties.get("orchestrationMode"),
        os_type=UNKNOWN if kind is UNKNOWN else _OS_TYPES.get(kind or ""),
        image=_image(object_at(object_at(profile, "storageProfile"), "imageReference")),
        provision_vm_agent=configuration.get("provisionVMAgent"),
        has_health_extension=(
            UNKNOWN if extensions is UNKNOWN else any_of(*(_is_health_extension(extension) for extension in extensions))
        ),
        settings=settings_from_arm(object_at(configuration, "patchSettings")),
    )


def os_kind(body: Body) -> str | None:
    """`windows`, `linux` or None: by the profile's configuration, else by the disk's operating system type."""
    properties = properties_of(body)
    profile = object_at(properties, "osProfile")
    for kind in ("windows", "linux"):
        if f"{kind}Configuration" in profile and profile.get(f"{kind}Configuration"):
            return kind
    declared = object_at(object_at(properties, "storageProfile"), "osDisk").get("osType") or properties.get("osType")
    folded = str(declared).casefold()
    return folded if folded in ("windows", "linux") else None


_OS_TYPES: Final = {"windows": "Windows", "linux": "Linux"}


def _kind_of(body: Body) -> Maybe[str | None]:
    """As `os_kind`; UNKNOWN where what would tell is not known yet."""
    if (kind := os_kind(body)) is not None:
        return kind
    properties = properties_of(body)
    disk = object_at(object_at(properties, "storageProfile"), "osDisk")
    parts = (object_at(properties, "osProfile"), disk, properties.get("osType"), disk.get("osType"))
    return UNKNOWN if any(part is UNSEEN or part is UNKNOWN for part in parts) else None


def _configuration(profile: Body, kind: Maybe[str | None]) -> Body:
    """The part of an operating system profile for that kind of system."""
    if kind is UNKNOWN:
        return UNSEEN
    return object_at(profile, f"{kind}Configuration") if kind else {}


def settings_from_arm(patch_settings: Body) -> PatchSettings:
    """The five patch fields of a `patchSettings` object; absent ones are None."""
    found = {}
    for name, path in PATCH_FIELD_PATHS.items():
        value: Any = patch_settings
        for step in path:
            value = UNKNOWN if value is UNKNOWN else value.get(step) if isinstance(value, Mapping) else None
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
    view = _instance_view(properties)
    for code in (object_at(view, "powerState").get("code"), *_codes(view)):
        if str(code).casefold().startswith("powerstate/"):
            return str(code).split("/", 1)[1].casefold()
    # `az vm list --show-details` writes it as "VM running".
    shown = properties.get("powerState")
    return shown.casefold().removeprefix("vm ") if isinstance(shown, str) else None


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


def _instance_view(properties: Body) -> Body:
    # Resource Graph keeps a short form of it below `extended`.
    return object_at(properties, "instanceView") or object_at(object_at(properties, "extended"), "instanceView")


def _codes(view: Body) -> tuple[str, ...]:
    statuses = objects_at(view, "statuses")
    return () if statuses is UNKNOWN else tuple(str(status.get("code", "")) for status in statuses)


def _patch_extension_state(view: Body) -> str | None:
    """The provisioning state of the platform's patch extension, None when the view lists none.

    Source: Microsoft Learn, Automatic guest patching, 2024-07-31: Microsoft.CPlat.Core.{Windows,Linux}PatchExtension.
    """
    extensions = objects_at(view, "extensions")
    for extension in () if extensions is UNKNOWN else extensions:
        if str(extension.get("type", "")).casefold().endswith("patchextension"):
            for code in _codes(extension):
                if code.casefold().startswith("provisioningstate/"):
                    return code.split("/", 1)[1].casefold()
    return None


def _hotpatch_subscription(licence: Body) -> Maybe[str | None]:
    features = objects_at(object_at(licence, "productProfile"), "productFeatures")
    if features is UNKNOWN or UNKNOWN in features:
        return UNKNOWN
    for feature in features:
        if str(feature.get("name", "")).casefold() == "hotpatch":
            status = feature.get("subscriptionStatus")
            return status if status is None or status is UNKNOWN else str(status)
    return None


def _is_health_extension(extension: Any) -> Maybe[bool]:
    # Source: Microsoft Learn, Application Health extension: types ApplicationHealthWindows and ApplicationHealthLinux.
    kind = UNKNOWN if extension is UNKNOWN else properties_of(extension).get("type", "")
    return UNKNOWN if kind is UNKNOWN else str(kind).casefold().startswith("applicationhealth")
