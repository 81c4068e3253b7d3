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
        return
    before, after = _listed(old), _listed(new)
    if before is None or after is None or not (before or after):
        yield Different(path, old, new)
    elif all(map(_is_plain, (*before, *after))):
        added, removed = _without(after, before), _without(before, after)
        moved = not added and not removed
        yield Different(path, old, new) if moved else Different(path, added=added, removed=removed)
    elif all(isinstance(one, Mapping) for one in (*before, *after)):
        for number, (first, second) in enumerate(zip_longest(before, after)):
            if first != second:
                yield from differences(f"{path}.{_called(second or first, number)}", first, second)
    else:
        yield Different(path, old, new)


def _listed(value: Any) -> Sequence[Any] | None:
    """The members of a list, none of what is absent; None for what is no list."""
    if value is None:
        return ()
    return value if isinstance(value, list | tuple) else None


def _is_plain(value: Any) -> bool:
    return isinstance(value, str) or value is UNKNOWN


def _without(those: Sequence[Any], others: Sequence[Any]) -> tuple[Any, ...]:
    """Each once, ids in whatever letter case; of what is not known yet nobody knows whether it is another."""
    known = {one.casefold() for one in others if isinstance(one, str)}
    return tuple(dict.fromkeys(one for one in those if not isinstance(one, str) or one.casefold() not in known))


def _called(member: Any, number: int) -> str:
    name = member.get("name") if isinstance(member, Mapping) else None
    return name if isinstance(name, str) else str(number + 1)
