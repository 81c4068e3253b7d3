"""How long waits took the last time, so that the next one can say what to expect. A convenience: it never fails.

Kept beside Pulumi's own things (`PULUMI_HOME`, else `~/.pulumi`), by endpoint and by what was waited for. Ids are left
out, so that nothing of a subscription is written down.
"""

from __future__ import annotations

import json
import os
import re
import threading
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_MOST = 500
"""Entries; the oldest go first."""


class Durations:
    """Durations by what was waited for. Without a file they last as long as the process."""

    def __init__(self, file: Path | None = None, endpoint: str = "") -> None:
        self._file = file
        self._prefix = f"{endpoint}|" if endpoint else ""
        self._known: dict[str, float] | None = None
        self._lock = threading.Lock()

    @staticmethod
    def of_user(endpoint: str = "") -> Durations:
        """Those of the user who runs Pulumi."""
        home = os.environ.get("PULUMI_HOME")
        with suppress(RuntimeError):
            return Durations((Path(home) if home else Path.home() / ".pulumi") / "azure-hotpatch-waits.json", endpoint)
        return Durations(None, endpoint)

    def recall(self, waited_for: str) -> timedelta | None:
        """How long it took the last time, None if that is not known."""
        with self._lock:
            seconds = self._all().get(self._key(waited_for))
        return None if seconds is None else timedelta(seconds=seconds)

    def remember(self, waited_for: str, took: timedelta) -> None:
        """Note how long it took."""
        with self._lock:
            # What other processes noted meanwhile counts too.
            known = self._read() if self._file is not None else self._all()
            known.pop(self._key(waited_for), None)
            known[self._key(waited_for)] = round(took.total_seconds(), 1)
            self._known = dict(list(known.items())[-_MOST:])
            self._write(self._known)

    def _key(self, waited_for: str) -> str:
        return self._prefix + _GUID.sub("…", waited_for)

    def _all(self) -> dict[str, float]:
        if self._known is None:
            self._known = self._read()
        return self._known

    def _read(self) -> dict[str, float]:
        if self._file is None:
            return {}
        try:
            found = json.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        usable = found.items() if isinstance(found, dict) else ()
        return {str(key): float(value) for key, value in usable if isinstance(value, int | float)}

    def _write(self, known: dict[str, float]) -> None:
        if self._file is None:
            return
        beside = self._file.with_name(f".{self._file.name}.{os.getpid()}")
        with suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            beside.write_text(json.dumps(known, indent=1, ensure_ascii=False), encoding="utf-8")
            beside.replace(self._file)
