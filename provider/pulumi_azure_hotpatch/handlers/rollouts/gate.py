"""The gate of a ring: whether machines that were patched are well.

Resource Graph may be behind, so that its row says of a machine that did not come back how it was before. Its word
counts only for machines that were through long enough ago; the others are asked themselves.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from pulumi_azure_hotpatch.engine.bodies import Body, object_at
from pulumi_azure_hotpatch.engine.inventory import power_state
from pulumi_azure_hotpatch.engine.logic import UNKNOWN
from pulumi_azure_hotpatch.engine.requests import GRAPH_DELAY
from pulumi_azure_hotpatch.errors import ArmError
from pulumi_azure_hotpatch.handlers.patched_machines import RUNNING, find, is_arc
from pulumi_azure_hotpatch.ids import ResourceId
from pulumi_azure_hotpatch.models.patch_rollout import RolloutMachine
from pulumi_azure_hotpatch.ports import Context

from .progress import Progress
from .records import find_members
from .results import GONE, refusal, shortened
from .words import named

# Source: Microsoft Learn, Application Health extension with Virtual Machine Scale Sets: vmHealth.status.code.
_HEALTHY: Final = "healthstate/healthy"


def check_health(ctx: Context, progress: Progress, machines: Iterable[RolloutMachine]) -> None:
    """Note what is wrong with patched machines: in bulk where that can be trusted, the others one by one.

    A machine that may not be read is not well, one that was taken away is nothing to wait for; raises ArmError where
    nobody can be reached.
    """
    machines, gate = tuple(machines), progress.inputs.gate
    trusted = [each.machine_id for each in machines if gate and _may_trust(ctx, each, gate)]
    running = {key for key, member in find_members(ctx, trusted).items() if member.facts.power_state == RUNNING}
    gone = []
    for machine in machines:
        clear = not gate or machine.machine_id.casefold() in running
        problem = None if clear else shortened(_problem(ctx, machine, gate))
        if problem == GONE:
            gone.append(machine.machine_id)
        progress.put(machine.model_copy(update={"unhealthy": None if problem == GONE else problem}))
    if gone:
        exist = "does" if len(gone) == 1 else "do"
        ctx.advise(f"of what ring '{progress.ring.name}' has patched, {named(gone)} {exist} not exist any more")


def health_problem(view: Body) -> str | None:
    """What an instance view says against a machine's application; None for one that is healthy."""
    code = object_at(object_at(view, "vmHealth"), "status").get("code")
    if code is None:
        return (
            "it reports no application health; install the application health extension, or leave 'healthy' out of gate"
        )
    return None if str(code).casefold() == _HEALTHY else f"its application reports {code}"


def _may_trust(ctx: Context, machine: RolloutMachine, gate: tuple[str, ...]) -> bool:
    """Whether Resource Graph tells all that is asked, and as it is since the machine was through."""
    if "healthy" in gate and not is_arc(ResourceId.parse(machine.machine_id)):
        return False
    through = machine.finished_at
    return through is not None and ctx.clock.now() - datetime.fromisoformat(through) >= GRAPH_DELAY


def _problem(ctx: Context, machine: RolloutMachine, gate: tuple[str, ...]) -> str | None:
    machine_id = ResourceId.parse(machine.machine_id)
    try:
        if is_arc(machine_id):
            server = find(ctx, machine_id)
            return GONE if server is None else _power_problem(server.facts.power_state, gate)
        view = ctx.machines.instance_view(machine_id)
    except ArmError as error:
        return refusal(machine.machine_id, error)
    if view is None:
        return GONE
    problem = _power_problem(power_state({"instanceView": view}), gate)
    return health_problem(view) if problem is None and "healthy" in gate else problem


def _power_problem(state: object, gate: tuple[str, ...]) -> str | None:
    return f"it is {state}" if "running" in gate and state not in (RUNNING, None, UNKNOWN) else None
