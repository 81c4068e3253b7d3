"""Giving many machines a schedule, and taking it away again, as `ScheduleAssignment` does for one.

One list a subscription says which assignments are there; only what differs is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pulumi_azure_hotpatch.engine.facts import CONFIGURATION_ASSIGNMENTS, VIRTUAL_MACHINES
from pulumi_azure_hotpatch.errors import ArmError, NotFound
from pulumi_azure_hotpatch.handlers.concurrently import Call, Pause, Task, drive
from pulumi_azure_hotpatch.handlers.schedule_assignment import (
    RETRY_INTERVAL,
    assignment_body,
    comes_too_early,
    schedule_of,
)
from pulumi_azure_hotpatch.handlers.waiting import Patience, may_have_worked
from pulumi_azure_hotpatch.ids import ResourceId, same_id
from pulumi_azure_hotpatch.models.fleet_patch_settings import MachineRecord
from pulumi_azure_hotpatch.observing.scopes import Scope
from pulumi_azure_hotpatch.ports import Body, Context

from .records import Member

Present = Mapping[str, Body]
"""The bodies of assignments by id, letter case folded."""

_ROWS = f"""maintenanceresources
| where type =~ '{CONFIGURATION_ASSIGNMENTS.casefold()}'
| where tolower(id) contains '/{VIRTUAL_MACHINES.casefold()}/'
| where tostring(properties.maintenanceConfigurationId) =~ '{{schedule}}'
| project id, schedule = properties.maintenanceConfigurationId
| order by id asc"""


def assignment_of(machine: ResourceId, schedule_id: str) -> ResourceId:
    """The id of the assignment that gives a machine a schedule: it is named as the schedule is."""
    return machine.extension(CONFIGURATION_ASSIGNMENTS, ResourceId.parse(schedule_id).name)


def present_assignments(ctx: Context, machines: Iterable[ResourceId]) -> dict[str, Body]:
    """The assignments of the machines' subscriptions. Raises ArmError."""
    found: dict[str, Body] = {}
    for subscription_id in dict.fromkeys(one.subscription_id for one in machines):
        for body in ctx.maintenance.assignments_in(subscription_id):
            found[str(body["id"]).casefold()] = body
    return found


def assigned_rows(ctx: Context, machines: Iterable[ResourceId], schedule_id: str) -> frozenset[str]:
    """The ids, letter case folded, of the assignments that lead to a schedule, as Resource Graph shows them.

    Raises ArmError.
    """
    chosen = tuple(machines)
    scope = Scope(tuple(dict.fromkeys(one.subscription_id.casefold() for one in chosen)), chosen)
    query = _ROWS.format(schedule=schedule_id.replace("\\", "\\\\").replace("'", "\\'"))
    return frozenset(str(row["id"]).casefold() for row in ctx.graph.query(query, scope.subscriptions))


@dataclass(frozen=True)
class Assign:
    """A machine that is to have a schedule. `told` takes the record once Azure may have done it."""

    member: Member
    schedule_id: str
    location: str | None
    told: Callable[[MachineRecord], None]


def assign_all(ctx: Context, wanted: list[Assign], present: Present, patience: Patience) -> list[ArmError | None]:
    """Give every machine its schedule, unless it has it; in order, what went wrong."""
    return drive(ctx, (_assign(ctx, one, present) for one in wanted), patience)


def _assign(ctx: Context, one: Assign, present: Present) -> Task[None]:
    member, schedule_id = one.member, one.schedule_id
    record, assignment = member.record, assignment_of(member.id, schedule_id)
    found = present.get(assignment.key)
    leads_to = schedule_of(found)
    had = record.applied_schedule_id
    if had is not None and assignment_of(member.id, had) != assignment:
        yield from _take_back(ctx, member, present)
        had, record = None, record.model_copy(update=_NOTHING)
    if had is None or found is None:
        is_as_wanted = leads_to is None or same_id(leads_to, schedule_id)
        before = {
            "assignment_adopted": found is not None,
            "previous_schedule_id": None if is_as_wanted else leads_to,
        }
        record = record.model_copy(update=before)
    record = record.model_copy(update={"applied_schedule_id": schedule_id})
    if leads_to is None or not same_id(leads_to, schedule_id):
        location = (found or {}).get("location") or one.location
        body = assignment_body(str(member.id), schedule_id, location)
        yield from _put(ctx, assignment, body, lambda: one.told(record))
    else:
        one.told(record)


def release_all(ctx: Context, members: list[Member], present: Present, patience: Patience) -> list[bool | ArmError]:
    """Take back what machines were given; in order, whether something was, or what went wrong."""
    return drive(ctx, (_take_back(ctx, one, present) for one in members), patience)


def _take_back(ctx: Context, member: Member, present: Present) -> Task[bool]:
    """Delete the assignment, or give it back the schedule that it had; False where it is not ours to touch."""
    record = member.record
    given, before = record.applied_schedule_id, record.previous_schedule_id
    if given is None or (record.assignment_adopted and before is None):
        return False
    assignment = assignment_of(member.id, given)
    found = present.get(assignment.key)
    leads_to = schedule_of(found)
    if found is None or leads_to is None or not same_id(leads_to, given):
        return False
    if before is None:
        yield Call(lambda: ctx.maintenance.delete_assignment(assignment))
        return True
    body = assignment_body(str(member.id), before, found.get("location"))
    try:
        yield from _put(ctx, assignment, body, lambda: None)
    except NotFound:
        # The schedule that it had before is gone: the assignment stays.
        return False
    return True


def _put(ctx: Context, assignment: ResourceId, body: dict[str, Any], told: Callable[[], None]) -> Task[None]:
    """Write an assignment, as soon as its machine takes one."""
    while True:
        try:
            yield Call(lambda: ctx.maintenance.put_assignment(assignment, body))
        except ArmError as error:
            if not comes_too_early(error):
                if may_have_worked(error):
                    told()
                raise
            yield Pause(ctx.clock.now() + RETRY_INTERVAL, "new machines to become assignable")
        else:
            told()
            return


_NOTHING: Mapping[str, Any] = {
    "applied_schedule_id": None,
    "previous_schedule_id": None,
    "assignment_adopted": False,
}
