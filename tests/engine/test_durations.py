"""Durations, starts and expiries as Azure writes them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_azure_hotpatch.engine.durations import (
    GUEST_MAXIMUM,
    GUEST_MINIMUM,
    NEVER,
    format_duration,
    format_local,
    parse_duration,
    parse_expiry,
    parse_start,
)
from pulumi_azure_hotpatch.errors import InvalidInput


@given(minutes=st.integers(min_value=90, max_value=235))
def test_every_length_a_guest_window_may_have_survives_the_round_trip(minutes: int) -> None:
    text = f"{minutes // 60:02}:{minutes % 60:02}"
    assert parse_duration(text) == timedelta(minutes=minutes)
    assert format_duration(parse_duration(text)) == text


@given(minutes=st.integers(min_value=0, max_value=24 * 60 - 1).filter(lambda minutes: not 90 <= minutes <= 235))
def test_every_other_length_is_refused_unless_the_bounds_are_moved(minutes: int) -> None:
    text = f"{minutes // 60:02}:{minutes % 60:02}"
    with pytest.raises(InvalidInput, match="too short" if minutes < 90 else "too long"):
        parse_duration(text)
    assert parse_duration(text, minimum=timedelta(0), maximum=None) == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    "text", ["", "2:00", "02:60", "24:00", "0200", "02:00:00", "-02:00", "02:0", "two hours", "٠٢:٠٠"]
)
def test_a_duration_in_another_form_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"expected two-digit hours and minutes, e\.g\. '03:55'"):
        parse_duration(text)


def test_the_bounds_of_a_guest_window_are_named_in_the_refusal() -> None:
    assert timedelta(minutes=90) == GUEST_MINIMUM
    assert timedelta(minutes=235) == GUEST_MAXIMUM
    with pytest.raises(InvalidInput, match=r"^duration '04:00' is too long: the window may last at most 03:55$"):
        parse_duration("04:00")
    with pytest.raises(InvalidInput, match=r"^duration '01:29' is too short: the window must last at least 01:30$"):
        parse_duration("01:29")


@pytest.mark.parametrize("wrong", [timedelta(seconds=90), timedelta(days=1), timedelta(minutes=-1)])
def test_a_timedelta_without_an_hh_mm_form_is_refused(wrong: timedelta) -> None:
    with pytest.raises(InvalidInput, match="whole minutes between 00:00 and 23:59"):
        format_duration(wrong)


def test_a_start_is_naive_wall_clock_time() -> None:
    assert parse_start("2026-03-10 22:00") == datetime.combine(date(2026, 3, 10), time(22))
    assert parse_start("2026-03-10 22:00").tzinfo is None
    assert format_local(parse_start("2026-03-10 22:00")) == "2026-03-10 22:00"


@pytest.mark.parametrize("text", ["2026-03-10", "10.03.2026 22:00", "2026-3-10 22:00", "2026-03-10 22:00Z", ""])
def test_a_start_in_another_form_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"expected 'YYYY-MM-DD HH:MM', e\.g\. '2026-03-10 22:00'"):
        parse_start(text)


@pytest.mark.parametrize("text", ["2026-02-29 22:00", "2026-13-01 22:00", "2026-01-01 24:00", "0000-01-01 00:00"])
def test_a_day_or_time_that_does_not_exist_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="does not exist"):
        parse_start(text)


@pytest.mark.parametrize("text", [None, "", "9999-12-31 23:59:59"])
def test_no_expiry_is_the_last_second_of_the_calendar_as_the_service_has_it(text: str | None) -> None:
    assert parse_expiry(text) == NEVER
    assert format_local(NEVER) == "9999-12-31 23:59:59"
