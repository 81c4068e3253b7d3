"""Calendars: every published row, the rule beyond them, what stays unknown, and what a user adds."""

from __future__ import annotations

import calendar as python_calendar
import json
from datetime import UTC, date, datetime, timedelta
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_azure_hotpatch.engine.calendar import (
    calendar,
    current_baseline,
    historic_unplanned_rate,
    next_baseline,
    patch_tuesday,
    release_on_or_after,
    releases_between,
    unsettled,
)
from pulumi_azure_hotpatch.engine.extra_releases import load_releases, read_releases
from pulumi_azure_hotpatch.engine.releases import (
    HOTPATCH_KINDS,
    Channel,
    Kind,
    Month,
    Product,
    Release,
    Status,
    published_releases,
    support,
)
from pulumi_azure_hotpatch.errors import InvalidInput

PUBLISHED = [
    line.split()
    for line in Path(__file__).with_name("published_calendar.txt").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
]
MONTHS = st.builds(Month, st.integers(2020, 2035), st.integers(1, 12))
KEYS = ("month", "date", "kind", "kb", "build", "reboot", "status", "source")


def one(product: str, month: str, extra: tuple[Release, ...] = ()) -> Release:
    return calendar(product, Month.parse(month), Month.parse(month), extra=extra)[0]


def kinds(product: str, first: str, last: str, **options: str) -> list[tuple[str, str]]:
    rows = calendar(product, Month.parse(first), Month.parse(last), **options)  # type: ignore[arg-type]
    return [(row.kind.value, row.status.value) for row in rows]


@pytest.mark.parametrize(("product", "month", "kind", "kb", "build", "day"), PUBLISHED)
def test_every_published_row_is_reproduced(product: str, month: str, kind: str, kb: str, build: str, day: str) -> None:
    row = one(product, month).as_json()
    assert [row[key] for key in KEYS[:-1]] == [month, day, kind, kb, build, kind != "hotpatch", "released"]
    assert "Microsoft Learn" in str(row["source"])


def test_nothing_but_the_published_rows_is_called_released() -> None:
    rows = [
        row
        for product in (Product.WS2022, Product.WS2025)
        for row in calendar(product, Month(2020, 1), Month(2035, 12))
        if row.status is Status.RELEASED
    ]
    beside = {("ws2022", "2022-11", "KB5019080"), ("ws2025", "2025-10", "KB5070893")}
    known = {(product, month, kb) for product, month, _, kb, _, _ in PUBLISHED} | beside
    assert {(row.product.value, str(row.month), row.kb) for row in rows} == known
    assert len(rows) == len(known)


def test_outcomes_that_no_source_gives_stay_unknown() -> None:
    for product, month, planned in [
        ("ws2022", "2026-06", Kind.HOTPATCH),
        ("ws2022", "2026-07", Kind.BASELINE),
        ("ws2025", "2026-07", Kind.BASELINE),
        ("ws2022", "2023-04", Kind.BASELINE),
        ("ws2022", "2023-05", Kind.HOTPATCH),
    ]:
        row = one(product, month)
        assert (row.kind, row.status, row.reboot, row.kb) == (Kind.UNKNOWN, Status.UNKNOWN, None, None)
        assert row.planned_as is planned
        assert row.date == patch_tuesday(row.month.year, row.month.month)


def test_announced_months_are_planned_with_patch_tuesday_as_their_day() -> None:
    assert kinds("ws2025", "2026-08", "2026-12") == [
        ("hotpatch", "planned"),
        ("hotpatch", "planned"),
        ("baseline", "planned"),
        ("hotpatch", "planned"),
        ("hotpatch", "planned"),
    ]
    assert one("ws2025", "2026-12").as_json()["date"] == "2026-12-08"


@given(first=MONTHS, length=st.integers(0, 40), cut=st.integers(0, 40), product=st.sampled_from(Product))
def test_a_calendar_has_one_main_row_a_month_in_order_and_can_be_cut_anywhere(
    first: Month, length: int, cut: int, product: Product
) -> None:
    last = first.plus(length)
    rows = calendar(product, first, last)
    assert [row.month for row in rows if row.kind is not Kind.OOB_HOTPATCH] == [
        first.plus(n) for n in range(length + 1)
    ]
    assert len({(row.month, row.kind) for row in rows}) == len(rows)
    assert {row.product for row in rows} == {product}
    middle = first.plus(min(cut, length))
    assert rows == calendar(product, first, middle) + (calendar(product, middle.plus(1), last) if middle < last else [])


@given(month=MONTHS, product=st.sampled_from(Product))
def test_beyond_the_data_the_cadence_is_projected_until_support_ends(month: Month, product: Product) -> None:
    [row] = [row for row in calendar(product, month, month) if row.kind is not Kind.OOB_HOTPATCH]
    if Month(2026, 12) < month <= support(product).last_month:
        assert row.status is Status.PLANNED
        assert row.kind is (Kind.BASELINE if month.month in (1, 4, 7, 10) else Kind.HOTPATCH)
        assert row.reboot is (row.kind is Kind.BASELINE)
        assert "cadence" in row.source
    elif month > support(product).last_month:
        assert (row.kind, row.status, row.date, row.reboot) == (Kind.UNKNOWN, Status.UNKNOWN, None, None)
        assert f"through {support(product).last_month}" in row.source
    elif month < support(product).first_month:
        assert (row.kind, row.date) == (Kind.UNKNOWN, None)
        assert f"from {support(product).first_month}" in row.source


def test_the_end_of_hotpatches_says_what_is_stated_and_what_is_inferred() -> None:
    assert (support(Product.WS2022).last_month, support(Product.WS2022).inferred) == (Month(2027, 10), False)
    assert (support(Product.WS2025).last_month, support(Product.WS2025).inferred) == (Month(2029, 11), True)
    assert "extended to October 2027" in str(one("ws2022", "2027-11").as_json()["source"])
    assert "inferred" in str(one("ws2025", "2029-12").as_json()["source"])


def test_arc_enabled_servers_follow_the_calendar_of_windows_server_2025() -> None:
    first, last = Month(2024, 1), Month(2030, 12)
    arc = [row.as_json() for row in calendar("ws2025-arc", first, last) if row.date]
    assert arc == [row.as_json() for row in calendar("ws2025", first, last) if row.date]


def test_the_ordinary_channel_is_shown_on_request_only() -> None:
    october = Month(2025, 10)
    assert [row.kind for row in calendar("ws2025", october, october)] == [Kind.BASELINE, Kind.OOB_HOTPATCH]
    shown = calendar("ws2025", october, october, standard=True)
    assert [(row.kind.value, row.kb) for row in shown if row.channel is Channel.STANDARD] == [
        ("lcu", "KB5066835"),
        ("oob", "KB5070773"),
        ("oob", "KB5070881"),
    ]
    everything = [row for row in published_releases() if row.channel is Channel.STANDARD]
    rows = [row for product in Product for row in calendar(product, Month(2020, 1), Month(2030, 1), standard=True)]
    assert {row for row in rows if row.channel is Channel.STANDARD} == set(everything)


def test_rows_are_written_with_the_keys_of_the_contract() -> None:
    for row in calendar("ws2022", Month(2021, 1), Month(2030, 1), standard=True):
        assert tuple(row.as_json()) == KEYS
        assert json.loads(json.dumps(row.as_json())) == row.as_json()


# The invariants of the published data.

HOTPATCHES = [row for row in published_releases() if row.channel is Channel.HOTPATCH]
STANDARD = [row for row in published_releases() if row.channel is Channel.STANDARD]
LCUS = {(row.product, row.month): row for row in STANDARD if row.kind is Kind.LCU}


def revision(row: Release) -> int:
    assert row.build is not None
    return int(row.build.split(".")[1])


def test_every_monthly_release_is_on_the_second_tuesday() -> None:
    monthly = [row for row in published_releases() if row.kind in (*HOTPATCH_KINDS, Kind.LCU) and row.date]
    for row in monthly:
        if row.kind is not Kind.OOB_HOTPATCH:
            tuesdays = [week[1] for week in python_calendar.monthcalendar(row.month.year, row.month.month) if week[1]]
            assert row.date == date(row.month.year, row.month.month, tuesdays[1])


def test_a_baseline_is_that_months_cumulative_update() -> None:
    baselines = [row for row in HOTPATCHES if row.kind.is_baseline and row.status is Status.RELEASED]
    assert len(baselines) == 18
    for row in baselines:
        lcu = LCUS[row.product, row.month]
        assert (row.kb, row.build, row.reboot) == (lcu.kb, lcu.build, True)


def test_a_hotpatch_is_an_older_build_than_that_months_cumulative_update() -> None:
    hotpatches = [row for row in HOTPATCHES if row.kind is Kind.HOTPATCH and row.status is Status.RELEASED]
    assert len(hotpatches) == 32
    for row in hotpatches:
        lcu = LCUS[row.product, row.month]
        assert row.kb != lcu.kb
        assert row.reboot is False
        assert row.build is None or revision(row) < revision(lcu)


@pytest.mark.parametrize("product", [Product.WS2022, Product.WS2025])
@pytest.mark.parametrize("channel", list(Channel))
def test_builds_rise_in_time_within_a_channel(product: Product, channel: Channel) -> None:
    rows = [row for row in published_releases() if (row.product, row.channel) == (product, channel)]
    dated = sorted((row.date, revision(row)) for row in rows if row.date and row.build)
    builds = [build for _, build in dated]
    assert builds == sorted(set(builds))


def test_kb_numbers_do_not_order_releases() -> None:
    dated = sorted(
        ((row.date, row.kb) for row in published_releases() if row.date and row.kb), key=lambda pair: pair[0]
    )
    numbers = [int(kb.removeprefix("KB")) for _, kb in dated]
    assert numbers != sorted(numbers)


def test_neither_product_nor_release_can_be_told_from_a_build() -> None:
    assert {row.build.split(".")[0] for row in published_releases() if row.build and row.product is Product.WS2025} == {
        "26100"
    }
    shared = {row.kb for row in published_releases() if row.build == "26100.6905"}
    assert shared == {"KB5070881", "KB5070893"}


@given(product=st.sampled_from(Product), month=MONTHS)
def test_a_month_is_a_hotpatch_or_a_baseline_never_both(product: Product, month: Month) -> None:
    rows = calendar(product, month, month)
    assert sum(row.kind in (Kind.HOTPATCH, Kind.BASELINE, Kind.UNPLANNED_BASELINE, Kind.UNKNOWN) for row in rows) == 1


# Questions about a day.


@given(day=st.dates(date(2020, 1, 1), date(2032, 1, 1)), product=st.sampled_from(Product))
def test_questions_about_a_day_agree_with_reading_the_calendar(day: date, product: Product) -> None:
    rows = [row for row in calendar(product, Month(2019, 1), Month(2033, 1)) if row.date is not None]
    rows.sort(key=lambda row: row.date or date.min)
    later = [row for row in rows if row.date and row.date >= day]
    before = [row for row in rows if row.date and row.date <= day]
    assert release_on_or_after(product, day) == (later[0] if later else None)
    baselines = [row for row in before if row.kind.is_baseline]
    assert current_baseline(product, day) == (baselines[-1] if baselines else None)
    coming = [row for row in rows if row.date and row.date > day and row.kind.is_baseline]
    assert next_baseline(product, day) == (coming[0] if coming else None)
    month = day + timedelta(days=62)
    assert list(releases_between(product, day, month)) == [row for row in rows if row.date and day < row.date <= month]


def test_a_baseline_in_force_is_told_apart_from_one_that_is_only_planned() -> None:
    summer = current_baseline("ws2022", date(2026, 9, 1))
    assert summer is not None
    assert (str(summer.month), summer.status) == ("2026-04", Status.RELEASED)
    doubtful = unsettled("ws2022", date(2026, 4, 14), date(2026, 9, 1))
    assert [(str(row.month), row.kind.value) for row in doubtful] == [
        ("2026-06", "unknown"),
        ("2026-07", "unknown"),
        ("2026-08", "hotpatch"),
    ]
    autumn = current_baseline("ws2022", date(2026, 11, 22))
    assert autumn is not None
    assert (str(autumn.month), autumn.status) == ("2026-10", Status.PLANNED)


def test_nothing_comes_after_the_end_of_hotpatches() -> None:
    assert release_on_or_after("ws2022", date(2027, 10, 13)) is None
    assert next_baseline("ws2022", date(2027, 10, 12)) is None
    assert current_baseline("ws2022", date(2024, 1, 8)) is None


def test_the_historic_rate_counts_months_planned_as_hotpatch_with_a_known_outcome() -> None:
    older, newer = historic_unplanned_rate("ws2022"), historic_unplanned_rate("ws2025-arc")
    assert (older.unplanned, older.planned_hotpatch_months) == (1, 19)
    assert (newer.unplanned, newer.planned_hotpatch_months) == (1, 14)
    assert newer.rate == pytest.approx(1 / 14)
    assert (str(older.first_month), str(older.last_month)) == ("2024-02", "2026-05")


@pytest.mark.parametrize("year", range(1990, 2060))
def test_patch_tuesday_is_the_second_tuesday(year: int) -> None:
    for month in range(1, 13):
        day = patch_tuesday(year, month)
        assert (day.year, day.month, day.weekday()) == (year, month, 1)
        assert 8 <= day.day <= 14


def test_questions_that_make_no_sense_are_refused() -> None:
    with pytest.raises(InvalidInput, match="expected ws2022, ws2025, ws2025-arc"):
        calendar("ws2019", Month(2026, 1), Month(2026, 2))
    with pytest.raises(InvalidInput, match="the first month comes after the last"):
        calendar("ws2022", Month(2026, 3), Month(2026, 2))
    with pytest.raises(InvalidInput, match="expected current or 2021-preview"):
        calendar("ws2022", Month(2026, 1), Month(2026, 2), era="2020")
    with pytest.raises(InvalidInput, match="had no ws2025; use ws2022"):
        calendar("ws2025", Month(2021, 1), Month(2021, 2), era="2021-preview")
    with pytest.raises(InvalidInput, match=r"month '2026-13': expected YYYY-MM"):
        Month.parse("2026-13")
    with pytest.raises(InvalidInput, match="a month from 1 to 12"):
        patch_tuesday(2026, 13)


# The preview of 2021.


def test_the_sample_year_of_the_preview_has_four_planned_and_two_unplanned_baselines() -> None:
    year = [kind for kind, _ in kinds("ws2022", "2021-01", "2021-12", era="2021-preview")]
    assert [year.count(kind) for kind in ("baseline", "unplanned_baseline", "hotpatch")] == [4, 2, 6]
    rows = calendar("ws2022", Month(2021, 1), Month(2021, 12), era="2021-preview")
    assert all("2021-02-22" in row.source for row in rows)
    assert all("illustration" in row.as_json()["source"] for row in rows if row.kind is Kind.UNPLANNED_BASELINE)  # type: ignore[operator]


def test_other_years_of_the_preview_have_only_what_was_planned() -> None:
    year = [kind for kind, _ in kinds("ws2022", "2022-01", "2022-12", era="2021-preview")]
    assert [year.count(kind) for kind in ("baseline", "unplanned_baseline", "hotpatch")] == [4, 0, 8]


# What a user adds.

TOMORROW = """{"version": 1, "releases": [
  {"product": "ws2025", "month": "2026-11", "kind": "unplanned_baseline", "kb": 5999999, "build": "26100.99999"},
  {"product": "ws2022", "month": "2026-06", "kind": "hotpatch", "kb": "kb5094000", "source": "release page, June"},
  {"product": "ws2022", "month": "2026-09", "kind": "oob_hotpatch", "date": "2026-09-20", "note": "agent fix"}
]}"""


def test_a_users_unplanned_baseline_replaces_the_planned_hotpatch() -> None:
    extra = load_releases(TOMORROW)
    row = one("ws2025", "2026-11", extra)
    assert (row.kind, row.status, row.kb, row.reboot) == (Kind.UNPLANNED_BASELINE, Status.RELEASED, "KB5999999", True)
    assert (row.date, row.planned_as) == (date(2026, 11, 10), Kind.HOTPATCH)
    assert one("ws2025-arc", "2026-11", extra).kb == "KB5999999"
    assert current_baseline("ws2025", date(2026, 11, 22), extra=extra) == row
    assert one("ws2025", "2026-12", extra) == one("ws2025", "2026-12")
    assert one("ws2025", "2026-11").kind is Kind.HOTPATCH


def test_a_users_row_settles_an_unknown_outcome_and_keeps_its_source() -> None:
    row = one("ws2022", "2026-06", load_releases(TOMORROW))
    assert (row.kind, row.kb, row.reboot, row.source) == (Kind.HOTPATCH, "KB5094000", False, "release page, June")


def test_a_users_out_of_band_hotpatch_stands_beside_the_months_row() -> None:
    september = Month(2026, 9)
    planned, added = calendar("ws2022", september, september, extra=load_releases(TOMORROW))
    assert planned == one("ws2022", "2026-09")
    assert (added.kind, added.date, added.reboot) == (Kind.OOB_HOTPATCH, date(2026, 9, 20), None)
    assert str(added.as_json()["source"]).endswith("; agent fix")


@pytest.mark.parametrize("day", [date(2026, 11, 12), datetime(2026, 11, 12, 18, tzinfo=UTC), "2026-11-12"])
def test_a_document_from_a_yaml_reader_may_hold_dates(day: object) -> None:
    row = {"product": "ws2025", "month": "2026-11", "kind": "hotpatch", "date": day}
    [release] = read_releases({"version": 1, "releases": [row]})
    assert type(release.date) is date
    assert release.date == date(2026, 11, 12)


def test_a_user_may_add_a_month_beyond_the_end_of_hotpatches() -> None:
    text = '{"version": 1, "releases": [{"product": "ws2022", "month": "2028-03", "kind": "hotpatch"}]}'
    found = release_on_or_after("ws2022", date(2027, 10, 13), extra=load_releases(text))
    assert found is not None
    assert found.date == date(2028, 3, 14)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("nope", "not JSON"),
        ("[]", "expected a mapping with 'version': 1"),
        ('{"version": 2, "releases": []}', "expected a mapping with 'version': 1"),
        ('{"version": 1}', "expected the keys 'version' and 'releases'"),
        ('{"version": 1, "releases": [], "more": 1}', "expected the keys 'version' and 'releases'"),
        ('{"version": 1, "releases": [{"month": "2026-11"}]}', "row 1: expected a mapping with at least"),
    ],
)
def test_an_extra_file_of_another_shape_is_refused(text: str, problem: str) -> None:
    with pytest.raises(InvalidInput, match=f"^extra releases.*{problem}"):
        load_releases(text)


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("product", "ws2019", "product 'ws2019': expected ws2022, ws2025, ws2025-arc"),
        ("month", "November", "month 'November': expected YYYY-MM"),
        ("kind", "lcu", "kind 'lcu': expected one of baseline, unplanned_baseline, hotpatch, oob_hotpatch, unknown"),
        ("kb", "5", "kb '5': expected e.g. 'KB5066835'"),
        ("date", "10.11.2026", "date '10.11.2026': expected YYYY-MM-DD"),
        ("reboot", "yes", "reboot 'yes': expected true or false"),
        ("status", "soon", "status 'soon': expected one of released, planned, unknown"),
        ("colour", "red", "'colour' is not a field"),
    ],
)
def test_a_wrong_field_of_an_extra_row_is_named_with_its_row(field: str, value: str, problem: str) -> None:
    good = {"product": "ws2025", "month": "2026-11", "kind": "hotpatch"}
    with pytest.raises(InvalidInput) as caught:
        load_releases(json.dumps({"version": 1, "releases": [{**good, "month": "2026-10"}, {**good, field: value}]}))
    assert str(caught.value).startswith(f"extra releases, row 2: {problem}")


def test_a_month_given_twice_is_refused() -> None:
    row = {"product": "ws2025", "month": "2026-11", "kind": "hotpatch"}
    with pytest.raises(InvalidInput, match="row 2: ws2025-arc 2026-11 is given twice"):
        load_releases(json.dumps({"version": 1, "releases": [row, {**row, "product": "ws2025-arc"}]}))


def test_the_published_schema_of_extra_releases_names_what_is_accepted() -> None:
    package = resources.files("pulumi_azure_hotpatch.engine")
    schema = json.loads(package.joinpath("extra_releases.schema.json").read_text("utf-8"))
    row = schema["properties"]["releases"]["items"]
    assert schema["properties"]["version"]["const"] == 1
    assert row["properties"]["product"]["enum"] == [product.value for product in Product]
    assert row["properties"]["kind"]["enum"] == [kind.value for kind in HOTPATCH_KINDS]
    assert row["properties"]["status"]["enum"] == [status.value for status in Status]
    everything = dict.fromkeys(row["properties"]) | {
        "product": "ws2022",
        "month": "2026-11",
        "status": "planned",
    }
    [read] = load_releases(json.dumps({"version": 1, "releases": [{**everything, "kind": "baseline"}]}))
    assert (read.status, read.reboot) == (Status.PLANNED, True)
