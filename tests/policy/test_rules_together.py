"""Every rule that only several resources together can break, in the real analyzer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pulumi_azure_hotpatch.engine.rules import Rule, rule
from pulumi_azure_hotpatch.policy.judged import JOINED
from tests.engine.rule_cases.form import VM_ID
from tests.policy.bags import OTHER_TYPE, rollout
from tests.policy.stacks import BY_PLATFORM, STACKS, assigned, installation, on, ours, schedule, settings, vm
from tests.support.analyzer import UNKNOWN, Analyzer, Resource, Violation

every_rule = pytest.mark.parametrize("one", [rule(rule_id) for rule_id in STACKS], ids=lambda one: one.id)


# What two claim is known or claimed by neither; whether settings say anything, and what an id is of, the program says.
NEVER_UNKNOWN = ("-declared-twice", "vm-settings-empty", "assignment-schedule-type")


def said(analyzer: Analyzer, stack: list[Resource], policy: str) -> list[Violation]:
    return [found for found in analyzer.analyze_stack(stack) if found.policy == policy]


def test_every_rule_has_its_stacks() -> None:
    assert {*STACKS, "hotpatch-share"} == {one.id for one in JOINED}


@every_rule
def test_a_stack_that_keeps_a_rule_is_not_spoken_of(one: Rule, analyzer: Analyzer) -> None:
    assert said(analyzer, STACKS[one.id].passes, one.id) == []


@every_rule
def test_a_stack_that_breaks_a_rule_is_told_with_the_resource_that_does(one: Rule, analyzer: Analyzer) -> None:
    stacks = STACKS[one.id]
    found = said(analyzer, [*stacks.violates, OTHER_TYPE], one.id)
    assert found
    for violation in found:
        assert violation.message.startswith(f"{one.title}.\n")
        assert stacks.says in violation.message
        assert one.fix in violation.message
        assert violation.urn in {"", *(resource.urn for resource in stacks.violates)}


def without_verdict(analyzer: Analyzer, stack: list[Resource]) -> dict[str, list[str]]:
    """The rules that wait, by the URN of the resource that they wait for."""
    found = said(analyzer, stack, "values-not-known-together")
    assert len({one.urn for one in found}) == len(found), "one line for each resource"
    assert {one.level for one in found} <= {"advisory"}
    return {one.urn: one.message.rpartition("Without a verdict: ")[2].rstrip(".").split(", ") for one in found}


@every_rule
def test_what_is_not_known_yet_gives_no_verdict_and_that_is_said_of_what_will_be_known(
    one: Rule, analyzer: Analyzer
) -> None:
    stacks = STACKS[one.id]
    if stacks.unknown is None:
        assert one.id.endswith(NEVER_UNKNOWN), "the rule has a case that is not known"
        return
    assert said(analyzer, stacks.unknown, one.id) == []
    told = without_verdict(analyzer, stacks.unknown)
    assert any(one.id in rules for rules in told.values()) is stacks.waits
    assert set(told) <= {resource.urn for resource in stacks.unknown}


@every_rule
def test_a_stack_with_all_values_waits_for_none(one: Rule, analyzer: Analyzer) -> None:
    known = [each for each in STACKS[one.id].violates if UNKNOWN not in each.properties.values()]
    assert [rules for rules in without_verdict(analyzer, known).values() if one.id in rules] == []


def fleet(*switches: object) -> list[Resource]:
    return [
        vm(f"vm{number}", patching=BY_PLATFORM | {"enableHotpatching": switch})
        for number, switch in enumerate(switches)
    ]


@pytest.mark.parametrize(
    ("switches", "told"),
    [((True, True, False), False), ((True, False, False), True), ((True, None, None), True), ((), False)],
)
def test_the_share_of_hotpatched_machines_is_what_the_team_asks_for(
    switches: tuple[object, ...], told: bool, configurable: Analyzer
) -> None:
    assert said(configurable, fleet(False, False), "hotpatch-share") == []
    configurable.configure({"hotpatch-share": "mandatory"}, hotpatch_share={"minimumPercent": 60})
    found = said(configurable, fleet(*switches), "hotpatch-share")
    assert [one.level for one in found] == (["mandatory"] if told else [])
    if told:
        assert "1 of 3 Windows VMs are hotpatched, which is 33 %; 60 % are asked for." in found[0].message


def test_a_share_that_is_not_known_yet_gives_no_verdict(configurable: Analyzer) -> None:
    configurable.configure({"hotpatch-share": "mandatory"}, hotpatch_share={"minimumPercent": 60})
    assert said(configurable, fleet(True, UNKNOWN, False), "hotpatch-share") == []
    assert without_verdict(configurable, fleet(True, UNKNOWN, False))[""] == ["hotpatch-share"]
    assert "" not in without_verdict(configurable, fleet(True, True, False))
    assert len(said(configurable, fleet(UNKNOWN, False, False), "hotpatch-share")) == 1


def test_settings_that_do_not_fit_the_machine_of_another_resource_are_told_together(analyzer: Analyzer) -> None:
    machine = vm(linux=True)
    on_it = on(settings(enableHotpatching=True, **BY_PLATFORM), machine, "virtualMachineId")
    (found,) = [one for one in said(analyzer, [machine, on_it], "resources-together") if "windows-only" in one.message]
    assert found.urn in (machine.urn, on_it.urn)
    assert "hotpatch-is-windows-only" not in {one.policy for one in analyzer.analyze(on_it)}


def test_what_one_resource_breaks_alone_is_not_told_again_together(analyzer: Analyzer) -> None:
    broken = settings(enableHotpatching=True, patchMode="Manual")
    assert "hotpatch-needs-platform-mode" in {one.policy for one in analyzer.analyze(broken)}
    assert said(analyzer, [broken], "resources-together") == []


def test_an_id_that_is_known_by_now_still_joins_settings_with_their_machine(analyzer: Analyzer) -> None:
    machine = Resource(
        "azure-native:compute:VirtualMachine", {"name": "web", "osProfile": {"linuxConfiguration": {"ssh": {}}}}
    )
    known = settings(enableHotpatching=True, **BY_PLATFORM)
    joined = Resource(known.type, known.properties, known.name, {"virtualMachineId": (machine.urn,)})
    assert any("windows-only" in one.message for one in said(analyzer, [machine, joined], "resources-together"))
    assert not any("windows-only" in one.message for one in said(analyzer, [machine, known], "resources-together"))


def test_a_rule_can_be_left_out_of_what_is_told_together(configurable: Analyzer) -> None:
    machine = vm(linux=True)
    on_it = on(settings(enableHotpatching=True, **BY_PLATFORM), machine, "virtualMachineId")
    left_out = {"except": ["hotpatch-is-windows-only", "hotpatch-needs-eligible-image"]}
    configurable.configure({"resources-together": "advisory"}, resources_together=left_out)
    assert said(configurable, [machine, on_it], "resources-together") == []


def test_a_machine_with_a_schedule_is_patched(analyzer: Analyzer) -> None:
    machine = vm(patching={"patchMode": "Manual"})
    assert said(analyzer, [machine, on(assigned(), machine)], "windows-vm-is-patched") == []


def test_a_machine_that_a_rollout_and_an_installation_both_patch_is_told_of_both(analyzer: Analyzer) -> None:
    alone = ours("PatchInstallation", machineId=VM_ID)
    canary, rest = {"name": "canary", "machineIds": [VM_ID.upper()]}, {"name": "broad", "rest": True}
    (found,) = said(analyzer, [rollout(canary, rest), alone], "installation-declared-twice")
    assert "by another resource of this stack already" in found.message
    assert said(analyzer, [rollout(canary, rest, exclude=[VM_ID]), alone], "installation-declared-twice") == []
    assert said(analyzer, [rollout(canary, rest, exclude=[UNKNOWN]), alone], "installation-declared-twice") == []
    again = replace(rollout({"name": "all", "machineIds": [VM_ID]}), name="again")
    (found,) = said(analyzer, [rollout(canary), again], "installation-declared-twice")
    assert found.urn == again.urn, "the first by its name"


def test_what_a_rollout_asks_of_machines_is_told_once_with_the_machines_it_does_not_fit(analyzer: Analyzer) -> None:
    machines = [vm("a"), vm("b", agent=False), vm("c", agent=False)]
    ids = [f"{VM_ID.rpartition('/')[0]}/{machine.name}" for machine in machines]
    everyone = rollout({"name": "all", "machineIds": ids})
    (found,) = said(analyzer, [*machines, everyone], "install-needs-agent")
    assert found.urn == everyone.urn
    assert "On 2 machines (b, c): The patch extension cannot be installed" in found.message


def test_the_stack_s_own_machines_decide_who_is_in_a_ring_of_tags(analyzer: Analyzer) -> None:
    def tagged(name: str, ring: Any) -> Resource:
        machine = vm(name)
        return replace(machine, properties={**machine.properties, "tags": {"Ring": ring}})

    ids = [f"{VM_ID.rpartition('/')[0]}/{name}" for name in ("a", "b")]
    by_tag = rollout(
        {"name": "canary", "tags": {"ring": ["canary"]}}, {"name": "broad", "tags": {"ring": ["broad"]}}, machineIds=ids
    )
    both = [tagged("a", "canary"), tagged("b", "broad"), by_tag]
    assert [one for one in said(analyzer, both, "resources-together") if "[rollout-" in one.message] == []
    alike = [tagged("a", "canary"), tagged("b", "canary"), by_tag]
    (found,) = [one for one in said(analyzer, alike, "resources-together") if "[rollout-empty" in one.message]
    assert found.urn == by_tag.urn
    assert "ring 'broad'" in found.message
    open_ = [tagged("a", "canary"), tagged("b", UNKNOWN), by_tag]
    assert [one for one in said(analyzer, open_, "resources-together") if "[rollout-" in one.message] == []


def test_what_another_resource_leaves_open_is_said_with_the_resource_that_it_is_about(analyzer: Analyzer) -> None:
    linux = vm(linux=True)
    on_it = on(settings(patchMode=UNKNOWN), linux, "virtualMachineId")
    assert "linux-patch-mode" not in "".join(one.message for one in analyzer.analyze(on_it))
    told = without_verdict(analyzer, [linux, on_it])
    assert "linux-patch-mode" in told[linux.urn]
    # What the settings say by themselves is told with them already, and not again.
    assert "reboot-setting" not in told[linux.urn]


def test_a_machine_that_nobody_declares_is_not_waited_for(analyzer: Analyzer) -> None:
    waiting = schedule(start=UNKNOWN, timeZone=UNKNOWN)
    assert without_verdict(analyzer, [waiting, assigned()]) == {}
    assert without_verdict(analyzer, [vm("elsewhere", patching=UNKNOWN), assigned()]).keys() == {vm("elsewhere").urn}


@every_rule
def test_the_order_in_which_the_engine_tells_of_resources_makes_no_difference(one: Rule, analyzer: Analyzer) -> None:
    stack = STACKS[one.id].violates
    assert analyzer.analyze_stack(reversed(stack)) == analyzer.analyze_stack(stack)


def test_of_a_machine_and_what_is_done_with_it_the_machine_is_named(analyzer: Analyzer) -> None:
    machine, installing = installation(vm(patching={"patchMode": "Manual"}))
    (found,) = said(analyzer, [installing, machine], "windows-vm-is-patched")
    assert found.urn == machine.urn
