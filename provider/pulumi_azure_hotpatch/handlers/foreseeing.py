"""What is not there when a declaration is looked at, and has to be there by the time that it is brought about.

What this run itself makes is not asked for. Everything else is asked for once in a run, however many resources need it.
"""

from __future__ import annotations

from collections.abc import Sequence

from pulumi_azure_hotpatch.engine.counting import counted
from pulumi_azure_hotpatch.engine.logic import UNKNOWN, Maybe
from pulumi_azure_hotpatch.errors import ArmError, ConfigurationError
from pulumi_azure_hotpatch.ids import ResourceId
from pulumi_azure_hotpatch.ports import Context


def tell_missing(ctx: Context, what: str, id: str) -> None:
    """Say of something that a declaration needs that it is not there."""
    ctx.advise(f"{what} does not exist ({id}); unless it does by then, the update will fail")


def tell_missing_machines(ctx: Context, machines: Sequence[ResourceId], named: str) -> None:
    """As `tell_missing`, of several machines in one line; `named` are their names, as far as these are told."""
    if len(machines) == 1:
        tell_missing(ctx, f"VM '{named}'", str(machines[0]))
    elif machines:
        ctx.advise(f"{counted(len(machines))} do not exist ({named}); unless they do by then, the update will fail")


def look_for_schedule(ctx: Context, schedule_id: Maybe[str | None]) -> None:
    """Say so if a schedule is not there; nothing while its id is not known, or nobody may look."""
    if schedule_id is UNKNOWN or schedule_id is None or not ctx.may_read:
        return
    if ctx.declarations.is_still_wanted(schedule_id):
        return
    try:
        if ctx.maintenance.get_schedule(ResourceId.parse(schedule_id), fresh=False) is None:
            tell_missing(ctx, "the schedule", schedule_id)
    except (ArmError, ConfigurationError) as error:
        ctx.advise(f"whether the schedule exists could not be looked up: {error}")


def look_for_group_of(ctx: Context, schedule: ResourceId) -> None:
    """Say so if the resource group is not there that a schedule is to be in; nothing where nobody may look."""
    if not ctx.may_read:
        return
    try:
        if not ctx.maintenance.has_group_of(schedule):
            tell_missing(ctx, "the resource group", schedule.scope)
    except (ArmError, ConfigurationError) as error:
        ctx.advise(f"whether the resource group exists could not be looked up: {error}")
