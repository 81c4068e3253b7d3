"""Every rule that is written in Kusto answers pass, fail, unknown or nothing on the engine's own cases."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import duckdb
import duckdb_kql
import pytest

from pulumi_azure_hotpatch.audit.azure_policy import definitions
from pulumi_azure_hotpatch.audit.columns import NOT_KNOWN, Column, Table
from pulumi_azure_hotpatch.audit.conditions import LETTERS, condition, is_expressible, verdict
from pulumi_azure_hotpatch.audit.queries import FUNCTIONS, OPERATORS, askable, single, sweeps, words_of
from pulumi_azure_hotpatch.audit.tables import TABLES
from pulumi_azure_hotpatch.engine.logic import UNKNOWN, All, Any_, AtLeast, Equals, Expression, In, Not, look_up
from pulumi_azure_hotpatch.engine.rules import RULES, Rule, expressible, judge
from pulumi_azure_hotpatch.engine.rules.expressible import KQL_FACTS
from tests.engine.rule_cases.form import Cases
from tests.engine.test_rules import CASES

ASKED = askable(RULES)
_LETTER = {"pass": LETTERS.passed, "fail": LETTERS.failed, "unknown": LETTERS.unknown}


def text(value: Any) -> str:
    if value is UNKNOWN:
        return NOT_KNOWN
    if value is None:
        return ""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def answers(rule: Rule, examples: list[object]) -> list[str]:
    """The rule's letter for facts that are already columns."""
    table = TABLES[rule.subject]
    asked = sorted((rule.applies_to.fields | rule.require.fields) - set(table.constants))
    names = [table.columns[fact].name for fact in asked]
    connection = duckdb.connect()
    connection.execute(f"CREATE TABLE facts (number BIGINT, {', '.join(f'{name} VARCHAR' for name in names)})")
    for number, facts in enumerate(examples):
        row = [number, *(text(look_up(facts, fact)) for fact in asked)]
        connection.execute(f"INSERT INTO facts VALUES ({', '.join('?' * len(row))})", row)
    query = f"facts | project number, letter = {verdict(rule, table, LETTERS)} | order by number asc"
    sql = duckdb_kql.to_sql(query, schema={"facts": ["number", *names]})
    found = connection.execute(str(sql), dict(sql.parameters) or None).fetchall()
    connection.close()
    return [letter for _, letter in found]


@pytest.mark.parametrize("rule", ASKED, ids=lambda rule: rule.id)
def test_a_rule_in_kusto_answers_its_cases_as_python_does(rule: Rule) -> None:
    cases: Cases = CASES[rule.id]
    examples = [getattr(cases, one.name) for one in fields(cases) if one.name not in ("says", "misses")]
    asked = rule.applies_to.fields | rule.require.fields
    constants = {name: value for name, value in TABLES[rule.subject].constants.items() if name in asked}
    # What a table holds no row of is not its case: servers outside Azure are no virtual machines.
    ours = [
        facts
        for facts in examples
        if facts is not None and all(look_up(facts, name) is value for name, value in constants.items())
    ]
    expected = [
        _LETTER[found[0].verdict] if (found := list(judge([rule], facts))) else LETTERS.silent for facts in ours
    ]
    assert answers(rule, ours) == expected
    assert {LETTERS.passed, LETTERS.failed} <= set(expected)


def test_a_rule_says_kql_exactly_when_it_compiles_and_azure_policy_exactly_when_it_is_exported() -> None:
    assert {rule.id for rule in RULES if "kql" in expressible(rule)} == {rule.id for rule in ASKED}
    assert {rule.id for rule in RULES if "azure_policy" in expressible(rule)} == {one.rule.id for one in definitions()}


def test_the_facts_that_queries_are_said_to_have_are_their_columns() -> None:
    assert {subject: set(facts) for subject, facts in KQL_FACTS.items()} == {
        subject: set(table.columns) | set(table.constants) for subject, table in TABLES.items()
    }


@pytest.mark.parametrize("query", sweeps(show_all=True), ids=lambda query: query.subject)
def test_a_query_keeps_to_what_resource_graph_and_the_translator_take(query: Any) -> None:
    used, called = words_of(query.text)
    assert used <= OPERATORS
    assert called <= FUNCTIONS
    assert query.text.count("| join ") <= 3
    assert query.text.rstrip().endswith("| order by id asc")
    assert len(query.text) < 20_000


@pytest.mark.parametrize("rule", ASKED, ids=lambda rule: rule.id)
def test_the_query_for_one_rule_is_named_ordered_and_within_the_limits(rule: Rule) -> None:
    text_of_it = single(rule)
    assert text_of_it.startswith(f"// {rule.id}: {rule.title} ({rule.severity})")
    assert text_of_it.count("| join ") <= 3
    used, called = words_of(text_of_it)
    assert used <= OPERATORS
    assert called <= FUNCTIONS


TABLE = Table("t", "facts\n", {"a": Column("a", "a"), "n": Column("n", "n", "number")}, {"c": True})


@pytest.mark.parametrize(
    ("expression", "true", "false"),
    [
        (Equals("a", "X'\\"), "a =~ 'X\\'\\\\'", "a !in~ ('X\\'\\\\', '<unknown>')"),
        (In("a", (None, True)), "a in~ ('', 'true')", "a !in~ ('', 'true', '<unknown>')"),
        (Not(Equals("a", None)), "a !in~ ('', '<unknown>')", "a =~ ''"),
        (AtLeast("n", 3), "tolong(n) >= 3", "n != '<unknown>' and (isnull(tolong(n)) or tolong(n) < 3)"),
        (All((Equals("c", True), Equals("a", "x"))), "a =~ 'x'", "a !in~ ('x', '<unknown>')"),
        (All((Equals("c", False), Equals("a", "x"))), "false", "true"),
        (Any_((Equals("c", True), Equals("a", "x"))), "true", "false"),
        (Any_((Equals("a", "x"), Equals("a", "y"))), "(a =~ 'x' or a =~ 'y')", None),
        (All(()), "true", "false"),
    ],
)
def test_an_expression_has_a_condition_for_true_and_one_for_false(
    expression: Expression, true: str, false: str | None
) -> None:
    found = condition(expression, TABLE)
    assert found.true == true
    assert false is None or found.false == false


def test_a_rule_about_a_fact_that_no_table_holds_is_python_only() -> None:
    rules = {rule.id: rule for rule in RULES}
    assert not is_expressible(rules["schedule-lead-time"], TABLES["schedule"])
    assert not is_expressible(rules["agent-version"], TABLES["machine"])
    with pytest.raises(TypeError, match="not an expression"):
        condition(Expression(), TABLE)
