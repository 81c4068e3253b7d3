"""A fleet's forecast seen from its schedules."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from pulumi_azure_hotpatch.engine.forecast import Member, forecast
from pulumi_azure_hotpatch.engine.schedule_forecast import ScheduleMonth, by_schedule
from pulumi_azure_hotpatch.engine.timetable import timetable_of
from tests.engine.rule_cases.form import arc_server, linux_vm, plain_windows_vm, schedule, windows_vm

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SATURDAYS = timetable_of(schedule(start="2026-01-01 02:00", recurrence="Month Second Tuesday Offset4", time_zone="UTC"))
SUNDAYS = timetable_of(schedule(name="sundays", start="2026-01-01 02:00", recurrence="Month Second Tuesday Offset5"))


def test_a_schedule_patches_its_machines_month_by_month() -> None:
    fleet = [
        *[Member(plain_windows_vm(name=f"web{number}"), (SATURDAYS,)) for number in range(3)],
        Member(linux_vm(), (SATURDAYS,)),
        Member(arc_server(enable_hotpatching=True), (SATURDAYS,)),
        Member(plain_windows_vm(), (SUNDAYS,)),
        Member(windows_vm()),
    ]
    rows = by_schedule(forecast(fleet, NOW, 2))
    assert [(row.schedule, row.release_month) for row in rows] == [
        ("patch-tuesday", "2026-12"),
        ("patch-tuesday", "2027-01"),
        ("sundays", "2026-12"),
        ("sundays", "2027-01"),
    ]
    assert rows[0] == ScheduleMonth(
        schedule="patch-tuesday",
        release_month="2026-12",
        release_kinds=("hotpatch", "lcu", "packages"),
        earliest=datetime(2026, 12, 12, 2, tzinfo=UTC),
        latest=datetime(2026, 12, 12, 5, tzinfo=UTC),
        machines=5,
        restarts=3,
        open_restarts=1,
    )
    assert (rows[1].release_kinds, rows[1].restarts) == (("baseline", "lcu", "packages"), 4)
    assert (rows[2].machines, rows[2].restarts) == (1, 1)


def test_machines_that_only_the_platform_patches_have_no_schedule() -> None:
    assert by_schedule(forecast([Member(windows_vm())], NOW)) == ()


def test_windows_of_one_name_in_two_zones_reach_from_the_first_to_the_last() -> None:
    elsewhere = replace(SATURDAYS, zone=timetable_of(schedule(time_zone="Tokyo Standard Time")).zone)
    fleet = [Member(plain_windows_vm(), (SATURDAYS,)), Member(plain_windows_vm(), (elsewhere,))]
    (row,) = by_schedule(forecast(fleet, NOW, 1))
    assert row.earliest.astimezone(UTC) == datetime(2026, 12, 11, 17, tzinfo=UTC)
    assert row.latest.astimezone(UTC) == datetime(2026, 12, 12, 5, tzinfo=UTC)
    assert row.machines == 2
