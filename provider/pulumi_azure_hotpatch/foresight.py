"""What will happen, for programs: releases, windows and restarts to come.

Everything here depends on a day. Give `as_of` to a function whose answer a stack keeps, so that it does not change from
one run to the next; without it the answer is as of now. Answers are lists of plain dictionaries, which a stack can
export; their shapes are those of `azure-hotpatch … --json`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal, TypedDict, cast

from .engine import recurrence as recurrences
from .engine.body_lists import bodies_in
from .engine.calendar import calendar
from .engine.durations import parse_duration, parse_expiry, parse_start
from .engine.estate import Estate
from .engine.extra_releases import read_releases
from .engine.forecast import forecast as forecast_fleet
from .engine.instants import MOST_MONTHS, MOST_WINDOWS, check_count, check_year, instant_of
from .engine.releases import Month, Release
from .engine.window import windows
from .engine.zones import zone
from .host.program_errors import in_one_line
from .host.system_clock import SystemClock

AsOf = datetime | date | str | None
"""A day (its first instant in UTC), an instant with an offset, or the text of either; None is now."""


class ReleaseRow(TypedDict):
    """One month's release; `date`, `kb`, `build` and `reboot` are None where no source says."""

    month: str
    date: str | None
    kind: str
    kb: str | None
    build: str | None
    reboot: bool | None
    status: Literal["released", "planned", "unknown"]
    source: str


class WindowRow(TypedDict):
    """One window; times in RFC 3339 with the zone's offset, which has changed since the one before it or has not."""

    start: str
    end: str
    offset_changed: bool


class Period(TypedDict):
    """From the first to the last instant at which something may happen, in RFC 3339."""

    earliest: str
    latest: str


class ForecastRow(TypedDict):
    """What one month brings one machine; `window` is None where nothing known installs it."""

    machine: str
    release_month: str
    release_kind: str
    schedule: str | None
    window: Period | None
    reboot: Literal["yes", "no", "unknown"]
    why: str


@in_one_line("get_release_calendar")
def get_release_calendar(
    product: str,
    first_month: str | None = None,
    last_month: str | None = None,
    *,
    era: Literal["current", "2021-preview"] = "current",
    standard: bool = False,
    releases: Mapping[str, Any] | None = None,
    as_of: AsOf = None,
) -> list[ReleaseRow]:
    """One row per month and kind of release, both months included.

    :param product: `ws2022`, `ws2025` or `ws2025-arc`.
    :param first_month: `YYYY-MM`; by default the month of `as_of`.
    :param last_month: by default a year in all.
    :param era: whose rules: today's, or those of the 2021 preview.
    :param standard: also what machines without hotpatch get.
    :param releases: releases of your own, `{"version": 1, "releases": [{"product": …, "month": …, "kind": …}]}`; they
        win over the published ones.
    :param as_of: the day that decides on the default months; nothing else depends on it.

    Raises InvalidInput.
    """
    first = Month.parse(first_month) if first_month else Month.of(_instant(as_of).date())
    last = Month.parse(last_month) if last_month else first.plus(11)
    rows = calendar(product, first, last, era=era, extra=_extra(releases), standard=standard)
    return [cast(ReleaseRow, row.as_json()) for row in rows]


@in_one_line("next_windows")
def next_windows(
    recurrence: str | recurrences.Recurrence,
    *,
    start: str,
    duration: str,
    time_zone: str,
    expires: str | None = None,
    count: int = 10,
    as_of: AsOf = None,
) -> list[WindowRow]:
    """The next `count` windows of a maintenance schedule that are open, or yet to open, at `as_of`; fewer when it
    expires.

    :param recurrence: `recurEvery` text, or `daily()`, `weekly()`, `monthly()`, `patch_tuesday(4)`.
    :param start: local time `YYYY-MM-DD hh:mm`.
    :param duration: `hh:mm`, from 01:30 to 03:55.
    :param time_zone: a Windows or an IANA name.
    :param expires: local time `YYYY-MM-DD hh:mm`; never by default.

    Raises InvalidInput.
    """
    check_count(count, MOST_WINDOWS, "count")
    opens = parse_start(start)
    check_year(opens, "start")
    found = windows(
        recurrences.parse(recurrence) if isinstance(recurrence, str) else recurrence,
        opens,
        zone(time_zone),
        parse_duration(duration),
        after=_instant(as_of),
        count=count,
        expires=parse_expiry(expires),
    )
    return [cast(WindowRow, window.as_json()) for window in found]


@in_one_line("forecast")
def forecast(
    inventory: Sequence[Mapping[str, Any]] | Mapping[str, Any],
    *,
    months: int = 12,
    releases: Mapping[str, Any] | None = None,
    as_of: AsOf = None,
) -> list[ForecastRow]:
    """What the coming months bring every machine of an inventory: one row per machine and release.

    :param inventory: ARM bodies of machines, maintenance configurations and configuration assignments: a list,
        `{"value": […]}` or `{"data": […]}`, as `az … list`, Resource Graph and REST give them. Machines are joined with
        their schedules by their ids; dynamic scopes are not followed.
    :param months: how many, the one of `as_of` included while its Patch Tuesday is to come.
    :param releases: as for `get_release_calendar`.

    A hotpatched machine is taken to be on its track. Raises InvalidInput.
    """
    check_count(months, MOST_MONTHS, "months")
    instant = _instant(as_of)
    estate = Estate.from_bodies(bodies_in(inventory), as_of=instant)
    found = forecast_fleet(estate.members(), instant, months, extra=_extra(releases))
    return [cast(ForecastRow, row.as_json()) for row in found.rows()]


def _extra(releases: Mapping[str, Any] | None) -> tuple[Release, ...]:
    return () if releases is None else read_releases(releases)


def _instant(as_of: AsOf) -> datetime:
    return SystemClock().now() if as_of is None else instant_of(as_of)
