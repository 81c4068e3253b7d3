"""What a program declares of a flexible scale set's patch settings, and what is stored."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import AfterValidator, ConfigDict

from pulumi_azure_hotpatch.ids import ResourceId

from .base import ANY_CASE, Answer, ArmId, Inputs, OnDestroy, OptionalWait, ReplaceOnChange
from .owned_settings import AssessmentMode, OwnedSettings, PatchMode, RebootSetting

SCALE_SETS: Final = "Microsoft.Compute/virtualMachineScaleSets"


def _is_scale_set(value: str) -> str:
    if not ResourceId.parse(value).is_type(SCALE_SETS):
        raise ValueError(f"'{value}' is not the id of a {SCALE_SETS} resource")
    return value


ScaleSetId = Annotated[ArmId, AfterValidator(_is_scale_set)]


class ScaleSetPatchSettingsInputs(Inputs):
    """The patch fields in the machine profile of one flexible scale set; a field that is not given is not touched."""

    scale_set_id: Annotated[ScaleSetId, ReplaceOnChange(), ANY_CASE]
    patch_mode: Annotated[PatchMode | None, ANY_CASE] = None
    enable_hotpatching: bool | None = None
    assessment_mode: Annotated[AssessmentMode | None, ANY_CASE] = None
    reboot_setting: Annotated[RebootSetting | None, ANY_CASE] = None
    bypass_platform_safety_checks_on_user_schedule: bool | None = None
    on_destroy: OnDestroy = "restore"
    timeout: OptionalWait = None
    adopted: Annotated[tuple[str, ...] | None, Answer()] = None


class ScaleSetPatchSettingsState(ScaleSetPatchSettingsInputs, OwnedSettings):
    """`adopted` were as wanted when we came."""

    model_config = ConfigDict(extra="ignore")
