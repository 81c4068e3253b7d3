"""Which machines a maintenance configuration is for: those it is assigned to, and those its dynamic scopes match.

Source: Microsoft Learn, Update Manager, dynamic scope (evaluated when a run starts; tag values are case sensitive, the
operator is Any unless it says All). A member that is empty or missing lets everything through.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .machine_bodies import is_windows
from .machine_settings import MACHINE_TYPES, is_arc, is_machine
from .maintenance import ASSIGNMENT_TYPE
from .resources import Resource
from .world import World


def assignments_by_configuration(world: World) -> dict[str, list[Resource]]:
    """Return the assignments of all subscriptions by the id (lower case) of their configuration."""
    found: dict[str, list[Resource]] = {}
    for subscription in world.subscriptions.values():
        for each in world.resources.of_type(ASSIGNMENT_TYPE, subscription=subscription.id):
            key = str(each.properties.get("maintenanceConfigurationId", "")).lower()
            found.setdefault(key, []).append(each)
    return found


def has_assignment(world: World, machine: Resource) -> bool:
    """Tell whether anything is assigned to the machine itself."""
    return any(each.type == ASSIGNMENT_TYPE for each in world.resources.within(machine.id))


def machines_of(world: World, assignments: Iterable[Resource]) -> list[Resource]:
    """Return the machines of some assignments, each once, in a fixed order."""
    found: dict[str, Resource] = {}
    for assignment in assignments:
        for machine in _machines(world, assignment):
            found.setdefault(machine.id.lower(), machine)
    return [found[key] for key in sorted(found)]


def _machines(world: World, assignment: Resource) -> list[Resource]:
    target = world.resources.get(assignment.scope)
    if target is not None and is_machine(target):
        return [target]
    parts = [part for part in assignment.scope.split("/") if part]
    if len(parts) not in (2, 4):
        return []
    group = parts[3] if len(parts) == 4 else None
    rule: Mapping[str, Any] = assignment.properties.get("filter") or {}
    return [
        machine
        for machine_type in MACHINE_TYPES
        for machine in world.resources.of_type(machine_type, subscription=parts[1], group=group)
        if matches(rule, machine)
    ]


def matches(rule: Mapping[str, Any], machine: Resource) -> bool:
    """Tell whether a filter lets a machine through."""
    return (
        _lets(rule.get("resourceTypes"), machine.type)
        and _lets(rule.get("resourceGroups"), machine.group or "")
        and _lets(rule.get("locations"), str(machine.body.get("location", "")).replace(" ", ""))
        and _lets(rule.get("osTypes"), _os_type(machine))
        and _lets_tags(rule.get("tagSettings"), machine.body.get("tags") or {})
    )


def _lets(allowed: Any, value: str) -> bool:
    return not allowed or value.lower() in {str(each).replace(" ", "").lower() for each in allowed}


def _os_type(machine: Resource) -> str:
    if is_arc(machine):
        return str(machine.properties.get("osType", ""))
    return "Windows" if is_windows(machine.body) else "Linux"


def _lets_tags(settings: Any, tags: Mapping[str, Any]) -> bool:
    wanted = (settings or {}).get("tags") or {}
    if not wanted:
        return True
    lower = {name.lower(): value for name, value in tags.items()}
    met = [lower.get(name.lower()) in (values or []) for name, values in wanted.items()]
    operator = str(settings.get("filterOperator") or "Any").lower()
    return all(met) if operator == "all" else any(met)
