"""An export gives one answer whatever kind of file it is, and what is wrong with one is said in a line."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest

from pulumi_azure_hotpatch.audit.local import Export
from pulumi_azure_hotpatch.audit.queries import askable, sweep
from pulumi_azure_hotpatch.cli.audit import load
from pulumi_azure_hotpatch.engine.rules import Subject, rule, rules_for
from pulumi_azure_hotpatch.errors import InvalidInput
from tests.audit.fleets import inventory
from tests.cli.conftest import INVENTORY, Ask

Body = dict[str, Any]
COLUMNS = ("id", "name", "type", "location", "properties")


ASKED: tuple[Subject, ...] = ("arc_server", "schedule", "dynamic_scope")


def bodies() -> list[Body]:
    # Rows of Resource Graph always have properties, and no table keeps a missing row of them apart from an empty one.
    return [body for body in inventory(Random(3), 60) if isinstance(body.get("properties"), dict)]


def rows(found: list[Body]) -> list[list[str]]:
    return [[*(str(body.get(name, "")) for name in COLUMNS[:-1]), json.dumps(body["properties"])] for body in found]


def as_value(path: Path, found: list[Body]) -> None:
    path.write_text(json.dumps({"value": found}), encoding="utf-8")


def as_data(path: Path, found: list[Body]) -> None:
    path.write_text(json.dumps({"data": found, "count": len(found)}), encoding="utf-8")


def as_lines(path: Path, found: list[Body]) -> None:
    path.write_text("\n".join(json.dumps(body) for body in found), encoding="utf-8")


def as_csv(path: Path, found: list[Body]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(name.upper() for name in COLUMNS)
        writer.writerows(rows(found))


def as_parquet(path: Path, found: list[Body]) -> None:
    lines = path.with_suffix(".text")
    as_csv(lines, found)
    duckdb.sql(f"COPY (SELECT * FROM read_csv('{lines}', all_varchar = true)) TO '{path}' (FORMAT parquet)")


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("all.json", as_value),
        ("all.json", as_data),
        ("all.jsonl", as_lines),
        ("all.ndjson", as_lines),
        ("all.csv", as_csv),
        ("all.parquet", as_parquet),
    ],
)
def test_every_kind_of_file_gives_the_same_rows(
    name: str, write: Callable[[Path, list[Body]], None], tmp_path: Path
) -> None:
    found = bodies()
    write(tmp_path / name, found)
    with Export() as export, Export() as reference:
        load(export, str(tmp_path / name))
        reference.load_bodies(found)
        reference.finish()
        export.finish()
        for query in (sweep(subject, askable(rules_for(subject)), show_all=True) for subject in ASKED):
            assert list(export.rows(query)) == list(reference.rows(query)) != []


def test_of_two_bodies_with_one_id_the_later_counts(tmp_path: Path) -> None:
    server = "/subscriptions/s/resourceGroups/g/providers/Microsoft.HybridCompute/machines/branch"
    given: list[Body] = [
        {"id": server, "status": "Connected"},
        {"id": f"{server.upper()}/", "properties": {"status": "Expired"}},
    ]
    for ordered in (given, given[::-1]):
        as_lines(tmp_path / "twice.jsonl", ordered)
        with Export() as export:
            export.load_file(str(tmp_path / "twice.jsonl"))
            export.finish()
            ((_, verdicts, *_facts),) = export.rows(sweep("arc_server", [rule("arc-connected")], show_all=True))
        assert verdicts == ("p" if ordered[-1] is given[0] else "f")


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.jsonl", '{"name": "vm"}\n', "entry 1: expected an ARM body with an id, but it has none"),
        ("a.csv", "name,properties\nvm,{}\n", "it has no column 'id'; export id, name, type, location, properties"),
        ("a.jsonl", "not json\n", "cannot be read"),
        ("a.json", '{"hello": 1}', "an inventory is a list of ARM bodies"),
    ],
)
def test_a_bad_export_is_refused_in_a_line(name: str, content: str, says: str, ask: Ask, tmp_path: Path) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    answer = ask("audit", "--inventory", tmp_path / name)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.count("\n") == 1
    assert says in answer.err


GROUP = "/subscriptions/s/resourceGroups/rg-contoso/providers"
MACHINE, SERVER, SET, SCHEDULE = (
    f"{GROUP}/Microsoft.{kind}"
    for kind in (
        "Compute/virtualMachines/vm-1",
        "HybridCompute/machines/srv-1",
        "Compute/virtualMachineScaleSets/set-1",
        "Maintenance/maintenanceConfigurations/monthly",
    )
)


def patching(**settings: Any) -> Body:
    return {"osProfile": {"windowsConfiguration": {"patchSettings": settings}}}


@pytest.mark.parametrize(
    ("id", "properties"),
    [
        (MACHINE, patching(patchMode=5)),
        (MACHINE, patching(enableHotpatching="true")),
        (MACHINE, patching(automaticByPlatformSettings={"bypassPlatformSafetyChecksOnUserSchedule": 1})),
        (MACHINE, {"osProfile": {"windowsConfiguration": {"provisionVMAgent": "yes"}}}),
        (MACHINE, {"osProfile": {"allowExtensionOperations": [True]}}),
        (MACHINE, {"storageProfile": {"imageReference": {"sku": 2022}}}),
        (MACHINE, {"storageProfile": {"osDisk": {"osType": "Linux"}}, "instanceView": {"osName": {"name": "x"}}}),
        (SERVER, {"osName": "windows", **patching(assessmentMode=False)}),
        (SERVER, {"status": 7}),
        (SET, {"orchestrationMode": True}),
        (SET, {"virtualMachineProfile": patching(patchMode={})}),
        (SCHEDULE, {"maintenanceScope": 1}),
        (SCHEDULE, {"maintenanceWindow": {"timeZone": 2}}),
    ],
)
def test_a_body_with_a_value_of_another_type_is_refused_as_check_refuses_it(
    id: str, properties: Body, ask: Ask, tmp_path: Path
) -> None:
    known = patching(patchMode="Manual", enableHotpatching=None)
    found = [{"id": f"{MACHINE}-2", "properties": known}, {"id": id, "properties": properties}]
    as_lines(tmp_path / "all.jsonl", found)
    with Export() as export:
        load(export, str(tmp_path / "all.jsonl"))
        with pytest.raises(InvalidInput, match=rf"{id}: not the shape of an ARM body \(") as refused:
            export.finish()
    assert ask("check", tmp_path / "all.jsonl").err == f"azure-hotpatch: {refused.value}\n"


def test_values_of_wrong_types_are_found_in_rows_too(ask: Ask, tmp_path: Path) -> None:
    as_csv(tmp_path / "all.csv", [{"id": MACHINE, "properties": patching(patchMode=5)}])
    answer = ask("audit", "--inventory", tmp_path / "all.csv")
    assert (answer.code, answer.out) == (2, "")
    assert answer.err == f"azure-hotpatch: {MACHINE}: not the shape of an ARM body (patch_mode is 5)\n"


def test_a_wrong_type_where_nobody_looks_is_let_through_as_check_does(ask: Ask, tmp_path: Path) -> None:
    windows = {**patching(patchMode="Manual"), "storageProfile": {"osDisk": {"osType": "Windows"}}}
    windows["osProfile"]["linuxConfiguration"] = {"patchSettings": {"patchMode": 5}}
    as_value(tmp_path / "all.json", [{"id": MACHINE, "location": "eastus", "properties": windows}])
    assert [ask(*command, tmp_path / "all.json").code for command in (("audit", "--inventory"), ("check",))] == [0, 0]


def test_a_missing_file_is_named(ask: Ask, tmp_path: Path) -> None:
    answer = ask("audit", "--inventory", tmp_path / "none.parquet")
    assert answer.code == 2
    assert "none.parquet: cannot be read" in answer.err


def test_the_table_counts_by_rule(ask: Ask) -> None:
    answer = ask("audit", "--inventory", INVENTORY, columns=120)
    row = next(line.split() for line in answer.lines if line.startswith("hotpatch-forbids-bypass"))
    assert row == ["hotpatch-forbids-bypass", "error", "1", "0", "0", "vm-sql-1"]
    assert answer.lines[-2] == "2 errors, 5 warnings, 3 advisories, 5 not known, 0 waived."
    assert answer.code == 1


def test_a_waived_failure_does_not_count_and_an_expired_waiver_does(ask: Ask, tmp_path: Path) -> None:
    row = {"resource": "*", "reason": "until the move", "owner": "platform team"}
    rules = ("hotpatch-forbids-bypass", "hotpatch-needs-eligible-image")
    waivers = [{**row, "rule": rule, "until": "2027-01-31"} for rule in rules]
    path = tmp_path / "waivers.json"
    path.write_text(json.dumps({"version": 1, "waivers": waivers}), encoding="utf-8")
    asked = ("audit", "--inventory", INVENTORY, "--waivers", path, "--format", "json")
    waived = ask(*asked, "--as-of", "2026-11-23")
    assert waived.code == 0
    assert [one["waived"]["owner"] for one in waived.rows("findings") if one["waived"]] == ["platform team"] * 2
    assert ask(*asked, "--as-of", "2027-02-01").code == 1


def test_a_rule_that_no_query_can_ask_is_named_with_what_is_missing(ask: Ask) -> None:
    answer = ask("audit", "--print-kql", "schedule-recurrence")
    assert answer.code == 2
    assert "cannot be asked of Resource Graph, which does not hold recurrence_problem" in answer.err
    assert ask("audit", "--print-kql", "no-such-rule").code == 2
    assert ask("audit", "--print-kql", "arc-connected").out.startswith("// arc-connected:")


def test_an_export_and_a_subscription_exclude_each_other(ask: Ask) -> None:
    answer = ask("audit", "--inventory", INVENTORY, "--tenant")
    assert (answer.code, answer.err) == (
        2,
        "azure-hotpatch: give either --inventory, or --subscription or --tenant\n",
    )
    assert ask("audit", "--inventory", INVENTORY, "--relax", "nothing").code == 2
