"""What the coming months bring: releases, windows, restarts, and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from pulumi_azure_hotpatch.engine.calendar import historic_unplanned_rate
from pulumi_azure_hotpatch.engine.durations import parse_start
from pulumi_azure_hotpatch.engine.facts import Machine
from pulumi_azure_hotpatch.engine.forecast import Forecast, Member, forecast, hotpatch_product
from pulumi_azure_hotpatch.engine.logic import UNKNOWN
from pulumi_azure_hotpatch.engine.patch_lists import PatchLists
from pulumi_azure_hotpatch.engine.releases import Channel, Confidence, Kind, Month, Product, Release, Status
from pulumi_azure_hotpatch.engine.timetable import Timetable, slot_for, timetable_of
from pulumi_azure_hotpatch.engine.track import TrackPosition, TrackState
from pulumi_azure_hotpatch.errors import InvalidInput
from tests.engine.rule_cases.form import (
    VM_ID,
    arc_server,
    linux_vm,
    marketplace,
    plain_windows_vm,
    schedule,
    unseen_vm,
    windows_vm,
)

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SATURDAYS = timetable_of(schedule(start="2026-01-01 02:00", recurrence="Month Second Tuesday Offset4"))


def reboots(found: Forecast) -> str:
    """One letter a row: y, n or u."""
    return "".join(row.expected.reboot[0] for row in found.rows())


def of(machine: Machine, *timetables: Timetable, months: int = 12, position: Any = None, **given: Any) -> Forecast:
    return forecast([Member(machine, timetables, position)], given.pop("as_of", NOW), months, **given)


def at(state: Any) -> TrackPosition:
    return TrackPosition(state, "as a test has it")


def test_a_hotpatched_machine_restarts_four_times_instead_of_twelve() -> None:
    found = of(windows_vm())
    assert [row.expected.release_month for row in found.rows()][:3] == ["2026-12", "2027-01", "2027-02"]
    assert reboots(found) == "nynnynnynnyn"
    summary = found.summary()
    assert (summary.machines, summary.months, summary.restarts, summary.open_restarts) == (1, 12, 4, 0)
    assert summary.without_hotpatch == 12
    assert str(summary) == (
        "4 reboots instead of 12, about 0.6 more by unplanned baselines at their historic rate (1 machine, 12 months)"
    )


def test_the_summary_states_the_historic_rate_of_unplanned_baselines() -> None:
    (rate,) = of(windows_vm()).summary().unplanned
    assert rate == historic_unplanned_rate(Product.WS2025)
    assert of(windows_vm()).summary().expected_unplanned == pytest.approx(8 * rate.rate)


def test_a_fleet_is_counted_machine_by_machine() -> None:
    fleet = [*[Member(windows_vm(name=f"web{n}")) for n in range(3)], Member(linux_vm(), (SATURDAYS,))]
    summary = forecast(fleet, NOW).summary()
    assert (summary.machines, summary.restarts, summary.open_restarts, summary.without_hotpatch) == (4, 12, 12, 36)
    assert str(summary) == (
        "12 reboots instead of 36, 12 more not decided, about 1.7 more by unplanned baselines at their historic rate "
        "(4 machines, 12 months)"
    )


def test_a_row_has_the_shape_of_the_contract() -> None:
    baseline = list(of(windows_vm()).rows())[1]
    assert baseline.as_json() == {
        "machine": VM_ID,
        "release_month": "2027-01",
        "release_kind": "baseline",
        "schedule": None,
        "window": {"earliest": "2027-01-12T00:00:00+00:00", "latest": "2027-02-11T00:00:00+00:00"},
        "reboot": "yes",
        "why": "a baseline, with a restart; the platform installs it within 30 days of release, off-peak",
    }


def test_a_hotpatch_row_says_what_it_stands_on() -> None:
    (assumed,) = of(windows_vm(), months=1).rows()
    assert assumed.expected.why == (
        "a hotpatch, without a restart while the machine is on its track (unplanned baselines replaced "
        "1 of 14 hotpatches since 2024-11); the platform installs it within 30 days of release, off-peak"
    )
    (placed,) = of(windows_vm(), months=1, position=at(TrackState.ENROLLED)).rows()
    assert "while the machine is on its track" not in placed.expected.why


# place on the track, restarts December 2026 to November 2027, what the first month says
TRACK: list[tuple[Any, str, str]] = [
    (TrackState.ENROLLED, "nynnynnynnyn", "a hotpatch, without a restart (unplanned"),
    (
        TrackState.PENDING_BASELINE,
        "yynnynnynnyn",
        "the cumulative update instead of the hotpatch, with a restart: the machine is waiting for a baseline;",
    ),
    (
        TrackState.OFF_TRACK,
        "yynnynnynnyn",
        "the cumulative update instead of the hotpatch, with a restart: the machine is off track;",
    ),
    (TrackState.RESTART_PENDING, "uynnynnynnyn", "a hotpatch, which waits for the restart after the last baseline;"),
    (UNKNOWN, "uynnynnynnyn", "a hotpatch if the machine is on its track, which is not known;"),
]


@pytest.mark.parametrize(("state", "expected", "says"), TRACK)
def test_the_place_on_the_track_decides_until_the_next_baseline(state: Any, expected: str, says: str) -> None:
    found = of(windows_vm(), position=at(state))
    assert reboots(found) == expected
    assert next(found.rows()).expected.why.startswith(says)


@pytest.mark.parametrize(
    ("machine", "expected"),
    [
        (windows_vm(reboot_setting="Always"), "yyyyyyyyyyyy"),
        (windows_vm(reboot_setting="Never"), "nnnnnnnnnnnn"),
        (windows_vm(reboot_setting=None), "nynnynnynnyn"),
        (windows_vm(reboot_setting=UNKNOWN), "uuuuuuuuuuuu"),
        (windows_vm(enable_hotpatching=UNKNOWN), "uyuuyuuyuuyu"),
        (windows_vm(enable_hotpatching=False), "yyyyyyyyyyyy"),
        (windows_vm(image=UNKNOWN), "uuuuuuuuuuuu"),
        (windows_vm(enable_hotpatching=False, patch_mode="Manual"), "nnnnnnnnnnnn"),
        (windows_vm(enable_hotpatching=False, patch_mode="AutomaticByOS"), "uuuuuuuuuuuu"),
        (unseen_vm(), "uuuuuuuuuuuu"),
    ],
)
def test_settings_decide_about_restarts(machine: Machine, expected: str) -> None:
    assert reboots(of(machine)) == expected


def test_a_baseline_that_is_never_restarted_holds_up_the_hotpatches_after_it() -> None:
    rows = list(of(windows_vm(reboot_setting="Never"), months=3).rows())
    assert "which waits for the restart after the last baseline" in rows[2].expected.why


def test_windows_server_2022_has_no_forecast_beyond_its_support() -> None:
    image = marketplace("MicrosoftWindowsServer:WindowsServer:2022-datacenter-azure-edition-hotpatch")
    found = of(windows_vm(image=image), months=13)
    assert reboots(found) == "nynnynnynnyuu"
    last = list(found.rows())[-1]
    assert (last.expected.release_kind, last.expected.latest, last.expected.without_hotpatch) == (
        "unknown",
        None,
        "unknown",
    )
    assert "October 2027" in last.expected.why


def test_a_users_release_replaces_the_plan() -> None:
    december = Release(
        product=Product.WS2025,
        month=Month(2026, 12),
        channel=Channel.HOTPATCH,
        kind=Kind.UNPLANNED_BASELINE,
        status=Status.RELEASED,
        source="a user",
        confidence=Confidence.USER,
        date=date(2026, 12, 8),
        kb="KB5099999",
        reboot=True,
    )
    (row,) = of(windows_vm(), months=1, extra=[december]).rows()
    assert (row.expected.release_kind, row.expected.reboot) == ("unplanned_baseline", "yes")
    assert row.expected.why.startswith("an unplanned baseline, with a restart; ")


def test_a_month_whose_release_nobody_read_is_open() -> None:
    rows = list(of(windows_vm(), months=3, as_of=datetime(2026, 6, 1, tzinfo=UTC)).rows())
    assert [(row.expected.release_month, row.expected.release_kind, row.expected.reboot) for row in rows] == [
        ("2026-06", "unplanned_baseline", "yes"),
        ("2026-07", "unknown", "unknown"),
        ("2026-08", "hotpatch", "no"),
    ]


@pytest.mark.parametrize(
    ("as_of", "first"),
    [
        (datetime(2026, 12, 8, 23, tzinfo=UTC), "2026-12"),
        (datetime(2026, 12, 9, 0, tzinfo=UTC), "2027-01"),
        (datetime(2026, 12, 1, tzinfo=UTC), "2026-12"),
    ],
)
def test_a_forecast_begins_with_the_first_patch_tuesday_that_is_not_past(as_of: datetime, first: str) -> None:
    assert of(windows_vm(), months=1, as_of=as_of).months == (Month.parse(first),)


def test_a_scheduled_windows_machine_restarts_in_its_windows() -> None:
    row = next(of(plain_windows_vm(), SATURDAYS).rows())
    assert row.as_json() == {
        "machine": VM_ID,
        "release_month": "2026-12",
        "release_kind": "lcu",
        "schedule": "patch-tuesday",
        "window": {"earliest": "2026-12-12T02:00:00+01:00", "latest": "2026-12-12T05:00:00+01:00"},
        "reboot": "yes",
        "why": "the month's cumulative update, with a restart; schedule 'patch-tuesday' installs it",
    }


def test_months_that_wait_for_one_window_are_one_restart() -> None:
    late = timetable_of(schedule(start="2027-02-01 02:00", recurrence="Month Second Tuesday Offset4"))
    found = of(plain_windows_vm(), late, months=4)
    # December, January and February come together in February's window.
    assert reboots(found) == "yyyy"
    summary = found.summary()
    assert (summary.restarts, summary.without_hotpatch) == (2, 2)
    assert of(linux_vm(), late, months=4).summary().open_restarts == 2


def test_linux_packages_come_with_the_first_window_of_the_month_and_may_restart() -> None:
    row = next(of(linux_vm(), SATURDAYS).rows())
    assert row.expected.release_kind == "packages"
    assert row.expected.earliest == datetime(2026, 12, 12, 1, tzinfo=UTC)
    assert row.expected.reboot == "unknown"
    assert row.expected.why == "packages, some of which may ask for a restart; schedule 'patch-tuesday' installs it"


def test_a_licensed_arc_server_is_hotpatched_in_its_windows() -> None:
    found = of(arc_server(enable_hotpatching=True), SATURDAYS)
    assert reboots(found) == "nynnynnynnyn"
    assert {row.expected.schedule for row in found.rows()} == {"patch-tuesday"}
    assert hotpatch_product(arc_server()) is Product.WS2025_ARC


def test_the_first_schedule_to_install_it_counts_with_its_own_reboot_setting() -> None:
    late = replace(SATURDAYS, name="late", start=parse_start("2026-01-01 22:00"), reboot_setting="Always")
    early = replace(SATURDAYS, name="early", reboot_setting="Never")
    rows = list(of(plain_windows_vm(reboot_setting=None), late, early).rows())
    assert {(row.expected.schedule, row.expected.reboot) for row in rows} == {("early", "no")}
    own = of(plain_windows_vm(reboot_setting="Always"), late, early)
    assert reboots(own) == "yyyyyyyyyyyy"


# what the schedule takes, restarts, what the first month says
TAKES: list[tuple[PatchLists, str, str]] = [
    (PatchLists(), "y", "schedule 'patch-tuesday' installs it"),
    (PatchLists(windows_classifications=("Definition",)), "n", "nothing installs it: 'patch-tuesday' leaves it out"),
    (PatchLists(windows_classifications=("Critical",)), "y", "schedule 'patch-tuesday' installs it"),
    (PatchLists(windows_classifications=UNKNOWN), "y", "schedule 'patch-tuesday' installs it"),
    (PatchLists(kbs_to_include=("KB5066835",)), "n", "nothing installs it: 'patch-tuesday' leaves it out"),
    (
        PatchLists(windows_classifications=("Security",), exclude_kbs_requiring_reboot=True),
        "n",
        "nothing installs it: 'patch-tuesday' leaves it out",
    ),
]


@pytest.mark.parametrize(("patches", "reboot", "says"), TAKES)
def test_a_schedule_that_leaves_security_updates_out_restarts_nothing(
    patches: PatchLists, reboot: str, says: str
) -> None:
    found = of(plain_windows_vm(), replace(SATURDAYS, patches=patches), months=1)
    assert reboots(found) == reboot
    assert next(found.rows()).expected.why.endswith(says)


def test_hotpatches_come_even_where_updates_that_restart_are_left_out() -> None:
    careful = replace(
        SATURDAYS, patches=PatchLists(windows_classifications=("Security",), exclude_kbs_requiring_reboot=True)
    )
    rows = list(of(arc_server(enable_hotpatching=True), careful, months=3, position=at(TrackState.ENROLLED)).rows())
    assert [(row.expected.reboot, row.expected.schedule) for row in rows] == [
        ("no", "patch-tuesday"),
        ("no", None),
        ("no", None),
    ]
    assert rows[2].expected.why == "nothing installs it: 'patch-tuesday' leaves it out"


def test_a_schedule_that_has_expired_installs_nothing() -> None:
    over = replace(SATURDAYS, expires=parse_start("2026-12-31 00:00"))
    rows = list(of(plain_windows_vm(), over, months=2).rows())
    assert [row.expected.reboot for row in rows] == ["yes", "no"]
    assert rows[1].expected.why == "nothing installs it: 'patch-tuesday' has no window in time"


def test_a_window_on_the_day_of_release_may_be_too_early() -> None:
    daily = timetable_of(schedule(start="2026-01-01 02:00", recurrence="Day", time_zone="UTC", duration="02:00"))
    row = next(of(plain_windows_vm(), daily).rows())
    assert row.expected.earliest == datetime(2026, 12, 8, 2, tzinfo=UTC)
    assert row.expected.latest == datetime(2026, 12, 9, 4, tzinfo=UTC)


def test_a_slot_starts_no_earlier_than_asked() -> None:
    windows = SATURDAYS.windows(NOW, NOW + timedelta(days=90))
    assert slot_for(SATURDAYS, windows, date(2026, 11, 10), NOW) is not None
    slot = slot_for(SATURDAYS, windows, date(2026, 11, 10), NOW)
    assert slot is not None
    assert slot.earliest == datetime(2026, 12, 12, 1, tzinfo=UTC)
    assert slot_for(SATURDAYS, windows, date(2027, 3, 9), NOW) is None


@pytest.mark.parametrize("field", ["name", "start", "duration", "time_zone", "recurrence"])
def test_a_schedule_that_is_not_known_has_no_timetable(field: str) -> None:
    for value in (UNKNOWN, None):
        with pytest.raises(InvalidInput, match="need its name, start, duration, time zone and recurrence"):
            timetable_of(schedule(**{field: value}))
    with pytest.raises(InvalidInput, match="all of them known"):
        timetable_of(schedule(expires=UNKNOWN))


def test_a_schedule_that_is_not_known_leaves_the_forecast_open() -> None:
    found = forecast([Member(plain_windows_vm(), UNKNOWN)], NOW, 1)
    (row,) = found.rows()
    assert (row.expected.reboot, row.expected.latest) == ("unknown", None)
    assert row.expected.why == "What happens depends on the machine's schedules, not known yet."


def test_machines_alike_share_their_pattern_and_others_do_not() -> None:
    twin = windows_vm(id=f"{VM_ID}-2", name="web02", location="eastus")
    found = forecast([Member(windows_vm()), Member(twin), Member(windows_vm(reboot_setting="Never"))], NOW)
    (_, first), (second_id, second), (_, third) = found.members
    assert first is second
    assert first is not third
    assert second_id == f"{VM_ID}-2"


def test_a_fleet_is_forecast_like_its_machines_one_by_one() -> None:
    fleet = [
        Member(windows_vm()),
        Member(windows_vm(), position=at(TrackState.OFF_TRACK)),
        Member(plain_windows_vm(), (SATURDAYS,)),
        Member(linux_vm(), (SATURDAYS,)),
        Member(arc_server(enable_hotpatching=True), (SATURDAYS,)),
        Member(linux_vm(os_type=UNKNOWN), UNKNOWN),
    ]
    together = forecast(fleet, NOW).members
    assert together == tuple(forecast([member], NOW).members[0] for member in fleet)


def test_a_machine_whose_id_is_not_known_yet_is_called_by_its_name() -> None:
    assert forecast([Member(replace(windows_vm(), id=UNKNOWN))], NOW, 1).members[0][0] == "web01"


def test_an_instant_without_an_offset_and_an_empty_horizon_are_refused() -> None:
    with pytest.raises(InvalidInput, match="as_of is an instant"):
        forecast([], parse_start("2026-11-22 00:00"))
    with pytest.raises(InvalidInput, match="a forecast of 0 months: expected at least 1"):
        forecast([], NOW, 0)


def test_a_restart_that_reboot_setting_never_withholds_leaves_the_release_pending() -> None:
    (row,) = of(plain_windows_vm(reboot_setting="Never"), SATURDAYS, months=1).rows()
    assert (row.expected.reboot, row.expected.why) == (
        "no",
        "the month's cumulative update, which needs a restart that reboot setting Never withholds, so that it stays "
        "pending; schedule 'patch-tuesday' installs it",
    )


# machine, month from December 2026 on, restart, what its sentence says of it
IN_WORDS: list[tuple[Machine, int, str, str]] = [
    (windows_vm(reboot_setting="never"), 1, "no", "a baseline, which needs a restart that reboot setting Never with"),
    (
        windows_vm(reboot_setting="Always"),
        0,
        "yes",
        "a hotpatch, which needs no restart and gets one by reboot setting",
    ),
    (windows_vm(reboot_setting="Always"), 1, "yes", "a baseline, with a restart; "),
    (windows_vm(reboot_setting=UNKNOWN), 0, "unknown", "a hotpatch, without a restart unless the reboot setting, not"),
    (windows_vm(reboot_setting=UNKNOWN), 1, "unknown", "a baseline, with a restart if the reboot setting, not known"),
]


@pytest.mark.parametrize(("machine", "month", "reboot", "says"), IN_WORDS)
def test_the_sentence_and_the_answer_agree_about_the_restart(
    machine: Machine, month: int, reboot: str, says: str
) -> None:
    expected = list(of(machine, months=2).rows())[month].expected
    assert expected.reboot == reboot
    assert expected.why.startswith(says)


def test_packages_never_restart_a_machine_set_to_never() -> None:
    (row,) = of(linux_vm(reboot_setting="Never"), SATURDAYS, months=1).rows()
    assert row.expected.reboot == "no"
    assert "; reboot setting Never withholds any restart; schedule" in row.expected.why


def test_a_machine_that_is_off_has_the_proviso_in_its_row() -> None:
    (row,) = of(plain_windows_vm(power_state="deallocated"), SATURDAYS, months=1).rows()
    assert row.expected.why == (
        "the month's cumulative update, with a restart; schedule 'patch-tuesday' installs it. It is deallocated now: "
        "a run ends as ShutdownOrUnresponsive unless it is on 15 minutes before the window."
    )
    (by_platform,) = of(windows_vm(power_state="stopped"), months=1).rows()
    assert by_platform.expected.why.endswith(
        "off-peak. It is stopped now: it is patched at the first assessment after its start, within a few days."
    )


def test_a_window_longer_than_documented_is_given_as_declared() -> None:
    long = timetable_of(schedule(start="2026-01-01 02:00", recurrence="Month Second Tuesday Offset4", duration="04:00"))
    (row,) = of(plain_windows_vm(), long, months=1).rows()
    assert row.as_json()["window"] == {
        "earliest": "2026-12-12T02:00:00+01:00",
        "latest": "2026-12-12T06:00:00+01:00",
    }
    assert row.expected.why.endswith(
        "schedule 'patch-tuesday' installs it. The windows of 'patch-tuesday' are 04:00 long as declared; the service "
        "documents a maximum of 03:55 (rule schedule-duration)."
    )
    assert SATURDAYS.provisos() == ()


def test_a_hotpatched_machine_with_bypass_flag_and_schedule_gets_nothing_unless_relaxed() -> None:
    machine = windows_vm(bypass_platform_safety_checks_on_user_schedule=True)
    (row,) = of(machine, SATURDAYS, months=1).rows()
    assert (row.expected.schedule, row.expected.latest, row.expected.reboot) == (None, None, "no")
    assert row.expected.why == (
        "Nothing patches it: Schedule 'patch-tuesday' needs the bypass flag, which Azure refuses on a hotpatched "
        "machine, and while a schedule is there the platform does not patch either."
    )
    (relaxed,) = of(machine, SATURDAYS, months=1, relaxed=frozenset(("hotpatch-forbids-bypass",))).rows()
    assert relaxed.expected.schedule == "patch-tuesday"
