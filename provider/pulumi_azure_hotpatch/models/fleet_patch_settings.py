"""What a program declares of the patch settings of many VMs at once, and what is stored.

Machines that stand alike are stored as one group, so that the state of a thousand machines is little more than their
ids.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field

from .base import (
    ANY_CASE,
    ANY_ORDER,
    Answer,
    ArmId,
    Inputs,
    Model,
    Name,
    OnDestroy,
    OptionalWait,
    State,
)
from .dynamic_scope import EACH_SYSTEM_ONCE, OS_TYPES, REGIONS, TAG_OPERATORS, GroupNames, Regions, Subscriptions
from .owned_settings import AssessmentMode, PatchMode, RebootSetting
from .tags import TAG_FILTERS, TagFilters
from .virtual_machine_patch_settings import VirtualMachineId

Systems = Annotated[tuple[Annotated[Literal["Windows", "Linux"], OS_TYPES], ...], EACH_SYSTEM_ONCE]
FILTER_FIELDS: Final = ("resource_groups", "locations", "os_types", "tag_filters", "allow_whole_subscription")
"""The inputs of which any one says that the machines are found by a filter."""


class FleetPatchSettingsInputs(Inputs):
    """The patch fields that the program wants to own on every machine of the fleet, and the schedule each is given.

    The machines are `machine_ids`, or those of `subscription_ids` that a filter as of dynamic scopes (`FILTER_FIELDS`)
    lets through or that `query` finds (Kusto, whose rows have the `id` of VMs); `matched` then is what was found.
    """

    fleet_name: Name
    machine_ids: Annotated[tuple[VirtualMachineId, ...] | None, ANY_ORDER] = None
    query: str | None = None
    subscription_ids: Annotated[Subscriptions | None, ANY_ORDER] = None
    resource_groups: Annotated[GroupNames | None, ANY_ORDER] = None
    locations: Annotated[Regions | None, REGIONS] = None
    os_types: Annotated[Systems | None, ANY_ORDER] = None
    tag_filters: Annotated[TagFilters | None, TAG_FILTERS] = None
    tag_operator: Annotated[Literal["Any", "All"], TAG_OPERATORS, ANY_CASE] = "Any"
    allow_whole_subscription: bool = False
    patch_mode: Annotated[PatchMode | None, ANY_CASE] = None
    enable_hotpatching: bool | None = None
    assessment_mode: Annotated[AssessmentMode | None, ANY_CASE] = None
    reboot_setting: Annotated[RebootSetting | None, ANY_CASE] = None
    bypass_platform_safety_checks_on_user_schedule: bool | None = None
    schedule_id: Annotated[ArmId | None, ANY_CASE] = None
    on_destroy: OnDestroy = "restore"
    timeout: OptionalWait = None
    matched: Annotated[tuple[str, ...] | None, ANY_ORDER, Answer(compared=True)] = None
    outcomes: Annotated[tuple[str, ...] | None, Answer()] = None


class MachineRecord(Model):
    """What is known of one machine, as `OwnedSettings` of a single one has it.

    `applied_schedule_id` is the schedule that its assignment was given (None: it has none of ours),
    `previous_schedule_id` what that assignment led to before, `assignment_adopted` whether it existed before us.
    `error` says why the last run did not bring the machine to what is declared.
    """

    adopted: tuple[str, ...] = ()
    previous: dict[str, Any] = Field(default_factory=dict)
    previously_absent: tuple[str, ...] = ()
    applied: dict[str, Any] = Field(default_factory=dict)
    contested: dict[str, int] = Field(default_factory=dict)
    applied_schedule_id: str | None = None
    previous_schedule_id: str | None = None
    assignment_adopted: bool = False
    outcome: str | None = None
    error: str | None = None


class MachineGroup(MachineRecord):
    """Machines, by id, of which all the same is known."""

    machines: tuple[str, ...] = ()


class FleetPatchSettingsState(FleetPatchSettingsInputs, State):
    """`drifted` says of machines that are not as they were left what is different, as the last refresh saw it."""

    model_config = ConfigDict(extra="ignore")

    groups: tuple[MachineGroup, ...] = ()
    drifted: tuple[str, ...] = ()
