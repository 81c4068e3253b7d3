"""What comes out for Windows, month by month: the published rows as they are, and what follows them as announced.

The rows are the one thing shared with the package beside this one, and they are read as data. Where a row is missing,
not published yet or of unknown outcome, the simulator goes on by the announced rule (baselines in January, April, July
and October) with KB numbers of its own: ``KB9…`` with seven digits, which Microsoft does not use, and a name that says
so. Years without any row (Windows Server 2019 and older) are simulated wholly.
"""

from __future__ import annotations

import json
import uuid
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from dateutil.relativedelta import TU, relativedelta

from .chance import fraction
from .guest_patches import (
    ALWAYS_REBOOTS,
    CAN_REQUEST_REBOOT,
    DEFINITION,
    NEVER_REBOOTS,
    SECURITY,
    UPDATE_ROLLUP,
    UPDATES,
    Patch,
)

BASELINE_MONTHS = (1, 4, 7, 10)
PRODUCTS = ("ws2022", "ws2025", "ws2019", "ws2016", "ws2012", "windows")
TITLES = {
    "ws2025": "Windows Server 2025",
    "ws2022": "Windows Server 2022",
    "ws2019": "Windows Server 2019",
    "ws2016": "Windows Server 2016",
    "ws2012": "Windows Server 2012",
    "windows": "Windows",
}
FIRST_MONTH = (2021, 8)
DEFINITION_KB = "KB2267602"
_FIRST_MONDAY = datetime(2021, 8, 2, tzinfo=UTC)
_WEEK = timedelta(weeks=1)


def patch_tuesday(year: int, month: int) -> datetime:
    """Return midnight, UTC, of the second Tuesday of a month."""
    return datetime(year, month, 1, tzinfo=UTC) + relativedelta(weekday=TU(+2))


@cache
def published_rows() -> Mapping[tuple[str, str], list[dict[str, Any]]]:
    """Return the published rows by (product, ``YYYY-MM``). Source: each row names its own."""
    spec = find_spec("pulumi_azure_hotpatch")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("the published releases are part of the distribution 'pulumi-azure-hotpatch'")
    file = Path(spec.submodule_search_locations[0]) / "engine" / "releases.json"
    rows: defaultdict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in json.loads(file.read_text(encoding="utf-8"))["releases"]:
        rows[row["product"], row["month"]].append(row)
    return rows


class _Line:
    """Patches of one kind in the order in which they come out, each newer one holding all the older ones."""

    def __init__(self) -> None:
        self._instants: list[datetime] = []
        self._patches: list[Patch] = []

    def add(self, patch: Patch) -> None:
        at = bisect_right(self._instants, patch.published)
        self._instants.insert(at, patch.published)
        self._patches.insert(at, patch)

    def newest(self, instant: datetime) -> Patch | None:
        at = bisect_right(self._instants, instant)
        return self._patches[at - 1] if at else None

    def next_instant(self, instant: datetime) -> datetime | None:
        at = bisect_right(self._instants, instant)
        return self._instants[at] if at < len(self._instants) else None


class WindowsReleases:
    """The releases of one product as they would be seen at any instant; grows with the instants it is asked about."""

    def __init__(self, product: str, *, seed: int, release_time: timedelta, dotnet_share: float) -> None:
        self.product = product
        self._seed, self._release_time, self._dotnet_share = seed, release_time, dotnet_share
        self._next = FIRST_MONTH
        self._grown_to = datetime.min.replace(tzinfo=UTC)
        self._baselines, self._hotpatches, self._cumulative, self._oob, self._dotnet = (_Line() for _ in range(5))

    def baseline(self, instant: datetime) -> Patch | None:
        """Return the baseline hotpatches build on at ``instant``, ``None`` for a product without hotpatches."""
        return self._grown(instant)._baselines.newest(instant)

    def hotpatch(self, instant: datetime) -> Patch | None:
        """Return the newest hotpatch that is out."""
        return self._grown(instant)._hotpatches.newest(instant)

    def cumulative(self, instant: datetime) -> Patch | None:
        """Return the newest cumulative update of a Patch Tuesday."""
        return self._grown(instant)._cumulative.newest(instant)

    def out_of_band(self, instant: datetime) -> Patch | None:
        """Return the newest out-of-band update."""
        return self._grown(instant)._oob.newest(instant)

    def dotnet(self, instant: datetime) -> Patch | None:
        """Return the newest .NET update."""
        return self._grown(instant)._dotnet.newest(instant)

    def definition(self, instant: datetime) -> Patch | None:
        """Return the newest definitions of the virus scanner: weekly here, much more often in the real world."""
        weeks = (instant - _FIRST_MONDAY) // _WEEK
        return _definition(weeks) if weeks >= 0 else None

    def next_release(self, instant: datetime) -> datetime:
        """Return when something new comes out after ``instant``."""
        self._grown(instant)
        lines = (self._baselines, self._hotpatches, self._cumulative, self._oob, self._dotnet)
        coming = [each for line in lines if (each := line.next_instant(instant)) is not None]
        monday = _FIRST_MONDAY + ((instant - _FIRST_MONDAY) // _WEEK + 1) * _WEEK
        return min([monday, *coming])

    def _grown(self, instant: datetime) -> WindowsReleases:
        while self._grown_to <= instant:
            year, month = self._next
            self._add_month(year, month)
            self._next = (year + month // 12, month % 12 + 1)
            # Two months ahead, so that what comes next is always known.
            self._grown_to = datetime(year, month, 1, tzinfo=UTC) - timedelta(days=28)
        return self

    def _add_month(self, year: int, month: int) -> None:
        rows = published_rows().get((self.product, f"{year}-{month:02}"), [])
        tuesday = patch_tuesday(year, month) + self._release_time
        cumulative = self._cumulative_of(year, month, rows, tuesday)
        self._cumulative.add(cumulative)
        for row in rows:
            if row["kind"] == "oob" and row["date"]:
                title = self._title(year, month, "Out-of-band Cumulative Update")
                self._oob.add(
                    _update(f"{title} ({row['kb']})", UPDATES, self._instant(row), ALWAYS_REBOOTS, row["kb"], "oob")
                )
        if self.product in ("ws2022", "ws2025"):
            self._add_hotpatch_channel(year, month, rows, cumulative)
        self._add_dotnet(year, month, tuesday)

    def _cumulative_of(self, year: int, month: int, rows: list[dict[str, Any]], tuesday: datetime) -> Patch:
        row = next((each for each in rows if each["kind"] == "lcu" and each["kb"]), None)
        kb = row["kb"] if row else self._own_kb(year, month, 2)
        name = self._named(self._title(year, month, "Cumulative Update"), kb)
        return _update(
            name, SECURITY, self._instant(row) if row and row["date"] else tuesday, ALWAYS_REBOOTS, kb, "lcu"
        )

    def _add_hotpatch_channel(self, year: int, month: int, rows: list[dict[str, Any]], cumulative: Patch) -> None:
        channel = [row for row in rows if row["channel"] == "hotpatch"]
        if self.product == "ws2025" and (year, month) < (2024, 11):
            if (year, month) == (2024, 10):
                # Before its first hotpatch (2024-11) Windows Server 2025 stood on what it was released with.
                self._baselines.add(cumulative)
            return
        main: dict[str, Any] = next((row for row in channel if row["kind"] != "oob_hotpatch"), {})
        kind = main.get("planned_as") if main.get("kind") == "unknown" else main.get("kind")
        if kind is None:
            kind = "baseline" if month in BASELINE_MONTHS else "hotpatch"
        if kind == "hotpatch":
            kb = str(main.get("kb") or self._own_kb(year, month, 1))
            tuesday = patch_tuesday(year, month) + self._release_time
            name = self._named(self._title(year, month, "Hotpatch"), kb)
            published = self._instant(main) if main.get("date") else tuesday
            self._hotpatches.add(_update(name, SECURITY, published, NEVER_REBOOTS, kb, "hotpatch"))
        else:
            self._baselines.add(cumulative)
        for row in channel:
            if row["kind"] == "oob_hotpatch" and row["date"]:
                # Whether it restarts was not published.
                name = self._named(self._title(year, month, "Out-of-band Hotpatch"), row["kb"])
                published = self._instant(row)
                self._hotpatches.add(_update(name, SECURITY, published, CAN_REQUEST_REBOOT, row["kb"], "hotpatch"))

    def _add_dotnet(self, year: int, month: int, tuesday: datetime) -> None:
        if fraction(self._seed, "dotnet", self.product, year, month) < self._dotnet_share:
            kb = self._own_kb(year, month, 3)
            name = self._named(f"{year}-{month:02} Cumulative Update for .NET Framework", kb)
            kind = SECURITY if fraction(self._seed, "dotnet-security", year, month) < 0.5 else UPDATE_ROLLUP
            self._dotnet.add(_update(name, kind, tuesday, CAN_REQUEST_REBOOT, kb, "dotnet"))

    def _title(self, year: int, month: int, what: str) -> str:
        return f"{year}-{month:02} {what} for {TITLES[self.product]}"

    def _named(self, title: str, kb: str) -> str:
        return f"{title} ({kb}, simulated)" if kb.startswith("KB9") else f"{title} ({kb})"

    def _own_kb(self, year: int, month: int, kind: int) -> str:
        return f"KB9{year % 100:02}{month:02}{PRODUCTS.index(self.product)}{kind}"

    def _instant(self, row: Mapping[str, Any]) -> datetime:
        return datetime.fromisoformat(row["date"]).replace(tzinfo=UTC) + self._release_time


def _update(name: str, classification: str, published: datetime, reboot: str, kb: str, role: str) -> Patch:
    """Return an update under the one id of its name: Windows Update names updates by GUIDs."""
    update_id = str(uuid.uuid5(uuid.NAMESPACE_URL, name))
    return Patch(update_id, name, (classification,), published, reboot, kb=kb, role=role)


@cache
def _definition(week: int) -> Patch:
    name = f"Security Intelligence Update for Microsoft Defender Antivirus - {DEFINITION_KB} (week {week}, simulated)"
    return _update(name, DEFINITION, _FIRST_MONDAY + week * _WEEK, NEVER_REBOOTS, DEFINITION_KB, "definition")
