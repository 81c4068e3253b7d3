"""`azure-hotpatch runs` and `azure-hotpatch cancel-run`."""

from collections.abc import Iterator

import pytest

from azure_patch_simulator import Simulator, World
from tests.cli.asked import serving, writes
from tests.cli.conftest import Ask
from tests.status.observed import instant, vm, windows
from tests.status.test_runs import BODY, SCHEDULE, SCHEDULED

RUN = "providers/Microsoft.Maintenance/applyUpdates/20251025030000"


@pytest.fixture
def scheduled(monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    """A machine with a schedule on Saturday mornings, half an hour before a run."""
    configuration = {**BODY, "id": SCHEDULE}
    assignment = {
        "id": f"{vm('vm-1')}/providers/Microsoft.Maintenance/configurationAssignments/weekly",
        "location": "eastus",
        "properties": {"maintenanceConfigurationId": SCHEDULE, "resourceId": vm("vm-1")},
    }
    machine = windows("vm-1", SCHEDULED, "2022-datacenter-g2")
    world = World.from_inventory([machine, configuration, assignment])
    with serving(world, monkeypatch, start=instant("2025-10-17T08:00")) as simulator:
        simulator.clock.advance_to(instant("2025-10-25T02:30"))
        yield simulator


def test_runs_are_a_table_that_says_how_to_cancel(scheduled: Simulator, ask: Ask) -> None:
    answer = ask("runs", columns=100)
    assert (answer.code, answer.err) == (0, "")
    assert [line.split() for line in answer.lines if line.startswith("2025-10-25")] == [
        ["2025-10-25", "03:00", "weekly", "all", "(announced)", "Pending"]
    ]
    (line,) = [line for line in answer.lines if line.startswith("To cancel: ")]
    assert line.casefold() == f"To cancel: azure-hotpatch cancel-run {SCHEDULE}/{RUN}".casefold()
    assert writes(scheduled) == []


def test_json_fits_its_schema(scheduled: Simulator, ask: Ask) -> None:
    rows = ask("runs", "--json").rows("runs")
    assert [row["status"] for row in rows if row["machine"] is None] == ["Pending", "Completed"]
    assert ask("runs", "--schedule", f"{SCHEDULE}-other", "--json").rows("runs") == []
    assert writes(scheduled) == []


def test_a_run_is_cancelled_by_its_id(scheduled: Simulator, ask: Ask) -> None:
    announced = next(row for row in ask("runs", "--json").rows("runs") if row["status"] == "Pending")
    answer = ask("cancel-run", announced["run"])
    assert (answer.code, answer.out) == (0, "20251025030000: Cancelled\n")
    (row,) = ask("cancel-run", announced["run"], "--json").rows("runs")
    assert row["status"] == "Cancelled"
    assert writes(scheduled) == ["ApplyUpdates_CreateOrUpdateOrCancel"] * 2


def test_what_cannot_be_cancelled_is_one_line(scheduled: Simulator, ask: Ask) -> None:
    answer = ask("cancel-run", SCHEDULE)
    assert (answer.code, len(answer.err.splitlines())) == (2, 1)
    assert "is not the id of a maintenance run" in answer.err
    answer = ask("cancel-run", f"{SCHEDULE}/providers/Microsoft.Maintenance/applyUpdates/20250101000000")
    assert (answer.code, len(answer.err.splitlines())) == (2, 1)
    assert "maintenance run '20250101000000': could not cancel it: ResourceNotFound" in answer.err
    assert ask("runs", "--schedule", "weekly").code == 2
    assert scheduled.clock.now() == instant("2025-10-25T02:30")


def test_a_schedule_is_a_maintenance_configuration(scheduled: Simulator, ask: Ask) -> None:
    answer = ask("runs", "--schedule", vm("vm-1"))
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith(f"azure-hotpatch: '{vm('vm-1')}' is not the id of a schedule (")
    assert answer.err.count("\n") == 1
    assert writes(scheduled) == []
