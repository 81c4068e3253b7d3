"""What was asked of the simulator, in order."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Entry:
    """One request: when (simulated), what, and how it was answered.

    ``operation`` is the name of the operation in Azure's API descriptions, e.g. ``VirtualMachines_Update``;
    ``dropped`` tells that the answer never reached the client. ``path`` keeps the letter case of the request.
    """

    sequence: int
    instant: datetime
    method: str
    path: str
    operation: str
    api_version: str | None
    status: int
    request_id: str
    dropped: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return the entry as a JSON object, times in RFC 3339."""
        return {
            "sequence": self.sequence,
            "instant": self.instant.isoformat(),
            "method": self.method,
            "path": self.path,
            "operation": self.operation,
            "apiVersion": self.api_version,
            "status": self.status,
            "requestId": self.request_id,
            "dropped": self.dropped,
        }


class Journal:
    """The requests so far. Control requests (``/simulator/…``) are not written down."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(tuple(self._entries))

    def append(self, entry: Entry) -> None:
        """Write an entry down."""
        self._entries.append(entry)

    def select(
        self,
        *,
        method: str | None = None,
        path: str | None = None,
        operation: str | None = None,
        status: int | None = None,
        since: int = 0,
    ) -> list[Entry]:
        """Return the entries that match all that is given.

        ``path`` is a regular expression searched without regard to letter case; ``since`` is the first sequence number.
        """
        pattern = re.compile(path, re.IGNORECASE) if path is not None else None
        return [
            entry
            for entry in self._entries[since:]
            if (method is None or entry.method == method.upper())
            and (pattern is None or pattern.search(entry.path))
            and (operation is None or entry.operation == operation)
            and (status is None or entry.status == status)
        ]

    def counts(self) -> Counter[str]:
        """Return how often each operation was asked for."""
        return Counter(entry.operation for entry in self._entries)

    def to_bytes(self) -> bytes:
        """Return the journal as JSON lines; the same seed and the same requests give the same bytes."""
        return b"".join(json.dumps(entry.to_json()).encode("ascii") + b"\n" for entry in self._entries)
