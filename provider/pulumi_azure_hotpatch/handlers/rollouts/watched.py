"""Installations of a rollout that have no address (any more): their results, wherever they are told.

One query to Resource Graph for all of them; a look at each machine of which it does not tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from pulumi_azure_hotpatch.engine.earlier_installations import same_activity
from pulumi_azure_hotpatch.engine.patch_results import Installation
from pulumi_azure_hotpatch.engine.requests import GRAPH_DELAY
from pulumi_azure_hotpatch.errors import ArmError
from pulumi_azure_hotpatch.handlers.patched_machines import find
from pulumi_azure_hotpatch.ids import ResourceId
from pulumi_azure_hotpatch.models.base import parse_wait
from pulumi_azure_hotpatch.models.patch_rollout import PatchRolloutInputs, RolloutMachine
from pulumi_azure_hotpatch.ports import Context

from .records import find_all_installations, find_members
from .results import GONE, given_up, refusal, settled


def ended_among(
    ctx: Context, inputs: PatchRolloutInputs, machines: Sequence[RolloutMachine], since: datetime
) -> list[RolloutMachine]:
    """Those of the machines whose installations are over, as they ended; `since` is when the first of them began.

    A machine that is gone has failed. One that may not be read has, once Resource Graph should have told of it.
    """
    rows = find_all_installations(ctx, [each.machine_id for each in machines], since)
    told = {each.machine_id: _of_activity(rows.get(each.machine_id.casefold(), ()), each) for each in machines}
    # The row of a machine that is gone may say for ever that it is being patched.
    there = find_members(ctx, [key for key, found in told.items() if found is not None and not found.is_over])
    ended = []
    for machine in machines:
        found = told[machine.machine_id]
        if found is not None and found.is_over:
            ended.append(settled(machine, found, inputs, ctx.clock.now()))
        elif found is None or machine.machine_id.casefold() not in there:
            ended += _look(ctx, inputs, machine, since)
    return ended


def _look(
    ctx: Context, inputs: PatchRolloutInputs, machine: RolloutMachine, since: datetime
) -> Iterable[RolloutMachine]:
    """The machine by its instance view, if it is through."""
    now = ctx.clock.now()
    try:
        seen = find(ctx, ResourceId.parse(machine.machine_id))
    except ArmError as error:
        why = refusal(machine.machine_id, error)
        began = datetime.fromisoformat(machine.started_at) if machine.started_at else since
        if now >= began + parse_wait(inputs.maximum_duration) + GRAPH_DELAY:
            yield given_up(machine, why, now)
        return
    if seen is None:
        yield given_up(machine, GONE, now)
    elif seen.is_newer_than(machine.started_at):
        yield given_up(machine, "it was created anew in the middle of its installation", now)
    elif seen.installation is not None:
        found = _of_activity((seen.installation,), machine)
        if found is not None and found.is_over:
            yield settled(machine, found, inputs, now)


def _of_activity(found: Iterable[Installation], machine: RolloutMachine) -> Installation | None:
    match = next((each for each in found if same_activity(each.activity_id, machine.activity_id)), None)
    return None if match is None else replace(match, outcomes=None)
