"""Where a rule can be evaluated: here, in Azure Resource Graph, in Azure Policy."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, Literal

from .model import CURRENT, Rule, Subject

Language = Literal["python", "kql", "azure_policy"]

_SETTINGS: Final = (
    "settings.patch_mode",
    "settings.enable_hotpatching",
    "settings.assessment_mode",
    "settings.reboot_setting",
    "settings.bypass_platform_safety_checks_on_user_schedule",
)

# Facts that the queries of `audit` have a column for; what compiles there is what is claimed here, which is tested in
# both directions. What needs a calendar, version numbers or somebody who looked is decided in Python only.
KQL_FACTS: Final[Mapping[Subject, frozenset[str]]] = MappingProxyType(
    {
        "machine": frozenset(
            (
                *_SETTINGS,
                "is_arc",
                "os_type",
                "os_name",
                "image.triple",
                "image.offer",
                "has_custom_image",
                "support_state",
                "provision_vm_agent",
                "enable_automatic_updates",
                "allow_extension_operations",
                "location",
                "cloud",
                "hyper_v_generation",
                "power_state",
                "reboot_pending",
            )
        ),
        "arc_server": frozenset(
            (
                "enable_hotpatching",
                "hotpatch_subscription",
                "is_licensed",
                "wants_hotpatch",
                "hotpatch_status",
                "os_name",
                "os_edition",
                "is_server_2025",
                "is_azure_edition",
                "assessment_mode",
                "status",
            )
        ),
        "scale_set": frozenset(
            (*_SETTINGS, "orchestration_mode", "os_type", "image.triple", "provision_vm_agent", "has_health_extension")
        ),
        "schedule": frozenset(
            (
                "reboot_setting",
                "scope",
                "visibility",
                "in_guest_patch_mode",
                "has_patch_selection",
                "full_name_length",
            )
        ),
        "assignment": frozenset(
            (
                "machine.is_arc",
                "machine.os_type",
                "machine.settings.patch_mode",
                "machine.settings.enable_hotpatching",
                "machine.settings.reboot_setting",
                "machine.settings.bypass_platform_safety_checks_on_user_schedule",
                "machine.power_state",
                "machine.support_state",
                "schedule.scope",
                "overruled_reboot_setting",
            )
        ),
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
                "has_custom_image",
                "settings.patch_mode",
                "settings.enable_hotpatching",
                "settings.assessment_mode",
                "settings.bypass_platform_safety_checks_on_user_schedule",
            )
        )
    }
)

# Rules that would match nothing: enableHotpatching has no alias for Linux.
_NOT_IN_POLICY: Final = frozenset(("hotpatch-is-windows-only",))


def expressible(rule: Rule) -> tuple[Language, ...]:
    """The languages in which the rule's condition and requirement can be written without loss."""
    asked = rule.applies_to.fields | rule.require.fields
    languages: list[Language] = ["python"]
    if asked <= KQL_FACTS.get(rule.subject, frozenset()):
        languages.append("kql")
    of_today = rule.era == CURRENT and rule.id not in _NOT_IN_POLICY
    if of_today and asked <= POLICY_FACTS.get(rule.subject, frozenset()):
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
