"""Virtual machine scale sets, as far as guest patching concerns them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from .facts import PATCH_FIELDS, Image, PatchSettings
from .logic import UNKNOWN, Maybe


@dataclass(frozen=True, slots=True)
class ScaleSet:
    """The machine profile of a scale set; `has_health_extension` is about the Application Health extension."""

    ARM_ROOT: ClassVar[str] = "properties.virtualMachineProfile"

    id: Maybe[str]
    name: Maybe[str] = UNKNOWN
    orchestration_mode: Maybe[str | None] = UNKNOWN
    os_type: Maybe[str | None] = UNKNOWN
    image: Maybe[Image | None] = UNKNOWN
    provision_vm_agent: Maybe[bool | None] = UNKNOWN
    has_health_extension: Maybe[bool] = UNKNOWN
    settings: PatchSettings = field(default_factory=PatchSettings)

    @staticmethod
    def unseen(scale_set_id: Maybe[str]) -> ScaleSet:
        """A scale set of which nothing but (perhaps) its id is known."""
        return ScaleSet(id=scale_set_id, settings=PatchSettings(**dict.fromkeys(PATCH_FIELDS, UNKNOWN)))
