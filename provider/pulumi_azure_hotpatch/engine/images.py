"""Which marketplace images can be hotpatched, and what that says about one image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from .facts import Image
from .logic import UNKNOWN, Maybe

# Three independent lists agree on these eight: Microsoft Learn "Hotpatch for Windows Server" (2025-07-14), Microsoft
# Learn "Automatic guest patching" (table of hotpatchable images) and terraform-provider-azurerm
# `isValidHotPatchSourceImageReference` (2026-08-21).
HOTPATCH_SKUS: Final = (
    "2022-datacenter-azure-edition-core",
    "2022-datacenter-azure-edition-core-smalldisk",
    "2022-datacenter-azure-edition-hotpatch",
    "2022-datacenter-azure-edition-hotpatch-smalldisk",
    "2025-datacenter-azure-edition",
    "2025-datacenter-azure-edition-smalldisk",
    "2025-datacenter-azure-edition-core",
    "2025-datacenter-azure-edition-core-smalldisk",
)
HOTPATCH_IMAGES: Final = tuple(f"MicrosoftWindowsServer:WindowsServer:{sku}" for sku in HOTPATCH_SKUS)
_HOTPATCH_KEYS: Final = frozenset(image.casefold() for image in HOTPATCH_IMAGES)

# Azure Edition with desktop, 2022: patched by the platform, never hotpatched, whatever the built-in policy 6d02d2f7
# asks. Source: Microsoft Learn, Automatic guest patching, 2024-07-31 (table of images that are not hotpatchable).
PLAIN_AZURE_EDITION_IMAGES: Final = (
    "MicrosoftWindowsServer:WindowsServer:2022-datacenter-azure-edition",
    "MicrosoftWindowsServer:WindowsServer:2022-datacenter-azure-edition-smalldisk",
)
# Offers of the hotpatch previews, same source.
PREVIEW_OFFERS: Final = ("WindowsServerHotpatch-previews", "MicrosoftServerOperatingSystems-previews")

Eligibility = Literal["eligible", "ineligible", "unknown"]


@dataclass(frozen=True, slots=True)
class ImageEligibility:
    """Whether hotpatch is offered for an image, with the reason in words."""

    verdict: Eligibility
    why: str

    def __str__(self) -> str:
        return f"{self.verdict}: {self.why}"


def hotpatch_eligibility(image: Maybe[Image | None]) -> ImageEligibility:
    """Judge an image by the published list; an image that is not known yet answers `unknown`."""
    if image is UNKNOWN:
        return ImageEligibility("unknown", "the machine's image is not known yet")
    triple = image.triple if image is not None else None
    if triple is UNKNOWN:
        return ImageEligibility("unknown", "the machine's image is not known yet")
    if triple is None:
        return ImageEligibility("ineligible", "hotpatch is not offered on custom images")
    if str(triple).casefold() in _HOTPATCH_KEYS:
        return ImageEligibility("eligible", f"{triple} is on the published hotpatch list")
    return ImageEligibility("ineligible", f"{triple} is not on the published hotpatch list")
