"""`azure-hotpatch scope`."""

import json
from pathlib import Path
from typing import Any

import pytest

from azure_patch_simulator import World
from tests.cli.asked import serving, writes
from tests.cli.conftest import Ask
from tests.handlers.examples import BY_OTHERS
from tests.handlers.scopes import HERE, MONTHLY, THERE, WEEKLY, at, fleet, windows

AS_OF = ("--as-of", "2026-11-22")
TOKEN = "pulumi-python:dynamic/azurehotpatch:DynamicScope"
URN = f"urn:pulumi:dev::contoso::{TOKEN}::ring"
RING_ONE = {"tagSettings": {"tags": {"ring": ["1"]}}}


def schedule(id: str) -> dict[str, Any]:
    return {**BY_OTHERS, "id": id, "name": id.rpartition("/")[2]}


def assigned(id: str, narrowed: dict[str, Any], schedule_id: str = MONTHLY) -> dict[str, Any]:
    properties = {"maintenanceConfigurationId": schedule_id, "filter": narrowed}
    return {"id": id, "location": "global", "properties": properties}


def everything() -> list[dict[str, Any]]:
    """A fleet in two subscriptions, two schedules that start together, two scopes of the first subscription."""
    linux = assigned(at(HERE, "linux"), {"osTypes": ["Linux"]}, WEEKLY)
    return [*fleet(), schedule(MONTHLY), schedule(WEEKLY), assigned(at(HERE), RING_ONE), linux]


def preview(tmp_path: Path, new: dict[str, Any], old: dict[str, Any] | None = None) -> Path:
    """What `pulumi preview --json` would print of one scope."""
    basic = {"scheduleId": MONTHLY, "assignmentName": "ring", "subscriptionIds": [HERE, THERE]}
    step: dict[str, Any] = {"op": "update" if old else "create", "urn": URN}
    step["newState"] = {"urn": URN, "type": TOKEN, "inputs": basic | new}
    if old is not None:
        step["oldState"] = {"urn": URN, "type": TOKEN, "id": at(HERE, "ring"), "inputs": basic | old}
    file = tmp_path / "preview.json"
    file.write_text(json.dumps({"steps": [step]}), encoding="utf-8")
    return file


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    file = tmp_path / "inventory.json"
    file.write_text(json.dumps(everything()), encoding="utf-8")
    return file


def names(ids: list[str]) -> list[str]:
    return [one.rpartition("/")[2] for one in ids]


def test_a_typed_scope_is_a_table_of_the_machines_it_takes(ask: Ask, inventory: Path) -> None:
    answer = ask("scope", inventory, *AS_OF, "--tag", "ring=1", "--schedule", MONTHLY, columns=100)
    assert (answer.code, answer.err) == (0, "")
    assert answer.lines[0] == "the options: 3 machines"
    assert [line.split() for line in answer.lines[3:6]] == [
        ["vm-1", "Windows", "eastus", "yes", "-", "-"],
        ["vm-linux", "Linux", "eastus", "yes", "-", "contoso-weekly", "(same", "start)"],
        ["vm-3", "Windows", "eastus", "yes", "-", "-"],
    ]
    assert "warning scope-same-start" in answer.out


def test_a_narrow_terminal_leaves_columns_out(ask: Ask, inventory: Path) -> None:
    wide = ask("scope", inventory, *AS_OF, "--tag", "ring=1", columns=60)
    assert [line.split() for line in wide.lines[3:6]] == [
        ["vm-1", "Windows"],
        ["vm-linux", "Linux"],
        ["vm-3", "Windows"],
    ]


def test_scopes_that_are_there_are_shown_one_by_one(ask: Ask, inventory: Path) -> None:
    rows = ask("scope", inventory, *AS_OF, "--json").rows("scope")
    assert [(row["scope"], [one["name"] for one in row["machines"]]) for row in rows] == [
        (at(HERE, "linux").casefold(), ["vm-linux"]),
        (at(HERE).casefold(), ["vm-1", "vm-linux"]),
    ]
    assert rows[1]["places"] == [{"place": f"/subscriptions/{HERE}", "machines": 2}]
    assert ask("scope", inventory, *AS_OF, "--json", "--subscription", THERE).rows("scope") == []


def test_a_preview_says_what_comes_in_and_what_drops_out(ask: Ask, inventory: Path, tmp_path: Path) -> None:
    changed = preview(tmp_path, {"tagFilters": {"ring": ["2"]}}, {"tagFilters": {"ring": ["1"]}})
    answer = ask("scope", inventory, changed, *AS_OF, "--json")
    (row,) = answer.rows("scope")
    assert answer.code == 0
    assert (row["scope"], names(row["new"]), names(row["dropped"])) == (
        URN,
        ["vm-2", "srv-1"],
        ["vm-1", "vm-linux", "vm-3"],
    )
    assert {"scope-machines-new", "scope-machines-dropped"} <= {found["rule"] for found in row["findings"]}
    shown = ask("scope", inventory, changed, *AS_OF, columns=100).lines
    assert [line.split()[:2] for line in shown if line.startswith("vm-1")] == [["vm-1", "drops"]]
    assert [line.split()[:2] for line in shown if line.startswith("vm-2")] == [["vm-2", "new"]]


def test_machines_that_the_last_deployment_noted_are_what_is_compared_with(
    ask: Ask, inventory: Path, tmp_path: Path
) -> None:
    gone = f"{fleet()[0]['id']}-gone"
    noted = {"matchingCount": 1, "matchingMachines": [gone], "tagFilters": {"ring": ["1"]}}
    file = preview(tmp_path, {"tagFilters": {"ring": ["1"]}}, noted)
    (row,) = ask("scope", inventory, file, *AS_OF, "--json").rows("scope")
    assert (names(row["new"]), names(row["dropped"])) == (["vm-1", "vm-linux", "vm-3"], ["vm-1-gone"])


def test_a_new_scope_is_compared_with_nothing(ask: Ask, inventory: Path, tmp_path: Path) -> None:
    file = preview(tmp_path, {"tagFilters": {"ring": ["1"]}})
    (row,) = ask("scope", inventory, file, *AS_OF, "--json").rows("scope")
    assert (row["new"], row["dropped"]) == (None, None)


def test_an_error_of_a_rule_is_exit_code_1(ask: Ask, inventory: Path, tmp_path: Path) -> None:
    file = preview(tmp_path, {"tagFilters": {"ring": ["1"]}, "maxMachines": 2})
    answer = ask("scope", inventory, file, *AS_OF)
    assert answer.code == 1
    assert "The scope takes 3 machines now; its declaration expects 2 at most." in answer.out
    assert ask("scope", inventory, *AS_OF, "--type", "Microsoft.Compute/virtualMachines").code == 1
    assert ask("scope", inventory, *AS_OF, "--whole-subscription").code == 0


def test_what_is_not_known_yet_is_not_shown(ask: Ask, inventory: Path, tmp_path: Path) -> None:
    later = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
    file = preview(tmp_path, {"tagFilters": {"ring": [later]}})
    answer = ask("scope", inventory, file, *AS_OF, "--json")
    assert answer.err == "Note: ring is not shown: not all of it is known yet.\n"


def test_settings_that_the_same_stack_declares_count(ask: Ask, tmp_path: Path) -> None:
    machine = windows("vm-1", {"ring": "1"}, patch_settings={"patchMode": "AutomaticByOS"})
    document = json.loads(preview(tmp_path, {"tagFilters": {"ring": ["1"]}}).read_text("utf-8"))
    kind = "pulumi-python:dynamic/azurehotpatch:VirtualMachinePatchSettings"
    inputs = {
        "virtualMachineId": machine["id"],
        "patchMode": "AutomaticByPlatform",
        "bypassPlatformSafetyChecksOnUserSchedule": True,
    }
    urn = f"urn:pulumi:dev::contoso::{kind}::one"
    settings = {"op": "create", "urn": urn, "newState": {"urn": urn, "type": kind, "inputs": inputs}}
    stack, fleet_file = tmp_path / "stack.json", tmp_path / "fleet.json"
    stack.write_text(json.dumps({"steps": [*document["steps"], settings]}), encoding="utf-8")
    fleet_file.write_text(json.dumps([machine]), encoding="utf-8")
    (row,) = ask("scope", fleet_file, stack, *AS_OF, "--json").rows("scope")
    assert [one["ready"] for one in row["machines"]] == [True]


def stack(tmp_path: Path, *resources: tuple[str, str, dict[str, Any]]) -> Path:
    """A preview of new resources: kind, name and inputs."""
    steps = []
    for kind, name, inputs in resources:
        token = f"pulumi-python:dynamic/azurehotpatch:{kind}"
        urn = f"urn:pulumi:dev::contoso::{token}::{name}"
        steps.append({"op": "create", "urn": urn, "newState": {"urn": urn, "type": token, "inputs": inputs}})
    file = tmp_path / "stack.json"
    file.write_text(json.dumps({"steps": steps}), encoding="utf-8")
    return file


def test_scopes_of_one_preview_are_seen_beside_each_other(ask: Ask, tmp_path: Path) -> None:
    inventory = tmp_path / "fleet.json"
    inventory.write_text(json.dumps([*fleet(), schedule(MONTHLY), schedule(WEEKLY)]), encoding="utf-8")
    both = stack(
        tmp_path,
        ("DynamicScope", "one", {"assignmentName": "one", "scheduleId": MONTHLY, "subscriptionIds": [HERE]}),
        ("DynamicScope", "two", {"assignmentName": "two", "scheduleId": WEEKLY, "subscriptionIds": [HERE]}),
    )
    rows = ask("scope", inventory, both, *AS_OF, "--json").rows("scope")
    others = [{key for one in row["machines"] for key in one["other_schedules"]} for row in rows]
    assert others == [{WEEKLY.casefold()}, {MONTHLY.casefold()}]
    for row in rows:
        assert "scope-same-start" in {found["rule"] for found in row["findings"]}
        assert {one["clash"] for one in row["machines"]} == {"same start"}


READY = {"patchMode": "AutomaticByPlatform", "bypassPlatformSafetyChecksOnUserSchedule": True}


@pytest.mark.parametrize(
    ("members", "ready"),
    [
        ({"matched": [windows("vm-1", {})["id"]], "tagFilters": {"ring": ["1"]}}, True),
        ({"machineIds": [windows("vm-1", {})["id"].upper()]}, True),
        ({"subscriptionIds": [HERE], "tagFilters": {"ring": ["1"]}}, True),
        ({"subscriptionIds": [HERE], "tagFilters": {"ring": ["2"]}}, False),
        ({"subscriptionIds": [HERE], "query": "resources"}, None),
    ],
)
def test_settings_of_a_fleet_of_the_same_preview_count(
    ask: Ask, tmp_path: Path, members: dict[str, Any], ready: bool | None
) -> None:
    inventory = tmp_path / "fleet.json"
    machine = windows("vm-1", {"ring": "1"}, patch_settings={"patchMode": "AutomaticByOS"})
    inventory.write_text(json.dumps([machine]), encoding="utf-8")
    scope = {"assignmentName": "ring", "scheduleId": MONTHLY, "subscriptionIds": [HERE], "osTypes": ["Windows"]}
    given = {"fleetName": "ready", **READY, **members}
    file = stack(tmp_path, ("FleetPatchSettings", "ready", given), ("DynamicScope", "ring", scope))
    (row,) = ask("scope", inventory, file, *AS_OF, "--json").rows("scope")
    assert [one["ready"] for one in row["machines"]] == [ready]


def test_the_schedule_of_a_fleet_of_the_same_preview_is_another_schedule(ask: Ask, tmp_path: Path) -> None:
    inventory = tmp_path / "fleet.json"
    inventory.write_text(json.dumps([windows("vm-1", {"ring": "1"})]), encoding="utf-8")
    scope = {"assignmentName": "ring", "scheduleId": MONTHLY, "subscriptionIds": [HERE], "osTypes": ["Windows"]}
    given = {"fleetName": "ready", "scheduleId": WEEKLY, "subscriptionIds": [HERE], "tagFilters": {"ring": ["1"]}}
    file = stack(tmp_path, ("FleetPatchSettings", "ready", given), ("DynamicScope", "ring", scope))
    (row,) = ask("scope", inventory, file, *AS_OF, "--json").rows("scope")
    assert [one["other_schedules"] for one in row["machines"]] == [[WEEKLY.casefold()]]


def test_a_schedule_that_is_not_there_is_told(ask: Ask, inventory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    typo = f"{MONTHLY}y"
    typed = ("--tag", "ring=1", "--schedule", typo, "--json")
    answer = ask("scope", inventory, *AS_OF, *typed)
    assert answer.err == f"Note: windows are not compared: no file shows the schedule {typo}; --live asks Azure.\n"
    with serving(World.from_inventory(everything()), monkeypatch):
        live = ask("scope", "--subscription", HERE, *typed)
    assert live.err == f"Note: windows are not compared: Azure has no schedule {typo} for guests.\n"
    assert [row["clash"] for row in answer.rows("scope")[0]["machines"]] == [None, None, None]


def test_a_schedule_whose_recurrence_cannot_be_read_is_told(ask: Ask, tmp_path: Path) -> None:
    broken = schedule(MONTHLY)
    broken["properties"] = {**broken["properties"], "maintenanceWindow": {"startDateTime": "soon"}}
    file = tmp_path / "inventory.json"
    file.write_text(json.dumps([*fleet(), broken]), encoding="utf-8")
    answer = ask("scope", file, *AS_OF, "--tag", "ring=1", "--schedule", MONTHLY)
    assert answer.err == f"Note: windows are not compared: when {MONTHLY} runs cannot be read.\n"


def test_the_schedule_of_another_subscription_is_asked_for(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(World.from_inventory(everything()), monkeypatch):
        answer = ask("scope", "--subscription", THERE, "--tag", "ring=1", "--schedule", MONTHLY, "--json")
    (row,) = answer.rows("scope")
    assert (answer.err, [one["name"] for one in row["machines"]]) == ("", ["vm-3"])


def test_scopes_that_are_there_without_their_schedule_are_told_where_that_matters(ask: Ask, tmp_path: Path) -> None:
    file = tmp_path / "inventory.json"
    linux = assigned(at(HERE, "linux"), {"osTypes": ["Linux"]}, WEEKLY)
    file.write_text(json.dumps([*fleet(), assigned(at(HERE), RING_ONE)]), encoding="utf-8")
    assert ask("scope", file, *AS_OF).err == ""
    file.write_text(json.dumps([*fleet(), schedule(MONTHLY), assigned(at(HERE), RING_ONE), linux]), encoding="utf-8")
    assert ask("scope", file, *AS_OF).err == (
        f"Note: windows are not compared: no file shows the schedule {WEEKLY.casefold()}; --live asks Azure.\n"
    )


def test_one_tag_in_two_spellings_is_one_with_two_values(ask: Ask, inventory: Path) -> None:
    for more in ((), ("--all-tags",)):
        (row,) = ask("scope", inventory, *AS_OF, "--tag", "Ring=1", "--tag", "ring=2", *more, "--json").rows("scope")
        assert len(row["machines"]) == 5


def test_what_is_typed_twice_is_typed_once(ask: Ask, inventory: Path) -> None:
    groups = [word for number in range(50) for word in ("--group", f"rg-{number}", "--group", f"RG-{number}")]
    answer = ask("scope", inventory, *AS_OF, *groups, "--location", "East US", "--location", "eastus", "--json")
    assert "scope-resource-group-limit" not in {one["rule"] for one in answer.rows("scope")[0]["findings"]}


def test_both_operating_systems_are_no_filter(ask: Ask, inventory: Path) -> None:
    answer = ask("scope", inventory, *AS_OF, "--os", "Windows", "--os", "linux")
    assert (answer.code, "--whole-subscription" in answer.out) == (1, True)


def test_a_filter_that_looks_at_more_is_told_and_its_machines_are_open(ask: Ask, tmp_path: Path) -> None:
    zoned = assigned(at(HERE, "zoned"), {"availabilityZones": ["1"], "osTypes": ["Linux"]})
    file = tmp_path / "inventory.json"
    file.write_text(json.dumps([*fleet(), schedule(MONTHLY), zoned]), encoding="utf-8")
    answer = ask("scope", file, *AS_OF, columns=100)
    assert answer.err == "Note: zoned: its filter has availabilityZones too, which is not compared here.\n"
    assert answer.lines[0] == "zoned: 0 machines"
    assert [line.split()[:2] for line in answer.lines if line.startswith("vm-")] == [["vm-linux", "maybe"]]
    assert "scope-has-a-filter" not in answer.out


def test_a_server_that_is_not_connected_is_shown_so(ask: Ask, tmp_path: Path) -> None:
    server = fleet()[-1]
    server["properties"] = {**server["properties"], "status": "Disconnected"}
    file = tmp_path / "inventory.json"
    file.write_text(json.dumps([server]), encoding="utf-8")
    answer = ask("scope", file, *AS_OF, "--tag", "ring=2", columns=100)
    assert [line.split() for line in answer.lines if line.startswith("srv-")] == [
        ["srv-1", "Windows", "eastus", "yes", "Disconnected", "-"]
    ]
    assert "scope-machines-off" in answer.out
    (row,) = ask("scope", file, *AS_OF, "--tag", "ring=2", "--json").rows("scope")
    assert [one["agent_status"] for one in row["machines"]] == ["Disconnected"]


BAD: list[tuple[tuple[str, ...], str]] = [
    (("--tag", "ring"), "--tag 'ring': expected NAME=VALUE"),
    (("--resource-group-id", "rg-contoso"), "'rg-contoso' is neither a subscription nor a resource group; write it as"),
    (("--tag", "ring=1", "--as-of", "soon"), "--as-of"),
    (("--schedule", "nonsense"), "--schedule 'nonsense': expected the id of a schedule, /subscriptions/"),
    (("--schedule", windows("vm-1", {})["id"]), "expected the id of a schedule, /subscriptions/"),
]


@pytest.mark.parametrize(("options", "message"), BAD)
def test_bad_options_get_one_line(ask: Ask, inventory: Path, options: tuple[str, ...], message: str) -> None:
    answer = ask("scope", inventory, *options)
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert message in answer.err


def test_what_is_no_arm_body_is_named(ask: Ask) -> None:
    answer = ask("scope", "-", *AS_OF, stdin='[{"id": "vm-1"}]')
    assert answer.code == 2
    assert answer.err.startswith("azure-hotpatch: standard input: entry 1")


def test_without_an_inventory_azure_is_asked_once_for_all_subscriptions(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = preview(tmp_path, {"tagFilters": {"ring": ["1"]}})
    with serving(World.from_inventory(everything()), monkeypatch) as simulator:
        answer = ask("scope", file, "--json")
        (row,) = answer.rows("scope")
        live = ask("scope", "--subscription", HERE, "--json").rows("scope")
        asked = [one.operation for one in simulator.journal if one.operation == "ResourceGraph_Resources"]
        assert writes(simulator) == []
    assert [one["name"] for one in row["machines"]] == ["vm-1", "vm-linux", "vm-3"]
    assert {one["power_state"] for one in row["machines"]} == {"running"}
    # Machines with schedules, and assignments: two questions for each command.
    assert len(asked) == 4
    assert [row["scope"] for row in live] == [at(HERE, "linux").casefold(), at(HERE).casefold()]


@pytest.mark.parametrize(("environment", "is_over"), [("usgovernment", True), ("public", False)])
def test_the_limits_are_those_of_the_cloud_that_is_asked(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, environment: str, is_over: bool
) -> None:
    places = [HERE, *(f"{number:08}-0000-0000-0000-000000000002" for number in range(100))]
    options = [word for place in places for word in ("--subscription", place)]
    monkeypatch.setenv("ARM_ENVIRONMENT", environment)
    with serving(World.from_inventory(everything()), monkeypatch):
        answer = ask("scope", *options, "--tag", "ring=1", "--schedule", MONTHLY, "--json")
    (row,) = answer.rows("scope")
    failed = {one["rule"] for one in row["findings"] if one["verdict"] == "fail"}
    assert ("scope-subscription-limit-sovereign" in failed) == is_over
