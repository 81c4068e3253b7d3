"""What a simulated Azure is set to: how long things take, and which of several plausible behaviours it shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

from .patching_settings import PatchingSettings
from .throttling import ThrottlingSettings

Era = Literal["current", "2021-preview"]
ApprovalType = Literal["NotSpecified", "ApprovalRequired", "AutoApproval"]

PREVIEW_ERA_FEATURES = ("InGuestHotPatchVMPreview", "InGuestAutoPatchVMPreview", "InGuestPatchVMPreview")
"""The three flags of the 2021 preview, namespace Microsoft.Compute. Source: Microsoft Docs, hotpatch, 2021-02-22."""


@dataclass(slots=True)
class FeatureDefinition:
    """A preview feature the service knows.

    ``registration_time`` overrides the world's; ``stuck`` means it stays Registering for ever.
    """

    namespace: str
    name: str
    approval: ApprovalType = "NotSpecified"
    registration_time: timedelta | None = None
    stuck: bool = False

    @property
    def key(self) -> str:
        """``namespace/name`` in lower case."""
        return f"{self.namespace}/{self.name}".lower()


def default_features() -> list[FeatureDefinition]:
    """Return the three flags of the preview and three fictional neighbours, one of each other kind of approval."""
    compute = "Microsoft.Compute"
    return [
        *(FeatureDefinition(compute, name) for name in PREVIEW_ERA_FEATURES),
        FeatureDefinition(compute, "ContosoApprovedByHandPreview", "ApprovalRequired"),
        FeatureDefinition(compute, "ContosoApprovedAtOncePreview", "AutoApproval"),
        FeatureDefinition("Microsoft.Maintenance", "ContosoWindowPreview"),
    ]


def default_providers() -> list[str]:
    """Return the namespaces registered in every subscription from the start."""
    return [
        "Microsoft.Compute",
        "Microsoft.HybridCompute",
        "Microsoft.Maintenance",
        "Microsoft.Network",
        "Microsoft.Storage",
    ]


@dataclass(slots=True)
class Policy:
    """Someone who keeps writing: a stand-in for an Azure Policy remediation.

    ``delay`` after each write to a virtual machine whose body holds all of ``where`` (nested objects compared member
    by member), ``patch`` is merged into it – and again after the next write.
    """

    name: str
    where: dict[str, Any]
    patch: dict[str, Any]
    delay: timedelta = timedelta(minutes=15)


@dataclass(slots=True)
class Settings:
    """The switches of a world.

    ``operation_time``: how long a write to a machine stays ``Updating``; 0 = done with the answer.
    ``feature_registration_time``: documents say up to 15 minutes (Microsoft Docs, hotpatch, 2021-02-22).
    ``replicas`` answer reads of features and providers in turn; all but the first are ``replica_lag`` behind.
    ``assignable_after``: how long after its creation or start a machine refuses maintenance assignments; the service
    says "a few minutes" and gives no figure.
    ``deletes_assigned_configurations``: what the service does with a configuration that has assignments is unknown.
    ``registered_providers``: namespaces registered from the start, in every subscription.
    ``allowed_actions`` and ``denied_actions``: what the caller is told of its permissions; they refuse no request.
    ``subscription_state``: what every subscription says of itself.
    ``activity_log_lag``: how far the activity log is behind (3 to 20 minutes: Microsoft Learn, Activity log).
    ``hotpatch_images_need_platform_mode``: a rule of the Terraform provider azurerm; the service was not
    seen to have it.
    ``refuses_new_os_profiles``: whether a machine made from a specialised disk can be given an ``osProfile`` is
    unknown. Refused: MicrosoftDocs/azure-docs issues 21850 and 118223; seen with nothing but patch settings in it:
    terraform-provider-azurerm issue 24533.
    ``patching``: how guests are patched. ``throttling``: how many requests are taken.
    """

    era: Era = "current"
    operation_time: timedelta = timedelta(seconds=30)
    feature_registration_time: timedelta = timedelta(minutes=15)
    provider_registration_time: timedelta = timedelta(minutes=1)
    replicas: int = 1
    replica_lag: timedelta = timedelta(0)
    assignable_after: timedelta = timedelta(0)
    deletes_assigned_configurations: bool = True
    hotpatch_images_need_platform_mode: bool = False
    refuses_new_os_profiles: bool = False
    activity_log_lag: timedelta = timedelta(minutes=5)
    page_size: int = 200
    registered_providers: list[str] = field(default_factory=default_providers)
    allowed_actions: list[str] = field(default_factory=lambda: ["*"])
    denied_actions: list[str] = field(default_factory=list)
    subscription_state: str = "Enabled"
    features: list[FeatureDefinition] = field(default_factory=default_features)
    policies: list[Policy] = field(default_factory=list)
    throttling: ThrottlingSettings = field(default_factory=ThrottlingSettings)
    patching: PatchingSettings = field(default_factory=PatchingSettings)
