"""Waivers: what they cover, until when, and what is said of themselves."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from pulumi_azure_hotpatch.engine.judgement import Judgement
from pulumi_azure_hotpatch.engine.logic import UNKNOWN
from pulumi_azure_hotpatch.engine.rules import judge, rule
from pulumi_azure_hotpatch.engine.waivers import Waiver, read_waivers, waive
from pulumi_azure_hotpatch.errors import InvalidInput
from tests.engine.rule_cases.form import VM_ID, windows_vm
from tests.engine.rule_cases.waiver import WAIVER

LAST_DAY = date(2027, 1, 31)
BYPASS = "bypass_platform_safety_checks_on_user_schedule"
URN = "urn:pulumi:prod::contoso::pulumi-python:dynamic/azurehotpatch:VirtualMachinePatchSettings::sql"
ROW: dict[str, Any] = {
    "rule": "hotpatch-forbids-bypass",
    "resource": "*/virtualMachines/web01",
    "reason": "Moves to the new image in January.",
    "owner": "database team",
    "until": "2027-01-31",
}
ON_WEB01 = replace(WAIVER, resource=ROW["resource"])


def judged(bypass: object = True) -> list[Judgement]:
    found = judge([rule("hotpatch-forbids-bypass")], windows_vm(**{BYPASS: bypass}))
    return [Judgement(VM_ID, "Microsoft.Compute/virtualMachines", finding) for finding in found]


def answers(*waivers: Waiver, today: date = LAST_DAY, bypass: object = True) -> list[tuple[str, str]]:
    """Rule and verdict of everything that does not hold, `waived` for what a waiver covers."""
    found = waive(judged(bypass), waivers, today=today)
    return [
        (one.finding.rule, "waived" if one.waived else one.finding.verdict)
        for one in found
        if one.finding.verdict != "pass"
    ]


def test_a_waived_failure_stays_and_names_who_answers_for_it_and_does_not_count() -> None:
    (one, *about) = waive(judged(), [ON_WEB01], today=LAST_DAY)
    assert one.as_json()["verdict"] == "fail"
    assert one.as_json()["waived"] == {
        "reason": "Moves to the new image in January.",
        "owner": "database team",
        "until": "2027-01-31",
    }
    assert not one.counts_as_error
    assert [each.finding.verdict for each in about] == ["pass", "pass"]


def test_after_its_last_day_a_waiver_waives_nothing_and_is_an_error_itself() -> None:
    assert answers(ON_WEB01) == [("hotpatch-forbids-bypass", "waived")]
    assert answers(ON_WEB01, today=date(2027, 2, 1)) == [
        ("hotpatch-forbids-bypass", "fail"),
        ("waiver-expired", "fail"),
    ]
    (*_, expired) = waive(judged(), [ON_WEB01], today=date(2027, 2, 1))
    assert expired.counts_as_error
    assert (expired.resource, expired.type) == ("*/virtualMachines/web01", "waiver")


def test_an_expired_waiver_is_an_error_although_nothing_needs_it() -> None:
    assert answers(WAIVER, today=date(2027, 2, 1))[1:] == [("waiver-expired", "fail")]


def test_a_waiver_beside_an_expired_one_of_the_same_resource_holds() -> None:
    old = replace(ON_WEB01, until=date(2026, 1, 31))
    assert answers(old, ON_WEB01) == [("hotpatch-forbids-bypass", "waived"), ("waiver-expired", "fail")]


@pytest.mark.parametrize(
    "pattern",
    ["*", "*/VIRTUALMACHINES/Web01", VM_ID, "/subscriptions/*/resourcegroups/contoso/*", "*/web0?", "*/web[0-9]1"],
)
def test_a_pattern_covers_ids_letter_case_aside(pattern: str) -> None:
    assert answers(replace(WAIVER, resource=pattern)) == [("hotpatch-forbids-bypass", "waived")]


@pytest.mark.parametrize("pattern", ["web01", "*/web0", "/subscriptions/*/resourceGroups/contoso", "*/web0.*"])
def test_a_pattern_covers_whole_names_only_and_a_waiver_without_a_finding_is_told(pattern: str) -> None:
    assert answers(replace(WAIVER, resource=pattern)) == [
        ("hotpatch-forbids-bypass", "fail"),
        ("waiver-unused", "fail"),
    ]


def test_a_waiver_of_another_rule_covers_nothing() -> None:
    other = replace(ON_WEB01, rule="hotpatch-needs-platform-mode")
    assert answers(other) == [("hotpatch-forbids-bypass", "fail"), ("waiver-unused", "fail")]


def test_what_holds_needs_no_waiver() -> None:
    assert answers(ON_WEB01, bypass=False) == [("waiver-unused", "fail")]


def test_what_is_not_known_yet_is_not_waived_and_the_waiver_is_not_called_unused() -> None:
    assert answers(ON_WEB01, bypass=UNKNOWN) == [("hotpatch-forbids-bypass", "unknown")]


def test_a_resource_is_covered_under_its_other_names_too() -> None:
    by_urn = replace(WAIVER, resource="urn:pulumi:prod::*::sql")
    names = {VM_ID: [URN]}
    (one, *_) = waive(judged(), [by_urn], today=LAST_DAY, also=lambda identity: names[identity])
    assert one.waived == by_urn


def test_where_not_everything_was_judged_no_waiver_is_called_unused() -> None:
    about = [one.finding for one in waive([], [WAIVER], today=LAST_DAY, complete=False)]
    assert [(one.rule, one.verdict) for one in about] == [("waiver-expired", "pass"), ("waiver-unused", "unknown")]


@pytest.mark.parametrize("until", ["2027-01-31", LAST_DAY])
def test_a_file_is_read_with_dates_as_text_or_as_yaml_reads_them(until: object) -> None:
    assert read_waivers({"version": 1, "waivers": [ROW | {"until": until}]}) == (ON_WEB01,)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("text", "expected a mapping with rule, resource, reason, owner, until"),
        (ROW | {"rule": "hotpatch-on-fridays"}, "there is no rule 'hotpatch-on-fridays'"),
        (ROW | {"rule": "waiver-expired"}, "there is no rule 'waiver-expired'"),
        (ROW | {"owner": " "}, "'owner' is missing; every waiver says rule, resource, reason, owner, until"),
        ({name: value for name, value in ROW.items() if name != "reason"}, "'reason' is missing"),
        ({name: value for name, value in ROW.items() if name != "until"}, "until None: expected YYYY-MM-DD"),
        (ROW | {"until": "next year"}, "until 'next year': expected YYYY-MM-DD"),
        (ROW | {"expires": "2027"}, "'expires' is not a field"),
    ],
)
def test_a_row_that_cannot_be_read_is_named(row: object, says: str) -> None:
    with pytest.raises(InvalidInput, match=r"^waivers, row 2: ") as caught:
        read_waivers({"version": 1, "waivers": [ROW, row]})
    assert says in str(caught.value)


@pytest.mark.parametrize(
    "document",
    [[ROW], {"waivers": [ROW]}, {"version": 2, "waivers": []}, {"version": 1}, {"version": 1, "waivers": [], "x": 1}],
)
def test_a_file_of_another_shape_is_refused(document: object) -> None:
    with pytest.raises(InvalidInput, match=r"^waivers: expected "):
        read_waivers(document)
