"""Preview features and provider registration over `azure-mgmt-resource-features` and `azure-mgmt-resource`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pulumi_azure_hotpatch.errors import NotFound

from .errors import arm_errors

if TYPE_CHECKING:
    from azure.mgmt.resource.features import FeatureClient
    from azure.mgmt.resource.resources import ResourceManagementClient


class ArmFeatures:
    """Implements `ports.Features`; the arguments make a client for a subscription."""

    def __init__(
        self, features: Callable[[str], FeatureClient], resources: Callable[[str], ResourceManagementClient]
    ) -> None:
        self._features = features
        self._resources = resources

    def state(self, subscription_id: str, namespace: str, feature: str) -> str | None:
        """Source of the call: azure-mgmt-resource-features 1.0.0, FeaturesOperations.get."""
        return self._call(subscription_id, namespace, feature, "get", "read its registration")

    def register(self, subscription_id: str, namespace: str, feature: str) -> str | None:
        """Source of the call: FeaturesOperations.register, not a long-running operation."""
        return self._call(subscription_id, namespace, feature, "register", "register it")

    def unregister(self, subscription_id: str, namespace: str, feature: str) -> str | None:
        """Source of the call: FeaturesOperations.unregister, not a long-running operation."""
        return self._call(subscription_id, namespace, feature, "unregister", "unregister it")

    def provider_state(self, subscription_id: str, namespace: str) -> str:
        """Source of the call: azure-mgmt-resource 26.0.0, ProvidersOperations.get."""
        with arm_errors("read its registration", f"resource provider {namespace}"):
            return _provider_state(self._resources(subscription_id).providers.get(namespace))

    def register_provider(self, subscription_id: str, namespace: str) -> str:
        """Source of the call: ProvidersOperations.register, not a long-running operation."""
        with arm_errors("register it again", f"resource provider {namespace}"):
            return _provider_state(self._resources(subscription_id).providers.register(namespace))

    def _call(self, subscription_id: str, namespace: str, feature: str, verb: str, action: str) -> str | None:
        operations = self._features(subscription_id).features
        try:
            with arm_errors(action, f"preview feature {namespace}/{feature}"):
                result: Any = getattr(operations, verb)(namespace, feature)
        except NotFound as error:
            # A subscription that does not exist is another matter than a feature that does not.
            if error.code == "SubscriptionNotFound":
                raise
            return None
        return str(result.properties.state) if result.properties else "NotSpecified"


def _provider_state(provider: Any) -> str:
    return str(provider.registration_state or "")
