"""What a schedule or a request asks for: classifications, KB numbers, package masks, and what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from .logic import UNKNOWN, Maybe

# `UpdateRollup` and `UpdateRollUp` are both in use. Source: azure-mgmt-compute 39.0.0 (UpdateRollUp); Microsoft Learn,
# Maintenance configurations (UpdateRollup). Compared without letter case they are one.
WINDOWS_CLASSIFICATIONS: Final = (
    "Critical",
    "Security",
    "UpdateRollup",
    "FeaturePack",
    "ServicePack",
    "Definition",
    "Tools",
    "Updates",
)
LINUX_CLASSIFICATIONS: Final = ("Critical", "Security", "Other")

# Source: ARM error InvalidParameter in recorded traffic: "It must be a KBID such as KB4512508." How many digits it may
# have is not said; the catalogue of releases has seven.
_KB: Final = re.compile(r"kb\d+", re.IGNORECASE)

Texts = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PatchLists:
    """The lists of a selection as they were given; None or empty where nothing was."""

    windows_classifications: Maybe[Texts | None] = None
    kbs_to_include: Maybe[Texts | None] = None
    kbs_to_exclude: Maybe[Texts | None] = None
    exclude_kbs_requiring_reboot: Maybe[bool | None] = None
    linux_classifications: Maybe[Texts | None] = None
    masks_to_include: Maybe[Texts | None] = None
    masks_to_exclude: Maybe[Texts | None] = None

    @property
    def wrong_windows_classification(self) -> Maybe[str | None]:
        """The first classification that does not exist on Windows."""
        return first_outside(self.windows_classifications, WINDOWS_CLASSIFICATIONS)

    @property
    def wrong_linux_classification(self) -> Maybe[str | None]:
        """The first classification that does not exist on Linux."""
        return first_outside(self.linux_classifications, LINUX_CLASSIFICATIONS)

    @property
    def wrong_kb(self) -> Maybe[str | None]:
        """The first KB number, included or excluded, that is not written like `KB4512508`."""
        if self.kbs_to_include is UNKNOWN or self.kbs_to_exclude is UNKNOWN:
            return UNKNOWN
        kbs = (*(self.kbs_to_include or ()), *(self.kbs_to_exclude or ()))
        return next((kb for kb in kbs if not _KB.fullmatch(kb)), None)

    @property
    def kb_in_both(self) -> Maybe[str | None]:
        """The first KB number that is both included and excluded."""
        return _first_in_both(self.kbs_to_include, self.kbs_to_exclude)

    @property
    def mask_in_both(self) -> Maybe[str | None]:
        """The first package mask that is both included and excluded."""
        return _first_in_both(self.masks_to_include, self.masks_to_exclude)

    @property
    def linux_security_alone(self) -> Maybe[bool]:
        """Whether Security is asked of Linux without Critical."""
        if self.linux_classifications is UNKNOWN:
            return UNKNOWN
        asked = _folded(self.linux_classifications)
        return "security" in asked and "critical" not in asked

    @property
    def beyond_security(self) -> Maybe[str | None]:
        """The first Windows classification that is neither Critical nor Security."""
        return first_outside(self.windows_classifications, ("Critical", "Security"))

    @property
    def selects_for_windows(self) -> Maybe[bool]:
        """Whether any Windows classification or KB is included."""
        return _any_given(self.windows_classifications, self.kbs_to_include)

    @property
    def selects_for_linux(self) -> Maybe[bool]:
        """Whether any Linux classification or package mask is included."""
        return _any_given(self.linux_classifications, self.masks_to_include)


def _folded(texts: Iterable[str] | None) -> frozenset[str]:
    return frozenset(text.casefold() for text in texts or ())


def first_outside(texts: Maybe[Texts | None], known: Texts) -> Maybe[str | None]:
    """The first text that is none of `known`, letter case aside; None where all are."""
    if texts is UNKNOWN:
        return UNKNOWN
    allowed = _folded(known)
    return next((text for text in texts or () if text.casefold() not in allowed), None)


def _first_in_both(included: Maybe[Texts | None], excluded: Maybe[Texts | None]) -> Maybe[str | None]:
    if included is UNKNOWN or excluded is UNKNOWN:
        return UNKNOWN
    barred = _folded(excluded)
    return next((text for text in included or () if text.casefold() in barred), None)


def _any_given(*lists: Maybe[Texts | None]) -> Maybe[bool]:
    if any(texts is not UNKNOWN and texts for texts in lists):
        return True
    return UNKNOWN if any(texts is UNKNOWN for texts in lists) else False
