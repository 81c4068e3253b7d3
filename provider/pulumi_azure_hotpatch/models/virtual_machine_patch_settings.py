"""What a program declares of a VM's patch settings, and what is stored."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field

from pulumi_azure_hotpatch.engine.facts import PATCH_FIELDS, VIRTUAL_MACHINES
from pulumi_azure_hotpatch.ids import ResourceId

from .base import ANY_CASE, Answer, ArmId, Inputs, OnDestroy, ReplaceOnChange, State, Wait


def _is_virtual_machine(value: str) -> str:
    if not ResourceId.parse(value).is_type(VIRTUAL_MACHINES):
        raise ValueError(f"'{value}' is not the id of a {VIRTUAL_MACHINES} resource")
    return value


VirtualMachineId = Annotated[ArmId, AfterValidator(_is_virtual_machine)]
PatchMode = Literal["AutomaticByPlatform", "AutomaticByOS", "Manual", "ImageDefault"]
AssessmentMode = Literal["AutomaticByPlatform", "ImageDefault"]
RebootSetting = Literal["IfRequired", "Never", "Always"]


class VirtualMachinePatchSettingsInputs(Inputs):
    """The patch fields of one existing VM that the program wants to own; a field that is not given is not touched."""

    virtual_machine_id: Annotated[VirtualMachineId, ReplaceOnChange(), ANY_CASE]
    patch_mode: Annotated[PatchMode | None, ANY_CASE] = None
    enable_hotpatching: bool | None = None
    assessment_mode: Annotated[AssessmentMode | None, ANY_CASE] = None
    reboot_setting: Annotated[RebootSetting | None, ANY_CASE] = None
    bypass_platform_safety_checks_on_user_schedule: bool | None = None
    on_destroy: OnDestroy = "restore"
    timeout: Wait | None = None
    adopted: Annotated[tuple[str, ...] | None, Answer()] = None
    image_eligibility: Annotated[str | None, Answer()] = None


class VirtualMachinePatchSettingsState(VirtualMachinePatchSettingsInputs, State):
    """Fields by the program's names: `adopted` were as wanted when we came; `previous` is what was there before our
    first change (`previously_absent` where nothing was); `applied` is what all of them had when we last left them;
    `contested` counts how often somebody else has changed one since.
    """

    model_config = ConfigDict(extra="ignore")

    os_type: str | None = None
    location: str | None = None
    previous: dict[str, Any] = Field(default_factory=dict)
    previously_absent: tuple[str, ...] = ()
    applied: dict[str, Any] = Field(default_factory=dict)
    contested: dict[str, int] = Field(default_factory=dict)


def given(inputs: VirtualMachinePatchSettingsInputs) -> dict[str, Any]:
    """The patch fields that the program gave, by name."""
    return {name: value for name in PATCH_FIELDS if (value := getattr(inputs, name)) is not None}
