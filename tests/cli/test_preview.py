"""`azure-hotpatch check` on `pulumi preview --json`: documents written by hand, and one from the real command."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from azure_patch_simulator.launch import launched
from demo import Azure
from tests.cli.conftest import CHECKOUT, Answer, Ask
from tests.cli.test_check import CONFLICT, body
from tests.support.pulumi_cli import Stack

LATER = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
MACHINE = body()["id"]


def urn(kind: str, name: str) -> str:
    return f"urn:pulumi:dev::contoso::pulumi-python:dynamic/azurehotpatch:{kind}::{name}"


def step(kind: str, name: str, op: str = "create", old: dict[str, Any] | None = None, **inputs: Any) -> dict[str, Any]:
    state = {
        "urn": urn(kind, name),
        "custom": True,
        "type": f"pulumi-python:dynamic/azurehotpatch:{kind}",
        "inputs": {"__provider": "gASV", **inputs},
        "propertyDependencies": {name: [] for name in inputs},
    }
    return {"op": op, "urn": state["urn"], "newState": state, "oldState": old or {}, "detailedDiff": None}


def preview(*steps: dict[str, Any]) -> str:
    stack = {"op": "create", "urn": "urn:pulumi:dev::contoso::pulumi:pulumi:Stack::contoso-dev", "newState": None}
    return json.dumps({"config": {}, "steps": [stack, *steps], "duration": 1, "changeSummary": {"create": len(steps)}})


def settings(name: str = "web", op: str = "create", **inputs: Any) -> dict[str, Any]:
    return step("VirtualMachinePatchSettings", name, op, **{"virtualMachineId": MACHINE, **inputs})


def failed(answer: Answer) -> set[tuple[str, str]]:
    return {(row["resource"], row["rule"]) for row in answer.rows("findings") if row["verdict"] == "fail"}


def test_every_finding_of_the_stack_is_told_at_once(ask: Ask) -> None:
    wrong = settings(enableHotpatching=True, patchMode="Manual")
    second = settings("again", patchMode="AutomaticByPlatform")
    place: dict[str, Any] = {"resourceGroupName": "rg-contoso", "scheduleName": "nights", "location": "eastus"}
    window: dict[str, Any] = {
        "start": "2027-01-02 22:00",
        "duration": "05:00",
        "timeZone": "Mars",
        "recurrence": "Week Someday",
    }
    nights = step("MaintenanceSchedule", "nights", **place, **window)
    answer = ask(
        "check", "-", "--json", stdin=preview(settings("one", enableHotpatching=True, patchMode="Manual"), nights)
    )
    name = urn("MaintenanceSchedule", "nights")
    assert answer.code == 1
    assert failed(answer) >= {
        (MACHINE, "hotpatch-needs-platform-mode"),
        (name, "schedule-duration"),
        (name, "schedule-time-zone"),
        (name, "schedule-recurrence"),
    }
    twice = ask("check", "-", "--json", stdin=preview(wrong, second))
    assert (MACHINE, "vm-settings-declared-twice") in failed(twice)


@pytest.mark.parametrize(
    ("written", "fails"), [(True, True), ("true", True), ("Yes", True), (1.0, True), ("false", False)]
)
def test_a_flag_that_is_written_as_a_text_is_the_flag_that_the_resource_takes(
    ask: Ask, written: object, fails: bool
) -> None:
    wrong = settings(enableHotpatching=written, patchMode="Manual")
    rules = {rule for _, rule in failed(ask("check", "-", "--json", stdin=preview(wrong)))}
    assert ("hotpatch-needs-platform-mode" in rules) is fails
    whole = step("DynamicScope", "all", scheduleId=MACHINE, allowWholeSubscription=written)
    rules = {rule for _, rule in failed(ask("check", "-", "--json", stdin=preview(whole)))}
    assert ("scope-whole-subscription" in rules) is not fails


@pytest.mark.parametrize("command", ["check", "forecast", "review"])
def test_a_declared_value_of_another_type_is_named_in_one_line(ask: Ask, command: str) -> None:
    answer = ask(command, "-", stdin=preview(settings(patchMode=["Manual"])))
    assert (answer.code, answer.out) == (2, "")
    assert answer.err == f"azure-hotpatch: {MACHINE}: patch_mode is a list, which is of another type than Azure takes\n"


def test_a_scope_s_tag_filters_of_another_type_are_refused_in_one_line(ask: Ask) -> None:
    wrong = step("DynamicScope", "ring", scheduleId=MACHINE, tagFilters=5)
    answer = ask("scope", "-", stdin=preview(wrong))
    assert answer.code == 2
    assert answer.err == "azure-hotpatch: a dynamic scope's tag filters are 5 where an object of lists belongs\n"


@pytest.mark.parametrize("value", [LATER, "[secret]"])
def test_values_that_are_not_known_yet_are_neither_right_nor_wrong(ask: Ask, value: str) -> None:
    answer = ask("check", "-", "--json", stdin=preview(settings(enableHotpatching=True, patchMode=value)))
    (row,) = [row for row in answer.rows("findings") if row["rule"] == "hotpatch-needs-platform-mode"]
    assert (answer.code, row["verdict"], row["reason"]) == (0, "unknown", "Cannot judge yet: patch_mode not known.")


def test_what_is_deleted_is_not_judged(ask: Ask) -> None:
    gone = settings(op="delete", enableHotpatching=True, patchMode="Manual")
    gone["oldState"], gone["newState"] = gone["newState"], None
    assert ask("check", "-", "--json", stdin=preview(gone)).out == "[]\n"


def test_of_a_replacement_the_new_one_is_judged(ask: Ask) -> None:
    old = {"id": "/subscriptions/x/resourceGroups/y/providers/Microsoft.Compute/virtualMachines/old"}
    steps = [
        settings(op=op, old=old, enableHotpatching=True, patchMode="Manual") for op in ("create-replacement", "replace")
    ]
    rows = ask("check", "-", "--json", stdin=preview(*steps)).rows("findings")
    assert {row["resource"] for row in rows} == {MACHINE}


def test_a_preview_changes_what_an_inventory_shows(ask: Ask, tmp_path: Path) -> None:
    inventory = tmp_path / "inventory.json"
    inventory.write_text(json.dumps([body(**CONFLICT)]))
    assert failed(ask("check", inventory, "--json")) == {(MACHINE, "hotpatch-forbids-bypass")}
    mended = preview(settings(bypassPlatformSafetyChecksOnUserSchedule=False))
    answer = ask("check", inventory, "-", "--json", stdin=mended)
    assert (answer.code, failed(answer)) == (0, set())
    assert [row["verdict"] for row in answer.rows("findings")] == []


def test_a_forecast_takes_a_preview_too(ask: Ask, tmp_path: Path) -> None:
    inventory = tmp_path / "inventory.json"
    inventory.write_text(json.dumps([body(patchMode="AutomaticByPlatform")]))
    asked = ("forecast", inventory, "-", "--as-of", "2026-11-22", "--months", 1, "--json")
    (with_hotpatch,) = ask(*asked, stdin=preview(settings(enableHotpatching=True))).rows("forecast")
    (without,) = ask(*asked[:2], *asked[3:]).rows("forecast")
    assert (with_hotpatch["reboot"], without["reboot"]) == ("no", "yes")


@pytest.mark.parametrize("steps", [[], [{}], [{"newState": {}}], [{"newState": {"urn": 5}}]])
def test_a_preview_of_nothing_has_no_findings(ask: Ask, steps: list[object]) -> None:
    assert ask("check", "-", "--json", stdin=json.dumps({"steps": steps})).out == "[]\n"


@pytest.fixture
def azure(tmp_path: Path) -> Iterator[Azure]:
    with launched("--era", "2021-preview", "--time", "manual", "--ca-file", str(tmp_path / "ca.pem")) as server:
        yield Azure(server.info)


def test_the_quickstart_s_preview_by_the_real_command_is_judged(ask: Ask, azure: Azure, tmp_path: Path) -> None:
    stack = Stack(CHECKOUT, tmp_path / "pulumi", azure.environment())
    written = tmp_path / "preview.json"
    written.write_text(stack.preview("--show-sames").stdout, encoding="utf-8")
    answer = ask("check", written, "--as-of", "2026-11-22", "--json", "--all")
    rows = answer.rows("findings")
    assert answer.code == 0
    judged = {(row["resource"].rsplit("/", 1)[-1], row["type"].rsplit("/", 1)[-1]) for row in rows}
    machines = {(name, "virtualMachines") for name in ("vm-web-1", "vm-web-2", "vm-web-3", "vm-app-1", "vm-linux-1")}
    assert judged >= machines | {
        ("patch-tuesday-plus-4", "maintenanceConfigurations"),
        ("patch-tuesday-plus-4", "configurationAssignments"),
        ("Microsoft.Compute", "featureProviders"),
    }
    assert not any(row["resource"].startswith("urn:") for row in rows)
    verdicts = {(row["resource"].rsplit("/", 1)[-1], row["rule"]): row["verdict"] for row in rows}
    assert verdicts["vm-web-1", "hotpatch-needs-platform-mode"] == "pass"
    # The images are Azure's to say, and a preview holds what is declared only.
    assert verdicts["vm-web-1", "hotpatch-needs-eligible-image"] == "unknown"
    assert verdicts["patch-tuesday-plus-4", "assignment-needs-bypass"] == "pass"
    assert verdicts["Microsoft.Compute", "feature-retired"] == "fail"
