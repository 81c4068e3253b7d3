"""Preview features to enrol in, and what others do with them."""

from typing import Any

from azure_patch_simulator import PREVIEW_ERA_FEATURES, SUBSCRIPTION_ID
from tests.handlers.declared import Declared
from tests.support.simulated import Azure, minutes

HOTPATCH, AUTOPATCH, IN_GUEST = PREVIEW_ERA_FEATURES
FEATURES = f"/subscriptions/{SUBSCRIPTION_ID}/providers/Microsoft.Features/providers/Microsoft.Compute/features"


def enrolment(azure: Azure, *features: str, **inputs: Any) -> Declared:
    """A declared set of features, asked about every five minutes."""
    declared = {
        "features": list(features or (HOTPATCH,)),
        "subscriptionId": SUBSCRIPTION_ID,
        "pollInterval": "5m",
        **inputs,
    }
    return Declared(azure, "preview_enrollment", declared)


def state_of(azure: Azure, feature: str = HOTPATCH) -> str:
    state: str = azure.body(f"{FEATURES}/{feature}")["properties"]["state"]
    return state


def register(azure: Azure, *features: str) -> None:
    """Somebody else registers features and waits for them."""
    for feature in features:
        azure.ask("POST", f"{FEATURES}/{feature}/register")
    azure.simulator.clock.advance(minutes(15))
