"""What the pipelines that pages show would run: the shell steps of three CI systems, in order."""

from __future__ import annotations

from collections.abc import Iterator
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
    """The shell steps of a pipeline."""
    return list(_steps(yaml.safe_load(text)))


def _steps(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _steps(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key in ("run", "bash", "script"):
                yield from ([item] if isinstance(item, str) else item)
            else:
                yield from _steps(item)
