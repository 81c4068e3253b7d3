"""Reading bodies: the right type, or ARM's answer to a wrong one."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from .errors import invalid_content, unseen

JSON_NAMES = {dict: "object", list: "array", str: "string", bool: "boolean", int: "number"}


def typed(body: Mapping[str, Any], path: str, kind: type) -> Any:
    """Return the member at a dotted ``path``, ``None`` when it or a parent is missing or null.

    Raises the 400 of unreadable content when a parent is no object or the member not of ``kind``.
    """
    value: Any = body
    walked: list[str] = []
    for name in path.split("."):
        if value is None:
            return None
        if not isinstance(value, Mapping):
            raise invalid_content(f"an object is expected. Path '{'.'.join(walked)}'")
        walked.append(name)
        value = value.get(name)
    if value is None:
        return None
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise invalid_content(f"a value of type {JSON_NAMES[kind]} is expected. Path '{path}'")
    return value


def strings(body: Mapping[str, Any], path: str) -> list[str] | None:
    """Return a list of strings at ``path``, ``None`` when missing."""
    value = typed(body, path, list)
    if value is not None and not all(isinstance(item, str) for item in value):
        raise invalid_content(f"a list of strings is expected. Path '{path}'")
    found: list[str] | None = value
    return found


def choice(body: Mapping[str, Any], path: str, allowed: tuple[str, ...]) -> str | None:
    """Return the member at ``path`` in the spelling of ``allowed`` (letter case ignored), ``None`` when missing."""
    value = typed(body, path, str)
    if value is None:
        return None
    for name in allowed:
        if name.lower() == value.lower():
            return name
    raise unseen("InvalidValue", f"'{value}' is not one of {', '.join(allowed)}.", target=path)


def check_tags(body: Mapping[str, Any]) -> dict[str, str] | None:
    """Return the tags, ``None`` when there are none; every value is a string."""
    tags = typed(body, "tags", dict)
    if tags is not None and not all(isinstance(value, str) for value in tags.values()):
        raise invalid_content("a value of type string is expected. Path 'tags'")
    found: dict[str, str] | None = tags
    return found


def merge(target: Any, patch: Any) -> Any:
    """Return ``target`` with ``patch`` merged in: objects member by member, null removes, anything else replaces.

    This is RFC 7396. What the compute service does with an explicit null was not seen.
    """
    if not isinstance(patch, Mapping):
        return copy.deepcopy(patch)
    result = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merge(result.get(name), value)
    return result


def without_nulls(value: Any) -> Any:
    """Return ``value`` with the members of objects that are null left out, at every depth."""
    if isinstance(value, Mapping):
        return {name: without_nulls(each) for name, each in value.items() if each is not None}
    return [without_nulls(each) for each in value] if isinstance(value, list) else value


def holds(body: Any, wanted: Any) -> bool:
    """Tell whether ``body`` has all members of ``wanted`` with these values; strings ignore letter case."""
    if isinstance(wanted, Mapping):
        return isinstance(body, Mapping) and all(holds(body.get(name), value) for name, value in wanted.items())
    if isinstance(wanted, str) and isinstance(body, str):
        return body.lower() == wanted.lower()
    return bool(body == wanted)
