"""The real engine runs Python programs, dynamic resources and policy packs through whichever language host is there.

Where the chosen CLI was built from Go modules, that is our own, tools/pulumi_language_python.py.
"""

import os
import signal
import subprocess
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pulumi_env import environment
from tests.support.pulumi_cli import CLI, Stack, descendants, environment_without_python, is_running


def write_project(folder: Path, **files: str) -> Path:
    """Write a project with `main: program`; a key is a module's name."""
    (folder / "program").mkdir(parents=True)
    (folder / "Pulumi.yaml").write_text("name: tiny\nruntime: python\nmain: program\n", encoding="utf-8")
    for name, text in files.items():
        write_module(folder, name, text)
    return folder


def write_module(project: Path, name: str, text: str) -> None:
    (project / "program" / f"{name}.py").write_text(textwrap.dedent(text), encoding="utf-8")


def test_the_plain_command_runs_a_project_from_its_folder_in_a_fresh_shell(tmp_path: Path) -> None:
    program = """
        import os, sys
        import pulumi
        import sibling
        pulumi.export("sibling", sibling.VALUE)
        pulumi.export("folders", [os.getcwd(), sys.path[0], pulumi.get_root_directory()])
        pulumi.export("python", sys.prefix)
    """
    project = write_project(tmp_path / "project", __main__=program, sibling="VALUE = 3")
    ours = environment(tmp_path / "work")
    del ours["PATH"], ours["PULUMI_PYTHON_CMD"]
    shell = environment_without_python() | ours

    def pulumi(*arguments: str) -> str:
        command = [str(CLI), *arguments, "--non-interactive"]
        return subprocess.run(command, cwd=project, env=shell, text=True, capture_output=True, check=True).stdout

    pulumi("stack", "init", "dev")
    assert "+ 1 created" in pulumi("up", "--yes", "--skip-preview")
    folder = project / "program"
    assert pulumi("stack", "output", "folders") == f'["{folder}","{folder}","{project}"]\n'
    assert pulumi("stack", "output", "sibling") == "3\n"
    assert pulumi("stack", "output", "python") == f"{CLI.parent.parent}\n"


def test_a_preview_as_json_carries_what_the_program_printed(tmp_path: Path) -> None:
    project = write_project(tmp_path / "project", __main__="print('hello from the program')")
    previewed = Stack(project, tmp_path / "work").preview()
    assert previewed.changed == {"created": 1}
    assert [each["message"].strip() for each in previewed.json["diagnostics"]] == ["hello from the program"]


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        pytest.param(
            "import pulumi\n\n\ndef fail(value):\n    raise ValueError(f'no {value}')\n\n\nfail(1)\n",
            ["in <module>", "fail(1)", "in fail", "ValueError: no 1"],
            id="in the program's body",
        ),
        pytest.param(
            "import pulumi\n\n\ndef fail(value):\n    raise ValueError(f'no {value}')\n\n\n"
            "pulumi.export('x', pulumi.Output.from_input(2).apply(fail))\n",
            ["in fail", "ValueError: no 2"],
            id="in an apply",
        ),
        pytest.param("x = = 1\n", ["x = = 1", "SyntaxError: invalid syntax"], id="in its syntax"),
    ],
)
def test_an_exception_shows_the_users_frames_once_and_no_others(
    tmp_path: Path, program: str, expected: list[str]
) -> None:
    project = write_project(tmp_path / "project", __main__=program)
    failed = Stack(project, tmp_path / "work").up("--suppress-progress", fails=True)
    report = failed.stdout.partition("Diagnostics:")[2]
    assert report.count("Program failed with an unhandled exception:") == 1
    assert [report.count(text) for text in expected] == [1] * len(expected)
    files = [line.split('"')[1] for line in report.splitlines() if line.strip().startswith('File "')]
    assert set(files) == {str(project / "program" / "__main__.py")}


def test_a_message_meant_for_people_has_no_traceback(tmp_path: Path) -> None:
    project = write_project(
        tmp_path / "project", __main__="import pulumi; raise pulumi.RunError('set the region first')"
    )
    failed = Stack(project, tmp_path / "work").preview(json=False, fails=True)
    report = failed.stdout.partition("Diagnostics:")[2]
    assert "error: set the region first" in report
    assert "Traceback" not in report


def test_a_policy_pack_written_in_python_stops_what_it_forbids(tmp_path: Path) -> None:
    pack = tmp_path / "pack"
    pack.mkdir()
    (pack / "PulumiPolicy.yaml").write_text("runtime: python\n", encoding="utf-8")
    rule = """
        from pulumi_policy import EnforcementLevel, PolicyPack, ResourceValidationPolicy

        def no_stack_of_that_name(args, report_violation):
            if args.resource_type == "pulumi:pulumi:Stack":
                report_violation(f"{args.name} is not wanted")

        PolicyPack(
            "tiny-pack",
            enforcement_level=EnforcementLevel.MANDATORY,
            policies=[ResourceValidationPolicy("no-such-stack", "No such stack.", no_stack_of_that_name)],
        )
    """
    (pack / "__main__.py").write_text(textwrap.dedent(rule), encoding="utf-8")
    stack = Stack(write_project(tmp_path / "project", __main__=""), tmp_path / "work")
    refused = stack.preview("--policy-pack", str(pack), json=False, fails=True)
    assert "no-such-stack" in refused.stdout
    assert "tiny-dev is not wanted" in refused.stdout
    assert "+ 1 to create" in stack.preview(json=False).stdout


def test_a_dynamic_resource_lives_through_create_update_refresh_and_destroy(tmp_path: Path) -> None:
    importable = """
        from pulumi.dynamic import CreateResult, Resource, ResourceProvider, UpdateResult

        class Note(ResourceProvider):
            def create(self, props):
                return CreateResult("note-1", dict(props))

            def update(self, id, old, new):
                return UpdateResult(dict(new))

        class NoteResource(Resource):
            def __init__(self, name, text):
                super().__init__(Note(), name, {"text": text})
    """
    project = write_project(tmp_path / "project", notes=importable)
    stack = Stack(project, tmp_path / "work", {"PYTHONPATH": str(project / "program")})
    write_module(project, "__main__", "import notes; notes.NoteResource('note', 'first')")
    assert stack.up().changed == {"created": 2}
    assert stack.up().changed == {}
    write_module(project, "__main__", "import notes; notes.NoteResource('note', 'second')")
    assert stack.up().changed == {"updated": 1}
    assert [each["outputs"]["text"] for each in stack.resources() if each.get("id") == "note-1"] == ["second"]
    assert stack.refresh().changed == {}
    assert stack.destroy().changed == {"deleted": 2}


@pytest.fixture
def waiting_stack(tmp_path: Path) -> tuple[Stack, Path]:
    """A stack whose program says that it runs, in a file, and then waits for a minute."""
    running = tmp_path / "running"
    program = f"import pathlib, time; pathlib.Path({str(running)!r}).touch(); time.sleep(60)"
    return Stack(write_project(tmp_path / "project", __main__=program), tmp_path / "work"), running


def wait_for(happened: Callable[[], bool], patience: float = 20) -> float:
    """Wait in real time until something is true and tell how long it took."""
    start = time.monotonic()
    while not happened():
        assert time.monotonic() - start < patience, "it never happened"
        time.sleep(0.05)
    return time.monotonic() - start


def test_a_program_ends_with_its_killed_cli(waiting_stack: tuple[Stack, Path]) -> None:
    stack, running = waiting_stack
    with stack.popen("up") as cli:
        wait_for(running.exists)
        hosts = descendants(cli.pid, "language_python")
        assert len(hosts) == 1
        os.kill(cli.pid, signal.SIGKILL)
        assert cli.stdout is not None
        cli.stdout.read()
    assert wait_for(lambda: not is_running(hosts[0])) < 5
    stack.cancel()
    assert stack.run("stack", "export").json["deployment"].get("pending_operations") in (None, [])


def test_ctrl_c_ends_a_waiting_program_at_once(waiting_stack: tuple[Stack, Path]) -> None:
    stack, running = waiting_stack
    with stack.popen("up") as cli:
        wait_for(running.exists)
        start = time.monotonic()
        cli.send_signal(signal.SIGINT)
        output, _ = cli.communicate(timeout=30)
    assert cli.returncode != 0, output
    assert time.monotonic() - start < 5
