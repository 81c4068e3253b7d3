"""Whether the images of machines can be patched at all: by the published list, or by what operations found out.

Sources: Microsoft Learn, Support matrix of Update Manager, 2025-01-06 (`marketplace_images.json`: "no other marketplace
images … are supported"); Microsoft Learn, Manage updates for custom images (the asynchronous check: only the success or
the failure of an operation decides, and Resource Graph holds the state).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from functools import lru_cache
from importlib import resources
from typing import Any, Final, Literal

from .facts import Image
from .patch_results import Assessment, Installation

State = Literal["Supported", "Unsupported", "UnableToDetermine", "Unknown"]
Basis = Literal["list", "assessment", "installation"]

SUPPORTED: Final = "Supported"
UNSUPPORTED: Final = "Unsupported"
UNKNOWN_STATE: Final = "Unknown"

CUSTOM_IMAGE_GUIDANCE: Final = (
    "Automatic guest patching never applies to custom images, even with patch mode AutomaticByPlatform. "
    "Maintenance schedules do (patch mode AutomaticByPlatform with "
    "bypass_platform_safety_checks_on_user_schedule), and so do installations on demand."
)

# An operation that failed with one of these says nothing about the image, nor does one that somebody cancelled.
# Source: Azure/azure-rest-api-specs issue 31144: "An internal execution error occurred. Please retry later."
_SAYS_NOTHING: Final = frozenset(("vmguestpatchinternalerror", "canceled", "cancelled"))


@dataclass(frozen=True, slots=True)
class ImageSupport:
    """Whether a machine's image can be patched, why, on what basis, and from when that is."""

    state: str
    why: str
    basis: Basis
    at: datetime | None = None
    activity_id: str | None = None

    def __str__(self) -> str:
        return f"{self.state}: {self.why}"


def listed_support(image: Image) -> ImageSupport:
    """What the published list says of a marketplace image. Letter case does not matter, `*` in a row is any text."""
    triple = tuple(str(part or "").casefold() for part in (image.publisher, image.offer, image.sku))
    listed = _listed()
    found = [row for row in listed["images"] if _names(triple[0], row["publisher"]) and _names(triple[1], row["offer"])]
    named = f"{image.triple} is"
    where = f"the list of marketplace images that Update Manager supports ({listed['as_of']})"
    if any(_names(triple[2], plan) for row in found for plan in row.get("unsupported", ())):
        return ImageSupport(UNSUPPORTED, f"{named} excepted from {where}", "list")
    if any(_names(triple[2], plan) for row in found for plan in row.get("supported", ())):
        return ImageSupport(SUPPORTED, f"{named} on {where}", "list")
    return ImageSupport(UNSUPPORTED, f"{named} not on {where}, and no other is supported", "list")


def detected_support(
    assessment: Assessment | None, installations: Iterable[Installation], since: datetime | None
) -> ImageSupport | None:
    """What operations that began after `since` found out; None while that is open.

    The state that the service detected counts first. While it detected none, an installation decides by its success or
    its failure: one that treated a patch has worked in the guest, whatever became of the patch.
    """
    if assessment is not None and assessment.is_over and _is_after(assessment.started, since):
        state = assessment.support_state
        if state is not None and state != UNKNOWN_STATE:
            why = f"the service found it out by an update operation ({_when(assessment.modified)})"
            return ImageSupport(state, why, "assessment", assessment.modified, assessment.activity_id)
    for installation in installations:
        decided = _by_installation(installation) if _is_after(installation.started, since) else None
        if decided is not None:
            return decided
    return None


def support_by_failure(failure: str, at: datetime, activity_id: str | None) -> ImageSupport | None:
    """What the failure of an assessment says of the image; None for a failure of the service, which says nothing."""
    if _says_nothing(failure):
        return None
    return ImageSupport(UNSUPPORTED, f"the assessment failed: {failure}", "assessment", at, activity_id)


def _by_installation(installation: Installation) -> ImageSupport | None:
    if not installation.is_over:
        return None
    named = f"installation {installation.activity_id} ({_when(installation.started)})"
    treated = (installation.installed or 0) + (installation.failed or 0) + (installation.pending or 0)
    worked = installation.status.casefold() in ("succeeded", "completedwithwarnings") or treated > 0
    if not worked and _says_nothing(installation.error or ""):
        return None
    why = f"{named} worked in the guest" if worked else f"{named} failed: {installation.error or installation.status}"
    state = SUPPORTED if worked else UNSUPPORTED
    return ImageSupport(state, why, "installation", installation.modified, installation.activity_id)


def _says_nothing(failure: str) -> bool:
    return any(code in failure.casefold() for code in _SAYS_NOTHING)


def _is_after(started: datetime | None, since: datetime | None) -> bool:
    return since is None or (started is not None and started >= since)


def _when(instant: datetime | None) -> str:
    return "at an unknown time" if instant is None else instant.isoformat(timespec="seconds")


def _names(text: str, pattern: str) -> bool:
    return fnmatchcase(text, pattern)


@lru_cache(maxsize=1)
def _listed() -> dict[str, Any]:
    data = (
        resources.files("pulumi_azure_hotpatch.engine").joinpath("marketplace_images.json").read_text(encoding="utf-8")
    )
    listed: dict[str, Any] = json.loads(data)
    return listed
