"""What will happen by a change: what its preview says, else what follows from what is declared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pulumi_azure_hotpatch.engine.counting import counted
from pulumi_azure_hotpatch.engine.declared import (
    ARC_SETTINGS,
    DYNAMIC_SCOPE,
    FLEET,
    NATIVE_ARC,
    NATIVE_MACHINE,
    ROLLOUT,
    SETTINGS,
)
from pulumi_azure_hotpatch.engine.logic import UNKNOWN
from pulumi_azure_hotpatch.engine.previews import Change

from .affected import ASSIGNMENTS, Affected
from .prospects import Prospects

ANSWERS: Final = frozenset(
    ("outcome", "outcomes", "plan", "rebootExpected", "wouldInstall", "timeBudget", "matchingCount", "imageSupport")
)
"""The inputs that say what will happen, rather than what is wanted."""
_UNDECIDED: Final = "What happens depends on "
_FORESEEN: Final = (SETTINGS, FLEET, ARC_SETTINGS, NATIVE_MACHINE, NATIVE_ARC, *ASSIGNMENTS)


def expected_outcome(change: Change, affected: Affected, prospects: Prospects | None = None) -> str:
    """Sentences, empty where nothing is known to happen."""
    inputs, kind = change.inputs or {}, affected.kind_of(change)
    said = _said(inputs)
    if change.op == "delete" or (said and not said.startswith(_UNDECIDED)):
        return said
    if kind == DYNAMIC_SCOPE:
        found = affected.by(change)
        now = "which machines it takes is not known in this preview"
        return f"{now if found.is_open else f'takes {counted(found.count)} now'}; Azure decides anew at every run"
    if kind == ROLLOUT:
        return _rings_of(inputs)
    if kind in _FORESEEN and prospects is not None:
        # The stack as a whole may say more than the resource alone.
        return "; ".join(prospects.of(affected.by(change).labels)) or said
    return said


def earlier_outcome(change: Change) -> str:
    """What its last preview said, empty where that was the same or nothing."""
    was = {name: old for name, old, _ in change.fields if name in ("outcome", "outcomes")}
    return _said(was)


def _said(inputs: Mapping[str, Any]) -> str:
    value, restart, image, plan = (inputs.get(name) for name in ("outcome", "rebootExpected", "imageSupport", "plan"))
    if isinstance(value, str):
        return value
    if isinstance(image, str):
        return f"image support: {image}"
    if isinstance(restart, str):
        return f"restart: {restart}"
    outcomes = inputs.get("outcomes")
    if isinstance(outcomes, list | tuple):
        return "; ".join(text for text in outcomes if isinstance(text, str))
    rings = (_planned(each) for each in plan) if isinstance(plan, list | tuple) else ()
    return "; ".join(ring for ring in rings if ring)


def _planned(told: Any) -> str:
    """A ring as a rollout's preview plans it."""
    ring = told if isinstance(told, Mapping) else {}
    name, machines, starts = (ring.get(key) for key in ("ring", "machines", "starts"))
    if not isinstance(machines, int | float):
        return ""
    return f"{name}: {counted(int(machines))}, {starts}"


def _rings_of(inputs: Mapping[str, Any]) -> str:
    rings = inputs.get("rings")
    if rings is UNKNOWN or not isinstance(rings, list | tuple):
        return ""
    names = [str(ring.get("name")) for ring in rings if isinstance(ring, Mapping)]
    return f"ring after ring: {', '.join(names)}" if len(names) > 1 else ""
