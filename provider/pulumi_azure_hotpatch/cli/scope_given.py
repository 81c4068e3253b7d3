"""What `azure-hotpatch scope` is asked about: the scopes of previews, and what is around them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pulumi_azure_hotpatch.engine.bodies import Body
from pulumi_azure_hotpatch.engine.body_lists import bodies_in
from pulumi_azure_hotpatch.engine.declared import DYNAMIC_SCOPE, FLEET, SETTINGS, Declared
from pulumi_azure_hotpatch.engine.declared_bodies import Adjust, adjustment_of, bodies_of, perhaps_adjusted
from pulumi_azure_hotpatch.engine.declared_fleet import fleet_machines
from pulumi_azure_hotpatch.engine.declared_names import Names
from pulumi_azure_hotpatch.engine.declared_scope import declared_scope
from pulumi_azure_hotpatch.engine.previews import is_preview, read_preview
from pulumi_azure_hotpatch.engine.scope import Candidate
from pulumi_azure_hotpatch.engine.scopes_around import Scope, Surroundings
from pulumi_azure_hotpatch.errors import InvalidInput

from . import output
from .inputs import note_gaps
from .reading import read_document, shown


@dataclass(frozen=True, slots=True)
class Asked:
    """One scope to show: what it is called, and the machines that it took before, None where nothing is compared."""

    label: str
    scope: Scope
    before: Scope | None = None
    noted: tuple[str, ...] | None = None


def read(paths: Iterable[str]) -> tuple[list[Body], list[Declared], dict[str, Declared]]:
    """Bodies, what previews declare, and what was declared before, by URN."""
    bodies: list[Body] = []
    declared: list[Declared] = []
    earlier: dict[str, Declared] = {}
    for path in paths:
        document = read_document(path)
        try:
            if is_preview(document):
                found = read_preview(document)
                note_gaps(found)
                declared += found.after
                earlier |= {one.urn: one for one in found.before}
            else:
                bodies += bodies_in(document)
        except InvalidInput as error:
            raise InvalidInput(f"{shown(path)}: {error}") from None
    return bodies, declared, earlier


def declared_scopes(declared: Sequence[Declared], earlier: Mapping[str, Declared]) -> Iterable[Asked]:
    """The dynamic scopes that previews declare; of one that is not known in full a note says so."""
    names = Names(declared)
    for one in declared:
        if one.kind != DYNAMIC_SCOPE:
            continue
        scope = declared_scope(one.inputs, names.schedule_of(one))
        if scope is None:
            output.note(f"Note: {one.urn.rpartition('::')[2]} is not shown: not all of it is known yet.")
            continue
        old = earlier[one.urn].inputs if one.urn in earlier else {}
        # What preview showed then is all that was taken then, unless it is too long to be stored.
        noted = old.get("matchingMachines")
        complete = isinstance(noted, list) and len(noted) == old.get("matchingCount")
        yield Asked(
            one.urn,
            scope,
            before=declared_scope(old) if old else None,
            noted=tuple(map(str, noted or ())) if complete else None,
        )


def surroundings(bodies: Sequence[Body], declared: Sequence[Declared]) -> Surroundings:
    """Machines, schedules, assignments and scopes as a stack will leave them."""
    names = Names(declared)
    # A scope without a name would not be known as the one that is looked at.
    placed = (one for one in declared if one.kind != DYNAMIC_SCOPE or one.text("assignmentName") is not None)
    around = Surroundings.of([*bodies, *(body for one in placed for body in bodies_of(one, names))])
    adjusted: dict[str, list[Adjust]] = {}
    given = {machine: list(schedules) for machine, schedules in around.given.items()}
    for one in declared:
        if one.kind == SETTINGS and (adjust := adjustment_of(one)) is not None:
            adjusted.setdefault(names.id_of(one).casefold(), []).append(adjust)
        elif one.kind == FLEET and (adjust := adjustment_of(one)) is not None:
            members = fleet_machines(one, names, around.candidates)
            for machine in members.sure:
                adjusted.setdefault(machine.casefold(), []).append(adjust)
                if one.inputs.get("scheduleId") is not None:
                    given.setdefault(machine.casefold(), []).append(names.schedule_of(one).rstrip("/").casefold())
            for machine in members.possible:
                adjusted.setdefault(machine.casefold(), []).append(perhaps_adjusted(one))
    return replace(
        around,
        candidates=tuple(_adjusted(one, adjusted.get(one.key, ())) for one in around.candidates),
        given={machine: tuple(dict.fromkeys(schedules)) for machine, schedules in given.items()},
    )


def _adjusted(one: Candidate, adjusts: Iterable[Adjust]) -> Candidate:
    machine = one.machine
    for adjust in adjusts:
        machine = adjust(machine)
    return one if machine is one.machine else replace(one, machine=machine)
