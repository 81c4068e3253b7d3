"""Dynamic scopes that a stack declares are judged, and followed to the machines that they will take."""

from datetime import UTC, datetime
from typing import Any

import pytest

from azure_patch_simulator.inventory import windows_machine
from pulumi_azure_hotpatch.engine.declared import Declared
from pulumi_azure_hotpatch.engine.declared_estate import Stack
from pulumi_azure_hotpatch.engine.forecast import forecast
from pulumi_azure_hotpatch.engine.judgement import cases, judge_cases
from pulumi_azure_hotpatch.engine.logic import UNKNOWN
from tests.handlers.examples import BY_OTHERS
from tests.handlers.scopes import GROUP, HERE, MONTHLY, READY, THERE, at

AS_OF = datetime(2026, 11, 22, tzinfo=UTC)
TOKEN = "pulumi-python:dynamic/azurehotpatch:DynamicScope"
URN = f"urn:pulumi:dev::contoso::{TOKEN}::ring-one"


def declared(**inputs: Any) -> Declared:
    """A scope of ring 1 in two subscriptions; None takes an input out."""
    given = {
        "scheduleId": MONTHLY,
        "assignmentName": "ring-one",
        "subscriptionIds": [HERE, THERE],
        "tagFilters": {"ring": ["1"]},
        "osTypes": ["Windows"],
        **inputs,
    }
    return Declared(URN, TOKEN, {name: value for name, value in given.items() if value is not None})


def machine(name: str, ring: str) -> dict[str, Any]:
    body = windows_machine(HERE, "rg-contoso", name, "2022-datacenter-g2", patch_settings=READY)
    return {**body, "tags": {"ring": ring}}


SCHEDULE: dict[str, Any] = {**BY_OTHERS, "id": MONTHLY, "name": "contoso-monthly"}
SCHEDULE["properties"] = {
    **BY_OTHERS["properties"],
    "installPatches": {"windowsParameters": {"classificationsToInclude": ["Critical"]}},
}


def failures(*stack: Declared, bodies: tuple[Any, ...] = ()) -> set[tuple[str, str]]:
    """What fails, by resource and rule."""
    made = Stack(stack)
    judged = judge_cases((*cases(made.estate(bodies, as_of=AS_OF)), *made.declarations()))
    return {(one.resource, one.finding.rule) for one in judged if one.finding.verdict == "fail"}


def test_a_machine_that_a_declared_scope_takes_is_forecast_with_its_schedule() -> None:
    bodies = [machine("vm-1", "1"), machine("vm-2", "2"), SCHEDULE]
    found = Stack([declared()]).estate(bodies, as_of=AS_OF)
    assert found.assigned == {str(bodies[0]["id"]).casefold(): (MONTHLY.casefold(),)}
    rows = [row.as_json() for row in forecast(found.members(), AS_OF, 2).rows()]
    assert {(row["machine"].rpartition("/")[2], row["schedule"]) for row in rows} == {
        ("vm-1", "contoso-monthly"),
        ("vm-2", None),
    }


def test_of_many_assignments_of_one_scope_the_same_is_said_once() -> None:
    assert failures(declared(osTypes=["Windws"])) == {(at(HERE), "scope-os-type")}


def test_groups_of_a_scope_are_judged_beside_its_subscriptions() -> None:
    found = failures(declared(resourceGroupIds=[GROUP]))
    at_group = f"{GROUP}/{at(HERE).split('/', 3)[3]}"
    assert found == {(at_group, "scope-group-needs-locations"), (at_group, "scope-places-apart")}


@pytest.mark.parametrize(
    ("groups", "told"),
    [([f"/subscriptions/{HERE}/resourceGroups/rg-other"], True), (["/subscriptions/x/resourceGroups/rg"], False)],
)
def test_a_group_in_a_subscription_of_the_same_scope_is_told(groups: list[str], told: bool) -> None:
    found = failures(declared(resourceGroupIds=groups, locations=["eastus"]))
    assert ("scope-places-apart" in {rule for _, rule in found}) == told


def test_groups_that_are_not_known_yet_may_be_in_a_subscription_of_the_scope() -> None:
    made = Stack([declared(resourceGroupIds=UNKNOWN)]).estate([], as_of=AS_OF)
    assert {one.facts.covered_groups for one in made.dynamic_scopes} == {UNKNOWN}


def test_what_nobody_can_declare_narrows_a_scope_that_is_there() -> None:
    properties = {"filter": {"availabilityZones": ["1"]}, "maintenanceConfigurationId": MONTHLY}
    bodies = (machine("vm-1", "1"), {"id": at(HERE), "properties": properties})
    assert failures(bodies=bodies) == set()
    (found,) = Stack([]).estate(bodies, as_of=AS_OF).dynamic_scopes
    assert (found.facts.has_filter, found.facts.all_machines) == (True, None)


def test_a_whole_subscription_needs_to_be_said() -> None:
    wide = {"tagFilters": None, "osTypes": None}
    assert failures(declared(**wide)) == {
        (at(HERE), "scope-whole-subscription"),
        (at(HERE), "scope-has-a-filter"),
    }
    assert failures(declared(**wide, allowWholeSubscription=True)) == set()


@pytest.mark.parametrize(
    "later",
    [
        {"subscriptionIds": UNKNOWN},
        {"subscriptionIds": [HERE, UNKNOWN]},
        {"tagFilters": UNKNOWN},
        {"tagFilters": {"ring": UNKNOWN}},
        {"osTypes": [UNKNOWN], "tagFilters": None},
        {"assignmentName": UNKNOWN},
        {"allowWholeSubscription": UNKNOWN, "tagFilters": None, "osTypes": None, "resourceGroups": UNKNOWN},
    ],
)
def test_what_is_not_known_yet_fails_nothing_and_takes_nothing(later: dict[str, Any]) -> None:
    bodies = (machine("vm-1", "1"), SCHEDULE)
    assert failures(declared(**later), bodies=bodies) == set()
    decides = {"subscriptionIds", "tagFilters", "osTypes", "resourceGroups", "assignmentName"} & later.keys()
    assert not decides or Stack([declared(**later)]).estate(bodies, as_of=AS_OF).assigned == {}


def test_a_scope_that_is_declared_takes_the_place_of_the_one_that_is_found() -> None:
    narrowed = {"filter": {"osTypes": ["Linux"]}, "maintenanceConfigurationId": MONTHLY}
    bodies = (machine("vm-1", "1"), SCHEDULE, {"id": at(HERE), "properties": narrowed})
    assert failures(bodies=bodies) == {(at(HERE), "scope-matches-machines")}
    assert failures(declared(), bodies=bodies) == set()


def test_two_scopes_of_one_name_in_one_subscription_are_declared_twice() -> None:
    other = Declared(f"{URN}-2", TOKEN, declared(subscriptionIds=[THERE], tagFilters={"ring": ["2"]}).inputs)
    assert failures(declared(), other) == {(at(THERE), "scope-declared-twice")}


def test_a_waiver_finds_a_scope_s_assignments_by_its_urn() -> None:
    assert Stack([declared()]).urns_of(at(THERE).upper()) == (URN,)


def test_a_scope_in_another_schedule_s_window_is_seen_on_the_machine_s_own_assignment() -> None:
    other = MONTHLY.replace("monthly", "weekly")
    one = machine("vm-1", "1")
    static = {
        "id": f"{one['id']}/providers/Microsoft.Maintenance/configurationAssignments/weekly",
        "properties": {"maintenanceConfigurationId": other},
    }
    bodies = (one, SCHEDULE, {**SCHEDULE, "id": other, "name": "contoso-weekly"}, static)
    assert failures(declared(), bodies=bodies) == {
        (static["id"], "assignment-same-start"),
        (at(HERE), "scope-same-start"),
    }
