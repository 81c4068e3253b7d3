"""Rings from a file of our own: YAML or JSON, `version: 1`; `schemas/rings.schema.json` is its published form."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from pulumi_azure_hotpatch.errors import InvalidInput

from .patch_rollout import RingsFile


def load_rings(path: Path) -> list[dict[str, Any]]:
    """The rings as a program would write them, checked. Raises InvalidInput with the file, the place and the reason."""
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path}: cannot be read: {error}") from None
    except yaml.YAMLError as error:
        raise InvalidInput(f"{path}: is neither YAML nor JSON: {' '.join(str(error).split())}") from None
    check_rings(found, str(path))
    rings: list[dict[str, Any]] = found["rings"]
    return rings


def check_rings(found: Any, called: str) -> RingsFile:
    """A file's content as its model. Raises InvalidInput for anything else, calling the file so."""
    if not isinstance(found, dict):
        raise InvalidInput(f"{called}: expected an object with version and rings")
    try:
        # As programs write them: the names of the wire are none of a file's.
        loaded = RingsFile.model_validate(found, by_alias=False, by_name=True)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        reason = str((first.get("ctx") or {}).get("error") or first["msg"])
        raise InvalidInput(f"{called}: {place}: {reason}") from None
    unclear = next((ring.name for ring in loaded.rings if not ring.has_one_way_in), None)
    if unclear is not None:
        raise InvalidInput(f"{called}: ring '{unclear}' needs exactly one of machine_ids, tags, percent and rest")
    return loaded
