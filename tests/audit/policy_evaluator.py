"""Azure Policy's conditions on one resource, read from the documentation: an oracle that shares nothing with the code.

Source: Microsoft Learn, Azure Policy definition structure (policy rule): logical operators `not`, `allOf`, `anyOf`;
`equals` and `in` compare without letter case and a value as its text; `exists` is false for a field that is missing or
null.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_VM = "microsoft.compute/virtualmachines"


def is_matched(condition: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
    """Whether a VM's body meets a condition. Raises KeyError or ValueError for what is not known here."""
    if "allOf" in condition:
        return all(is_matched(part, body) for part in condition["allOf"])
    if "anyOf" in condition:
        return any(is_matched(part, body) for part in condition["anyOf"])
    if "not" in condition:
        return not is_matched(condition["not"], body)
    ((operator, wanted),) = ((name, value) for name, value in condition.items() if name != "field")
    value = _field(condition["field"], body)
    match operator:
        case "exists":
            return (value is not None) is (wanted == "true")
        case "equals":
            return value is not None and _text(value) == _text(wanted)
        case "in":
            return value is not None and _text(value) in {_text(one) for one in wanted}
    raise ValueError(f"unknown operator {operator}")


def _field(name: str, body: Mapping[str, Any]) -> Any:
    if name == "type":
        return _VM
    kind, _, path = name.rpartition("/")
    if kind.lower() != _VM:
        raise ValueError(f"unknown alias {name}")
    value: Any = body["properties"]
    for step in path.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    # A configuration in which nothing is set is stored as none.
    return value if value != {} else None


def _text(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value).lower()
