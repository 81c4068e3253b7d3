"""The real `pulumi` command, run on a project in a world of its own.

`Stack(project_dir, work_dir)` gives one stack in a file backend inside `work_dir`; nothing of the caller's Pulumi or
Azure settings reaches it and nothing is written into `project_dir`, so many tests may use one project at once.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

import pulumi_env

CLI = Path(sys.executable).with_name("pulumi")
"""The command that the bootstrap left in the environment the tests run in."""

PATIENCE = timedelta(minutes=3)
"""After this a command of the CLI is taken to hang."""

COUNTS = ("created", "updated", "same", "deleted", "replaced")
_WORDS = {
    "created": "created",
    "create": "created",
    "updated": "updated",
    "update": "updated",
    "unchanged": "same",
    "same": "same",
    "deleted": "deleted",
    "delete": "deleted",
    "replaced": "replaced",
    "replace": "replaced",
}
_SUMMARY_LINE = re.compile(r"^ {4}(?:[+~<>-]+ ?)?(?P<count>\d+) (?:to )?(?P<word>[a-z]+)$", re.MULTILINE)


@dataclass(frozen=True)
class Result:
    """What one command of the CLI printed and answered."""

    arguments: tuple[str, ...]
    stdout: str
    stderr: str
    returncode: int

    @property
    def output(self) -> str:
        """Both streams, for messages that go to either."""
        return self.stdout + self.stderr

    @cached_property
    def json(self) -> Any:
        """The parsed output of a command that was asked for JSON."""
        return json.loads(self.stdout)

    @cached_property
    def summary(self) -> dict[str, int]:
        """The engine's counts under `COUNTS`, the stack resource included; a count it does not print is 0."""
        counts = dict.fromkeys(COUNTS, 0)
        if "--json" in self.arguments:
            found = [(word, count) for word, count in self.json.get("changeSummary", {}).items()]
        else:
            _, _, tail = self.stdout.rpartition("\nResources:\n")
            found = [(match["word"], int(match["count"])) for match in _SUMMARY_LINE.finditer(tail)]
        for word, count in found:
            if word in _WORDS:
                counts[_WORDS[word]] += count
        return counts

    @property
    def changed(self) -> dict[str, int]:
        """The counts that are not 0, without `same`: empty for a run that changed nothing."""
        return {name: count for name, count in self.summary.items() if count and name != "same"}


class Stack:
    """One stack of one project. Every command raises `AssertionError` with the whole output when it fails,
    unless it was called with `fails=True`, when it must fail.
    """

    def __init__(
        self, project_dir: Path, work_dir: Path, env: Mapping[str, str] | None = None, *, name: str = "dev"
    ) -> None:
        """Create the stack. `env` is added to the isolated environment of every command."""
        self.name = name
        self.work_dir = work_dir
        self.env = pulumi_env.isolated(work_dir) | dict(env or {})
        self.root = work_dir / "project"
        self._copy_project(project_dir)
        self.run("stack", "init", name)

    def _copy_project(self, project_dir: Path) -> None:
        # The CLI writes a stack's configuration beside Pulumi.yaml, so that file is moved and the program is not.
        self.root.mkdir(parents=True, exist_ok=True)
        project = yaml.safe_load((project_dir / "Pulumi.yaml").read_text(encoding="utf-8"))
        project["main"] = str((project_dir / project.get("main", ".")).resolve())
        (self.root / "Pulumi.yaml").write_text(yaml.safe_dump(project, sort_keys=False), encoding="utf-8")
        for configuration in project_dir.glob(f"Pulumi.{self.name}.yaml"):
            shutil.copy(configuration, self.root)

    def up(self, *arguments: str, skip_preview: bool = True, fails: bool = False) -> Result:
        """Run `pulumi up`, without the preview before it unless asked for."""
        skip = ("--skip-preview",) if skip_preview else ()
        return self.run("up", "--yes", *skip, *arguments, fails=fails)

    def preview(self, *arguments: str, json: bool = True, fails: bool = False) -> Result:
        """Run `pulumi preview`, as JSON (`Result.json`) unless told otherwise."""
        return self.run("preview", *(("--json",) if json else ()), *arguments, fails=fails)

    def refresh(self, *arguments: str, fails: bool = False) -> Result:
        """Run `pulumi refresh`."""
        return self.run("refresh", "--yes", "--skip-preview", *arguments, fails=fails)

    def destroy(self, *arguments: str, fails: bool = False) -> Result:
        """Run `pulumi destroy`."""
        return self.run("destroy", "--yes", "--skip-preview", *arguments, fails=fails)

    def cancel(self) -> Result:
        """Run `pulumi cancel`: take away the lock that a killed CLI left."""
        return self.run("cancel", "--yes")

    def set_config(self, key: str, value: str, *, secret: bool = False) -> Result:
        """Run `pulumi config set`."""
        return self.run("config", "set", "--secret" if secret else "--plaintext", key, value)

    def export(self) -> dict[str, Any]:
        """Give the stack's checkpoint as `pulumi stack export` prints it."""
        exported: dict[str, Any] = json.loads(self.run("stack", "export").stdout)
        return exported

    def resources(self) -> list[dict[str, Any]]:
        """Give the resources in the checkpoint; an empty stack has none."""
        found: list[dict[str, Any]] = self.export()["deployment"].get("resources") or []
        return found

    def stored_inputs(self) -> dict[str, Any]:
        """Give the inputs of every resource in the checkpoint, secrets in clear, by URN."""
        exported = json.loads(self.run("stack", "export", "--show-secrets").stdout)
        return {one["urn"]: one.get("inputs") for one in exported["deployment"].get("resources") or []}

    def outputs(self) -> dict[str, Any]:
        """Give the stack's outputs."""
        found: dict[str, Any] = json.loads(self.run("stack", "output", "--json", "--show-secrets").stdout)
        return found

    def run(self, *arguments: str, fails: bool = False) -> Result:
        """Run any command of the CLI on this stack and wait for it."""
        command = self._command(arguments)
        done = subprocess.run(
            command,
            cwd=self.root,
            env=self.env,
            text=True,
            capture_output=True,
            timeout=PATIENCE.total_seconds(),
            stdin=subprocess.DEVNULL,
            check=False,
        )
        result = Result(tuple(command[1:]), done.stdout, done.stderr, done.returncode)
        if (done.returncode != 0) != fails:
            expected = "should have failed" if fails else f"failed with {done.returncode}"
            raise AssertionError(f"pulumi {' '.join(arguments)} {expected}:\n{result.output}")
        return result

    def popen(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command and do not wait: for killing or interrupting it. Its pid is the CLI's own.

        Both streams arrive in `stdout`. `up`, `refresh` and `destroy` run without questions and previews.
        """
        if arguments[0] in ("up", "refresh", "destroy"):
            arguments = (*arguments, "--yes", "--skip-preview")
        return subprocess.Popen(
            self._command(arguments),
            cwd=self.root,
            env=self.env,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _command(self, arguments: tuple[str, ...]) -> list[str]:
        if not CLI.exists():
            raise AssertionError(f"{CLI} is missing: run `make setup`")
        # `stack init` names the stack itself.
        of_stack = () if arguments[:2] == ("stack", "init") else ("--stack", self.name)
        return [str(CLI), *arguments, *of_stack, "--non-interactive", "--color", "never"]


def descendants(pid: int, containing: str = "") -> list[int]:
    """Give the pids of the processes below `pid` whose command line contains a text.

    `descendants(cli.pid, "pulumi.dynamic")` finds the plugin that runs the dynamic providers.
    """
    listing = subprocess.run(["ps", "-A", "-ww", "-o", "pid=,ppid=,args="], text=True, capture_output=True, check=True)
    rows = [line.split(None, 2) for line in listing.stdout.splitlines()]
    parents = {int(row[0]): int(row[1]) for row in rows}

    def is_below(child: int) -> bool:
        while child := parents.get(child, 0):
            if child == pid:
                return True
        return False

    return [int(row[0]) for row in rows if len(row) == 3 and containing in row[2] and is_below(int(row[0]))]


def is_running(pid: int) -> bool:
    """Tell whether a process exists and is not merely unreaped."""
    found = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], text=True, capture_output=True, check=False)
    return found.returncode == 0 and not found.stdout.strip().startswith("Z")


def environment_without_python() -> dict[str, str]:
    """Give this process's environment without the project's Python on PATH, as a user's fresh shell has it."""
    kept = [each for each in os.environ["PATH"].split(os.pathsep) if Path(each) != CLI.parent]
    return {**os.environ, "PATH": os.pathsep.join(kept)}
