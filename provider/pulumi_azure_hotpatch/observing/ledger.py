"""A ledger of our own: what assessments and installations came to, kept when Azure has forgotten them.

Azure keeps assessments for 7 days and installations for 30 (Microsoft Learn, Query logs of Update Manager, 2024-09-10).
A ledger is a file or an append blob of JSON lines that only grows; `schemas/ledger.schema.json` is the shape of a line.
Each activity is in it once, however often it is recorded, and only when it is over; one that was recorded from an
instance view, which has no KBs, is recorded again with them. Nothing but summaries is kept: no names of users, no
addresses.
"""

from __future__ import annotations

import json
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final, Protocol, TypeAlias, TypedDict, cast

from pulumi_azure_hotpatch.errors import InvalidInput

from .rows import AssessmentRow, InstallationRow, PatchHistoryRow, PatchStatusRow
from .sources import Tell

VERSION: Final = 1
_OPEN: Final = frozenset(("inprogress", "notstarted"))


class Entry(TypedDict):
    """A line: `kind` is `assessment` or `installation`, `summary` its row. `recorded` is when it was written down."""

    version: int
    recorded: str
    kind: str
    machine: str
    activity_id: str
    os_type: str | None
    kbs: list[str] | None
    summary: dict[str, Any]


class Ledger(Protocol):
    """Where a ledger is kept."""

    @property
    def name(self) -> str:
        """What messages call it."""
        ...

    def read(self) -> bytes:
        """All of it, empty where there is none yet. Raises HotpatchError when it cannot be read."""
        ...

    def extend(self, more: Callable[[bytes], bytes]) -> None:
        """Append what `more` makes of all there is, and let nobody else append meanwhile.

        `more` may be called several times. Raises HotpatchError when it cannot be written.
        """
        ...


def record(
    ledger: Ledger, statuses: Iterable[PatchStatusRow], history: Iterable[PatchHistoryRow], now: datetime, *, tell: Tell
) -> int:
    """Write down what is over and not in the ledger yet; how many entries that made. Raises HotpatchError."""
    found = [*_assessments(statuses, now), *_installations(history, now)]
    written: list[Entry] = []

    def more(content: bytes) -> bytes:
        known: dict[_Key, Entry] = {}
        for entry in _entries(content, ledger.name, tell):
            known[_key(entry)] = entry
        written.clear()
        for entry in found:
            before = known.get(_key(entry))
            if before is None or (before["kbs"] is None and entry["kbs"] is not None):
                known[_key(entry)] = entry
                written.append(entry)
        lines = "".join(json.dumps(entry, ensure_ascii=False, separators=(",", ":")) + "\n" for entry in written)
        # After a write that was broken off the next line must not become a part of it.
        torn = bool(content) and not content.endswith(b"\n") and bool(written)
        return (b"\n" if torn else b"") + lines.encode()

    ledger.extend(more)
    return len(written)


def remembered(ledger: Ledger, *, tell: Tell) -> list[PatchHistoryRow]:
    """The installations in a ledger, each once. Raises InvalidInput for what is no ledger."""
    # Of one that is in it twice the later entry knows more.
    found = {_key(entry): entry for entry in entries(ledger, tell=tell) if entry["kind"] == "installation"}
    return [_history_row(entry) for entry in found.values()]


def entries(ledger: Ledger, *, tell: Tell) -> list[Entry]:
    """Everything in a ledger, in the order of its lines. Raises InvalidInput for what is no ledger."""
    return list(_entries(ledger.read(), ledger.name, tell))


def _history_row(entry: Entry) -> PatchHistoryRow:
    # The keys are those of the type, which a comprehension cannot tell the checker.
    summary = cast(InstallationRow, {name: entry["summary"].get(name) for name in InstallationRow.__annotations__})
    return {
        **summary,
        "machine": entry["machine"],
        "os_type": entry["os_type"],
        "kbs": entry["kbs"],
        "patches": None,
        "source": "ledger",
    }


def _assessments(rows: Iterable[PatchStatusRow], now: datetime) -> Iterator[Entry]:
    for row in rows:
        found: AssessmentRow | None = row["assessment"]
        if found is not None and found["activity_id"] and found["status"].casefold() not in _OPEN:
            yield {
                "version": VERSION,
                "recorded": now.isoformat(),
                "kind": "assessment",
                "machine": row["machine"],
                "activity_id": found["activity_id"],
                "os_type": row["os_type"],
                "kbs": None,
                "summary": dict(found),
            }


def _installations(rows: Iterable[PatchHistoryRow], now: datetime) -> Iterator[Entry]:
    for row in rows:
        if row["status"].casefold() not in _OPEN:
            yield {
                "version": VERSION,
                "recorded": now.isoformat(),
                "kind": "installation",
                "machine": row["machine"],
                "activity_id": row["activity_id"],
                "os_type": row["os_type"],
                "kbs": row["kbs"],
                "summary": {name: value for name, value in row.items() if name in InstallationRow.__annotations__},
            }


_Key: TypeAlias = tuple[str, str, str]


def _key(entry: Entry) -> _Key:
    return entry["kind"], entry["machine"].casefold(), entry["activity_id"].casefold()


def _entries(content: bytes, name: str, tell: Tell) -> Iterator[Entry]:
    # Not `splitlines`: other characters that end lines may stand within texts. Line by line, because a write may have
    # been broken off within a character.
    lines = [(number, line) for number, line in enumerate(content.split(b"\n"), start=1) if line.strip()]
    whole = {number: entry for number, line in lines if (entry := _parsed(line)) is not _BROKEN}
    if not whole and not all(_is_text(line) for _, line in lines):
        raise InvalidInput(f"{name}: it is not UTF-8 text, so it is no ledger")
    for number, _ in lines:
        if number in whole:
            yield _checked(whole[number], f"{name}, line {number}")
        else:
            tell(f"{name}, line {number}: it is not whole, as after a write that was broken off; it is left out")


_BROKEN: Final = object()


def _parsed(line: bytes) -> object:
    try:
        return json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError):
        return _BROKEN


def _is_text(line: bytes) -> bool:
    """Whether a line is UTF-8 text, the last character of which may be broken off."""
    try:
        getincrementaldecoder("utf-8")().decode(line)
    except UnicodeDecodeError:
        return False
    return True


def _checked(entry: object, place: str) -> Entry:
    if not isinstance(entry, Mapping) or "version" not in entry:
        raise InvalidInput(f"{place}: it is no entry of a ledger (it has no 'version')")
    if entry["version"] != VERSION:
        raise InvalidInput(f"{place}: its version is {entry['version']}, and this program reads version {VERSION}")
    texts = ("recorded", "kind", "machine", "activity_id")
    wrong = next((key for key in texts if not isinstance(entry.get(key), str)), None)
    if wrong is not None or not isinstance(entry.get("summary"), Mapping):
        raise InvalidInput(f"{place}: it is no entry of a ledger (its '{wrong or 'summary'}' is missing or malformed)")
    return {
        "version": VERSION,
        "recorded": entry["recorded"],
        "kind": entry["kind"],
        "machine": entry["machine"],
        "activity_id": entry["activity_id"],
        "os_type": entry.get("os_type"),
        "kbs": entry.get("kbs"),
        "summary": dict(entry["summary"]),
    }
