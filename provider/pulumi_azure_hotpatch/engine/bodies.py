"""Reading ARM bodies whose shape is not certain: what is missing or malformed reads as absent.

Bodies that a program declares may hold `UNKNOWN` where a value will be known later; all below it is UNKNOWN too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pulumi_azure_hotpatch.errors import InvalidInput
from pulumi_azure_hotpatch.ids import ResourceId

from .logic import UNKNOWN, Maybe
from .patch_lists import Texts

Body = Mapping[str, Any]


class _Unseen(Mapping[str, Any]):
    """An object that will be known later: it names no keys, and what is asked of it is UNKNOWN."""

    def __getitem__(self, key: str) -> Any:
        return UNKNOWN

    def get(self, key: str, default: Any = None) -> Any:  # noqa: ARG002 - nothing is known to be absent
        return UNKNOWN

    def __contains__(self, key: object) -> bool:
        return False

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __bool__(self) -> bool:
        return True


UNSEEN: Final = _Unseen()


def properties_of(body: Body) -> Body:
    """The `properties` of a body, or the body itself where a tool has flattened them."""
    inner = body.get("properties")
    return inner if isinstance(inner, Mapping) else body


def object_at(parent: Body, key: str) -> Body:
    """The object below `key`, empty where there is none, `UNSEEN` where it is not known."""
    value = parent.get(key)
    if value is UNKNOWN:
        return UNSEEN
    return value if isinstance(value, Mapping) else {}


def texts_at(parent: Body, key: str) -> Texts | None:
    """The list of texts below `key`, None where there is none."""
    value = parent.get(key)
    return tuple(str(item) for item in value) if isinstance(value, list | tuple) else None


def known_texts_at(parent: Body, key: str) -> Maybe[Texts | None]:
    """As `texts_at`, of a declaration: UNKNOWN where the list or a part of it is not known."""
    value = parent.get(key)
    if value is UNKNOWN or (isinstance(value, list | tuple) and UNKNOWN in value):
        return UNKNOWN
    return texts_at(parent, key)


def text_at(parent: Body, key: str) -> Maybe[str | None]:
    """The text below `key`, None where there is none. Raises TypeError for anything else, which no service answers."""
    value = parent.get(key)
    if value is not None and value is not UNKNOWN and not isinstance(value, str):
        raise TypeError(f"{key} is {value!r}, not text")
    found: Maybe[str | None] = value
    return found


def group_of(body: Body) -> str:
    """The resource group in a body's id, empty where there is none."""
    try:
        return ResourceId.parse(str(body.get("id", ""))).resource_group
    except InvalidInput:
        return ""
