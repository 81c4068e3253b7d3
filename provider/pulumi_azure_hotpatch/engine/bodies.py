"""Reading ARM bodies whose shape is not certain: what is missing or malformed reads as absent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pulumi_azure_hotpatch.errors import InvalidInput
from pulumi_azure_hotpatch.ids import ResourceId

from .patch_lists import Texts

Body = Mapping[str, Any]


def properties_of(body: Body) -> Body:
    """The `properties` of a body, or the body itself where a tool has flattened them."""
    inner = body.get("properties")
    return inner if isinstance(inner, Mapping) else body


def object_at(parent: Body, key: str) -> Body:
    """The object below `key`, empty where there is none."""
    value = parent.get(key)
    return value if isinstance(value, Mapping) else {}


def texts_at(parent: Body, key: str) -> Texts | None:
    """The list of texts below `key`, None where there is none."""
    value = parent.get(key)
    return tuple(str(item) for item in value) if isinstance(value, list | tuple) else None


def text_at(parent: Body, key: str) -> str | None:
    """The text below `key`, None where there is none. Raises TypeError for anything else, which no service answers."""
    value = parent.get(key)
    if value is not None and not isinstance(value, str):
        raise TypeError(f"{key} is {value!r}, not text")
    return value


def group_of(body: Body) -> str:
    """The resource group in a body's id, empty where there is none."""
    try:
        return ResourceId.parse(str(body.get("id", ""))).resource_group
    except InvalidInput:
        return ""
