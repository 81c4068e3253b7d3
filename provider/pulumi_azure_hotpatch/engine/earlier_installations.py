"""Which of a machine's installations may be ours although nothing is known of it: what a killed run leaves.

A second installation is never started where the first may be ours. Only what Azure itself says tells an installation
from ours: that the platform started it, or that it belongs to a maintenance run. What it chose and whether it
restarted the machine prove nothing, because only the service knows exactly how it chooses.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from .patch_results import Installation


@dataclass(frozen=True, slots=True)
class Earlier:
    """What was found before an installation: `unclear` may be ours; `running` is another's and has to end first."""

    unclear: Installation | None = None
    running: Installation | None = None


def merged(view: Installation | None, rows: Sequence[Installation]) -> tuple[Installation, ...]:
    """What the instance view and Resource Graph know together, the newest first.

    The view is up to date and knows the last installation only; rows say who started it, and may lag behind.
    """
    if view is None or view.activity_id is None:
        return tuple(rows)
    same = next((row for row in rows if same_activity(row.activity_id, view.activity_id)), None)
    if same is None:
        return (view, *rows)
    newest = replace(
        view,
        started_by=same.started_by,
        run_id=same.run_id,
        outcomes=same.outcomes,
        reboot_status=view.reboot_status or same.reboot_status,
    )
    return (newest, *(row for row in rows if row is not same))


def judge_earlier(found: Iterable[Installation], *, known: Iterable[str], since: datetime) -> Earlier:
    """Which installation may be ours, and which has to be waited for.

    `known` are the activity ids that are settled (ours of earlier, or named as another's); what began before `since`
    and is over is of no interest.
    """
    settled = {activity.casefold() for activity in known}
    running: Installation | None = None
    for installation in found:
        if (installation.activity_id or "").casefold() in settled or is_anothers(installation):
            if installation.is_running:
                running = running or installation
        elif installation.is_running or installation.started is None or installation.started >= since:
            return Earlier(unclear=installation, running=running)
    return Earlier(running=running)


def is_anothers(installation: Installation) -> bool:
    """Whether Azure says that an installation was not asked for on demand."""
    return installation.run_id is not None or str(installation.started_by).casefold() == "platform"


def same_activity(left: str | None, right: str | None) -> bool:
    """Whether two activity ids are one."""
    return left is not None and right is not None and left.casefold() == right.casefold()
