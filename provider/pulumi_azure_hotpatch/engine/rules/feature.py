"""Rules on preview features."""

from __future__ import annotations

from datetime import date
from typing import Final

from pulumi_azure_hotpatch.engine.logic import Any_, Equals, Not

from .model import Rule

# Source: Microsoft Docs, Hotpatch for Windows Server Azure Edition (preview), 2021-02-22.
PREVIEW_2021_FEATURES: Final = ("InGuestHotPatchVMPreview", "InGuestAutoPatchVMPreview", "InGuestPatchVMPreview")

# Features whose registration Microsoft no longer asks for, as `namespace/name` in lower case.
# Source: Microsoft Learn, Hotpatch for new virtual machines, 2023-04-18.
RETIRED_FEATURES: Final = frozenset(f"microsoft.compute/{name.casefold()}" for name in PREVIEW_2021_FEATURES)

FEATURE_RULES: Final = (
    Rule(
        id="feature-exists",
        subject="feature",
        severity="error",
        title="The preview feature is known to the service",
        field="features",
        require=Any_((Not(Equals("state", None)), Equals("retired", True))),
        reason="Azure knows no preview feature '{name}' in {namespace}.",
        fix=(
            "check the spelling against `az feature list --namespace`, or remove it if it has become generally "
            "available."
        ),
        source="Azure Resource Manager answers 404 for it now",
        as_of=date(2026, 8, 1),
    ),
    Rule(
        id="feature-retired",
        subject="feature",
        severity="info",
        title="The preview feature is still needed",
        field="features",
        require=Equals("retired", False),
        reason="'{name}' is no longer required: what it guarded is generally available.",
        fix="remove it unless your subscription still depends on it.",
        source=(
            "Microsoft Learn, Hotpatch for new virtual machines (Automanage), 2023-04-18: the registration steps are "
            "commented out"
        ),
        as_of=date(2023, 4, 18),
    ),
    Rule(
        id="feature-needs-approval",
        subject="feature",
        severity="error",
        title="The preview feature does not wait for a manual approval",
        field="features",
        require=Not(Equals("state", "Pending")),
        reason="'{name}' needs manual approval by Microsoft; its registration is Pending and no client can hasten it.",
        fix="ask for approval as the preview's page says, or remove it from the set until it is approved.",
        source=(
            "terraform-provider-azurerm, resource_provider_feature_registration_resource.go, 2026-08-21; "
            "Azure/azure-cli issue 29263"
        ),
        as_of=date(2026, 8, 21),
    ),
)
