"""What was asked of the simulator, in order."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO


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

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Entry:
        """Return the entry that ``to_json`` made ``value`` of. Raises ``KeyError`` or ``ValueError``."""
        return cls(
            sequence=value["sequence"],
            instant=datetime.fromisoformat(value["instant"]),
            method=value["method"],
            path=value["path"],
            operation=value["operation"],
            api_version=value["apiVersion"],
            status=value["status"],
            request_id=value["requestId"],
            dropped=value["dropped"],
        )


class Journal:
    """The requests so far. Control requests (``/simulator/…``) are not written down."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._file: TextIO | None = None

    @classmethod
    def kept_in(cls, path: Path) -> Journal:
        """Return the journal in a file of JSON lines (made if it is missing); entries are added to both.

        A last line that was cut off by a kill is dropped. Raises ``ValueError`` for a file that is no journal.
        """
        journal = cls()
        lines = path.read_text(encoding="ascii", errors="replace").splitlines() if path.exists() else []
        for number, line in enumerate(lines, start=1):
            try:
                journal._entries.append(Entry.from_json(json.loads(line)))
            except (ValueError, KeyError, TypeError):
                if number < len(lines):
                    raise ValueError(f"{path} is not a journal: line {number}") from None
        if len(journal) < len(lines):
            path.write_bytes(journal.to_bytes())
        journal._file = path.open("a", encoding="ascii", buffering=1)
        return journal

    def close(self) -> None:
        """Close the file, if there is one."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(tuple(self._entries))

    def append(self, entry: Entry) -> None:
        """Write an entry down."""
        self._entries.append(entry)
        if self._file is not None:
            self._file.write(json.dumps(entry.to_json()) + "\n")

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
