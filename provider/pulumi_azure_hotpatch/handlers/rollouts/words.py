"""What a rollout says: one line each, with the machines that matter by name, and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from pulumi_azure_hotpatch.engine.counting import counted
from pulumi_azure_hotpatch.engine.patch_results import Installation
from pulumi_azure_hotpatch.ids import ResourceId
from pulumi_azure_hotpatch.models.patch_rollout import RolloutMachine
from pulumi_azure_hotpatch.models.patches import spell_instant

from .progress import Progress

_SHOWN: Final = 5


def named(machine_ids: Iterable[str]) -> str:
    """The first few machines by their names."""
    names = [ResourceId.parse(each).name for each in machine_ids]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def under_way(progress: Progress, running: int) -> str:
    """The ring under way in figures."""
    machines = progress.of_ring()
    through, failed = len(progress.of_ring("succeeded", "failed")), len(progress.of_ring("failed"))
    text = f"ring '{progress.ring.name}' ({progress.number}): {through} of {counted(len(machines))} through"
    return text + (f", {running} under way" if running else "") + (f", {failed} failed" if failed else "")


def ended(progress: Progress) -> str:
    """A ring at its end."""
    patched, failed = progress.of_ring("succeeded"), progress.of_ring("failed")
    text = f"ring '{progress.ring.name}' ({progress.number}): {counted(len(patched))} patched"
    return text + (f", {len(failed)} failed: {named(each.machine_id for each in failed)}" if failed else "")


def halted(progress: Progress) -> str:
    """Why a rollout has stopped, and how it goes on."""
    ring, bad = progress.ring, progress.bad
    shown = "; ".join(
        f"{ResourceId.parse(each.machine_id).name}: {each.unhealthy or each.error or each.status}"
        for each in bad[:_SHOWN]
    )
    more = f" and {len(bad) - _SHOWN} more" if len(bad) > _SHOWN else ""
    what = "failed or are unhealthy" if progress.unhealthy else "failed"
    left = len(progress.machines("waiting"))
    rest = f"Nothing is started on the {counted(left)} that {'is' if left == 1 else 'are'} left. " if left else ""
    return (
        f"halted in ring '{ring.name}' ({progress.number}): of {counted(len(progress.of_ring()))} {len(bad)} {what}, "
        f"and {progress.allowance} may ({shown}{more}). {rest}To go "
        "on, mend them and run again (where nothing was installed is tried again), change `resume` to accept these "
        "failures (with retry_failed=True to install there again), raise failure_budget, or name machines in `exclude`"
    )


def goes_with(progress: Progress, machines: Sequence[str]) -> str:
    """Which machines do not go with the ring that takes them, because it is over or a later one is under way."""
    rings: dict[str, list[str]] = {}
    for each in machines:
        rings.setdefault(progress.get(each).ring, []).append(each)
    told = "; ".join(f"{named(found)} with ring '{ring}'" for ring, found in rings.items())
    return f"of rings before the one under way, machines go with a later one: {told}"


def others(machines: Sequence[str]) -> str:
    """Whose earlier installations another asked for."""
    return (
        f"what was installed on demand on {counted(len(machines))} is not this rollout's, so that they are patched all "
        f"the same: {named(machines)}. If this is a rollout under another name, `aliases` would have kept what it did"
    )


def question(unclear: Sequence[tuple[RolloutMachine, Installation]], looked_back_to: datetime) -> str:
    """Whose installations are, with both answers."""
    began = sorted(each.started for _, each in unclear if each.started is not None)
    # Answers are to the second, and must hold what they speak of.
    first = (began[0] if began else looked_back_to).replace(microsecond=0)
    after = (began[-1] if began else looked_back_to).replace(microsecond=0) + timedelta(seconds=1)
    when = f" (begun {spell_instant(first)} to {spell_instant(began[-1])})" if began else ""
    whose = f"{counted(len(unclear), 'installation')} on its machines{when}"
    return (
        f"{whose} may be of a run that was killed: {named(each.machine_id for each, _ in unclear)}. They cannot be "
        f"told from another's, and a second one is never started. Set adopt_since='{spell_instant(first)}' to take "
        "what began then or later as this rollout's, or "
        f"adopt_since='{spell_instant(after)}' to install all the same once they are over"
    )
