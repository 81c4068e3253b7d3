"""Every rule answers pass, fail, unknown or nothing, in exactly the words expected."""

from __future__ import annotations

import re
from datetime import date

import pytest

from pulumi_azure_hotpatch.engine.logic import UNKNOWN, fields, look_up
from pulumi_azure_hotpatch.engine.rules import RULES, Finding, Rule, judge, judge_all, rule, rules_for
from pulumi_azure_hotpatch.engine.rules.model import ALWAYS
from pulumi_azure_hotpatch.errors import InvalidInput
from tests.engine.rule_cases import (
    arc_server,
    assignment,
    declaration,
    dynamic_scope,
    estate,
    feature,
    hotpatch,
    image,
    installation,
    machine,
    on_demand,
    preview_2021,
    rollout,
    scale_set,
    schedule,
    waiver,
)
from tests.engine.rule_cases.form import Cases, linux_vm, windows_vm
from tests.engine.rule_cases.form import assignment as given_schedule
from tests.engine.rule_cases.form import schedule as schedule_facts

CASES: dict[str, Cases] = {
    rule_id: cases
    for module in (
        hotpatch,
        machine,
        image,
        arc_server,
        scale_set,
        schedule,
        assignment,
        dynamic_scope,
        installation,
        on_demand,
        rollout,
        feature,
        declaration,
        preview_2021,
        estate,
        waiver,
    )
    for rule_id, cases in module.CASES.items()
}

every_rule = pytest.mark.parametrize("one", RULES, ids=lambda one: one.id)


def findings(one: Rule, facts: object, relaxed: frozenset[str] = frozenset()) -> list[Finding]:
    return list(judge([one], facts, relaxed=relaxed))


def test_every_rule_has_its_cases_and_every_case_its_rule() -> None:
    assert set(CASES) == {one.id for one in RULES}
    assert len(CASES) == len(RULES)


@every_rule
def test_a_rule_passes_with_its_title(one: Rule) -> None:
    (found,) = findings(one, CASES[one.id].passes)
    assert (found.verdict, found.reason) == ("pass", f"{one.title}.")


@every_rule
def test_a_violated_rule_fails_in_its_own_words(one: Rule) -> None:
    cases = CASES[one.id]
    (found,) = findings(one, cases.violates)
    assert (found.verdict, found.reason) == ("fail", cases.says)
    assert (found.rule, found.severity, found.fix, found.source, found.as_of) == (
        one.id,
        one.severity,
        one.fix,
        one.source,
        one.as_of,
    )


@every_rule
def test_a_rule_that_lacks_a_fact_names_it_and_does_not_fail(one: Rule) -> None:
    cases = CASES[one.id]
    (found,) = findings(one, cases.unknown)
    assert (found.verdict, found.reason) == ("unknown", f"Cannot judge yet: {cases.misses} not known.")
    assert not found.is_error


@every_rule
def test_a_rule_is_silent_where_it_does_not_apply(one: Rule) -> None:
    skipped = CASES[one.id].skipped
    if one.applies_to is ALWAYS:
        assert skipped is None, "a rule that always applies has nothing to skip but other subjects"
        return
    assert skipped is not None
    assert findings(one, skipped) == []


@every_rule
def test_a_rule_is_written_like_the_others(one: Rule) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", one.id)
    assert not one.title.endswith("."), "the title is a sentence without its full stop"
    assert one.reason.endswith((".", "}"))
    assert one.fix.endswith(".")
    assert one.fix[0].islower() or one.fix.startswith("`")
    assert date(2021, 1, 1) <= one.as_of <= date(2026, 11, 22)
    assert (one.switch is None) == (one.disagreement is None), (
        "what sources disagree on can be switched, and nothing else"
    )


@every_rule
def test_a_rule_asks_only_for_facts_of_its_subject(one: Rule) -> None:
    facts = CASES[one.id].passes
    for name in fields(one.applies_to) | fields(one.require) | set(re.findall(r"\{([a-z_.]+)\}", one.reason)):
        look_up(facts, name)


@pytest.mark.parametrize("one", [one for one in RULES if one.switch], ids=lambda one: one.id)
def test_a_switch_softens_a_disputed_rule_by_one_step(one: Rule) -> None:
    assert one.switch is not None
    softer = {"error": "warning", "warning": "info", "info": "info"}[one.severity]
    (strict,) = findings(one, CASES[one.id].violates)
    (relaxed,) = findings(one, CASES[one.id].violates, frozenset((one.switch,)))
    assert (strict.severity, relaxed.severity, relaxed.is_error) == (one.severity, softer, False)
    assert findings(one, CASES[one.id].violates, frozenset(("another-switch",))) == [strict]


def test_rule_ids_are_unique_and_found_again() -> None:
    assert [rule(one.id) for one in RULES] == list(RULES)


def test_a_rule_that_does_not_exist_is_refused_by_name() -> None:
    with pytest.raises(InvalidInput, match=r"^There is no rule 'hotpatch-on-fridays'\. `azure-hotpatch rules`"):
        rule("hotpatch-on-fridays")


def test_every_rule_belongs_to_the_rules_of_its_subject_only() -> None:
    kinds = sorted({(one.subject, one.era) for one in RULES})
    found = [one for subject, era in kinds for one in rules_for(subject, era)]
    assert found == sorted(RULES, key=lambda one: (one.subject, one.era))


def test_rules_of_a_past_era_bind_nobody_today() -> None:
    assert not {one.id for one in rules_for("machine") if one.id.startswith("preview-2021")}
    assert {one.era for one in rules_for("machine", "2021-preview")} == {"2021-preview"}


def test_a_finding_names_the_field_as_written_and_azures_path_beside_it() -> None:
    (found,) = findings(rule("hotpatch-needs-platform-mode"), windows_vm(patch_mode="Manual"))
    assert found.field == "patch_mode"
    assert found.arm_path == "properties.osProfile.windowsConfiguration.patchSettings.patchMode"
    (on_linux,) = findings(rule("linux-patch-mode"), linux_vm(patch_mode="Manual"))
    assert on_linux.arm_path == "properties.osProfile.linuxConfiguration.patchSettings.patchMode"


def test_a_finding_about_the_machine_of_an_assignment_has_the_machines_path() -> None:
    (found,) = findings(rule("assignment-needs-platform-mode"), given_schedule(linux_vm(patch_mode="ImageDefault")))
    assert found.arm_path == "properties.osProfile.linuxConfiguration.patchSettings.patchMode"


def test_a_finding_about_a_scale_set_has_the_path_of_its_machine_profile() -> None:
    (found,) = findings(rule("scale-set-hotpatch-stays-on"), scale_set.CASES["scale-set-hotpatch-stays-on"].violates)
    assert found.arm_path == (
        "properties.virtualMachineProfile.osProfile.windowsConfiguration.patchSettings.enableHotpatching"
    )
    (mode,) = findings(
        rule("scale-set-uniform-cannot-hotpatch"), scale_set.CASES["scale-set-uniform-cannot-hotpatch"].violates
    )
    assert mode.arm_path == "properties.orchestrationMode"


def test_a_finding_prints_reason_fix_rule_and_source_on_one_line() -> None:
    (found,) = findings(rule("feature-needs-approval"), feature.CASES["feature-needs-approval"].violates)
    assert str(found) == (
        "'EncryptionAtHost' needs manual approval by Microsoft; its registration is Pending and no client can hasten "
        "it. "
        "Fix: ask for approval as the preview's page says, or remove it from the set until it is approved. "
        "[feature-needs-approval; terraform-provider-azurerm, resource_provider_feature_registration_resource.go, "
        "2026-08-21; "
        "Azure/azure-cli issue 29263]"
    )


def test_a_fleet_is_judged_like_its_machines_one_by_one() -> None:
    one_of_each = [facts for cases in machine.CASES.values() for facts in (cases.passes, cases.violates, cases.unknown)]
    odd = [windows_vm(patch_mode=["Manual"]), windows_vm(enable_hotpatching=1), {"settings": {}}]
    fleet = [*one_of_each, *odd, *reversed(one_of_each)]
    rules = rules_for("machine")
    assert list(judge_all(rules, fleet)) == [tuple(judge(rules, facts)) for facts in fleet]
    relaxed = frozenset(("hotpatch-forbids-bypass",))
    judged = [tuple(judge(rules, facts, relaxed=relaxed)) for facts in fleet]
    assert list(judge_all(rules, fleet, relaxed=relaxed)) == judged


def test_machines_that_differ_only_in_name_share_their_findings() -> None:
    first, second = judge_all(rules_for("machine"), [windows_vm(name="web01"), windows_vm(name="web02")])
    assert first is second


def test_a_rule_that_may_not_apply_never_fails() -> None:
    (found,) = findings(
        rule("hotpatch-needs-platform-mode"), windows_vm(enable_hotpatching=UNKNOWN, patch_mode="Manual")
    )
    assert found.verdict == "unknown"


def test_a_schedule_name_that_is_too_long_is_blamed_on_the_input_of_that_name() -> None:
    (found,) = judge((rule("schedule-name-length"),), schedule_facts(full_name_length=128))
    assert (found.verdict, found.field) == ("fail", "schedule_name")
