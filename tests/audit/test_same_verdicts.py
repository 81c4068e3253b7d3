"""Python, Kusto and Azure Policy reach the same verdict, in the same words, on the same bodies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from pulumi_azure_hotpatch.audit.answers import judgements
from pulumi_azure_hotpatch.audit.azure_policy import definitions
from pulumi_azure_hotpatch.audit.local import Export
from pulumi_azure_hotpatch.audit.queries import askable, sweeps
from pulumi_azure_hotpatch.engine.estate import Estate
from pulumi_azure_hotpatch.engine.judgement import Judgement, cases, judge_cases
from pulumi_azure_hotpatch.engine.rules import RULES
from tests.audit.fleets import inventory, small_fleets, virtual_machine
from tests.audit.policy_evaluator import is_matched

AS_OF = datetime(2026, 11, 23, tzinfo=UTC)
ASKED = frozenset(rule.id for rule in askable(RULES))
Found = dict[tuple[str, str], dict[str, Any]]

# A fleet does not get simpler with a smaller seed.
ONCE = (Phase.explicit, Phase.generate)
seeds = st.integers(min_value=0, max_value=2**32)


def keyed(found: Iterable[Judgement]) -> Found:
    return {(one.resource.casefold(), one.finding.rule): one.as_json() for one in found}


def by_python(bodies: list[Mapping[str, Any]]) -> Found:
    judged = judge_cases(cases(Estate.from_bodies(bodies, as_of=AS_OF)))
    return keyed(one for one in judged if one.finding.rule in ASKED)


def by_kusto(bodies: list[Mapping[str, Any]], *, show_all: bool = True) -> Found:
    with Export() as export:
        export.load_bodies(bodies)
        export.finish()
        found: Found = {}
        for query in sweeps(show_all=show_all):
            found |= keyed(judgements(query, export.rows(query), show_all=show_all))
        return found


def agree(fleets: list[list[Mapping[str, Any]]]) -> None:
    """Each fleet by itself in Python, all of them in one table in Kusto."""
    expected: Found = {}
    for bodies in fleets:
        expected |= by_python(bodies)
    found = by_kusto([body for bodies in fleets for body in bodies])
    differing = {key: (expected.get(key), found.get(key)) for key in expected.keys() | found.keys()}
    assert {key: pair for key, pair in differing.items() if pair[0] != pair[1]} == {}


@settings(max_examples=3, deadline=None, phases=ONCE)
@given(seed=seeds)
def test_a_query_says_of_random_fleets_what_python_says(seed: int) -> None:
    agree([list(bodies) for bodies in small_fleets(Random(seed), 150)])


@pytest.mark.slow
@settings(max_examples=15, deadline=None, phases=ONCE)
@given(seed=seeds)
def test_queries_and_python_agree_on_thousands_of_fleets(seed: int) -> None:
    agree([list(bodies) for bodies in small_fleets(Random(seed), 400)])


@pytest.mark.slow
@settings(max_examples=5, deadline=None, phases=ONCE)
@given(seed=seeds)
def test_queries_and_python_agree_on_large_fleets(seed: int) -> None:
    agree([list(inventory(Random(seed), 1_000))])


def test_random_fleets_reach_every_verdict_of_nearly_every_rule() -> None:
    reached = {
        (one["rule"], one["verdict"])
        for seed in range(3)
        for one in by_python(list(inventory(Random(seed), 1_500))).values()
    }
    assert {rule for rule, _ in reached} == {one for one in ASKED if not one.startswith("preview-2021")}
    assert {verdict for _, verdict in reached} == {"pass", "fail", "unknown"}
    never_failed = {rule for rule, _ in reached} - {rule for rule, verdict in reached if verdict == "fail"}
    # Python itself leaves assignments of schedules for hosts out.
    assert never_failed <= {"assignment-schedule-scope"}


def test_without_all_a_query_answers_only_what_fails_or_is_not_known() -> None:
    bodies: list[Mapping[str, Any]] = list(inventory(Random(7), 200))
    expected = {key: one for key, one in by_python(bodies).items() if one["verdict"] != "pass"}
    assert by_kusto(bodies, show_all=False) == expected


@settings(max_examples=15, deadline=None, phases=ONCE)
@given(seed=seeds)
def test_a_policy_matches_the_machines_that_fail_its_rule(seed: int) -> None:
    random = Random(seed)
    bodies: list[Mapping[str, Any]] = [virtual_machine(random, number) for number in range(150)]
    seen = [body for body in bodies if isinstance(body.get("properties"), Mapping) and not _is_odd(body)]
    expected = by_python(seen)
    for definition in definitions():
        condition = definition.body["properties"]["policyRule"]["if"]
        for body in seen:
            verdict = expected.get((body["id"].casefold(), definition.rule.id), {}).get("verdict")
            assert is_matched(condition, body) is (verdict == "fail"), (definition.rule.id, body)


def _is_odd(body: Mapping[str, Any]) -> bool:
    """The service's model for Linux has no such switch, and policy no alias for it."""
    settings = ((body["properties"].get("osProfile") or {}).get("linuxConfiguration") or {}).get("patchSettings")
    return "enableHotpatching" in (settings or {})
