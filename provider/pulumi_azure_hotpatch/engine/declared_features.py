"""The preview features that declared resources enrol subscriptions in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from .declared import ENROLMENT, NATIVE_FEATURE, Declared
from .estate import Entry
from .facts import PreviewFeature
from .logic import UNKNOWN
from .rules.feature import RETIRED_FEATURES

ENROLMENTS: Final = "Microsoft.Features/featureProviders"
REGISTRATIONS: Final = f"{ENROLMENTS}/subscriptionFeatureRegistrations"


def features_of(one: Declared) -> Iterator[Entry[PreviewFeature]]:
    """The preview features that a resource enrols in; nothing for any other resource."""
    if one.kind == NATIVE_FEATURE:
        namespace, name = one.inputs.get("providerNamespace"), one.inputs.get("featureName")
        yield Entry(one.id or one.urn, REGISTRATIONS, _feature(namespace, name))
    if one.kind != ENROLMENT:
        return
    features, namespace = one.inputs.get("features"), one.inputs.get("namespace") or "Microsoft.Compute"
    subscription = one.text("subscriptionId")
    known = subscription and isinstance(namespace, str)
    resource = f"/subscriptions/{subscription}/providers/{ENROLMENTS}/{namespace}" if known else one.urn
    for name in features if isinstance(features, list | tuple) else (features,):
        yield Entry(resource, ENROLMENTS, _feature(namespace, name))


def _feature(namespace: object, name: object) -> PreviewFeature:
    if not isinstance(namespace, str) or not isinstance(name, str):
        return PreviewFeature(UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN)
    return PreviewFeature(namespace, name, UNKNOWN, f"{namespace}/{name}".casefold() in RETIRED_FEATURES)
