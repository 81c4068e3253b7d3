"""What Microsoft ships to Windows Server, as published (`releases.json`).

Every row says where it comes from and how sure that is; an outcome that no source gives stays unknown. KB numbers do
not order releases, and a build number is shared by several releases (and by Windows 11), so neither is a key.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from importlib import resources
from typing import Any, Final

from pulumi_azure_hotpatch.errors import InvalidInput

_MONTH: Final = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


class Product(StrEnum):
    """A product with hotpatches. Arc-enabled Standard and Datacenter servers follow Windows Server 2025's calendar."""

    WS2022 = "ws2022"
    WS2025 = "ws2025"
    WS2025_ARC = "ws2025-arc"

    @property
    def published_as(self) -> Product:
        """The product under which its releases are published."""
        return Product.WS2025 if self is Product.WS2025_ARC else self


class Kind(StrEnum):
    """What a month brings; the last four are of the ordinary channel."""

    BASELINE = "baseline"
    UNPLANNED_BASELINE = "unplanned_baseline"
    HOTPATCH = "hotpatch"
    OOB_HOTPATCH = "oob_hotpatch"
    UNKNOWN = "unknown"
    LCU = "lcu"
    OOB = "oob"
    PREVIEW = "preview"
    RTM = "rtm"

    @property
    def is_baseline(self) -> bool:
        """Planned or not, it needs a restart and new hotpatches build on it."""
        return self in (Kind.BASELINE, Kind.UNPLANNED_BASELINE)


HOTPATCH_KINDS: Final = (Kind.BASELINE, Kind.UNPLANNED_BASELINE, Kind.HOTPATCH, Kind.OOB_HOTPATCH, Kind.UNKNOWN)


class Status(StrEnum):
    """Whether a release is out, which the data says and never today's date."""

    RELEASED = "released"
    PLANNED = "planned"
    UNKNOWN = "unknown"


class Channel(StrEnum):
    """`HOTPATCH` for machines enrolled in hotpatching, `STANDARD` for all others."""

    HOTPATCH = "hotpatch"
    STANDARD = "standard"


class Confidence(StrEnum):
    """How sure a row is: as its source was read, projected by the rule, or given by a user."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    PROJECTED = "projected"
    USER = "user"


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A calendar month; ordered, written `YYYY-MM`."""

    year: int
    month: int

    @staticmethod
    def parse(text: str) -> Month:
        """`"2026-01"`; raises InvalidInput for another form."""
        match = _MONTH.fullmatch(text)
        if match is None or match[1] == "0000":
            raise InvalidInput(f"month {text!r}: expected YYYY-MM, e.g. '2026-01'")
        return Month(int(match[1]), int(match[2]))

    @staticmethod
    def of(day: date) -> Month:
        """The month a day is in."""
        return Month(day.year, day.month)

    def plus(self, months: int) -> Month:
        """That many months later (earlier, when negative)."""
        years, index = divmod(self.year * 12 + self.month - 1 + months, 12)
        return Month(years, index + 1)

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}"


@dataclass(frozen=True, slots=True)
class Release:
    """One row of a calendar: shipped, announced, projected, or not known.

    `reboot` is None where the source does not say; `planned_as` is what had been announced where that differs or where
    the outcome is not known; `note` says in words what a reader must know.
    """

    product: Product
    month: Month
    channel: Channel
    kind: Kind
    status: Status
    source: str
    confidence: Confidence
    date: date | None = None
    kb: str | None = None
    build: str | None = None
    reboot: bool | None = None
    planned_as: Kind | None = None
    note: str | None = None

    def as_json(self) -> dict[str, str | bool | None]:
        """`{month, date, kind, kb, build, reboot, status, source}`; the source of a row with a note carries it."""
        return {
            "month": str(self.month),
            "date": None if self.date is None else self.date.isoformat(),
            "kind": self.kind.value,
            "kb": self.kb,
            "build": self.build,
            "reboot": self.reboot,
            "status": self.status.value,
            "source": f"{self.source}; {self.note}" if self.note else self.source,
        }


@dataclass(frozen=True, slots=True)
class Support:
    """From when until when a product gets hotpatches, by month, and who says so; `inferred` marks an end not stated."""

    title: str
    first_month: Month
    last_month: Month
    source: str
    note: str
    inferred: bool


def parse_product(text: str) -> Product:
    """`ws2022`, `ws2025` or `ws2025-arc`, without case; raises InvalidInput for anything else."""
    try:
        return Product(text.strip().casefold())
    except ValueError:
        raise InvalidInput(f"product {text!r}: expected {', '.join(Product)}, e.g. 'ws2025'") from None


@lru_cache(maxsize=1)
def published_releases() -> tuple[Release, ...]:
    """Every row of `releases.json`, by product, channel, month and day."""
    data = _data()
    return tuple(_published(row, data["sources"]) for row in data["releases"])


@lru_cache(maxsize=8)
def support(product: Product) -> Support:
    """How long that product gets hotpatches."""
    products = _data()["products"]
    row = products[product.published_as]
    return Support(
        title=products[product]["title"],
        first_month=Month.parse(row["offered_from"]),
        last_month=Month.parse(row["supported_through"]),
        source=row["support_source"],
        note=row["support_note"],
        inferred=row["support_inferred"],
    )


def _data() -> dict[str, Any]:
    text = resources.files("pulumi_azure_hotpatch.engine").joinpath("releases.json").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def _published(row: dict[str, Any], sources: dict[str, str]) -> Release:
    return Release(
        product=Product(row["product"]),
        month=Month.parse(row["month"]),
        channel=Channel(row["channel"]),
        kind=Kind(row["kind"]),
        status=Status(row["status"]),
        source=sources[row["source"]],
        confidence=Confidence(row["confidence"]),
        date=None if row["date"] is None else date.fromisoformat(row["date"]),
        kb=row["kb"],
        build=row["build"],
        reboot=row["reboot"],
        planned_as=Kind(row["planned_as"]) if "planned_as" in row else None,
        note=row.get("note"),
    )
