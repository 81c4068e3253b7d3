"""`azure-hotpatch policy-export`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from pulumi_azure_hotpatch.audit.azure_policy import INITIATIVE, definitions, initiative
from pulumi_azure_hotpatch.errors import InvalidInput
from pulumi_azure_hotpatch.ids import parse_subscription_id

from . import output
from .writing import write_file

# Source: Microsoft Learn, Naming rules and restrictions for Azure resources, Microsoft.Management: 1 to 90 characters.
_MANAGEMENT_GROUP: Final = re.compile(
    r"/providers/Microsoft\.Management/managementGroups/[a-z0-9][a-z0-9_.()-]{0,89}(?<!\.)", re.IGNORECASE | re.ASCII
)


def run(folder: str, scope: str) -> int:
    """Write every definition and the initiative over them. Raises InvalidInput."""
    at = _place(scope)
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


def _place(scope: str) -> str:
    """Where custom definitions can be stored.

    Source: Microsoft Learn, Azure Policy definition structure, definition location (a management group or a
    subscription).
    """
    at = scope.rstrip("/")
    if _MANAGEMENT_GROUP.fullmatch(at):
        return at
    if at.casefold().startswith("/subscriptions/"):
        with suppress(InvalidInput):
            return f"/subscriptions/{parse_subscription_id(at)}"
    raise InvalidInput(
        f"--scope {scope!r}: expected /subscriptions/ID, with a GUID for an id, or "
        "/providers/Microsoft.Management/managementGroups/NAME"
    )


def _write(path: Path, body: Mapping[str, Any]) -> None:
    write_file(str(path), json.dumps(body, indent=2, ensure_ascii=False) + "\n")
