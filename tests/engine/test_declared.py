"""Declared stacks: what Pulumi resources make of an estate, and what is known before Azure has named anything."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from pulumi_azure_hotpatch.engine.declared import Declared
from pulumi_azure_hotpatch.engine.declared_estate import Stack
from pulumi_azure_hotpatch.engine.estate import Estate
from pulumi_azure_hotpatch.engine.facts import PATCH_FIELDS, Machine
from pulumi_azure_hotpatch.engine.judgement import Judgement, cases, judge_cases
from pulumi_azure_hotpatch.engine.logic import UNKNOWN
from pulumi_azure_hotpatch.models.virtual_machine_patch_settings import VirtualMachinePatchSettingsInputs

AS_OF = datetime(2026, 11, 22, tzinfo=UTC)
SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-contoso/providers"
WEB = f"{GROUP}/Microsoft.Compute/virtualMachines/vm-web-1"
NIGHTS = f"{GROUP}/Microsoft.Maintenance/maintenanceConfigurations/nights"
IMAGE = {"publisher": "MicrosoftWindowsServer", "offer": "WindowsServer", "sku": "2025-datacenter-azure-edition"}
WINDOW = {"start": "2027-01-02 22:00", "duration": "03:00", "timeZone": "Europe/Berlin", "recurrence": "Week Saturday"}


def urn(kind: str, name: str) -> str:
    return f"urn:pulumi:dev::contoso::{kind}::{name}"


def ours(kind: str, name: str, depends_on: Mapping[str, tuple[str, ...]] | None = None, **inputs: Any) -> Declared:
    token = f"pulumi-python:dynamic/azurehotpatch:{kind}"
    return Declared(urn(token, name), token, inputs, None, depends_on or {})


def native(
    kind: str, name: str, id: str | None = None, depends_on: Mapping[str, tuple[str, ...]] | None = None, **inputs: Any
) -> Declared:
    token = f"azure-native:{kind}"
    return Declared(urn(token, name), token, inputs, id, depends_on or {})


def settings(name: str = "web", machine: Any = WEB, **inputs: Any) -> Declared:
    return ours("VirtualMachinePatchSettings", name, virtualMachineId=machine, **inputs)


def schedule(name: str = "nights", **inputs: Any) -> Declared:
    place = {"subscriptionId": SUBSCRIPTION, "resourceGroupName": "rg-contoso", "scheduleName": name}
    selection = {"windows": {"classificationsToInclude": ["Critical", "Security"]}, "location": "eastus"}
    return ours("MaintenanceSchedule", name, **{**WINDOW, **place, **selection, **inputs})


def virtual_machine(name: str, id: str | None = None, **patch_settings: Any) -> Declared:
    configuration = {"provisionVMAgent": True, "patchSettings": patch_settings}
    return native(
        "compute/v20240301:VirtualMachine",
        name,
        id,
        vmName=name,
        resourceGroupName="rg-contoso",
        location="eastus",
        storageProfile={"imageReference": IMAGE, "osDisk": {"osType": "Windows"}},
        osProfile={"windowsConfiguration": configuration, "adminPassword": UNKNOWN},
        zones=UNKNOWN,
    )


def estate(*declared: Declared, bodies: tuple[object, ...] = ()) -> Estate:
    return Stack(declared).estate(bodies, as_of=AS_OF)


def judged(*declared: Declared, bodies: tuple[object, ...] = ()) -> list[Judgement]:
    stack = Stack(declared)
    return list(judge_cases((*cases(stack.estate(bodies, as_of=AS_OF)), *stack.declarations())))


def failures(found: list[Judgement]) -> set[tuple[str, str]]:
    return {(one.resource, one.finding.rule) for one in found if one.finding.verdict == "fail"}


def test_settings_of_an_unseen_machine_are_all_that_is_known_of_it() -> None:
    (entry,) = estate(settings(enableHotpatching=True, rebootSetting=UNKNOWN)).machines
    assert entry.resource == WEB
    wanted = {"enable_hotpatching": True, "reboot_setting": UNKNOWN}
    assert entry.facts == Machine.unseen(WEB).with_settings(wanted)


def test_every_patch_field_has_the_wire_s_name() -> None:
    wire = {
        field.alias: name
        for name, field in VirtualMachinePatchSettingsInputs.model_fields.items()
        if name in PATCH_FIELDS
    }
    for alias, name in wire.items():
        value = True if name in ("enable_hotpatching", "bypass_platform_safety_checks_on_user_schedule") else "given"
        given: dict[str, Any] = {str(alias): value}
        (entry,) = estate(settings(**given)).machines
        assert getattr(entry.facts.settings, name) == value


def test_settings_change_what_an_inventory_shows_of_the_machine() -> None:
    body = {
        "id": WEB.lower(),
        "name": "vm-web-1",
        "storageProfile": {"imageReference": IMAGE, "osDisk": {"osType": "Windows"}},
        "osProfile": {
            "windowsConfiguration": {"provisionVMAgent": True, "patchSettings": {"patchMode": "AutomaticByPlatform"}}
        },
    }
    bypass = settings(enableHotpatching=True, bypassPlatformSafetyChecksOnUserSchedule=True)
    assert failures(judged(bypass, bodies=(body,))) == {(WEB.lower(), "hotpatch-forbids-bypass")}


def test_a_machine_that_azure_has_not_named_goes_by_its_urn_and_so_do_its_settings_and_assignment() -> None:
    machine = virtual_machine("vm-new-1", patchMode="AutomaticByPlatform")
    on_it = {"virtualMachineId": (machine.urn,), "machineId": (machine.urn,)}
    given = ours(
        "VirtualMachinePatchSettings",
        "new",
        on_it,
        virtualMachineId=UNKNOWN,
        enableHotpatching=True,
        patchMode="Manual",
    )
    nights = schedule()
    assigned = ours("ScheduleAssignment", "new", on_it, machineId=UNKNOWN, scheduleId=NIGHTS)
    found = judged(machine, given, nights, assigned)
    assert failures(found) == {
        (machine.urn, "hotpatch-needs-platform-mode"),
        # A new Windows VM updates itself unless it is told otherwise.
        (machine.urn, "manual-needs-no-automatic-updates"),
        (assigned.urn, "assignment-needs-platform-mode"),
        (assigned.urn, "assignment-on-hotpatched-machine"),
    }
    assert not any("not-known-yet" in one.resource for one in found)


def test_a_machine_that_azure_has_named_keeps_its_id() -> None:
    (entry,) = estate(virtual_machine("vm-web-1", WEB, patchMode="Manual", enableHotpatching=True)).machines
    assert (entry.resource, entry.facts.settings.patch_mode) == (WEB, "Manual")


def test_settings_of_a_machine_of_which_nothing_is_known_still_break_rules() -> None:
    given = settings(machine=UNKNOWN, enableHotpatching=True, patchMode="Manual")
    assert failures(judged(given)) == {(given.urn, "hotpatch-needs-platform-mode")}


def test_an_assignment_is_joined_with_the_schedule_that_its_input_comes_from() -> None:
    nights = schedule(rebootSetting="Always")
    machine = settings(patchMode="AutomaticByPlatform", bypassPlatformSafetyChecksOnUserSchedule=True)
    assigned = ours(
        "ScheduleAssignment",
        "web",
        {"machineId": (machine.urn,), "scheduleId": (nights.urn,)},
        machineId=UNKNOWN,
        scheduleId=UNKNOWN,
    )
    (entry,) = estate(assigned, machine, nights).assignments
    assert entry.resource == f"{WEB}/providers/Microsoft.Maintenance/configurationAssignments/nights"
    assert entry.facts.schedule is not None
    assert (entry.facts.schedule.name, entry.facts.schedule.reboot_setting) == ("nights", "Always")
    assert entry.facts.machine.settings.bypass_platform_safety_checks_on_user_schedule is True


def test_two_assignments_whose_schedules_are_not_known_stay_two() -> None:
    first, second = (ours("ScheduleAssignment", name, machineId=WEB, scheduleId=UNKNOWN) for name in ("one", "two"))
    found = estate(first, second)
    assert [entry.resource for entry in found.assignments] == [first.urn, second.urn]


def test_a_schedule_without_a_subscription_goes_by_its_urn() -> None:
    nights = schedule(subscriptionId=None, duration="05:00")
    assert failures(judged(nights)) == {(nights.urn, "schedule-duration")}
    assert estate(nights).schedules[0].facts.name == "nights"


@pytest.mark.parametrize(
    ("inputs", "open_fields"),
    [
        ({"windows": UNKNOWN}, {"schedule-selects-something"}),
        ({"resourceGroupName": UNKNOWN}, {"schedule-name-length"}),
        ({"scheduleName": UNKNOWN}, {"schedule-name-length"}),
        ({"start": UNKNOWN}, {"schedule-start", "schedule-before-midnight"}),
        ({"timeZone": UNKNOWN}, {"schedule-time-zone"}),
    ],
)
def test_what_is_not_known_of_a_schedule_leaves_its_rules_open(inputs: dict[str, Any], open_fields: set[str]) -> None:
    found = judged(schedule(**inputs))
    assert failures(found) == set()
    assert {one.finding.rule for one in found if one.finding.verdict == "unknown"} >= open_fields


def test_azure_native_s_schedules_and_assignments_count_too() -> None:
    window: dict[str, Any] = {
        "startDateTime": "2027-01-02 22:00",
        "duration": "04:30",
        "timeZone": "UTC",
        "recurEvery": "Week Sunday",
    }
    nights = native(
        "maintenance:MaintenanceConfiguration",
        "nights",
        resourceName="nights",
        resourceGroupName="rg-contoso",
        maintenanceScope="InGuestPatch",
        extensionProperties={"InGuestPatchMode": "User"},
        installPatches={"windowsParameters": {"classificationsToInclude": ["Security"]}},
        **window,
    )
    target = {"providerName": "Microsoft.Compute", "resourceType": "virtualMachines", "resourceName": "vm-web-1"}
    assigned = native(
        "maintenance:ConfigurationAssignment",
        "web",
        depends_on={"maintenanceConfigurationId": (nights.urn,)},
        resourceGroupName="rg-contoso",
        configurationAssignmentName="nights",
        maintenanceConfigurationId=UNKNOWN,
        **target,
    )
    found = judged(nights, assigned, settings(patchMode="Manual"))
    assert (nights.urn, "schedule-duration") in failures(found)
    (entry,) = estate(nights, assigned).assignments
    assert (entry.resource, entry.facts.machine_type) == (assigned.urn, "Microsoft.Compute/virtualMachines")
    assert entry.facts.schedule is not None
    assert entry.facts.schedule.name == "nights"
    by_id = native("maintenance:ConfigurationAssignment", "web", resourceId=WEB, maintenanceConfigurationId=NIGHTS)
    found = judged(by_id, settings(patchMode="Manual"))
    assert (by_id.urn, "assignment-needs-platform-mode") in failures(found)


def test_azure_native_s_dynamic_scopes_count_too() -> None:
    scope = native(
        "maintenance:ConfigurationAssignmentsForResourceGroup",
        "by-os",
        resourceGroupName="rg-contoso",
        maintenanceConfigurationId=NIGHTS,
        filter={"osTypes": ["Windws"], "locations": ["eastus"]},
    )
    (entry,) = estate(scope).dynamic_scopes
    assert (entry.resource, entry.facts.resource_group_name) == (scope.urn, "rg-contoso")
    assert entry.facts.wrong_os_type == "Windws"


def test_preview_features_are_judged_by_what_is_known_of_them() -> None:
    enrolment = ours(
        "PreviewEnrollment", "previews", subscriptionId=SUBSCRIPTION, features=["InGuestPatchVMPreview", UNKNOWN]
    )
    entry, later = estate(enrolment).features
    assert (later.facts.name, later.facts.retired) == (UNKNOWN, UNKNOWN)
    assert (
        entry.resource
        == f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Features/featureProviders/Microsoft.Compute"
    )
    assert (entry.facts.name, entry.facts.state, entry.facts.retired) == ("InGuestPatchVMPreview", UNKNOWN, True)
    (entry,) = estate(ours("PreviewEnrollment", "later", features=UNKNOWN)).features
    assert (entry.facts.name, entry.facts.retired) == (UNKNOWN, UNKNOWN)


TWICE = {
    "vm-settings-declared-twice": (settings("one"), settings("two", machine=WEB.upper())),
    "schedule-declared-twice": (schedule(), ours("MaintenanceSchedule", "again", **schedule().inputs)),
    "assignment-declared-twice": tuple(
        ours("ScheduleAssignment", name, machineId=WEB, scheduleId=NIGHTS) for name in ("one", "two")
    ),
    "feature-declared-twice": tuple(
        ours("PreviewEnrollment", name, subscriptionId=SUBSCRIPTION, features=["InGuestPatchVMPreview"])
        for name in ("one", "two")
    ),
}


@pytest.mark.parametrize("rule", TWICE)
def test_what_two_resources_claim_is_declared_twice_and_what_one_claims_is_not(rule: str) -> None:
    one, two = TWICE[rule]
    assert rule in {found for _, found in failures(judged(one, two))}
    passed = {found.finding.rule for found in judged(one) if found.finding.verdict == "pass"}
    assert rule in passed


def test_settings_that_set_nothing_are_empty() -> None:
    assert (WEB, "vm-settings-empty") in failures(judged(settings()))
    assert (WEB, "vm-settings-empty") not in failures(judged(settings(patchMode=UNKNOWN)))


def test_resources_that_do_not_matter_do_not_matter() -> None:
    other = Declared(urn("random:RandomPet", "pet"), "random:index/randomPet:RandomPet", {"length": 2})
    assert estate(other) == Estate.from_bodies([], as_of=AS_OF)


def test_inputs_that_refer_to_each_other_in_a_circle_end() -> None:
    first, second = (
        urn("pulumi-python:dynamic/azurehotpatch:VirtualMachinePatchSettings", "a"),
        urn("pulumi-python:dynamic/azurehotpatch:VirtualMachinePatchSettings", "b"),
    )
    token = "pulumi-python:dynamic/azurehotpatch:VirtualMachinePatchSettings"
    circle = [
        Declared(one, token, {"virtualMachineId": UNKNOWN}, None, {"virtualMachineId": (other,)})
        for one, other in ((first, second), (second, first))
    ]
    assert len(Stack(circle).estate(as_of=AS_OF).machines) >= 1
