"""`azure-hotpatch calendar`: the published rows, the plan beyond them, a user's own, and what it looks like."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pulumi_azure_hotpatch.engine.calendar import calendar
from pulumi_azure_hotpatch.engine.releases import Channel, Month, Product, published_releases
from tests.cli.conftest import CHECKOUT, Ask

PUBLISHED = [
    line.split()
    for line in (CHECKOUT / "tests/engine/published_calendar.txt").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
]


@pytest.mark.parametrize("product", ["ws2022", "ws2025"])
def test_every_published_row_is_printed_as_json_and_in_the_table(ask: Ask, product: str) -> None:
    asked = ("calendar", "--product", product, "--from", "2024-01", "--to", "2026-12")
    rows = ask(*asked, "--json").rows("calendar")
    released = [row for row in rows if row["status"] == "released" and row["kind"] != "oob_hotpatch"]
    table = ask(*asked)
    published = [row for row in PUBLISHED if row[0] == product and row[1] <= "2026-12"]
    assert len(published) >= 20
    for _, month, kind, kb, build, day in published:
        (found,) = [row for row in released if row["month"] == month and row["kb"] == kb]
        assert (found["kind"], found["build"], found["date"]) == (kind, build, day)
        (line,) = [line for line in table.lines if line.startswith(month) and kb in line]
        assert line.split()[:2] == [month, day]
        assert kind.replace("_", " ") in line
    assert (table.code, table.err) == (0, "")


def test_standard_adds_every_row_of_the_ordinary_channel(ask: Ask) -> None:
    rows = ask("calendar", "--product", "ws2022", "--from", "2021-08", "--to", "2026-12", "--standard", "--json").rows(
        "calendar"
    )
    standard = [
        (str(row.month), row.kind.value, row.kb, row.build)
        for row in published_releases()
        if row.product is Product.WS2022 and row.channel is Channel.STANDARD
    ]
    assert len(standard) > 50
    printed = [(row["month"], row["kind"], row["kb"], row["build"]) for row in rows]
    assert [row for row in standard if row not in printed] == []
    without = ask("calendar", "--product", "ws2022", "--from", "2021-08", "--to", "2026-12", "--json").rows("calendar")
    assert {row["kind"] for row in without} <= {"baseline", "unplanned_baseline", "hotpatch", "oob_hotpatch", "unknown"}


def test_json_is_what_the_engine_says(ask: Ask) -> None:
    rows = ask("calendar", "--product", "WS2025-arc", "--from", "2026-05", "--to", "2027-05", "--json").rows("calendar")
    assert rows == [row.as_json() for row in calendar(Product.WS2025_ARC, Month(2026, 5), Month(2027, 5))]


def test_the_preview_of_2021_has_its_own_calendar(ask: Ask) -> None:
    asked = ("calendar", "--product", "ws2022", "--era", "2021-preview", "--from", "2021-01", "--to", "2021-12")
    kinds = [row["kind"] for row in ask(*asked, "--json").rows("calendar")]
    assert (kinds.count("baseline"), kinds.count("unplanned_baseline")) == (4, 2)
    assert "so far" not in ask(*asked).out


def test_without_months_a_year_is_shown_from_the_month_of_the_day_asked_for(ask: Ask) -> None:
    rows = ask("calendar", "--product", "ws2025", "--as-of", "2026-11-22", "--json").rows("calendar")
    assert (rows[0]["month"], rows[-1]["month"], len(rows)) == ("2026-11", "2027-10", 12)
    today = datetime.now(UTC).date().isoformat()
    now = ask("calendar", "--product", "ws2025", "--json")
    assert now.out == ask("calendar", "--product", "ws2025", "--as-of", today, "--json").out


@pytest.mark.parametrize("suffix", [".yaml", ".json"])
def test_releases_of_a_user_win_over_the_plan(ask: Ask, tmp_path: Path, suffix: str) -> None:
    own = tmp_path / f"releases{suffix}"
    if suffix == ".yaml":
        row = "{product: ws2025, month: 2026-11, kind: unplanned_baseline, kb: KB5099999, date: 2026-11-10}"
        own.write_text(f"version: 1\nreleases:\n- {row}\n")
    else:
        row = '{"product": "ws2025", "month": "2026-11", "kind": "unplanned_baseline", "kb": 5099999}'
        own.write_text(f'{{"version": 1, "releases": [{row}]}}')
    asked = ("calendar", "--product", "ws2025", "--from", "2026-11", "--to", "2026-11", "--releases", own)
    (found,) = ask(*asked, "--json").rows("calendar")
    assert (found["kind"], found["kb"], found["reboot"]) == ("unplanned_baseline", "KB5099999", True)
    assert "KB5099999" in ask(*asked).out


WIDE = """\
Windows Server 2025 Datacenter: Azure Edition, 2026-04 to 2026-08
Month    Date        Release                     KB         Build        Restart  Status    Source
──────────────────────────────────────────────────────────────────────────────────────────────────
2026-04  2026-04-14  baseline                    KB5082063  26100.32690  yes      released  [1]
2026-05  2026-05-12  hotpatch                    KB5087423  26100.32772  no       released  [1]
2026-06  2026-06-09  unplanned baseline          KB5094125  26100.32995  yes      released  [2]
2026-07  2026-07-14  unknown, planned: baseline  -          -            ?        unknown   [3]
2026-08  2026-08-11  hotpatch                    -          -            no       planned   [1]
"""

NARROW = """\
Windows Server 2025 Datacenter: Azure Edition, 2026-06 to
2026-07
Month    Release                KB         Restart  Status
────────────────────────────────────────────────────────────
2026-06  unplanned baseline     KB5094125  yes      released
2026-07  unknown, planned:      -          ?        unknown
         baseline
1 restart in 2 months, 1 month not known.
"""


def test_the_table_at_120_columns(ask: Ask) -> None:
    table = ask("calendar", "--product", "ws2025", "--from", "2026-04", "--to", "2026-08", columns=120)
    assert table.out.startswith(WIDE)
    assert table.lines[-1] == (
        "2 restarts in 5 months, 1 month not known; so far 1 of 14 planned hotpatch months became unplanned baselines."
    )
    assert max(map(len, table.lines)) <= 120


def test_the_table_at_60_columns_leaves_out_what_is_nice_to_have(ask: Ask) -> None:
    table = ask("calendar", "--product", "ws2025", "--from", "2026-06", "--to", "2026-07", columns=60)
    assert table.out == NARROW
