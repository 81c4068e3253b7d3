"""The steps of enrolling a set of features, remembered after each one so that a run that ends half way is continued.

Replicas of the service can answer stale, therefore a state counts only when several reads in a row agree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pulumi_azure_hotpatch.engine.facts import PreviewFeature
from pulumi_azure_hotpatch.engine.rules import judge, rule
from pulumi_azure_hotpatch.errors import InvalidInput, Refused
from pulumi_azure_hotpatch.models.base import parse_wait
from pulumi_azure_hotpatch.models.preview_enrollment import PreviewEnrollmentState
from pulumi_azure_hotpatch.ports import Context

from .waiting import Patience, wait_until

# Source of the state names: azure-mgmt-resource-features 1.0.0, SubscriptionFeatureRegistrationState.
_OFF = frozenset(("NotRegistered", "Unregistered", "NotSpecified"))


class Enrolling:
    """`state` says what is done so far; `keep` is told whenever that has changed in Azure too."""

    def __init__(self, ctx: Context, state: PreviewEnrollmentState, patience: Patience) -> None:
        if state.subscription_id is None:
            raise InvalidInput("no subscription is given; set subscription_id or azure-native:subscriptionId")
        self.state = state
        self.keep: Callable[[PreviewEnrollmentState], None] = lambda _: None
        self._ctx = ctx
        self._patience = patience
        self._subscription = state.subscription_id
        self._waiting: list[str] = []

    def begin(self) -> tuple[str, ...]:
        """Adopt what is on and ask for the rest, all together. Returns the features that the service does not know, untouched otherwise.

        Raises Refused when one waits for a manual approval.
        """
        found = {feature: self._read(feature) for feature in self.state.features}
        for feature, reached in found.items():
            if reached == "Pending":
                self._refuse_pending(feature)
        for feature, reached in found.items():
            if reached is None:
                continue
            if reached in _OFF:
                reached = self._register(feature)
            elif feature not in self.state.registered:
                self._adopt(feature)
            if reached != "Registered":
                self._waiting.append(feature)
        return tuple(feature for feature, reached in found.items() if reached is None)

    def skip(self, feature: str) -> None:
        """Leave out a feature that the service has forgotten."""
        self.state = self.state.model_copy(update={"skipped": (*self.state.skipped, feature)})

    def wait(self) -> None:
        """Wait until every feature is registered and enough reads in a row say so. Raises Refused, TimedOut or Interrupted."""
        if not self._waiting:
            return

        def accept(feature: str, reached: str | None) -> bool:
            if reached == "Pending":
                self._refuse_pending(feature)
            if reached == "Unregistered" and feature not in self.state.registered:
                # It was on its way out when we came; now that it is gone it can be registered.
                self._register(feature)
            return reached == "Registered"

        self._agree(self._waiting, accept, "register")

    def propagate(self) -> PreviewEnrollmentState:
        """Make the resource provider see what changed, once; the finished state."""
        if self.state.propagate and not self.state.propagated:
            self._register_provider()
        self.state = self.state.model_copy(update={"propagated": self.state.propagate, "unfinished": None})
        return self.state

    def leave(self, features: Iterable[str]) -> None:
        """Unregister features and wait until that is agreed. A feature that is off or unknown already is left in peace."""
        leaving = []
        for feature in features:
            if self._read(feature) not in (None, *_OFF):
                self._ctx.features.unregister(self._subscription, self.state.namespace, feature)
                leaving.append(feature)
        if leaving:
            self._agree(leaving, lambda _, reached: is_off(reached), "be unregistered")
            if self.state.propagate:
                self._register_provider()

    def confirm_off(self, features: Iterable[str]) -> tuple[str, ...]:
        """Those of `features` that are not registered and not on the way, as enough reads in a row agree."""
        suspects = [feature for feature in features if is_off(self._read(feature))]
        for _ in range(self.state.agreeing_reads - 1):
            if suspects:
                self._patience.sleep(
                    self._ctx, self._ctx.clock.now() + parse_wait(self.state.poll_interval), "reads to agree"
                )
                suspects = [feature for feature in suspects if is_off(self._read(feature))]
        return tuple(suspects)

    def _agree(self, features: Iterable[str], accept: Callable[[str, str | None], bool], waiting_for: str) -> None:
        """Read until `accept` has said yes to every feature as many times in a row as reads must agree."""
        agreed = dict.fromkeys(features, 0)

        def done() -> bool:
            for feature, count in agreed.items():
                if count < self.state.agreeing_reads:
                    agreed[feature] = count + 1 if accept(feature, self._read(feature)) else 0
                if not agreed[feature]:
                    # All must be settled in the end, so the rest need not be asked before this one is.
                    return False
            return all(count >= self.state.agreeing_reads for count in agreed.values())

        wait_until(self._ctx, self._patience, parse_wait(self.state.poll_interval), f"{', '.join(agreed)} to {waiting_for}", done)

    def _register(self, feature: str) -> str | None:
        reached = self._ctx.features.register(self._subscription, self.state.namespace, feature)
        if reached == "Registered":
            # Registered in the same breath: most likely a stale read hid that it was on. What may be another's is never claimed.
            self._adopt(feature)
        else:
            self.state = self.state.model_copy(
                update={
                    "registered": (*(name for name in self.state.registered if name != feature), feature),
                    "adopted": tuple(name for name in self.state.adopted or () if name != feature),
                    "propagated": False,
                }
            )
            self.keep(self.state)
        if reached == "Pending":
            self._refuse_pending(feature)
        return reached

    def _adopt(self, feature: str) -> None:
        if feature not in (self.state.adopted or ()):
            self.state = self.state.model_copy(
                update={"adopted": (*(self.state.adopted or ()), feature), "propagated": False}
            )

    def _register_provider(self) -> None:
        namespace = self.state.namespace
        reached = self._ctx.features.register_provider(self._subscription, namespace)

        def registered() -> bool:
            return self._ctx.features.provider_state(self._subscription, namespace) == "Registered"

        if reached != "Registered":
            interval = parse_wait(self.state.poll_interval)
            wait_until(self._ctx, self._patience, interval, f"{namespace} to see the change", registered)

    def _refuse_pending(self, feature: str) -> None:
        facts = PreviewFeature(self.state.namespace, feature, "Pending")
        finding = next(iter(judge((rule("feature-needs-approval"),), facts)))
        raise Refused(f"preview features of {self.state.namespace}: {finding}", (finding,))

    def _read(self, feature: str) -> str | None:
        return self._ctx.features.state(self._subscription, self.state.namespace, feature)


def is_off(state: str | None) -> bool:
    """Whether a registration state means that the feature is not on and not being switched on."""
    return state is None or state in _OFF
