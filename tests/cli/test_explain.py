"""`azure-hotpatch explain` and `rules`: the catalogue, to read and to parse."""

from pathlib import Path

import pytest

from pulumi_azure_hotpatch.engine.pages import TOPICS
from pulumi_azure_hotpatch.engine.rules import RULES
from tests.cli.conftest import Ask
from tests.cli.test_program import ESCAPE, on_a_terminal


@pytest.mark.parametrize("era", ["current", "2021-preview"])
def test_rules_lists_the_catalogue_of_an_era(ask: Ask, era: str) -> None:
    rows = ask("rules", "--era", era, "--json").rows("rules")
    assert [row["id"] for row in rows] == [rule.id for rule in RULES if rule.era == era]
    assert all("python" in row["expressible"] for row in rows)


@pytest.mark.parametrize("columns", [60, 120])
def test_the_table_of_rules_names_every_rule_and_fits_the_terminal(ask: Ask, columns: int) -> None:
    answer = ask("rules", columns=columns)
    current = [rule for rule in RULES if rule.era == "current"]
    assert [rule.id for rule in current if rule.id not in answer.out] == []
    assert max(map(len, answer.lines)) <= columns
    assert answer.lines[-1].startswith(f"{len(current)} rules.")


@pytest.mark.parametrize("name", [*TOPICS, *(rule.id for rule in RULES)])
def test_every_rule_and_topic_has_a_page(ask: Ask, name: str) -> None:
    page = ask("explain", name)
    assert page.code == 0
    assert page.out.startswith("# ")
    (row,) = ask("explain", name.upper(), "--json").rows("explain")
    assert (row["name"], row["text"].rstrip("\n")) == (name, page.out.rstrip("\n"))


def test_a_page_says_what_why_how_to_mend_it_and_who_says_so(ask: Ask) -> None:
    page = ask("explain", "hotpatch-forbids-bypass").out
    for label in ("Severity", "Requires", "Says", "Fix", "Source", "Sources disagree"):
        assert f"* **{label}**: " in page


def test_without_a_name_the_topics_are_listed(ask: Ask) -> None:
    answer = ask("explain")
    assert [name for name in TOPICS if not any(line.startswith(f"{name} ") for line in answer.lines)] == []
    assert [row["name"] for row in ask("explain", "--json").rows("explain")] == list(TOPICS)


def test_a_misspelt_name_gets_the_nearest_ones(ask: Ask) -> None:
    answer = ask("explain", "hotpatch-forbids-bipass")
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith(
        "azure-hotpatch: There is no rule or topic 'hotpatch-forbids-bipass'; near: hotpatch-forbids-bypass, "
    )


def test_a_page_is_rendered_on_a_terminal_and_stays_markdown_elsewhere(ask: Ask) -> None:
    rendered = on_a_terminal("explain", "outcome")
    assert ESCAPE in rendered
    assert "**" not in rendered
    assert "|---|" in ask("explain", "outcome").out


def test_the_documentation_s_pages_are_those_that_explain_prints(ask: Ask) -> None:
    written = Path(__file__).parents[2] / "docs" / "rules" / "outcome.md"
    assert ask("explain", "outcome").out == written.read_text("utf-8")
