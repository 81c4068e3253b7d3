"""The machines of declared fleets: by their ids, by the resources that those come from, by a filter or a query."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from .declared import Declared, truth_of
from .declared_names import Members, Names
from .declared_scope import wire_filter
from .logic import UNKNOWN, Maybe
from .scope import Candidate, Place, ScopeFilter
from .scopes_around import Scope
from .stand_ins import LATER

_NARROWING: Final = ("resourceGroups", "locations", "osTypes", "tagFilters")


def fleet_machines(one: Declared, names: Names, machines: Iterable[Candidate]) -> Members:
    """Which of the stack's own `machines` a fleet has or may have, and which others it names.

    A filter is evaluated as those of dynamic scopes are. What a query finds is not known beyond what it has found.
    """
    named = names.members_of(one)
    told = {identity.casefold() for identity in (*named.sure, *named.possible)}
    sure, possible = list(named.sure), list(named.possible)
    for candidate in machines:
        taken = False if candidate.key in told else _takes(one, named, candidate)
        if taken is not False:
            (sure if taken is True else possible).append(str(candidate.machine.id))
    return Members(tuple(sure), tuple(possible), named.is_open)


def _takes(one: Declared, named: Members, candidate: Candidate) -> Maybe[bool]:
    if one.inputs.get("machineIds") is not None:
        return UNKNOWN if named.is_open else False
    if one.inputs.get("query") is not None:
        found = Scope(_places(one), ScopeFilter()).takes(candidate)
        return UNKNOWN if found is True else found
    is_narrowed = any(one.inputs.get(name) is not None for name in _NARROWING)
    if not is_narrowed and truth_of(one.inputs.get("allowWholeSubscription")) in (None, False):
        return False
    narrowed = ScopeFilter.from_arm({"filter": wire_filter(one.inputs)})
    return Scope(_places(one), narrowed).takes(candidate)


def _places(one: Declared) -> tuple[Place, ...]:
    """The subscriptions that a filter or a query looks in: by default that of the stack, which is not known here."""
    given: Any = one.inputs.get("subscriptionIds")
    items = given if isinstance(given, list | tuple) else (given,)
    return tuple(Place(item if isinstance(item, str) else LATER) for item in items)
