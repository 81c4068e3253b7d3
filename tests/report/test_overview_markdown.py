"""The report as Markdown, and as rows for programs."""

import re
from collections import Counter
from dataclasses import replace

from pulumi_azure_hotpatch.report.markdown import LARGEST
from pulumi_azure_hotpatch.report.overview_markdown import overview_markdown
from pulumi_azure_hotpatch.report.overview_rows import overview_rows
from tests.cli.conftest import validator
from tests.report.overviews import EVIL, example, fleet, full, hostile


def test_it_says_what_matters_first() -> None:
    lines = overview_markdown(full()).splitlines()
    assert lines[0] == "## The year ahead"
    assert lines[2].startswith("❌ **52 reboots instead of 83, 25 more not decided, about 2.1 more by unplanned")
    assert [line for line in lines if line.startswith("### ")] == [
        "### Months",
        "### Next windows",
        "### Machines",
        "### Findings",
        "### Rollout december",
    ]


def test_every_table_has_as_many_cells_in_each_line() -> None:
    for table in re.findall(r"(?:^\|.*\n)+", overview_markdown(hostile()), re.MULTILINE):
        cells = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
        assert len(cells) == 1, table


def test_nothing_from_outside_becomes_markup() -> None:
    text = overview_markdown(hostile())
    assert "<img" not in re.sub(r"\\<", "", text)
    assert EVIL not in text


def test_a_large_fleet_fits_into_a_comment() -> None:
    text = overview_markdown(fleet(10_000))
    assert len(text) < LARGEST
    assert "and 764 more" in text


def test_a_ring_shows_how_far_it_is() -> None:
    text = overview_markdown(full())
    assert "halted in ring december" in text
    assert "| december | 10 | 5 | 3 | 2 | at once | 1d |" in text


def test_rows_fit_their_schema_and_a_machine_leads_to_its_releases() -> None:
    rows = list(overview_rows(full()))
    validator("report").validate(rows)
    assert Counter(row["section"] for row in rows) == {
        "summary": 1,
        "month": 12,
        "window": 48,
        "group": 12,
        "machine": 13,
        "installation": 13,
        "finding": len(full().judged),
        "rollout": 1,
    }
    groups = {row["group"]: row for row in rows if row["section"] == "group"}
    machines = [row for row in rows if row["section"] == "machine"]
    assert Counter(row["group"] for row in machines) == {key: row["machines"] for key, row in groups.items()}
    web = next(row for row in machines if row["name"] == "vm-web-1")
    assert [release["release_kind"] for release in groups[web["group"]]["releases"]][:2] == ["hotpatch", "baseline"]
    assert web["assessment"]["critical_and_security"] == 2


def test_what_nobody_looked_at_is_null() -> None:
    rows = list(overview_rows(replace(example(), rollouts=())))
    validator("report").validate(rows)
    (web,) = (row for row in rows if row["section"] == "machine" and row["name"] == "vm-web-1")
    assert (web["track"], web["assessment"], web["installation"]) == (None, None, None)
