"""Freeing a stack whose CLI was killed, as `make recover` does it."""

import os
import signal
import time
from pathlib import Path

import pytest

import recover
from tests.support.pulumi_cli import Stack, descendants

SLOW_RESOURCE = """
import pathlib, time
from pulumi.dynamic import CreateResult, Resource, ResourceProvider

class Slow(ResourceProvider):
    def create(self, props):
        pathlib.Path(props["started"]).touch()
        time.sleep(float(props["seconds"]))
        return CreateResult("slow-1", dict(props))
"""
PROGRAM = """
import pulumi, slow
from pulumi.dynamic import Resource

class SlowResource(Resource):
    def __init__(self, name, **inputs):
        super().__init__(slow.Slow(), name, inputs)

SlowResource("slow", started=pulumi.Config().require("started"), seconds=pulumi.Config().require("seconds"))
"""


@pytest.mark.parametrize(
    ("names", "said"),
    [([], "there is none in this backend"), (["b", "a"], "there are a, b: make recover STACK=name")],
)
def test_the_stack_must_be_named_unless_there_is_exactly_one(names: list[str], said: str) -> None:
    with pytest.raises(LookupError, match=said):
        recover.choose_stack(names)
    assert recover.choose_stack(["dev"]) == "dev"


def test_the_users_own_backend_is_used_when_he_names_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in recover.USERS_OWN:
        monkeypatch.delenv(name, raising=False)
    assert "/.work/" in recover.choose_environment()["PULUMI_BACKEND_URL"]
    # A stack that is not the demo's is the user's, wherever his login keeps it.
    assert recover.choose_environment("prod") == dict(os.environ)
    monkeypatch.setenv("PULUMI_BACKEND_URL", "file:///somewhere")
    assert recover.choose_environment() == dict(os.environ)


def test_a_stack_whose_cli_was_killed_in_a_create_is_usable_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "Pulumi.yaml").write_text("name: tiny\nruntime: python\n", encoding="utf-8")
    (project / "slow.py").write_text(SLOW_RESOURCE, encoding="utf-8")
    (project / "__main__.py").write_text(PROGRAM, encoding="utf-8")
    stack = Stack(project, tmp_path / "work", {"PYTHONPATH": str(project)})
    started = tmp_path / "started"
    stack.set_config("started", str(started))
    stack.set_config("seconds", "3")
    with stack.popen("up") as cli:
        deadline = time.monotonic() + 30
        while not started.exists():
            assert time.monotonic() < deadline, "the create never began"
            time.sleep(0.05)
        (plugin,) = descendants(cli.pid, "pulumi.dynamic")
        os.kill(cli.pid, signal.SIGKILL)
    # The SDK's own plugin outlives its CLI for ever; ours ends by itself.
    os.kill(plugin, signal.SIGKILL)
    assert "the stack is currently locked" in stack.up(fails=True).output

    monkeypatch.setattr(recover, "CHECKOUT", stack.root)
    recover.recover(stack.name, stack.env)
    assert stack.export()["deployment"].get("pending_operations") in (None, [])
    stack.set_config("seconds", "0")
    again = stack.up()
    assert again.changed == {"created": 1}
    assert "pending" not in again.output
