"""`azure-hotpatch policy-export`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pulumi_azure_hotpatch.audit.azure_policy import INITIATIVE, definitions, initiative
from pulumi_azure_hotpatch.errors import InvalidInput

from . import output
from .writing import write_file

# Where custom definitions can be stored. Source: Microsoft Learn, Azure Policy definition structure, definition
# location (a management group or a subscription).
_SCOPE: Final = re.compile(
    r"/subscriptions/[^/]+|/providers/Microsoft\.Management/managementGroups/[^/]+", re.IGNORECASE
)


def run(folder: str, scope: str) -> int:
    """Write every definition and the initiative over them. Raises InvalidInput."""
    at = scope.rstrip("/")
    if not _SCOPE.fullmatch(at):
        raise InvalidInput(
            f"--scope {scope!r}: expected /subscriptions/ID or /providers/Microsoft.Management/managementGroups/NAME"
        )
    target = Path(folder)
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidInput(f"{folder}: cannot be made ({error.strerror})") from None
    found = definitions()
    for one in found:
        _write(target / f"{one.rule.id}.json", one.body)
    _write(target / f"{INITIATIVE}.initiative.json", initiative(found, at))
    output.note(f"{output.count(len(found), 'definition')} and an initiative written to {folder}.")
    return 0


def _write(path: Path, body: Mapping[str, Any]) -> None:
    write_file(str(path), json.dumps(body, indent=2, ensure_ascii=False) + "\n")
