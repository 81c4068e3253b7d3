"""Which machines a scope takes: against the simulator's own matcher, and what follows from the sources."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azure_patch_simulator import World
from azure_patch_simulator.dynamic_scopes import machines_of
from azure_patch_simulator.inventory import arc_machine, linux_machine, windows_machine
from azure_patch_simulator.resources import Resource
from pulumi_azure_hotpatch.engine.logic import UNKNOWN
from pulumi_azure_hotpatch.engine.scope import Candidate, Place, ScopeFilter
from pulumi_azure_hotpatch.engine.scope_preview import at_least, compared, preview, taken_by
from pulumi_azure_hotpatch.engine.scopes_around import Scope, Surroundings
from pulumi_azure_hotpatch.errors import InvalidInput
from tests.handlers.examples import BY_OTHERS
from tests.handlers.machines import UBUNTU
from tests.handlers.scopes import DAILY, HERE, MONTHLY, THERE, WEEKLY, at, fleet, windows

AS_OF = datetime(2026, 11, 22, tzinfo=UTC)
REGIONS = ("eastus", "East US", "westeurope", "West Europe", "uksouth")
GROUPS = ("rg-contoso", "RG-Contoso", "rg-other")
TAGS = ("ring", "Ring", "tier")
VALUES = ("1", "2", "web", "Web")


@st.composite
def machines(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Machines of every kind, anywhere, with any tags."""
    found = []
    for number in range(draw(st.integers(1, 6))):
        subscription, group = draw(st.sampled_from((HERE, THERE))), draw(st.sampled_from(GROUPS))
        region = draw(st.sampled_from(REGIONS))
        kind = draw(st.sampled_from(("windows", "linux", "arc", "arc linux")))
        match kind:
            case "windows":
                body = windows_machine(subscription, group, f"vm-{number}", "2022-datacenter-g2", location=region)
            case "linux":
                body = linux_machine(subscription, group, f"vm-{number}", UBUNTU, location=region)
            case "arc":
                body = arc_machine(subscription, group, f"srv-{number}", location=region)
            case _:
                body = arc_machine(subscription, group, f"srv-{number}", "Ubuntu 22.04", location=region)
        tags = draw(st.dictionaries(st.sampled_from(TAGS), st.sampled_from(VALUES), max_size=2))
        # Azure holds one tag of a name, whatever its letter case.
        body["tags"] = {name.casefold(): value for name, value in tags.items()}
        found.append(body)
    return found


def some(*values: str) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), unique=True, max_size=2)


filters = st.fixed_dictionaries(
    {},
    optional={
        "resourceTypes": some("Microsoft.Compute/virtualMachines", "microsoft.hybridcompute/MACHINES") | st.none(),
        "resourceGroups": some(*GROUPS) | st.none(),
        "locations": some(*REGIONS) | st.none(),
        "osTypes": some("Windows", "windows", "Linux") | st.none(),
        "tagSettings": st.none()
        | st.fixed_dictionaries(
            {},
            optional={
                "tags": st.dictionaries(st.sampled_from(TAGS), some(*VALUES), max_size=2),
                "filterOperator": st.sampled_from(("All", "Any", "all", "any")),
            },
        ),
    },
)
places = st.sampled_from([f"/subscriptions/{one}" for one in (HERE, THERE.upper())]) | st.sampled_from(
    [f"/subscriptions/{one}/resourceGroups/{group}" for one in (HERE, THERE) for group in GROUPS]
)


def found_by_the_service(bodies: list[dict[str, Any]], place: str, narrowed: Any) -> set[str]:
    """What the simulator would run on."""
    world = World.from_inventory(bodies)
    properties = {"maintenanceConfigurationId": MONTHLY, "filter": narrowed}
    id = f"{place}/providers/Microsoft.Maintenance/configurationAssignments/one"
    assignment = Resource(id, "Microsoft.Maintenance/configurationAssignments", {"properties": properties}, AS_OF)
    return {machine.id.casefold() for machine in machines_of(world, [assignment])}


@given(bodies=machines(), place=places, narrowed=filters)
def test_a_scope_takes_exactly_what_the_simulated_service_would_run_on(
    bodies: list[dict[str, Any]], place: str, narrowed: dict[str, Any]
) -> None:
    around = Surroundings.of(bodies)
    scope = Scope((Place.parse(place),), ScopeFilter.from_arm({"properties": {"filter": narrowed}}))
    found = preview(scope, around, as_of=AS_OF)
    assert {one.candidate.key for one in found.machines} == found_by_the_service(bodies, place, narrowed)
    assert all(one.taken is True for one in found.machines)
    assert {one.casefold() for one in taken_by(scope, around.candidates)} == {one.candidate.key for one in found.sure}


@given(filters)
def test_a_filter_that_is_written_and_read_again_means_the_same(narrowed: dict[str, Any]) -> None:
    found = ScopeFilter.from_arm({"properties": {"filter": narrowed}})
    again = ScopeFilter.from_arm({"properties": {"filter": found.as_arm()}})
    assert again.key == found.key


@given(filters, st.randoms(use_true_random=False))
def test_order_letter_case_and_nulls_mean_nothing(narrowed: dict[str, Any], chance: Any) -> None:
    rewritten: dict[str, Any] = dict.fromkeys(("resourceTypes", "osTypes", "locations", "resourceGroups"))
    for name, value in narrowed.items():
        if isinstance(value, list):
            shuffled = [one.lower() for one in value]
            chance.shuffle(shuffled)
            rewritten[name] = shuffled
        else:
            rewritten[name] = value
    keys = [ScopeFilter.from_arm({"properties": {"filter": one}}).key for one in (narrowed, rewritten)]
    assert keys[0] == keys[1]


def test_a_machine_whose_system_is_not_known_is_neither_in_nor_out() -> None:
    body = {"id": fleet()[0]["id"], "location": "eastus", "properties": {}, "tags": {"ring": "1"}}
    candidate = Candidate.of(body)
    assert candidate is not None
    assert ScopeFilter(os_types=("Windows",)).takes(candidate) is UNKNOWN
    assert ScopeFilter(os_types=("Windows",), locations=("westeurope",)).takes(candidate) is False
    assert ScopeFilter(os_types=("Windows",), tags={"ring": ("2",)}).takes(candidate) is False
    assert ScopeFilter(tags={"RING": ("1",)}).takes(candidate) is True
    found = preview(Scope((Place(HERE),), ScopeFilter(os_types=("Windows",))), Surroundings.of([body]), as_of=AS_OF)
    assert (len(found.machines), found.sure, found.facts[0].all_machines) == (1, (), UNKNOWN)


@pytest.mark.parametrize(
    "text",
    ["", "rg-contoso", "/subscriptions", f"/subscriptions/{HERE}/resourceGroups", f"/subscriptions/{HERE}/providers/x"],
)
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="is neither a subscription nor a resource group"):
        Place.parse(text)


def test_a_group_does_not_hold_the_machines_of_one_whose_name_begins_alike() -> None:
    (candidate,) = Surroundings.of([windows("vm-1")]).candidates
    assert Place(HERE, "rg-contoso").holds(candidate)
    assert not Place(HERE, "rg-con").holds(candidate)
    assert not Place(HERE[:-1]).holds(candidate)


def assignment(id: str, schedule: str, narrowed: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"id": id, "properties": {"maintenanceConfigurationId": schedule, "filter": narrowed}}


def schedule(id: str, **window: Any) -> dict[str, Any]:
    properties = BY_OTHERS["properties"]
    changed = {**properties, "maintenanceWindow": {**properties["maintenanceWindow"], **window}}
    return {**BY_OTHERS, "id": id, "properties": changed}


WIDE_OPEN = Scope((Place(HERE),), ScopeFilter())
WIDE = Scope((Place(HERE), Place(THERE)), ScopeFilter(tags={"ring": ("1", "2")}), MONTHLY, "ring")


@pytest.mark.parametrize(
    ("window", "clash"),
    [({}, "same start"), ({"startDateTime": "2026-12-01 21:00"}, "overlap"), ({"recurEvery": "Week Monday"}, None)],
)
def test_other_schedules_of_a_machine_are_compared_with_the_scope_s(window: dict[str, Any], clash: str | None) -> None:
    bodies = [
        *fleet(),
        schedule(MONTHLY),
        schedule(WEEKLY, **window),
        assignment(at(HERE, "linux"), WEEKLY, {"osTypes": ["Linux"]}),
        # Its own assignment is no other one.
        assignment(at(HERE, "ring"), MONTHLY, {"osTypes": ["Linux"]}),
    ]
    found = preview(WIDE, Surroundings.of(bodies), as_of=AS_OF)
    by_name = {one.candidate.machine.name: one for one in found.machines}
    assert (by_name["vm-linux"].other_schedules, by_name["vm-linux"].clash) == ((WEEKLY.casefold(),), clash)
    assert (by_name["vm-1"].other_schedules, by_name["vm-1"].clash) == ((), None)
    facts = found.facts[0]
    assert facts.same_start_machines == (1 if clash == "same start" else 0)
    assert facts.overlapping_machines == (1 if clash == "overlap" else 0)


def test_schedules_of_hosts_are_no_other_schedules() -> None:
    hosts = schedule(WEEKLY)
    hosts["properties"] = {**hosts["properties"], "maintenanceScope": "Host"}
    static = f"{fleet()[0]['id']}/providers/Microsoft.Maintenance/configurationAssignments/weekly"
    bodies = [*fleet(), schedule(MONTHLY), hosts, assignment(static, WEEKLY)]
    found = preview(WIDE, Surroundings.of(bodies), as_of=AS_OF)
    assert {one.other_schedules for one in found.machines} == {()}


def test_limits_count_what_is_around_without_the_scope_itself() -> None:
    others = [assignment(at(HERE, f"scope-{number}"), MONTHLY, {"osTypes": ["Linux"]}) for number in range(3)]
    static = f"{fleet()[0]['id']}/providers/Microsoft.Maintenance/configurationAssignments/one"
    bodies = [*fleet(), *others, assignment(at(HERE, "ring"), MONTHLY), assignment(static, MONTHLY)]
    facts = preview(WIDE, Surroundings.of(bodies), as_of=AS_OF).facts[0]
    assert (facts.machines, facts.all_machines) == (3, 5)
    assert (facts.scopes_in_region, facts.scopes_on_schedule, facts.subscriptions_on_schedule) == (4, 5, 2)
    # The machine that the schedule is given to by itself is one that the scope takes.
    assert facts.associations_on_schedule == 5


def test_machines_that_other_scopes_of_the_schedule_take_are_resources_on_it_once() -> None:
    others = [assignment(at(HERE, "linux"), MONTHLY, {"osTypes": ["Linux"]}), assignment(at(THERE, "all"), MONTHLY)]
    elsewhere = assignment(at(HERE, "weekly"), WEEKLY)
    narrow = Scope((Place(HERE),), ScopeFilter(tags={"ring": ("1",)}), MONTHLY, "ring")
    around = Surroundings.of([*fleet(), *others, elsewhere])
    # vm-1 and vm-linux by this scope, vm-linux by another as well, vm-3 and srv-1 by the third.
    assert preview(narrow, around, as_of=AS_OF).facts[0].associations_on_schedule == 4


def test_what_the_scope_itself_took_before_it_was_narrowed_is_on_the_schedule_no_longer() -> None:
    around = Surroundings.of([*fleet(), assignment(at(HERE, "ring"), MONTHLY)])
    narrow = Scope((Place(HERE),), ScopeFilter(os_types=("Linux",)), MONTHLY, "ring")
    assert preview(narrow, around, as_of=AS_OF).facts[0].associations_on_schedule == 1


VM, ARC = "Microsoft.Compute/virtualMachines", "Microsoft.HybridCompute/machines"


@pytest.mark.parametrize(
    ("narrowed", "filters", "narrows"),
    [
        (ScopeFilter(os_types=("Windows", "LINUX")), False, False),
        (ScopeFilter(resource_types=(VM, ARC.upper())), False, False),
        (ScopeFilter(resource_types=(VM, ARC), os_types=("linux", "windows")), False, False),
        (ScopeFilter(resource_types=(VM, VM.upper())), True, False),
        (ScopeFilter(os_types=("Windows", "windows")), True, True),
        (ScopeFilter(resource_types=(VM, ARC), locations=("eastus",)), True, True),
        (ScopeFilter.from_arm({"properties": {"filter": {"availabilityZones": ["1"]}}}), True, True),
        (ScopeFilter.from_arm({"properties": {"filter": {"resourceIds": None, "osTypes": []}}}), False, False),
    ],
)
def test_a_filter_that_names_all_there_is_filters_nothing(narrowed: ScopeFilter, filters: bool, narrows: bool) -> None:
    facts = preview(Scope((Place(HERE),), narrowed), Surroundings.of(fleet()), as_of=AS_OF).facts[0]
    assert (facts.has_filter, facts.is_narrowed) == (filters, narrows)


@pytest.mark.parametrize("beyond", [{"availabilityZones": ["1"]}, {"resourceIds": [fleet()[0]["id"]]}])
def test_a_filter_that_looks_at_more_may_take_less_than_what_can_be_told(beyond: dict[str, Any]) -> None:
    body = assignment(at(HERE, "zoned"), MONTHLY, {"osTypes": ["Windows"], **beyond})
    around = Surroundings.of([*fleet(), body])
    (scope,) = around.scopes.values()
    assert scope.filter.beyond == tuple(beyond)
    found = preview(scope, around, as_of=AS_OF)
    assert [(one.candidate.machine.name, one.taken) for one in found.machines] == [("vm-1", UNKNOWN), ("vm-2", UNKNOWN)]
    assert found.facts[0].all_machines is UNKNOWN
    assert (dict(around.memberships), len(around.may_be_taken)) == ({}, 2)


def test_a_group_of_a_subscription_that_the_scope_covers_as_well_is_counted() -> None:
    places = (Place(HERE), Place(HERE.upper(), "rg-contoso"), Place(THERE, "rg-contoso"), Place(HERE, "rg-other"))
    facts = preview(Scope(places, ScopeFilter(os_types=("Linux",))), Surroundings.of(fleet()), as_of=AS_OF).facts
    assert [one.covered_groups for one in facts] == [2, None]


def test_a_machine_that_meets_one_schedule_at_once_and_another_later_counts_for_both() -> None:
    bodies = [
        *fleet(),
        *(schedule(MONTHLY), schedule(WEEKLY), schedule(DAILY, startDateTime="2026-12-01 21:00")),
        assignment(at(HERE, "weekly"), WEEKLY, {"osTypes": ["Linux"]}),
        assignment(at(HERE, "daily"), DAILY, {"tagSettings": {"tags": {"ring": ["1"]}}}),
    ]
    found = preview(WIDE, Surroundings.of(bodies), as_of=AS_OF)
    by_name = {one.candidate.machine.name: one for one in found.machines}
    assert (by_name["vm-linux"].clash, by_name["vm-1"].clash, by_name["vm-3"].clash) == ("same start", "overlap", None)
    assert (found.facts[0].same_start_machines, found.facts[0].overlapping_machines) == (1, 2)
    assert (at_least(found)["same_start_machines"], at_least(found)["overlapping_machines"]) == (1, 2)


@pytest.mark.parametrize(
    ("status", "off"),
    [("Disconnected", 1), ("Expired", 1), ("Error", 1), ("connected", 0), (None, 0)],
)
def test_an_arc_server_that_is_not_connected_is_off(status: str | None, off: int) -> None:
    body = arc_machine(HERE, "rg-contoso", "srv-1")
    body["properties"]["status"] = status
    (facts,) = preview(WIDE_OPEN, Surroundings.of([body]), as_of=AS_OF).facts
    assert facts.machines_off == off


def test_subscriptions_and_groups_of_one_scope_are_judged_apart() -> None:
    scope = Scope((Place(HERE), Place(THERE, "rg-contoso")), ScopeFilter(os_types=("Windows",)))
    first, second = preview(scope, Surroundings.of(fleet()), as_of=AS_OF).facts
    assert (first.resource_group_name, first.all_machines) == (None, 4)
    assert (second.resource_group_name, second.all_machines) == ("rg-contoso", None)


@pytest.mark.parametrize(
    ("cloud", "bodies", "sovereign"),
    [
        ("AzureChinaCloud", fleet(), True),
        ("AzureCloud", [], False),
        (None, fleet(), False),
        (None, [windows("vm-1", location="usgovvirginia")], True),
        (None, [], UNKNOWN),
    ],
)
def test_the_cloud_is_the_one_that_was_asked_else_that_of_the_regions_else_not_known(
    cloud: str | None, bodies: list[dict[str, Any]], sovereign: object
) -> None:
    facts = preview(WIDE, Surroundings.of(bodies), as_of=AS_OF, cloud=cloud).facts[0]
    assert (facts.location, facts.is_sovereign) == (None, sovereign)


def test_what_comes_in_and_what_drops_out_is_told_by_ids() -> None:
    around = Surroundings.of(fleet())
    found = compared(preview(WIDE, around, as_of=AS_OF), [str(fleet()[0]["id"]).upper(), "/gone"])
    assert [one.rpartition("/")[2] for one in found.new or ()] == ["vm-2", "vm-linux", "vm-3", "srv-1"]
    assert found.dropped == ("/gone",)
    assert (found.facts[0].new_machines, found.facts[0].dropped_machines) == (4, 1)


def test_a_body_of_another_shape_is_named() -> None:
    with pytest.raises(InvalidInput, match=r"vm-1: not the shape of an ARM body"):
        Surroundings.of([{"id": fleet()[0]["id"], "tags": 1, "zones": 5}])
