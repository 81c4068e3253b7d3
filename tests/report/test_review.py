"""A change under review: Markdown that nothing from outside can break, JUnit that an independent reader takes."""

from datetime import UTC, date, datetime
from typing import Any
from xml.etree import ElementTree

import pytest

from pulumi_azure_hotpatch.engine.forecast import Forecast
from pulumi_azure_hotpatch.engine.judgement import Judgement
from pulumi_azure_hotpatch.engine.logic import UNKNOWN
from pulumi_azure_hotpatch.engine.previews import Change, PolicyViolation, Preview
from pulumi_azure_hotpatch.engine.rules import Finding
from pulumi_azure_hotpatch.engine.waivers import Waiver
from pulumi_azure_hotpatch.report.junit import junit
from pulumi_azure_hotpatch.report.markdown import LARGEST, markdown
from pulumi_azure_hotpatch.report.markdown_text import escape
from pulumi_azure_hotpatch.report.review import Review
from tests.cli.conftest import validator
from tests.report.reviews import rows

VM = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-contoso/providers/Microsoft.Compute/" + (
    "virtualMachines/vm-web-1"
)
TYPE = "pulumi-python:dynamic/azurehotpatch:VirtualMachinePatchSettings"
WAIVER = Waiver("machine-off", "*", "it is a spare", "patching@contoso.example", date(2027, 1, 31))


def finding(verdict: Any = "fail", severity: Any = "error", reason: str = "It is wrong.") -> Finding:
    return Finding(
        rule="machine-off",
        verdict=verdict,
        severity=severity,
        field="power_state",
        arm_path="properties.instanceView",
        reason=reason,
        fix="start it.",
        source="Microsoft Learn",
        as_of=date(2026, 1, 1),
    )


def judged(waived: Waiver | None = None, **told: Any) -> Judgement:
    return Judgement(VM, "Microsoft.Compute/virtualMachines", finding(**told), waived)


def change(name: str = "web", op: str = "update", *fields: tuple[str, Any, Any], **inputs: Any) -> Change:
    return Change(f"urn:pulumi:dev::contoso::{TYPE}::{name}", TYPE, op, fields, {"virtualMachineId": VM, **inputs})


def review(*found: Judgement, changes: tuple[Change, ...] = (), policies: tuple[PolicyViolation, ...] = ()) -> Review:
    nothing = Forecast((), ())
    return Review(Preview((), (), changes, policies), found, datetime(2026, 11, 23, tzinfo=UTC), nothing)


def test_a_change_names_its_machine_and_its_fields() -> None:
    text = markdown(
        review(changes=(change("web", "update", ("patchMode", "Manual", "AutomaticByPlatform"), outcome="Patched."),))
    )
    assert rows(text, "What changes") == [
        [
            "update",
            "web <sub>VirtualMachinePatchSettings</sub>",
            "vm-web-1",
            "patchMode: Manual → AutomaticByPlatform",
            "Patched.",
        ]
    ]
    assert "✅ **1 to update** · 0 errors, 0 warnings, 0 remarks" in text


def test_an_installation_and_a_rollout_say_what_they_will_do_and_to_whom() -> None:
    ours = "pulumi-python:dynamic/azurehotpatch"
    once = {"machineId": VM, "rebootExpected": "yes: KB5066835 restarts it"}
    plan = [
        {"ring": "canary", "machines": 1, "starts": "at once"},
        {"ring": "broad", "machines": 2.0, "starts": "after ring 'canary'"},
    ]
    rings = [{"name": "canary", "machineIds": [VM]}, {"name": "broad", "rest": True}]
    fleet = {"rings": rings, "machineIds": [VM.replace("web", name) for name in ("app", "sql")], "plan": plan}
    changes = (
        Change("urn:now", f"{ours}:PatchInstallation", "create", (), once),
        Change("urn:fleet", f"{ours}:PatchRollout", "create", (), fleet),
        Change("urn:later", f"{ours}:PatchRollout", "create", (), {"rings": rings, "machineIds": UNKNOWN}),
    )
    told = [(row[2], row[4]) for row in rows(markdown(review(changes=changes)), "What changes")]
    assert told == [
        ("vm-web-1", "restart: yes: KB5066835 restarts it"),
        ("vm-app-1, vm-sql-1, vm-web-1", "canary: 1 machine, at once; broad: 2 machines, after ring 'canary'"),
        # Its other machines are not known yet.
        ("vm-web-1 and others, *known later*", "ring after ring: canary, broad"),
    ]


def test_a_value_that_comes_later_or_is_secret_is_not_shown() -> None:
    text = markdown(review(changes=(change("web", "update", ("tags", UNKNOWN, None)),)))
    assert "tags: *known later* → –" in text
    text = markdown(review(changes=(change("web", "update", ("tags", {"owner": UNKNOWN}, {"owner": "team"})),)))
    assert "tags.owner: *known later* → team" in text


def test_findings_that_are_alike_are_one_row_and_waived_ones_another_table() -> None:
    text = markdown(review(judged(), judged(), judged(WAIVER), judged(verdict="unknown"), judged(verdict="pass")))
    assert rows(text, "Findings") == [["error", "`machine-off`", "vm-web-1, vm-web-1", "It is wrong.", "start it."]]
    assert rows(text, "Waived") == [
        ["`machine-off`", "vm-web-1", "patching@​contoso.example", "2027-01-31", "it is a spare"]
    ]
    assert "1 judgement waits for values" in text
    assert "❌" in text


@pytest.mark.parametrize(
    ("found", "fails", "mark"),
    [
        ((), False, "✅"),
        ((judged(severity="warning"),), False, "⚠️"),
        ((judged(WAIVER),), False, "✅"),
        ((judged(),), True, "❌"),
    ],
)
def test_only_an_error_that_nobody_waived_fails(found: tuple[Judgement, ...], fails: bool, mark: str) -> None:
    assert review(*found).fails is fails
    assert markdown(review(*found)).splitlines()[2].startswith(mark)


def policies(level: str) -> tuple[PolicyViolation, ...]:
    return (PolicyViolation(f"urn:pulumi:dev::contoso::{TYPE}::web", "patching", "no-bypass", level, "It is set."),)


def test_a_violated_policy_is_a_finding_of_the_shape_of_all_others() -> None:
    (found,) = review(policies=policies("mandatory")).violations
    row = found.as_json()
    validator("findings").validate([row])
    assert (row["rule"], row["type"], row["severity"]) == ("patching/no-bypass", TYPE, "error")
    assert (row["field"], row["source"]) == ("VirtualMachinePatchSettings", "policy pack patching of this run")
    (advisory,) = review(policies=policies("advisory")).violations
    assert advisory.finding.severity == "warning"
    bare = PolicyViolation("", "", "", "mandatory", "")
    validator("findings").validate([one.as_json() for one in review(policies=(bare,)).violations])
    assert review(policies=policies("disabled")).violations == ()


def test_a_mandatory_policy_is_counted_in_the_first_line() -> None:
    text = markdown(review(policies=policies("mandatory")))
    told = "❌ **nothing changes** · 0 errors, 0 warnings, 0 remarks, 1 mandatory policy violation"
    assert text.splitlines()[2] == told
    assert "policy violation" not in markdown(review(policies=policies("advisory"))).splitlines()[2]


@pytest.mark.parametrize(("level", "fails"), [("mandatory", True), ("remediate", True), ("advisory", False)])
def test_what_policies_said_is_told_and_mandatory_ones_fail(level: str, fails: bool) -> None:
    told = PolicyViolation(f"urn:pulumi:dev::contoso::{TYPE}::web", "patching", "no-bypass", level, "It is set.")
    found = review(policies=(told,))
    assert found.fails is fails
    assert f"- {level} `patching/no-bypass` on web: It is set." in markdown(found)


HOSTILE = "a | b\n# c @octocat &#64;octocat \x1b[2J\u202e <script>x</script> [x](http://192.0.2.1) `c` *b* ~~x~~"


def test_nothing_from_outside_breaks_a_table_or_mentions_anybody() -> None:
    text = markdown(review(judged(reason=HOSTILE), changes=(change(HOSTILE, "update", (HOSTILE, HOSTILE, HOSTILE)),)))
    assert "<script" not in text.replace("\\<script", "")
    assert "@octocat" not in text
    assert [len(row) for row in rows(text, "What changes")] == [5]
    assert [len(row) for row in rows(text, "Findings")] == [5]
    assert "\n" not in escape(HOSTILE)
    assert r"\&\#64;octocat" in text
    assert not {"\x1b", "\u202e"} & set(text)


def test_a_comment_stays_within_what_a_host_takes() -> None:
    many = tuple(judged(reason=f"Reason {number} {'x' * 3000}.") for number in range(400))
    text = markdown(review(*many))
    assert len(text) <= LARGEST
    assert "**The rest is left out**" in text


def test_long_lists_are_counted() -> None:
    text = markdown(review(changes=tuple(change(f"vm-{number}", "create") for number in range(70))))
    assert "| … | 20 more | | | |" in text


def test_junit_counts_and_names_what_failed() -> None:
    found = [judged(), judged(WAIVER), judged(verdict="unknown"), judged(severity="warning"), judged(verdict="pass")]
    (suite,) = ElementTree.fromstring(junit(found, suite="review"))
    assert {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "5",
        "failures": "1",
        "errors": "0",
        "skipped": "2",
    }
    kinds = [[child.tag for child in case] for case in suite]
    assert kinds == [["failure"], ["skipped"], ["skipped"], ["system-out"], []]
    failure = suite[0][0]
    assert (failure.get("message"), failure.text) == ("It is wrong.", "It is wrong. Fix: start it.")
    assert suite[1][0].get("message") == "waived until 2027-01-31 by patching@contoso.example: it is a spare"


def test_junit_survives_what_xml_cannot_hold() -> None:
    (suite,) = ElementTree.fromstring(junit([judged(reason="a\x00b\x1b<c>&")], suite="review"))
    assert suite[0][0].get("message") == "a\ufffdb\ufffd<c>&"
