"""Declarations as the text of a Pulumi program."""

from __future__ import annotations

import json
import keyword
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from .declared import Declared

_HEADINGS: Final[Mapping[str, str]] = {
    "VirtualMachinePatchSettings": "Patch settings of VMs",
    "ScaleSetPatchSettings": "Patch settings of flexible scale sets",
    "ArcHotpatchLicense": "Hotpatch licences of Arc-enabled servers",
    "ArcMachinePatchSettings": "Patch settings of Arc-enabled servers",
    "MaintenanceSchedule": "Schedules",
    "ScheduleAssignment": "Schedules given to machines",
    "DynamicScope": "Dynamic scopes",
}
_WIDTH: Final = 118


def program_text(found: Sequence[Declared], subscription_id: str) -> str:
    """A `__main__.py` whose first `pulumi up` changes nothing in Azure.

    Only fields that are set are declared, and every resource takes over what is there: destroying the stack leaves it.
    """
    lines = [
        f'"""Patching of subscription {_comment(subscription_id)}, declared as it was found: a first `pulumi up`',
        "changes nothing.",
        "",
        "Take out what this stack should not own. What it takes over stays as it is when the stack is destroyed.",
        '"""',
        "",
        "import pulumi_azure_hotpatch as hotpatch",
    ]
    names, variables = _Names(), _Names([*keyword.kwlist, "hotpatch"])
    schedules: dict[str, str] = {}
    for kind, heading in _HEADINGS.items():
        of_kind = [one for one in found if one.kind == kind]
        if of_kind:
            lines += ["", f"# {heading}"]
        for one in of_kind:
            lines.append("")
            if one.reason is not None:
                lines += _wrapped(f"{one.resource} is not declared: {one.reason}")
                continue
            for remark in one.remarks:
                lines += _wrapped(f"Left alone: {remark}.")
            name = names.unique(f"{kind}/{one.name}").partition("/")[2]
            arguments = _arguments(one, schedules)
            if kind == "MaintenanceSchedule":
                variable = variables.unique(_identifier(one.arguments["schedule_name"]))
                schedules[one.resource.casefold()] = variable
                lines += _call(f"{variable} = ", kind, name, arguments)
            else:
                lines += _call("", kind, name, arguments)
    return "\n".join(lines) + "\n"


class _Names:
    """Names that are given once."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = {name.casefold() for name in taken}

    def unique(self, wanted: str) -> str:
        name, number = wanted, 2
        while name.casefold() in self._taken:
            name, number = f"{wanted}_{number}" if "/" not in wanted else f"{wanted}-{number}", number + 1
        self._taken.add(name.casefold())
        return name


def _arguments(one: Declared, schedules: Mapping[str, str]) -> dict[str, str]:
    """Each argument as Python text; a schedule that is declared here is referred to."""
    shown = {name: _literal(value) for name, value in one.arguments.items() if value is not None}
    if one.kind in ("ScheduleAssignment", "DynamicScope"):
        variable = schedules.get(str(one.arguments["schedule_id"]).casefold())
        if variable is not None:
            shown["schedule_id"] = f"{variable}.id"
    return shown


def _call(prefix: str, kind: str, name: str, arguments: Mapping[str, str]) -> list[str]:
    return [
        f"{prefix}hotpatch.{kind}(",
        f"    {_literal(name)},",
        *(f"    {key}={value}," for key, value in arguments.items()),
        ")",
    ]


def _literal(value: Any) -> str:
    """A value as Python text. A JSON string is a Python string too."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_literal(key)}: {_literal(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_literal, value)) + "]"
    return repr(value)


def _identifier(name: str) -> str:
    cleaned = re.sub(r"\W+", "_", name.casefold(), flags=re.ASCII).strip("_")
    return f"schedule_{cleaned}" if not cleaned or cleaned[0].isdigit() else cleaned


def _comment(text: str) -> str:
    """Text on one line, which cannot end a comment or a docstring."""
    return " ".join(text.split()).replace('"""', "'''").replace("\\", "/")


def _wrapped(text: str) -> list[str]:
    lines, line = [], "#"
    for word in _comment(text).split():
        if len(line) + 1 + len(word) > _WIDTH and line != "#":
            lines.append(line)
            line = "#"
        line += f" {word}"
    return [*lines, line]
