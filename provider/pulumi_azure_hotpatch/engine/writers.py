"""Who else is known to write patch settings, so that a field that keeps changing back can be explained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from .logic import fold


@dataclass(frozen=True, slots=True)
class KnownWriter:
    """Something that writes `field` to `value` again and again."""

    field: str
    value: str | bool
    name: str


# Source: Azure/azure-policy, built-in definitions for Azure Update Manager, 2026-04-29 (versions 1.3.0, 3.14.0,
# 4.10.0).
_PREREQUISITE: Final = (
    "Azure Policy 'Set prerequisite for Scheduling recurring updates on Azure virtual machines' (9905ca54)"
)
_SCHEDULING: Final = "Azure Policy 'Schedule recurring updates using Azure Update Manager' (ba0df93e)"
_ASSESSMENT: Final = (
    "Azure Policy 'Configure periodic checking for missing system updates on azure virtual machines' (59efceea)"
)
KNOWN_WRITERS: Final = (
    *(
        KnownWriter(field, value, policy)
        for policy in (_PREREQUISITE, _SCHEDULING)
        for field, value in (
            ("patch_mode", "AutomaticByPlatform"),
            ("bypass_platform_safety_checks_on_user_schedule", True),
        )
    ),
    KnownWriter("assessment_mode", "AutomaticByPlatform", _ASSESSMENT),
)


def likely_writers(field: str, value: Any) -> tuple[str, ...]:
    """The names of what is known to write that value to that field; empty when nothing is."""
    return tuple(writer.name for writer in KNOWN_WRITERS if writer.field == field and fold(writer.value) == fold(value))
