"""Rules about an estate as a whole."""

from __future__ import annotations

from datetime import date
from typing import Final

from pulumi_azure_hotpatch.engine.logic import Equals, Not

from .model import Rule

ESTATE_RULES: Final = (
    Rule(
        id="windows-vm-is-patched",
        subject="coverage",
        severity="warning",
        title="Every Windows VM has a schedule or is patched by the platform",
        field="machine.settings.patch_mode",
        applies_to=Equals("machine.is_windows", True),
        require=Equals("has_schedule", True)
        | (
            Equals("machine.settings.patch_mode", "AutomaticByPlatform")
            & Not(Equals("machine.settings.bypass_platform_safety_checks_on_user_schedule", True))
        ),
        reason=(
            "No schedule is given to it and the platform does not patch it: its patch mode is"
            " {machine.settings.patch_mode}, its bypass flag"
            " {machine.settings.bypass_platform_safety_checks_on_user_schedule}."
        ),
        fix="give it a schedule, or set patch_mode 'AutomaticByPlatform' and leave the bypass flag out.",
        source="Microsoft Learn, Prerequisites for schedule patching, 2024-02-20",
        as_of=date(2024, 2, 20),
    ),
    Rule(
        id="hotpatch-share",
        subject="estate",
        severity="warning",
        title="As many of the Windows VMs are hotpatched as is asked for",
        field="enable_hotpatching",
        applies_to=Not(Equals("is_enough", None)),
        require=Equals("is_enough", True),
        reason=(
            "{at_least} of {windows:Windows VM is|Windows VMs are} hotpatched, which is {percent} %; {minimum_percent} "
            "% are asked for."
        ),
        fix="hotpatch more of the machines whose image allows it, or ask for less.",
        source="This package's contract: the share is the team's to choose",
        as_of=date(2026, 11, 22),
    ),
)
