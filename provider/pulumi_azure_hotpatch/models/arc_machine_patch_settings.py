"""What a program declares of an Arc-enabled server's patch settings, and what is stored."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, ConfigDict

from pulumi_azure_hotpatch.engine.facts import ARC_MACHINES
from pulumi_azure_hotpatch.ids import ResourceId

from .base import ANY_CASE, Answer, ArmId, Inputs, OnDestroy, OptionalWait, ReplaceOnChange
from .owned_settings import AssessmentMode, OwnedSettings, PatchMode


def _is_arc_machine(value: str) -> str:
    if not ResourceId.parse(value).is_type(ARC_MACHINES):
        raise ValueError(f"'{value}' is not the id of a {ARC_MACHINES} resource")
    return value


ArcMachineId = Annotated[ArmId, AfterValidator(_is_arc_machine)]


class ArcMachinePatchSettingsInputs(Inputs):
    """The patch fields of one Arc-enabled server that the program wants to own; the others are not touched."""

    machine_id: Annotated[ArcMachineId, ReplaceOnChange(), ANY_CASE]
    patch_mode: Annotated[PatchMode | None, ANY_CASE] = None
    enable_hotpatching: bool | None = None
    assessment_mode: Annotated[AssessmentMode | None, ANY_CASE] = None
    on_destroy: OnDestroy = "restore"
    timeout: OptionalWait = None
    adopted: Annotated[tuple[str, ...] | None, Answer()] = None


class ArcMachinePatchSettingsState(ArcMachinePatchSettingsInputs, OwnedSettings):
    """`adopted` were as wanted when we came; `hotpatch_status` is what the service said of hotpatching when we looked:
    Unknown, PendingEvaluation, Disabled, ActionRequired or Enabled.
    """

    model_config = ConfigDict(extra="ignore")

    hotpatch_status: str | None = None
