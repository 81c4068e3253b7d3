"""The report as a page: what holds of its text, before any browser opens it."""

import base64
import hashlib
import json
import re
from itertools import pairwise

import pytest

from pulumi_azure_hotpatch.report.overview import Overview
from pulumi_azure_hotpatch.report.page import page
from tests.report.overviews import EVIL, Page, example, fleet, full, hostile


def made(overview: Overview) -> str:
    return page(overview, version="0.1.0")


@pytest.fixture(scope="module")
def text() -> str:
    return made(full())


@pytest.fixture(scope="module")
def parsed(text: str) -> Page:
    return Page(text)


def test_it_says_its_language_its_title_and_its_encoding(parsed: Page) -> None:
    assert parsed.elements[0] == ("html", {"lang": "en"})
    assert {"charset": "utf-8"} in parsed.all("meta")
    assert parsed.text("title") == ["The year ahead"]


def test_nothing_is_loaded(parsed: Page) -> None:
    assert not parsed.all("link", "img", "iframe", "object", "embed", "base", "video", "audio")
    for tag, attributes in parsed.elements:
        assert not {"src", "srcset", "data", "action", "background"} & attributes.keys(), tag
        assert attributes.get("href", "#").startswith("#"), attributes
    (style,) = parsed.text("style")
    assert "url(" not in style
    assert "@import" not in style


def test_its_policy_forbids_everything_but_its_own_scripts(parsed: Page) -> None:
    (policy,) = (meta["content"] for meta in parsed.all("meta") if "http-equiv" in meta)
    assert policy.startswith("default-src 'none'; ")
    scripts = [script for script in parsed.text("script") if not script.startswith("{")]
    hashes = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    assert policy.endswith("script-src " + " ".join(f"'sha256-{one}'" for one in hashes))
    assert len(hashes) == 2


def test_headings_leave_no_level_out(parsed: Page) -> None:
    levels = [int(tag[1]) for tag, _ in parsed.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_every_table_has_a_caption_and_every_header_a_scope(parsed: Page) -> None:
    tags = [tag for tag, _ in parsed.elements]
    tables = [at for at, tag in enumerate(tags) if tag == "table"]
    assert len(tables) > 8
    assert all(tags[at + 1] == "caption" for at in tables)
    assert all(header.get("scope") in ("row", "col") for header in parsed.all("th"))


def test_every_reference_within_the_page_is_kept(parsed: Page) -> None:
    ids = [attributes["id"] for _, attributes in parsed.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for _, attributes in parsed.elements:
        for name in ("aria-labelledby", "aria-controls", "for"):
            assert attributes.get(name, ids[0]) in ids
        if "href" in attributes:
            assert attributes["href"].removeprefix("#") in ids


def test_every_field_has_a_label_and_every_chart_a_name(parsed: Page) -> None:
    labelled = {label["for"] for label in parsed.all("label")}
    assert all(field["id"] in labelled for field in parsed.all("input", "select"))
    charts = parsed.all("svg")
    assert len(charts) == 3
    assert all(chart["role"] == "img" and chart["aria-label"] for chart in charts)


def test_what_a_colour_says_is_said_in_words_too(parsed: Page) -> None:
    cells = [attributes for tag, attributes in parsed.elements if attributes.get("class", "").startswith("cell ")]
    words = [attributes for _, attributes in parsed.elements if attributes.get("class") == "unseen"]
    assert len(cells) == len(words) > 50


def test_nothing_from_outside_becomes_more_than_text() -> None:
    plain, evil = Page(made(full())), Page(made(hostile()))
    assert not evil.all("img", "b")
    assert len(evil.all("script")) == len(plain.all("script"))
    # Read back, it is what it was.
    assert EVIL in evil.text("title")
    assert EVIL in evil.text("li")
    data = json.loads(next(text for text in evil.text("script") if text.startswith("{")))
    assert data["machines"][0][0] == EVIL.replace("/", "")
    assert EVIL in data["whys"]


def test_the_same_fleet_on_the_same_day_is_the_same_page(text: str) -> None:
    assert made(full()) == text
    assert "2026-11-23T00:00+00:00" in text


def test_without_anything_known_of_the_past_it_says_how_to_know() -> None:
    found = Page(made(example()))
    assert any("Nobody looked at the machines" in text for text in found.text("p"))
    assert not [table for table in found.all("table") if table.get("id") in ("status", "history")]
    assert "rollouts-part" not in {attributes.get("id") for _, attributes in found.elements}


def test_ten_thousand_machines_are_a_megabyte() -> None:
    small, large = len(made(fleet(100))), len(made(fleet(10_000)))
    assert large < 1_500_000
    assert (large - small) / 9_900 < 100, "bytes a machine"


def test_a_fleet_without_machines_has_a_page() -> None:
    found = Page(made(fleet(0)))
    assert any("No window is known" in text for text in found.text("p"))
