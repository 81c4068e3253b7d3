"""Dynamic scopes, ours and azure-native's, over the machines that the same stack makes."""

from __future__ import annotations

from typing import Any

import pytest

from pulumi_azure_hotpatch.engine.declared import Declared
from pulumi_azure_hotpatch.engine.logic import UNKNOWN
from tests.engine.test_declared import NIGHTS, SUBSCRIPTION, estate, failures, judged, native, ours, schedule
from tests.engine.test_declared_members import READY, at, coverage, new_machine

OTHER = f"{SUBSCRIPTION[:-1]}2"
LATE = NIGHTS.replace("nights", "late")
TAKING = {"scope-same-start", "scope-overlap", "scope-takes-hotpatched-machines", "scope-machines-ready"}


def machine(name: str = "vm-a", **inputs: Any) -> Declared:
    """A VM in a subscription that its provider says."""
    made = new_machine(name, **inputs)
    return Declared(made.urn, made.type, made.inputs, at(name))


def patched(**settings: Any) -> dict[str, Any]:
    return {"osProfile": {"windowsConfiguration": {"patchSettings": settings}}}


BY_USER = patched(
    patchMode="AutomaticByPlatform",
    automaticByPlatformSettings={"bypassPlatformSafetyChecksOnUserSchedule": True},
)
HOTPATCHED = patched(patchMode="AutomaticByPlatform", enableHotpatching=True)


def scope(name: str = "all", schedule_id: Any = NIGHTS, **inputs: Any) -> Declared:
    place = {"subscriptionIds": [SUBSCRIPTION], "assignmentName": name}
    given = {**place, "osTypes": ["Windows"], "scheduleId": schedule_id, **inputs}
    return ours("DynamicScope", name, None, **{key: value for key, value in given.items() if value is not None})


def native_scope(name: str = "all", kind: str = "Subscription", **inputs: Any) -> Declared:
    given = {"maintenanceConfigurationId": NIGHTS, "filter": {"osTypes": ["Windows"]}, **inputs}
    return native(f"maintenance:ConfigurationAssignmentsFor{kind}", name, **given)


def taking(*declared: Declared) -> set[str]:
    return {rule for _, rule in failures(judged(*declared))} & TAKING


def unknown(*declared: Declared) -> set[str]:
    return {one.finding.rule for one in judged(*declared) if one.finding.verdict == "unknown"} & TAKING


@pytest.mark.parametrize(
    ("narrowed", "verdict"),
    [
        ({}, "pass"),
        ({"osTypes": ["Linux"]}, "fail"),
        ({"subscriptionIds": [OTHER]}, "fail"),
        ({"subscriptionIds": [UNKNOWN]}, "unknown"),
        ({"tagFilters": {"ring": ["1"]}}, "pass"),
        ({"tagFilters": {"ring": ["2"]}}, "fail"),
        ({"tagFilters": {"ring": UNKNOWN}}, "unknown"),
        ({"tagFilters": UNKNOWN, "osTypes": ["Linux"]}, "fail"),
        ({"resourceGroups": ["RG-contoso"]}, "pass"),
        ({"resourceGroups": ["rg-other"]}, "fail"),
        ({"resourceTypes": ["Microsoft.HybridCompute/machines"]}, "fail"),
        ({"locations": [UNKNOWN]}, "unknown"),
        ({"subscriptionIds": None, "resourceGroupIds": [f"/subscriptions/{SUBSCRIPTION}/resourceGroups/x"]}, "fail"),
    ],
)
def test_a_scope_patches_what_it_surely_takes_and_leaves_open_what_it_may(narrowed: Any, verdict: str) -> None:
    assert coverage(machine(tags={"Ring": "1"}), scope(**narrowed)) == {"vm-a": verdict}


@pytest.mark.parametrize(
    ("inputs", "verdict"),
    [
        ({}, "unknown"),
        ({"location": "westus"}, "fail"),
        ({"tags": UNKNOWN}, "unknown"),
        ({"resourceGroupName": UNKNOWN}, "unknown"),
    ],
)
def test_of_a_machine_whose_subscription_is_not_known_the_filter_may_still_say_no(inputs: Any, verdict: str) -> None:
    narrowed = scope(locations=["eastus"], tagFilters={"ring": ["1"]}, resourceGroups=["rg-contoso"])
    given = new_machine(**{"tags": {"ring": "1"}, **inputs})
    assert coverage(given, narrowed) == {"vm-a": verdict}


def test_only_the_machines_that_a_scope_may_take_are_left_open() -> None:
    tagged, plain = machine("vm-b", tags={"ring": UNKNOWN}), machine()
    assert coverage(plain, tagged, scope(tagFilters={"ring": ["1"]})) == {"vm-a": "fail", "vm-b": "unknown"}


def test_azure_native_s_scope_is_in_the_subscription_of_its_provider() -> None:
    assert coverage(new_machine(), native_scope()) == {"vm-a": "pass"}
    assert coverage(new_machine(), native_scope(filter={"osTypes": ["Linux"]})) == {"vm-a": "fail"}
    assert coverage(machine(), native_scope()) == {"vm-a": "unknown"}
    told = Declared(native_scope().urn, native_scope().type, native_scope().inputs, subscription_id=SUBSCRIPTION)
    assert coverage(machine(), told) == {"vm-a": "pass"}
    elsewhere = Declared(native_scope().urn, native_scope().type, native_scope().inputs, provider="urn:other")
    assert coverage(new_machine(), elsewhere) == {"vm-a": "unknown"}


def test_azure_native_s_scope_on_a_group_takes_the_machines_of_that_group() -> None:
    group = native("resources:ResourceGroup", "rg")

    def inside(one: Declared) -> Declared:
        inputs = {**one.inputs, "resourceGroupName": UNKNOWN}
        return Declared(one.urn, one.type, inputs, None, {"resourceGroupName": (group.urn,)})

    taken = inside(native_scope(kind="ResourceGroup"))
    assert coverage(group, inside(new_machine()), taken) == {"vm-a": "pass"}
    assert coverage(group, new_machine(), taken) == {"vm-a": "unknown"}
    assert coverage(new_machine(), native_scope(kind="ResourceGroup", resourceGroupName="rg-other")) == {"vm-a": "fail"}


STARTS = [schedule(), schedule("late", recurrence="Week Saturday")]


def test_two_scopes_that_take_a_machine_of_the_stack_at_the_same_time_are_told() -> None:
    both = scope("one"), scope("two", LATE, osTypes=None, locations=["eastus"])
    assert taking(machine(**BY_USER), *STARTS, *both) == {"scope-same-start"}
    later = schedule("late", start="2027-01-02 23:00")
    assert taking(machine(**BY_USER), schedule(), later, *both) == {"scope-overlap"}
    assert taking(machine(**BY_USER), *STARTS, scope("one")) == set()
    assert taking(*STARTS, *both) == set()
    elsewhere = scope("two", LATE, subscriptionIds=[OTHER])
    assert taking(machine(**BY_USER), *STARTS, both[0], elsewhere) == set()


def test_a_scope_over_a_machine_that_is_hotpatched_or_not_ready_is_told() -> None:
    assert taking(machine(**HOTPATCHED), scope()) == {"scope-takes-hotpatched-machines"}
    assert taking(machine(), scope()) == {"scope-machines-ready"}
    assert taking(new_machine(), native_scope()) == {"scope-machines-ready"}
    assert taking(machine(**BY_USER), scope()) == set()
    assert taking(machine(**BY_USER), machine("vm-b"), scope(tagFilters={"ring": ["1"]}, osTypes=None)) == set()


def test_a_fleet_that_makes_a_machine_ready_makes_it_ready_for_scopes() -> None:
    made = new_machine()
    given = ours("FleetPatchSettings", "all", {"machineIds": (made.urn,)}, machineIds=[UNKNOWN], **READY)
    assert taking(made, native_scope()) == {"scope-machines-ready"}
    assert taking(made, given, native_scope()) == set()


def test_what_a_scope_may_take_fails_nothing_and_says_so() -> None:
    assert taking(new_machine(), scope()) == set()
    assert unknown(new_machine(), scope()) == {"scope-machines-ready"}
    assert unknown(machine(**HOTPATCHED), scope(osTypes=UNKNOWN)) == {"scope-takes-hotpatched-machines"}
    assert unknown(machine(**BY_USER), scope(osTypes=UNKNOWN)) == set()


def test_of_machines_that_no_inventory_shows_none_is_missed() -> None:
    told = {rule for _, rule in failures(judged(machine(), scope(osTypes=["Linux"], maxMachines=1)))}
    assert "scope-matches-machines" not in told
    shown = {
        "id": at("vm-old"),
        "location": "eastus",
        "properties": {"storageProfile": {"osDisk": {"osType": "Linux"}}},
    }
    both = estate(new_machine(), scope(), bodies=(shown,)).dynamic_scopes[0].facts
    assert (both.machines, both.all_machines, both.unready_machines) == (0, UNKNOWN, UNKNOWN)
    sure = estate(machine(), scope(), bodies=(shown,)).dynamic_scopes[0].facts
    assert (sure.machines, sure.all_machines, sure.unready_machines) == (1, 1, 1)


def test_a_machine_that_a_scope_may_take_has_no_forecast_of_windows() -> None:
    sure, maybe = (list(estate(machine(), *STARTS, one).members()) for one in (scope(), scope(locations=UNKNOWN)))
    assert sure[0].timetables is not UNKNOWN
    assert len(sure[0].timetables) == 1
    assert maybe[0].timetables is UNKNOWN
