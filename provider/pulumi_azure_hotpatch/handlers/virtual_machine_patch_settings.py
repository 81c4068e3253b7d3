"""The patch fields of an existing VM, and what turning hotpatching off and on does to its place on the track.

Never sends `enableAutomaticUpdates`: it can be set at creation only (ARM error PropertyChangeNotAllowed,
MicrosoftDocs/azure-docs issue 112633).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from pulumi_azure_hotpatch.engine.facts import Machine
from pulumi_azure_hotpatch.engine.images import hotpatch_eligibility
from pulumi_azure_hotpatch.engine.inventory import machine_from_arm, os_kind
from pulumi_azure_hotpatch.engine.logic import UNKNOWN
from pulumi_azure_hotpatch.engine.outcome import either_way
from pulumi_azure_hotpatch.engine.rules import Finding
from pulumi_azure_hotpatch.ids import ResourceId
from pulumi_azure_hotpatch.models.draft import Draft
from pulumi_azure_hotpatch.models.owned_settings import given
from pulumi_azure_hotpatch.models.virtual_machine_patch_settings import (
    VirtualMachinePatchSettingsInputs,
    VirtualMachinePatchSettingsState,
)
from pulumi_azure_hotpatch.ports import Body, Context, Operation

from .owning import OwningHandler
from .restoring import documented_default
from .tracking import after_switching, track_now, with_next_baseline

Inputs = Draft[VirtualMachinePatchSettingsInputs]
State = VirtualMachinePatchSettingsState


class VirtualMachinePatchSettingsHandler(OwningHandler[VirtualMachinePatchSettingsInputs, State, Machine]):
    """The patch settings of one VM."""

    inputs = VirtualMachinePatchSettingsInputs
    state = VirtualMachinePatchSettingsState
    noun = "VM"
    id_field = "virtual_machine_id"
    subject = "machine"

    def body_of(self, ctx: Context, id: ResourceId, *, fresh: bool) -> Body | None:
        return ctx.machines.get(id, fresh=fresh)

    def observe(self, ctx: Context, id: ResourceId) -> Body | None:
        return ctx.machines.observe(id)

    def facts_of(self, body: Body) -> Machine:
        return machine_from_arm(body)

    def unseen(self, id: Any) -> Machine:
        return Machine.unseen(id)

    def send(self, ctx: Context, id: ResourceId, body: Body, settings: Body) -> Operation[Body]:
        return ctx.machines.patch_settings(id, os_kind(body) or "windows", settings)

    def default_of(self, field: str, owner: Machine) -> Any:
        return documented_default(field, owner)

    def observed(self, body: Body, owner: Machine) -> dict[str, Any]:
        return {
            "os_type": owner.os_type,
            "location": owner.location,
            "image_eligibility": str(hotpatch_eligibility(owner.image)),
        }

    def wanting(self, owner: Machine, wanted: Mapping[str, Any]) -> Machine:
        return replace(owner, was_hotpatched=owner.settings.enable_hotpatching).with_settings(wanted)

    def changing(self, ctx: Context, owner: Machine, state: State, changes: Mapping[str, Any]) -> dict[str, Any]:
        left = owner.with_settings(given(state))
        return {
            **after_switching(ctx, owner, state, changes),
            "outcome": either_way(left, ctx.settings.relaxed),
        }

    def check(self, ctx: Context, inputs: Inputs) -> Iterable[Finding]:
        for finding in super().check(ctx, inputs):
            yield with_next_baseline(finding, ctx, lambda: self.look(ctx, inputs))

    def answers(self, ctx: Context, inputs: Inputs, state: State | None) -> dict[str, Any]:
        machine = self.look(ctx, inputs)
        if machine.image is UNKNOWN:
            answered = ("adopted", "image_eligibility", "outcome")
            return {name: getattr(state, name) for name in answered} if state else {}
        eligibility = str(hotpatch_eligibility(machine.image))
        sentence = either_way(self.wanting(machine, self.wanted(inputs)), ctx.settings.relaxed)
        return {**super().answers(ctx, inputs, state), "image_eligibility": eligibility, "outcome": sentence}

    def read(self, ctx: Context, id: str, state: State) -> State | None:
        found = super().read(ctx, id, state)
        return found if found is None else found.model_copy(update=track_now(ctx, id, found))


HANDLER = VirtualMachinePatchSettingsHandler()
