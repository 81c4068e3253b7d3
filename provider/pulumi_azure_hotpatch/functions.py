"""Reading without owning, from a program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from .errors import InvalidInput
from .host.program import program_runtime as _program_runtime
from .host.program_errors import in_one_line
from .models.preview_enrollment import HOTPATCH_PREVIEW_FEATURES


@dataclass(frozen=True)
class PreviewFeatureState:
    """A preview feature and its registration state as the service words it; None for a feature that the service does
    not know.
    """

    namespace: str
    name: str
    state: str | None

    @property
    def is_registered(self) -> bool:
        """Whether the feature is on."""
        return self.state == "Registered"


@in_one_line("get_preview_features")
def get_preview_features(
    features: Sequence[str] = HOTPATCH_PREVIEW_FEATURES,
    *,
    namespace: str = "Microsoft.Compute",
    subscription_id: str | None = None,
) -> list[PreviewFeatureState]:
    """The registration states of `features`, read now and owned by nobody.

    Credentials and subscription come from the stack's configuration, as for the resources. Raises InvalidInput
    without a subscription, ConfigurationError or ArmError when Azure cannot be asked.
    """
    runtime = _program_runtime()
    subscription = subscription_id or runtime.configuration.settings.subscription_id
    if not subscription:
        raise InvalidInput("no subscription is given; set subscription_id or azure-native:subscriptionId")
    reader = runtime.azure.features
    return [
        PreviewFeatureState(namespace, name, reader.state(subscription, namespace, name.strip())) for name in features
    ]


def get_preview_features_output(
    features: pulumi.Input[Sequence[pulumi.Input[str]]] = HOTPATCH_PREVIEW_FEATURES,
    *,
    namespace: pulumi.Input[str] = "Microsoft.Compute",
    subscription_id: pulumi.Input[str] | None = None,
) -> pulumi.Output[list[PreviewFeatureState]]:
    """As `get_preview_features`, once its arguments are known."""
    known: Any = pulumi.Output.all(features=features, namespace=namespace, subscription_id=subscription_id)
    states: pulumi.Output[list[PreviewFeatureState]] = known.apply(lambda values: get_preview_features(**values))
    return states
