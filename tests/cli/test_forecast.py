"""`azure-hotpatch forecast`: the engine's forecast of an inventory, printed."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pulumi_azure_hotpatch.engine.estate import Estate
from pulumi_azure_hotpatch.engine.forecast import forecast
from tests.cli.conftest import INVENTORY, Ask
from tests.cli.test_check import body

AS_OF = ("--as-of", "2026-11-22")
BODIES = json.loads(INVENTORY.read_text("utf-8"))


def test_rows_are_those_of_the_engine(ask: Ask) -> None:
    rows = ask("forecast", INVENTORY, *AS_OF, "--months", 7, "--json").rows("forecast")
    as_of = datetime(2026, 11, 22, tzinfo=UTC)
    estate = Estate.from_bodies(BODIES, as_of=as_of)
    assert rows == [row.as_json() for row in forecast(estate.members(), as_of, 7).rows()]
    assert {row["machine"] for row in rows} == {entry.resource for entry in estate.machines}
    assert len(rows) == 7 * len(estate.machines)


def test_a_hotpatched_server_restarts_four_times_a_year_and_others_every_month(ask: Ask) -> None:
    rows = ask("forecast", INVENTORY, *AS_OF, "--json").rows("forecast")

    def restarts(name: str) -> list[str]:
        return [str(row["reboot"]) for row in rows if row["machine"].endswith(f"/{name}")]

    assert restarts("vm-web-1").count("yes") == 4
    assert restarts("vm-web-1").count("no") == 8
    assert restarts("vm-app-1").count("yes") == 12
    assert restarts("vm-gold-1") == ["no"] * 12


def test_releases_of_a_user_change_the_forecast(ask: Ask, tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("version: 1\nreleases:\n- {product: ws2025, month: 2026-12, kind: unplanned_baseline}\n")
    machine = json.dumps(body(patchMode="AutomaticByPlatform", enableHotpatching=True))
    asked = ("forecast", "-", *AS_OF, "--months", 1, "--json")
    (planned,) = ask(*asked, stdin=machine).rows("forecast")
    (unplanned,) = ask(*asked, "--releases", own, stdin=machine).rows("forecast")
    assert (planned["reboot"], unplanned["reboot"]) == ("no", "yes")
    assert unplanned["release_kind"] == "unplanned_baseline"


def test_without_as_of_it_is_of_today(ask: Ask) -> None:
    today = datetime.now(UTC).date().isoformat()
    now = ask("forecast", INVENTORY, "--months", 2, "--json")
    months = [row["release_month"] for row in now.rows("forecast")]
    assert min(months) >= today[:7]


def test_dynamic_scopes_are_followed_as_the_machines_are_now(ask: Ask) -> None:
    answer = ask("forecast", INVENTORY, *AS_OF, "--months", 1)
    assert answer.err == (
        "Note: 1 dynamic scope followed as the machines are now; what they take is decided at every run.\n"
    )


def test_a_schedule_that_the_inventory_does_not_show_leaves_the_machine_open(ask: Ask) -> None:
    machine = body(
        patchMode="AutomaticByPlatform",
        automaticByPlatformSettings={"bypassPlatformSafetyChecksOnUserSchedule": True},
    )
    configuration = machine["id"].replace(
        "Microsoft.Compute/virtualMachines/vm-web-1", "Microsoft.Maintenance/maintenanceConfigurations/elsewhere"
    )
    assignment = {
        "id": f"{machine['id']}/providers/Microsoft.Maintenance/configurationAssignments/elsewhere",
        "properties": {"maintenanceConfigurationId": configuration},
    }
    (row,) = ask("forecast", "-", *AS_OF, "--months", 1, "--json", stdin=json.dumps([machine, assignment])).rows(
        "forecast"
    )
    assert (row["reboot"], row["window"], row["schedule"]) == ("unknown", None, None)


WIDE = """\
vm-web-1
Month    Release   Not before  Until       Schedule  Restart  Why
─────────────────────────────────────────────────────────────────
2026-12  hotpatch  2026-12-08  2027-01-07  -         no       [1]
2027-01  baseline  2027-01-12  2027-02-11  -         yes      [2]
"""

NARROW = """\
vm-web-1
Month    Release   Restart  Why
───────────────────────────────
2026-12  hotpatch  no       [1]
2027-01  baseline  yes      [2]
"""


@pytest.mark.parametrize(("columns", "table"), [(120, WIDE), (60, NARROW)])
def test_machines_alike_share_a_table_that_fits_the_terminal(ask: Ask, columns: int, table: str) -> None:
    one = json.dumps(body(patchMode="AutomaticByPlatform", enableHotpatching=True))
    shown = ask("forecast", "-", *AS_OF, "--months", 2, columns=columns, stdin=one)
    assert shown.out.startswith(table)
    assert max(map(len, shown.lines)) <= columns
    fleet = [body(f"vm-{number}", patchMode="AutomaticByPlatform", enableHotpatching=True) for number in range(1, 31)]
    many = ask("forecast", "-", *AS_OF, "--months", 2, columns=columns, stdin=json.dumps(fleet))
    assert "vm-8 and 22 more" in " ".join(many.out.split())
    assert many.out.count("Month ") == 1
    assert "30 reboots instead of 60" in many.out
