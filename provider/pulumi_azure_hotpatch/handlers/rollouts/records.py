"""What Resource Graph holds of a rollout's machines: one query for all of them, whatever their number.

Source of the patch tables: Microsoft Learn, Query logs of Update Manager, 2024-09-10.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from pulumi_azure_hotpatch.engine.bodies import Body, object_at
from pulumi_azure_hotpatch.engine.facts import ARC_MACHINES, VIRTUAL_MACHINES, Machine
from pulumi_azure_hotpatch.engine.inventory import machine_from_arm
from pulumi_azure_hotpatch.engine.patch_results import Installation, assessment_of, installation_of
from pulumi_azure_hotpatch.handlers.patched_machines import with_status
from pulumi_azure_hotpatch.observing.scopes import Scope
from pulumi_azure_hotpatch.ports import Context

_TYPES: Final = f"'{VIRTUAL_MACHINES.casefold()}', '{ARC_MACHINES.casefold()}'"
_RESULTS: Final = ", ".join(
    f"'{kind.casefold()}/patchinstallationresults'" for kind in (VIRTUAL_MACHINES, ARC_MACHINES)
)
_ASSESSMENTS: Final = ", ".join(
    f"'{kind.casefold()}/patchassessmentresults'" for kind in (VIRTUAL_MACHINES, ARC_MACHINES)
)

_MACHINES: Final = f"""resources
| where type in~ ({_TYPES})
{{names}}| project id, name, type, location, tags, osProfile = properties.osProfile,
    storageProfile = properties.storageProfile, extended = properties.extended,
    availabilitySet = properties.availabilitySet, osType = properties.osType, status = properties.status
| order by id asc"""

_LACKS: Final = f"""patchassessmentresources
| where type in~ ({_ASSESSMENTS})
| extend machine = tostring(split(tolower(id), '/patchassessmentresults/')[0])
{{names}}| project id, machine, properties
| order by id asc"""

# What began long ago and is over says nothing; what runs always counts.
_INSTALLATIONS: Final = f"""patchinstallationresources
| where type in~ ({_RESULTS})
| extend machine = tostring(split(tolower(id), '/patchinstallationresults/')[0])
{{names}}| extend started = todatetime(properties.startDateTime), status = tostring(properties.status)
| where isnull(started) or started >= todatetime('{{since}}') or status in~ ('InProgress', 'NotStarted')
| project id, machine, properties
| order by id asc"""

_IDENTITY: Final = ("id", "name", "type", "location", "tags")


@dataclass(frozen=True, slots=True)
class Member:
    """A machine as Resource Graph has it."""

    facts: Machine
    tags: Mapping[str, str] = field(default_factory=dict)


def find_members(ctx: Context, machines: Sequence[str]) -> dict[str, Member]:
    """The machines that exist, by id in lower case."""
    found: dict[str, Member] = {}
    for row in _rows(ctx, machines, _MACHINES, lambda row: str(row["id"])):
        body = {**{key: row.get(key) for key in _IDENTITY}, "properties": _properties(row)}
        facts = machine_from_arm(body)
        if facts.is_arc is True:
            facts = with_status(facts, body)
        tags = {str(name): str(value) for name, value in object_at(row, "tags").items()}
        found[str(row["id"]).casefold()] = Member(facts, tags)
    return found


def tags_of(members: Mapping[str, Member]) -> dict[str, Mapping[str, str]]:
    """The tags of machines by id in lower case."""
    return {key: member.tags for key, member in members.items()}


def find_lacking(ctx: Context, machines: Sequence[str]) -> dict[str, Mapping[str, int]]:
    """How many patches each machine lacks by classification, by id in lower case, where an assessment is remembered."""
    rows = _rows(ctx, machines, _LACKS, lambda row: str(row["machine"]), by_machine=True)
    return {str(row["machine"]).casefold(): assessment_of(object_at(row, "properties")).counts for row in rows}


def find_all_installations(
    ctx: Context, machines: Sequence[str], since: datetime
) -> dict[str, tuple[Installation, ...]]:
    """The installations of each machine that began since then or still run, the newest first, by id in lower case."""
    found: dict[str, list[Installation]] = {}
    # To the hour: a little more than asked for, and the same query for a while.
    spelt = since.astimezone(UTC).strftime("%Y-%m-%dT%H:00:00Z")
    query = _INSTALLATIONS.replace("{since}", spelt)
    for row in _rows(ctx, machines, query, lambda row: str(row["machine"]), by_machine=True):
        installation = installation_of(object_at(row, "properties"))
        if installation.activity_id is not None:
            found.setdefault(str(row["machine"]).casefold(), []).append(installation)
    longest_ago = datetime.min.replace(tzinfo=UTC)
    return {
        key: tuple(sorted(each, key=lambda one: one.started or longest_ago, reverse=True))
        for key, each in found.items()
    }


def _rows(
    ctx: Context, machines: Sequence[str], text: str, machine_of: Any, *, by_machine: bool = False
) -> Iterable[Body]:
    if not machines:
        return
    scope = Scope.of(machines, (), None)
    for line in scope.filters():
        # Rows of patch tables are called after the operation; the machine's name ends what `machine` holds.
        names = line.replace("where name in~", "where tostring(split(machine, '/')[8]) in~") if by_machine else line
        for row in ctx.graph.query(text.replace("{names}", names), scope.subscriptions):
            if scope.holds(machine_of(row)):
                yield row


def _properties(row: Body) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key not in _IDENTITY and value is not None}
