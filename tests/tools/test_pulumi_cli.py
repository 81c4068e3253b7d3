"""The choice of a `pulumi` command, with stand-ins for the commands it may find."""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import pulumi_build
import pulumi_cli
from pulumi_cache import cache_folder
from pulumi_cli import Choice, Unavailable, choose, write_wrapper

BUILT = f"pulumi-{pulumi_build.pinned_version()}"


def write_script(path: Path, *lines: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]), encoding="utf-8")
    path.chmod(0o755)
    return path


def write_pulumi(folder: Path, version: str, *, bundle: bool = True) -> Path:
    if bundle:
        write_script(folder / "pulumi-language-python")
    return write_script(folder / "pulumi", f"echo v{version}")


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with an empty cache, no network, and neither pulumi nor Go on PATH."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("sh", "dirname", "sleep", "touch"):
        (tools / name).symlink_to(str(shutil.which(name)))
    monkeypatch.setenv("PATH", str(tools))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("http_proxy", "https_proxy", "HTTPS_PROXY", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv-cache"))
    monkeypatch.delenv("PULUMI_CLI", raising=False)
    return tmp_path


def put_on_path(monkeypatch: pytest.MonkeyPatch, *folders: Path) -> None:
    monkeypatch.setenv("PATH", os.pathsep.join([*map(str, folders), os.environ["PATH"]]))


# --- the order of the choice ------------------------------------------------------------------------------------------


def test_a_new_enough_pulumi_on_path_is_chosen_before_anything_cached(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = write_pulumi(machine / "bin", "3.999.0")
    write_pulumi(cache_folder() / BUILT, "3.253.0")
    put_on_path(monkeypatch, machine / "bin")
    assert choose() == Choice(command)


def test_a_pulumi_that_is_too_old_or_of_another_major_is_passed_over(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_pulumi(machine / "old", "2.25.2")
    write_pulumi(machine / "next", "4.0.0")
    write_script(machine / "broken" / "pulumi", "exit 1")
    command = write_pulumi(machine / "good", "3.200.0")
    put_on_path(monkeypatch, *(machine / name for name in ("old", "next", "broken", "good")))
    assert choose() == Choice(command)


def test_each_unsuitable_pulumi_on_path_is_named_with_its_version(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = write_pulumi(machine / "old", "2.25.2")
    put_on_path(monkeypatch, machine / "old")
    with pytest.raises(Unavailable, match=rf"{old} is 2\.25\.2, 3\.\d+\.\d+ or newer of the same major is needed"):
        choose(("path",))


def test_a_pulumi_without_a_language_host_gets_ours_behind_everything_on_path(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = write_pulumi(machine / "bin", "3.999.0", bundle=False)
    put_on_path(monkeypatch, machine / "bin")
    host = cache_folder() / "language-host"
    assert choose() == Choice(command, after=(host,))
    assert {each.name for each in host.iterdir()} == set(pulumi_cli.LANGUAGE_HOST)


def test_what_an_earlier_bootstrap_put_on_path_is_not_taken_for_the_users_own(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = write_pulumi(cache_folder() / BUILT, "3.253.0")
    monkeypatch.setattr(pulumi_cli, "WRAPPER", machine / "environment" / "pulumi")
    (machine / "environment").mkdir()
    write_wrapper(Choice(built))
    put_on_path(monkeypatch, machine / "environment", built.parent)
    with pytest.raises(Unavailable, match="no `pulumi` on PATH"):
        choose(("path",))


def test_the_vendors_bundle_in_the_cache_is_preferred_to_a_build_in_the_cache() -> None:
    write_pulumi(cache_folder() / BUILT, "3.253.0")
    vendor = write_pulumi(pulumi_cli._vendor_folder() / "bin", "3.272.0")
    assert choose() == Choice(vendor, before=(vendor.parent,))
    assert choose(("build",)) == Choice(cache_folder() / BUILT / "pulumi", before=(cache_folder() / BUILT,))


def test_a_cached_build_gets_todays_language_host() -> None:
    folder = cache_folder() / BUILT
    write_pulumi(folder, "3.253.0")
    (folder / "pulumi_language_python.py").write_text("raise SystemExit('of an older checkout')", encoding="utf-8")
    choose()
    assert {name: (folder / name).read_text(encoding="utf-8") for name in pulumi_cli.LANGUAGE_HOST} == (
        pulumi_cli.LANGUAGE_HOST
    )
    assert all(os.access(folder / name, os.X_OK) for name in pulumi_cli.LANGUAGE_HOST)


# --- building ---------------------------------------------------------------------------------------------------------


def write_go(folder: Path, *on_build: str) -> None:
    version = 'if [ "$1" = env ]; then echo go9.9.9; exit 0; fi'
    find_target = 'while [ "$1" != -o ]; do shift; done; target="$2"'
    write_script(folder / "go", version, find_target, *on_build)


def test_a_build_lands_in_the_cache_whole_and_shows_its_progress(
    machine: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    write_go(machine / "go", "echo 'go: downloading example v1' >&2; echo a/b >&2; echo c/d >&2", 'touch "$target"')
    put_on_path(monkeypatch, machine / "go")
    folder = cache_folder() / BUILT
    assert choose(("build",)) == Choice(folder / "pulumi", before=(folder,))
    assert {each.name for each in folder.iterdir()} == {"pulumi", *pulumi_cli.LANGUAGE_HOST}
    assert "s, 1 modules fetched, 2 packages compiled\n" in capfd.readouterr().err


def test_a_failed_build_says_what_go_said_and_leaves_nothing_behind(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_go(machine / "go", 'echo partial > "$target"; echo "verifying module: checksum mismatch" >&2; exit 1')
    put_on_path(monkeypatch, machine / "go")
    with pytest.raises(Unavailable, match="go build failed: verifying module: checksum mismatch"):
        choose(("build",))
    assert [each.name for each in cache_folder().iterdir()] == ["lock"]


def test_a_go_that_is_too_old_is_not_used(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_script(machine / "go" / "go", "echo go1.20.1")
    put_on_path(monkeypatch, machine / "go")
    assert pulumi_build.find_go() is None


def test_when_nothing_works_the_message_says_what_was_tried_why_it_failed_and_what_to_do() -> None:
    with pytest.raises(Unavailable) as failure:
        choose()
    lines = str(failure.value).splitlines()
    assert lines[0] == "No `pulumi` command could be found or made. Tried:"
    assert lines[1] == "  path    no `pulumi` on PATH"
    assert lines[2].startswith("  vendor  ")
    assert "URLError" in lines[2]
    assert lines[3].startswith("  build   no Go ")
    assert lines[4] == "One of these helps, then run `make setup` again:"
    assert [line[:4] for line in lines[5:]] == ["  - "] * 3


# --- the switch, the lock, the wrapper --------------------------------------------------------------------------------


def test_an_unknown_way_is_refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PULUMI_CLI", "guess")
    assert pulumi_cli.main() == 2
    assert capsys.readouterr().err == "PULUMI_CLI is 'guess'; it may be path, vendor, build\n"


def test_the_switch_allows_one_way_only(
    machine: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_pulumi(cache_folder() / BUILT, "3.253.0")
    monkeypatch.setenv("PULUMI_CLI", "path")
    monkeypatch.setattr(pulumi_cli, "WRAPPER", machine / "pulumi")
    assert pulumi_cli.main() == 1
    assert "build" not in capsys.readouterr().err.partition("One of these")[0]
    monkeypatch.setenv("PULUMI_CLI", "build")
    assert pulumi_cli.main() == 0
    assert subprocess.check_output([machine / "pulumi"], text=True) == "v3.253.0\n"


def test_a_second_bootstrap_waits_for_the_first_and_takes_what_it_made() -> None:
    cache_folder().mkdir(parents=True)
    script = "import pulumi_cli; print(pulumi_cli.choose(('build',)).command)"
    with open(cache_folder() / "lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        second = subprocess.Popen(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONPATH": str(Path(pulumi_cli.__file__).parent)},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert second.stderr is not None
        assert second.stderr.readline() == "Another process is making the pulumi command; waiting for it\n"
        built = write_pulumi(cache_folder() / BUILT, "3.253.0")
    stdout, stderr = second.communicate(timeout=20)
    assert (stdout, stderr) == (f"{built}\n", "")


def test_the_wrapper_becomes_the_command_with_its_folders_and_the_environment_on_path(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulumi_cli, "WRAPPER", machine / "my environment" / "pulumi")
    (machine / "my environment").mkdir()
    command = write_script(
        machine / "cli" / "pulumi", 'echo "$$|$1|$PATH|$PULUMI_PYTHON_CMD"', "[ $1 = wait ] && exec sleep 60", "exit 7"
    )
    write_wrapper(Choice(command, before=(machine / "cli",), after=(machine / "host",)))
    process = subprocess.Popen(
        [machine / "my environment" / "pulumi", "an argument"], text=True, stdout=subprocess.PIPE
    )
    stdout, _ = process.communicate(timeout=20)
    environment = machine / "my environment"
    path = f"{machine / 'cli'}:{environment}:{os.environ['PATH']}:{machine / 'host'}"
    assert stdout == f"{process.pid}|an argument|{path}|{environment / 'python'}\n"
    assert process.returncode == 7

    waiting = subprocess.Popen([environment / "pulumi", "wait"], text=True, stdout=subprocess.PIPE)
    assert waiting.stdout is not None
    waiting.stdout.readline()
    waiting.send_signal(signal.SIGTERM)
    waiting.communicate(timeout=20)
    assert waiting.returncode == -signal.SIGTERM
