"""The forecast as a calendar file, read back by a library that did not write it."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import vobject

from pulumi_azure_hotpatch.engine.estate import Estate
from pulumi_azure_hotpatch.engine.forecast import Forecast, forecast
from pulumi_azure_hotpatch.report.feed import events, feed
from tests.cli.conftest import INVENTORY

AS_OF = datetime(2026, 11, 23, tzinfo=UTC)


def foreseen(as_of: datetime = AS_OF, months: int = 12, **changed: str) -> Forecast:
    """The example fleet's forecast; `changed` replaces parts of every schedule's window."""
    bodies = json.loads(INVENTORY.read_text("utf-8"))
    for body in bodies:
        window = body.get("properties", {}).get("maintenanceWindow")
        if window is not None:
            window.update(changed)
    return forecast(Estate.from_bodies(bodies, as_of=as_of).members(), as_of, months)


def read_back(text: bytes) -> dict[str, Any]:
    """The events of a calendar file by UID, as vobject reads them."""
    calendar = vobject.readOne(text.decode())
    found = {event.uid.value: event for event in calendar.vevent_list}
    assert len(found) == len(calendar.vevent_list), "every event has a UID of its own"
    return found


def written(found: Forecast, as_of: datetime = AS_OF) -> dict[str, Any]:
    return read_back(feed(events(found), as_of))


def test_every_expected_window_is_an_event_at_its_instants() -> None:
    found = foreseen()
    windows = {
        (row.expected.schedule, row.expected.release_month, row.expected.earliest, row.expected.latest)
        for row in found.rows()
        if row.expected.earliest is not None
    }
    read = written(found)
    assert len(read) == len(windows) > 12
    timed = sorted((event.dtstart.value, event.dtend.value) for event in read.values() if _is_timed(event))
    expected = sorted((earliest, latest) for schedule, _, earliest, latest in windows if schedule is not None)
    assert timed == expected


def test_restarts_add_up_to_those_of_the_forecast() -> None:
    found = foreseen()
    made = events(found)
    delivered = [row.expected for row in found.rows() if row.expected.earliest is not None]
    assert sum(event.restarts for event in made) == sum(expected.reboot == "yes" for expected in delivered) > 0
    assert sum(event.open_restarts for event in made) == sum(expected.reboot == "unknown" for expected in delivered)
    assert sum(len(event.machines) for event in made) == len(delivered)


def test_a_summary_says_how_many_machines_restart() -> None:
    restarting = next(event for event in events(foreseen()) if event.schedule and event.restarts == 1)
    assert restarting.summary == f"{restarting.schedule}: 1 machine, 1 restart"
    assert any(event.summary.endswith("no restart") for event in events(foreseen()))


def test_a_window_that_moves_keeps_its_uid_and_its_sequence_grows() -> None:
    later = AS_OF + timedelta(minutes=5)
    before, after = written(foreseen()), written(foreseen(later, duration="01:45"), later)
    assert before.keys() == after.keys()
    assert any(before[uid].dtend.value != after[uid].dtend.value for uid in before)
    assert all(int(before[uid].sequence.value) < int(after[uid].sequence.value) for uid in before)


def test_the_same_export_is_the_same_file() -> None:
    assert feed(events(foreseen()), AS_OF) == feed(events(foreseen()), AS_OF)


def test_what_the_platform_times_lasts_whole_days_up_to_its_deadline() -> None:
    platform = [event for event in events(foreseen(months=1)) if event.schedule is None]
    (read,) = read_back(feed(platform, AS_OF)).values()
    assert (read.dtstart.value, read.dtend.value) == (date(2026, 12, 8), date(2027, 1, 7))
    assert "at an off-peak hour between 2026-12-08 and 2027-01-07, by the platform" in read.description.value


def test_the_description_has_the_schedules_own_time() -> None:
    event = next(event for event in written(foreseen()).values() if "Europe/Berlin" in event.description.value)
    local = event.dtstart.value.astimezone(ZoneInfo("Europe/Berlin"))
    assert f"Window: {local:%Y-%m-%d %H:%M} to " in event.description.value


def test_windows_without_a_restart_can_be_left_out() -> None:
    found = foreseen()
    some = events(found, only_restarts=True)
    assert 0 < len(some) < len(events(found))
    assert all(event.restarts or event.open_restarts for event in some)


def _is_timed(event: Any) -> bool:
    return isinstance(event.dtstart.value, datetime)
