"""One thing that was found, as the declaration of one of our resources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from pulumi_azure_hotpatch.engine.rules import Finding
from pulumi_azure_hotpatch.errors import InvalidInput
from pulumi_azure_hotpatch.ids import ResourceId
from pulumi_azure_hotpatch.models.base import Inputs


@dataclass(frozen=True, slots=True)
class Declared:
    """One resource of a program: its class, its name, and its arguments by the program's names.

    `reason` says why it is left out, None for one that is declared. `remarks` say what could not be taken along.
    """

    resource: str
    kind: str
    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    reason: str | None = None
    remarks: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """`{resource, type, name, declared, reason, remarks, arguments}`."""
        return {
            "resource": self.resource,
            "type": self.kind,
            "name": self.name,
            "declared": self.reason is None,
            "reason": self.reason,
            "remarks": list(self.remarks),
            "arguments": dict(self.arguments),
        }


def declared(
    kind: str, id: str, arguments: Mapping[str, Any], model: type[Inputs], *, name: str | None = None
) -> Declared:
    """A declaration, left out where an input takes no such value."""
    reason = None
    try:
        model.model_validate({key: value for key, value in arguments.items() if value is not None})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        reason = f"{place} is {first['input']!r}, which cannot be declared ({first['msg']})"
    return Declared(id, kind, name or name_of(id), arguments, reason)


def refusal(findings: Iterable[Finding]) -> str | None:
    """What the first rule that would refuse a declaration says, None where none would."""
    refused = next((one for one in findings if one.is_error), None)
    return f"{refused.reason} [{refused.rule}]" if refused else None


def name_of(id: str) -> str:
    """A name for the program: the group's and the resource's."""
    try:
        parsed = ResourceId.parse(id)
    except InvalidInput:
        return id.rsplit("/", 1)[-1]
    return "-".join(filter(None, (parsed.resource_group, parsed.name)))
