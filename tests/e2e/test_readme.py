"""Every block of the README is run as it stands, against the simulated Azure."""

import os
import re
import subprocess
from pathlib import Path

import pulumi_env
from demo import Azure
from tests.docs.pages import Page
from tests.e2e.conftest import CHECKOUT
from tests.support.pulumi_cli import Stack

BLOCKS = Page(CHECKOUT / "README.md").blocks


def shell_blocks() -> list[str]:
    return [block.text for block in BLOCKS if block.language == "sh"]


def programs() -> list[str]:
    return [block.text for block in BLOCKS if block.language == "python"]


def stack_of(program: str, azure: Azure, folder: Path) -> Stack:
    """A stack of a program in a project of its own."""
    project = folder / "program"
    project.mkdir()
    (project / "Pulumi.yaml").write_text("name: readme\nruntime: python\n", encoding="utf-8")
    (project / "__main__.py").write_text(program, encoding="utf-8")
    return Stack(project, folder / "pulumi", azure.environment())


def run(command: str, folder: Path, environment: dict[str, str]) -> str:
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_readme_has_only_blocks_that_this_module_runs() -> None:
    assert {block.language for block in BLOCKS} == {"sh", "python"}
    assert shell_blocks()[:2] == ["make demo\n", "make test\n"]


def test_the_first_command_tells_the_whole_story(tmp_path: Path) -> None:
    output = run(shell_blocks()[0], CHECKOUT, pulumi_env.isolated(tmp_path))
    for step in ("1. preview", "2. up", "3. up again", "5. refresh", "6. up: the drift", "7. destroy"):
        assert f"── {step}" in output
    no_op = next(line for line in output.splitlines() if line.startswith("up again"))
    assert re.search(r"\s0\s+0:00:00\s", no_op), no_op
    assert "Nothing is left running." in output


def test_the_second_command_is_the_one_that_runs_these_tests() -> None:
    # Running it from here would never end; that it exists and runs pytest is what can be seen.
    planned = subprocess.run(["make", "--dry-run", "test"], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    assert "pytest" in planned.stdout
    assert "make check test" in (CHECKOUT / ".ci" / "run").read_text(encoding="utf-8")


def test_the_program_of_the_readme_deploys_and_then_has_nothing_to_do(azure: Azure, tmp_path: Path) -> None:
    stack = stack_of(programs()[0], azure, tmp_path)
    assert stack.preview().summary["created"] == 5
    assert stack.up().changed == {"created": 5}
    assert stack.up("--expect-no-changes").changed == {}
    assert stack.destroy().changed == {"deleted": 5}


def test_the_program_on_demand_patches_once_and_what_was_done_is_listed(azure: Azure, tmp_path: Path) -> None:
    stack = stack_of(programs()[1], azure, tmp_path)
    assert stack.up().changed == {"created": 4}
    outputs = stack.outputs()
    assert "Installed" in {patch["state"] for patch in outputs["installed"]}
    assert "vm-app-1" in outputs["fleet"]
    assert stack.up("--expect-no-changes").changed == {}
    # The blocks write beside the checkout's files: they are run as they stand, somewhere else.
    (tmp_path / ".venv").symlink_to(CHECKOUT / ".venv")
    environment = pulumi_env.isolated(tmp_path / "shell") | azure.environment()
    listed, adopted = (run(block, tmp_path, environment) for block in shell_blocks()[6:8])
    assert re.search(r"^\d+ new entries in patching\.jsonl\.$", listed, re.MULTILINE)
    assert "1 installation." in listed
    assert "PatchSettings(" in (tmp_path / "adopted.py").read_text(encoding="utf-8")
    assert adopted == ""


def test_the_command_answers_without_an_account(tmp_path: Path) -> None:
    answered = run(shell_blocks()[2], CHECKOUT, pulumi_env.isolated(tmp_path))
    for expected in ("2026-01", "KB5073379", "2027-01-16", "hotpatch-forbids-bypass"):
        assert expected in answered


def test_the_blocks_for_a_subscription_work_with_the_plain_command(azure: Azure, tmp_path: Path) -> None:
    before = azure.patch_settings()
    environment = pulumi_env.isolated(tmp_path / "pulumi") | azure.environment()
    # The CLI writes a stack's settings beside Pulumi.yaml: a name of our own, so that nobody's stack is touched.
    own = f"readme-{os.getpid()}"
    deploy, recover, leave = (block.replace("prod", own) for block in shell_blocks()[3:6])
    try:
        deployed = run(deploy, CHECKOUT, environment)
        # One machine of each kind, the schedule, its assignment, and the stack itself.
        assert "+ 5 created" in deployed
        assert azure.patch_settings() != before
        assert "pulumi cancel" in run(recover, CHECKOUT, environment)
        left = run(f". .venv/bin/activate\n{leave}", CHECKOUT, environment)
    finally:
        (CHECKOUT / f"Pulumi.{own}.yaml").unlink(missing_ok=True)
    assert "- 5 deleted" in left
    assert azure.patch_settings()["vm-linux-1"] == before["vm-linux-1"]
