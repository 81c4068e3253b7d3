"""What the pipelines that pages show would run: the shell steps of three CI systems, in order."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
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


def steps(text: str) -> list[str]:
    """The shell steps of a pipeline, each in a shell of its own that begins where its system lets it begin."""
    return [f"(\ncd {shlex.quote(folder)}\n{command}\n)" for folder, command in _steps(yaml.safe_load(text), ".")]


def _steps(value: Any, folder: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, list):
        for item in value:
            yield from _steps(item, folder)
    elif isinstance(value, Mapping):
        default = value.get("defaults", {}).get("run", {}).get("working-directory", folder)
        folder = value.get("working-directory", value.get("workingDirectory", default))
        for key, item in value.items():
            if key in ("run", "bash", "script"):
                # GitLab's list is one script.
                yield folder, item if isinstance(item, str) else "\n".join(item)
            elif key != "defaults":
                yield from _steps(item, folder)
