"""Reading ARM bodies whose shape is not certain: what is missing or malformed reads as absent.

Bodies that a program declares may hold `UNKNOWN` where a value will be known later; all below it is UNKNOWN too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from pulumi_azure_hotpatch.errors import InvalidInput
from pulumi_azure_hotpatch.ids import ResourceId

from .logic import UNKNOWN, Maybe, fold
from .patch_lists import Texts

Body = Mapping[str, Any]
BUSY: Final = frozenset(("updating", "creating", "deleting"))
"""The provisioning states in which an operation is changing a resource."""
_LONGEST: Final = 60
_LONGEST_WHOLE: Final = 1e15


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


def provisioning_state(body: Body) -> str:
    """How the last operation on a resource stands, without letter case; empty where the body does not tell."""
    return str(properties_of(body).get("provisioningState", "")).casefold()


def is_busy(body: Body) -> bool:
    """Whether an operation is changing the resource."""
    return provisioning_state(body) in BUSY


def shows(body: Body, part: Body) -> bool:
    """Whether a body has all that a part of one says: letter case does not matter, an absent switch is off, and an
    absent object has nothing.
    """
    return all(_same(body.get(name), value) for name, value in part.items())


def _same(found: object, value: object) -> bool:
    if isinstance(value, Mapping):
        return shows(found if isinstance(found, Mapping) else {}, value)
    return same_setting(found, value)


def same_setting(left: object, right: object) -> bool:
    """Whether two values of a patch field mean the same: letter case does not matter, an absent switch is off."""
    if isinstance(left, bool) or isinstance(right, bool):
        return bool(left) == bool(right)
    return bool(fold(left) == fold(right))


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
    """The text below `key`, None where there is none. Raises InvalidInput for anything else."""
    value = parent.get(key)
    if value is not None and value is not UNKNOWN and not isinstance(value, str):
        raise InvalidInput(f"{key} is {as_written(value)}, not text")
    found: Maybe[str | None] = value
    return found


def objects_at(parent: Body, key: str) -> Maybe[tuple[Any, ...]]:
    """The list of objects below `key` (one of them may be UNKNOWN), empty where there is none, UNKNOWN where it is not
    known. Raises InvalidInput for anything else, which no service answers.
    """
    value = parent.get(key)
    if value is None or value is UNKNOWN:
        return UNKNOWN if value is UNKNOWN else ()
    if not isinstance(value, list | tuple):
        raise InvalidInput(f"{key} is {as_written(value)}, not a list of objects")
    for one in value:
        if one is not UNKNOWN and not isinstance(one, Mapping):
            raise InvalidInput(f"{key} holds {as_written(one)} where objects belong")
    return tuple(value)


@contextmanager
def reading(identity: object) -> Iterator[None]:
    """Make InvalidInput, which names a body by `identity`, of what goes wrong with one of another shape than ARM's."""
    try:
        yield
    except (AttributeError, TypeError, KeyError, IndexError, ValueError) as error:
        why = str(error) if isinstance(error, InvalidInput) else "a part of it is of another type"
        raise InvalidInput(f"{identity}: not the shape of an ARM body ({why})") from None


def as_written(value: object) -> str:
    """A value as documents have it, cut where it is long; of lists and objects only what they are."""
    if isinstance(value, list | tuple | Mapping):
        return "an object" if isinstance(value, Mapping) else "a list"
    if isinstance(value, float) and value.is_integer() and abs(value) < _LONGEST_WHOLE:
        # Engines send every number as one with a fraction.
        value = int(value)
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def group_of(body: Body) -> str:
    """The resource group in a body's id, empty where there is none."""
    try:
        return ResourceId.parse(str(body.get("id", ""))).resource_group
    except InvalidInput:
        return ""
