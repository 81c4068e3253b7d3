"""Explain pages, and the documentation generated from them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from generate_rules import FOLDER, pages, write
from pulumi_azure_hotpatch.engine.outcome import TRUTH_TABLE
from pulumi_azure_hotpatch.engine.pages import TOPICS, explain, rule_section, topic
from pulumi_azure_hotpatch.engine.rules import RULES, Rule
from pulumi_azure_hotpatch.engine.rules.not_decidable import NOT_DECIDABLE
from pulumi_azure_hotpatch.engine.track import TRANSITIONS
from pulumi_azure_hotpatch.errors import InvalidInput

every_topic = pytest.mark.parametrize("name", TOPICS)


def test_a_rules_page_says_everything_about_it() -> None:
    assert explain("schedule-duration") == (
        "# schedule-duration\n\n"
        "The window is between 1:30 and 3:55 long.\n\n"
        "* **Severity**: error\n"
        "* **About**: schedule, `duration`\n"
        "* **Requires**: `duration_problem` is not set\n"
        "* **Says**: {duration_problem}\n"
        "* **Fix**: choose a duration from 01:30 to 03:55.\n"
        "* **Source**: Microsoft Learn, Maintenance configurations, 2026-09-25\n"
        "* **Evaluated in**: previews, `check`, `review`; the policy pack where inputs decide it\n"
        "* **Sources disagree**: A duration of 04:00 appears in public code; the documentation caps it at 03:55. "
        "The switch `schedule-duration` softens it.\n"
    )


def test_a_rules_page_says_when_it_applies_and_of_what_time_it_is() -> None:
    page = explain("preview-2021-not-in-government")
    assert "* **Applies when**: `settings.enable_hotpatching` is true and `cloud` is set\n" in page
    assert "* **Era**: 2021-preview\n" in page
    evaluated = "previews, `check`, `review`, Resource Graph (`audit`), Azure Policy (`policy-export`); the policy pack"
    assert f"* **Evaluated in**: {evaluated} where inputs decide it\n" in explain("hotpatch-needs-platform-mode")
    assert "* **Evaluated in**: `check` and `review` on a whole stack, the policy pack\n" in explain(
        "windows-vm-is-patched"
    )
    everywhere = "* **Evaluated in**: previews, `check`, `review`; the policy pack where inputs decide it\n"
    assert everywhere in explain("rollout-empty-ring")
    assert everywhere in explain("install-kb-in-both-lists")
    assert "* **Evaluated in**: the policy pack\n" in explain("hotpatch-share")


@pytest.mark.parametrize("one", RULES, ids=lambda one: one.id)
def test_every_rule_is_explained_with_requirement_fix_and_source(one: Rule) -> None:
    section = rule_section(one)
    for heading in ("Severity", "About", "Requires", "Says", "Fix", "Source", "Evaluated in"):
        assert f"* **{heading}**: " in section


@every_topic
def test_a_topic_has_its_title_and_nothing_left_to_fill_in(name: str) -> None:
    page = explain(name.upper())
    assert page == topic(name)
    assert page.startswith(f"# {TOPICS[name]}\n")
    assert not re.search(r"\{[a-z-]+\}", page)


@every_topic
def test_a_topic_names_its_sources(name: str) -> None:
    page = topic(name)
    assert "\nSources: " in page or name in ("disagreements", "not-decidable")


@every_topic
def test_a_topic_names_only_rules_and_topics_that_exist(name: str) -> None:
    known = {one.id for one in RULES} | {one.switch for one in RULES} | set(TOPICS)
    kinds = {one.id.split("-")[0] for one in RULES}
    named = set(re.findall(r"`([a-z0-9]+(?:-[a-z0-9]+)+)`", topic(name)))
    assert {word for word in named if word.split("-")[0] in kinds} <= known


def test_the_outcome_page_shows_every_row_of_the_table() -> None:
    rows = [line for line in topic("outcome").splitlines() if re.match(r"\| (yes|no) ", line)]
    assert len(rows) == len(TRUTH_TABLE) == 8
    assert rows[0] == "| yes | yes | yes | the schedule runs |"
    assert rows[2] == "| yes | no | yes | nothing; the schedule ends with a prerequisite error |"


def test_the_track_page_shows_every_transition() -> None:
    page = topic("hotpatch-track")
    cells = [cell.strip() for line in page.splitlines() if line.startswith("|") for cell in line.split("|")[2:-1]]
    shown = [cell for cell in cells[10:] if cell != "-"]
    assert len(shown) == len(TRANSITIONS)


def test_the_page_of_disagreements_has_every_switch() -> None:
    page = topic("disagreements")
    assert {one.id for one in RULES if one.switch} == set(re.findall(r"^\| `([a-z0-9-]+)`", page, re.MULTILINE))


def test_what_cannot_be_decided_is_listed_with_reason_and_source() -> None:
    page = topic("not-decidable")
    for one in NOT_DECIDABLE:
        assert f"| {one.subject} | {one.says} | {one.because} | {one.source} |" in page


def test_a_page_that_does_not_exist_is_refused_with_the_nearest_names() -> None:
    with pytest.raises(
        InvalidInput, match=r"^There is no rule or topic 'hotpatch-need-agent'; near: hotpatch-needs-agent"
    ):
        explain("hotpatch-need-agent")
    with pytest.raises(
        InvalidInput, match=r"^There is no rule or topic 'zzz'\. `azure-hotpatch rules` lists the rules\.$"
    ):
        explain("zzz")
    with pytest.raises(InvalidInput, match=r"^There is no topic 'hotpatch-needs-agent'; there are outcome, "):
        topic("hotpatch-needs-agent")


def test_the_documentation_is_what_the_catalogue_would_write() -> None:
    committed = {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.md")}
    assert committed == dict(pages()), "run tools/generate_rules.py"


def test_every_rule_is_linked_from_the_index_to_its_section() -> None:
    written = pages()
    for one in RULES:
        (link,) = re.findall(rf"\[{one.id}\]\(([a-z-]+\.md)#{one.id}\)", written["README.md"])
        assert f"\n## {one.id}\n" in written[link]


def test_writing_the_documentation_removes_pages_that_are_gone(tmp_path: Path) -> None:
    (tmp_path / "old-topic.md").write_text("gone", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("kept", encoding="utf-8")
    write(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {*pages(), "notes.txt"}
