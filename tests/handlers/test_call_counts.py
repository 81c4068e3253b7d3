"""How often Azure is asked for machines that are declared one at a time."""

from datetime import timedelta

from azure_patch_simulator import SUBSCRIPTION_ID, World
from azure_patch_simulator.inventory import windows_machine
from tests.handlers.stack import Stack
from tests.support.simulated import Azure

COUNT = 20
GROUP = f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/rg-contoso"
SCHEDULE = f"{GROUP}/providers/Microsoft.Maintenance/maintenanceConfigurations/monthly"
WINDOW = {"start": "2027-01-01 22:00", "duration": "03:00", "timeZone": "UTC", "recurrence": "1Month Second Tuesday"}
# The schedule's own GET and PUT, and for machines and assignments a few single reads, their lists, one query.
FOR_ALL = 10


def machine(number: int) -> str:
    return f"{GROUP}/providers/Microsoft.Compute/virtualMachines/vm-{number:03}"


def stack() -> Stack:
    bodies = [windows_machine(SUBSCRIPTION_ID, "rg-contoso", f"vm-{n:03}", "2022-datacenter") for n in range(COUNT)]
    azure = Azure(World.from_inventory(bodies))
    azure.simulator.world.settings.operation_time = timedelta(seconds=2)
    return Stack(azure)


def program() -> dict[str, tuple[str, dict[str, object]]]:
    schedule = {"resourceGroupName": "rg-contoso", "scheduleName": "monthly", "location": "eastus", **WINDOW}
    declared: dict[str, tuple[str, dict[str, object]]] = {
        "monthly": ("maintenance_schedule", {**schedule, "windows": {"classificationsToInclude": ["Security"]}})
    }
    for number in range(COUNT):
        settings: dict[str, object] = {
            "patchMode": "AutomaticByPlatform",
            "bypassPlatformSafetyChecksOnUserSchedule": True,
        }
        assignment: dict[str, object] = {"machineId": machine(number), "scheduleId": SCHEDULE}
        declared[f"settings-{number}"] = (
            "virtual_machine_patch_settings",
            {"virtualMachineId": machine(number), **settings},
        )
        declared[f"assignment-{number}"] = ("schedule_assignment", assignment)
    return declared


def test_a_first_run_makes_three_calls_a_machine() -> None:
    made = stack()
    made.up(program())
    calls = made.azure.take()
    for once in ("VirtualMachines_Update", "Operations_Get", "ConfigurationAssignments_CreateOrUpdate"):
        assert calls.count(once) == COUNT
    assert len(calls) <= 3 * COUNT + FOR_ALL


def test_a_run_without_changes_makes_no_call_at_all() -> None:
    made = stack()
    made.up(program())
    made.azure.take()
    assert made.up(program()) == []
    assert made.azure.take() == []


def test_a_refresh_of_many_machines_makes_a_handful_of_calls_and_sees_what_drifted() -> None:
    made = stack()
    made.up(program())
    edited = {"osProfile": {"windowsConfiguration": {"patchSettings": {"patchMode": "AutomaticByOS"}}}}
    made.azure.ask("PATCH", machine(17), {"properties": edited})
    made.azure.clock.sleep_until(made.azure.clock.now() + timedelta(minutes=1))
    made.azure.take()
    made.refresh()
    assert len(made.azure.take()) <= FOR_ALL
    assert made.up(program()) == ["update settings-17"]
    assert made.azure.take_writes() == ["VirtualMachines_Update"]


def test_drift_is_repaired_with_what_was_there_before_us_still_known() -> None:
    made = stack()
    made.up(program())
    made.up({})
    body = made.azure.body(machine(17))
    settings = body["properties"]["osProfile"]["windowsConfiguration"]["patchSettings"]
    assert settings["patchMode"] == "AutomaticByOS"
