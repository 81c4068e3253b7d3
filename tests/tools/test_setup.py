"""`make setup` on machines that lack something."""

import subprocess
import sys
from pathlib import Path

import pytest

import setup_environment
from pulumi_env import CHECKOUT


def write_script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def test_a_python_that_is_too_old_is_refused_with_one_clear_line(tmp_path: Path) -> None:
    pretend = "import sys; sys.version_info = (3, 9, 2); exec(sys.argv[1])"
    old = write_script(tmp_path / "python3", f'exec "{sys.executable}" -c "{pretend}" "$2"')
    done = subprocess.run(
        ["make", "environment", f"PYTHON={old}"], cwd=CHECKOUT, text=True, capture_output=True, check=False
    )
    assert done.returncode != 0
    assert done.stderr.splitlines()[0] == (
        f"Python 3.11 or newer is needed, {old} is 3.9. Name another one: make PYTHON=python3.12 ..."
    )


def test_a_uv_on_path_is_used_if_it_is_new_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup_environment, "OWN_UV", tmp_path / "own")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert setup_environment.find_uv() is None
    write_script(tmp_path / "bin" / "uv", "echo uv 0.4.30")
    assert setup_environment.find_uv() is None
    own = write_script(tmp_path / "own" / "bin" / "uv", "echo uv 0.9.0")
    assert setup_environment.find_uv() == own
    newer = write_script(tmp_path / "bin" / "uv", "echo 'uv 1.0.0 (x86_64)'")
    assert setup_environment.find_uv() == newer


def test_what_pip_said_is_shown_when_uv_cannot_be_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = write_script(tmp_path / "python3", "echo no index here; exit 1")
    monkeypatch.setattr(setup_environment, "OWN_UV", tmp_path / "own")
    monkeypatch.setattr(sys, "executable", str(python))
    monkeypatch.setenv("PATH", "/bin:/usr/bin" if not Path("/usr/bin/uv").exists() else "/nowhere")
    with pytest.raises(setup_environment.SetupFailed, match=r"(?s)no index here.*Install uv by hand"):
        setup_environment.install_uv()
