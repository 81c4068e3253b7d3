"""What is observed or declared, as plain values.

`None` means "known to be absent", `UNKNOWN` "known later". Field names are the ones programs write; `ARM_PATHS` has
Azure's beside them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

from .logic import UNKNOWN, Maybe

VIRTUAL_MACHINES: Final = "Microsoft.Compute/virtualMachines"
ARC_MACHINES: Final = "Microsoft.HybridCompute/machines"
MAINTENANCE_CONFIGURATIONS: Final = "Microsoft.Maintenance/maintenanceConfigurations"
CONFIGURATION_ASSIGNMENTS: Final = "Microsoft.Maintenance/configurationAssignments"


@dataclass(frozen=True, slots=True)
class PatchSettings:
    """The patch fields of a machine's operating system profile; each may be absent (None) or unknown (UNKNOWN)."""

    patch_mode: Maybe[str | None] = None
    enable_hotpatching: Maybe[bool | None] = None
    assessment_mode: Maybe[str | None] = None
    reboot_setting: Maybe[str | None] = None
    bypass_platform_safety_checks_on_user_schedule: Maybe[bool | None] = None

    def as_given(self) -> dict[str, Any]:
        """Only the fields that are not None."""
        return {name: value for name in PATCH_FIELDS if (value := getattr(self, name)) is not None}


PATCH_FIELDS: Final = tuple(PatchSettings.__dataclass_fields__)

# Where a patch field lives below osProfile.{windows,linux}Configuration.patchSettings.
# Source: azure-mgmt-compute 39.0.0, models PatchSettings and LinuxPatchSettings.
PATCH_FIELD_PATHS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "patch_mode": ("patchMode",),
        "enable_hotpatching": ("enableHotpatching",),
        "assessment_mode": ("assessmentMode",),
        "reboot_setting": ("automaticByPlatformSettings", "rebootSetting"),
        "bypass_platform_safety_checks_on_user_schedule": (
            "automaticByPlatformSettings",
            "bypassPlatformSafetyChecksOnUserSchedule",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Image:
    """Where a machine's operating system came from: a marketplace triple, or `id` for a gallery or managed image."""

    publisher: Maybe[str | None] = None
    offer: Maybe[str | None] = None
    sku: Maybe[str | None] = None
    id: Maybe[str | None] = None

    @property
    def triple(self) -> Maybe[str | None]:
        """`publisher:offer:sku`, None for an image that is not from the marketplace."""
        parts = (self.publisher, self.offer, self.sku)
        if any(part is UNKNOWN for part in parts):
            return UNKNOWN
        return None if None in parts else ":".join(str(part) for part in parts)

    @property
    def description(self) -> Maybe[str]:
        """The image in words, for messages."""
        triple = self.triple
        if triple is UNKNOWN or triple is not None:
            return triple
        return "a custom image" if self.id in (None, UNKNOWN) else f"the custom image {self.id}"

    @property
    def is_marketplace(self) -> Maybe[bool]:
        """True for a marketplace triple, False for a custom image."""
        triple = self.triple
        return UNKNOWN if triple is UNKNOWN else triple is not None


@dataclass(frozen=True, slots=True)
class Machine:
    """One machine, as Azure shows it or as a declaration will leave it."""

    id: Maybe[str]
    name: Maybe[str] = UNKNOWN
    location: Maybe[str | None] = UNKNOWN
    zone: Maybe[str | None] = UNKNOWN
    os_type: Maybe[str | None] = UNKNOWN
    image: Maybe[Image | None] = UNKNOWN
    provision_vm_agent: Maybe[bool | None] = UNKNOWN
    enable_automatic_updates: Maybe[bool | None] = UNKNOWN
    allow_extension_operations: Maybe[bool | None] = UNKNOWN
    time_zone: Maybe[str | None] = UNKNOWN
    power_state: Maybe[str | None] = UNKNOWN
    availability_set_id: Maybe[str | None] = UNKNOWN
    settings: PatchSettings = field(default_factory=PatchSettings)

    @property
    def is_windows(self) -> Maybe[bool]:
        """Whether the operating system is Windows."""
        return UNKNOWN if self.os_type is UNKNOWN else str(self.os_type).casefold() == "windows"

    @property
    def made_from(self) -> Maybe[str]:
        """The machine's image in words, for messages."""
        if self.image is UNKNOWN:
            return UNKNOWN
        return "a disk without an image reference" if self.image is None else self.image.description

    @property
    def is_arc(self) -> Maybe[bool]:
        """Whether this is an Arc-enabled server rather than an Azure VM."""
        return UNKNOWN if self.id is UNKNOWN else f"/{ARC_MACHINES}/".casefold() in str(self.id).casefold()

    def with_settings(self, wanted: Mapping[str, Any]) -> Machine:
        """This machine after the given patch fields were written; fields not given stay as they are."""
        return replace(self, settings=replace(self.settings, **wanted))

    @staticmethod
    def unseen(machine_id: Maybe[str]) -> Machine:
        """A machine of which nothing but (perhaps) its id is known."""
        unknown = PatchSettings(**dict.fromkeys(PATCH_FIELDS, UNKNOWN))
        return Machine(id=machine_id, settings=unknown)


@dataclass(frozen=True, slots=True)
class Schedule:
    """A maintenance schedule with what follows from its texts, ready for rules.

    `*_problem` says in words why a text cannot be used, None when it can. `minutes_until_start` is negative for a start
    in the past and UNKNOWN where no instant was given to compare with.
    """

    name: Maybe[str] = UNKNOWN
    resource_group_name: Maybe[str] = UNKNOWN
    location: Maybe[str | None] = UNKNOWN
    start: Maybe[str | None] = UNKNOWN
    duration: Maybe[str | None] = UNKNOWN
    time_zone: Maybe[str | None] = UNKNOWN
    recurrence: Maybe[str | None] = UNKNOWN
    expires: Maybe[str | None] = None
    reboot_setting: Maybe[str | None] = None
    has_patch_selection: Maybe[bool] = UNKNOWN
    start_problem: Maybe[str | None] = UNKNOWN
    duration_problem: Maybe[str | None] = UNKNOWN
    duration_minutes: Maybe[int | None] = UNKNOWN
    time_zone_problem: Maybe[str | None] = UNKNOWN
    recurrence_problem: Maybe[str | None] = UNKNOWN
    recurrence_uncertainty: Maybe[str | None] = UNKNOWN
    expires_problem: Maybe[str | None] = UNKNOWN
    minutes_until_start: Maybe[int | None] = UNKNOWN
    starts_before_midnight: Maybe[bool | None] = UNKNOWN
    full_name_length: Maybe[int] = UNKNOWN
    upper_case_tag: Maybe[str | None] = None


@dataclass(frozen=True, slots=True)
class Assignment:
    """A schedule given to a machine."""

    machine: Machine
    machine_type: Maybe[str | None] = UNKNOWN
    schedule_type: Maybe[str | None] = UNKNOWN
    schedule_exists: Maybe[bool] = UNKNOWN
    machine_exists: Maybe[bool] = UNKNOWN


@dataclass(frozen=True, slots=True)
class PreviewFeature:
    """A preview feature of a provider namespace in a subscription, with the state the service reports."""

    namespace: str
    name: str
    state: Maybe[str | None] = UNKNOWN
    retired: bool = False


@dataclass(frozen=True, slots=True)
class Declaration:
    """What can be said of a declaration without looking at Azure."""

    target: Maybe[str] = UNKNOWN
    declared_twice: Maybe[bool] = UNKNOWN
    subscription_missing: Maybe[bool] = UNKNOWN
    settings_missing: Maybe[bool] = UNKNOWN


# The inputs that a derived fact comes from, as programs write them; every other fact is written as the last part of its
# name.
WRITTEN_AS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "image.triple": "image",
        "is_arc": "id",
        "is_windows": "os_type",
        "machine.is_arc": "machine_id",
        "machine.is_windows": "os_type",
        "machine.image.triple": "image",
        "machine_type": "machine_id",
        "machine_exists": "machine_id",
        "schedule_type": "schedule_id",
        "schedule_exists": "schedule_id",
        "start_problem": "start",
        "minutes_until_start": "start",
        "starts_before_midnight": "start",
        "duration_problem": "duration",
        "duration_minutes": "duration",
        "time_zone_problem": "time_zone",
        "recurrence_problem": "recurrence",
        "recurrence_uncertainty": "recurrence",
        "expires_problem": "expires",
        "full_name_length": "resource_group_name, schedule_name",
        "has_patch_selection": "windows, linux",
        "upper_case_tag": "tags",
        "subscription_missing": "subscription_id",
        "settings_missing": "patch_mode",
        "declared_twice": "target",
    }
)

# Azure's name of a field that findings can blame; what is not here exists only in our own declaration.
ARM_PATHS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "settings.patch_mode": "properties.osProfile.{os}Configuration.patchSettings.patchMode",
        "settings.enable_hotpatching": "properties.osProfile.{os}Configuration.patchSettings.enableHotpatching",
        "settings.assessment_mode": "properties.osProfile.{os}Configuration.patchSettings.assessmentMode",
        "settings.reboot_setting": (
            "properties.osProfile.{os}Configuration.patchSettings.automaticByPlatformSettings.rebootSetting"
        ),
        "settings.bypass_platform_safety_checks_on_user_schedule": (
            "properties.osProfile.{os}Configuration.patchSettings.automaticByPlatformSettings."
            "bypassPlatformSafetyChecksOnUserSchedule"
        ),
        "provision_vm_agent": "properties.osProfile.{os}Configuration.provisionVMAgent",
        "enable_automatic_updates": "properties.osProfile.windowsConfiguration.enableAutomaticUpdates",
        "allow_extension_operations": "properties.osProfile.allowExtensionOperations",
        "image.triple": "properties.storageProfile.imageReference",
        "os_type": "properties.storageProfile.osDisk.osType",
        "start": "properties.maintenanceWindow.startDateTime",
        "duration": "properties.maintenanceWindow.duration",
        "time_zone": "properties.maintenanceWindow.timeZone",
        "recurrence": "properties.maintenanceWindow.recurEvery",
        "expires": "properties.maintenanceWindow.expirationDateTime",
        "reboot_setting": "properties.installPatches.rebootSetting",
    }
)
