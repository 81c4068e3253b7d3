"""`azure-hotpatch check` and `review` on declared installations and rollouts, and on stacks as a whole."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Answer, Ask
from tests.cli.test_check import body
from tests.cli.test_preview import LATER, MACHINE, preview, settings, step, urn

AS_OF = ("--as-of", "2026-11-23")
BOTH = pytest.mark.parametrize("command", ["check", "review"])
GROUP = MACHINE.rpartition("/")[0]
CHOSEN = {"classificationsToInclude": ["Critical", "Security"]}


def installation(name: str = "now", **inputs: Any) -> dict[str, Any]:
    return step("PatchInstallation", name, **{"machineId": MACHINE, "windows": CHOSEN, **inputs})


def rollout(*rings: dict[str, Any], **inputs: Any) -> dict[str, Any]:
    return step("PatchRollout", "fleet", **{"rings": list(rings), "windows": CHOSEN, **inputs})


def machine(name: str, **more: Any) -> dict[str, Any]:
    return {**body(), "id": f"{GROUP}/{name}", "name": name, **more}


def vm(name: str = "vm", *, later: bool = True, **patching: Any) -> dict[str, Any]:
    """A Windows VM of azure-native; its id is not known yet, or it is."""
    kind = "azure-native:compute:VirtualMachine"
    inputs = {"vmName": name, "osProfile": {"windowsConfiguration": {"patchSettings": patching}}}
    state = {
        "urn": f"urn:pulumi:dev::contoso::{kind}::{name}",
        "type": kind,
        "inputs": inputs,
        **({} if later else {"id": f"{GROUP}/{name}"}),
    }
    return {"op": "create" if later else "same", "urn": state["urn"], "newState": state, "oldState": {}}


def found(answer: Answer, *rules: str) -> set[tuple[str, str, str]]:
    """Resource, rule and verdict of the findings on some rules."""
    rows = answer.rows("findings")
    return {(row["resource"], row["rule"], row["verdict"]) for row in rows if not rules or row["rule"] in rules}


@BOTH
def test_an_installation_is_judged_with_what_it_says_itself(ask: Ask, command: str) -> None:
    name = urn("PatchInstallation", "now")
    asked = (command, "-", *AS_OF, "--json")
    fine = ask(*asked, stdin=preview(installation()))
    assert (fine.code, {row for row in found(fine) if row[2] == "fail"}) == (0, set())
    nothing = ask(*asked, stdin=preview(installation(windows={}, maximumDuration="10m")))
    assert nothing.code == 1
    failed = {row for row in found(nothing) if row[2] == "fail"}
    assert failed == {(name, "install-selects-something", "fail")}
    both = {"kbNumbersToInclude": ["KB5066835"], "kbNumbersToExclude": ["KB5066835"]}
    assert (name, "install-kb-in-both-lists", "fail") in found(ask(*asked, stdin=preview(installation(windows=both))))
    later = found(ask(*asked, stdin=preview(installation(windows=LATER))))
    assert {(name, "install-selects-something", "unknown"), (name, "install-kb-in-both-lists", "unknown")} <= later


@BOTH
def test_an_installation_is_judged_on_the_machine_that_the_inventory_shows(
    ask: Ask, command: str, tmp_path: Path
) -> None:
    inventory = tmp_path / "inventory.json"
    off = {"instanceView": {"statuses": [{"code": "PowerState/deallocated"}]}}
    inventory.write_text(json.dumps([{**body(), "properties": {**body()["properties"], **off}}]))
    files = ("-", inventory) if command == "check" else ("-", "--inventory", inventory)

    def of(rule: str, **inputs: Any) -> set[str]:
        answer = ask(command, *files, *AS_OF, "--json", stdin=preview(installation(**inputs)))
        return {row[2] for row in found(answer, rule)}

    assert of("install-machine-running") == {"fail"}
    assert of("install-machine-running", startIfOff=True) == set()
    assert of("install-machine-running", startIfOff=LATER) == {"unknown"}
    assert of("install-duration", maximumDuration="10m") == {"fail"}
    assert of("install-duration", maximumDuration="1h") == set()


@BOTH
def test_the_rings_of_a_rollout_are_judged(ask: Ask, command: str) -> None:
    name = urn("PatchRollout", "fleet")
    asked = (command, "-", *AS_OF, "--json")
    canary, four = {"name": "canary", "machineIds": [MACHINE]}, [f"{GROUP}/vm-{number}" for number in range(4)]
    rest = {"name": "broad", "rest": True, "deferralDays": 7}
    fine = ask(*asked, stdin=preview(rollout(canary, rest, machineIds=four, releaseMonth="2026-12")))
    # Nobody has shown whether the machines exist.
    rings = {row for row in found(fine) if row[1].startswith("rollout-")}
    assert (fine.code, rings) == (0, {(name, "rollout-machine-unknown", "unknown")})
    wrong = ask(*asked, stdin=preview(rollout({"name": "all", "machineIds": [MACHINE]}, canary, rest, machineIds=four)))
    failed = {row[1] for row in found(wrong) if row[2] == "fail"}
    assert (wrong.code, failed) == (
        1,
        {"rollout-machine-in-two-rings", "rollout-empty-ring", "rollout-deferral-needs-month"},
    )
    hidden = ask(*asked, stdin=preview(rollout(canary, rest, machineIds=[MACHINE, LATER], failureBudget=LATER)))
    open_ = {row[1] for row in found(hidden) if row[2] == "unknown" and row[1].startswith("rollout-")}
    assert {"rollout-machine-in-no-ring", "rollout-empty-ring", "rollout-budget-never-halts"} <= open_
    assert found(hidden, "rollout-deferral-needs-month") == {(name, "rollout-deferral-needs-month", "fail")}


@BOTH
def test_an_inventory_says_who_is_in_a_ring_of_tags_and_that_every_machine_is_there(
    ask: Ask, command: str, tmp_path: Path
) -> None:
    inventory = tmp_path / "inventory.json"
    ids = [f"{GROUP}/{name}" for name in ("a", "b", "c")]
    tags = [{"ring": "canary"}, {"ring": "broad"}, None]
    shown = [machine(name, tags=given) for name, given in zip("abc", tags, strict=True)]
    rings = [{"name": ring, "tags": {"Ring": [ring]}} for ring in ("canary", "broad")]
    files = ("-", inventory) if command == "check" else ("-", "--inventory", inventory)

    def verdicts(machines: list[dict[str, Any]], **inputs: Any) -> dict[str, str]:
        inventory.write_text(json.dumps(machines))
        answer = ask(command, *files, *AS_OF, "--json", stdin=preview(rollout(*rings, machineIds=ids, **inputs)))
        return {row[1]: row[2] for row in found(answer) if row[1].startswith("rollout-")}

    assert verdicts(shown) == {"rollout-machine-in-no-ring": "fail"}
    assert verdicts(shown, exclude=[ids[2].upper()]) == {}
    # What the inventory leaves out may be there, with any tags.
    assert set(verdicts(shown[:2]).values()) == {"unknown"}
    assert "rollout-machine-unknown" in verdicts(shown[:2])


def test_what_does_not_fit_some_of_a_rollout_s_machines_is_told_once(ask: Ask, tmp_path: Path) -> None:
    inventory = tmp_path / "inventory.json"
    agentless = {"osProfile": {"windowsConfiguration": {"provisionVMAgent": False}}}
    shown = [machine("a"), *(machine(name, properties={**body()["properties"], **agentless}) for name in "bc")]
    inventory.write_text(json.dumps(shown))
    everyone = rollout({"name": "all", "machineIds": [one["id"] for one in shown]})
    rows = ask("check", "-", inventory, *AS_OF, "--json", stdin=preview(everyone)).rows("findings")
    (told,) = [row for row in rows if row["rule"] == "install-needs-agent"]
    assert (told["resource"], told["type"]) == (urn("PatchRollout", "fleet"), "rollout")
    assert told["reason"].startswith("On 2 machines (b, c): The patch extension cannot be installed")


@BOTH
def test_two_that_patch_one_machine_are_told(ask: Ask, command: str) -> None:
    both = preview(installation(), rollout({"name": "all", "machineIds": [MACHINE]}))
    answer = ask(command, "-", *AS_OF, "--json", stdin=both)
    assert answer.code == 1
    assert found(answer, "installation-declared-twice") == {(MACHINE, "installation-declared-twice", "fail")}


def test_a_review_does_not_judge_the_settings_of_machines_that_are_only_rolled_out_to(ask: Ask, tmp_path: Path) -> None:
    inventory = tmp_path / "inventory.json"
    inventory.write_text(json.dumps([body(patchMode="Manual", enableHotpatching=True)]))
    everyone = preview(rollout({"name": "all", "machineIds": [MACHINE]}))
    answer = ask("review", "-", "--inventory", inventory, *AS_OF, "--json", stdin=everyone)
    assert {row["resource"] for row in answer.rows("findings")} <= {urn("PatchRollout", "fleet")}


@pytest.mark.parametrize("command", ["check", "review", "report"])
def test_a_value_that_the_resource_refuses_is_refused_in_its_words(ask: Ask, command: str) -> None:
    arguments = ("--stack", "-", "--format", "json") if command == "report" else ("-",)
    answer = ask(command, *arguments, *AS_OF, stdin=preview(installation(rebootSetting="NeverReboot")))
    assert (answer.code, answer.out) == (2, "")
    assert answer.err == (
        "azure-hotpatch: PatchInstallation 'now': rebootSetting: 'NeverReboot' is not one of "
        "'IfRequired', 'Never' or 'Always'\n"
    )


def test_what_an_export_and_a_plan_hold_of_a_past_installation_is_no_input(ask: Ask) -> None:
    kind = "pulumi-python:dynamic/azurehotpatch:PatchInstallation"
    inputs = {"machineId": MACHINE, "windows": CHOSEN, "status": "Succeeded", "installedCount": 3}
    goal = {"type": kind, "inputDiff": {}, "outputDiff": {}}
    plan = {"resourcePlans": {urn("PatchInstallation", "now"): {"goal": goal, "steps": ["same"], "state": inputs}}}
    assert ask("check", "-", *AS_OF, "--json", stdin=json.dumps(plan)).code == 0
    one = {"urn": urn("PatchInstallation", "now"), "type": kind, "inputs": {"machineId": MACHINE}, "outputs": inputs}
    export = {"version": 3, "deployment": {"resources": [one]}}
    answer = ask("check", "-", *AS_OF, "--json", stdin=json.dumps(export))
    assert ("install-selects-something", "fail") in {row[1:] for row in found(answer)}


def whole(*steps: dict[str, Any], untold: int = 0, stops: bool = False) -> str:
    document = json.loads(preview(*steps))
    document["changeSummary"]["same"] = sum(one["op"] == "same" for one in steps) + untold
    if stops:
        document["diagnostics"] = [{"urn": steps[0]["urn"], "severity": "error", "message": "error: no"}]
    return json.dumps(document)


@BOTH
def test_a_machine_of_the_stack_that_nothing_patches_is_told_where_the_stack_is_whole(ask: Ask, command: str) -> None:
    def told(*steps: dict[str, Any], **preview_is: Any) -> set[tuple[str, str, str]]:
        return found(ask(command, "-", *AS_OF, "--json", stdin=whole(*steps, **preview_is)), "windows-vm-is-patched")

    unpatched = vm(patchMode="Manual")
    assert told(unpatched) == {(unpatched["urn"], "windows-vm-is-patched", "fail")}
    assert told(vm(patchMode="AutomaticByPlatform")) == set()
    assert told(vm(patchMode=LATER)) == {(unpatched["urn"], "windows-vm-is-patched", "unknown")}
    # Its schedule may be among what is not told.
    assert told(unpatched, untold=3) == set()
    assert told(unpatched, stops=True) == set()
    # Whoever makes a machine that this stack only sets up may give it a schedule.
    assert told(settings(patchMode="Manual")) == set()


@BOTH
def test_a_schedule_that_the_inventory_shows_patches_a_machine_of_the_stack(
    ask: Ask, command: str, tmp_path: Path
) -> None:
    schedule = f"{MACHINE.split('/providers/')[0]}/providers/Microsoft.Maintenance/maintenanceConfigurations/nights"
    assignment = {
        "id": f"{GROUP}/vm/providers/Microsoft.Maintenance/configurationAssignments/nights",
        "properties": {"maintenanceConfigurationId": schedule},
    }
    inventory = tmp_path / "inventory.json"
    inventory.write_text(json.dumps([assignment]))
    files = ("-", inventory) if command == "check" else ("-", "--inventory", inventory)
    stack = whole(vm(later=False, patchMode="Manual"))
    rule = "windows-vm-is-patched"
    assert found(ask(command, "-", *AS_OF, "--json", stdin=stack), rule) == {(f"{GROUP}/vm", rule, "fail")}
    assert found(ask(command, *files, *AS_OF, "--json", stdin=stack), rule) == set()


def test_a_preview_that_failed_makes_no_green_check(ask: Ask) -> None:
    fine = settings(patchMode="AutomaticByPlatform")
    stopped = whole(fine, stops=True)
    answer = ask("check", "-", *AS_OF, stdin=stopped)
    assert answer.code == 1
    assert answer.lines[-1].endswith(" not known, the preview failed at web.")
    assert answer.err == "Note: the preview failed at web; what would come after that is not in it.\n"
    as_json = ask("check", "-", *AS_OF, "--json", stdin=stopped)
    assert (as_json.code, as_json.out) == (1, ask("check", "-", *AS_OF, "--json", stdin=whole(fine)).out)


@pytest.mark.parametrize(("declared", "loads"), [(settings(patchMode="Manual"), False), (installation(), True)])
def test_models_are_loaded_only_for_what_they_judge(declared: dict[str, Any], loads: bool, tmp_path: Path) -> None:
    written = tmp_path / "preview.json"
    written.write_text(preview(declared))
    program = (
        "import sys; from pulumi_azure_hotpatch.cli import main; main(['check', sys.argv[1], '--json']);"
        "print('pulumi_azure_hotpatch.models' in sys.modules, 'pulumi' in sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program, str(written)], capture_output=True, text=True, check=True)
    assert done.stderr.split() == [str(loads), "False"]


@BOTH
def test_a_server_outside_azure_is_running_while_its_agent_is_connected(ask: Ask, command: str, tmp_path: Path) -> None:
    server = f"{GROUP.partition('/providers/')[0]}/providers/Microsoft.HybridCompute/machines/branch"
    inventory = tmp_path / "inventory.json"
    files = ("-", inventory) if command == "check" else ("-", "--inventory", inventory)

    def told(status: str) -> list[tuple[str, str]]:
        inventory.write_text(json.dumps([{"id": server, "properties": {"osType": "windows", "status": status}}]))
        both = preview(installation(machineId=server), rollout({"name": "all", "machineIds": [server]}))
        rows = ask(command, *files, *AS_OF, "--json", stdin=both).rows("findings")
        return [(row["verdict"], row["type"]) for row in rows if row["rule"] == "install-machine-running"]

    assert told("Connected") == []
    assert told("Disconnected") == [("fail", "Microsoft.HybridCompute/machines"), ("fail", "rollout")]
