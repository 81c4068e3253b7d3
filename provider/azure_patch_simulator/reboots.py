"""The restart of an installation as a table of states.

Source: Azure/LinuxPatchExtension at 488ab8ea, RebootManager: a missing key is a step the guest never takes.
"""

from __future__ import annotations

NOT_NEEDED, REQUIRED, STARTED, COMPLETED, FAILED = "NotNeeded", "Required", "Started", "Completed", "Failed"

TRANSITIONS = frozenset(
    [
        (NOT_NEEDED, REQUIRED),
        (NOT_NEEDED, STARTED),
        (REQUIRED, STARTED),
        (STARTED, COMPLETED),
        (STARTED, FAILED),
        (COMPLETED, REQUIRED),
    ]
)
SETTINGS = ("IfRequired", "Never", "Always")


def step(status: str, to: str) -> str:
    """Return ``to``. Raises ``ValueError`` for a step that is not in the table."""
    if (status, to) not in TRANSITIONS:
        raise ValueError(f"a restart does not go from {status} to {to}")
    return to


def wanted(setting: str, *, needed: bool) -> bool:
    """Tell whether a guest restarts: always, never, or if required (``Unknown`` counts as that)."""
    return setting == "Always" or (needed and setting != "Never")
