"""A declared dynamic scope: from its inputs on the wire to the scope, and to the assignments that it will be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from pulumi_azure_hotpatch.errors import InvalidInput

from .bodies import Body, as_written
from .declared import Declared, truth_of
from .declared_names import Names
from .dynamic_scope import DynamicScope
from .logic import UNKNOWN, Maybe
from .scope import ANY, Place, ScopeFilter, covered_groups, is_vague
from .scopes_around import GLOBAL, Scope

_LISTS: Final = {
    "resourceTypes": "resource_types",
    "resourceGroups": "resource_groups",
    "locations": "locations",
    "osTypes": "os_types",
}
_PLACES: Final = ("subscriptionIds", "resourceGroupIds")
_DECIDING: Final = (*_LISTS, "tagFilters", "tagOperator", *_PLACES)


def declared_scope(inputs: Mapping[str, Any], schedule_id: str | None = None) -> Scope | None:
    """The scope that inputs declare, None while they are not all known. Raises InvalidInput for what is no place.

    `schedule_id` is the schedule's id where the inputs cannot say it yet.
    """
    if any(is_vague(inputs.get(name)) for name in _DECIDING):
        return None
    location, name = inputs.get("location"), inputs.get("assignmentName")
    given = inputs.get("scheduleId")
    allowed, most = truth_of(inputs.get("allowWholeSubscription")), inputs.get("maxMachines")
    locations = _texts(inputs.get("locations"))
    lists: dict[str, Any] = {field: _texts(inputs.get(wire)) for wire, field in _LISTS.items()}
    return Scope(
        places=_places(inputs),
        filter=ScopeFilter(
            **lists,
            tags=_tags(inputs.get("tagFilters")),
            tag_operator=str(inputs.get("tagOperator") or ANY),
        ),
        schedule_id=given if isinstance(given, str) else schedule_id,
        name=name if isinstance(name, str) else None,
        location=location if isinstance(location, str) else next(iter(locations), None),
        allow_whole_subscription=None if allowed is UNKNOWN else bool(allowed),
        max_machines=int(most) if isinstance(most, int | float) else None,
    )


def scope_bodies(one: Declared, names: Names) -> Iterator[Body]:
    """The assignments that a declared scope will be; one with a stand-in for its id while its places are not known."""
    inputs = one.inputs
    properties = {"maintenanceConfigurationId": names.schedule_of(one), "filter": wire_filter(inputs)}
    name, location = inputs.get("assignmentName"), inputs.get("location")
    places = () if _has_open_places(inputs) else _places(inputs)
    if not places or not isinstance(name, str):
        yield {"id": names.id_of(one), "name": name, "location": location, "properties": properties}
    else:
        for place in places:
            where = GLOBAL if place.resource_group is None else location
            yield {"id": place.assignment(name), "name": name, "location": where, "properties": properties}


def scope_adjustment(one: Declared) -> Callable[[Any], Any]:
    """What one body cannot say of a declared scope: what it allows, and how its places lie."""
    allowed, most = truth_of(one.inputs.get("allowWholeSubscription")), one.inputs.get("maxMachines")
    declared: dict[str, Any] = {
        "allow_whole_subscription": UNKNOWN if allowed is UNKNOWN else bool(allowed),
        "most_machines": int(most) if isinstance(most, int | float) else most,
    }

    covered = _covered(one.inputs)

    def adjust(facts: Any) -> Any:
        if not isinstance(facts, DynamicScope):
            return facts
        # Told once: where the groups are, if that is known.
        is_elsewhere = covered is not UNKNOWN and facts.resource_group_name is None
        return replace(facts, **declared, covered_groups=None if is_elsewhere else covered)

    return adjust


def _covered(inputs: Mapping[str, Any]) -> Maybe[int]:
    if not _has_open_places(inputs):
        return len(covered_groups(_places(inputs)))
    return UNKNOWN if all(inputs.get(which) for which in _PLACES) else 0


def _has_open_places(inputs: Mapping[str, Any]) -> bool:
    return any(is_vague(inputs.get(which)) for which in _PLACES)


def _places(inputs: Mapping[str, Any]) -> tuple[Place, ...]:
    subscriptions, groups = (_texts(inputs.get(which)) for which in _PLACES)
    return (*map(Place, subscriptions), *map(Place.parse, groups))


def wire_filter(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The filter as ARM has it, with what is not known yet in its place."""
    given: dict[str, Any] = {wire: value for wire in _LISTS if (value := inputs.get(wire)) is not None}
    if (tags := inputs.get("tagFilters")) is not None:
        given["tagSettings"] = {"tags": tags, "filterOperator": inputs.get("tagOperator") or ANY}
    return given


def _tags(value: Any) -> dict[str, tuple[str, ...]]:
    if value is not None and not isinstance(value, Mapping):
        raise InvalidInput(f"a dynamic scope's tag filters are {as_written(value)} where an object of lists belongs")
    return {str(tag): _texts(values) for tag, values in (value or {}).items()}


def _texts(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
        raise InvalidInput(f"a dynamic scope's filter has {as_written(value)} where a list of texts belongs")
    return tuple(value)
