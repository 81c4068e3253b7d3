"""What Microsoft ships to Windows Server, as published (`releases.json`) and as a user adds to it.

Every row says where it comes from and how sure that is; an outcome that no source gives stays unknown. KB numbers do
not order releases, and a build number is shared by several releases (and by Windows 11), so neither is a key.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from importlib import resources
from typing import Any, Final, TypeVar

from pulumi_azure_hotpatch.errors import InvalidInput

EXTRA_VERSION: Final = 1
"""The `version` of an extra-releases file; its JSON Schema is `extra_releases.schema.json` beside this module."""

ChoiceT = TypeVar("ChoiceT", bound=StrEnum)

_MONTH: Final = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
_KB: Final = re.compile(r"(?:KB)?(\d{6,8})", re.IGNORECASE)
_FIELDS: Final = frozenset({"product", "month", "kind", "kb", "build", "date", "reboot", "status", "source", "note"})


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


def load_releases(text: str) -> tuple[Release, ...]:
    """The releases of a user's JSON file, e.g. an unplanned baseline this package does not know yet.

    `{"version": 1, "releases": [{"product": "ws2025", "month": "2026-11", "kind": "unplanned_baseline", "kb": …}]}`;
    `kb`, `build`, `date`, `reboot`, `status`, `source` and `note` may be left out. Raises InvalidInput naming the row.
    """
    try:
        document = json.loads(text)
    except ValueError as error:
        raise InvalidInput(f"extra releases: not JSON ({error}); expected {{'version': 1, 'releases': […]}}") from None
    return read_releases(document)


def read_releases(document: object) -> tuple[Release, ...]:
    """As `load_releases`, from a document already parsed (YAML, say); dates may be date values."""
    if not isinstance(document, Mapping) or document.get("version") != EXTRA_VERSION:
        raise InvalidInput(f"extra releases: expected a mapping with 'version': {EXTRA_VERSION} and a 'releases' list")
    rows = document.get("releases")
    if not isinstance(rows, list) or set(document) - {"version", "releases"}:
        raise InvalidInput("extra releases: expected the keys 'version' and 'releases', the latter a list")
    found = tuple(_extra(row, f"extra releases, row {number}") for number, row in enumerate(rows, start=1))
    seen: set[tuple[Product, Month, bool]] = set()
    for number, release in enumerate(found, start=1):
        key = (release.product.published_as, release.month, release.kind is Kind.OOB_HOTPATCH)
        if key in seen:
            raise InvalidInput(f"extra releases, row {number}: {release.product} {release.month} is given twice")
        seen.add(key)
    return found


def _data() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(resources.files(__package__).joinpath("releases.json").read_text("utf-8"))
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


def _extra(row: object, where: str) -> Release:
    if not isinstance(row, Mapping) or not {"product", "month", "kind"} <= set(row):
        raise InvalidInput(f"{where}: expected a mapping with at least 'product', 'month' and 'kind'")
    if unknown := sorted(str(name) for name in set(row) - _FIELDS):
        raise InvalidInput(f"{where}: {unknown[0]!r} is not a field; expected {', '.join(sorted(_FIELDS))}")
    try:
        kind = _choice(row["kind"], "kind", HOTPATCH_KINDS)
        status = _choice(row.get("status", "released"), "status", Status)
        return Release(
            product=parse_product(str(row["product"])),
            month=Month.parse(str(row["month"])),
            channel=Channel.HOTPATCH,
            kind=kind,
            status=Status.UNKNOWN if kind is Kind.UNKNOWN else status,
            source=str(row.get("source") or "extra releases given by the user"),
            confidence=Confidence.USER,
            date=_day(row.get("date")),
            kb=_kb(row.get("kb")),
            build=None if row.get("build") is None else str(row["build"]),
            reboot=_reboot(row.get("reboot"), kind),
            planned_as=Kind.HOTPATCH if kind is Kind.UNPLANNED_BASELINE else None,
            note=None if row.get("note") is None else str(row["note"]),
        )
    except InvalidInput as error:
        raise InvalidInput(f"{where}: {error}") from None


def _choice(value: object, field: str, allowed: Iterable[ChoiceT]) -> ChoiceT:
    by_text = {choice.value: choice for choice in allowed}
    if not isinstance(value, str) or value not in by_text:
        raise InvalidInput(f"{field} {value!r}: expected one of {', '.join(by_text)}")
    return by_text[value]


def _day(value: object) -> date | None:
    if value is None or isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise InvalidInput(f"date {value!r}: expected YYYY-MM-DD, e.g. '2026-11-10'") from None


def _kb(value: object) -> str | None:
    match = _KB.fullmatch(str(value))
    if value is not None and match is None:
        raise InvalidInput(f"kb {value!r}: expected e.g. 'KB5066835'")
    return None if match is None else f"KB{match[1]}"


def _reboot(value: object, kind: Kind) -> bool | None:
    if value is None:
        return True if kind.is_baseline else False if kind is Kind.HOTPATCH else None
    if not isinstance(value, bool):
        raise InvalidInput(f"reboot {value!r}: expected true or false, or leave it out")
    return value
