"""Cases of the rules on schedules."""

from __future__ import annotations

from typing import Final

from pulumi_azure_hotpatch.engine.logic import UNKNOWN

from .form import Cases, schedule
from .patch_selection import patch_list_cases

CASES: Final = {
    "schedule-recurrence": Cases(
        passes=schedule(),
        violates=schedule(recurrence="Fortnight", recurrence_problem="'Fortnight' is not a recurrence."),
        says="'Fortnight' is not a recurrence.",
        unknown=schedule(recurrence=UNKNOWN, recurrence_problem=UNKNOWN),
        misses="recurrence",
    ),
    "schedule-recurrence-uncertain": Cases(
        passes=schedule(),
        violates=schedule(recurrence="6Hours", recurrence_uncertainty="The spelling '6Hours' is not documented."),
        says="The spelling '6Hours' is not documented.",
        unknown=schedule(recurrence_uncertainty=UNKNOWN),
        misses="recurrence",
    ),
    "schedule-duration": Cases(
        passes=schedule(),
        violates=schedule(duration="04:00", duration_problem="04:00 is longer than 03:55."),
        says="04:00 is longer than 03:55.",
        unknown=schedule(duration_problem=UNKNOWN),
        misses="duration",
    ),
    "schedule-start": Cases(
        passes=schedule(),
        violates=schedule(start="tomorrow", start_problem="'tomorrow' is not a date and time."),
        says="'tomorrow' is not a date and time.",
        unknown=schedule(start_problem=UNKNOWN),
        misses="start",
    ),
    "schedule-time-zone": Cases(
        passes=schedule(),
        violates=schedule(time_zone="Atlantis", time_zone_problem="There is no time zone 'Atlantis'."),
        says="There is no time zone 'Atlantis'.",
        unknown=schedule(time_zone_problem=UNKNOWN),
        misses="time_zone",
    ),
    "schedule-expiry": Cases(
        passes=schedule(expires="2027-12-31 00:00"),
        violates=schedule(expires_problem="It expires on 2020-01-01, before it starts."),
        says="It expires on 2020-01-01, before it starts.",
        unknown=schedule(expires_problem=UNKNOWN),
        misses="expires",
    ),
    "schedule-lead-time": Cases(
        passes=schedule(minutes_until_start=15),
        violates=schedule(minutes_until_start=14),
        says="The schedule starts in 14 minutes; Azure needs 15, so the first window may be missed.",
        unknown=schedule(minutes_until_start=UNKNOWN),
        misses="start",
        skipped=schedule(minutes_until_start=-1),
    ),
    "schedule-before-midnight": Cases(
        passes=schedule(),
        violates=schedule(start="2026-12-12 23:50", starts_before_midnight=True),
        says=(
            "The documentation says to avoid windows that open between 23:45 and midnight; "
            "this one starts at 2026-12-12 23:50."
        ),
        unknown=schedule(starts_before_midnight=UNKNOWN),
        misses="start",
    ),
    "schedule-name-length": Cases(
        passes=schedule(full_name_length=127),
        violates=schedule(full_name_length=128),
        says="Resource group and schedule name are 128 characters long together; the limit is 127.",
        unknown=schedule(full_name_length=UNKNOWN),
        misses="resource_group_name, schedule_name",
    ),
    "schedule-reboot-setting": Cases(
        passes=schedule(reboot_setting=None),
        violates=schedule(reboot_setting="AlwaysReboot"),
        says="Reboot setting AlwaysReboot does not exist on schedules.",
        unknown=schedule(reboot_setting=UNKNOWN),
        misses="reboot_setting",
    ),
    "schedule-selects-something": Cases(
        passes=schedule(),
        violates=schedule(has_patch_selection=False),
        says=(
            "No classification, KB or package is included, for Windows or Linux; "
            "what the service then installs is not documented."
        ),
        unknown=schedule(has_patch_selection=UNKNOWN),
        misses="windows, linux",
    ),
    "schedule-tag-case": Cases(
        passes=schedule(),
        violates=schedule(upper_case_tag="CostCentre"),
        says=(
            "The tag name 'CostCentre' has capital letters, which maintenance configurations are documented not to "
            "take."
        ),
        unknown=schedule(upper_case_tag=UNKNOWN),
        misses="tags",
    ),
    "schedule-repeat": Cases(
        passes=schedule(minutes_between_starts=360),
        violates=schedule(recurrence="5Hours", minutes_between_starts=300),
        says="Two windows start 300 minutes apart; the service needs 360.",
        unknown=schedule(minutes_between_starts=UNKNOWN),
        misses="recurrence",
        skipped=schedule(),
    ),
    "schedule-change-lead-time": Cases(
        passes=schedule(is_in_service=True, minutes_until_next_window=60),
        violates=schedule(is_in_service=True, minutes_until_next_window=59),
        says="The next window opens in 59 minutes; it may still follow the schedule as it was.",
        unknown=schedule(is_in_service=True, minutes_until_next_window=UNKNOWN),
        misses="start",
        skipped=schedule(is_in_service=False, minutes_until_next_window=59),
    ),
    "schedule-pre-event-lead-time": Cases(
        passes=schedule(has_pre_event=True, minutes_until_start=40),
        violates=schedule(has_pre_event=True, minutes_until_start=39),
        says="The schedule starts in 39 minutes; its pre-event needs 40, so the run is cancelled.",
        unknown=schedule(has_pre_event=UNKNOWN, minutes_until_start=39),
        misses="has_pre_event",
        skipped=schedule(has_pre_event=False, minutes_until_start=39),
    ),
    "schedule-patch-mode": Cases(
        passes=schedule(scope="InGuestPatch", in_guest_patch_mode="User"),
        violates=schedule(scope="InGuestPatch"),
        says="extensionProperties.InGuestPatchMode is not set; without it Azure refuses the configuration.",
        unknown=schedule(scope="InGuestPatch", in_guest_patch_mode=UNKNOWN),
        misses="in_guest_patch_mode",
        skipped=schedule(scope="Host"),
    ),
    "schedule-visibility": Cases(
        passes=schedule(scope="InGuestPatch", visibility="custom"),
        violates=schedule(scope="InGuestPatch", visibility="Public"),
        says="Visibility Public is for Microsoft's own configurations; Azure refuses it.",
        unknown=schedule(scope="InGuestPatch", visibility=UNKNOWN),
        misses="visibility",
        skipped=schedule(visibility="Public"),
    ),
    **patch_list_cases("schedule", schedule),
}
