"""What a program declares of a maintenance schedule, and what is stored."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, ConfigDict, Field

from pulumi_azure_hotpatch.engine import schedules

from .base import (
    ANY_CASE,
    REGION,
    GroupName,
    Inputs,
    Model,
    Name,
    OnDestroy,
    Region,
    ReplaceOnChange,
    Same,
    State,
    SubscriptionId,
)
from .tags import TAGS, Tags

# Source: azure-mgmt-compute 39.0.0 and the maintenance documentation, which spell UpdateRollup differently.
WindowsClassification = Literal[
    "Critical", "Security", "UpdateRollup", "FeaturePack", "ServicePack", "Definition", "Tools", "Updates"
]
LinuxClassification = Literal["Critical", "Security", "Other"]
RebootSetting = Literal["IfRequired", "Never", "Always"]
_KB = re.compile(r"(?:KB)?(\d{6,8})", re.ASCII | re.IGNORECASE)


def _clean_kb(value: str) -> str:
    match = _KB.fullmatch(value.strip())
    if match is None:
        raise ValueError(f"'{value}' is not a KB number such as 'KB5044284'")
    return f"KB{match[1]}"


def _check_mask(value: str) -> str:
    # One that is empty would count as a selection and select nothing.
    if not value.strip():
        raise ValueError(f"'{value}' names no package; write a name such as 'kernel*', or leave it out")
    return value


KbNumber = Annotated[str, AfterValidator(_clean_kb)]
PackageMask = Annotated[str, AfterValidator(_check_mask)]


class WindowsPatches(Model):
    """Which Windows patches a run installs; an exclusion wins over an inclusion."""

    model_config = ConfigDict(extra="forbid")

    classifications_to_include: tuple[WindowsClassification, ...] = ()
    kb_numbers_to_include: tuple[KbNumber, ...] = ()
    kb_numbers_to_exclude: tuple[KbNumber, ...] = ()
    exclude_kbs_requiring_reboot: bool = False

    @property
    def selects(self) -> bool:
        """Whether anything is included."""
        return bool(self.classifications_to_include or self.kb_numbers_to_include)


class LinuxPackages(Model):
    """Which Linux packages a run installs; masks may contain `*` and a version (`libc=1.0.1.1`)."""

    model_config = ConfigDict(extra="forbid")

    classifications_to_include: tuple[LinuxClassification, ...] = ()
    package_name_masks_to_include: tuple[PackageMask, ...] = ()
    package_name_masks_to_exclude: tuple[PackageMask, ...] = ()

    @property
    def selects(self) -> bool:
        """Whether anything is included."""
        return bool(self.classifications_to_include or self.package_name_masks_to_include)


def _selection_key(selection: Any) -> Any:
    """A selection as sets, so that order, letter case and the service's additions of empty fields do not matter."""
    if selection is None:
        return None
    if not isinstance(selection, Model | Mapping):
        return selection
    key = tuple(
        sorted(
            (name, frozenset(_item_key(name, item) for item in value) if isinstance(value, list | tuple) else value)
            for name, value in dict(selection).items()
            if value
        )
    )
    return key or None


def _item_key(name: str, item: Any) -> str:
    folded = str(item).casefold()
    # Azure writes KB numbers with and without the letters.
    return folded.removeprefix("kb") if name.startswith("kb") else folded


SELECTION: Final = Same(_selection_key)


class MaintenanceScheduleInputs(Inputs):
    """A maintenance configuration of scope InGuestPatch."""

    resource_group_name: Annotated[GroupName, ReplaceOnChange(), ANY_CASE]
    schedule_name: Annotated[Name, ReplaceOnChange(), ANY_CASE]
    location: Annotated[Region, ReplaceOnChange(), REGION]
    subscription_id: Annotated[SubscriptionId | None, ReplaceOnChange(), ANY_CASE] = None
    start: Annotated[str, Same(lambda text: text and schedules.start_key(text))]
    duration: Annotated[str, Same(lambda text: text and schedules.duration_key(text))]
    time_zone: Annotated[str, Same(lambda text: text and schedules.zone_key(text))]
    recurrence: Annotated[str, Same(lambda text: text and schedules.recurrence_key(text))]
    expires: Annotated[str | None, Same(schedules.expiry_key)] = None
    reboot_setting: Annotated[RebootSetting | None, Same(schedules.reboot_key)] = None
    windows: Annotated[WindowsPatches | None, SELECTION] = None
    linux: Annotated[LinuxPackages | None, SELECTION] = None
    tags: Annotated[Tags | None, TAGS] = None
    on_destroy: OnDestroy = "restore"


class MaintenanceScheduleState(MaintenanceScheduleInputs, State):
    """`adopted` is True for a configuration that existed before us. Then, by field and as Azure's JSON has it,
    `previous` is what was there before our first change (`previously_absent` where nothing was), `applied` what we left
    there.
    """

    model_config = ConfigDict(extra="ignore")

    adopted: bool = False
    previous: dict[str, Any] = Field(default_factory=dict)
    previously_absent: tuple[str, ...] = ()
    applied: dict[str, Any] = Field(default_factory=dict)
