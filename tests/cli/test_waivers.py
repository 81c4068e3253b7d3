"""`azure-hotpatch check --waivers`: what somebody answers for is listed and does not count."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.conftest import INVENTORY, Ask, validator

ON_FAILURES = """\
version: 1
waivers:
  - rule: hotpatch-forbids-bypass
    resource: "*/virtualMachines/vm-sql-1"
    reason: Moves to the new image in January.
    owner: database team
    until: 2027-01-31
  - rule: hotpatch-needs-eligible-image
    resource: "*/virtualMachines/vm-app-*"
    reason: The vendor certifies the new image in March.
    owner: application team
    until: 2027-03-31
  - rule: schedule-duration
    resource: "*/maintenanceConfigurations/quarterly-long"
    reason: Goes away with the old system.
    owner: database team
    until: 2027-01-31
"""


@pytest.fixture
def waivers(tmp_path: Path) -> Path:
    path = tmp_path / "waivers.yaml"
    path.write_text(ON_FAILURES, encoding="utf-8")
    return path


def rows_by_rule(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {row["rule"]: row for row in rows}


def test_waived_errors_are_listed_and_do_not_fail_the_command(ask: Ask, waivers: Path) -> None:
    without = ask("check", INVENTORY, "--as-of", "2026-11-22", "--json")
    answer = ask("check", INVENTORY, "--as-of", "2026-11-22", "--json", "--waivers", waivers)
    assert (without.code, answer.code) == (1, 0)
    rows = answer.rows("findings")
    assert [row | {"waived": None} for row in rows] == without.rows("findings")
    waived = {row["resource"].rsplit("/", 1)[1]: row["waived"] for row in rows if row["waived"]}
    assert waived == {
        "vm-sql-1": {
            "reason": "Moves to the new image in January.",
            "owner": "database team",
            "until": "2027-01-31",
        },
        "vm-app-2": {
            "reason": "The vendor certifies the new image in March.",
            "owner": "application team",
            "until": "2027-03-31",
        },
        "quarterly-long": {
            "reason": "Goes away with the old system.",
            "owner": "database team",
            "until": "2027-01-31",
        },
    }


def test_when_waivers_expire_what_they_covered_counts_again_and_they_are_errors(ask: Ask, waivers: Path) -> None:
    answer = ask("check", INVENTORY, "--as-of", "2027-02-01", "--json", "--waivers", waivers)
    assert answer.code == 1
    rows = rows_by_rule(answer.rows("findings"))
    assert rows["hotpatch-forbids-bypass"]["waived"] is None
    assert rows["hotpatch-needs-eligible-image"]["waived"] is not None
    assert (rows["waiver-expired"]["severity"], rows["waiver-expired"]["type"]) == ("error", "waiver")


def test_people_read_who_answers_for_what(ask: Ask, waivers: Path) -> None:
    answer = ask("check", INVENTORY, "--as-of", "2026-11-22", "--waivers", waivers)
    assert answer.code == 0
    at = answer.lines.index("  waived  hotpatch-forbids-bypass (error)")
    assert answer.lines[at + 2].strip() == (
        "database team answers for it until 2027-01-31: Moves to the new image in January."
    )
    assert answer.lines[-1].endswith(" 3 waived.")


def test_a_waiver_that_nothing_needs_is_told(ask: Ask, waivers: Path) -> None:
    waivers.write_text(ON_FAILURES.replace("vm-app-*", "vm-gone-*"), encoding="utf-8")
    answer = ask("check", INVENTORY, "--as-of", "2026-11-22", "--waivers", waivers)
    assert answer.code == 1
    assert "*/virtualMachines/vm-gone-*  waiver" in answer.lines
    assert "waiver-unused" in answer.out


def test_waivers_match_the_urns_of_a_preview_too(ask: Ask, tmp_path: Path) -> None:
    urn = "urn:pulumi:prod::contoso::pulumi-python:dynamic/azurehotpatch:VirtualMachinePatchSettings::web"
    machine = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers"
    inputs = {
        "virtualMachineId": f"{machine}/Microsoft.Compute/virtualMachines/web",
        "patchMode": "Manual",
        "enableHotpatching": True,
    }
    step = {
        "op": "create",
        "urn": urn,
        "newState": {
            "urn": urn,
            "type": "pulumi-python:dynamic/azurehotpatch:VirtualMachinePatchSettings",
            "inputs": inputs,
        },
    }
    path = tmp_path / "waivers.json"
    row = {"rule": "hotpatch-needs-platform-mode", "resource": "urn:*::web", "reason": "r", "owner": "o"}
    path.write_text(json.dumps({"version": 1, "waivers": [row | {"until": "2027-01-31"}]}), encoding="utf-8")
    answer = ask(
        "check", "-", "--waivers", path, "--as-of", "2026-11-22", "--json", stdin=json.dumps({"steps": [step]})
    )
    found = rows_by_rule(answer.rows("findings"))
    assert found["hotpatch-needs-platform-mode"]["waived"]["owner"] == "o"
    assert answer.code == 0


def test_a_file_that_cannot_be_read_is_named_with_its_row(ask: Ask, waivers: Path) -> None:
    waivers.write_text(ON_FAILURES.replace("owner: application team", "owners: nobody"), encoding="utf-8")
    answer = ask("check", INVENTORY, "--waivers", waivers)
    assert (answer.code, answer.out) == (2, "")
    assert f"{waivers}: waivers, row 2: 'owners' is not a field" in answer.err


def test_the_published_schema_accepts_what_is_read_and_nothing_else() -> None:
    document = yaml.load(ON_FAILURES, yaml.BaseLoader) | {"version": 1}
    validator("waivers").validate(document)
    for name in ("rule", "resource", "reason", "owner", "until"):
        broken = {"version": 1, "waivers": [{key: text for key, text in document["waivers"][0].items() if key != name}]}
        assert not validator("waivers").is_valid(broken)
    assert not validator("waivers").is_valid({"version": 1, "waivers": [document["waivers"][0] | {"until": "soon"}]})
