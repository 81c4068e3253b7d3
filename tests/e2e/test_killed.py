"""Killed, interrupted, timed out: the next run converges, and nothing is done twice."""

import signal
import subprocess
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import recover
from demo import Azure
from tests.e2e.conftest import MakeStack
from tests.support.pulumi_cli import Stack, descendants, is_running

# What each program asks Azure to do, and how often that may happen in all.
WRITES = {"enrolment": ("Features_Register", 3), "settings": ("VirtualMachines_Update", 1)}
PATIENCE_SECONDS = 30.0
# Pulumi itself gives a plugin five seconds to end, and once in a hundred runs they pass.
PROMPT_SECONDS = 8.0


@pytest.fixture(params=["enrolment", "settings"])
def program(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def start_and_wait_for_the_write(stack: Stack, azure: Azure, program: str) -> subprocess.Popen[str]:
    """Start an `up` and return once Azure was asked and the plugin is waiting."""
    operation, count = WRITES[program]
    running = stack.popen("up")
    give_up = time.monotonic() + PATIENCE_SECONDS
    while azure.calls().count(operation) < count:
        assert running.poll() is None, f"ended too early:\n{running.communicate()[0]}"
        assert time.monotonic() < give_up, "nothing was written"
        time.sleep(0.05)
    time.sleep(0.3)
    return running


def wait_until_gone(pid: int) -> None:
    give_up = time.monotonic() + PROMPT_SECONDS
    while is_running(pid):
        assert time.monotonic() < give_up, f"process {pid} goes on"
        time.sleep(0.05)


def assert_converges(stack: Stack, azure: Azure, program: str) -> dict[str, Any]:
    """Let Azure finish, run again, and see that everything is as declared and nothing was done twice."""
    operation, count = WRITES[program]
    azure.advance(timedelta(days=1))
    stack.up()
    assert azure.calls().count(operation) == count
    before = len(azure.calls())
    assert stack.up("--expect-no-changes").changed == {}
    assert azure.calls()[before:] == []
    state: dict[str, Any] = stack.resources()[-1]
    assert state["type"].startswith("pulumi-python:dynamic/azurehotpatch:")
    assert "initErrors" not in state
    return dict(state["outputs"])


def test_a_killed_plugin_is_followed_by_a_run_that_adopts_what_it_finds(
    slow_azure: Azure, make_stack: MakeStack, program: str
) -> None:
    stack = make_stack(slow_azure, program)
    running = start_and_wait_for_the_write(stack, slow_azure, program)
    (plugin,) = descendants(running.pid, "pulumi.dynamic")
    subprocess.run(["kill", "-KILL", str(plugin)], check=True)
    output, _ = running.communicate(timeout=PATIENCE_SECONDS)
    assert running.returncode != 0, output
    outputs = assert_converges(stack, slow_azure, program)
    assert outputs.get("registered", []) == []
    assert outputs.get("previous", {}) == {}


def test_a_killed_cli_takes_its_plugin_along_and_recovery_frees_the_stack(
    slow_azure: Azure, make_stack: MakeStack, program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = make_stack(slow_azure, program)
    running = start_and_wait_for_the_write(stack, slow_azure, program)
    (plugin,) = descendants(running.pid, "pulumi.dynamic")
    running.kill()
    running.communicate(timeout=PATIENCE_SECONDS)
    wait_until_gone(plugin)
    assert "locked" in stack.run("up", "--yes", "--skip-preview", fails=True).output
    monkeypatch.setattr(recover, "CHECKOUT", stack.root)
    recover.recover(stack.name, stack.env)
    outputs = assert_converges(stack, slow_azure, program)
    assert outputs.get("registered", []) == []
    assert outputs.get("previous", {}) == {}


def test_ctrl_c_ends_promptly_and_the_next_run_continues(
    slow_azure: Azure, make_stack: MakeStack, program: str
) -> None:
    stack = make_stack(slow_azure, program)
    running = start_and_wait_for_the_write(stack, slow_azure, program)
    (plugin,) = descendants(running.pid, "pulumi.dynamic")
    began = time.monotonic()
    running.send_signal(signal.SIGINT)
    output, _ = running.communicate(timeout=PATIENCE_SECONDS)
    assert time.monotonic() - began < PROMPT_SECONDS, output
    assert "cancelled while waiting; what was done is kept" in output
    assert "Traceback" not in output
    wait_until_gone(plugin)
    kept = stack.resources()[-1]
    assert kept["initErrors"]
    outputs = assert_converges(stack, slow_azure, program)
    # What the interrupted run did is still known as ours.
    if program == "enrolment":
        assert len(outputs["registered"]) == 3
    else:
        assert outputs["previous"] == {"patch_mode": "AutomaticByOS"}
        stack.destroy()
        (profile,) = (each for name, each in slow_azure.patch_settings().items() if name == "vm-web-1")
        assert profile["windowsConfiguration"]["patchSettings"]["patchMode"] == "AutomaticByOS"


def test_a_time_out_keeps_what_was_registered_and_the_next_run_goes_on_waiting(
    slow_azure: Azure, make_stack: MakeStack
) -> None:
    stack = make_stack(slow_azure, "enrolment")
    stack.set_config("timeout", "15m")
    failed = stack.run("up", "--yes", "--skip-preview", fails=True)
    assert "to register after 15m; run again to go on waiting" in failed.output
    assert "Traceback" not in failed.output
    # Refreshing does not make the engine forget that something is left to do.
    stack.refresh()
    stack.set_config("timeout", "200h")
    outputs = assert_converges(stack, slow_azure, "enrolment")
    assert len(outputs["registered"]) == 3


def test_a_rename_leaves_the_machine_as_declared(azure: Azure, make_stack: MakeStack) -> None:
    stack = make_stack(azure, "settings")
    stack.set_config("hotpatch", "false")
    stack.up()
    declared = azure.patch_settings()
    stack.set_config("name", "renamed")
    renamed = stack.up()
    assert renamed.changed == {"created": 1, "deleted": 1}
    assert "another resource of this stack declares them" in renamed.output
    assert azure.patch_settings() == declared


def test_a_replacement_restores_the_machine_that_is_left(azure: Azure, make_stack: MakeStack) -> None:
    stack = make_stack(azure, "settings")
    stack.set_config("hotpatch", "false")
    before = azure.patch_settings()
    stack.up()
    stack.set_config("machine", "vm-web-2")
    assert stack.up().changed == {"replaced": 1}
    after = azure.patch_settings()
    modes = {
        name: profile["windowsConfiguration"]["patchSettings"]["patchMode"]
        for name, profile in after.items()
        if "web" in name
    }
    assert modes == {"vm-web-1": "AutomaticByOS", "vm-web-2": "AutomaticByPlatform", "vm-web-3": "AutomaticByOS"}
    assert (
        before["vm-web-1"]["windowsConfiguration"]["patchSettings"]
        == after["vm-web-1"]["windowsConfiguration"]["patchSettings"]
    )


def test_a_forced_replacement_of_one_machine_leaves_it_as_declared(azure: Azure, make_stack: MakeStack) -> None:
    stack = make_stack(azure, "settings")
    stack.set_config("hotpatch", "false")
    stack.up()
    declared = azure.patch_settings()
    urn = stack.resources()[-1]["urn"]
    assert stack.up("--replace", urn).changed == {"replaced": 1}
    assert azure.patch_settings() == declared


def test_a_renamed_enrolment_unregisters_nothing(azure: Azure, make_stack: MakeStack) -> None:
    stack = make_stack(azure, "enrolment")
    stack.up()
    stack.set_config("name", "renamed")
    assert stack.up().changed == {"created": 1, "deleted": 1}
    assert "Features_Unregister" not in azure.calls()


def test_the_work_folder_is_the_only_place_that_is_written(azure: Azure, make_stack: MakeStack, tmp_path: Path) -> None:
    stack = make_stack(azure, "settings")
    stack.preview()
    assert stack.env["PULUMI_HOME"].startswith(str(tmp_path))
    assert stack.env["PULUMI_BACKEND_URL"].startswith(tmp_path.as_uri())
