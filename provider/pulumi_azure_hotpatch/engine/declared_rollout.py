"""The machines of declared rollouts, and what bodies show that rings ask for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from .bodies import UNSEEN, object_at
from .body_lists import identify
from .declared import Declared
from .facts import ARC_MACHINES, VIRTUAL_MACHINES
from .logic import UNKNOWN, Maybe
from .rollout_rings import everyone

_KINDS: Final = (VIRTUAL_MACHINES.casefold(), ARC_MACHINES.casefold())


def rolled_out_to(one: Declared) -> tuple[str, ...]:
    """The ids of a rollout's machines; empty while a part of what says so is not known."""
    rings = one.inputs.get("rings")
    given = rings if isinstance(rings, list | tuple) else ()
    named = [ring.get("machineIds") if isinstance(ring, Mapping) else UNKNOWN for ring in given]
    lists = [one.inputs.get("machineIds"), one.inputs.get("exclude"), *named]
    if rings is UNKNOWN or any(each is UNKNOWN or UNKNOWN in _items(each) for each in lists):
        return ()
    machines, excluded, *ringed = ([text for text in _items(each) if isinstance(text, str)] for each in lists)
    return everyone(machines, ringed, excluded)


def tags_shown(bodies: Iterable[object]) -> dict[str, Maybe[Mapping[str, str]]]:
    """The tags of the machines that bodies show, by id in lower case; of two bodies with one id the later counts.

    Raises InvalidInput for what is no ARM body.
    """
    found: dict[str, Maybe[Mapping[str, str]]] = {}
    for number, body in enumerate(bodies, start=1):
        kind, key = identify(body, number)
        if kind in _KINDS and isinstance(body, Mapping):
            tags = object_at(body, "tags")
            is_known = tags is not UNSEEN and UNKNOWN not in tags.values()
            found[key] = {str(name): str(value) for name, value in tags.items()} if is_known else UNKNOWN
    return found


def _items(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, list | tuple) else ()
