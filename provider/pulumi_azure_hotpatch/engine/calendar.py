"""Which release each month brings: published, announced, projected by the rule, or not known.

The rule: releases come on Patch Tuesday, the second Tuesday; a baseline (with a restart) in January, April, July and
October, hotpatches (without) in the two months after each; an unplanned baseline may replace any month's hotpatch.
Source: Microsoft Learn, Windows Server release information, 2026-05-12. Nothing here depends on today: a month is
released because the data says so, and a month whose outcome was never read stays unknown however long ago it was.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Final, TypeAlias

from pulumi_azure_hotpatch.errors import InvalidInput

from .releases import (
    Channel,
    Confidence,
    Kind,
    Month,
    Product,
    Release,
    Status,
    parse_product,
    published_releases,
    support,
)

CalendarRow: TypeAlias = Release
"""A row of a calendar is a release, though perhaps one that is only planned or not known."""

BASELINE_MONTHS: Final = (1, 4, 7, 10)
SAMPLE_YEAR: Final = 2021
SAMPLE_UNPLANNED_MONTHS: Final = (6, 11)
"""Where the sample year puts its two unplanned baselines. The document draws two and its text names no months: these
are ours, for illustration."""

_RULE_SOURCE: Final = "planned cadence of Microsoft Learn, Windows Server release information, 2026-05-12"
_PREVIEW_SOURCE: Final = "Microsoft Docs, Hotpatch for Windows Server Azure Edition (preview), 2021-02-22"


class Era(StrEnum):
    """Whose rules make the calendar."""

    CURRENT = "current"
    PREVIEW_2021 = "2021-preview"


@dataclass(frozen=True, slots=True)
class UnplannedRate:
    """How often a month planned as hotpatch became an unplanned baseline, over the months whose outcome is known."""

    product: Product
    unplanned: int
    planned_hotpatch_months: int
    first_month: Month
    last_month: Month

    @property
    def rate(self) -> float:
        """Unplanned baselines per month planned as hotpatch."""
        return self.unplanned / self.planned_hotpatch_months


@lru_cache(maxsize=4096)
def patch_tuesday(year: int, month: int) -> date:
    """The second Tuesday of a month; raises InvalidInput for a month that does not exist."""
    try:
        first = date(year, month, 1)
    except ValueError:
        raise InvalidInput(f"month {year}-{month}: expected a year from 1 and a month from 1 to 12") from None
    return first.replace(day=8 + (1 - first.weekday()) % 7)


def parse_era(text: str) -> Era:
    """`current` or `2021-preview`; raises InvalidInput for anything else."""
    try:
        return Era(text.strip().casefold())
    except ValueError:
        raise InvalidInput(f"era {text!r}: expected {' or '.join(Era)}") from None


def calendar(
    product: Product | str,
    first_month: Month,
    last_month: Month,
    *,
    era: Era | str = Era.CURRENT,
    extra: Iterable[Release] = (),
    standard: bool = False,
) -> list[CalendarRow]:
    """One row per month, both ends included, plus out-of-band hotpatches; with `standard` also the ordinary channel's.

    `extra` (from `extra_releases.py`) wins over published rows of its product and month. Planned and unknown rows carry
    Patch Tuesday as their date; months in which the product has no hotpatches carry none and say why. Raises
    InvalidInput for a range that ends before it begins and for a product the era did not have.
    """
    product, era = parse_product(product), parse_era(era)
    if last_month < first_month:
        raise InvalidInput(f"calendar from {first_month} to {last_month}: the first month comes after the last")
    months = [first_month.plus(ahead) for ahead in range(_distance(first_month, last_month) + 1)]
    if era is Era.PREVIEW_2021:
        if product is not Product.WS2022:
            raise InvalidInput(
                f"era {era}: the preview had no {product}; use ws2022, the Azure Edition that came of it"
            )
        return [_preview_row(month) for month in months]
    table = _table(product, tuple(extra))
    rows: list[CalendarRow] = []
    for month in months:
        rows += table.get(month) or (_projected(product, month),)
        if standard:
            rows += _standard(product.published_as).get(month, ())
    return rows


def release_on_or_after(product: Product | str, day: date, *, extra: Iterable[Release] = ()) -> CalendarRow | None:
    """The first row (released, planned or unknown) dated on or after that day; None when hotpatches have ended."""
    days, rows = _dated(parse_product(product), tuple(extra))
    index = bisect_left(days, day)
    return rows[index] if index < len(rows) else None


def current_baseline(product: Product | str, as_of: date, *, extra: Iterable[Release] = ()) -> CalendarRow | None:
    """The latest baseline dated on or before that day; its `status` tells whether it is known to have been released.

    Rows after it that may have been baselines too are `unsettled` ones. None before the first baseline known.
    """
    days, rows = _dated(parse_product(product), tuple(extra))
    return next((row for row in reversed(rows[: bisect_right(days, as_of)]) if row.kind.is_baseline), None)


def next_baseline(product: Product | str, as_of: date, *, extra: Iterable[Release] = ()) -> CalendarRow | None:
    """The first baseline dated after that day, planned or released; None when hotpatches end before one."""
    days, rows = _dated(parse_product(product), tuple(extra))
    return next((row for row in rows[bisect_right(days, as_of) :] if row.kind.is_baseline), None)


def releases_between(
    product: Product | str, after: date, until: date, *, extra: Iterable[Release] = ()
) -> tuple[CalendarRow, ...]:
    """The rows dated after `after` and on or before `until`, in order."""
    days, rows = _dated(parse_product(product), tuple(extra))
    return rows[bisect_right(days, after) : bisect_right(days, until)]


def unsettled(
    product: Product | str, after: date, until: date, *, extra: Iterable[Release] = ()
) -> tuple[CalendarRow, ...]:
    """The rows of `releases_between` that no source shows as released: unknown outcomes, and plans past their date."""
    found = releases_between(product, after, until, extra=extra)
    return tuple(row for row in found if row.status is not Status.RELEASED)


def historic_unplanned_rate(product: Product | str) -> UnplannedRate:
    """Over the published months planned as hotpatch whose outcome is known; finds outside that table do not count."""
    product = parse_product(product)
    planned = [
        row
        for row in published_releases()
        if row.product is product.published_as
        and row.channel is Channel.HOTPATCH
        and row.status is Status.RELEASED
        and row.confidence is Confidence.HIGH
        and row.kind in (Kind.HOTPATCH, Kind.UNPLANNED_BASELINE)
    ]
    unplanned = sum(row.kind is Kind.UNPLANNED_BASELINE for row in planned)
    return UnplannedRate(product, unplanned, len(planned), planned[0].month, planned[-1].month)


def planned_kind(month: Month) -> Kind:
    """What the cadence plans for a month."""
    return Kind.BASELINE if month.month in BASELINE_MONTHS else Kind.HOTPATCH


def _distance(first: Month, last: Month) -> int:
    return (last.year - first.year) * 12 + last.month - first.month


@lru_cache(maxsize=64)
def _table(product: Product, extra: tuple[Release, ...]) -> dict[Month, tuple[Release, ...]]:
    """The published rows of the hotpatch channel and the user's, by month, dated, the month's main row first."""
    main: dict[Month, Release] = {}
    out_of_band: dict[Month, Release] = {}
    published = [row for row in published_releases() if row.channel is Channel.HOTPATCH]
    for row in (*published, *extra):
        if row.product.published_as is product.published_as:
            dated = replace(row, product=product, date=row.date or patch_tuesday(row.month.year, row.month.month))
            if row.kind is Kind.OOB_HOTPATCH:
                out_of_band[row.month] = replace(dated, date=row.date)
            else:
                main[row.month] = dated
    for month in out_of_band:
        main.setdefault(month, _projected(product, month))
    return {month: (row, out_of_band[month]) if month in out_of_band else (row,) for month, row in sorted(main.items())}


@lru_cache(maxsize=8)
def _standard(product: Product) -> dict[Month, tuple[Release, ...]]:
    rows = [row for row in published_releases() if row.product is product and row.channel is Channel.STANDARD]
    return {month: tuple(row for row in rows if row.month == month) for month in {row.month for row in rows}}


@lru_cache(maxsize=64)
def _dated(product: Product, extra: tuple[Release, ...]) -> tuple[tuple[date, ...], tuple[Release, ...]]:
    """Every dated row of a product's whole life with its days, in order, for searching by day."""
    first = min(support(product).first_month, *_table(product, extra))
    last = max(support(product).last_month, *_table(product, extra))
    rows = calendar(product, first, last, extra=extra)
    dated = sorted((row.date, number, row) for number, row in enumerate(rows) if row.date is not None)
    return tuple(day for day, _, _ in dated), tuple(row for _, _, row in dated)


@lru_cache(maxsize=4096)
def _projected(product: Product, month: Month) -> Release:
    """A month that no row speaks of: planned by the rule within the product's life, else unknown with the reason."""
    life = support(product)
    planned = planned_kind(month)
    read_until = max(row.month for row in published_releases() if row.product is product.published_as)
    if life.first_month <= month <= life.last_month and month > read_until:
        return Release(
            product=product,
            month=month,
            channel=Channel.HOTPATCH,
            kind=planned,
            status=Status.PLANNED,
            source=_RULE_SOURCE,
            confidence=Confidence.PROJECTED,
            date=patch_tuesday(month.year, month.month),
            reboot=planned is Kind.BASELINE,
        )
    within, source, note = True, "no source read names this month's release", None
    if month < life.first_month:
        within, source = False, f"{life.title} has hotpatches from {life.first_month}"
    elif month > life.last_month:
        within, source, note = (
            False,
            f"{life.title} has hotpatches through {life.last_month} ({life.source})",
            life.note,
        )
    return Release(
        product=product,
        month=month,
        channel=Channel.HOTPATCH,
        kind=Kind.UNKNOWN,
        status=Status.UNKNOWN,
        source=source,
        confidence=Confidence.LOW,
        date=patch_tuesday(month.year, month.month) if within else None,
        planned_as=planned if within else None,
        note=note,
    )


def _preview_row(month: Month) -> Release:
    planned, note = planned_kind(month), None
    kind, status = planned, Status.PLANNED
    if month.year == SAMPLE_YEAR and month.month in SAMPLE_UNPLANNED_MONTHS:
        kind, status = Kind.UNPLANNED_BASELINE, Status.UNKNOWN
        note = "one of the sample year's two unplanned baselines; which months is illustration"
    return Release(
        product=Product.WS2022,
        month=month,
        channel=Channel.HOTPATCH,
        kind=kind,
        status=status,
        source=f"{_PREVIEW_SOURCE}: a baseline every three months, from January by assumption",
        confidence=Confidence.PROJECTED,
        date=patch_tuesday(month.year, month.month),
        reboot=kind.is_baseline,
        planned_as=planned if kind is not planned else None,
        note=note,
    )
