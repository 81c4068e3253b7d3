"""Our own runs of Pulumi stay inside their work folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import pulumi_env


def test_home_and_stacks_lie_in_the_work_folder(tmp_path: Path) -> None:
    ours = pulumi_env.environment(tmp_path)
    assert ours["PULUMI_HOME"] == str(tmp_path / "pulumi-home")
    assert ours["PULUMI_BACKEND_URL"] == f"file://{tmp_path}/pulumi-state"
    assert (tmp_path / "pulumi-state").is_dir()
    assert ours["PATH"].split(os.pathsep)[0] == str(Path(sys.executable).parent)


def test_the_python_of_the_environment_comes_first_on_path_and_only_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = str(Path(sys.executable).parent)
    monkeypatch.setenv("PATH", f"/first:{folder}:/last")
    assert pulumi_env.environment(tmp_path)["PATH"] == f"{folder}:/first:/last"


def test_an_isolated_environment_has_nothing_of_the_callers_pulumi_or_azure(tmp_path: Path) -> None:
    callers = {
        "PULUMI_ACCESS_TOKEN": "token",
        "PULUMI_STACK": "production",
        "PULUMI_BACKEND_URL": "s3://states",
        "ARM_CLIENT_SECRET": "secret",
        "AZURE_TENANT_ID": "tenant",
        "LANG": "C.UTF-8",
    }
    isolated = pulumi_env.isolated(tmp_path, callers)
    assert isolated == {"LANG": "C.UTF-8"} | pulumi_env.environment(tmp_path)


def test_a_shell_can_take_the_environment_over(tmp_path: Path) -> None:
    script = f'eval "$("{sys.executable}" "{pulumi_env.__file__}" "{tmp_path}/with space")"; echo "$PULUMI_HOME"'
    assert subprocess.check_output(["sh", "-c", script], text=True) == f"{tmp_path}/with space/pulumi-home\n"
