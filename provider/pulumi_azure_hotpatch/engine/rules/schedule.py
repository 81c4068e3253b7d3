"""Rules on a maintenance schedule (a maintenance configuration of scope InGuestPatch)."""

from __future__ import annotations

from datetime import date
from typing import Final

from pulumi_azure_hotpatch.engine.logic import AtLeast, Equals, In, Not

from .model import Rule
from .patch_selection import patch_list_rules

_LEARN = "Microsoft Learn, Maintenance configurations, 2026-09-25"

SCHEDULE_RULES: Final = (
    Rule(
        id="schedule-recurrence",
        subject="schedule",
        severity="error",
        title="The recurrence follows the service's grammar",
        field="recurrence",
        require=Equals("recurrence_problem", None),
        reason="{recurrence_problem}",
        fix=(
            "write it like 'Day', '2Weeks Saturday,Sunday', 'Month day15' or 'Month Second Tuesday Offset4', or use "
            "patch_tuesday()."
        ),
        source=(
            "azure-mgmt-maintenance 2.1.0, recurEvery; ARM error InvalidMaintenanceWindow quoted in "
            "hashicorp/terraform-provider-azurerm issue 29738"
        ),
        as_of=date(2026, 9, 25),
    ),
    Rule(
        id="schedule-recurrence-uncertain",
        subject="schedule",
        severity="warning",
        title="The recurrence has a documented spelling",
        field="recurrence",
        require=Equals("recurrence_uncertainty", None),
        reason="{recurrence_uncertainty}",
        fix="prefer a daily, weekly or monthly recurrence.",
        source=_LEARN,
        as_of=date(2026, 9, 25),
    ),
    Rule(
        id="schedule-duration",
        subject="schedule",
        severity="error",
        title="The window is between 1:30 and 3:55 long",
        field="duration",
        require=Equals("duration_problem", None),
        reason="{duration_problem}",
        fix="choose a duration from 01:30 to 03:55.",
        source=_LEARN,
        as_of=date(2026, 9, 25),
        switch="schedule-duration",
        disagreement="A duration of 04:00 appears in public code; the documentation caps it at 03:55.",
    ),
    Rule(
        id="schedule-start",
        subject="schedule",
        severity="error",
        title="The start is a date and time",
        field="start",
        require=Equals("start_problem", None),
        reason="{start_problem}",
        fix="write it as 'YYYY-MM-DD hh:mm', local time in the schedule's zone.",
        source="Microsoft Learn, Manage VMs programmatically with Azure Update Manager, 2024-10-17",
        as_of=date(2024, 10, 17),
    ),
    Rule(
        id="schedule-time-zone",
        subject="schedule",
        severity="error",
        title="The time zone exists",
        field="time_zone",
        require=Equals("time_zone_problem", None),
        reason="{time_zone_problem}",
        fix="use a Windows zone name such as 'W. Europe Standard Time', or an IANA name such as 'Europe/Berlin'.",
        source="terraform-provider-azurerm, validate/maintenance.go, 2026-08-21",
        as_of=date(2026, 8, 21),
    ),
    Rule(
        id="schedule-expiry",
        subject="schedule",
        severity="error",
        title="The schedule expires after it starts",
        field="expires",
        require=Equals("expires_problem", None),
        reason="{expires_problem}",
        fix="choose a later expiry, or leave it out for none.",
        source="Microsoft Learn, Manage VMs programmatically with Azure Update Manager, 2024-10-17",
        as_of=date(2024, 10, 17),
    ),
    Rule(
        id="schedule-lead-time",
        subject="schedule",
        severity="warning",
        title="The first window opens at least 15 minutes after the schedule is made",
        field="start",
        applies_to=AtLeast("minutes_until_start", 0),
        require=AtLeast("minutes_until_start", 15),
        reason=(
            "The schedule starts in {minutes_until_start:minute|minutes}; Azure needs 15, so the first window may be "
            "missed."
        ),
        fix="start it later.",
        source=_LEARN,
        as_of=date(2026, 9, 25),
    ),
    Rule(
        id="schedule-before-midnight",
        subject="schedule",
        severity="warning",
        title="The window does not open between 23:45 and midnight",
        field="start",
        require=Not(Equals("starts_before_midnight", True)),
        reason=(
            "The documentation says to avoid windows that open between 23:45 and midnight; this one starts at {start}."
        ),
        fix="start before 23:45 or at 00:00.",
        source=_LEARN,
        as_of=date(2026, 9, 25),
    ),
    Rule(
        id="schedule-name-length",
        subject="schedule",
        severity="error",
        title="Resource group and schedule name are shorter than 128 characters together",
        field="schedule_name",
        require=Not(AtLeast("full_name_length", 128)),
        reason="Resource group and schedule name are {full_name_length} characters long together; the limit is 127.",
        fix="choose a shorter schedule_name.",
        source=_LEARN,
        as_of=date(2026, 9, 25),
    ),
    Rule(
        id="schedule-reboot-setting",
        subject="schedule",
        severity="error",
        title="The reboot setting is one of the service's",
        field="reboot_setting",
        require=In("reboot_setting", (None, "IfRequired", "Never", "Always")),
        reason="Reboot setting {reboot_setting} does not exist on schedules.",
        fix="use IfRequired, Never or Always.",
        source="azure-mgmt-maintenance 2.1.0, RebootOptions",
        as_of=date(2026, 8, 1),
    ),
    Rule(
        id="schedule-selects-something",
        subject="schedule",
        severity="warning",
        title="The schedule selects patches",
        field="windows",
        require=Equals("has_patch_selection", True),
        reason=(
            "No classification, KB or package is included, for Windows or Linux; what the service then installs is not "
            "documented."
        ),
        fix="name classifications, for example Critical and Security.",
        source=(
            "Microsoft Learn, Automatic guest patching for Azure VMs, 2024-07-31 (on-demand requests need at least one)"
        ),
        as_of=date(2024, 7, 31),
    ),
    Rule(
        id="schedule-tag-case",
        subject="schedule",
        severity="warning",
        title="Tag names have no capital letters",
        field="tags",
        require=Equals("upper_case_tag", None),
        reason=(
            "The tag name '{upper_case_tag}' has capital letters, which maintenance configurations are documented not "
            "to take."
        ),
        fix="use lower-case tag names.",
        source="terraform-provider-azurerm, maintenance_configuration documentation, 2026-08-21",
        as_of=date(2026, 8, 21),
    ),
    Rule(
        id="schedule-repeat",
        subject="schedule",
        severity="error",
        title="At least six hours lie between two windows",
        field="recurrence",
        applies_to=Not(Equals("minutes_between_starts", None)),
        require=AtLeast("minutes_between_starts", 360),
        reason="Two windows start {minutes_between_starts:minute|minutes} apart; the service needs 360.",
        fix="repeat it less often.",
        source=_LEARN,
        as_of=date(2026, 9, 25),
    ),
    Rule(
        id="schedule-change-lead-time",
        subject="schedule",
        severity="warning",
        title="A schedule is changed at least an hour before its next window",
        field="start",
        applies_to=Equals("is_in_service", True) & AtLeast("minutes_until_next_window", 0),
        require=AtLeast("minutes_until_next_window", 60),
        reason=(
            "The next window opens in {minutes_until_next_window:minute|minutes}; it may still follow the schedule as "
            "it was."
        ),
        fix="change it at least an hour ahead, or after the window.",
        source="Microsoft Learn, Troubleshoot maintenance configurations, 2023-10-13 (stale cache)",
        as_of=date(2023, 10, 13),
    ),
    Rule(
        id="schedule-pre-event-lead-time",
        subject="schedule",
        severity="warning",
        title="A schedule with a pre-event is made at least 40 minutes before its window",
        field="start",
        applies_to=Equals("has_pre_event", True) & AtLeast("minutes_until_start", 0),
        require=AtLeast("minutes_until_start", 40),
        reason=(
            "The schedule starts in {minutes_until_start:minute|minutes}; its pre-event needs 40, so the run is "
            "cancelled."
        ),
        fix="start it later.",
        source="Microsoft Learn, Pre and post events in Azure Update Manager, 2024-07-24",
        as_of=date(2024, 7, 24),
    ),
    Rule(
        id="schedule-patch-mode",
        subject="schedule",
        severity="error",
        title="The configuration carries InGuestPatchMode",
        field="in_guest_patch_mode",
        applies_to=Equals("scope", "InGuestPatch"),
        require=In("in_guest_patch_mode", ("User", "Platform")),
        reason=(
            "extensionProperties.InGuestPatchMode is {in_guest_patch_mode}; without it Azure refuses the configuration."
        ),
        fix="set it to 'User'.",
        source="ARM error quoted in Azure/bicep issue 8959; terraform-provider-azurerm, 2026-08-21",
        as_of=date(2026, 8, 21),
    ),
    Rule(
        id="schedule-visibility",
        subject="schedule",
        severity="error",
        title="The configuration is of visibility Custom",
        field="visibility",
        applies_to=Equals("scope", "InGuestPatch"),
        require=In("visibility", (None, "Custom")),
        reason="Visibility {visibility} is for Microsoft's own configurations; Azure refuses it.",
        fix="set visibility to 'Custom', or leave it out.",
        source="terraform-provider-azurerm, maintenance_configuration_resource.go, 2026-08-21",
        as_of=date(2026, 8, 21),
    ),
    *patch_list_rules("schedule", "schedule"),
)
