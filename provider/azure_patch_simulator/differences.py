"""What differs between two states of a simulator, member by member."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

NOT_COMPARED = frozenset({"version", "run", "sequence", "authority", "events", "world/reads"})
"""Members of a state that count or keep, and tell nothing of the simulated Azure."""


class _Absent:
    """Stands for no value; JSON's null is one."""


ABSENT = _Absent()


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference: ``path`` with ``/`` between its parts; ``before`` or ``after`` is ``ABSENT`` where it is not."""

    path: str
    before: Any
    after: Any

    @property
    def kind(self) -> str:
        """``added``, ``removed`` or ``changed``."""
        return "added" if self.before is ABSENT else "removed" if self.after is ABSENT else "changed"

    def to_json(self) -> dict[str, Any]:
        """Return it as a JSON object; what is absent is left out."""
        values = {"before": self.before, "after": self.after}
        present = {name: value for name, value in values.items() if value is not ABSENT}
        return {"path": self.path, "kind": self.kind, **present}

    def to_text(self) -> str:
        """Return it as one line: ``+``, ``-`` or ``~``, the path, the values."""
        if self.kind == "added":
            return f"+ {self.path}: {json.dumps(self.after)}"
        if self.kind == "removed":
            return f"- {self.path}: {json.dumps(self.before)}"
        return f"~ {self.path}: {json.dumps(self.before)} -> {json.dumps(self.after)}"


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Return the differences of two states (as ``state.read`` and ``state.snapshot`` give them), in order of path.

    Lists of objects with an ``id`` are compared by it, without regard to letter case and order; other lists as a whole.
    """
    return sorted(_differences("", before, after), key=lambda each: each.path)


def _differences(path: str, before: Any, after: Any) -> Iterator[Difference]:
    if path in NOT_COMPARED:
        return
    old, new = _members(before), _members(after)
    if old is None or new is None:
        if before is ABSENT or after is ABSENT or before != after:
            yield Difference(path, before, after)
        return
    for name in old.keys() | new.keys():
        inner = f"{path}/{name}" if path else name
        yield from _differences(inner, old.get(name, ABSENT), new.get(name, ABSENT))


def _members(value: Any) -> dict[str, Any] | None:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, list) and value and all(isinstance(each, Mapping) and "id" in each for each in value):
        return {str(each["id"]).lower().lstrip("/"): each for each in value}
    return None
