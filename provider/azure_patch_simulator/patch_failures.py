"""Failures of guests: scripted for the next times they fit, or drawn from the seed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any, Literal, get_args

FailureKind = Literal["patch", "reboot", "assessment", "assessment_operation", "installation", "health"]
KINDS: tuple[FailureKind, ...] = get_args(FailureKind)


@dataclass(slots=True)
class PatchFailure:
    """What goes wrong, from ``since`` on and ``times`` times (``None`` = always).

    ``machine`` is a regular expression searched in the machine's id, ``patch`` a mask on KB or package name (kind
    ``patch`` only). ``health`` means: the machine is unhealthy after an update. ``code`` and ``message`` appear in the
    answer. ``assessment`` has a result that says Failed; with ``assessment_operation`` and ``installation`` the
    operation of a virtual machine fails as a whole, there is no result, and nobody remembers one: it does so with the
    code seen on the service (VMGuestPatchInternalError) unless another is given.
    """

    kind: FailureKind
    since: datetime
    machine: str = ""
    patch: str = "*"
    times: int | None = 1
    code: str | None = None
    message: str | None = None

    def fits(self, kind: FailureKind, machine_id: str, patch: str, instant: datetime) -> bool:
        """Tell whether it strikes here."""
        return (
            self.kind == kind
            and self.times != 0
            and self.since <= instant
            and fnmatchcase(patch.lower(), self.patch.lower())
            and re.search(self.machine, machine_id, re.IGNORECASE) is not None
        )


def strike(
    failures: list[PatchFailure], kind: FailureKind, machine_id: str, instant: datetime, patch: str = ""
) -> PatchFailure | None:
    """Return the first scripted failure that fits, and count it."""
    for failure in failures:
        if failure.fits(kind, machine_id, patch, instant):
            if failure.times is not None:
                failure.times -= 1
            return failure
    return None


def failure_of(value: Mapping[str, Any], since: datetime) -> PatchFailure:
    """Read ``{"kind", "machine", "patch", "times", "code", "message"}``. Raises ``ValueError`` for anything else."""
    known: dict[object, FailureKind] = {kind: kind for kind in KINDS}
    kind, times = known.get(str(value.get("kind"))), value.get("times", 1)
    if kind is None:
        raise ValueError(f"'kind' is one of {', '.join(KINDS)}")
    texts = {name: value.get(name, default) for name, default in (("machine", ""), ("patch", "*"))}
    if not all(isinstance(text, str) for text in texts.values()):
        raise ValueError("'machine' and 'patch' are strings")
    try:
        re.compile(texts["machine"])
    except re.error as reason:
        raise ValueError(f"'machine' is not a regular expression: {reason}") from None
    if times is not None and (not isinstance(times, int) or isinstance(times, bool) or times < 1):
        raise ValueError("'times' is a whole number from 1 on, or null for always")
    code, message = value.get("code"), value.get("message")
    if not all(text is None or isinstance(text, str) for text in (code, message)):
        raise ValueError("'code' and 'message' are strings")
    return PatchFailure(kind, since, texts["machine"], texts["patch"], times, code, message)
