"""The changes of a review: on which machines, what is different part by part, and what will happen."""

from typing import Any

import pytest

from pulumi_azure_hotpatch.engine.declared import Declared
from pulumi_azure_hotpatch.engine.logic import UNKNOWN
from pulumi_azure_hotpatch.report.markdown import markdown
from tests.report.reviews import GROUP, changed, declared, review, rows, vm

WEB = declared("compute:VirtualMachine", "web", vmName="vm-web-1", resourceGroupName="rg-contoso")
NIGHTS = f"{GROUP}/Microsoft.Maintenance/maintenanceConfigurations/nights"


@pytest.mark.parametrize(
    ("one", "machines"),
    [
        (WEB, "web"),
        (declared("ScheduleAssignment", "nights", {"machineId": (WEB.urn,)}, machineId=UNKNOWN), "web"),
        (declared("ScheduleAssignment", "nights", machineId=vm("vm-a"), scheduleId=NIGHTS), "vm-a"),
        (declared("PatchInstallation", "now", {"machineId": (WEB.urn,)}, machineId=UNKNOWN), "web"),
        (declared("PatchAssessment", "now", {"machineId": (WEB.urn,)}, machineId=UNKNOWN), "web"),
        (
            declared(
                *("maintenance:ConfigurationAssignment", "nights", {"resourceName": (WEB.urn,)}),
                providerName="Microsoft.Compute",
                resourceType="virtualMachines",
                resourceName=UNKNOWN,
                resourceGroupName="rg-contoso",
            ),
            "web",
        ),
        (declared("FleetPatchSettings", "f", matched=[vm("vm-a"), vm("vm-b")]), "vm-a, vm-b"),
        (
            declared("FleetPatchSettings", "f", {"machineIds": (WEB.urn,)}, machineIds=[vm("vm-a"), UNKNOWN]),
            "vm-a, web",
        ),
        (declared("FleetPatchSettings", "f", machineIds=[vm("vm-a"), UNKNOWN]), "vm-a and others, *known later*"),
        (declared("FleetPatchSettings", "f", query="resources"), "*known later*"),
        (declared("DynamicScope", "d", matchingMachines=[vm("vm-a")], matchingCount=120.0), "vm-a and 119 more"),
        (declared("DynamicScope", "d"), "*known later*"),
        (declared("PatchRollout", "r", rings=[{"name": "a", "machineIds": [vm("vm-a")]}]), "vm-a"),
        (
            declared("PatchRollout", "r", rings=[{"name": "all", "rest": True}], machineIds=[UNKNOWN]),
            "*known later*",
        ),
        (
            declared(
                *("PatchRollout", "r"),
                rings=[{"name": "all", "rest": True}],
                machineIds=[vm("vm-a"), vm("vm-b")],
                exclude=UNKNOWN,
            ),
            "*known later*",
        ),
        (declared("PreviewEnrollment", "e", features=["InGuestHotPatchVMPreview"]), ""),
    ],
    ids=lambda value: value.urn.split(":")[-3] if isinstance(value, Declared) else str(value),
)
def test_every_change_names_its_machines(one: Declared, machines: str) -> None:
    after = tuple(dict.fromkeys((WEB.urn, one.urn)))
    found = review(changed(one), after=tuple(each for each in (WEB, one) if each.urn in after))
    table = rows(markdown(found), "What changes")
    assert [row[2] for row in table] == [machines]


def test_machines_that_join_and_leave_are_told_with_a_sign() -> None:
    old, new = [vm("vm-a"), vm("vm-c")], [vm("VM-A"), vm("vm-b")]
    fleet = declared("FleetPatchSettings", "f", matched=new)
    (row,) = rows(markdown(review(changed(fleet, "update", ("matched", old, new)))), "What changes")
    assert row[3] == "matched: + vm-b / - vm-c"


def test_machines_of_one_name_in_two_groups_are_told_by_their_ids() -> None:
    old, new = [vm("web")], [vm("web").replace("rg-contoso", "rg-other")]
    fleet = declared("FleetPatchSettings", "f", machineIds=new)
    (row,) = rows(markdown(review(changed(fleet, "update", ("machineIds", old, new)))), "What changes")
    assert "resourceGroups/rg-other/" in row[3]
    assert "resourceGroups/rg-contoso/" in row[3]


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        (
            "osProfile",
            {"computerName": "x" * 90, "windowsConfiguration": {"patchSettings": {"patchMode": "Manual"}}},
            {"computerName": "x" * 90, "windowsConfiguration": {"patchSettings": {"patchMode": "AutomaticByPlatform"}}},
            "osProfile.windowsConfiguration.patchSettings.patchMode: Manual → AutomaticByPlatform",
        ),
        (
            "rings",
            [{"name": "canary", "deferralDays": 0}, {"name": "broad", "deferralDays": 3}],
            [{"name": "canary", "deferralDays": 0}, {"name": "broad", "deferralDays": 7}],
            "rings.broad.deferralDays: 3 → 7",
        ),
        ("scheduleId", NIGHTS, NIGHTS.replace("nights", "days"), "scheduleId: nights → days"),
        ("osTypes", None, ["Windows"], "osTypes: + Windows"),
        ("query", f"{'q' * 200} Manual", f"{'q' * 200} Auto", f"query: …{'q' * 19} Manual → …{'q' * 19} Auto"),
        ("locations", ["eastus", "westus"], ["westus", "eastus"], "locations: eastus, westus → westus, eastus"),
        ("machineIds", [vm("vm-a")], [vm("vm-a"), UNKNOWN], "machineIds: + *known later*"),
    ],
)
def test_a_change_is_told_where_it_is(name: str, old: Any, new: Any, told: str) -> None:
    one = declared("FleetPatchSettings", "f", **{name: new})
    (row,) = rows(markdown(review(changed(one, "update", (name, old, new)))), "What changes")
    assert row[3] == told


def test_what_is_new_is_told_as_it_is_declared() -> None:
    nights = declared("MaintenanceSchedule", "nights", scheduleName="nights")
    scope = declared(
        *("DynamicScope", "web", {"scheduleId": (nights.urn,)}),
        assignmentName="web",
        scheduleId=UNKNOWN,
        tagFilters={"ring": ["1", "2"]},
        matchingCount=0,
        matchingMachines=[],
    )
    (row,) = rows(markdown(review(changed(scope), after=(nights, scope))), "What changes")
    assert row[3:] == [
        "scheduleId: nights<br>tagFilters.ring: 1, 2",
        "takes 0 machines now; Azure decides anew at every run",
    ]


def test_what_will_happen_to_a_fleet_is_told_with_what_happened_before() -> None:
    old, new = ["2 machines: Nothing patches it."], ["2 machines: Azure patches it."]
    fleet = declared("FleetPatchSettings", "f", matched=[vm("vm-a"), vm("vm-b")], outcomes=new)
    (row,) = rows(markdown(review(changed(fleet, "update", ("outcomes", old, new)))), "What changes")
    assert row[3:] == ["", "2 machines: Azure patches it.<br><sub>before: 2 machines: Nothing patches it.</sub>"]


def test_of_resources_that_are_not_patching_s_nothing_is_said_but_their_change() -> None:
    bucket = Declared("urn:pulumi:dev::contoso::aws:s3/bucket:Bucket::logs", "aws:s3/bucket:Bucket", {"name": "logs"})
    (row,) = rows(markdown(review(changed(bucket))), "What changes")
    assert row[1:] == ["logs <sub>Bucket</sub>", "", "", ""]


def test_a_deleted_assignment_names_its_machine() -> None:
    one = declared("ScheduleAssignment", "nights", machineId=vm("vm-a"), scheduleId=NIGHTS)
    (row,) = rows(markdown(review(changed(one, "delete"))), "What changes")
    assert row == ["**delete**", "nights <sub>ScheduleAssignment</sub>", "vm-a", "", ""]
