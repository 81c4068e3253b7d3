"""Preview features: adopt what is on, register the rest together, wait until reads agree, make the provider see it.

Source of the sequence: Microsoft Learn, Hotpatch for Windows Server Azure Edition (preview), 2021-02-22: register the
features, wait (up to 15 minutes), then register the resource provider again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pulumi_azure_hotpatch.engine.facts import Declaration, PreviewFeature
from pulumi_azure_hotpatch.engine.logic import UNKNOWN
from pulumi_azure_hotpatch.engine.rules import Finding, judge, rule, rules_for
from pulumi_azure_hotpatch.errors import ArmError, ConfigurationError, InvalidInput
from pulumi_azure_hotpatch.models.draft import Draft
from pulumi_azure_hotpatch.models.preview_enrollment import PreviewEnrollmentInputs, PreviewEnrollmentState
from pulumi_azure_hotpatch.ports import Context

from .base import Created, Handler
from .enrolling import Enrolling, is_retired
from .waiting import Patience

Inputs = Draft[PreviewEnrollmentInputs]

_DEFAULT_TIMEOUT = "60m"


class PreviewEnrollmentHandler(Handler[PreviewEnrollmentInputs, PreviewEnrollmentState]):
    """A set of preview features of one provider namespace in one subscription."""

    inputs = PreviewEnrollmentInputs
    state = PreviewEnrollmentState
    twice = "feature-declared-twice"

    def label(self, inputs: Inputs) -> str:
        namespace = inputs.namespace
        return f"preview features of {namespace}" if namespace is not UNKNOWN else "preview features"

    def targets(self, inputs: Inputs) -> Iterable[str]:
        if inputs.known("subscription_id", "namespace", "features") and inputs.subscription_id:
            yield from (_target(inputs.subscription_id, inputs.namespace, feature) for feature in inputs.features)

    def resolve(self, ctx: Context, inputs: Inputs) -> dict[str, Any]:
        return {"subscription_id": ctx.settings.subscription_id} if inputs.subscription_id is None else {}

    def check(self, ctx: Context, inputs: Inputs) -> Iterable[Finding]:
        subscription = inputs.subscription_id
        missing = subscription if subscription is UNKNOWN else subscription is None
        yield from judge((rule("subscription-known"),), Declaration(subscription_missing=missing))
        if not inputs.known("namespace", "features"):
            return
        states = ctx.once("states", lambda: self._read_states(ctx, inputs))
        alike: dict[tuple[Any, bool], list[str]] = {}
        for feature in inputs.features:
            alike.setdefault((states.get(feature, UNKNOWN), is_retired(inputs.namespace, feature)), []).append(feature)
        for (found, retired), names in alike.items():
            # Features in the same situation share their findings.
            facts = PreviewFeature(inputs.namespace, "', '".join(names), found, retired)
            yield from judge(rules_for("feature"), facts, relaxed=ctx.settings.relaxed)

    def answers(self, ctx: Context, inputs: Inputs, state: PreviewEnrollmentState | None) -> dict[str, Any]:
        if state is not None:
            return {"adopted": state.adopted}
        states = ctx.once("states", lambda: self._read_states(ctx, inputs))
        return (
            {"adopted": tuple(feature for feature, found in states.items() if found == "Registered")} if states else {}
        )

    def create(self, ctx: Context, inputs: PreviewEnrollmentInputs) -> Created[PreviewEnrollmentState]:
        state = PreviewEnrollmentState.model_validate(inputs.model_dump() | {"adopted": ()})
        return Created(_id(inputs), self._enrol(self._enrolling(ctx, state, _id(inputs))))

    def read(self, ctx: Context, id: str, state: PreviewEnrollmentState) -> PreviewEnrollmentState | None:
        # What was found missing once may be back: everything that this resource stands for is looked at.
        ours = dict.fromkeys((*state.features, *state.registered, *(state.adopted or ())))
        gone = self._enrolling(ctx, state).confirm_off(feature for feature in ours if feature not in state.skipped)
        if gone:
            ctx.advise(f"no longer registered: {', '.join(gone)}")
        present = tuple(feature for feature in ours if feature not in gone)
        return state if set(present) == set(state.features) else state.model_copy(update={"features": present})

    def update(
        self, ctx: Context, id: str, state: PreviewEnrollmentState, inputs: PreviewEnrollmentInputs
    ) -> PreviewEnrollmentState:
        spelled = {feature.casefold(): feature for feature in inputs.features}
        adopted = state.adopted or ()
        dropped = [name for name in (*state.registered, *adopted) if name.casefold() not in spelled]
        leaving = self._leaving(ctx, state.model_copy(update={"on_destroy": inputs.on_destroy}), dropped)
        carried = {
            "registered": (*_respelled(state.registered, spelled), *leaving),
            "adopted": _respelled(adopted, spelled),
            "propagated": state.propagated,
            "unfinished": state.unfinished,
        }
        enrolling = self._enrolling(ctx, PreviewEnrollmentState.model_validate(inputs.model_dump() | carried), id)
        enrolling.leave(leaving)
        return self._enrol(enrolling)

    def delete(self, ctx: Context, id: str, state: PreviewEnrollmentState) -> None:
        leaving = self._leaving(ctx, state, [*state.registered, *(state.adopted or ())])
        enrolling = self._enrolling(ctx, state)
        if enrolling.leave(leaving):
            enrolling.propagate()

    def _enrolling(self, ctx: Context, state: PreviewEnrollmentState, id: str | None = None) -> Enrolling:
        """The steps from `state` on; where an id is given, what they reach is kept."""
        patience = Patience.of(ctx, state.timeout, _DEFAULT_TIMEOUT)
        return (
            Enrolling(ctx, state, patience)
            if id is None
            else Enrolling(ctx, state, patience, lambda reached: ctx.keep(id, reached))
        )

    def _enrol(self, enrolling: Enrolling) -> PreviewEnrollmentState:
        enrolling.wait(enrolling.begin())
        return enrolling.propagate()

    def _leaving(self, ctx: Context, state: PreviewEnrollmentState, features: list[str]) -> list[str]:
        """Those of `features` to unregister: ours, if `on_destroy` asks for it and nobody else declares them."""
        subscription = _subscription(state)
        ours = [name for name in features if name in state.registered]
        kept = [name for name in features if name not in ours or state.on_destroy == "keep"]
        if kept:
            ctx.inform(
                f"stay registered: {', '.join(kept)} (on_destroy is '{state.on_destroy}'; what was on before stays on)"
            )
        if state.on_destroy == "keep":
            return []
        leaving = []
        for name in ours:
            if ctx.declarations.is_still_wanted(_target(subscription, state.namespace, name)):
                ctx.inform(f"'{name}' stays registered: another resource of this stack declares it")
            else:
                leaving.append(name)
        return leaving

    def _read_states(self, ctx: Context, inputs: Inputs) -> dict[str, str | None]:
        """The registration states by feature, as far as they may be read now."""
        if not (ctx.may_read and inputs.known("subscription_id", "namespace", "features") and inputs.subscription_id):
            return {}
        try:
            return {
                name: ctx.features.state(inputs.subscription_id, inputs.namespace, name) for name in inputs.features
            }
        except (ArmError, ConfigurationError) as error:
            ctx.advise(f"the registration states are not known in this preview: {error}")
            return {}


HANDLER = PreviewEnrollmentHandler()


def _id(inputs: PreviewEnrollmentInputs) -> str:
    return f"/subscriptions/{_subscription(inputs)}/providers/Microsoft.Features/featureProviders/{inputs.namespace}"


def _target(subscription_id: str, namespace: str, feature: str) -> str:
    return f"/subscriptions/{subscription_id}/providers/Microsoft.Features/providers/{namespace}/features/{feature}"


def _subscription(inputs: PreviewEnrollmentInputs) -> str:
    if inputs.subscription_id is None:
        raise InvalidInput("no subscription is given; set subscription_id or azure-native:subscriptionId")
    return inputs.subscription_id


def _respelled(features: Iterable[str], spelled: Mapping[str, str]) -> tuple[str, ...]:
    """Those of `features` that `spelled` has, in its spelling: names are compared without letter case."""
    return tuple(spelled[name.casefold()] for name in features if name.casefold() in spelled)
