"""The records of a fleet's machines, by id, and their stored form: one group for all machines that stand alike."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pulumi_azure_hotpatch.ids import ResourceId
from pulumi_azure_hotpatch.models.fleet_patch_settings import MachineGroup, MachineRecord

_NAMED = 3


@dataclass
class Member:
    """A machine and what is known of it; `id` in the letter case that Azure uses, as far as that is known."""

    id: ResourceId
    record: MachineRecord


Records = dict[str, Member]
"""By the id's key."""


def records_of(groups: Iterable[MachineGroup]) -> Records:
    """Every machine's record."""
    found: Records = {}
    for group in groups:
        record = MachineRecord.model_construct(**{name: getattr(group, name) for name in MachineRecord.model_fields})
        for text in group.machines:
            machine = ResourceId.parse(text)
            found[machine.key] = Member(machine, record)
    return found


def groups_of(records: Mapping[str, Member]) -> tuple[MachineGroup, ...]:
    """The stored form, in an order that depends on nothing but the records."""
    alike: dict[str, MachineGroup] = {}
    machines: dict[str, list[str]] = {}
    keys: dict[int, str] = {}
    for name in sorted(records):
        record = records[name].record
        # Machines that were loaded together share their record: it is written out once.
        key = keys.get(id(record)) or json.dumps(record.model_dump(), sort_keys=True, default=str)
        keys[id(record)] = key
        if key not in alike:
            alike[key] = MachineGroup.model_construct(**dict(record))
        machines.setdefault(key, []).append(str(records[name].id))
    return tuple(group.model_copy(update={"machines": tuple(machines[key])}) for key, group in alike.items())


def few(machines: Iterable[str | ResourceId]) -> str:
    """The first names and how many more: `vm-1, vm-2, vm-3 and 7 more`."""
    names = [one.name if isinstance(one, ResourceId) else one for one in machines]
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more:,} more" if more > 0 else "")
