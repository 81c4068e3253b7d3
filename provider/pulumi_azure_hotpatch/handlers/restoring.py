"""What of a VM's patch settings goes back to what it was when they are no longer declared, and what is left and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pulumi_azure_hotpatch.engine.facts import PATCH_FIELDS, Machine
from pulumi_azure_hotpatch.engine.logic import fold
from pulumi_azure_hotpatch.engine.rules import Finding, judge, rule, rules_for
from pulumi_azure_hotpatch.models.virtual_machine_patch_settings import VirtualMachinePatchSettingsState


def restoration(
    state: VirtualMachinePatchSettingsState, machine: Machine, relaxed: frozenset[str] = frozenset()
) -> tuple[dict[str, Any], list[str]]:
    """The fields to write so that the machine is as before, and those that are left, each with the reason."""
    restored: dict[str, Any] = {}
    left: list[str] = []
    for name in changed_by_us(state):
        found, before = getattr(machine.settings, name), state.previous.get(name)
        if not same_setting(found, state.applied.get(name)):
            if not same_setting(found, before):
                left.append(f"{name} (somebody else set it to {found})")
        elif name in state.previous:
            restored[name] = before
        elif (default := documented_default(name, machine)) is not None:
            restored[name] = default
        else:
            left.append(f"{name} (it was absent before, and its default is not documented)")
    while refusals := _refusals(machine, restored, relaxed):
        # A combination that somebody else's settings have made impossible: what cannot go back is left, the rest goes.
        for name, finding in refusals.items():
            left.append(f"{name} (it cannot go back to {restored.pop(name)}: {finding.reason})")
    different = {
        name: value for name, value in restored.items() if not same_setting(getattr(machine.settings, name), value)
    }
    return different, left


def changed_by_us(state: VirtualMachinePatchSettingsState) -> tuple[str, ...]:
    """The fields that do not have by themselves what was declared: those that are ours to put back."""
    return tuple(name for name in PATCH_FIELDS if name in state.previous or name in state.previously_absent)


def same_setting(left: Any, right: Any) -> bool:
    """Whether two values of a patch field mean the same: letter case does not matter, an absent switch is off."""
    if isinstance(left, bool) or isinstance(right, bool):
        return bool(left) == bool(right)
    return bool(fold(left) == fold(right))


def settings_in(finding: Finding) -> frozenset[str]:
    """The patch fields that the rule behind a finding looks at."""
    judged = rule(finding.rule)
    fields = judged.applies_to.fields | judged.require.fields
    return frozenset(name for name in PATCH_FIELDS if f"settings.{name}" in fields)


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


def _refusals(machine: Machine, restored: Mapping[str, Any], relaxed: frozenset[str]) -> dict[str, Finding]:
    """By field, the rules that the machine keeps as it is and would break with `restored`."""

    def broken(judged: Machine) -> dict[str, Finding]:
        findings = judge(rules_for("machine"), judged, relaxed=relaxed)
        return {finding.rule: finding for finding in findings if finding.is_error}

    if not restored:
        return {}
    before = broken(machine)
    return {
        name: finding
        for finding in broken(machine.with_settings(restored)).values()
        if finding.rule not in before
        for name in settings_in(finding)
        if name in restored
    }
