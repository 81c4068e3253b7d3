"""What is different between two values of an input, part by part: of lists what comes in and what goes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from pulumi_azure_hotpatch.engine.logic import UNKNOWN


@dataclass(frozen=True, slots=True)
class Different:
    """One part: `path` is dotted. Of a list of texts `added` and `removed` say it, of everything else `old` and `new`,
    None for what is not there.
    """

    path: str
    old: Any = None
    new: Any = None
    added: tuple[Any, ...] = ()
    removed: tuple[Any, ...] = ()

    @property
    def is_of_list(self) -> bool:
        """Whether members of a list came or went."""
        return bool(self.added or self.removed)


def differences(path: str, old: Any, new: Any) -> Iterator[Different]:
    """The parts in which two values differ; what only stands in another order is told whole."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in dict.fromkeys((*old, *new)):
            if old.get(key) != new.get(key):
                yield from differences(f"{path}.{key}", old.get(key), new.get(key))
    elif _is_list(old, new) and all(map(_is_plain, (*(old or ()), *(new or ())))):
        added, removed = _without(new or (), old or ()), _without(old or (), new or ())
        moved = not added and not removed
        yield Different(path, old, new) if moved else Different(path, added=added, removed=removed)
    elif _is_list(old, new) and all(isinstance(one, Mapping) for one in (*(old or ()), *(new or ()))):
        for number, (first, second) in enumerate(zip_longest(old or (), new or ())):
            if first != second:
                yield from differences(f"{path}.{_called(second or first, number)}", first, second)
    else:
        yield Different(path, old, new)


def _is_list(old: Any, new: Any) -> bool:
    return (isinstance(old, list | tuple) or isinstance(new, list | tuple)) and all(
        one is None or isinstance(one, list | tuple) for one in (old, new)
    )


def _is_plain(value: Any) -> bool:
    return isinstance(value, str) or value is UNKNOWN


def _without(those: Sequence[Any], others: Sequence[Any]) -> tuple[Any, ...]:
    """Each once, ids in whatever letter case; of what is not known yet nobody knows whether it is another."""
    known = {one.casefold() for one in others if isinstance(one, str)}
    return tuple(dict.fromkeys(one for one in those if not isinstance(one, str) or one.casefold() not in known))


def _called(member: Any, number: int) -> str:
    name = member.get("name") if isinstance(member, Mapping) else None
    return name if isinstance(name, str) else str(number + 1)
