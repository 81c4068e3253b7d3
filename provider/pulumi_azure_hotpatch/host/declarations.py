"""Who declares what in this run, so that a rename or a replacement never undoes what is still declared.

The engine creates the new resource before it deletes the old one, in the same plugin process. `check` notes every target; `delete` asks.
"""

from __future__ import annotations

import threading
from collections import defaultdict


class Targets:
    """Targets by the URNs that declare them. Safe to use from many threads."""

    def __init__(self) -> None:
        self._urns: defaultdict[str, set[str]] = defaultdict(set)
        self._lock = threading.Lock()

    def declared_by(self, urn: str) -> DeclaredBy:
        """The view of one resource."""
        return DeclaredBy(self, urn)

    def add(self, target: str, urn: str) -> bool:
        """Note that `urn` declares `target`; False if another URN does."""
        with self._lock:
            urns = self._urns[target.casefold()]
            if urns - {urn}:
                return False
            urns.add(urn)
            return True

    def others(self, target: str, urn: str) -> bool:
        """Whether a URN other than `urn` declares `target`."""
        with self._lock:
            return bool(self._urns.get(target.casefold(), set()) - {urn})


class DeclaredBy:
    """`Targets` as one resource sees them. Without a URN (the host hides it) nothing can be told apart, and everything is allowed."""

    def __init__(self, targets: Targets, urn: str) -> None:
        self._targets = targets
        self._urn = urn

    def declare(self, target: str) -> bool:
        """Note that this resource declares `target`; False if another one already does."""
        return not self._urn or self._targets.add(target, self._urn)

    def is_declared_by_another(self, target: str) -> bool:
        """Whether another resource of this run declares `target`."""
        return self._targets.others(target, self._urn)
