"""What a refresh finds of a fleet: one query for a thousand machines, and a second look at what seems to differ."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pulumi_azure_hotpatch.engine.counting import counted
from pulumi_azure_hotpatch.errors import ArmError
from pulumi_azure_hotpatch.handlers.owning import as_wanted
from pulumi_azure_hotpatch.handlers.schedule_assignment import schedule_of
from pulumi_azure_hotpatch.handlers.waiting import Patience
from pulumi_azure_hotpatch.ids import ResourceId, same_id
from pulumi_azure_hotpatch.ports import Context

from .assigning import assigned_rows, assignment_of, present_assignments
from .reading import Seen, each_row, look_at
from .records import Member, Records, few


@dataclass(frozen=True)
class Drift:
    """The keys of machines that are `gone`, the `values` of inputs as they were left or as they differ somewhere, and
    `lines` to read of what differs.
    """

    gone: frozenset[str]
    values: Mapping[str, Any]
    lines: tuple[str, ...]


def drift_of(ctx: Context, records: Records, patience: Patience) -> Drift:
    """Compare machines with how they were left; one that cannot be read is named among the lines, and nothing else is
    said of it. Raises ArmError where Azure does not answer at all, or refuses a question about all of them.

    The records tell how that was: the inputs of the state are what the last refresh saw.

    Resource Graph may be behind: a machine that it does not show, or shows otherwise than it was left, is read itself
    before anything is said of it. What it shows as left may have changed a moment ago; the next refresh sees that.
    """
    rows = each_row(ctx, (member.id for member in records.values())) if records else ()
    as_left = {seen.id.key for seen in rows if not _differences(seen, records[seen.id.key])}
    doubtful = [member.id for key, member in records.items() if key not in as_left]
    differing: defaultdict[tuple[str, Any], list[ResourceId]] = defaultdict(list)
    unread: list[tuple[ResourceId, ArmError]] = []
    gone: set[str] = set()
    for key, seen in look_at(ctx, doubtful, patience).items():
        if isinstance(seen, ArmError):
            if seen.is_unreachable:
                raise seen
            unread.append((records[key].id, seen))
            continue
        if seen is None:
            gone.add(key)
            continue
        for name, value in _differences(seen, records[key]).items():
            differing[name, value].append(seen.id)
    for leads_to, machine in _unscheduled(ctx, [member for key, member in records.items() if key not in gone]):
        differing["schedule_id", leads_to].append(machine)
    different: dict[str, Any] = {}
    for name, value in differing:
        different.setdefault(name, value)
    lines = [
        f"{name} is {'not set' if value is None else value} on {counted(len(machines))} ({few(machines)})"
        for (name, value), machines in differing.items()
    ]
    unclear = [f"{counted(len(machines))} cannot be read ({few(machines)}): {why}" for why, machines in _alike(unread)]
    for line in unclear:
        ctx.advise(f"{line}; whether they are as declared is not known")
    return Drift(frozenset(gone), _left(records) | different, (*lines, *unclear))


def _left(records: Records) -> dict[str, Any]:
    """The inputs that the last run brought about, where it did so on any machine."""
    for member in records.values():
        if member.record.error is None:
            return {**member.record.applied, "schedule_id": member.record.applied_schedule_id}
    return {}


def _alike(failed: list[tuple[ResourceId, ArmError]]) -> list[tuple[str, list[ResourceId]]]:
    """The machines that fail for one reason, with Azure's words for the first of them."""
    found: dict[str, tuple[str, list[ResourceId]]] = {}
    for machine, error in failed:
        whole = str(error)
        reason = whole.partition(": ")[2] or whole
        found.setdefault(error.code or str(error.status), (reason.rstrip("."), []))[1].append(machine)
    return list(found.values())


def _differences(seen: Seen, member: Member) -> dict[str, Any]:
    settings, wanted = seen.machine.settings, member.record.applied
    as_it_is = as_wanted(settings, wanted)
    return {name: getattr(settings, name) for name in wanted if name not in as_it_is}


def _unscheduled(ctx: Context, members: Iterable[Member]) -> Iterator[tuple[Any, ResourceId]]:
    """The machines whose assignment is missing or leads elsewhere, with where it leads."""
    given: defaultdict[str, list[ResourceId]] = defaultdict(list)
    for member in members:
        if member.record.applied_schedule_id is not None:
            given[member.record.applied_schedule_id].append(member.id)
    for schedule_id, machines in given.items():
        assigned = assigned_rows(ctx, machines, schedule_id)
        doubtful = [one for one in machines if assignment_of(one, schedule_id).key not in assigned]
        present = present_assignments(ctx, doubtful)
        for one in doubtful:
            leads_to = schedule_of(present.get(assignment_of(one, schedule_id).key))
            if leads_to is None or not same_id(leads_to, schedule_id):
                yield leads_to, one
