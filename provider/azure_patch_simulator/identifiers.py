"""Ids that look random and are not: the same seed gives the same ids in the same order."""

from __future__ import annotations

import hashlib
import uuid


class Identifiers:
    """UUIDs by purpose. ``run`` counts the starts from one state file, so that no id comes twice after a restart."""

    def __init__(self, seed: int, run: int = 0) -> None:
        self.seed = seed
        self.run = run
        self._counts: dict[str, int] = {}

    def next(self, purpose: str) -> str:
        """Return the next id for ``purpose``."""
        count = self._counts.get(purpose, 0)
        self._counts[purpose] = count + 1
        return self.fixed(f"{self.run}/{purpose}/{count}")

    def fixed(self, name: str) -> str:
        """Return the one id of ``name``."""
        digest = hashlib.sha256(f"{self.seed}/{name}".encode("utf-8", "surrogatepass")).digest()
        return str(uuid.UUID(bytes=digest[:16], version=4))
