"""The steps of enrolling a set of features, remembered after each one so that a run that ends half way is continued.

Replicas of the service can answer stale, therefore a state counts only when several reads in a row agree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from pulumi_azure_hotpatch.engine.facts import PreviewFeature
from pulumi_azure_hotpatch.engine.rules import judge, rule
from pulumi_azure_hotpatch.engine.rules.feature import RETIRED_FEATURES
from pulumi_azure_hotpatch.errors import ArmError, Interrupted, InvalidInput, Refused
from pulumi_azure_hotpatch.models.base import parse_wait
from pulumi_azure_hotpatch.models.preview_enrollment import PreviewEnrollmentState
from pulumi_azure_hotpatch.ports import Context

from .waiting import Patience, may_have_worked, wait_until

# Source of the state names: azure-mgmt-resource-features 1.0.0, SubscriptionFeatureRegistrationState.
_OFF = frozenset(("NotRegistered", "Unregistered", "NotSpecified"))
_REFUSALS = ("feature-exists", "feature-needs-approval")


class Enrolling:
    """`state` says what is done so far; `keep` is told whenever that has changed in Azure too."""

    def __init__(
        self,
        ctx: Context,
        state: PreviewEnrollmentState,
        patience: Patience,
        keep: Callable[[PreviewEnrollmentState], None] = lambda _: None,
    ) -> None:
        if state.subscription_id is None:
            raise InvalidInput("no subscription is given; set subscription_id or azure-native:subscriptionId")
        self.state = state
        self._ctx = ctx
        self._patience = patience
        self._keep = keep
        self._subscription = state.subscription_id
        self._interval = parse_wait(state.poll_interval)
        self._is_continued = state.unfinished is not None
        # What an earlier run found on stays adopted, even where it has to be registered again.
        self._on_before_us = frozenset(state.adopted or ())
        self._asked: set[str] = set()
        self._leaving: set[str] = set()
        self._has_left = False

    def begin(self) -> tuple[str, ...]:
        """Adopt what is on and ask for the rest, all together. Returns the features to wait for.

        Raises Refused, before anything is touched, when one waits for a manual approval or is unknown and not retired.
        """
        found = {feature: self._read(feature) for feature in self.state.features}
        owned = {*self.state.registered, *self._on_before_us}
        stale = [feature for feature in found if is_off(found[feature]) and feature in owned]
        # What was on once is believed off only when enough reads agree; else it is merely awaited.
        found |= dict.fromkeys(set(stale) - set(self._still(is_off, stale)), "Registering")
        self._refuse(found)
        for feature, reached in found.items():
            if reached is None:
                # Only a retired one has come this far.
                self._ctx.advise(f"'{feature}' is unknown to Azure and no longer required; it is skipped")
                self.state = self.state.model_copy(update={"skipped": (*self.state.skipped, feature)})
            elif reached in _OFF:
                found[feature] = self._register(feature)
            elif reached == "Unregistering":
                self._leaving.add(feature)
            elif feature not in self.state.registered:
                self._adopt(feature)
        return tuple(feature for feature, reached in found.items() if reached not in (None, "Registered"))

    def wait(self, waiting: Iterable[str]) -> None:
        """Wait until enough reads in a row agree that all are registered. Raises Refused, TimedOut or Interrupted."""

        def accept(feature: str, reached: str | None) -> bool:
            if reached is not None:
                # It was known when we came: a read that does not know it is believed as little as any single one.
                self._refuse({feature: reached})
            if reached == "Unregistering" and feature not in self._asked:
                self._leaving.add(feature)
            elif reached in _OFF and feature in self._leaving:
                # It was on its way out when we came; now that it is gone it can be registered.
                self._leaving.discard(feature)
                self._register(feature)
            return reached == "Registered"

        self._agree(waiting, accept, "register")

    def propagate(self) -> PreviewEnrollmentState:
        """Make the resource provider see what changed, once; the finished state."""
        if not self.state.propagate:
            self.state = self.state.model_copy(update={"propagated": False})
        elif not self.state.propagated and (self.state.registered or self.state.adopted or self._has_left):
            self._register_provider()
        elif self.state.propagated and self._is_continued:
            self._await_provider()
        self.state = self.state.model_copy(update={"unfinished": None})
        return self.state

    def leave(self, features: Iterable[str]) -> bool:
        """Unregister those of `features` that are not off or unknown yet, and wait for it; whether there was one."""
        found = {feature: self._read(feature) for feature in features}
        off = set(self._still(is_off, [feature for feature in found if is_off(found[feature])]))
        leaving = [feature for feature in found if feature not in off]
        for feature in leaving:
            if found[feature] != "Unregistering":
                self._ctx.features.unregister(self._subscription, self.state.namespace, feature)
                self._changed(propagated=False)
        if leaving:
            self._agree(leaving, lambda _, reached: is_off(reached), "be unregistered")
            self._has_left = True
        self.state = self.state.model_copy(
            update={
                "registered": tuple(name for name in self.state.registered if name not in found),
                "propagated": self.state.propagated and not leaving,
            }
        )
        return bool(leaving)

    def confirm_off(self, features: Iterable[str]) -> tuple[str, ...]:
        """Those of `features` that are off or on their way out, as enough reads in a row agree."""
        return self._still(_is_lost, [feature for feature in features if _is_lost(self._read(feature))])

    def _still(self, lost: Callable[[str | None], bool], suspects: list[str]) -> tuple[str, ...]:
        """Those of `suspects`, which one read found `lost`, that all further reads find so too."""
        for _ in range(self.state.agreeing_reads - 1):
            if suspects:
                self._patience.sleep(self._ctx, self._ctx.clock.now() + self._interval, "reads to agree")
                suspects = [feature for feature in suspects if lost(self._read(feature))]
        return tuple(suspects)

    def _agree(self, features: Iterable[str], accept: Callable[[str, str | None], bool], waiting_for: str) -> None:
        """Read until `accept` has said yes to every feature as many times in a row as reads must agree."""
        agreed = dict.fromkeys(features, 0)

        def done() -> bool:
            waits = False
            for feature, count in agreed.items():
                # All must be settled in the end: once one is not, only those that may need something of us are asked.
                if count >= self.state.agreeing_reads or (waits and feature not in self._leaving):
                    continue
                agreed[feature] = count + 1 if accept(feature, self._read(feature)) else 0
                waits = waits or not agreed[feature]
            return all(count >= self.state.agreeing_reads for count in agreed.values())

        told = waiting_for == "register" and self.state.propagate
        then = f"{self.state.namespace} is told of it" if told else ""
        wait_until(self._ctx, self._patience, self._interval, f"{', '.join(agreed)} to {waiting_for}", done, then)

    def _register(self, feature: str) -> str | None:
        self._asked.add(feature)
        try:
            reached = self._ctx.features.register(self._subscription, self.state.namespace, feature)
        except (ArmError, Interrupted) as error:
            if may_have_worked(error):
                self._claim(feature)
            raise
        if reached == "Registered" and feature not in self.state.registered:
            # Registered in the same breath: most likely a stale read hid that it was on.
            # What may be another's is never claimed.
            self._adopt(feature)
            self._changed(propagated=False)
        else:
            self._claim(feature)
        self._refuse({feature: reached})
        return reached

    def _claim(self, feature: str) -> None:
        """Note that we have asked for a feature; it is ours unless it was on before us."""
        others = tuple(name for name in self.state.registered if name != feature)
        ours = self.state.registered if feature in self._on_before_us else (*others, feature)
        self._changed(registered=ours, propagated=False)

    def _adopt(self, feature: str) -> None:
        if feature not in (self.state.adopted or ()):
            # Nobody knows whether the provider was told of it.
            self.state = self.state.model_copy(
                update={"adopted": (*(self.state.adopted or ()), feature), "propagated": False}
            )

    def _changed(self, **fields: object) -> None:
        self.state = self.state.model_copy(update=fields)
        self._keep(self.state)

    def _register_provider(self) -> None:
        reached = self._ctx.features.register_provider(self._subscription, self.state.namespace)
        self._changed(propagated=True)
        if reached != "Registered":
            self._await_provider()

    def _await_provider(self) -> None:
        namespace = self.state.namespace
        agreed = 0

        def registered() -> bool:
            nonlocal agreed
            reached = self._ctx.features.provider_state(self._subscription, namespace)
            agreed = agreed + 1 if reached == "Registered" else 0
            return agreed >= self.state.agreeing_reads

        wait_until(self._ctx, self._patience, self._interval, f"{namespace} to see the change", registered)

    def _refuse(self, found: Mapping[str, str | None]) -> None:
        """Raise Refused with all that is wrong with features in these states."""
        namespace = self.state.namespace
        broken = []
        for feature, reached in found.items():
            facts = PreviewFeature(namespace, feature, reached, is_retired(namespace, feature))
            broken += [finding for finding in judge(map(rule, _REFUSALS), facts) if finding.is_error]
        if broken:
            raise Refused(f"preview features of {namespace}: {' '.join(map(str, broken))}", broken)

    def _read(self, feature: str) -> str | None:
        return self._ctx.features.state(self._subscription, self.state.namespace, feature)


def is_off(state: str | None) -> bool:
    """Whether a registration state means that the feature is not on and not being switched on or off."""
    return state is None or state in _OFF


def is_retired(namespace: str, feature: str) -> bool:
    """Whether Microsoft no longer asks for the registration of a feature."""
    return f"{namespace}/{feature}".casefold() in RETIRED_FEATURES


def _is_lost(state: str | None) -> bool:
    return is_off(state) or state == "Unregistering"
