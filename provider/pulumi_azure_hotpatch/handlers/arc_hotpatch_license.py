"""The product feature Hotpatch in the licence profile of an Arc-enabled server.

Nothing else of the profile is written: its product subscription is what Windows Server is paid by the month with, and
softwareAssurance and esuProfile are somebody else's. Sources: azure-mgmt-hybridcompute 10.0.0; Microsoft Learn, Enable
Hotpatch for Azure Arc-enabled servers, 2025-10-30.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from pulumi_azure_hotpatch.engine.bodies import Body, object_at, properties_of
from pulumi_azure_hotpatch.engine.logic import UNKNOWN, fold
from pulumi_azure_hotpatch.engine.rules import Finding, judge, rules_for
from pulumi_azure_hotpatch.errors import ArmError, ConfigurationError, NotFound, OperationFailed
from pulumi_azure_hotpatch.ids import ResourceId
from pulumi_azure_hotpatch.models.arc_hotpatch_license import ArcHotpatchLicenseInputs, ArcHotpatchLicenseState
from pulumi_azure_hotpatch.models.draft import Draft
from pulumi_azure_hotpatch.observing.values import error_of, shown_instant, text
from pulumi_azure_hotpatch.ports import Context

from .arc_servers import LICENSE_TAIL, OwnedArcServer, location_of, server_body
from .base import Created, Handler
from .owning import settled
from .waiting import Patience, finish, kept_if_unanswered

Inputs = Draft[ArcHotpatchLicenseInputs]
State = ArcHotpatchLicenseState

_FEATURE: Final = "Hotpatch"
# A feature that the service adds by itself. Source: recorded traffic, licenseProfiles 2024-07-10.
_ADDED: Final = "WindowsServerAzureArcMgmt"
_DEFAULT_TIMEOUT: Final = "30m"
_POLL: Final = timedelta(seconds=30)
_ON: Final = ("enabled", "enabling")
_OFF: Final = ("disabled", "disabling", "unknown")
# Rules that are about the other switch, or about assessment.
_NOT_OURS: Final = ("arc-hotpatch-licensed", "arc-hotpatch-held-back", "arc-assessment-needs-compute")


class ArcHotpatchLicenseHandler(Handler[ArcHotpatchLicenseInputs, State]):
    """The hotpatch licence of one Arc-enabled server."""

    inputs = ArcHotpatchLicenseInputs
    state = ArcHotpatchLicenseState
    twice = "arc-license-declared-twice"

    def label(self, inputs: Inputs) -> str:
        id = inputs.machine_id
        return f"hotpatch licence of '{ResourceId.parse(id).name}'" if id is not UNKNOWN else "hotpatch licence"

    def targets(self, inputs: Inputs) -> Iterable[str]:
        if inputs.known("machine_id"):
            yield f"{inputs.machine_id}{LICENSE_TAIL}"

    def check(self, ctx: Context, inputs: Inputs) -> Iterable[Finding]:
        if inputs.known("machine_id"):
            ctx.declarations.note(f"{inputs.machine_id}{LICENSE_TAIL}", {"hotpatch_subscription": _asked(inputs)})
        yield from self.findings_on(self._look(ctx, inputs), inputs, ctx.settings.relaxed)

    def findings_on(
        self, server: OwnedArcServer, inputs: Inputs, relaxed: frozenset[str] = frozenset()
    ) -> Iterable[Finding]:
        """What the rules say of a server with its licence declared like that, passes among it."""
        facts = replace(
            server,
            hotpatch_subscription=_asked(inputs),
            # What the service says of hotpatching before it was asked for is no finding.
            hotpatch_status=server.hotpatch_status if server.is_licensed is True else None,
            vbs_status=UNKNOWN if inputs.vbs_status is None else inputs.vbs_status,
            secure_boot=UNKNOWN if inputs.secure_boot is None else inputs.secure_boot,
        )
        for finding in judge(rules_for("arc_server"), facts, relaxed=relaxed):
            if finding.rule not in _NOT_OURS:
                yield finding

    def answers(self, ctx: Context, inputs: Inputs, state: State | None) -> dict[str, Any]:
        if state is not None:
            return {"adopted": state.adopted}
        server = self._look(ctx, inputs)
        if server.hotpatch_subscription is UNKNOWN or not inputs.known("enabled"):
            return {}
        return {"adopted": is_as_wanted(server.hotpatch_subscription, inputs.enabled)}

    def create(self, ctx: Context, inputs: ArcHotpatchLicenseInputs) -> Created[State]:
        machine = ResourceId.parse(inputs.machine_id)
        body = _existing(machine, ctx.arc.get(machine, fresh=False) or ctx.arc.get(machine))
        own_id = str(body.get("id") or machine)
        state = State.model_validate(inputs.model_dump() | {"adopted": False, "location": location_of(body)})
        return Created(f"{own_id}{LICENSE_TAIL}", self._bring_about(ctx, ResourceId.parse(own_id), state, first=True))

    def read(self, ctx: Context, id: str, state: State) -> State | None:
        machine = ResourceId.parse(state.machine_id)
        body = ctx.arc.get(machine)
        if body is None:
            return None
        feature = hotpatch_feature(ctx.arc.get_license_profile(machine))
        status = text(feature.get("subscriptionStatus"))
        enabled = state.enabled if is_as_wanted(status, state.enabled) else not state.enabled
        return state.model_copy(update={"enabled": enabled, **_observed(feature, body)})

    def update(self, ctx: Context, id: str, state: State, inputs: ArcHotpatchLicenseInputs) -> State:
        machine = ResourceId.parse(inputs.machine_id)
        _existing(machine, ctx.arc.get(machine))
        stored = {
            name: getattr(state, name)
            for name in State.model_fields
            if name not in ArcHotpatchLicenseInputs.model_fields
        }
        wanted = State.model_validate(inputs.model_dump() | stored | {"adopted": state.adopted})
        return self._bring_about(ctx, machine, wanted, first=False)

    def delete(self, ctx: Context, id: str, state: State) -> None:
        if ctx.declarations.is_still_wanted(f"{state.machine_id}{LICENSE_TAIL}"):
            ctx.inform("the hotpatch licence stays as it is: another resource of this stack declares it")
            return
        if state.on_destroy == "keep" or state.adopted or state.previously_enabled is None:
            why = "on_destroy is 'keep'" if state.on_destroy == "keep" else "already as wanted when this stack found it"
            ctx.inform(f"the hotpatch licence stays as it is ({why})")
            return
        machine, patience = ResourceId.parse(state.machine_id), _patience(ctx, state)
        profile = _settled(ctx, machine, patience)
        if profile is None:
            return
        feature = hotpatch_feature(profile)
        if not feature or not is_as_wanted(feature.get("subscriptionStatus"), state.enabled):
            ctx.inform(
                f"the hotpatch licence stays as it is: somebody else set it to {feature.get('subscriptionStatus')}"
            )
            return
        with suppress(NotFound):
            if state.created_profile and _is_ours_alone(profile):
                finish(ctx, ctx.arc.delete_license_profile(machine), patience, "the licence profile to go")
            else:
                self._write(ctx, machine, profile, state, patience, enabled=state.previously_enabled)

    def _look(self, ctx: Context, inputs: Inputs) -> OwnedArcServer:
        id = inputs.machine_id
        if id is UNKNOWN or not ctx.may_read:
            return OwnedArcServer.unseen(id)
        try:
            body = server_body(ctx, ResourceId.parse(id), fresh=False)
        except (ArmError, ConfigurationError) as error:
            ctx.advise(f"what it has now is not known in this preview: {error}")
            return OwnedArcServer.unseen(id)
        return OwnedArcServer.unseen(id) if body is None else OwnedArcServer.of(body)

    def _bring_about(self, ctx: Context, machine: ResourceId, state: State, *, first: bool) -> State:
        """Ask for what is wanted unless it is so, wait until the service has done it; the state with what it says."""
        patience = _patience(ctx, state)
        profile = _settled(ctx, machine, patience)
        status = text(hotpatch_feature(profile).get("subscriptionStatus"))
        if is_as_wanted(status, state.enabled):
            # After a run that broke off nobody knows whose it is; what was noted of it before stays.
            adopted = first or bool(state.adopted)
            state = state.model_copy(update={"adopted": adopted})
        else:
            before = state.previously_enabled
            state = state.model_copy(
                update={
                    "adopted": False,
                    "previously_enabled": _is_on(status) if before is None or state.adopted else before,
                    "created_profile": state.created_profile or profile is None,
                }
            )
            self._write(ctx, machine, profile, state, patience, enabled=state.enabled, kept=state)
        return self._awaited(ctx, machine, state, patience)

    def _write(
        self,
        ctx: Context,
        machine: ResourceId,
        profile: Body | None,
        state: State,
        patience: Patience,
        *,
        enabled: bool,
        kept: State | None = None,
    ) -> None:
        change = {"name": _FEATURE, "subscriptionStatus": "Enable" if enabled else "Disable"}
        own_id = f"{machine}{LICENSE_TAIL}"
        with kept_if_unanswered(ctx, own_id, kept):
            if profile is None:
                product = {"productType": "WindowsServer", "productFeatures": [change]}
                body = {"location": state.location, "properties": {"productProfile": product}}
                operation = ctx.arc.put_license_profile(machine, body)
            else:
                features = {"productFeatures": _with_feature(profile, change)}
                operation = ctx.arc.patch_license_profile(machine, {"properties": {"productProfile": features}})
        if kept is not None:
            ctx.keep(own_id, kept)
        finish(ctx, operation, patience, "the licence profile to change")

    def _awaited(self, ctx: Context, machine: ResourceId, state: State, patience: Patience) -> State:
        """The state once the feature is on (or off); the service takes about ten minutes for it."""
        while True:
            feature = hotpatch_feature(ctx.arc.get_license_profile(machine))
            status = fold(text(feature.get("subscriptionStatus")))
            if status == "failed":
                why = error_of(feature) or "Azure gives no reason"
                raise OperationFailed(f"Arc server '{machine.name}': its hotpatch licence failed: {why}")
            if status not in ("enabling", "disabling"):
                return state.model_copy(update={**_observed(feature, ctx.arc.get(machine)), "unfinished": None})
            patience.sleep(ctx, ctx.clock.now() + _POLL, "the hotpatch licence to take effect")


HANDLER = ArcHotpatchLicenseHandler()


def _asked(inputs: Inputs) -> Any:
    """What a declaration asks of the service, by the service's name."""
    return {True: "Enable", False: "Disable"}.get(inputs.enabled, UNKNOWN)


def _existing(machine: ResourceId, body: Body | None) -> Body:
    if body is None:
        raise NotFound(
            f"Arc server '{machine.name}': it does not exist ({machine}); connect it first, or correct machine_id",
            status=404,
        )
    return body


def _patience(ctx: Context, state: State) -> Patience:
    return Patience.of(ctx, state.timeout, _DEFAULT_TIMEOUT)


def _settled(ctx: Context, machine: ResourceId, patience: Patience) -> Body | None:
    """The licence profile once no other operation is changing it, None when there is none (any more)."""
    return settled(ctx, lambda _: ctx.arc.get_license_profile(machine), patience, fresh=True)


def _features(profile: Body | None) -> list[Mapping[str, Any]]:
    product = object_at(properties_of(profile or {}), "productProfile")
    return [one for one in product.get("productFeatures") or () if isinstance(one, Mapping)]


def hotpatch_feature(profile: Body | None) -> Mapping[str, Any]:
    """The feature Hotpatch as the service has it, empty where it has none."""
    return next((one for one in _features(profile) if fold(one.get("name")) == fold(_FEATURE)), {})


def _with_feature(profile: Body, change: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The features to send: ours changed, and those that are on, in the order that they have.

    What a PATCH does to the features that its list leaves out is documented nowhere.
    """
    found = _features(profile)
    if not hotpatch_feature(profile):
        found = [*found, change]
    return [
        change if fold(one.get("name")) == fold(_FEATURE) else {"name": one.get("name"), "subscriptionStatus": "Enable"}
        for one in found
        if fold(one.get("name")) == fold(_FEATURE) or _is_on(one.get("subscriptionStatus"))
    ]


def _is_ours_alone(profile: Body) -> bool:
    """Whether nobody has put anything into a profile beside the feature Hotpatch and what the service adds to it."""
    properties = properties_of(profile)
    product = object_at(properties, "productProfile")
    theirs = (object_at(properties, "softwareAssurance"), object_at(properties, "esuProfile"))
    names = {fold(one.get("name")) for one in _features(profile)}
    return not any(theirs) and not _is_on(product.get("subscriptionStatus")) and names <= {fold(_FEATURE), fold(_ADDED)}


def _is_on(status: Any) -> bool:
    return fold(status) in _ON


def is_as_wanted(status: Any, enabled: bool) -> bool:
    """Whether a status means what is wanted; no status at all is off."""
    return _is_on(status) if enabled else status is None or fold(status) in _OFF


def _observed(feature: Mapping[str, Any], body: Body | None) -> dict[str, Any]:
    return {
        "subscription_status": text(feature.get("subscriptionStatus")),
        "hotpatch_status": None if body is None else OwnedArcServer.of(body).hotpatch_status,
        "enrollment_date": shown_instant(feature.get("enrollmentDate")),
        "billing_start_date": shown_instant(feature.get("billingStartDate")),
        "billing_end_date": shown_instant(feature.get("billingEndDate")),
    }
