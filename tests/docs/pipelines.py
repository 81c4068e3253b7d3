"""What the pipelines that pages show would run: the shell steps of three CI systems, in order."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

SCHEMAS = {
    ".github/workflows/": "vendor.github-workflows",
    "azure-pipelines": "vendor.azure-pipelines",
    ".gitlab-ci": "vendor.gitlab-ci",
}
"""By the beginning of a file's name: the schema that check-jsonschema has of it."""


def schema_of(title: str) -> str | None:
    """The schema of a pipeline's file; None for other files."""
    return next((schema for start, schema in SCHEMAS.items() if title.startswith(start)), None)


@dataclass(frozen=True)
class Step:
    """A shell step: `goes_on` is whether the steps after it run even if it fails, `runs_anyway` whether it runs itself
    after a step that failed.
    """

    command: str
    goes_on: bool = False
    runs_anyway: bool = False


def shell_steps(text: str) -> list[Step]:
    """The shell steps of a pipeline, each in a shell of its own that begins where its system lets it begin."""
    return list(_steps(yaml.safe_load(text), "."))


def steps(text: str) -> list[str]:
    """The commands of the steps, to be run one after the other by a shell that ends at a failure."""
    return [f"set +e\n{step.command}\nset -e" if step.goes_on else step.command for step in shell_steps(text)]


def _steps(value: Any, folder: str) -> Iterator[Step]:
    if isinstance(value, list):
        for item in value:
            yield from _steps(item, folder)
    elif isinstance(value, Mapping):
        default = value.get("defaults", {}).get("run", {}).get("working-directory", folder)
        folder = value.get("working-directory", value.get("workingDirectory", default))
        for key, item in value.items():
            if key in ("run", "bash", "script"):
                # GitLab's list is one script.
                command = item if isinstance(item, str) else "\n".join(item)
                yield Step(
                    f"(\nset -euo pipefail\ncd {shlex.quote(folder)}\n{command}\n)",
                    goes_on=bool(value.get("continue-on-error", value.get("continueOnError"))),
                    runs_anyway="if" in value or "condition" in value,
                )
            elif key != "defaults":
                yield from _steps(item, folder)
