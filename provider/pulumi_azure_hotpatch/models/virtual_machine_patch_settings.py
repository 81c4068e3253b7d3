"""What a program declares of a VM's patch settings, and what is stored."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict

from pulumi_azure_hotpatch.engine.facts import VIRTUAL_MACHINES
from pulumi_azure_hotpatch.ids import ResourceId

from .base import ANY_CASE, Answer, ArmId, Inputs, OnDestroy, OptionalWait, ReplaceOnChange
from .owned_settings import AssessmentMode, OwnedSettings, PatchMode, RebootSetting


def _is_virtual_machine(value: str) -> str:
    if not ResourceId.parse(value).is_type(VIRTUAL_MACHINES):
        raise ValueError(f"'{value}' is not the id of a {VIRTUAL_MACHINES} resource")
    return value


TrackName = Literal["pending baseline", "restart pending", "enrolled", "off track", "unenrolled", "unknown"]
VirtualMachineId = Annotated[ArmId, AfterValidator(_is_virtual_machine)]


class VirtualMachinePatchSettingsInputs(Inputs):
    """The patch fields of one existing VM that the program wants to own; a field that is not given is not touched."""

    virtual_machine_id: Annotated[VirtualMachineId, ReplaceOnChange(), ANY_CASE]
    patch_mode: Annotated[PatchMode | None, ANY_CASE] = None
    enable_hotpatching: bool | None = None
    assessment_mode: Annotated[AssessmentMode | None, ANY_CASE] = None
    reboot_setting: Annotated[RebootSetting | None, ANY_CASE] = None
    bypass_platform_safety_checks_on_user_schedule: bool | None = None
    on_destroy: OnDestroy = "restore"
    timeout: OptionalWait = None
    adopted: Annotated[tuple[str, ...] | None, Answer()] = None
    image_eligibility: Annotated[str | None, Answer()] = None
    outcome: Annotated[str | None, Answer()] = None


class VirtualMachinePatchSettingsState(VirtualMachinePatchSettingsInputs, OwnedSettings):
    """`adopted` were as wanted when we came. After we turned hotpatching off, or on again (`hotpatch_enabled_again_on`,
    a day in UTC), `hotpatch_track` is where the machine stood then, or at the last `pulumi refresh`: nothing else
    looks again. None where we never turned it.
    """

    model_config = ConfigDict(extra="ignore")

    hotpatch_track: TrackName | None = None
    hotpatch_enabled_again_on: str | None = None
