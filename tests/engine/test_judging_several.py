"""What rules find on several machines is told once, with the machines it is found on."""

from pulumi_azure_hotpatch.engine.install_request import InstallRequest
from pulumi_azure_hotpatch.engine.judgement import Case, Several, judge_cases, judge_several
from pulumi_azure_hotpatch.engine.logic import UNKNOWN
from pulumi_azure_hotpatch.engine.rules import rule
from tests.engine.rule_cases.form import installation, plain_windows_vm

RULES = (rule("install-machine-running"),)


def of(*states: object) -> Several:
    facts: tuple[InstallRequest, ...] = tuple(installation(plain_windows_vm(power_state=state)) for state in states)
    return Several(tuple(f"/machines/vm-{number}" for number in range(len(states))), facts)


def told(*states: object) -> list[tuple[str, str]]:
    return [(found.verdict, found.reason.partition(";")[0]) for found in judge_several(RULES, of(*states))]


def test_what_holds_on_all_or_breaks_on_all_is_of_what_is_asked() -> None:
    assert told("running", "running") == [("pass", "The machine is running.")]
    assert told("deallocated", "deallocated") == [("fail", "The machine is deallocated")]


def test_what_breaks_on_some_names_them_and_is_not_said_to_hold() -> None:
    assert told("running", "deallocated") == [("fail", "On 1 machine (vm-1): The machine is deallocated")]
    many = told("running", *["stopped"] * 7)
    assert many == [
        ("fail", "On 7 machines (vm-1, vm-2, vm-3, vm-4, vm-5 and 2 more): The machine is stopped"),
    ]


def test_what_is_open_on_some_is_said_beside_what_breaks_on_others() -> None:
    open_ = ("unknown", "Cannot judge yet: power_state not known.")
    assert told("running", UNKNOWN) == [open_]
    assert told(UNKNOWN, "stopped", "running") == [open_, ("fail", "On 1 machine (vm-1): The machine is stopped")]


def test_cases_of_one_and_of_several_are_judged_in_their_order() -> None:
    one = installation(plain_windows_vm(power_state="stopped"))
    given = [Case("a", "vm", one, RULES), Case("b", "rollout", of("running", "stopped"), RULES)]
    given += [Case("c", "vm", one, RULES)]
    judged = [(found.resource, found.finding.reason.startswith("On 1 machine")) for found in judge_cases(given)]
    assert judged == [("a", False), ("b", True), ("c", False)]
