"""Rules on the declaration itself, before any machine is looked at."""

from __future__ import annotations

from datetime import date
from typing import Final

from pulumi_azure_hotpatch.engine.logic import Equals

from .model import Rule

_OURS = "This package's contract: one owner for every field"

DECLARATION_RULES: Final = (
    Rule(
        id="subscription-known",
        subject="declaration",
        severity="error",
        title="The subscription is known",
        field="subscription_id",
        require=Equals("subscription_missing", False),
        reason="No subscription is given.",
        fix="set subscription_id, the configuration key azure-native:subscriptionId, or ARM_SUBSCRIPTION_ID.",
        source="pulumi-azure-native 3.29.0, provider configuration",
        as_of=date(2026, 8, 1),
    ),
    Rule(
        id="vm-settings-empty",
        subject="declaration",
        severity="error",
        title="At least one patch setting is declared",
        field="patch_mode",
        require=Equals("settings_missing", False),
        reason="None of the patch settings is given, so there is nothing to own.",
        fix="give at least one of patch_mode, enable_hotpatching, assessment_mode, reboot_setting or the bypass flag.",
        source=_OURS,
        as_of=date(2026, 11, 22),
    ),
    Rule(
        id="vm-settings-declared-twice",
        subject="declaration",
        severity="error",
        title="A machine's patch settings are declared once",
        field="virtual_machine_id",
        require=Equals("declared_twice", False),
        reason="{target} has its patch settings declared by another resource of this stack already.",
        fix="declare them once; two owners would undo each other's changes.",
        source=_OURS,
        as_of=date(2026, 11, 22),
    ),
    Rule(
        id="feature-declared-twice",
        subject="declaration",
        severity="error",
        title="A preview feature is declared once",
        field="features",
        require=Equals("declared_twice", False),
        reason="{target} is declared by another resource of this stack already.",
        fix="declare all features of a namespace in one PreviewEnrollment.",
        source=_OURS,
        as_of=date(2026, 11, 22),
    ),
    Rule(
        id="schedule-declared-twice",
        subject="declaration",
        severity="error",
        title="A schedule is declared once",
        field="schedule_name",
        require=Equals("declared_twice", False),
        reason="{target} is declared by another resource of this stack already.",
        fix="declare it once, or give the second one another schedule_name.",
        source=_OURS,
        as_of=date(2026, 11, 22),
    ),
    Rule(
        id="assignment-declared-twice",
        subject="declaration",
        severity="error",
        title="An assignment is declared once",
        field="assignment_name",
        require=Equals("declared_twice", False),
        reason="{target} is declared by another resource of this stack already.",
        fix="declare it once, or give the second one another assignment_name.",
        source=_OURS,
        as_of=date(2026, 11, 22),
    ),
    Rule(
        id="installation-declared-twice",
        subject="declaration",
        severity="error",
        title="A machine has one installation on demand",
        field="machine_id",
        require=Equals("declared_twice", False),
        reason="{target} is declared by another resource of this stack already; two would start two installations.",
        fix="declare one PatchInstallation for the machine, and change its triggers to install again.",
        source=_OURS,
        as_of=date(2026, 11, 22),
    ),
)
