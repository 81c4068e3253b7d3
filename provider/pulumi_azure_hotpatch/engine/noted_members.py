"""The machines that previews found in declared dynamic scopes, which nothing else in a stack tells of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from .declared import DYNAMIC_SCOPE, FLEET, Declared
from .declared_names import Names
from .estate import Estate
from .stand_ins import is_stand_in


def with_noted_members(estate: Estate, declared: Iterable[Declared]) -> Estate:
    """The estate of a stack, in which the machines that its dynamic scopes took in preview have their schedules.

    What is taken is decided anew at every run; what a preview noted is what was taken when it looked.
    """
    given = list(declared)
    scopes = [one for one in given if one.kind == DYNAMIC_SCOPE]
    if not scopes:
        return estate
    names = Names(given)
    assigned = dict(estate.assigned)
    for one in scopes:
        schedule = names.label(names.schedule_of(one)).casefold()
        for machine in _noted(one):
            key = machine.casefold()
            assigned[key] = tuple(dict.fromkeys((*assigned.get(key, ()), schedule)))
    perhaps = estate.perhaps_assigned
    if all(map(noted_completely, scopes)) and len(scopes) >= len(estate.dynamic_scopes) and not _is_open(given):
        # All scopes were looked at, and every machine that Azure had then.
        perhaps = frozenset(machine for machine in perhaps if machine.startswith("urn:") or is_stand_in(machine))
    return replace(estate, assigned=assigned, perhaps_assigned=perhaps)


def noted_completely(scope: Declared) -> bool:
    """Whether a dynamic scope's preview named every machine that it took."""
    return "matchingMachines" in scope.inputs and len(tuple(_noted(scope))) == scope.inputs.get("matchingCount")


def _noted(scope: Declared) -> Iterator[str]:
    machines = scope.inputs.get("matchingMachines")
    if isinstance(machines, list | tuple):
        yield from (machine for machine in machines if isinstance(machine, str))


def _is_open(declared: Iterable[Declared]) -> bool:
    """Whether a fleet with a schedule may have machines that are not known."""
    return any(one.kind == FLEET and one.inputs.get("scheduleId") is not None for one in declared)
