"""Where a rule can be evaluated: here, in Azure Resource Graph, in Azure Policy."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, Literal

from .model import Rule, Subject

Language = Literal["python", "kql", "azure_policy"]

_SETTINGS: Final = (
    "settings.patch_mode",
    "settings.enable_hotpatching",
    "settings.assessment_mode",
    "settings.reboot_setting",
    "settings.bypass_platform_safety_checks_on_user_schedule",
)
_MACHINE: Final = frozenset(
    (
        *_SETTINGS,
        "is_arc",
        "os_type",
        "image.triple",
        "image.offer",
        "has_custom_image",
        "provision_vm_agent",
        "enable_automatic_updates",
        "allow_extension_operations",
        "location",
        "hyper_v_generation",
        "power_state",
    )
)

# Facts that are columns of Resource Graph's tables, or follow from them by ==, in, and, or, not. What needs a calendar,
# version numbers, another schedule or somebody who looked is decided here only.
KQL_FACTS: Final[Mapping[Subject, frozenset[str]]] = MappingProxyType(
    {
        "machine": _MACHINE,
        "assignment": frozenset(f"machine.{name}" for name in _MACHINE) | {"schedule.scope"},
        "scale_set": frozenset(
            (*_SETTINGS, "orchestration_mode", "os_type", "image.triple", "provision_vm_agent", "has_health_extension")
        ),
        "arc_server": frozenset(
            (
                "enable_hotpatching",
                "hotpatch_subscription",
                "is_licensed",
                "wants_hotpatch",
                "hotpatch_status",
                "os_edition",
                "assessment_mode",
                "status",
            )
        ),
        "schedule": frozenset(("reboot_setting", "scope", "visibility", "in_guest_patch_mode")),
        "dynamic_scope": frozenset(("resource_group_name", "has_locations", "tag_operator")),
    }
)

# Facts that built-in policies test, so that their aliases are known to exist. Source: Azure/azure-policy, built-in
# definitions 6d02d2f7, 9905ca54, ba0df93e and 59efceea, 2026-04-29.
POLICY_FACTS: Final[Mapping[Subject, frozenset[str]]] = MappingProxyType(
    {
        "machine": frozenset(
            (
                "is_arc",
                "os_type",
                "image.triple",
                "image.offer",
                "location",
                "settings.patch_mode",
                "settings.enable_hotpatching",
                "settings.assessment_mode",
                "settings.bypass_platform_safety_checks_on_user_schedule",
            )
        )
    }
)


def expressible(rule: Rule) -> tuple[Language, ...]:
    """The languages in which the rule's condition and requirement can be written without loss."""
    asked = rule.applies_to.fields | rule.require.fields
    languages: list[Language] = ["python"]
    if asked <= KQL_FACTS.get(rule.subject, frozenset()):
        languages.append("kql")
    if asked <= POLICY_FACTS.get(rule.subject, frozenset()):
        languages.append("azure_policy")
    return tuple(languages)


def rule_as_json(rule: Rule) -> dict[str, Any]:
    """`{id, severity, applies_to, title, fix, source, as_of, expressible, switch, era, disagreement}`.

    `applies_to` is the kind of subject; `as_of` is a date, `YYYY-MM-DD`.
    """
    return {
        "id": rule.id,
        "severity": rule.severity,
        "applies_to": rule.subject,
        "title": rule.title,
        "fix": rule.fix,
        "source": rule.source,
        "as_of": rule.as_of.isoformat(),
        "expressible": list(expressible(rule)),
        "switch": rule.switch,
        "era": str(rule.era),
        "disagreement": rule.disagreement,
    }
