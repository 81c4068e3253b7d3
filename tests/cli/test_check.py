"""`azure-hotpatch check`: what an inventory breaks, in JSON and in words."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from pulumi_azure_hotpatch.engine.rules import RULES
from tests.cli.conftest import INVENTORY, Ask

AS_OF = ("--as-of", "2026-11-22")
GROUP = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-contoso"


def body(name: str = "vm-web-1", **settings: object) -> dict[str, Any]:
    """A hotpatchable machine with the given patch settings."""
    image = {"publisher": "MicrosoftWindowsServer", "offer": "WindowsServer", "sku": "2025-datacenter-azure-edition"}
    configuration = {"provisionVMAgent": True, "enableAutomaticUpdates": True, "patchSettings": settings}
    return {
        "id": f"{GROUP}/providers/Microsoft.Compute/virtualMachines/{name}",
        "name": name,
        "type": "Microsoft.Compute/virtualMachines",
        "location": "eastus",
        "properties": {
            "storageProfile": {"imageReference": image, "osDisk": {"osType": "Windows"}},
            "osProfile": {"windowsConfiguration": configuration},
        },
    }


CONFLICT: dict[str, Any] = {
    "patchMode": "AutomaticByPlatform",
    "enableHotpatching": True,
    "automaticByPlatformSettings": {"bypassPlatformSafetyChecksOnUserSchedule": True},
}


def test_the_example_fleet_breaks_these_rules(ask: Ask) -> None:
    answer = ask("check", INVENTORY, *AS_OF, "--json")
    rows = answer.rows("findings")
    assert answer.code == 1
    failed = {(row["resource"].rsplit("/", 1)[1], row["rule"]) for row in rows if row["verdict"] == "fail"}
    assert failed >= {
        ("vm-sql-1", "hotpatch-forbids-bypass"),
        ("vm-app-2", "hotpatch-needs-eligible-image"),
        ("vm-gold-1", "custom-image-not-patched-by-platform"),
        ("vm-batch-1", "machine-off"),
        ("quarterly-long", "schedule-duration"),
        ("saturdays", "assignment-overlap"),
        ("sundays-eu", "assignment-needs-platform-mode"),
    }
    assert {row["verdict"] for row in rows} == {"fail", "unknown"}
    assert {row["resource"].split("/")[8] for row in rows if row["verdict"] == "unknown"} == {"vm-dr-1"}


def test_all_adds_the_rules_that_hold_and_changes_nothing_else(ask: Ask) -> None:
    rows = ask("check", INVENTORY, *AS_OF, "--json").rows("findings")
    everything = ask("check", INVENTORY, *AS_OF, "--json", "--all").rows("findings")
    assert [row for row in everything if row["verdict"] != "pass"] == rows
    verdicts = Counter(row["verdict"] for row in everything)
    assert min(verdicts["pass"], verdicts["fail"], verdicts["unknown"]) > 0
    assert {row["rule"] for row in everything} <= {rule.id for rule in RULES}


def test_a_finding_names_the_machine_the_field_and_the_way_out(ask: Ask) -> None:
    answer = ask("check", "-", "--json", stdin=json.dumps([body(**CONFLICT)]))
    (row,) = answer.rows("findings")
    assert row == {
        "resource": f"{GROUP}/providers/Microsoft.Compute/virtualMachines/vm-web-1",
        "type": "Microsoft.Compute/virtualMachines",
        "rule": "hotpatch-forbids-bypass",
        "verdict": "fail",
        "severity": "error",
        "field": "bypass_platform_safety_checks_on_user_schedule",
        "arm_path": (
            "properties.osProfile.windowsConfiguration.patchSettings.automaticByPlatformSettings."
            "bypassPlatformSafetyChecksOnUserSchedule"
        ),
        "reason": "Azure refuses hotpatching while bypassPlatformSafetyChecksOnUserSchedule is true.",
        "fix": (
            "set bypass_platform_safety_checks_on_user_schedule to False (the machine is then patched by the platform, "
            "not by a schedule)."
        ),
        "source": "ARM error InvalidParameter quoted in claranet/terraform-azurerm-windows-vm PR 4, 2025-03-31",
        "as_of": "2025-03-31",
        "waived": None,
    }
    assert answer.code == 1


def test_a_fleet_without_errors_ends_with_0(ask: Ask) -> None:
    healthy = body(patchMode="AutomaticByPlatform", enableHotpatching=True)
    answer = ask("check", "-", stdin=json.dumps(healthy))
    assert (answer.code, answer.out) == (0, "1 resource, 0 errors, 0 warnings, 0 advisories, 0 not known.\n")
    off = healthy | {"powerState": "VM deallocated"}
    off["properties"] = off["properties"] | {"powerState": "VM deallocated"}
    advised = ask("check", "-", "--json", stdin=json.dumps(off))
    assert (advised.code, [row["severity"] for row in advised.rows("findings")]) == (0, ["info"])


def test_an_empty_inventory_has_no_findings(ask: Ask) -> None:
    answer = ask("check", "-", "--json", stdin="[]")
    assert (answer.code, answer.out) == (0, "[]\n")


def test_a_relaxed_switch_takes_a_disputed_rule_one_step_less_seriously(ask: Ask) -> None:
    asked = ("check", "-", "--json", "--relax", "hotpatch-forbids-bypass")
    answer = ask(*asked, stdin=json.dumps([body(**CONFLICT)]))
    assert (answer.code, [row["severity"] for row in answer.rows("findings")]) == (0, ["warning"])


def test_the_preview_of_2021_has_its_own_rules(ask: Ask) -> None:
    rows = ask("check", "-", "--era", "2021-preview", "--json", stdin=json.dumps([body(**CONFLICT)])).rows("findings")
    assert rows
    assert {row["rule"] for row in rows} <= {rule.id for rule in RULES if rule.era == "2021-preview"}


def test_files_are_joined_whatever_holds_what(ask: Ask, tmp_path: Path) -> None:
    bodies = json.loads(INVENTORY.read_text("utf-8"))
    whole = ask("check", INVENTORY, *AS_OF, "--json").rows("findings")
    parts = []
    for number, kind in enumerate(("virtualmachines", "hybridcompute", "maintenanceconfigurations", "assignments")):
        part = tmp_path / f"{number}.json"
        found = [one for one in bodies if kind in one["type"].casefold() or kind in one["type"].casefold()]
        part.write_text(json.dumps({"value": found}), encoding="utf-8")
        parts.append(part)
    assert ask("check", *parts, *AS_OF, "--json").rows("findings") == whole


def test_resources_that_no_rule_is_about_are_named_not_refused(ask: Ask) -> None:
    disk = {"id": f"{GROUP}/providers/Microsoft.Compute/disks/disk-1", "name": "disk-1"}
    host = {
        "id": f"{GROUP}/providers/Microsoft.Maintenance/maintenanceConfigurations/hosts",
        "name": "hosts",
        "properties": {"maintenanceScope": "Host", "maintenanceWindow": {"duration": "05:00"}},
    }
    answer = ask("check", "-", stdin=json.dumps([disk, disk | {"id": f"{disk['id']}0"}, host]))
    assert answer.lines[-1] == (
        "Not looked at: Microsoft.Maintenance/maintenanceConfigurations of scope Host (1), microsoft.compute/disks (2)."
    )
    assert answer.code == 0


REPORT = """\
vm-web-1  Microsoft.Compute/virtualMachines in rg-contoso
  error   hotpatch-forbids-bypass
          Azure refuses hotpatching while
          bypassPlatformSafetyChecksOnUserSchedule is true.
          Fix: set
          bypass_platform_safety_checks_on_user_schedule to
          False (the machine is then patched by the
          platform, not by a schedule).

1 resource, 1 error, 0 warnings, 0 advisories, 0 not known.
"""


def test_the_report_at_60_columns(ask: Ask) -> None:
    answer = ask("check", "-", columns=60, stdin=json.dumps([body(**CONFLICT)]))
    assert answer.out == REPORT


def test_what_cannot_be_judged_is_one_line_of_the_report(ask: Ask) -> None:
    assignment = {
        "id": f"{body('vm-gone-1')['id']}/providers/Microsoft.Maintenance/configurationAssignments/nights",
        "properties": {
            "maintenanceConfigurationId": f"{GROUP}/providers/Microsoft.Maintenance/maintenanceConfigurations/nights"
        },
    }
    answer = ask("check", "-", columns=120, stdin=json.dumps([assignment]))
    assert answer.lines[0] == "nights for vm-gone-1  Microsoft.Maintenance/configurationAssignments in rg-contoso"
    assert answer.lines[1].startswith("  unknown ")
    assert "patch_mode" in answer.out
    assert answer.code == 0


@pytest.mark.parametrize("columns", [40, 60, 80, 120, 200])
def test_no_line_is_wider_than_the_terminal(ask: Ask, columns: int) -> None:
    lines = ask("check", INVENTORY, *AS_OF, columns=columns).lines
    assert max(map(len, lines)) <= columns


def test_machines_alike_are_reported_each_under_its_own_name(ask: Ask) -> None:
    answer = ask("check", "-", stdin=json.dumps([body(f"vm-{number}", **CONFLICT) for number in range(3)]))
    assert [line for line in answer.lines if line.startswith("vm-")] == [
        f"vm-{number}  Microsoft.Compute/virtualMachines in rg-contoso" for number in range(3)
    ]
    assert answer.out.count("hotpatch-forbids-bypass") == 3
    assert answer.lines[-1] == "3 resources, 3 errors, 0 warnings, 0 advisories, 0 not known."
