"""Which rules can be judged on what a program declares.

A declaration shows inputs. What an instance view, an assessment, a guest or a count of machines says is not among them:
rules that need such facts are for previews of our own resources, for `azure-hotpatch check` and for audits.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pulumi_azure_hotpatch.engine.rules import RULES, Rule, Subject
from pulumi_azure_hotpatch.engine.rules.model import CURRENT

_SETTINGS: Final = (
    "settings.patch_mode",
    "settings.enable_hotpatching",
    "settings.assessment_mode",
    "settings.reboot_setting",
    "settings.bypass_platform_safety_checks_on_user_schedule",
)
_MACHINE: Final = (
    *_SETTINGS,
    "is_arc",
    "is_windows",
    "os_type",
    "image.triple",
    "image.offer",
    "has_custom_image",
    "provision_vm_agent",
    "enable_automatic_updates",
    "allow_extension_operations",
    "location",
    "cloud",
)
_PATCHES: Final = (
    "patches.wrong_windows_classification",
    "patches.wrong_linux_classification",
    "patches.wrong_kb",
    "patches.kb_in_both",
    "patches.mask_in_both",
    "patches.linux_security_alone",
    "patches.beyond_security",
)
# As many as the machines show that the stack itself makes: others may be there.
_OF_TAKEN_MACHINES: Final = (
    "hotpatched_machines",
    "unready_machines",
    "same_start_machines",
    "overlapping_machines",
)
_MACHINE_OF_ANOTHER: Final = tuple(f"machine.{name}" for name in _MACHINE)

DECLARED_FACTS: Final[Mapping[Subject, frozenset[str]]] = {
    "machine": frozenset(_MACHINE),
    "arc_server": frozenset(
        (
            "enable_hotpatching",
            "assessment_mode",
            "hotpatch_subscription",
            "is_licensed",
            "wants_hotpatch",
            "secure_boot",
            "vbs_status",
        )
    ),
    "scale_set": frozenset(
        (*_SETTINGS, "orchestration_mode", "os_type", "image.triple", "provision_vm_agent", "has_health_extension")
    ),
    # Windows that are too close together do not pass the grammar of recurrences.
    "schedule": frozenset(
        (
            *_PATCHES,
            "recurrence_problem",
            "recurrence_uncertainty",
            "duration_problem",
            "start_problem",
            "time_zone_problem",
            "expires_problem",
            "minutes_until_start",
            "starts_before_midnight",
            "full_name_length",
            "reboot_setting",
            "has_patch_selection",
            "upper_case_tag",
            "in_guest_patch_mode",
            "visibility",
            "scope",
        )
    ),
    # Of an assignment whose schedule is not for guests nothing is asked: other schedules follow other rules.
    "assignment": frozenset(
        (
            *_MACHINE_OF_ANOTHER,
            "machine_type",
            "schedule_type",
            "same_subscription",
            "same_start_as",
            "overlaps_with",
            "overruled_reboot_setting",
        )
    ),
    "dynamic_scope": frozenset(
        (
            "resource_group_name",
            "location",
            "has_filter",
            "is_narrowed",
            "allow_whole_subscription",
            "has_locations",
            "wrong_resource_type",
            "wrong_os_type",
            "tag_operator",
            "tag_filters",
            "resource_group_count",
            "covered_groups",
            *_OF_TAKEN_MACHINES,
        )
    ),
    "installation": frozenset(
        (
            *_MACHINE_OF_ANOTHER,
            "patches.kb_in_both",
            "patches.mask_in_both",
            "patches.linux_security_alone",
            "patches.beyond_security",
            "selects_something",
            "reboot_setting",
            "maximum_minutes",
            "max_publish_date",
            "starts_machine",
        )
    ),
    # Whether a machine exists is for Azure to say.
    "rollout": frozenset(
        (
            "unclear_ring",
            "in_two_rings",
            "in_no_ring",
            "empty_ring",
            "large_first_ring",
            "generous_ring",
            "deferral_without_month",
        )
    ),
    "feature": frozenset(("retired",)),
    "declaration": frozenset(("declared_twice", "settings_missing")),
    "coverage": frozenset((*_MACHINE_OF_ANOTHER, "has_schedule")),
    "estate": frozenset(("is_enough",)),
}

# What our own resource refuses by itself, in its own words.
_REFUSED: Final = frozenset(("install-reboot-setting",))

# What only several resources together can show: the machine of an installation is another resource.
_TOGETHER: Final[frozenset[Subject]] = frozenset(("assignment", "declaration", "coverage", "estate"))
_OF_OTHERS: Final = ("machine.", "selects_something", *_OF_TAKEN_MACHINES)


def is_judged(rule: Rule) -> bool:
    """Whether everything that the rule asks for is declared."""
    asked = rule.applies_to.fields | rule.require.fields
    return rule.era == CURRENT and rule.id not in _REFUSED and asked <= DECLARED_FACTS.get(rule.subject, frozenset())


def is_joined(rule: Rule) -> bool:
    """Whether more than one resource is needed to judge it."""
    asked = rule.applies_to.fields | rule.require.fields
    return rule.subject in _TOGETHER or any(name.startswith(_OF_OTHERS) for name in asked)


JUDGED: Final[tuple[Rule, ...]] = tuple(rule for rule in RULES if is_judged(rule))
"""Every rule that a policy stands for, in catalogue order; those about waivers come on top."""

ALONE: Final = tuple(rule for rule in JUDGED if not is_joined(rule))
"""Rules that one resource can break by itself."""

ALONE_IDS: Final = frozenset(rule.id for rule in ALONE)

JOINED: Final = tuple(rule for rule in JUDGED if is_joined(rule))
"""Rules that are judged on the whole stack."""
