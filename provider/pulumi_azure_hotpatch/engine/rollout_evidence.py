"""Which installation of a machine is a rollout's own although nothing is known of it: what a killed run leaves.

An on-demand installation does not say who asked for it; the activity log says under which id its request came, and a
rollout knows the ids of its own. What the log does not tell is never taken, and never doubled, unasked: a rollout asks
once for all its machines, and one instant is the answer – what began then or later is the rollout's, what began before
is another's.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from .earlier_installations import is_anothers, judge_earlier
from .patch_results import Installation


@dataclass(frozen=True, slots=True)
class Evidence:
    """`ours` is the rollout's; `unclear` may be, and has to be asked about; `running` is another's, and ends first."""

    ours: Installation | None = None
    unclear: Installation | None = None
    running: Installation | None = None


def judge_evidence(
    found: Iterable[Installation], *, known: Iterable[str], since: datetime, ours_since: datetime | None
) -> Evidence:
    """What a machine's installations, the newest first, say.

    `known` are activity ids that are settled; what ended before `since` is of no interest; `ours_since` is the answer
    to an earlier question, None where nobody was asked.
    """
    all_found, settled = tuple(found), {activity.casefold() for activity in known}
    if ours_since is not None:
        for installation in all_found:
            if is_anothers(installation) or (installation.activity_id or "").casefold() in settled:
                continue
            # One that has not started yet starts later than any answer.
            if installation.started is None or installation.started >= ours_since:
                return Evidence(ours=installation)
        settled |= {(installation.activity_id or "").casefold() for installation in all_found}
    earlier = judge_earlier(all_found, known=settled, since=since)
    return Evidence(unclear=earlier.unclear, running=earlier.running)
