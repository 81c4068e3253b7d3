"""What a program can call, and the dictionaries that it gives or gets."""

from __future__ import annotations

import inspect
import re
from typing import Any, is_typeddict

import pulumi_azure_hotpatch

from .wording import table, words_of

_GROUPS = {
    "Beside azure-native's machines": ("guard_virtual_machines", "fill_patch_settings"),
    "When something recurs": ("patch_tuesday", "daily", "weekly", "monthly"),
    "What is to come": ("get_release_calendar", "next_windows", "forecast"),
    "What Azure has and remembers": (
        "get_patch_status",
        "get_patch_history",
        "get_hotpatch_state",
        "get_preview_features",
    ),
    "Files": ("read_rings",),
}


def function_page() -> str:
    """The page of functions and arguments."""
    parts = ["# Functions\n", _opening()]
    for title, names in _GROUPS.items():
        parts.append(f"## {title}\n")
        parts += [_function(name, getattr(pulumi_azure_hotpatch, name)) for name in names]
    parts.append("## Arguments\n")
    parts += [_arguments(name, each) for name, each in _public().items() if is_typeddict(each)]
    return "\n".join(parts)


def documented() -> set[str]:
    """The public names that this page has."""
    functions = {name for names in _GROUPS.values() for name in names}
    twins = {f"{name}_output" for name in functions if f"{name}_output" in _public()}
    return functions | twins | {name for name, each in _public().items() if is_typeddict(each)}


def _public() -> dict[str, Any]:
    return {name: getattr(pulumi_azure_hotpatch, name) for name in pulumi_azure_hotpatch.__all__}


def _opening() -> str:
    return (
        "All of them are in `pulumi_azure_hotpatch`. A function whose name also exists with `_output` takes outputs of "
        "other resources there, and gives an output.\n"
    )


def _function(name: str, function: Any) -> str:
    words = words_of(function)
    signature = inspect.signature(function)
    twin = f" Also `{name}_output`." if f"{name}_output" in _public() else ""
    rows = []
    for parameter in signature.parameters.values():
        default = "required" if parameter.default is parameter.empty else f"`{parameter.default!r}`"
        rows.append((f"`{parameter.name}`", default, words.parameters.get(parameter.name, "")))
    gives = re.sub(r"'", "", str(signature.return_annotation))
    parts = [f"### {name}\n", f"{words.text}{twin}\n"]
    if gives != "None":
        parts.append(f"Gives `{gives}`.\n")
    if any(row[2] for row in rows):
        parts.append(table(("parameter", "default", "meaning"), rows))
    else:
        listed = (f"{name} ({default if default == 'required' else f'default {default}'})" for name, default, _ in rows)
        parts.append(f"Parameters: {', '.join(listed)}.\n")
    return "\n".join(parts)


def _arguments(name: str, each: Any) -> str:
    keys = ", ".join(f"`{key}`" for key in each.__annotations__)
    return f"### {name}\n\n{words_of(each).text}\n\nKeys: {keys}.\n"
