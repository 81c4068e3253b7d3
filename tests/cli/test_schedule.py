"""`azure-hotpatch schedule`: the engine's windows, printed."""

from datetime import UTC, datetime, timedelta

import pytest

from pulumi_azure_hotpatch.engine import recurrence as recurrences
from pulumi_azure_hotpatch.engine.durations import parse_start
from pulumi_azure_hotpatch.engine.window import windows
from pulumi_azure_hotpatch.engine.zones import zone
from tests.cli.conftest import Ask


def options(
    recurrence: str, start: str, *, duration: str = "03:00", time_zone: str = "Europe/Berlin", count: int = 4
) -> tuple[str, ...]:
    given = {"recur": recurrence, "start": start, "duration": duration, "time-zone": time_zone, "count": str(count)}
    return ("schedule", *(part for name, value in given.items() for part in (f"--{name}", value)))


@pytest.mark.parametrize(
    ("recurrence", "start", "time_zone"),
    [
        ("Day", "2026-03-27 02:30", "Europe/Berlin"),
        ("2Weeks Saturday,Sunday", "2026-10-20 01:30", "Eastern Standard Time"),
        ("Month Second Tuesday Offset4", "2027-01-01 22:00", "W. Europe Standard Time"),
        ("Month day31", "2026-01-31 09:00", "utc"),
        ("6Hours", "2026-10-25 00:00", "Europe/London"),
    ],
)
def test_windows_are_those_of_the_engine(ask: Ask, recurrence: str, start: str, time_zone: str) -> None:
    rows = ask(*options(recurrence, start, time_zone=time_zone, count=9), "--json").rows("schedule")
    parsed, opens = recurrences.parse(recurrence), parse_start(start)
    expected = windows(parsed, opens, zone(time_zone), timedelta(hours=3), count=9)
    assert rows == [window.as_json() for window in expected]


def test_as_of_leaves_out_windows_that_have_closed(ask: Ask) -> None:
    asked = (*options("Week Sunday", "2026-01-04 02:30"), "--json", "--as-of")
    first = datetime.fromisoformat(ask(*asked, "2026-11-22").rows("schedule")[0]["start"])
    assert first == datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
    while_open = ask(*asked, "2026-11-22T04:29:59Z").rows("schedule")[0]["start"]
    closed = ask(*asked, "2026-11-22T04:30:00Z").rows("schedule")[0]["start"]
    assert (while_open[:10], closed[:10]) == ("2026-11-22", "2026-11-29")


def test_without_as_of_nothing_depends_on_today(ask: Ask) -> None:
    rows = ask(*options("Day", "1999-12-31 22:00"), "--json").rows("schedule")
    assert rows[0]["start"] == "1999-12-31T22:00:00+01:00"


def test_an_expired_schedule_has_no_windows_and_says_so(ask: Ask) -> None:
    asked = (*options("Week Sunday", "2026-01-04 02:30"), "--expires", "2026-01-12 00:00")
    assert len(ask(*asked, "--json").rows("schedule")) == 2
    assert ask(*asked).err == "Note: the schedule expires after 2 windows.\n"
    assert ask(*asked, "--as-of", "2026-02-01", "--json").rows("schedule") == []


WIDE = """\
2Weeks Sunday at 02:30 for 03:00 in Europe/Berlin
Day             Opens         Closes        In UTC            Remark
────────────────────────────────────────────────────────────────────────────────────────────────────────────
Sun 2026-03-15  02:30 +01:00  05:30 +01:00  2026-03-15 01:30
Sun 2026-03-29  03:30 +02:00  06:30 +02:00  2026-03-29 01:30  clocks change; moved forward: the clocks skip
                                                              this time
Sun 2026-04-12  02:30 +02:00  05:30 +02:00  2026-04-12 00:30
"""

NARROW = """\
Month Second Tuesday Offset4 at 23:50 for 02:00 in W. Europe
Standard Time
Day             Opens         Closes        Remark
──────────────────────────────────────────────────
Sat 2027-01-16  23:50 +01:00  01:50 +01:00
"""


def test_the_table_of_a_wide_terminal_has_the_times_in_utc_too(ask: Ask) -> None:
    table = ask(*options("2Weeks Sunday", "2026-03-14 02:30", count=3), columns=108)
    assert table.out == WIDE
    assert table.err.splitlines() == [
        "Note: which of every N periods counts is not documented; counted from the start, as in RFC 5545.",
        "Note: the start, Sat 2026-03-14, is not an occurrence; the first run is the next one.",
    ]


def test_the_table_at_60_columns_leaves_out_utc(ask: Ask) -> None:
    asked = options(
        "Month Second Tuesday Offset4",
        "2027-01-16 23:50",
        duration="02:00",
        time_zone="W. Europe Standard Time",
        count=1,
    )
    table = ask(*asked, columns=60)
    assert table.out == NARROW
    assert table.err == "Note: Azure advises against new schedules that start between 23:45 and midnight.\n"
