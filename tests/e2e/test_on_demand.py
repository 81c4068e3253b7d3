"""Checked, assessed and patched on demand with the real engine; killed in the middle, there is one installation."""

import json
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

import recover
from azure_patch_simulator import SUBSCRIPTION_ID
from azure_patch_simulator.inventory import windows_machine
from azure_patch_simulator.launch import launched
from demo import Azure
from tests.e2e.conftest import MakeStack
from tests.e2e.inside import OpenAzure
from tests.support.pulumi_cli import Stack, descendants, is_running

INSTALL, ASSESS = "VirtualMachines_InstallPatches", "VirtualMachines_AssessPatches"
PATIENCE_SECONDS = 30.0
# Pulumi itself gives a plugin five seconds to end, and once in a hundred runs they pass.
PROMPT_SECONDS = 8.0
GALLERY = (
    f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/rg-contoso/providers/Microsoft.Compute/galleries/contoso/images"
)
START = "2026-11-02T08:00:00Z"


@pytest.fixture
def azure(tmp_path: Path) -> Iterator[OpenAzure]:
    """Machines from the marketplace, from custom images, and one that is off."""
    bodies = []
    for name, image in (("vm-listed", None), ("vm-custom", "windows2022"), ("vm-unsupported", "windows2025")):
        body = windows_machine(SUBSCRIPTION_ID, "rg-contoso", name, "2022-datacenter")
        if image is not None:
            body["properties"]["storageProfile"]["imageReference"] = {"id": f"{GALLERY}/{image}/versions/1.0.0"}
        bodies.append(body)
    off = windows_machine(SUBSCRIPTION_ID, "rg-contoso", "vm-off", "2022-datacenter")
    off["properties"]["instanceView"] = {"statuses": [{"code": "PowerState/deallocated"}]}
    inventory = tmp_path / "inventory.json"
    inventory.write_text(json.dumps([*bodies, off]), encoding="utf-8")
    arguments = ("--time", "manual", "--start", START, "--inventory", str(inventory))
    with launched(*arguments, "--ca-file", str(tmp_path / "ca.pem")) as server:
        yield OpenAzure(server.info)


def stack_for(make_stack: MakeStack, azure: Azure, machine: str, *, checked: bool = True) -> Stack:
    stack = make_stack(azure, "on_demand")
    stack.set_config("machine", machine)
    stack.set_config("checked", str(checked).lower())
    return stack


def start_and_wait_for_the_installation(stack: Stack, azure: Azure) -> subprocess.Popen[str]:
    """Start an `up` and return once Azure was asked to install and the plugin is waiting."""
    running = stack.popen("up")
    give_up = time.monotonic() + PATIENCE_SECONDS
    while INSTALL not in azure.calls():
        assert running.poll() is None, f"ended too early:\n{running.communicate()[0]}"
        assert time.monotonic() < give_up, "nothing was asked for"
        time.sleep(0.02)
    time.sleep(0.2)
    return running


def wait_until_gone(pid: int) -> None:
    give_up = time.monotonic() + PROMPT_SECONDS
    while is_running(pid):
        assert time.monotonic() < give_up, f"process {pid} goes on"
        time.sleep(0.05)


def assert_it_goes_on(stack: Stack, azure: Azure) -> None:
    """The run after a kill takes over what the killed one began, and asks nobody."""
    azure.advance(timedelta(hours=6))
    told = stack.up()
    assert "was asked for by an earlier run of this resource (activity log)" in told.output
    assert (stack.outputs()["status"], stack.outputs()["adopted"]) == ("Succeeded", True)
    assert stack.outputs()["patches"]
    assert stack.up("--expect-no-changes").changed == {}
    assert azure.calls().count(INSTALL) == 1


def assert_it_asks_and_adopts(stack: Stack, azure: OpenAzure) -> None:
    """Where the log does not tell, the run after a kill asks in one line; answered, it takes over what there is."""
    azure.set(activity_log_lag=timedelta(days=100).total_seconds())
    azure.advance(timedelta(hours=6))
    asking = stack.up(fails=True)
    assert "Traceback" not in asking.output
    found = re.search(r"adopt_activity_id='([0-9a-f-]{36})' to take it as this resource's", asking.output)
    assert found is not None, asking.output
    assert azure.calls().count(INSTALL) == 1
    stack.set_config("adopt", found.group(1))
    stack.up()
    outputs = stack.outputs()
    assert (outputs["activity"], outputs["status"], outputs["adopted"]) == (found.group(1), "Succeeded", True)
    assert outputs["patches"]
    assert stack.up("--expect-no-changes").changed == {}
    assert azure.calls().count(INSTALL) == 1


def test_a_custom_image_is_assessed_unknown_supported_and_then_patched_once_for_each_month(
    azure: OpenAzure, make_stack: MakeStack
) -> None:
    azure.set(patching={"support_delay": 1800})
    stack = stack_for(make_stack, azure, "vm-custom")
    began = azure.now()
    stack.up()
    outputs = stack.outputs()
    assert (outputs["image"], outputs["status"]) == ("Supported", "Succeeded")
    # Unknown was waited through, once assessed and before anything was installed.
    assert azure.now() - began >= timedelta(minutes=30)
    calls = azure.calls()
    waiting = calls[calls.index(ASSESS) : calls.index(INSTALL)]
    assert waiting.count("ResourceGraph_Resources") > 10
    assert outputs["guidance"].startswith("Automatic guest patching never applies to custom images")
    assert outputs["lacks"]["Security"] >= 1
    assert "Installed" in {patch["state"] for patch in outputs["patches"]}
    before = azure.calls()
    assert stack.up("--expect-no-changes").changed == {}
    assert azure.calls() == before
    assert before.count(INSTALL) == 1
    azure.advance(timedelta(days=30))
    stack.set_config("month", "second")
    assert stack.up().changed == {"updated": 2}
    assert azure.calls().count(INSTALL) == 2
    stack.destroy()
    assert azure.calls().count(INSTALL) == 2


def test_preview_says_what_would_be_installed(azure: Azure, make_stack: MakeStack) -> None:
    stack = stack_for(make_stack, azure, "vm-listed")
    stack.up()
    azure.advance(timedelta(days=10))
    stack.set_config("month", "second")
    # What is assessed now shows what the next preview speaks of.
    steps = {step["urn"].rpartition("::")[2]: step for step in stack.preview().json["steps"]}
    foreseen = steps["installed"]["newState"]["inputs"]
    assert re.match(r"(no: nothing|unknown: no assessment)", foreseen["rebootExpected"]), foreseen
    assert azure.calls().count(INSTALL) == 1


def test_an_unsupported_image_stops_the_deployment(azure: Azure, make_stack: MakeStack) -> None:
    stack = stack_for(make_stack, azure, "vm-unsupported")
    failed = stack.up(fails=True)
    assert re.search(
        r"its image \(the custom image \S+\) must be Supported and is Unsupported: the service", failed.output
    )
    assert "Traceback" not in failed.output
    # Neither the assessment nor the installation that depend on it were run, nor are they in the state.
    assert azure.calls().count(ASSESS) == 1
    assert INSTALL not in azure.calls()
    names = [each["urn"].rpartition("::")[2] for each in stack.resources()]
    assert "image" in names
    assert {"lacks", "installed"}.isdisjoint(names)


def test_a_machine_that_is_off_is_off_again_afterwards(azure: Azure, make_stack: MakeStack) -> None:
    stack = stack_for(make_stack, azure, "vm-off", checked=False)
    refused = stack.up(fails=True)
    assert "Start it first, or set start_if_off" in refused.output
    stack.set_config("startIfOff", "true")
    stack.up()
    power = [call for call in azure.calls() if call.rpartition("_")[2] in ("Start", "Deallocate", "InstallPatches")]
    assert power == ["VirtualMachines_Start", INSTALL, "VirtualMachines_Deallocate"]


def test_a_killed_plugin_leads_neither_to_a_second_installation_nor_to_a_machine_left_on(
    azure: OpenAzure, make_stack: MakeStack
) -> None:
    stack = stack_for(make_stack, azure, "vm-off", checked=False)
    stack.set_config("startIfOff", "true")
    running = start_and_wait_for_the_installation(stack, azure)
    (plugin,) = descendants(running.pid, "pulumi.dynamic")
    subprocess.run(["kill", "-KILL", str(plugin)], check=True)
    output, _ = running.communicate(timeout=PATIENCE_SECONDS)
    assert running.returncode != 0, output
    assert_it_goes_on(stack, azure)
    power = [call for call in azure.calls() if call.rpartition("_")[2] in ("Start", "Deallocate", "InstallPatches")]
    assert power == ["VirtualMachines_Start", INSTALL, "VirtualMachines_Deallocate"]


def test_a_killed_cli_leads_to_a_question_where_the_log_does_not_tell_and_never_to_a_second_installation(
    azure: OpenAzure, make_stack: MakeStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = stack_for(make_stack, azure, "vm-listed", checked=False)
    running = start_and_wait_for_the_installation(stack, azure)
    (plugin,) = descendants(running.pid, "pulumi.dynamic")
    running.kill()
    running.communicate(timeout=PATIENCE_SECONDS)
    wait_until_gone(plugin)
    monkeypatch.setattr(recover, "CHECKOUT", stack.root)
    recover.recover(stack.name, stack.env)
    assert_it_asks_and_adopts(stack, azure)


def test_ctrl_c_ends_promptly_and_the_next_run_goes_on_with_the_same_installation(
    azure: Azure, make_stack: MakeStack
) -> None:
    stack = stack_for(make_stack, azure, "vm-off", checked=False)
    stack.set_config("startIfOff", "true")
    running = start_and_wait_for_the_installation(stack, azure)
    began = time.monotonic()
    running.send_signal(signal.SIGINT)
    output, _ = running.communicate(timeout=PATIENCE_SECONDS)
    assert time.monotonic() - began < PROMPT_SECONDS, output
    assert "the machine was started for this and is still on" in output
    assert "Traceback" not in output
    kept = stack.resources()[-1]
    assert kept["initErrors"]
    assert kept["id"].endswith(f"#{kept['outputs']['activityId']}")
    assert kept["outputs"]["startedMachine"] == "deallocated"
    stack.up()
    outputs = stack.outputs()
    assert (outputs["activity"], outputs["status"], outputs["adopted"]) == (
        kept["outputs"]["activityId"],
        "Succeeded",
        False,
    )
    assert azure.calls().count(INSTALL) == 1
    assert azure.calls().count("VirtualMachines_Deallocate") == 1
