"""Every rule that a resource can break by itself, in the real analyzer: passes, violates, not known, other type."""

from __future__ import annotations

import pytest

from pulumi_azure_hotpatch.engine.rules import RULES, Rule
from pulumi_azure_hotpatch.policy.judged import ALONE, JOINED, JUDGED
from tests.engine.test_rules import CASES
from tests.policy.bags import OTHER_TYPE, OURS, bags, own_settings
from tests.policy.declared_cases import declarations
from tests.support.analyzer import UNKNOWN, Analyzer, Resource

every_rule = pytest.mark.parametrize("one", ALONE, ids=lambda one: one.id)


def said(analyzer: Analyzer, resource: Resource, policy: str) -> list[str]:
    return [found.message for found in analyzer.analyze(resource) if found.policy == policy]


def is_without_verdict(analyzer: Analyzer, resource: Resource, one: Rule) -> bool:
    told = said(analyzer, resource, "values-not-known")
    rules = [name for message in told for name in message.rpartition("Without a verdict: ")[2].rstrip(".").split(", ")]
    return one.id in rules


@every_rule
def test_a_declaration_that_keeps_a_rule_is_not_spoken_of(one: Rule, analyzer: Analyzer) -> None:
    given = declarations(one.id).passes
    assert given
    for resource in given:
        assert said(analyzer, resource, one.id) == []
        assert not is_without_verdict(analyzer, resource, one)


@every_rule
def test_a_declaration_that_breaks_a_rule_is_told_once_in_the_rule_s_words(one: Rule, analyzer: Analyzer) -> None:
    found = declarations(one.id)
    assert found.violates
    for resource in found.violates:
        (message,) = said(analyzer, resource, one.id)
        assert message.startswith(f"{one.title}.\n")
        assert found.says in message
        assert one.fix in message


@every_rule
def test_a_value_that_is_not_known_gives_no_verdict_and_that_is_said(one: Rule, analyzer: Analyzer) -> None:
    given = declarations(one.id).unknown
    assert given
    for resource in given:
        assert said(analyzer, resource, one.id) == []
        assert is_without_verdict(analyzer, resource, one)


@every_rule
def test_what_a_rule_does_not_apply_to_is_left_alone(one: Rule, analyzer: Analyzer) -> None:
    skipped = CASES[one.id].skipped
    for resource in [*([] if skipped is None or one.subject == "schedule" else bags(skipped)), OTHER_TYPE]:
        assert said(analyzer, resource, one.id) == []


def test_a_resource_of_another_type_is_not_looked_at(analyzer: Analyzer) -> None:
    assert analyzer.analyze(OTHER_TYPE) == []
    assert analyzer.analyze(Resource(OTHER_TYPE.type, {"length": UNKNOWN})) == []


def test_what_one_resource_lacks_is_said_once(analyzer: Analyzer) -> None:
    machine = Resource(
        "azure-native:compute:VirtualMachine",
        {"osProfile": {"windowsConfiguration": {"patchSettings": UNKNOWN}}, "storageProfile": UNKNOWN},
    )
    (message,) = said(analyzer, machine, "values-not-known")
    assert message.splitlines()[1].startswith("Not known yet: ")
    assert "patch_mode" in message
    assert {found.policy for found in analyzer.analyze(machine)} == {"values-not-known"}


def test_what_our_settings_never_say_of_a_machine_is_no_news(analyzer: Analyzer) -> None:
    facts = CASES["hotpatch-forbids-bypass"].unknown
    (message,) = said(analyzer, own_settings(facts), "values-not-known")  # type: ignore[arg-type]
    assert "hotpatch-forbids-bypass" in message
    assert "hotpatch-needs-eligible-image" not in message


def test_what_no_value_of_a_machine_will_say_is_no_news(analyzer: Analyzer) -> None:
    patching = {"windowsConfiguration": {"patchSettings": {"enableHotpatching": True, "patchMode": UNKNOWN}}}
    network = {"networkInterfaces": [{"id": UNKNOWN}]}
    machine = Resource("azure-native:compute:VirtualMachine", {"osProfile": patching, "networkProfile": network})
    (message,) = said(analyzer, machine, "values-not-known")
    assert "Not known yet: patch_mode. Without a verdict: " in message
    assert "hotpatch-needs-platform-mode" in message
    # Nobody says where it is, and no network interface will.
    assert "hotpatch-cloud" not in message


def test_a_bag_of_a_shape_that_no_program_has_stops_nothing(analyzer: Analyzer) -> None:
    for kind, wrong in (("PatchInstallation", {"machineId": 5}), ("PatchRollout", {"rings": "all of them"})):
        ours = Resource(f"{OURS}:{kind}", {**wrong, "triggers": [UNKNOWN]})
        assert analyzer.analyze(ours) == []
        assert analyzer.analyze_stack([ours]) == []
    broken = Resource("azure-native:compute:VirtualMachine", {"location": 5, "osProfile": [1, 2]})
    assert analyzer.analyze(broken) == []
    assert "windows-vm-is-patched" not in {found.policy for found in analyzer.analyze_stack([broken])}


def test_every_policy_is_a_rule_or_explains_itself(analyzer: Analyzer) -> None:
    info = analyzer.info()
    names = [policy.name for policy in info.policies]
    assert len(names) == len(set(names))
    unknown = {"values-not-known", "values-not-known-together"}
    own = {"resources-together", "waived", "waiver-expired", "waiver-unused"}
    assert set(names) == {one.id for one in JUDGED} | unknown | own
    by_name = {policy.name: policy for policy in info.policies}
    for one in JUDGED:
        assert by_name[one.id].remediation_steps == one.fix
        assert (by_name[one.id].policy_type == 1) == (one in ALONE)


def test_rules_that_are_left_to_others_need_what_no_declaration_says() -> None:
    left = {one.id for one in RULES if one.era == "current"} - {one.id for one in JUDGED}
    # An instance view, an assessment, a guest, a count of machines, a registration, the machine's past.
    assert {"machine-off", "agent-version", "custom-image-supported", "scope-machine-limit", "feature-exists"} <= left
    assert not {one.id for one in RULES if one.subject == "scale_set"} & left
    assert len(ALONE) + len(JOINED) == len(JUDGED)
