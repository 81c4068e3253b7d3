"""What of patch settings goes back to what it was when they are no longer declared, and what is left and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

from pulumi_azure_hotpatch.engine.bodies import same_setting
from pulumi_azure_hotpatch.engine.facts import PATCH_FIELDS, Machine, PatchSettings
from pulumi_azure_hotpatch.engine.rules import Finding, judge, rule, rules_for
from pulumi_azure_hotpatch.engine.rules.model import Subject

OwnerT = TypeVar("OwnerT", bound="Owner")


class Owner(Protocol):
    """What has patch settings: a VM, an Arc-enabled server, a scale set, as facts that rules can judge."""

    @property
    def settings(self) -> PatchSettings:
        """The patch fields as they are."""
        ...

    def with_settings(self: OwnerT, wanted: Mapping[str, Any]) -> OwnerT:
        """It, after those fields were written."""
        ...


class Kept(Protocol):
    """What is stored of fields that are ours, as `OwnedSettings` has it."""

    @property
    def previous(self) -> Mapping[str, Any]: ...
    @property
    def previously_absent(self) -> tuple[str, ...]: ...
    @property
    def applied(self) -> Mapping[str, Any]: ...


def restoration(
    state: Kept,
    owner: OwnerT,
    subject: Subject,
    default: Callable[[str, OwnerT], Any],
    relaxed: frozenset[str] = frozenset(),
) -> tuple[dict[str, Any], list[str]]:
    """The fields to write so that the owner is as before, and those that are left, each with the reason.

    `subject` names the rules that must not be broken on the way, `default` says what an absent field means, None where
    that is not documented.
    """
    restored: dict[str, Any] = {}
    left: list[str] = []
    for name in changed_by_us(state):
        found, before = getattr(owner.settings, name), state.previous.get(name)
        if not same_setting(found, state.applied.get(name)):
            if not same_setting(found, before):
                left.append(f"{name} (somebody else set it to {found})")
        elif name in state.previous:
            restored[name] = before
        elif (meant := default(name, owner)) is not None:
            restored[name] = meant
        else:
            left.append(f"{name} (it was absent before, and its default is not documented)")
    while refusals := _refusals(owner, subject, restored, relaxed):
        # A combination that somebody else's settings have made impossible: what cannot go back is left, the rest goes.
        for name, finding in refusals.items():
            left.append(f"{name} (it cannot go back to {restored.pop(name)}: {finding.reason})")
    different = {
        name: value for name, value in restored.items() if not same_setting(getattr(owner.settings, name), value)
    }
    return different, left


def changed_by_us(state: Kept) -> tuple[str, ...]:
    """The fields that do not have by themselves what was declared: those that are ours to put back."""
    return tuple(name for name in PATCH_FIELDS if name in state.previous or name in state.previously_absent)


def settings_in(finding: Finding) -> frozenset[str]:
    """The patch fields that the rule behind a finding looks at."""
    judged = rule(finding.rule)
    fields = judged.applies_to.fields | judged.require.fields
    # Facts of Arc-enabled servers have them at the top, where `wants_hotpatch` follows from the switch.
    return frozenset(name for name in PATCH_FIELDS if fields & {name, f"settings.{name}"}) | (
        frozenset(("enable_hotpatching",)) if "wants_hotpatch" in fields else frozenset()
    )


def documented_default(field: str, machine: Machine) -> Any:
    """What the platform does where a patch field is absent; None where the documentation does not say.

    Source: Microsoft Learn, Automatic guest patching for Azure VMs, 2024-07-31 (patch modes); Prerequisites for
    schedule patching, 2024-02-20 (an absent bypass flag counts as false); azure-mgmt-compute 39.0.0 (enableHotpatching
    enables, absent does not).
    """
    match field:
        case "enable_hotpatching" | "bypass_platform_safety_checks_on_user_schedule":
            return False
        case "patch_mode" if machine.is_windows is False:
            return "ImageDefault"
        case "patch_mode" if machine.enable_automatic_updates in (True, False):
            return "AutomaticByOS" if machine.enable_automatic_updates else "Manual"
        case _:
            return None


def _refusals(
    owner: Owner, subject: Subject, restored: Mapping[str, Any], relaxed: frozenset[str]
) -> dict[str, Finding]:
    """By field, the rules that the owner keeps as it is and would break with `restored`."""

    def broken(judged: object) -> dict[str, Finding]:
        findings = judge(rules_for(subject), judged, relaxed=relaxed)
        return {finding.rule: finding for finding in findings if finding.is_error}

    if not restored:
        return {}
    before = broken(owner)
    return {
        name: finding
        for finding in broken(owner.with_settings(restored)).values()
        if finding.rule not in before
        for name in settings_in(finding)
        if name in restored
    }
