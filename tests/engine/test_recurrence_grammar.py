"""The recurEvery language: what it takes, what it refuses and how it says so."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_azure_hotpatch.engine import recurrence as recurring
from pulumi_azure_hotpatch.engine.durations import parse_start
from pulumi_azure_hotpatch.engine.occurrences import occurrences
from pulumi_azure_hotpatch.engine.recurrence import (
    LAST_DAY,
    Daily,
    Hourly,
    MonthlyByDay,
    MonthlyByWeekday,
    Recurrence,
    Week,
    Weekday,
    Weekly,
    daily,
    hourly,
    monthly,
    parse,
    patch_tuesday,
    uncertainties,
    weekly,
)
from pulumi_azure_hotpatch.errors import InvalidInput

EVERY = st.integers(min_value=1, max_value=500)
RECURRENCES: st.SearchStrategy[Recurrence] = st.one_of(
    st.integers(min_value=6, max_value=500).map(hourly),
    EVERY.map(daily),
    st.builds(lambda every, days: weekly(every, *days), EVERY, st.lists(st.sampled_from(Weekday))),
    st.builds(
        lambda every, days: monthly(every, days=tuple(days)),
        EVERY,
        st.lists(st.integers(min_value=1, max_value=31) | st.just(LAST_DAY), min_size=1),
    ),
    st.builds(
        lambda every, week, weekday, offset: monthly(every, week=week, weekday=weekday, offset=offset),
        EVERY,
        st.sampled_from(Week),
        st.sampled_from(Weekday),
        st.integers(min_value=-6, max_value=6),
    ),
)


@given(recurrence=RECURRENCES)
def test_what_is_formatted_parses_to_the_same_recurrence(recurrence: Recurrence) -> None:
    assert parse(recurring.format(recurrence)) == recurrence
    assert recurring.format(parse(recurring.format(recurrence))) == recurring.format(recurrence)


@given(recurrence=RECURRENCES, upper=st.booleans())
def test_letter_case_does_not_matter(recurrence: Recurrence, upper: bool) -> None:
    text = recurring.format(recurrence)
    assert parse(text.upper() if upper else text.lower()) == recurrence


@pytest.mark.parametrize(
    ("text", "meaning", "canonical"),
    [
        ("Day", Daily(1), "Day"),
        ("1Day", Daily(1), "Day"),
        ("3Days", Daily(3), "3Days"),
        ("20days", Daily(20), "20Days"),
        ("2Day", Daily(2), "2Days"),
        ("3Weeks", Weekly(3), "3Weeks"),
        ("Week Saturday,Sunday", Weekly(1, (Weekday.SATURDAY, Weekday.SUNDAY)), "Week Saturday,Sunday"),
        ("Week sunday, saturday", Weekly(1, (Weekday.SATURDAY, Weekday.SUNDAY)), "Week Saturday,Sunday"),
        ("1Week Monday", Weekly(1, (Weekday.MONDAY,)), "Week Monday"),
        ("1Week Monday,Monday", Weekly(1, (Weekday.MONDAY,)), "Week Monday"),
        ("Month day23,day24", MonthlyByDay(1, (23, 24)), "Month day23,day24"),
        ("2Months day24,day-1,day23", MonthlyByDay(2, (23, 24, LAST_DAY)), "2Months day23,day24,day-1"),
        ("Month Last Sunday", MonthlyByWeekday(1, Week.LAST, Weekday.SUNDAY), "Month Last Sunday"),
        ("1Month Second Tuesday Offset4", patch_tuesday(4), "Month Second Tuesday Offset4"),
        ("Month Second Tuesday Offset+4", patch_tuesday(4), "Month Second Tuesday Offset4"),
        ("Month Second Tuesday Offset0", patch_tuesday(), "Month Second Tuesday"),
        (
            "2Months Third Monday Offset-3",
            MonthlyByWeekday(2, Week.THIRD, Weekday.MONDAY, -3),
            "2Months Third Monday Offset-3",
        ),
        ("6Hours", Hourly(6), "6Hours"),
    ],
)
def test_the_forms_that_were_seen_are_read(text: str, meaning: Recurrence, canonical: str) -> None:
    assert parse(text) == meaning
    assert recurring.format(meaning) == canonical


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "expected Day, Week, Month or Hour with an optional number right before it, e.g. '2Weeks Monday'"),
        ("1 Week", "expected Day, Week, Month or Hour with an optional number right before it, e.g. '2Weeks Monday'"),
        (
            "Fortnight",
            "expected Day, Week, Month or Hour with an optional number right before it, e.g. '2Weeks Monday'",
        ),
        ("-1Day", "expected Day, Week, Month or Hour with an optional number right before it, e.g. '2Weeks Monday'"),
        ("0Days", "expected a number from 1, e.g. '2Days'"),
        ("Day Monday", "expected nothing after 'Day', e.g. 'Day'"),
        ("Week Mon", "expected weekdays from Monday to Sunday joined by commas, e.g. 'Week Saturday,Sunday'"),
        ("Week Monday Friday", "expected weekdays from Monday to Sunday joined by commas, e.g. 'Week Saturday,Sunday'"),
        ("Week Monday,", "expected weekdays from Monday to Sunday joined by commas, e.g. 'Week Saturday,Sunday'"),
        ("Month day0", "month day 0: expected 1 to 31, e.g. 'Month day15' (the last day is 'day-1')"),
        ("Month day32", "month day 32: expected 1 to 31, e.g. 'Month day15' (the last day is 'day-1')"),
        ("Month day-2", "month day -2: expected 1 to 31, e.g. 'Month day15' (the last day is 'day-1')"),
        ("Month day23,24", "expected month days joined by commas, e.g. 'Month day23,day24'"),
        ("Month 23", "expected First to Fourth or Last and a weekday, or month days, e.g. 'Month Second Tuesday'"),
        (
            "Month Fifth Monday",
            "expected First to Fourth or Last and a weekday, or month days, e.g. 'Month Second Tuesday'",
        ),
        ("Month Second", "expected First to Fourth or Last and a weekday, or month days, e.g. 'Month Second Tuesday'"),
        ("Month Second Tuesday Offset7", "offset 7: expected -6 to 6, e.g. 'Month Second Tuesday Offset4'"),
        ("Month Second Tuesday Offset-7", "offset -7: expected -6 to 6, e.g. 'Month Second Tuesday Offset4'"),
        (
            "Month Second Tuesday +4",
            "expected an offset in days from -6 to 6 at the end, e.g. 'Month Second Tuesday Offset4'",
        ),
        ("5Hours", "a schedule repeats every 6 hours or more, not every 5: e.g. '6Hours'"),
        ("Hour", "a schedule repeats every 6 hours or more, not every 1: e.g. '6Hours'"),
    ],
)
def test_a_text_outside_the_grammar_is_refused_with_what_was_expected_and_an_example(text: str, problem: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse(text)
    assert str(caught.value) == f"recurEvery {text!r}: {problem}"


@pytest.mark.parametrize("text", ["Month", "2Months", "1month"])
def test_a_bare_monthly_is_refused_for_the_services_reason(text: str) -> None:
    with pytest.raises(InvalidInput, match="monthly maintenance window is missing day of month or week of month"):
        parse(text)


@given(text=st.text(alphabet="DayWeekMonthsOffset TuesdaySecond0123456789,-", max_size=40))
def test_any_text_is_either_read_or_refused_in_one_line(text: str) -> None:
    problem = None
    try:
        recurrence = parse(text)
    except InvalidInput as error:
        problem = str(error)
    if problem is None:
        assert parse(recurring.format(recurrence)) == recurrence
    else:
        assert "\n" not in problem
        assert problem.startswith(f"recurEvery {text!r}: ")


def test_builders_refuse_what_cannot_be_written() -> None:
    with pytest.raises(InvalidInput, match="every 1 or more, not 0"):
        daily(0)
    with pytest.raises(InvalidInput, match="every 1 or more, not -2"):
        weekly(-2, Weekday.MONDAY)
    with pytest.raises(InvalidInput, match="every 1 or more, not 0"):
        patch_tuesday(3, every=0)
    with pytest.raises(InvalidInput, match="not both"):
        monthly(days=(1,), week=Week.FIRST, weekday=Weekday.MONDAY)
    with pytest.raises(InvalidInput, match="missing day of month or week of month"):
        monthly(week=Week.FIRST)
    with pytest.raises(InvalidInput, match="every 6 hours or more"):
        hourly(5)


def test_what_no_source_says_is_named() -> None:
    assert uncertainties(parse("Day")) == ()
    assert uncertainties(parse("Week Monday")) == ()
    assert uncertainties(parse("Month day28")) == ()
    assert uncertainties(parse("Month Second Tuesday Offset6")) == ()
    assert "RFC 5545" in uncertainties(parse("2Weeks Monday"))[0]
    assert "not documented" in uncertainties(parse("6Hours"))[0]
    assert "skipped is inferred" in uncertainties(parse("Month day31"))[0]
    assert "third party" in uncertainties(parse("Month day-1"))[0]
    assert "leave the month" in uncertainties(parse("Month First Tuesday Offset-6"))[0]
    assert "leave the month" in uncertainties(parse("Month Last Tuesday Offset1"))[0]


def second_tuesday(year: int, month: int) -> date:
    return date(year, month, [week[1] for week in calendar.monthcalendar(year, month) if week[1]][1])


@pytest.mark.parametrize("offset", range(-13, 21))
def test_every_offset_from_patch_tuesday_is_hit_in_every_month_from_2020_to_2060(offset: int) -> None:
    recurrence = parse(recurring.format(patch_tuesday(offset)))
    found = occurrences(
        recurrence,
        parse_start("2019-10-01 00:00"),
        UTC,
        after=datetime(2019, 12, 1, tzinfo=UTC),
        before=datetime(2061, 3, 1, tzinfo=UTC),
    )
    days = {occurrence.local.date() for occurrence in found}
    wanted = [
        second_tuesday(year, month) + timedelta(days=offset) for year in range(2020, 2061) for month in range(1, 13)
    ]
    assert [day for day in wanted if day not in days] == []
    assert sorted(day for day in days if wanted[0] <= day <= wanted[-1]) == wanted


def test_no_other_offset_has_a_spelling_that_is_exact_in_every_month() -> None:
    months = [(year, month) for year in range(2020, 2061) for month in range(1, 13)]
    exact = set()
    for weekday in Weekday:
        for week in Week:
            picked = []
            for year, month in months:
                column = [row[weekday] for row in calendar.monthcalendar(year, month) if row[weekday]]
                picked.append(date(year, month, column[week - 1 if week > 0 else -1]))
            distances = {(day - second_tuesday(*on)).days for day, on in zip(picked, months, strict=True)}
            if len(distances) == 1:
                exact |= {distances.copy().pop() + offset for offset in range(-6, 7)}
    assert exact == set(recurring.PATCH_TUESDAY_OFFSETS)


def test_an_offset_without_an_exact_spelling_names_the_nearest() -> None:
    with pytest.raises(InvalidInput, match=r"\+21 days .* nearest is \+20 days, 'Month Fourth Tuesday Offset6'$"):
        patch_tuesday(21)
    with pytest.raises(InvalidInput, match=r"-14 days .* nearest is -13 days, '3Months First Tuesday Offset-6'$"):
        patch_tuesday(-14, every=3)


def test_patch_tuesday_is_spelled_from_the_second_tuesday_where_it_reaches() -> None:
    assert recurring.format(patch_tuesday(6)) == "Month Second Tuesday Offset6"
    assert recurring.format(patch_tuesday(7)) == "Month Third Tuesday"
    assert recurring.format(patch_tuesday(9)) == "Month Third Tuesday Offset2"
    assert recurring.format(patch_tuesday(-7, every=2)) == "2Months First Tuesday"
