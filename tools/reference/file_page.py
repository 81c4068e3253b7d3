"""The JSON that commands print and the files that are read: what the JSON Schemas of the package say."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Any

from .wording import table

_OPENING = """\
# Files and JSON

Each has a JSON Schema in the package (`pulumi_azure_hotpatch/schemas`). What is printed is UTF-8, a list at the top,
with times in RFC 3339; keys may be added, never taken away. What is read may be JSON or YAML.
"""


def file_page() -> str:
    """The page of schemas."""
    return "\n".join([_OPENING, *(_section(name, schema) for name, schema in schemas().items())])


def schemas() -> Mapping[str, Any]:
    """The schemas of the package by file name."""
    folder = resources.files("pulumi_azure_hotpatch").joinpath("schemas")
    found = sorted((file for file in folder.iterdir() if file.name.endswith(".json")), key=lambda file: file.name)
    return {file.name: json.loads(file.read_text("utf-8")) for file in found}


def _section(name: str, schema: Mapping[str, Any]) -> str:
    parts = [f"## {schema['title']}\n", f"{schema['description']}\n", f"`{name}`\n"]
    rows = list(_rows(schema, schema, ""))
    return "\n".join([*parts, table(("key", "value", "meaning"), rows)])


def _rows(schema: Mapping[str, Any], root: Mapping[str, Any], path: str) -> Iterator[tuple[str, str, str]]:
    schema = _resolved(schema, root)
    if "items" in schema and "properties" not in schema:
        yield from _rows(schema["items"], root, f"{path}[]." if path else "")
        return
    for branch in schema.get("anyOf", schema.get("oneOf", ())):
        yield from _rows(branch, root, path)
    required = schema.get("required", ())
    for key, value in schema.get("properties", {}).items():
        resolved = _resolved(value, root)
        optional = "" if key in required else ", may be left out"
        yield f"`{path}{key}`", f"{_kind(resolved, root)}{optional}", value.get("description", "")
        items = _resolved(resolved.get("items", {}), root)
        if "properties" in items:
            yield from _rows(items, root, f"{path}{key}[].")


def _resolved(schema: Any, root: Mapping[str, Any]) -> Mapping[str, Any]:
    if not isinstance(schema, Mapping):
        return {}
    if (reference := schema.get("$ref", "")).startswith("#/"):
        found: Any = root
        for step in reference[2:].split("/"):
            found = found[step]
        return {**found, **schema}
    return schema


def _kind(schema: Mapping[str, Any], root: Mapping[str, Any]) -> str:
    if "const" in schema:
        return f"`{json.dumps(schema['const'])}`"
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return " or ".join(dict.fromkeys(_kind(_resolved(one, root), root) for one in schema[several]))
    kinds = schema.get("type", "anything")
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds == ["array"]:
        inner = _resolved(schema.get("items", {}), root)
        return "list" if "properties" in inner else f"list of {_kind(inner, root)}"
    return " or ".join([*kinds]) + (f" ({schema['format']})" if "format" in schema else "")
