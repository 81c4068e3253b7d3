"""Fleets, schedules and azure-native's assignments over machines that the same stack makes."""

from __future__ import annotations

from typing import Any

import pytest

from pulumi_azure_hotpatch.engine.coverage import coverage_cases
from pulumi_azure_hotpatch.engine.declared import Declared
from pulumi_azure_hotpatch.engine.declared_estate import Stack
from pulumi_azure_hotpatch.engine.judgement import cases, judge_cases
from pulumi_azure_hotpatch.engine.logic import UNKNOWN
from tests.engine.test_declared import AS_OF, GROUP, IMAGE, NIGHTS, SUBSCRIPTION, estate, failures, judged, native, ours

READY: dict[str, Any] = {"patchMode": "AutomaticByPlatform", "bypassPlatformSafetyChecksOnUserSchedule": True}


def new_machine(name: str = "vm-a", patch_mode: str | None = "Manual", **inputs: Any) -> Declared:
    """A Windows VM whose subscription nothing says; None leaves its name to Azure."""
    return native(
        "compute:VirtualMachine",
        name,
        **{
            "vmName": name,
            "resourceGroupName": "rg-contoso",
            "location": "eastus",
            "storageProfile": {"imageReference": IMAGE},
            "osProfile": {"windowsConfiguration": {"patchSettings": {"patchMode": patch_mode}}},
            **inputs,
        },
    )


def fleet(members: Any = None, *sources: Declared, **inputs: Any) -> Declared:
    depends_on = {"machineIds": tuple(one.urn for one in sources)}
    return ours("FleetPatchSettings", "all", depends_on, fleetName="all", machineIds=members, **inputs)


def assigned_to(machine: Declared, by: str | None = None, **inputs: Any) -> Declared:
    """azure-native's assignment; `by` is the input that comes from the machine."""
    depends_on = {} if by is None else {by: (machine.urn,)}
    return native(
        "maintenance:ConfigurationAssignment",
        "nights",
        None,
        depends_on,
        **{"configurationAssignmentName": "nights", "maintenanceConfigurationId": NIGHTS, **inputs},
    )


def named(name: Any = "vm-a", **inputs: Any) -> dict[str, Any]:
    target = {"providerName": "Microsoft.Compute", "resourceType": "virtualMachines", "resourceName": name}
    return {**target, "resourceGroupName": "rg-contoso", **inputs}


def at(name: str = "vm-a") -> str:
    return f"{GROUP}/Microsoft.Compute/virtualMachines/{name}"


def coverage(*declared: Declared) -> dict[str, str]:
    """The verdicts on whether something patches each machine, by the machine's name."""
    stack = Stack(declared)
    found = judge_cases(coverage_cases(stack.estate(as_of=AS_OF)))
    return {one.resource.replace("::", "/").rpartition("/")[2]: one.finding.verdict for one in found}


def test_a_machine_that_nothing_patches_is_told() -> None:
    assert coverage(new_machine()) == {"vm-a": "fail"}


@pytest.mark.parametrize("members", [[UNKNOWN], UNKNOWN, [at()]])
@pytest.mark.parametrize("asked", [{"patchMode": "AutomaticByPlatform"}, {"scheduleId": NIGHTS, **READY}])
def test_a_fleet_s_settings_and_schedule_count_for_the_machine_whose_id_it_takes(members: Any, asked: Any) -> None:
    machine = new_machine()
    assert coverage(machine, fleet(members, machine, **asked)) == {"vm-a": "pass"}


def test_a_fleet_s_settings_are_judged_with_the_machine_that_they_are_for() -> None:
    machine = new_machine(patch_mode="AutomaticByPlatform")
    wrong = fleet([UNKNOWN], machine, enableHotpatching=True, patchMode="Manual")
    assert (machine.urn, "hotpatch-needs-platform-mode") in failures(judged(machine, wrong))
    known = fleet([at()], enableHotpatching=True, patchMode="Manual")
    assert Stack([machine, known]).urns_of(at()) == (machine.urn, known.urn)
    given = new_machine(), new_machine("vm-b")
    both = estate(*given, fleet([UNKNOWN, UNKNOWN], *given, patchMode="AutomaticByOS"))
    assert {entry.facts.settings.patch_mode for entry in both.machines} == {"AutomaticByOS"}


def test_several_known_ids_are_those_of_the_machines_of_those_names() -> None:
    first, second = new_machine(), new_machine("vm-b")
    known = fleet([at("vm-b"), at()], first, second, patchMode="AutomaticByPlatform")
    found = estate(first, second, known)
    assert {entry.resource for entry in found.machines} == {at(), at("vm-b")}
    assert coverage(first, second, known) == {"vm-a": "pass", "vm-b": "pass"}


def test_members_that_come_from_elsewhere_leave_it_open_for_every_machine() -> None:
    first, second = new_machine(), new_machine("vm-b")
    some = fleet([UNKNOWN, UNKNOWN], first, patchMode="AutomaticByPlatform")
    assert coverage(first, second, some) == {"vm-a": "pass", "vm-b": "unknown"}
    assert coverage(first, fleet([UNKNOWN], scheduleId=NIGHTS)) == {"vm-a": "unknown"}


def test_one_open_member_of_two_machines_may_be_either() -> None:
    first, second, third = new_machine(), new_machine("vm-b"), new_machine("vm-c")
    one_of = fleet([UNKNOWN], first, second, patchMode="AutomaticByPlatform")
    assert coverage(first, second, third, one_of) == {"vm-a": "unknown", "vm-b": "unknown", "vm-c": "fail"}


@pytest.mark.parametrize(
    ("chosen", "verdict"),
    [
        ({"osTypes": ["Windows"]}, "unknown"),
        ({"osTypes": ["Linux"]}, "fail"),
        ({"locations": ["West Europe"]}, "fail"),
        ({"query": "resources"}, "unknown"),
        ({"query": "resources", "matched": [at()]}, "pass"),
        ({"osTypes": UNKNOWN}, "unknown"),
        ({"allowWholeSubscription": True}, "unknown"),
        ({}, "fail"),
    ],
)
def test_a_fleet_that_looks_for_its_machines_may_find_those_of_the_stack(chosen: Any, verdict: str) -> None:
    assert coverage(new_machine(), fleet(patchMode="AutomaticByPlatform", **chosen)) == {"vm-a": verdict}


@pytest.mark.parametrize(
    ("chosen", "verdict"),
    [
        ({"osTypes": ["Windows"], "subscriptionIds": [SUBSCRIPTION]}, "pass"),
        ({"tagFilters": {"ring": ["1"]}, "subscriptionIds": [SUBSCRIPTION]}, "pass"),
        ({"tagFilters": {"ring": ["2"]}, "subscriptionIds": [SUBSCRIPTION]}, "fail"),
        ({"osTypes": ["Windows"], "subscriptionIds": [SUBSCRIPTION[:-1] + "2"]}, "fail"),
        ({"osTypes": ["Windows"], "subscriptionIds": [UNKNOWN]}, "unknown"),
        ({"query": "resources", "subscriptionIds": [SUBSCRIPTION[:-1] + "2"]}, "fail"),
    ],
)
def test_a_filter_is_evaluated_where_it_is_known_where_the_machine_is(chosen: Any, verdict: str) -> None:
    body = new_machine(tags={"Ring": "1"})
    machine = Declared(body.urn, body.type, body.inputs, at())
    assert coverage(machine, fleet(scheduleId=NIGHTS, **chosen)) == {"vm-a": verdict}


def test_what_a_fleet_may_change_of_a_machine_is_not_known() -> None:
    machine = new_machine()
    found = estate(machine, fleet(query="resources", patchMode="AutomaticByPlatform", enableHotpatching=UNKNOWN))
    (entry,) = found.machines
    settings = entry.facts.settings
    assert (settings.patch_mode, settings.enable_hotpatching, settings.assessment_mode) == (UNKNOWN, UNKNOWN, None)
    same = estate(machine, fleet(query="resources", patchMode="Manual"))
    assert [entry.facts.settings.patch_mode for entry in same.machines] == ["Manual"]


@pytest.mark.parametrize(
    "chosen", [{"machineIds": UNKNOWN}, {"machineIds": [UNKNOWN]}, {"query": "resources"}, {"osTypes": ["Windows"]}]
)
def test_a_fleet_is_no_machine_and_its_settings_are_judged_all_the_same(chosen: dict[str, Any]) -> None:
    alone = ours("FleetPatchSettings", "all", enableHotpatching=True, patchMode="Manual", scheduleId=NIGHTS, **chosen)
    found = estate(alone)
    assert (found.machines, list(found.members())) == ((), [])
    assert failures(judged(alone)) == {(alone.urn, "hotpatch-needs-platform-mode")}
    assert len(estate(alone, new_machine()).machines) == 1


def test_a_fleet_s_schedule_is_forecast_for_the_machine_of_the_stack() -> None:
    machine = new_machine()
    nights = ours("MaintenanceSchedule", "nights", resourceGroupName="rg-contoso", scheduleName="nights")
    window = {"start": "2027-01-02 22:00", "duration": "03:00", "timeZone": "UTC", "recurrence": "Week Saturday"}
    nights = Declared(nights.urn, nights.type, {**nights.inputs, **window})
    depends_on = {"machineIds": (machine.urn,), "scheduleId": (nights.urn,)}
    whole = ours("FleetPatchSettings", "all", depends_on, machineIds=[UNKNOWN], scheduleId=UNKNOWN, **READY)
    found = estate(machine, nights, whole)
    (member,) = found.members()
    assert member.timetables is not UNKNOWN
    assert len(member.timetables) == 1
    (assignment,) = found.assignments
    assert (assignment.resource, assignment.facts.same_subscription) == (whole.urn, UNKNOWN)


def test_machines_that_a_fleet_may_give_a_schedule_have_no_forecast_of_windows() -> None:
    (member,) = estate(new_machine(), fleet(query="resources", scheduleId=NIGHTS)).members()
    assert member.timetables is UNKNOWN


def test_a_literal_id_is_the_machine_s_of_that_group_and_name() -> None:
    literal = ours("ScheduleAssignment", "a", machineId=at().upper().replace("/SUBSCRIPTIONS/", "/subscriptions/"))
    literal = Declared(literal.urn, literal.type, {**literal.inputs, "scheduleId": NIGHTS})
    assert coverage(new_machine(), literal) == {"VM-A": "pass"}
    assert coverage(new_machine(resourceGroupName="rg-other"), literal)["vm-a"] == "fail"


def test_a_literal_id_of_a_machine_that_is_known_already_is_no_other_s() -> None:
    known = Declared("urn:pulumi:dev::contoso::azure-native:compute:VirtualMachine::x", new_machine().type, {}, at())
    literal = ours("ScheduleAssignment", "a", machineId=at(), scheduleId=NIGHTS)
    found = estate(known, new_machine(), literal)
    assert [entry.resource for entry in found.machines] == [at(), new_machine().urn]


def test_of_ids_in_two_subscriptions_neither_is_taken_for_the_machine_s() -> None:
    both = [ours("ScheduleAssignment", sub, machineId=at().replace(SUBSCRIPTION, sub)) for sub in ("s-1", "s-2")]
    assert estate(new_machine(), *both).machines[0].resource == new_machine().urn


@pytest.mark.parametrize(
    ("by", "inputs"),
    [
        (None, named()),
        (None, named("VM-A")),
        ("resourceName", named()),
        ("resourceName", named(UNKNOWN, resourceGroupName=UNKNOWN)),
        ("resourceId", {"resourceId": UNKNOWN}),
        ("resourceId", named(UNKNOWN, resourceId=UNKNOWN)),
        (None, {"resourceId": at()}),
    ],
)
def test_azure_native_s_assignment_joins_the_machine_that_it_names(by: str | None, inputs: dict[str, Any]) -> None:
    machine = new_machine()
    assigned = assigned_to(machine, by, **inputs)
    assert "fail" not in coverage(machine, assigned).values()
    told = {rule for _, rule in failures(judged(machine, assigned))}
    assert {"assignment-needs-platform-mode", "assignment-needs-bypass"} <= told
    (member,) = estate(machine, assigned).members()
    assert member.timetables is UNKNOWN


def test_azure_native_s_assignment_joins_a_machine_in_a_subscription_that_its_provider_says() -> None:
    body = new_machine()
    machine = Declared(body.urn, body.type, body.inputs, at())
    assigned = assigned_to(machine, None, **named())
    assert coverage(machine, assigned) == {"vm-a": "pass"}


@pytest.mark.parametrize(
    "inputs", [named("vm-b"), named(resourceGroupName="rg-other"), named(resourceType="virtualMachineScaleSets")]
)
def test_azure_native_s_assignment_to_something_else_joins_no_machine(inputs: dict[str, Any]) -> None:
    machine = new_machine()
    assert coverage(machine, assigned_to(machine, None, **inputs)) == {"vm-a": "fail"}


def test_of_two_machines_that_a_name_comes_from_the_one_of_that_name_is_meant() -> None:
    first, second = new_machine(), new_machine("vm-b")
    depends_on = {"resourceName": (first.urn, second.urn)}
    assigned = native(
        "maintenance:ConfigurationAssignment", "n", None, depends_on, maintenanceConfigurationId=NIGHTS, **named("vm-b")
    )
    assert coverage(first, second, assigned) == {"vm-a": "fail", "vm-b": "pass"}


@pytest.mark.parametrize("profile", [{"computerName": "web"}, {"computerName": "web", "windowsConfiguration": {}}])
def test_a_machine_of_a_windows_image_is_a_windows_machine_though_it_configures_nothing(profile: Any) -> None:
    machine = new_machine(osProfile=profile)
    (entry,) = estate(machine).machines
    facts = entry.facts
    assert (facts.os_type, facts.provision_vm_agent, facts.enable_automatic_updates) == ("Windows", True, True)
    assert coverage(machine) == {"vm-a": "fail"}
    judged_of = {one.finding.rule for one in judge_cases(cases(estate(machine))) if one.finding.verdict == "unknown"}
    assert judged_of == {
        one.finding.rule
        for one in judge_cases(cases(estate(new_machine(patch_mode=None))))
        if one.finding.verdict == "unknown"
    }


def test_the_system_of_an_image_that_nobody_knows_is_not_known() -> None:
    other = {"publisher": "contoso", "offer": "own", "sku": "1"}
    (entry,) = estate(new_machine(osProfile={}, storageProfile={"imageReference": other})).machines
    assert entry.facts.os_type is UNKNOWN
    configured: dict[str, Any] = {"windowsConfiguration": {}}
    (entry,) = estate(new_machine(osProfile=configured, storageProfile={"imageReference": other})).machines
    assert entry.facts.os_type == "Windows"
