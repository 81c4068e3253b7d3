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
from pulumi_azure_hotpatch.engine.scope_preview import compared, preview, taken_by
from pulumi_azure_hotpatch.engine.scopes_around import Scope, Surroundings
from pulumi_azure_hotpatch.errors import InvalidInput
from tests.handlers.examples import BY_OTHERS
from tests.handlers.machines import UBUNTU
from tests.handlers.scopes import HERE, MONTHLY, THERE, WEEKLY, at, fleet, windows

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
    assert (len(found.machines), found.sure, found.facts[0].all_machines) == (1, (), 0)


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
    assert facts.associations_on_schedule == 6


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
