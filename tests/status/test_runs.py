"""Runs of maintenance schedules: listed, and one of them cancelled."""

import pytest

from azure_patch_simulator import SUBSCRIPTION_ID
from pulumi_azure_hotpatch.errors import ArmError, InvalidInput
from pulumi_azure_hotpatch.observing.runs import cancel_run, maintenance_runs
from tests.handlers.machines import GROUP
from tests.status.observed import fleet, instant, vm, windows
from tests.support.simulated import Azure

SCHEDULE = f"{GROUP}/providers/Microsoft.Maintenance/maintenanceConfigurations/weekly"
SCHEDULED = {
    "patchMode": "AutomaticByPlatform",
    "automaticByPlatformSettings": {"bypassPlatformSafetyChecksOnUserSchedule": True},
}
BODY = {
    "location": "eastus",
    "properties": {
        "maintenanceScope": "InGuestPatch",
        "extensionProperties": {"InGuestPatchMode": "User"},
        "maintenanceWindow": {
            "startDateTime": "2025-10-01 03:00",
            "duration": "03:00",
            "timeZone": "UTC",
            "recurEvery": "Week Saturday",
        },
        "installPatches": {
            "rebootSetting": "IfRequired",
            "windowsParameters": {"classificationsToInclude": ["Critical", "Security"]},
        },
    },
}
OPENS = "2025-10-25T03:00:00+00:00"


def scheduled(until: str) -> Azure:
    """Two machines with a schedule on Saturday mornings."""
    azure = fleet(*(windows(name, SCHEDULED, "2022-datacenter-g2") for name in ("vm-1", "vm-2")))
    assert azure.ask("PUT", SCHEDULE, BODY).status == 200
    for name in ("vm-1", "vm-2"):
        body = {"location": "eastus", "properties": {"maintenanceConfigurationId": SCHEDULE}}
        tail = "providers/Microsoft.Maintenance/configurationAssignments/weekly"
        assert azure.ask("PUT", f"{vm(name)}/{tail}", body).status == 200
    azure.simulator.clock.advance_to(instant(until))
    return azure


def test_runs_are_listed_the_latest_first() -> None:
    azure = scheduled("2025-10-26T08:00")
    rows = maintenance_runs(azure.runtime.azure, [SUBSCRIPTION_ID])
    assert azure.take() == ["ResourceGraph_Resources"]
    done = [row for row in rows if row["machine"] is not None]
    assert sorted(str(row["machine"]).rpartition("/")[2] for row in done) == ["vm-1", "vm-2"]
    assert {(row["status"], row["started"]) for row in done} == {("Succeeded", OPENS)}
    assert {str(row["schedule"]).casefold() for row in rows} == {SCHEDULE.casefold()}
    started = [str(row["started"]) for row in rows]
    assert started == sorted(started, reverse=True)


def test_runs_of_one_schedule_can_be_asked_for() -> None:
    azure = scheduled("2025-10-26T08:00")
    assert maintenance_runs(azure.runtime.azure, [SUBSCRIPTION_ID], schedule=SCHEDULE.upper())
    assert maintenance_runs(azure.runtime.azure, [SUBSCRIPTION_ID], schedule=f"{SCHEDULE}-2") == []


def test_an_announced_run_is_cancelled_and_patches_nothing() -> None:
    azure = scheduled("2025-10-25T02:30")
    (announced,) = maintenance_runs(azure.runtime.azure, [SUBSCRIPTION_ID])
    assert (announced["machine"], announced["status"], announced["started"]) == (None, "Pending", OPENS)
    row = cancel_run(azure.runtime.azure, announced["run"])
    assert row["status"] == "Cancelled"
    assert row["run"].casefold() == announced["run"].casefold()
    azure.simulator.clock.advance_to(instant("2025-10-26T08:00"))
    assert all(row["status"] == "Cancelled" for row in maintenance_runs(azure.runtime.azure, [SUBSCRIPTION_ID]))


def test_a_run_that_is_about_to_begin_is_refused_in_azures_words() -> None:
    azure = scheduled("2025-10-25T02:55")
    (announced,) = maintenance_runs(azure.runtime.azure, [SUBSCRIPTION_ID])
    with pytest.raises(ArmError, match=r"maintenance run '\d+': could not cancel it: SimulatorRuleCancelTooLate"):
        cancel_run(azure.runtime.azure, announced["run"])


@pytest.mark.parametrize(
    ("run", "says"),
    [
        (SCHEDULE, "is not the id of a maintenance run"),
        (f"{vm('vm-1')}/providers/Microsoft.Maintenance/applyUpdates/1", "is the run on one machine"),
        ("20251025030000", "is not an Azure resource id"),
    ],
)
def test_what_cannot_be_cancelled_is_refused_before_anything_is_asked(run: str, says: str) -> None:
    azure = fleet(windows("vm-1"))
    with pytest.raises(InvalidInput, match=says):
        cancel_run(azure.runtime.azure, run)
    assert azure.calls() == []
