"""What is observed or declared, as plain values.

`None` means "known to be absent", `UNKNOWN` "known later". Field names are the ones programs write; `field_names` has
Azure's beside them. Facts that no ARM body of the subject holds (what policies do to it, what it was before) default to
None: nobody looked, and the rules about them are silent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

from .clouds import cloud_of
from .logic import UNKNOWN, Maybe, fold, negate
from .patch_lists import PatchLists
from .versions import is_older

VIRTUAL_MACHINES: Final = "Microsoft.Compute/virtualMachines"
SCALE_SETS: Final = "Microsoft.Compute/virtualMachineScaleSets"
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
class Policies:
    """What the built-in policies that are assigned to a machine's scope do to it.

    Source: Azure/azure-policy, built-in definitions, 2026-04-29: `sets_bypass` 9905ca54 and ba0df93e, `sets_assessment`
    59efceea, `wants_hotpatch` 6d02d2f7.
    """

    sets_bypass: Maybe[bool] = False
    sets_assessment: Maybe[bool] = False
    wants_hotpatch: Maybe[bool] = False


OLDEST_AGENTS: Final[Mapping[str, str]] = MappingProxyType({"windows": "2.4.0.2", "linux": "2.2.53.1"})


@dataclass(frozen=True, slots=True)
class Machine:
    """One machine, as Azure shows it or as a declaration will leave it.

    From `os_name` to `reboot_pending` the facts come from an instance view. `support_state` is what an assessment found
    out about the image (`vmGuestPatchReadiness.detectedVMGuestPatchSupportState`: Supported, Unsupported, Unknown,
    UnableToDetermine), `was_hotpatched` the switch before this declaration. `has_os_profile` is False for a machine
    made from a specialised disk.
    """

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
    os_name: Maybe[str | None] = UNKNOWN
    hyper_v_generation: Maybe[str | None] = UNKNOWN
    vm_agent_version: Maybe[str | None] = UNKNOWN
    patch_extension_state: Maybe[str | None] = UNKNOWN
    reboot_pending: Maybe[bool | None] = UNKNOWN
    has_os_profile: Maybe[bool | None] = None
    support_state: Maybe[str | None] = None
    policies: Policies | None = None
    was_hotpatched: Maybe[bool | None] = None
    is_production: Maybe[bool | None] = None

    @property
    def is_windows(self) -> Maybe[bool]:
        """Whether the operating system is Windows."""
        return UNKNOWN if self.os_type is UNKNOWN else str(self.os_type).casefold() == "windows"

    @property
    def cloud(self) -> Maybe[str | None]:
        """The Azure cloud that the location belongs to: `AzureCloud`, `AzureUSGovernment` or `AzureChinaCloud`."""
        return self.location if self.location is UNKNOWN or self.location is None else cloud_of(self.location)

    @property
    def agent_is_too_old(self) -> Maybe[bool | None]:
        """Whether the VM agent is older than patching needs; None where the version is not there to compare.

        Source: Microsoft Learn, Automatic guest patching, 2024-07-31 (Linux 2.2.53.1); Azure/AzureUpdateManager
        troubleshooter, 2024-09-13 (Windows 2.4.0.2).
        """
        if self.vm_agent_version is UNKNOWN or self.os_type is UNKNOWN:
            return UNKNOWN
        minimum = OLDEST_AGENTS.get(str(self.os_type).casefold())
        return None if minimum is None else is_older(self.vm_agent_version, minimum)

    @property
    def has_custom_image(self) -> Maybe[bool]:
        """Whether the machine was made from anything but a marketplace image."""
        if self.image is UNKNOWN:
            return UNKNOWN
        return True if self.image is None else negate(self.image.is_marketplace)

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
    in the past and UNKNOWN where no instant was given to compare with. `is_in_service` is True for a change of a
    schedule that runs already, `minutes_until_next_window` then counts to its next window.
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
    patches: PatchLists = field(default_factory=PatchLists)
    minutes_between_starts: Maybe[int | None] = None
    minutes_until_next_window: Maybe[int | None] = None
    has_pre_event: Maybe[bool | None] = None
    in_guest_patch_mode: Maybe[str | None] = None
    visibility: Maybe[str | None] = None
    scope: Maybe[str | None] = None
    is_in_service: Maybe[bool | None] = None


@dataclass(frozen=True, slots=True)
class Assignment:
    """A schedule given to a machine.

    `same_start_as` and `overlaps_with` name another schedule of the same machine whose next windows do so.
    """

    machine: Machine
    machine_type: Maybe[str | None] = UNKNOWN
    schedule_type: Maybe[str | None] = UNKNOWN
    schedule_exists: Maybe[bool | None] = None
    machine_exists: Maybe[bool | None] = None
    schedule: Schedule | None = None
    same_subscription: Maybe[bool | None] = None
    same_start_as: Maybe[str | None] = None
    overlaps_with: Maybe[str | None] = None

    @property
    def overruled_reboot_setting(self) -> Maybe[str | None]:
        """The schedule's reboot setting where the machine's own differs and wins; None where nothing differs."""
        if self.schedule is None:
            return None
        ours, theirs = self.machine.settings.reboot_setting, self.schedule.reboot_setting
        if ours is UNKNOWN or theirs is UNKNOWN:
            return UNKNOWN
        return None if ours is None or theirs is None or fold(ours) == fold(theirs) else theirs


@dataclass(frozen=True, slots=True)
class PreviewFeature:
    """A preview feature of a provider namespace in a subscription, with the state the service reports.

    `provider_saw_it` is whether the provider was registered again afterwards.
    """

    namespace: Maybe[str]
    name: Maybe[str]
    state: Maybe[str | None] = UNKNOWN
    retired: Maybe[bool] = False
    provider_saw_it: Maybe[bool | None] = None


@dataclass(frozen=True, slots=True)
class Declaration:
    """What can be said of a declaration without looking at Azure."""

    target: Maybe[str] = UNKNOWN
    declared_twice: Maybe[bool] = UNKNOWN
    subscription_missing: Maybe[bool] = UNKNOWN
    settings_missing: Maybe[bool] = UNKNOWN
    machine_sources: Maybe[int] = UNKNOWN
    matched_machines: Maybe[int] = UNKNOWN
    is_uniform_scale_set: Maybe[bool] = UNKNOWN
