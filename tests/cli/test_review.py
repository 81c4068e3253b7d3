"""`azure-hotpatch review`: what a pull request is told of a change."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from jsonschema import Draft202012Validator

from azure_patch_simulator.launch import launched
from demo import Azure
from pulumi_azure_hotpatch.engine.previews import read_preview
from tests.cli.conftest import CHECKOUT, INVENTORY, Ask
from tests.cli.test_check import body
from tests.cli.test_preview import LATER, MACHINE, preview, settings, step, urn
from tests.support.pulumi_cli import Stack

SARIF = CHECKOUT / "tests" / "audit" / "sarif.schema.json"
AS_OF = ("--as-of", "2026-11-23")
WRONG = settings(enableHotpatching=True, patchMode="Manual")
FINE = settings(patchMode="AutomaticByPlatform")


def test_the_markdown_goes_to_the_terminal_and_an_error_is_the_exit_code(ask: Ask) -> None:
    answer = ask("review", "-", *AS_OF, stdin=preview(WRONG))
    assert (answer.code, answer.err) == (1, "")
    assert answer.lines[0] == "## Patching review"
    assert "`hotpatch-needs-platform-mode`" in answer.out
    assert ask("review", "-", *AS_OF, stdin=preview(FINE)).code == 0


def test_every_form_is_written_at_once(ask: Ask, tmp_path: Path) -> None:
    files = {name: tmp_path / name for name in ("review.md", "patching.sarif", "patching.xml")}
    options = [
        *("--markdown", files["review.md"], "--sarif", files["patching.sarif"], "--junit", files["patching.xml"]),
        *("--artifact", "infra/__main__.py"),
    ]
    answer = ask("review", "-", *AS_OF, "--json", *options, stdin=preview(WRONG))
    rows = answer.rows("findings")
    failed = {row["rule"] for row in rows if row["verdict"] == "fail"}
    assert "## Patching review" in files["review.md"].read_text("utf-8")
    (run,) = json.loads(files["patching.sarif"].read_text("utf-8"))["runs"]
    assert {result["ruleId"] for result in run["results"] if result["kind"] == "fail"} == failed
    place = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert place == "infra/__main__.py"
    (suite,) = ElementTree.parse(files["patching.xml"]).getroot()
    assert int(suite.get("failures", "")) == sum(
        row["verdict"] == "fail" and row["severity"] == "error" for row in rows
    )


def test_a_waiver_takes_the_failure_away_and_is_listed(ask: Ask, tmp_path: Path) -> None:
    rows = ask("review", "-", *AS_OF, "--json", stdin=preview(WRONG)).rows("findings")
    errors = {row["rule"] for row in rows if row["verdict"] == "fail" and row["severity"] == "error"}
    waivers = tmp_path / "waivers.yaml"
    waivers.write_text(
        "version: 1\nwaivers:\n"
        + "".join(
            f"- {{rule: {rule}, resource: '*', reason: it moves next month, owner: platform team, until: 2027-01-31}}\n"
            for rule in errors
        )
    )
    answer = ask("review", "-", *AS_OF, "--waivers", waivers, stdin=preview(WRONG))
    assert answer.code == 0
    assert "### Waived" in answer.out
    assert "it moves next month" in answer.out


def test_an_inventory_tells_what_the_change_means_for_restarts(ask: Ask) -> None:
    change = settings(op="update", patchMode="AutomaticByPlatform", enableHotpatching=False)
    answer = ask("review", "-", *AS_OF, "--inventory", INVENTORY, "--months", 12, stdin=preview(change))
    assert "in 12 months on 1 machine" in answer.out
    assert "(before this change " in answer.out
    others = json.loads(INVENTORY.read_text("utf-8"))
    assert sum(other["name"] in answer.out for other in others if other["id"].casefold() != MACHINE.casefold()) == 0


def test_a_preview_that_failed_is_no_success(ask: Ask, tmp_path: Path) -> None:
    document = json.loads(preview(FINE))
    told = "error: property tags value {map[owner:{marked}]} has a problem: tags: [schedule-tag-case; Learn]"
    document["diagnostics"] = [{"urn": urn("MaintenanceSchedule", "nights"), "severity": "error", "message": told}]
    stopped = json.dumps(document)
    sarif, junit = tmp_path / "it.sarif", tmp_path / "it.xml"
    answer = ask("review", "-", *AS_OF, "--sarif", sarif, "--junit", junit, stdin=stopped)
    assert answer.code == 1
    assert answer.lines[2].startswith("❌ **the preview failed; until then: 1 to create**")
    assert "- nights <sub>MaintenanceSchedule</sub>: `schedule-tag-case`" in answer.lines
    log = json.loads(sarif.read_text("utf-8"))
    Draft202012Validator(json.loads(SARIF.read_text("utf-8"))).validate(log)
    assert log["runs"][0]["invocations"][0]["executionSuccessful"] is False
    (suite,) = ElementTree.parse(junit).getroot()
    assert suite.get("errors") == "1"
    assert "marked" not in answer.out + sarif.read_text("utf-8") + junit.read_text("utf-8")
    checked = ask("check", "-", *AS_OF, stdin=stopped)
    note = "Note: the preview failed at nights (schedule-tag-case); what would come after that is not in it.\n"
    assert checked.err == note


def events(level: str) -> str:
    """A run as the engine streams it, in which a policy was violated."""
    settings_step = json.loads(preview(FINE))["steps"][1]
    state = settings_step["newState"]
    metadata = {"op": "create", "urn": state["urn"], "type": state["type"], "new": state}
    violation = {
        "resourceUrn": state["urn"],
        "policyPackName": "patching",
        "policyName": "no-bypass",
        "enforcementLevel": level,
        "message": "It is | set.",
    }
    told = [{"resourcePreEvent": {"metadata": metadata}}, {"policyEvent": violation}]
    return "\n".join(json.dumps({"sequence": n, "timestamp": n, **one}) for n, one in enumerate(told, start=1))


def test_a_mandatory_policy_fails_in_every_form(ask: Ask, tmp_path: Path) -> None:
    sarif, junit = tmp_path / "it.sarif", tmp_path / "it.xml"
    forms = ("--json", "--sarif", sarif, "--junit", junit)
    answer = ask("review", "-", *AS_OF, *forms, stdin=events("mandatory"))
    assert answer.code == 1
    (row,) = [row for row in answer.rows("findings") if row["verdict"] == "fail"]
    assert (row["rule"], row["severity"], row["reason"]) == ("patching/no-bypass", "error", "It is | set.")
    log = json.loads(sarif.read_text("utf-8"))
    Draft202012Validator(json.loads(SARIF.read_text("utf-8"))).validate(log)
    (run,) = log["runs"]
    (result,) = [result for result in run["results"] if result["level"] == "error"]
    assert result["ruleId"] == run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == "patching/no-bypass"
    (suite,) = ElementTree.parse(junit).getroot()
    assert suite.get("failures") == "1"
    (failed,) = [case for case in suite if case.find("failure") is not None]
    assert failed.get("name") == "patching/no-bypass"


def test_an_advisory_policy_is_told_and_fails_nothing(ask: Ask, tmp_path: Path) -> None:
    junit = tmp_path / "it.xml"
    answer = ask("review", "-", *AS_OF, "--json", "--junit", junit, stdin=events("advisory"))
    assert answer.code == 0
    assert [row["severity"] for row in answer.rows("findings") if row["verdict"] == "fail"] == ["warning"]
    (suite,) = ElementTree.parse(junit).getroot()
    assert suite.get("failures") == "0"


@pytest.mark.parametrize("command", ["check", "review", "forecast"])
def test_unchanged_resources_that_a_preview_leaves_out_are_counted(ask: Ask, command: str) -> None:
    document = json.loads(preview(FINE))
    document["changeSummary"] = {"create": 1, "same": 7}
    answer = ask(command, "-", *AS_OF, stdin=json.dumps(document))
    told = "he preview leaves out 7 unchanged resources, and nothing is judged of them: pulumi preview --show-sames"
    assert told in answer.out + answer.err
    document["changeSummary"] = {"create": 1}
    answer = ask(command, "-", *AS_OF, stdin=json.dumps(document))
    assert "leaves out" not in answer.out + answer.err


def test_a_resource_that_is_read_is_no_reason_to_doubt_a_preview(ask: Ask) -> None:
    read = step("PatchAssessment", "external", "read", machineId=MACHINE)
    assert "show-sames" not in ask("review", "-", *AS_OF, stdin=preview(FINE, read)).out


def test_components_are_no_changes(ask: Ask) -> None:
    component = step("Web", "web")
    component["newState"] |= {"type": "contoso:web:Servers", "custom": False}
    ready = step("Ready", "ready")
    ready["newState"] |= {"type": "azurehotpatch:components:HotpatchReady"}
    assert ask("review", "-", *AS_OF, stdin=preview(component, ready, FINE)).lines[2].startswith("✅ **1 to create**")


def test_a_schedule_names_the_new_machines_that_are_given_it(ask: Ask) -> None:
    kind = "azure-native:compute:VirtualMachine"
    vm_urn = f"urn:pulumi:dev::contoso::{kind}::web"
    machine = {"op": "create", "urn": vm_urn, "newState": {"urn": vm_urn, "type": kind, "inputs": {"vmName": "web"}}}
    nights = step("MaintenanceSchedule", "nights", **{**PLACE, "subscriptionId": LATER})
    given = step("ScheduleAssignment", "given", machineId=LATER, scheduleId=LATER, outcome=UNDECIDED)
    sources = {"machineId": [vm_urn], "scheduleId": [nights["urn"]]}
    given["newState"]["propertyDependencies"] = sources
    answer = ask("review", "-", *AS_OF, stdin=preview(machine, nights, given))
    told = [line.split(" | ") for line in answer.lines if line.startswith("| create |")]
    assert [row[2] for row in told] == ["web", "web", "web"]
    # The stack says more of the machine than the assignment alone could.
    assert "the machine's id" not in told[2][4]
    assert told[2][4].startswith("Schedule 'nights' installs nothing: it needs patch mode AutomaticByPlatform")


UNDECIDED = "What happens depends on the patch mode and the bypass flag and the machine's id, not known yet."
NIGHTS = f"{MACHINE.split('/providers/')[0]}/providers/Microsoft.Maintenance/maintenanceConfigurations/nights"
PLACE: dict[str, Any] = {
    "subscriptionId": MACHINE.split("/")[2],
    "resourceGroupName": MACHINE.split("/")[4],
    "scheduleName": "nights",
    "location": "eastus",
    "start": "2026-01-01 22:00",
    "duration": "03:00",
    "timeZone": "UTC",
    "recurrence": "Month Second Tuesday Offset4",
    "windows": {"classificationsToInclude": ["Security"]},
}


def test_machines_that_a_scope_took_in_preview_have_its_schedule(ask: Ask, tmp_path: Path) -> None:
    inventory = tmp_path / "inventory.json"
    inventory.write_text(json.dumps([body()]), encoding="utf-8")
    schedule = step("MaintenanceSchedule", "nights", **PLACE)
    scope = step("DynamicScope", "nights", assignmentName="nights", scheduleId=NIGHTS, osTypes=["Windows"])
    scope["newState"]["inputs"] |= {"matchingCount": 1, "matchingMachines": [MACHINE]}
    ready = settings(
        patchMode="AutomaticByPlatform", bypassPlatformSafetyChecksOnUserSchedule=True, enableHotpatching=False
    )
    asked = ("review", "-", *AS_OF, "--inventory", inventory)
    answer = ask(*asked, stdin=preview(ready, schedule, scope))
    (row,) = [line for line in answer.lines if line.startswith("| 2026-12 |")]
    assert "nights: 2026-12-12 22:00 to 2026-12-13 01:00 +00:00" in row
    assert "azure-hotpatch scope tells" not in answer.out
    scope["newState"]["inputs"] |= {"matchingCount": 2}
    answer = ask(*asked, stdin=preview(ready, schedule, scope))
    assert "azure-hotpatch scope tells" in answer.out


def test_an_assignment_on_a_machine_that_the_stack_makes_is_told_with_what_will_happen(ask: Ask) -> None:
    kind = "azure-native:compute:VirtualMachine"
    vm_urn = f"urn:pulumi:dev::contoso::{kind}::web"
    patched = {
        "patchSettings": {
            "patchMode": "AutomaticByPlatform",
            "automaticByPlatformSettings": {"bypassPlatformSafetyChecksOnUserSchedule": True},
        }
    }
    inputs = {"vmName": "vm-web", "resourceGroupName": "rg-contoso", "osProfile": {"windowsConfiguration": patched}}
    machine = {"op": "create", "urn": vm_urn, "newState": {"urn": vm_urn, "type": kind, "inputs": inputs}}
    given = step("ScheduleAssignment", "nights", machineId=LATER, scheduleId=NIGHTS)
    given["newState"]["propertyDependencies"] = {"machineId": [vm_urn]}
    answer = ask("review", "-", *AS_OF, stdin=preview(machine, given))
    told = [line.split(" | ")[2:] for line in answer.lines if line.startswith("| create |")]
    sentence = "Schedule 'nights' installs patches in its windows. |"
    assert told == [["web", "", sentence], ["web", "scheduleId: nights", sentence]]


def test_a_fleet_is_judged_as_check_judges_it(ask: Ask) -> None:
    nights = f"{MACHINE.split('/providers/')[0]}/providers/Microsoft.Maintenance/maintenanceConfigurations/nights"
    fleet = step("FleetPatchSettings", "web", matched=[MACHINE], patchMode="Manual", scheduleId=nights)
    told = [ask(command, "-", *AS_OF, "--json", stdin=preview(fleet)) for command in ("check", "review")]
    checked, reviewed = (
        sorted((row["resource"], row["rule"], row["verdict"]) for row in one.rows("findings")) for one in told
    )
    assert reviewed == checked
    assert any(rule == "assignment-needs-platform-mode" and verdict == "fail" for _, rule, verdict in reviewed)


def test_a_machine_that_is_deleted_is_told(ask: Ask) -> None:
    gone = step("VirtualMachinePatchSettings", "web", "delete")
    gone |= {"oldState": gone["newState"], "newState": None}
    answer = ask("review", "-", *AS_OF, stdin=preview(gone))
    assert "| **delete** | web <sub>VirtualMachinePatchSettings</sub> |" in answer.out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("review", "nowhere.json"), "nowhere.json: cannot be read (No such file or directory)"),
        (("review", "-"), "standard input: not a preview; expected what"),
        (("review", "-", "--relax", "everything"), "--relax 'everything': expected one of"),
        (("review", "-", "--waivers", "nowhere.yaml"), "nowhere.yaml: cannot be read"),
        (("review", "-", "--inventory", "nowhere.json"), "nowhere.json: cannot be read"),
        (("review", "-", "--months", "0"), "--months"),
        (("review", "-", "--sarif", "nowhere/it.sarif"), "nowhere/it.sarif: cannot be written"),
    ],
)
def test_bad_input_is_one_line(ask: Ask, arguments: tuple[str, ...], told: str) -> None:
    nothing = "not a preview" in told
    answer = ask(*arguments, stdin="[]" if nothing else preview(FINE))
    assert answer.code == 2
    assert answer.err.startswith(f"azure-hotpatch: {told}")
    assert len(answer.err.splitlines()) == 1


@pytest.fixture
def azure(tmp_path: Path) -> Iterator[Azure]:
    with launched("--era", "2021-preview", "--time", "manual", "--ca-file", str(tmp_path / "ca.pem")) as server:
        yield Azure(server.info)


def test_the_real_engine_says_the_same_in_all_three_forms(ask: Ask, azure: Azure, tmp_path: Path) -> None:
    stack = Stack(CHECKOUT, tmp_path, azure.environment() | {"PULUMI_EXPERIMENTAL": "true"})
    plan = tmp_path / "plan.json"
    stack.preview("--save-plan", str(plan), json=False)
    steps = stack.preview("--show-sames").json
    stack.env["PULUMI_ENABLE_STREAMING_JSON_PREVIEW"] = "true"
    events = [json.loads(line) for line in stack.preview("--show-sames").stdout.splitlines()]
    forms = [read_preview(document) for document in (steps, json.loads(plan.read_text("utf-8")), events)]
    told = [{(change.urn, change.op) for change in form.changes if change.name != "default"} for form in forms]
    assert told[0] == told[1] == told[2]
    assert len(told[0]) == 10
    findings = []
    for name, document in (("steps", steps), ("plan", json.loads(plan.read_text("utf-8"))), ("events", events)):
        written = tmp_path / f"{name}.json"
        written.write_text(json.dumps(document))
        rows = ask("review", written, *AS_OF, "--json").rows("findings")
        findings.append({(row["resource"], row["rule"], row["verdict"]) for row in rows})
    assert findings[0] == findings[1]
    # Events tell of no dependencies: which schedule an assignment gives stays open in them, and nothing else.
    assert {row for row in findings[0] ^ findings[2] if "assignment" not in row[1]} == set()
    assert {row for row in findings[2] if row[2] == "fail"} == {row for row in findings[0] if row[2] == "fail"}
