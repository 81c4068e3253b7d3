"""Which actions a stack needs where, and what a role gives."""

from typing import Any

import pytest

from pulumi_azure_hotpatch.engine.declared import Declared
from pulumi_azure_hotpatch.engine.permissions import Permission, Place, is_allowed, needs

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
OTHER = "00000000-0000-0000-0000-000000000002"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-contoso/providers"
VM = f"{GROUP}/Microsoft.Compute/virtualMachines/vm-web-1"
SERVER = f"{GROUP}/Microsoft.HybridCompute/machines/srv-1"
SCHEDULE = (
    f"/subscriptions/{OTHER}/resourceGroups/rg-schedules/providers/Microsoft.Maintenance/"
    "maintenanceConfigurations/patch-tuesday"
)


def declared(kind: str, name: str = "it", **inputs: Any) -> Declared:
    token = f"pulumi-python:dynamic/azurehotpatch:{kind}"
    return Declared(urn=f"urn:pulumi:dev::contoso::{token}::{name}", type=token, inputs=inputs)


def actions(*stack: Declared, subscription: str | None = SUBSCRIPTION) -> set[tuple[str, str | None, str]]:
    return {(*need.place, need.action) for need in needs(stack, subscription)}


def here(*wanted: str) -> set[tuple[str, str | None, str]]:
    return {(SUBSCRIPTION, "rg-contoso", action) for action in wanted}


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (
            declared("VirtualMachinePatchSettings", virtualMachineId=VM),
            here("Microsoft.Compute/virtualMachines/read", "Microsoft.Compute/virtualMachines/write"),
        ),
        (
            declared("ArcMachinePatchSettings", machineId=SERVER),
            here("Microsoft.HybridCompute/machines/read", "Microsoft.HybridCompute/machines/write"),
        ),
        (
            declared("PatchAssessment", machineId=SERVER),
            here(
                "Microsoft.HybridCompute/machines/read",
                "Microsoft.HybridCompute/machines/assessPatches/action",
                "Microsoft.HybridCompute/locations/updateCenterOperationResults/read",
            ),
        ),
        (
            declared("PatchInstallation", machineId=VM, startIfOff=True),
            here(
                "Microsoft.Compute/virtualMachines/read",
                "Microsoft.Compute/virtualMachines/installPatches/action",
                "Microsoft.Compute/locations/operations/read",
                "Microsoft.Insights/eventtypes/values/read",
                "Microsoft.Compute/virtualMachines/start/action",
                "Microsoft.Compute/virtualMachines/deallocate/action",
                "Microsoft.Compute/virtualMachines/powerOff/action",
            ),
        ),
        (
            declared(
                "PatchRollout", machineIds=[VM], rings=[{"name": "canary", "machineIds": [SERVER]}, {"rest": True}]
            ),
            here(
                "Microsoft.Compute/virtualMachines/read",
                "Microsoft.Compute/virtualMachines/installPatches/action",
                "Microsoft.Compute/locations/operations/read",
                "Microsoft.HybridCompute/machines/read",
                "Microsoft.HybridCompute/machines/installPatches/action",
                "Microsoft.HybridCompute/locations/updateCenterOperationResults/read",
                "Microsoft.Insights/eventtypes/values/read",
            ),
        ),
        (
            declared("ScheduleAssignment", machineId=VM, scheduleId=SCHEDULE),
            here(
                "Microsoft.Compute/virtualMachines/read",
                "Microsoft.Maintenance/configurationAssignments/read",
                "Microsoft.Maintenance/configurationAssignments/write",
                "Microsoft.Maintenance/configurationAssignments/delete",
            )
            | {(OTHER, "rg-schedules", "Microsoft.Maintenance/maintenanceConfigurations/read")},
        ),
        (
            declared("PreviewEnrollment", features=["InGuestPatchVMPreview"], onDestroy="restore"),
            {
                (SUBSCRIPTION, None, "Microsoft.Features/providers/features/read"),
                (SUBSCRIPTION, None, "Microsoft.Features/providers/features/register/action"),
                (SUBSCRIPTION, None, "Microsoft.Features/providers/features/unregister/action"),
                (SUBSCRIPTION, None, "Microsoft.Compute/register/action"),
            },
        ),
        (
            declared("FleetPatchSettings", machineIds=[VM], matched=[VM.replace("web", "api")]),
            here("Microsoft.Compute/virtualMachines/read", "Microsoft.Compute/virtualMachines/write"),
        ),
        (
            declared(
                "DynamicScope",
                subscriptionIds=[SUBSCRIPTION],
                resourceGroupIds=[f"/subscriptions/{OTHER}/resourceGroups/rg-app"],
                scheduleId=SCHEDULE,
            ),
            {
                (*place, f"Microsoft.Maintenance/configurationAssignments/{verb}")
                for place in ((SUBSCRIPTION, None), (OTHER, "rg-app"))
                for verb in ("read", "write", "delete")
            }
            | {(OTHER, "rg-schedules", "Microsoft.Maintenance/maintenanceConfigurations/read")},
        ),
        (declared("VirtualMachinePatchSettings"), set()),
        (declared("VirtualMachinePatchSettings", virtualMachineId="vm-web-1"), set()),
    ],
)
def test_a_resource_needs_what_its_verbs_do(one: Declared, expected: set[tuple[str, str | None, str]]) -> None:
    assert actions(one) == expected


def test_a_schedule_is_needed_where_it_lives() -> None:
    schedule = declared("MaintenanceSchedule", resourceGroupName="rg-b", subscriptionId=OTHER)
    found = actions(schedule, subscription=None)
    assert {(subscription, group) for subscription, group, _ in found} == {(OTHER, "rg-b")}


def test_resources_with_one_need_are_named_together() -> None:
    stack = [
        declared("VirtualMachinePatchSettings", "web", virtualMachineId=VM),
        declared("VirtualMachinePatchSettings", "api", virtualMachineId=VM.replace("web", "api")),
    ]
    read, _ = needs(stack, None)
    assert (read.place, read.resources) == (Place(SUBSCRIPTION, "rg-contoso"), ("web", "api"))


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        (Permission(("*",)), True),
        (Permission(("Microsoft.Compute/virtualMachines/*",)), True),
        (Permission(("microsoft.compute/VIRTUALMACHINES/Read",)), True),
        (Permission(("*/read",)), True),
        (Permission(("Microsoft.Compute/virtualMachines/write",)), False),
        (Permission(("Microsoft.Compute/virtualMachines",)), False),
        (Permission(("*",), ("Microsoft.Compute/*",)), False),
        (Permission(), False),
    ],
)
def test_wildcards_give_and_take_away(role: Permission, allowed: bool) -> None:
    assert role.allows("Microsoft.Compute/virtualMachines/read") is allowed


def test_what_one_role_takes_away_another_still_gives() -> None:
    roles = [Permission(("*",), ("Microsoft.Compute/*",)), Permission.from_arm({"actions": ["*/read"]})]
    assert is_allowed("Microsoft.Compute/virtualMachines/read", roles)
    assert not is_allowed("Microsoft.Compute/virtualMachines/write", roles)
