"""Rings: who is dealt where, budgets, earliest starts, what evidence says; and files of rings."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from importlib import resources as files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import pulumi_azure_hotpatch
from pulumi_azure_hotpatch.engine.logic import UNKNOWN
from pulumi_azure_hotpatch.engine.patch_results import Installation
from pulumi_azure_hotpatch.engine.rollout_budget import Budget, parse_budget
from pulumi_azure_hotpatch.engine.rollout_evidence import judge_evidence
from pulumi_azure_hotpatch.engine.rollout_facts import RolloutPlan
from pulumi_azure_hotpatch.engine.rollout_rings import (
    Membership,
    Rings,
    called_now,
    deal,
    earliest_start,
    parse_time,
    place,
)
from pulumi_azure_hotpatch.errors import InvalidInput
from pulumi_azure_hotpatch.models.rings_file import check_rings, load_rings

GROUP = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-contoso"
MACHINES = f"{GROUP}/providers/Microsoft.Compute/virtualMachines"


def machine(name: str) -> str:
    return f"{MACHINES}/{name}"


def dealt(*rings: Membership, machines: list[str], tags: dict[str, dict[str, str]] | None = None) -> dict[str, Any]:
    found = deal(rings, machines, {machine(name): each for name, each in (tags or {}).items()})
    return {name: [each.rsplit("/", 1)[-1] for each in members] for name, members in found.members.items()}


names = st.lists(st.text("abcdefghij0123456789-", min_size=1, max_size=8), unique=True, max_size=60)


def test_named_and_tagged_machines_go_first_and_the_rest_is_left() -> None:
    rings = (
        Membership("canary", machines=(machine("web01"),)),
        Membership("early", tags={"Ring": ("early", "soon")}),
        Membership("broad", rest=True),
    )
    tags = {"web02": {"ring": "soon"}, "web03": {"ring": "Soon"}, "web04": {}}
    found = dealt(*rings, machines=[machine(f"web0{number}") for number in range(1, 5)], tags=tags)
    assert found == {"canary": ["web01"], "early": ["web02"], "broad": ["web03", "web04"]}


def test_a_ring_keeps_its_name_or_was_renamed_if_machines_come_into_it_as_before() -> None:
    before = (
        Membership("canary", machines=(machine("web01"), machine("web02"))),
        Membership("early", tags={"ring": ("early",)}),
        Membership("five", percent=5.0),
        Membership("five more", percent=5.0),
        Membership("broad", rest=True),
    )
    now = (
        Membership("pilot", machines=(machine("WEB02"), machine("web01"))),
        Membership("broad", tags={"ring": ("early",)}),
        Membership("first", percent=5.0),
        Membership("second", percent=5.0),
        Membership("last", rest=True),
    )
    # A name counts more than a way in.
    named = {"canary": "pilot", "five": "first", "five more": "second", "broad": "broad"}
    assert called_now(before, now) == named
    assert called_now(before, before) == {ring.name: ring.name for ring in before}
    assert called_now(before[:1], [Membership("pilot", machines=(machine("web01"),))]) == {}


def test_every_tag_of_a_ring_has_to_fit() -> None:
    rings = (Membership("a", tags={"ring": ("1",), "tier": ("web",)}), Membership("b", rest=True))
    tags = {"one": {"ring": "1", "tier": "web"}, "two": {"ring": "1"}}
    assert dealt(*rings, machines=[machine("one"), machine("two")], tags=tags) == {"a": ["one"], "b": ["two"]}


def test_a_machine_that_two_rings_claim_is_told_and_dealt_to_the_first() -> None:
    rings = (Membership("a", machines=(machine("web01"),)), Membership("b", machines=(machine("WEB01"),)))
    found = deal(rings, [])
    assert found.members == {"a": (machine("web01"),), "b": ()}
    assert found.twice == {machine("web01"): ("a", "b")}


@given(names)
def test_shares_take_every_machine_once_and_leave_out_what_they_do_not_reach(found: list[str]) -> None:
    rings = (Membership("a", percent=10), Membership("b", percent=30))
    result = deal(rings, map(machine, found))
    placed = [each for members in result.members.values() for each in members]
    assert Counter((*placed, *result.nowhere)) == Counter(map(machine, found))
    assert all(place(each) < 10 for each in result.members["a"])
    assert all(10 <= place(each) < 40 for each in result.members["b"])
    assert all(place(each) >= 40 for each in result.nowhere)


@given(names, names)
def test_a_machine_stays_in_its_ring_when_the_fleet_grows(before: list[str], more: list[str]) -> None:
    rings = (Membership("a", percent=5), Membership("b", percent=45), Membership("c", rest=True))
    first = deal(rings, map(machine, before)).ring_of()
    later = deal(rings, map(machine, (*more, *before))).ring_of()
    assert {key: later[key] for key in first} == first


def test_shares_are_what_they_say_and_depend_on_the_id_alone() -> None:
    found = deal((Membership("a", percent=10), Membership("b", rest=True)), [machine(f"vm-{n}") for n in range(2000)])
    assert 160 <= len(found.members["a"]) <= 240
    assert place(machine("web01")) == place(machine("WEB01").upper())


def test_a_hundred_percent_leave_nobody_out() -> None:
    rings = (Membership("a", percent=33.3), Membership("b", percent=66.7))
    assert deal(rings, [machine(f"vm-{number}") for number in range(500)]).nowhere == ()


@pytest.mark.parametrize(
    ("written", "machines", "allowed"),
    [
        (0, 10, 0),
        ("2", 10, 2),
        (3.0, 10, 3),
        ("5%", 300, 15),
        ("5%", 19, 0),
        ("7%", 100, 7),
        ("0.5%", 1000, 5),
        ("29%", 100, 29),
        ("100%", 7, 7),
    ],
)
def test_a_budget_is_a_count_or_a_share_rounded_down(written: str | float, machines: int, allowed: int) -> None:
    assert parse_budget(written).allowed(machines) == allowed


@pytest.mark.parametrize("written", ["", "many", "-1", "101%", "1.5", "%", "5 %"])
def test_what_is_no_budget_is_refused(written: str) -> None:
    with pytest.raises(InvalidInput, match="failure budget"):
        parse_budget(written)


@given(st.integers(0, 100), st.integers(0, 2000))
def test_a_share_never_allows_more_than_it_says(percent: int, machines: int) -> None:
    allowed = Budget(percent, is_percent=True).allowed(machines)
    assert allowed * 100 <= percent * machines < (allowed + 1) * 100


@pytest.mark.parametrize(
    ("month", "days", "at", "zone", "start"),
    [
        ("2026-12", 0, "00:00", "UTC", "2026-12-08T00:00:00+00:00"),
        ("2026-12", 8, "02:30", "Europe/Berlin", "2026-12-16T02:30:00+01:00"),
        ("2026-12", 8, "02:30", "W. Europe Standard Time", "2026-12-16T02:30:00+01:00"),
        # The clocks go forward on 29 March 2026: 02:30 is skipped.
        ("2026-03", 19, "02:30", "Europe/Berlin", "2026-03-29T03:30:00+02:00"),
        ("2026-03", 30, "22:00", "Pacific Standard Time", "2026-04-09T22:00:00-07:00"),
    ],
)
def test_a_ring_starts_so_many_days_after_patch_tuesday(month: str, days: int, at: str, zone: str, start: str) -> None:
    assert earliest_start(month, days, at, zone).isoformat() == start


@pytest.mark.parametrize("text", ["", "2:00", "24:00", "02:60", "02-00", "noon!"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="is not a time such as 02:00"):
        parse_time(text)


NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def installed(activity: str, started: datetime | None, status: str = "Succeeded", **more: Any) -> Installation:
    return Installation(activity_id=activity, status=status, started=started, started_by="User", **more)


def test_without_an_answer_what_may_be_ours_is_unclear() -> None:
    found = (installed("a", NOON),)
    judged = judge_evidence(found, known=(), since=NOON - HOUR, ours_since=None)
    assert (judged.ours, judged.unclear) == (None, found[0])
    assert judge_evidence(found, known=("A",), since=NOON - HOUR, ours_since=None).unclear is None
    assert judge_evidence(found, known=(), since=NOON + HOUR, ours_since=None).unclear is None


def test_an_answer_divides_ours_from_anothers() -> None:
    late, early = installed("late", NOON + HOUR, "InProgress"), installed("early", NOON - HOUR, "InProgress")
    judged = judge_evidence((late, early), known=(), since=NOON - 9 * HOUR, ours_since=NOON)
    assert (judged.ours, judged.unclear) == (late, None)
    judged = judge_evidence((early,), known=(), since=NOON - 9 * HOUR, ours_since=NOON)
    assert (judged.ours, judged.unclear, judged.running) == (None, None, early)


def test_runs_of_schedules_and_of_the_platform_are_never_ours() -> None:
    of_schedule = installed("s", NOON, "InProgress", run_id="applyUpdates/1")
    judged = judge_evidence((of_schedule,), known=(), since=NOON - HOUR, ours_since=NOON - HOUR)
    assert (judged.ours, judged.unclear, judged.running) == (None, None, of_schedule)


def test_what_has_not_started_yet_is_later_than_any_answer() -> None:
    judged = judge_evidence((installed("n", None, "NotStarted"),), known=(), since=NOON, ours_since=NOON)
    assert judged.ours is not None


def plan(rings: Rings, **more: Any) -> RolloutPlan:
    values: dict[str, Any] = {
        "unclear": (),
        "missing": (),
        "allowances": dict.fromkeys(rings.members, 0),
        "deferred": (),
        "has_month": False,
        **more,
    }
    return RolloutPlan.of(rings, **values)


def test_a_plan_in_order_has_nothing_to_say() -> None:
    rings = Rings({"a": ("1",), "b": ("2", "3")}, {}, ())
    assert plan(rings) == RolloutPlan(*(None,) * 8)


def test_a_plan_names_what_is_wrong_with_it() -> None:
    rings = Rings({"a": tuple(map(machine, "123")), "b": (), "c": (machine("4"),)}, {machine("1"): ("a", "c")}, ())
    rings = Rings(rings.members, rings.twice, (machine("5"), machine("6"), machine("7")))
    found = plan(rings, missing=[machine("8")], allowances={"a": 3, "b": 0, "c": 1}, deferred=["c"], unclear=["b"])
    assert found == RolloutPlan(
        unclear_ring="b",
        in_two_rings="1 (a and c)",
        in_no_ring="5 and 2 more",
        empty_ring="b",
        missing="8",
        large_first_ring="'a' with 3 of 4 machines",
        generous_ring="a",
        deferral_without_month="c",
    )
    assert plan(rings, missing=UNKNOWN).missing is UNKNOWN


RINGS = f"""
version: 1
rings:
  - name: canary
    machine_ids: [{MACHINES}/web01]
    soak: 24h
  - name: early
    tags: {{ring: early, tier: [web, api]}}
    deferral_days: 3
    failure_budget: 5%
  - name: share
    percent: 12.5
    max_concurrent: 10
  - name: broad
    rest: true
    failure_budget: 3
"""


def schema() -> Any:
    text = (files.files(pulumi_azure_hotpatch) / "schemas" / "rings.schema.json").read_text(encoding="utf-8")
    return json.loads(text)


def test_rings_of_a_file_are_as_a_program_writes_them(tmp_path: Path) -> None:
    path = tmp_path / "rings.yaml"
    path.write_text(RINGS, encoding="utf-8")
    loaded = load_rings(path)
    assert [ring["name"] for ring in loaded] == ["canary", "early", "share", "broad"]
    assert loaded[1]["tags"] == {"ring": "early", "tier": ["web", "api"]}
    as_json = tmp_path / "rings.json"
    as_json.write_text(json.dumps({"version": 1, "rings": loaded}), encoding="utf-8")
    assert load_rings(as_json) == loaded


def test_the_published_schema_accepts_what_we_do() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    jsonschema.validate(yaml.safe_load(RINGS), schema())


WRONG: dict[str, tuple[Any, str]] = {
    "no version": ({"rings": [{"name": "a", "rest": True}]}, "version: Field required"),
    "another version": ({"version": 2, "rings": [{"name": "a", "rest": True}]}, "version: Input should be 1"),
    "no ring": ({"version": 1, "rings": []}, "rings: "),
    "a list": ([], "expected an object with version and rings"),
    "two ways": (
        {"version": 1, "rings": [{"name": "a", "rest": True, "percent": 5}]},
        "ring 'a' needs exactly one of machine_ids, tags, percent and rest",
    ),
    "no way": ({"version": 1, "rings": [{"name": "a"}]}, "ring 'a' needs exactly one of"),
    "the wire's name": ({"version": 1, "rings": [{"name": "a", "machineIds": [machine("x")]}]}, "rings.0.machineIds: "),
    "a misspelt key": ({"version": 1, "rings": [{"name": "a", "rest": True, "soaking": "1h"}]}, "rings.0.soaking: "),
    "a share of more than all": ({"version": 1, "rings": [{"name": "a", "percent": 101}]}, "rings.0.percent: "),
    "no machine": ({"version": 1, "rings": [{"name": "a", "machine_ids": ["web01"]}]}, "is not an Azure resource id"),
    "a budget in words": (
        {"version": 1, "rings": [{"name": "a", "rest": True, "failure_budget": "few"}]},
        "failure budget 'few'",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_with_a_file_is_told_with_its_place_and_against_the_schema(name: str) -> None:
    found, says = WRONG[name]
    with pytest.raises(InvalidInput) as refused:
        check_rings(found, "rings.yaml")
    assert str(refused.value).startswith("rings.yaml: ")
    assert says in str(refused.value)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(found, schema())


def test_two_rings_of_one_name_and_shares_beyond_all_are_refused() -> None:
    twice = {"version": 1, "rings": [{"name": "a", "percent": 5}, {"name": "A", "rest": True}]}
    with pytest.raises(InvalidInput, match="there are two rings called 'a'"):
        check_rings(twice, "rings.yaml")
    beyond = {"version": 1, "rings": [{"name": "a", "percent": 60}, {"name": "b", "percent": 41}]}
    with pytest.raises(InvalidInput, match="the percentages of all rings are more than 100 together"):
        check_rings(beyond, "rings.yaml")
    rests = {"version": 1, "rings": [{"name": "a", "rest": True}, {"name": "b", "rest": True}]}
    with pytest.raises(InvalidInput, match="only one ring can be the rest"):
        check_rings(rests, "rings.yaml")


def test_a_file_that_cannot_be_read_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be read"):
        load_rings(tmp_path / "missing.yaml")
    broken = tmp_path / "broken.yaml"
    broken.write_text("rings: [", encoding="utf-8")
    with pytest.raises(InvalidInput, match="is neither YAML nor JSON") as refused:
        load_rings(broken)
    assert "\n" not in str(refused.value)


def test_what_a_plan_does_not_know_leaves_open_what_could_break_on_it_and_nothing_else() -> None:
    rings = Rings({"a": ("1", "2"), "b": ("3", "4")}, {}, ())
    budgets = {"a": 0, "b": UNKNOWN}
    assert plan(rings, allowances=budgets).generous_ring is UNKNOWN
    assert plan(rings, allowances={**budgets, "a": 2}).generous_ring == "a"
    # One machine that may fail halts nothing, whatever the budget.
    assert plan(Rings({"a": ("1", "2"), "b": ("3",)}, {}, ()), allowances=budgets).generous_ring is None
    assert plan(rings, has_month=UNKNOWN).deferral_without_month is None
    assert plan(rings, has_month=UNKNOWN, deferred=["b"]).deferral_without_month is UNKNOWN
    nobody = RolloutPlan.of(None, unclear=["a"], missing=(), allowances={}, deferred=["b"], has_month=False)
    assert nobody == RolloutPlan(unclear_ring="a", missing=None, deferral_without_month="b")
