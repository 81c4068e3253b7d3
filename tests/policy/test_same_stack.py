"""Machines, fleets, assignments and scopes of one stack in the real analyzer, with and without a subscription."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.policy.bags import SCHEDULE_ID
from tests.policy.stacks import BY_PLATFORM, BYPASS, assigned, on, ours, scope, vm
from tests.support.analyzer import IN_SUBSCRIPTION, SUBSCRIPTION, UNKNOWN, Analyzer, Resource

WEB = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/contoso/providers/Microsoft.Compute/virtualMachines/web"
READY: dict[str, Any] = {"patchMode": "AutomaticByPlatform", "bypassPlatformSafetyChecksOnUserSchedule": True}

signed_in = pytest.mark.parametrize("provider", [IN_SUBSCRIPTION, {}], ids=["told", "signed-in"])


def manual(provider: Any) -> Resource:
    return replace(vm(patching={"patchMode": "Manual"}), provider=provider)


def fleet(machine: Resource, **inputs: Any) -> Resource:
    given = ours("FleetPatchSettings", "all", fleetName="all", **inputs)
    return replace(given, depends_on={"machineIds": (machine.urn,)})


def by_name(**inputs: Any) -> Resource:
    given = {
        "providerName": "Microsoft.Compute",
        "resourceType": "virtualMachines",
        "resourceName": "web",
        "resourceGroupName": "contoso",
        "maintenanceConfigurationId": SCHEDULE_ID,
        **inputs,
    }
    return Resource("azure-native:maintenance:ConfigurationAssignment", given, "nights")


def policies(analyzer: Analyzer, *stack: Resource) -> set[str]:
    return {found.policy for found in analyzer.analyze_stack(stack)}


def asked(analyzer: Analyzer, *stack: Resource) -> bool:
    return "windows-vm-is-patched" in policies(analyzer, *stack)


@signed_in
@pytest.mark.parametrize("members", [[UNKNOWN], [WEB]], ids=["new", "known"])
@pytest.mark.parametrize("wanted", [{"patchMode": "AutomaticByPlatform"}, {"scheduleId": SCHEDULE_ID, **READY}])
def test_a_fleet_patches_the_machine_of_its_stack(
    provider: Any, members: list[str], wanted: dict[str, Any], analyzer: Analyzer
) -> None:
    machine = manual(provider)
    assert asked(analyzer, machine)
    assert not asked(analyzer, machine, fleet(machine, machineIds=members, **wanted))


@pytest.mark.parametrize("chosen", [{"osTypes": ["Windows"]}, {"query": "resources"}])
def test_a_fleet_that_may_find_the_machine_makes_no_violation(chosen: dict[str, Any], analyzer: Analyzer) -> None:
    machine = manual({})
    assert not asked(analyzer, machine, ours("FleetPatchSettings", "all", patchMode="AutomaticByPlatform", **chosen))


@signed_in
@pytest.mark.parametrize("by", [None, "resourceName", "resourceId"])
def test_azure_native_s_assignment_is_joined_with_its_machine(
    provider: Any, by: str | None, analyzer: Analyzer
) -> None:
    machine = manual(provider)
    given = {"resourceId": UNKNOWN} if by == "resourceId" else {}
    assignment = replace(by_name(**given), provider=provider)
    if by is not None:
        assignment = replace(assignment, depends_on={by: (machine.urn,)})
    told = policies(analyzer, machine, assignment)
    assert {"assignment-needs-platform-mode", "assignment-needs-bypass"} <= told
    assert "windows-vm-is-patched" not in told


def test_a_literal_id_is_the_machine_s_whose_subscription_only_the_sign_in_says(analyzer: Analyzer) -> None:
    assert not asked(analyzer, manual({}), assigned(machineId=WEB))
    assert asked(analyzer, manual({}), assigned(machineId=f"{WEB}-2"))


def test_a_machine_of_a_windows_image_without_a_configuration_is_judged(analyzer: Analyzer) -> None:
    for profile in ({"computerName": "web"}, {"computerName": "web", "windowsConfiguration": {}}):
        machine = vm()
        assert asked(analyzer, replace(machine, properties={**machine.properties, "osProfile": profile}))


def test_a_scope_leaves_open_the_machines_that_it_may_take_and_only_those(analyzer: Analyzer) -> None:
    machine = manual(IN_SUBSCRIPTION)
    assert not asked(analyzer, machine, scope())
    assert not asked(analyzer, machine, scope(osTypes=UNKNOWN))
    assert not asked(analyzer, manual({}), scope())
    assert asked(analyzer, machine, scope(osTypes=["Linux"]))
    assert asked(analyzer, machine, scope(subscriptionIds=[f"{SUBSCRIPTION[:-1]}2"]))


def test_a_scope_over_a_machine_that_a_fleet_makes_ready_is_not_spoken_of(analyzer: Analyzer) -> None:
    machine = manual(IN_SUBSCRIPTION)
    assert "scope-machines-ready" in policies(analyzer, machine, scope())
    assert "scope-machines-ready" not in policies(analyzer, machine, scope(), fleet(machine, machineIds=[WEB], **READY))
    by_user = vm(patching=BY_PLATFORM | BYPASS)
    assert "scope-machines-ready" not in policies(analyzer, by_user, on(assigned(), by_user), scope())
