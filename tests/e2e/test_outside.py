"""Scale sets and servers outside Azure with the real engine; a kill while Resource Graph is behind doubles nothing."""

import json
import subprocess
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from azure_patch_simulator.launch import launched
from tests.e2e.conftest import MakeStack
from tests.e2e.inside import OpenAzure
from tests.handlers.outside import scale_set_body, server_body
from tests.support.pulumi_cli import descendants

INSTALL = "Machines_InstallPatches"
PATIENCE_SECONDS = 60.0

pytestmark = pytest.mark.slow


@pytest.fixture
def azure(tmp_path: Path) -> Iterator[OpenAzure]:
    """A scale set and an Arc-enabled server."""
    inventory = tmp_path / "inventory.json"
    inventory.write_text(json.dumps([scale_set_body(), server_body()]), encoding="utf-8")
    arguments = ("--time", "manual", "--start", "2025-12-02T08:00:00Z", "--inventory", str(inventory))
    with launched(*arguments, "--ca-file", str(tmp_path / "ca.pem")) as server:
        yield OpenAzure(server.info)


def test_a_scale_set_and_an_arc_server_are_set_assessed_and_patched_and_put_back(
    azure: OpenAzure, make_stack: MakeStack
) -> None:
    stack = make_stack(azure, "outside")
    assert stack.preview().changed == {"created": 7}
    assert stack.up().changed == {"created": 7}
    outputs = stack.outputs()
    assert (outputs["licence"], outputs["image"], outputs["status"]) == ("Enabled", "Supported", "Succeeded")
    assert outputs["patches"]
    assert azure.calls().count("VirtualMachineScaleSets_Update") == 1
    assert stack.up("--expect-no-changes").changed == {}
    assert stack.refresh().changed == {}
    left = stack.destroy()
    assert left.changed == {"deleted": 7}
    # Hotpatching can never be turned off on a scale set: that is said, and the licence and its switch are put back.
    assert "enable_hotpatching" in left.output
    assert "LicenseProfiles_Delete" in azure.calls()
    assert azure.calls().count(INSTALL) == 1


def test_a_killed_plugin_never_leads_to_a_second_installation_while_resource_graph_is_behind(
    azure: OpenAzure, make_stack: MakeStack
) -> None:
    azure.set(patching={"installations_lag": 7200})
    stack = make_stack(azure, "outside")
    running = stack.popen("up")
    give_up = time.monotonic() + PATIENCE_SECONDS
    while INSTALL not in azure.calls():
        assert running.poll() is None, f"ended too early:\n{running.communicate()[0]}"
        assert time.monotonic() < give_up, "nothing was asked for"
        time.sleep(0.02)
    (plugin,) = descendants(running.pid, "pulumi.dynamic")
    subprocess.run(["kill", "-KILL", str(plugin)], check=True)
    running.communicate(timeout=PATIENCE_SECONDS)
    # It is over, and Resource Graph does not know of it.
    azure.advance(timedelta(minutes=60))
    behind = stack.up(fails=True)
    assert "(activity log), and Resource Graph does not tell of it yet" in behind.output
    assert "Traceback" not in behind.output
    azure.advance(timedelta(hours=2))
    stack.up()
    outputs = stack.outputs()
    assert (outputs["status"], outputs["adopted"]) == ("Succeeded", True)
    assert azure.calls().count(INSTALL) == 1
