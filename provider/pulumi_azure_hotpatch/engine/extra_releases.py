"""Releases a user adds from a file: tomorrow's unplanned baseline, without a new version of this package."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Final, TypeVar

from pulumi_azure_hotpatch.errors import InvalidInput

from .releases import HOTPATCH_KINDS, Channel, Confidence, Kind, Month, Product, Release, Status, parse_product

EXTRA_VERSION: Final = 1
"""The `version` of an extra-releases file; its JSON Schema is `extra_releases.schema.json` beside this module."""

ChoiceT = TypeVar("ChoiceT", bound=StrEnum)

_KB: Final = re.compile(r"(?:KB)?(\d{6,8})", re.IGNORECASE)
_FIELDS: Final = frozenset({"product", "month", "kind", "kb", "build", "date", "reboot", "status", "source", "note"})


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
    if isinstance(value, datetime):
        return value.date()
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
