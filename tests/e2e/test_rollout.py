"""A rollout with the real engine: planned in preview, killed in the middle of a ring, waiting for a soak, halted."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import recover
from azure_patch_simulator import SUBSCRIPTION_ID
from azure_patch_simulator.inventory import windows_machine
from azure_patch_simulator.launch import launched
from demo import Azure
from pulumi_azure_hotpatch.cli import main
from pulumi_azure_hotpatch.engine.declared import ROLLOUT
from pulumi_azure_hotpatch.engine.previews import read_preview
from pulumi_azure_hotpatch.engine.rules import RULES
from tests.e2e.conftest import CHECKOUT, MakeStack
from tests.support.pulumi_cli import Stack, descendants, is_running

INSTALL = "VirtualMachines_InstallPatches"
PATIENCE_SECONDS = 30.0
RINGS: dict[str, Any] = {
    "version": 1,
    "rings": [
        {"name": "canary", "tags": {"ring": "canary"}, "soak": "24h"},
        {"name": "broad", "rest": True, "failure_budget": "50%"},
    ],
}


@pytest.fixture
def azure(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Azure]:
    """Six machines, two of them tagged as canaries; the one that is named as the parameter is off."""
    bodies = [windows_machine(SUBSCRIPTION_ID, "rg-contoso", f"vm-{number}", "2022-datacenter") for number in range(6)]
    for body in bodies[:2]:
        body["tags"] = {"ring": "canary"}
    for body in bodies:
        if body["name"] == getattr(request, "param", None):
            body["properties"]["instanceView"] = {"statuses": [{"code": "PowerState/deallocated"}]}
    inventory = tmp_path / "inventory.json"
    inventory.write_text(json.dumps(bodies), encoding="utf-8")
    arguments = ("--time", "manual", "--start", "2026-11-02T08:00:00Z", "--inventory", str(inventory))
    with launched(*arguments, "--ca-file", str(tmp_path / "ca.pem")) as server:
        yield Azure(server.info)


@pytest.fixture
def stack(azure: Azure, make_stack: MakeStack, tmp_path: Path) -> Stack:
    rings = tmp_path / "rings.json"
    rings.write_text(json.dumps(RINGS), encoding="utf-8")
    made = make_stack(azure, "rollout")
    made.set_config("rings", str(rings))
    return made


def phases(stack: Stack) -> Counter[str]:
    return Counter(f"{each['ring']} {each['phase']}" for each in stack.outputs()["machines"])


def start_and_kill(stack: Stack, azure: Azure, wanted: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Start an `up`, and kill -9 the CLI once so many installations were accepted."""
    running = stack.popen("up")
    give_up = time.monotonic() + PATIENCE_SECONDS
    while azure.calls().count(INSTALL) < wanted:
        assert running.poll() is None, f"ended too early:\n{running.communicate()[0]}"
        assert time.monotonic() < give_up, "nothing was asked for"
        time.sleep(0.02)
    (plugin,) = descendants(running.pid, "pulumi.dynamic")
    running.kill()
    running.communicate(timeout=PATIENCE_SECONDS)
    while is_running(plugin):
        assert time.monotonic() < give_up, f"process {plugin} goes on"
        time.sleep(0.05)
    monkeypatch.setattr(recover, "CHECKOUT", stack.root)
    recover.recover(stack.name, stack.env)


def test_a_rollout_whose_cli_was_killed_in_a_ring_goes_on_in_it_waits_for_its_soak_and_patches_every_machine_once(
    azure: Azure, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_and_kill(stack, azure, 2, monkeypatch)
    waiting = stack.up()
    assert "waiting for ring 'canary' (1 of 2) to soak until" in waiting.output
    assert azure.calls().count(INSTALL) == 2
    azure.advance(timedelta(hours=24))
    finished = stack.up()
    assert "ring 'broad' (2 of 2): 4 machines patched" in finished.output
    assert phases(stack) == {"canary succeeded": 2, "broad succeeded": 4}
    assert azure.calls().count(INSTALL) == 6


@pytest.mark.slow
def test_a_rollout_is_planned_killed_in_every_ring_refreshed_finished_and_destroyed(
    azure: Azure, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = {step["urn"].rpartition("::")[2]: step for step in stack.preview().json["steps"]}
    plan = steps["patches"]["newState"]["inputs"]["plan"]
    assert [(ring["ring"], ring["machines"], ring["mayFail"]) for ring in plan] == [("canary", 2, 0), ("broad", 4, 2)]
    assert azure.calls().count(INSTALL) == 0

    start_and_kill(stack, azure, 2, monkeypatch)
    stack.up()
    assert stack.outputs()["phase"] == "soaking"
    assert phases(stack) == {"canary succeeded": 2, "broad waiting": 4}
    # Nothing fails for having to wait, and nothing is lost by a refresh.
    stack.refresh()
    assert stack.up().changed == {"updated": 1}
    assert azure.calls().count(INSTALL) == 2

    azure.advance(timedelta(hours=24))
    start_and_kill(stack, azure, 4, monkeypatch)
    stack.up()
    assert stack.outputs()["phase"] == "finished"
    assert azure.calls().count(INSTALL) == 6
    before = azure.calls()
    assert stack.up("--expect-no-changes").changed == {}
    assert azure.calls() == before
    stack.destroy()
    assert azure.calls().count(INSTALL) == 6


@pytest.mark.slow
@pytest.mark.parametrize("azure", ["vm-0"], indirect=True)
def test_a_rollout_that_halts_says_so_in_one_line_and_goes_on_when_it_is_told_to(azure: Azure, stack: Stack) -> None:
    halted = stack.up(fails=True)
    assert "Traceback" not in halted.output
    assert (
        "halted in ring 'canary' (1 of 2): of 2 machines 1 failed, and 0 may (vm-0: it is deallocated" in halted.output
    )
    assert azure.calls().count(INSTALL) == 0
    stack.set_config("resume", "known")
    stack.up()
    assert stack.outputs()["phase"] == "soaking"
    azure.advance(timedelta(hours=24))
    stack.up()
    assert stack.outputs()["phase"] == "finished"
    assert azure.calls().count(INSTALL) == 5


@pytest.mark.slow
def test_the_program_of_the_page_is_planned_as_it_says(azure: Azure, tmp_path: Path) -> None:
    page = (CHECKOUT / "docs" / "rollout.md").read_text(encoding="utf-8")
    program = page.partition("```python\n")[2].partition("```\n")[0]
    project = tmp_path / "program"
    project.mkdir()
    (project / "Pulumi.yaml").write_text("name: page\nruntime: python\n", encoding="utf-8")
    (project / "__main__.py").write_text(program, encoding="utf-8")
    steps = Stack(project, tmp_path / "pulumi", azure.environment()).preview().json["steps"]
    (planned,) = (step["newState"]["inputs"] for step in steps if step["urn"].endswith("::december"))
    assert [ring["starts"].partition(" UTC")[0] for ring in planned["plan"]] == [
        "2026-12-08 00:00",
        "2026-12-11 00:00",
        "2026-12-15 00:00",
    ]
    assert azure.calls().count(INSTALL) == 0


def test_the_command_line_judges_the_engine_s_preview_of_a_rollout_as_the_preview_did(
    stack: Stack, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written, inventory = tmp_path / "preview.json", tmp_path / "inventory.json"
    written.write_text(stack.preview("--show-sames").stdout, encoding="utf-8")
    rollout = next(one.urn for one in read_preview(json.loads(written.read_text("utf-8"))).after if one.kind == ROLLOUT)

    def verdicts(*files: Path) -> dict[str, str]:
        capsys.readouterr()
        assert main(["check", *map(str, files), "--json", "--all"]) == 0
        rows = json.loads(capsys.readouterr().out)
        return {row["rule"]: row["verdict"] for row in rows if row["resource"] == rollout}

    about = [one.id for one in RULES if one.subject == "rollout"]
    seen = verdicts(written, inventory)
    assert {seen[rule] for rule in about} == {"pass"}
    assert {seen["install-selects-something"], seen["install-needs-agent"], seen["install-duration"]} == {"pass"}
    alone = verdicts(written)
    assert (alone["rollout-machine-in-no-ring"], alone["install-machine-running"]) == ("unknown", "unknown")
    untagged = [{**body, "tags": {}} for body in json.loads(inventory.read_text("utf-8"))]
    inventory.write_text(json.dumps(untagged), encoding="utf-8")
    assert verdicts(written, inventory)["rollout-empty-ring"] == "fail"
