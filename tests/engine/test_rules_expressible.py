"""Where a rule can be evaluated, its JSON, and its expression in words."""

from __future__ import annotations

import json

import pytest

from pulumi_azure_hotpatch.engine.logic import All, Any_, AtLeast, Equals, Expression, In, Not, look_up
from pulumi_azure_hotpatch.engine.rules import RULES, describe, expressible, rule, rule_as_json
from pulumi_azure_hotpatch.engine.rules.expressible import KQL_FACTS, POLICY_FACTS
from tests.engine.rule_cases.form import (
    assignment,
    dynamic_scope,
    hotpatched_arc_server,
    scale_set,
    schedule,
    windows_vm,
)


@pytest.mark.parametrize(
    ("rule_id", "languages"),
    [
        ("hotpatch-needs-platform-mode", ("python", "kql", "azure_policy")),
        ("hotpatch-needs-eligible-image", ("python", "kql", "azure_policy")),
        ("hotpatch-needs-agent", ("python", "kql")),
        ("assignment-needs-bypass", ("python", "kql")),
        ("scale-set-needs-health-extension", ("python", "kql")),
        ("arc-hotpatch-licensed", ("python", "kql")),
        ("arc-hotpatch-build", ("python",)),
        ("agent-version", ("python",)),
        ("schedule-recurrence", ("python",)),
        ("schedule-reboot-setting", ("python", "kql")),
        ("schedule-lead-time", ("python",)),
        ("assignment-same-start", ("python",)),
        ("install-duration", ("python",)),
        ("feature-exists", ("python",)),
    ],
)
def test_a_rule_says_where_it_can_be_evaluated(rule_id: str, languages: tuple[str, ...]) -> None:
    assert expressible(rule(rule_id)) == languages


def test_every_rule_can_be_evaluated_here_and_policy_can_no_more_than_resource_graph() -> None:
    for one in RULES:
        languages = expressible(one)
        assert languages[0] == "python"
        assert "azure_policy" not in languages or "kql" in languages
    assert sum("kql" in expressible(one) for one in RULES) >= 30
    assert POLICY_FACTS["machine"] <= KQL_FACTS["machine"]


def test_facts_that_resource_graph_has_exist() -> None:
    examples = {
        "machine": windows_vm(),
        "assignment": assignment(schedule=schedule()),
        "scale_set": scale_set(),
        "arc_server": hotpatched_arc_server(),
        "schedule": schedule(),
        "dynamic_scope": dynamic_scope(),
    }
    assert set(KQL_FACTS) == set(examples)
    for subject, names in KQL_FACTS.items():
        for name in names:
            look_up(examples[subject], name)


def test_a_rule_as_json_has_the_keys_of_the_contract() -> None:
    assert rule_as_json(rule("hotpatch-forbids-bypass")) == {
        "id": "hotpatch-forbids-bypass",
        "severity": "error",
        "applies_to": "machine",
        "title": "Hotpatch is on and the platform's safety checks are not bypassed",
        "fix": (
            "set bypass_platform_safety_checks_on_user_schedule to False "
            "(the machine is then patched by the platform, not by a schedule)."
        ),
        "source": "ARM error InvalidParameter quoted in claranet/terraform-azurerm-windows-vm PR 4, 2025-03-31",
        "as_of": "2025-03-31",
        "expressible": ["python", "kql", "azure_policy"],
        "switch": "hotpatch-forbids-bypass",
        "era": "current",
        "disagreement": (
            "A Japanese Microsoft support post recommends maintenance configurations for hotpatched machines; "
            "those need the flag set to true."
        ),
    }


def test_every_rule_survives_json() -> None:
    written = json.loads(json.dumps([rule_as_json(one) for one in RULES]))
    assert [row["id"] for row in written] == [one.id for one in RULES]


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        (Equals("mode", "Manual"), "`mode` is Manual"),
        (Equals("mode", None), "`mode` is not set"),
        (Equals("flag", True), "`flag` is true"),
        (Not(Equals("mode", "Manual")), "`mode` is not Manual"),
        (Not(Equals("mode", None)), "`mode` is set"),
        (Not(Equals("flag", False)), "`flag` is not false"),
        (In("mode", ("Manual",)), "`mode` is Manual"),
        (In("mode", (None, "Manual")), "`mode` is one of not set, Manual"),
        (Not(In("mode", ("A", "B"))), "`mode` is none of A, B"),
        (AtLeast("minutes", 15), "`minutes` is at least 15"),
        (Not(AtLeast("minutes", 15)), "`minutes` is less than 15"),
        (Not(Not(Equals("mode", "A"))), "`mode` is A"),
        (Not(All((Equals("a", 1), Equals("b", 2)))), "not (`a` is 1 and `b` is 2)"),
        (
            All((Equals("a", 1), Any_((Equals("b", 2), Equals("c", 3))))),
            "`a` is 1 and (`b` is 2 or `c` is 3)",
        ),
        (Any_((All((Equals("a", 1), Equals("b", 2))), Equals("c", 3))), "`a` is 1 and `b` is 2 or `c` is 3"),
        (All(()), "always"),
        (Any_(()), "never"),
    ],
)
def test_an_expression_is_put_in_words(expression: Expression, words: str) -> None:
    assert describe(expression) == words


def test_something_that_is_no_expression_has_no_words() -> None:
    with pytest.raises(TypeError, match="not an expression"):
        describe(Expression())
