"""The choice of a browser, with stand-ins for what a machine may have."""

import os
from pathlib import Path

import pytest

from browser import NoBrowser, find_browser, install_browser, main


@pytest.fixture(autouse=True)
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine that has only what a test puts into this folder; we are root there."""
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return tmp_path


def write_program(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]), encoding="utf-8")
    path.chmod(0o755)
    return path


def test_the_one_that_is_named_comes_first(programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_program(programs / "chromium")
    named = write_program(tmp_path / "mine")
    monkeypatch.setenv("CHROMIUM", str(named))
    assert find_browser() == named


def test_one_that_is_named_and_not_there_is_an_error_and_not_replaced(
    programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_program(programs / "chromium")
    monkeypatch.setenv("CHROMIUM", "/nowhere/chromium")
    with pytest.raises(NoBrowser, match="CHROMIUM is '/nowhere/chromium', and there is no such program"):
        install_browser()


def test_what_is_there_is_taken(programs: Path) -> None:
    found = write_program(programs / "google-chrome")
    assert install_browser() == found


def test_the_distributions_is_installed_where_that_is_allowed(programs: Path) -> None:
    chromium = programs / "chromium"
    # `install` leaves the program behind.
    installs = (
        '[ "$2" = install ] || exit 0',
        f'echo "#!/bin/sh" > {chromium}',
        f"/bin/chmod 755 {chromium}",
        f'echo "$@" > {programs}/asked',
    )
    write_program(programs / "apt-get", *installs)
    assert install_browser() == chromium
    asked = (programs / "asked").read_text().split()
    assert asked[:4] == ["--quiet", "install", "--yes", "--no-install-recommends"]
    assert "chromium" in asked


def test_a_failing_installation_says_why(programs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_program(programs / "apt-get", "echo no route to the mirror >&2", "exit 100")
    assert main() == 1
    assert capsys.readouterr().err.splitlines()[-1] == (
        "no Chromium on PATH, and apt-get update failed: no route to the mirror"
    )


@pytest.mark.parametrize("reason", ["no package manager", "not root"])
def test_where_nothing_may_be_installed_one_line_says_what_to_do(
    programs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], reason: str
) -> None:
    if reason == "not root":
        write_program(programs / "apt-get", "exit 0")
        monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert main() == 1
    assert capsys.readouterr().err == (
        "no Chromium on PATH: install one (Debian: apt-get install chromium), or say in CHROMIUM where one is\n"
    )
