"""The patch fields of an Arc-enabled server: its own switches, beside the licence that hotpatching needs.

Platform settings (reboot setting, bypass) do not exist here. Schedules and assignments work on these servers as they
are, without the prerequisites of VMs. Source: azure-mgmt-hybridcompute 10.0.0, PatchSettings; Microsoft Learn,
Prerequisites for schedule patching, 2024-02-20.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from pulumi_azure_hotpatch.engine.inventory import os_kind
from pulumi_azure_hotpatch.engine.logic import UNKNOWN
from pulumi_azure_hotpatch.engine.rules import Finding, judge, rules_for
from pulumi_azure_hotpatch.errors import ArmError, ConfigurationError
from pulumi_azure_hotpatch.ids import ResourceId
from pulumi_azure_hotpatch.models.arc_machine_patch_settings import (
    ArcMachinePatchSettingsInputs,
    ArcMachinePatchSettingsState,
)
from pulumi_azure_hotpatch.models.draft import Draft
from pulumi_azure_hotpatch.ports import Body, Context

from .arc_servers import LICENSE_TAIL, OwnedArcServer, location_of, server_body
from .owning import OwningHandler

Inputs = Draft[ArcMachinePatchSettingsInputs]
State = ArcMachinePatchSettingsState

_HEALTH = ("arc-connected", "arc-agent-version")


class ArcMachinePatchSettingsHandler(OwningHandler[ArcMachinePatchSettingsInputs, State, OwnedArcServer]):
    """The patch settings of one Arc-enabled server."""

    inputs = ArcMachinePatchSettingsInputs
    state = ArcMachinePatchSettingsState
    noun = "Arc server"
    id_field = "machine_id"
    subject = "arc_server"
    twice = "arc-settings-declared-twice"

    def body_of(self, ctx: Context, id: ResourceId, *, fresh: bool) -> Body | None:
        return server_body(ctx, id, fresh=fresh)

    def facts_of(self, body: Body) -> OwnedArcServer:
        return OwnedArcServer.of(body)

    def unseen(self, id: Any) -> OwnedArcServer:
        return OwnedArcServer.unseen(id)

    def send(self, ctx: Context, id: ResourceId, body: Body, settings: Body) -> None:
        ctx.arc.patch_settings(id, os_kind(body) or "windows", settings)

    def default_of(self, field: str, owner: OwnedArcServer) -> Any:
        """Source: azure-mgmt-hybridcompute 10.0.0 (enableHotpatching enrols, absent does not)."""
        return False if field == "enable_hotpatching" else None

    def observed(self, body: Body, owner: OwnedArcServer) -> dict[str, Any]:
        os_type = {"windows": "Windows", "linux": "Linux"}.get(os_kind(body) or "")
        return {"os_type": os_type, "location": location_of(body), "hotpatch_status": owner.hotpatch_status}

    def check(self, ctx: Context, inputs: Inputs) -> Iterable[Finding]:
        yield from super().check(ctx, inputs)
        # Whatever is declared: an agent that cannot be reached or is too old does none of it.
        for finding in judge(rules_for("arc_server"), self.look(ctx, inputs), relaxed=ctx.settings.relaxed):
            if finding.rule in _HEALTH:
                yield finding

    def look(self, ctx: Context, inputs: Inputs) -> OwnedArcServer:
        server = super().look(ctx, inputs)
        if not inputs.known("machine_id"):
            return server
        # A licence that the same run declares is as good as there.
        licensed = ctx.declarations.noted(f"{inputs.machine_id}{LICENSE_TAIL}").get("hotpatch_subscription")
        if licensed is not None and server.is_licensed is not True:
            server = replace(server, hotpatch_subscription=licensed, hotpatch_status=None)
        return replace(server, compute_registered=self._compute_registered(ctx, inputs))

    def wanting(self, owner: OwnedArcServer, wanted: Mapping[str, Any]) -> OwnedArcServer:
        # What the service says of hotpatching before it was asked for is no finding.
        asked = owner.is_licensed is True and owner.enable_hotpatching is not False
        return (owner if asked else replace(owner, hotpatch_status=None)).with_settings(wanted)

    def _compute_registered(self, ctx: Context, inputs: Inputs) -> Any:
        """Whether Microsoft.Compute is registered, which periodic assessment needs; not asked for anything else."""
        if inputs.assessment_mode != "AutomaticByPlatform" or not ctx.may_read:
            return UNKNOWN if inputs.assessment_mode is UNKNOWN else None
        try:
            state = ctx.features.provider_state(
                ResourceId.parse(inputs.machine_id).subscription_id, "Microsoft.Compute"
            )
        except (ArmError, ConfigurationError):
            return UNKNOWN
        return state.casefold() == "registered"

    def read(self, ctx: Context, id: str, state: State) -> State | None:
        body = self.body_of(ctx, ResourceId.parse(id), fresh=True)
        found = super().read(ctx, id, state) if body is not None else None
        return (
            found
            if body is None or found is None
            else found.model_copy(update={"hotpatch_status": self.facts_of(body).hotpatch_status})
        )


HANDLER = ArcMachinePatchSettingsHandler()
