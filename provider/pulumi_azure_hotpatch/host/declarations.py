"""Who declares what in this run, so that a rename or a replacement never undoes what is still declared.

The engine creates the new resource before it deletes the old one, in the same plugin process. `check` notes every
target; `delete` asks.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Mapping
from typing import Any


class Targets:
    """Targets by the URNs that declare them. Safe to use from many threads."""

    def __init__(self) -> None:
        self._urns: defaultdict[str, set[str]] = defaultdict(set)
        self._created: set[str] = set()
        self._notes: dict[str, Mapping[str, Any]] = {}
        self._lock = threading.Lock()

    def declare(self, target: str, urn: str) -> bool:
        """Note that `urn` declares `target`; False, and nothing noted, if another URN does."""
        with self._lock:
            urns = self._urns[target.casefold()]
            if urns - {urn}:
                return False
            urns.add(urn)
            return True

    def created(self, target: str) -> None:
        """Note that `target` was brought about in this run."""
        with self._lock:
            self._created.add(target.casefold())

    def is_still_wanted(self, target: str, urn: str) -> bool:
        """Whether what `urn` is about to undo at `target` is declared by another URN, or was created anew in this run
        (a replacement).
        """
        key = target.casefold()
        with self._lock:
            return key in self._created or bool(self._urns.get(key, set()) - {urn})

    def note(self, target: str, facts: Mapping[str, Any]) -> None:
        """Remember what this run will make of `target`."""
        with self._lock:
            self._notes[target.casefold()] = facts

    def noted(self, target: str) -> Mapping[str, Any]:
        """What this run will make of `target`, as far as it has been declared."""
        with self._lock:
            return self._notes.get(target.casefold(), {})


class DeclaredBy:
    """`Targets` as one resource sees them.

    Without a URN (the host hides it) nothing can be told apart, and everything is allowed.
    """

    def __init__(self, targets: Targets, urn: str) -> None:
        self._targets = targets
        self._urn = urn

    def declare(self, target: str) -> bool:
        """Note that this resource declares `target`; False if another one already does."""
        return not self._urn or self._targets.declare(target, self._urn)

    def is_still_wanted(self, target: str) -> bool:
        """Whether this run wants `target` although this resource is about to undo it."""
        return self._targets.is_still_wanted(target, self._urn)

    def note(self, target: str, facts: Mapping[str, Any]) -> None:
        """Remember what this run will make of `target`, for resources that depend on it."""
        self._targets.note(target, facts)

    def noted(self, target: str) -> Mapping[str, Any]:
        """What this run will make of `target`; empty while nothing is declared."""
        return self._targets.noted(target)
