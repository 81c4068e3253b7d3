"""Forecasts, windows and calendars for programs: the same rows as the command prints."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pulumi
import pytest

from pulumi_azure_hotpatch import patch_tuesday
from pulumi_azure_hotpatch.errors import InvalidInput
from pulumi_azure_hotpatch.foresight import forecast, get_release_calendar, next_windows
from tests.cli.conftest import INVENTORY, Ask, validator

BODIES = json.loads(INVENTORY.read_text("utf-8"))
OWN = {"version": 1, "releases": [{"product": "ws2025", "month": "2026-12", "kind": "unplanned_baseline"}]}
NIGHTS: dict[str, Any] = {"start": "2026-01-01 22:00", "duration": "03:00", "time_zone": "Europe/Berlin"}


def test_the_calendar_is_the_command_s(ask: Ask) -> None:
    rows = get_release_calendar("ws2022", "2026-01", "2026-12", standard=True)
    asked = ("calendar", "--product", "ws2022", "--from", "2026-01", "--to", "2026-12", "--standard", "--json")
    assert rows == ask(*asked).rows("calendar")
    assert [row["month"] for row in get_release_calendar("ws2025", as_of="2026-11-22")][::11] == ["2026-11", "2027-10"]
    (own,) = get_release_calendar("ws2025", "2026-12", "2026-12", releases=OWN)
    assert own["kind"] == "unplanned_baseline"
    assert {row["status"] for row in get_release_calendar("ws2022", "2021-01", "2021-12", era="2021-preview")} == {
        "planned",
        "unknown",
    }


def test_windows_are_the_command_s(ask: Ask) -> None:
    rows = next_windows(patch_tuesday(4), **NIGHTS, count=6, as_of="2026-11-22")
    asked = ("--recur", "Month Second Tuesday Offset4", "--start", NIGHTS["start"], "--duration", "03:00", "--count", 6)
    zone = ("--time-zone", "Europe/Berlin", "--as-of", "2026-11-22", "--json")
    assert rows == ask("schedule", *asked, *zone).rows("schedule")
    assert next_windows("Day", **NIGHTS, expires="2026-02-01 00:00", as_of="2026-11-22") == []


def test_a_forecast_is_the_command_s(ask: Ask) -> None:
    expected = ask("forecast", INVENTORY, "--as-of", "2026-11-22", "--months", 5, "--json").rows("forecast")
    for inventory in (BODIES, {"value": BODIES}, {"data": BODIES}):
        assert forecast(inventory, months=5, as_of="2026-11-22") == expected
    changed = forecast(BODIES, months=1, releases=OWN, as_of="2026-11-22")
    assert {row["release_kind"] for row in changed if "vm-web" in row["machine"]} == {"unplanned_baseline"}


@pytest.mark.parametrize(
    "as_of",
    [
        "2026-11-22",
        date(2026, 11, 22),
        datetime(2026, 11, 22, tzinfo=UTC),
        datetime(2026, 11, 22, 2, tzinfo=timezone(timedelta(hours=2))),
        "2026-11-22T00:00:00Z",
        "2026-11-21T19:00:00-05:00",
    ],
)
def test_an_instant_can_be_given_in_many_ways(as_of: Any) -> None:
    expected = next_windows("Day", **NIGHTS, count=1, as_of="2026-11-22")
    assert next_windows("Day", **NIGHTS, count=1, as_of=as_of) == expected


def test_without_as_of_the_answer_is_as_of_now() -> None:
    now = datetime.now(UTC)
    (window,) = next_windows("Day", **NIGHTS, count=1)
    assert now < datetime.fromisoformat(window["end"]) < now + timedelta(days=1, hours=6)
    validator("schedule").validate([window])


@pytest.mark.parametrize(
    ("as_of", "message"),
    [
        ("tomorrow", "as_of 'tomorrow': expected YYYY-MM-DD, e.g. '2026-11-22'"),
        ("2026-02-30", "as_of '2026-02-30': expected YYYY-MM-DD, e.g. '2026-11-22'"),
        (
            datetime(2026, 11, 22),  # noqa: DTZ001 - what is refused
            "as_of '2026-11-22T00:00:00': an instant needs an offset, e.g. '2026-11-22T09:00:00Z'",
        ),
    ],
)
def test_an_instant_that_is_none_is_refused(as_of: Any, message: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        forecast(BODIES, as_of=as_of)
    assert str(refused.value) == f"forecast: {message}"
    # Pulumi prints no traceback of such an error.
    assert isinstance(refused.value, pulumi.RunError)


def test_bad_input_is_refused() -> None:
    with pytest.raises(InvalidInput, match="count 0: expected 1 to 10000"):
        next_windows("Day", **NIGHTS, count=0, as_of="2026-11-22")
    with pytest.raises(InvalidInput, match="months 601: expected 1 to 600"):
        forecast(BODIES, months=601, as_of="2026-11-22")
    with pytest.raises(InvalidInput, match="start '0001-01-01': expected a year from 1970 to 2200"):
        next_windows("Day", start="0001-01-01 22:00", duration="03:00", time_zone="UTC", as_of="2026-11-22")
    with pytest.raises(InvalidInput, match="product 'ws2019'"):
        get_release_calendar("ws2019", "2026-01")
    with pytest.raises(InvalidInput, match="an inventory is a list of ARM bodies"):
        forecast({}, as_of="2026-11-22")
