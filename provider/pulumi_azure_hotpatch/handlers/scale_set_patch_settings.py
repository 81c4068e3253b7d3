"""The patch fields in the machine profile of a flexible scale set.

Hotpatch cannot be turned off where the image is a hotpatch image, and platform patching needs the Application Health
extension: both are rules, judged before anything is written, and on the way back too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pulumi_azure_hotpatch.engine.bodies import object_at, properties_of
from pulumi_azure_hotpatch.engine.facts import PATCH_FIELDS, Declaration, PatchSettings
from pulumi_azure_hotpatch.engine.inventory import os_kind, scale_set_from_arm
from pulumi_azure_hotpatch.engine.logic import UNKNOWN, Maybe, fold
from pulumi_azure_hotpatch.engine.rules import Finding, judge, rule
from pulumi_azure_hotpatch.engine.scale_set import ScaleSet
from pulumi_azure_hotpatch.ids import ResourceId
from pulumi_azure_hotpatch.models.draft import Draft
from pulumi_azure_hotpatch.models.scale_set_patch_settings import (
    ScaleSetPatchSettingsInputs,
    ScaleSetPatchSettingsState,
)
from pulumi_azure_hotpatch.ports import Body, Context, Operation

from .owning import OwningHandler

Inputs = Draft[ScaleSetPatchSettingsInputs]
State = ScaleSetPatchSettingsState


@dataclass(frozen=True, slots=True)
class OwnedScaleSet(ScaleSet):
    """A scale set whose patch fields can be exchanged; `location` is of its body."""

    location: Maybe[str | None] = UNKNOWN

    @staticmethod
    def of(body: Body) -> OwnedScaleSet:
        """A scale set from its ARM body."""
        found = scale_set_from_arm(body)
        fields = {name: getattr(found, name) for name in ScaleSet.__dataclass_fields__ if name != "ARM_ROOT"}
        return OwnedScaleSet(**fields, location=body.get("location"))

    def with_settings(self, wanted: Mapping[str, Any]) -> OwnedScaleSet:
        """This scale set after the given patch fields were written."""
        return replace(self, settings=replace(self.settings, **wanted))


class ScaleSetPatchSettingsHandler(OwningHandler[ScaleSetPatchSettingsInputs, State, OwnedScaleSet]):
    """The patch settings of one flexible scale set."""

    inputs = ScaleSetPatchSettingsInputs
    state = ScaleSetPatchSettingsState
    noun = "scale set"
    id_field = "scale_set_id"
    subject = "scale_set"
    twice = "scale-set-settings-declared-twice"

    def body_of(self, ctx: Context, id: ResourceId, *, fresh: bool) -> Body | None:
        return ctx.scale_sets.get(id, fresh=fresh)

    def facts_of(self, body: Body) -> OwnedScaleSet:
        return OwnedScaleSet.of(body)

    def unseen(self, id: Any) -> OwnedScaleSet:
        return OwnedScaleSet(id=id, settings=PatchSettings(**dict.fromkeys(PATCH_FIELDS, UNKNOWN)))

    def send(self, ctx: Context, id: ResourceId, body: Body, settings: Body) -> Operation[Body]:
        profile = object_at(properties_of(body), "virtualMachineProfile")
        return ctx.scale_sets.patch_settings(id, os_kind(profile) or "windows", settings)

    def default_of(self, field: str, owner: OwnedScaleSet) -> Any:
        """Source: azure-mgmt-compute 39.0.0 (enableHotpatching and the bypass flag enable, absent does not)."""
        return False if field in ("enable_hotpatching", "bypass_platform_safety_checks_on_user_schedule") else None

    def observed(self, body: Body, owner: OwnedScaleSet) -> dict[str, Any]:
        return {"os_type": owner.os_type, "location": owner.location}

    def findings_on(
        self, owner: OwnedScaleSet, wanted: Mapping[str, Any], relaxed: frozenset[str] = frozenset()
    ) -> Iterable[Finding]:
        mode = owner.orchestration_mode
        # A scale set without the property is of the first kind that there was.
        uniform = UNKNOWN if mode is UNKNOWN else fold(mode or "Uniform") == fold("Uniform")
        yield from judge((rule("scale-set-settings-need-flexible"),), Declaration(is_uniform_scale_set=uniform))
        yield from super().findings_on(owner, wanted, relaxed)


HANDLER = ScaleSetPatchSettingsHandler()
