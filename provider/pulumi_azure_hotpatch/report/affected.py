"""Which machines each change of a preview is about, as far as the preview says it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pulumi_azure_hotpatch.engine.declared import (
    ARC_SETTINGS,
    ASSIGNMENT,
    DYNAMIC_SCOPE,
    FLEET,
    NATIVE_ARC,
    NATIVE_ASSIGNMENT,
    NATIVE_MACHINE,
    NATIVE_PARENT_ASSIGNMENT,
    NATIVE_SCALE_SET,
    NATIVE_SCHEDULE,
    ROLLOUT,
    SCALE_SET_SETTINGS,
    SCHEDULE,
    SETTINGS,
    Declared,
)
from pulumi_azure_hotpatch.engine.declared_names import Names
from pulumi_azure_hotpatch.engine.declared_rollout import rolled_out_to
from pulumi_azure_hotpatch.engine.estate import Estate
from pulumi_azure_hotpatch.engine.logic import UNKNOWN
from pulumi_azure_hotpatch.engine.previews import Change, Preview
from pulumi_azure_hotpatch.engine.scope import is_vague
from pulumi_azure_hotpatch.engine.stand_ins import is_stand_in

MACHINES: Final = (NATIVE_MACHINE, NATIVE_SCALE_SET, NATIVE_ARC)
ASSIGNMENTS: Final = (ASSIGNMENT, NATIVE_ASSIGNMENT, NATIVE_PARENT_ASSIGNMENT)
SCHEDULES: Final = (SCHEDULE, NATIVE_SCHEDULE)
# The inputs that name what a resource of ours is about.
_ABOUT: Final = ("virtualMachineId", "machineId", "scaleSetId", "machineIds", "matched")
# What such an input's value comes from, where the stack makes it.
_SOURCES: Final = (*MACHINES, SETTINGS, ARC_SETTINGS, SCALE_SET_SETTINGS)
_MAINTENANCE: Final = "/providers/microsoft.maintenance/"


@dataclass(frozen=True, slots=True)
class Machines:
    """Machines by what findings call them: an id, a URN while there is none.

    `count` may be larger than what is named; `is_open` where there may be others that are not known yet.
    """

    labels: tuple[str, ...] = ()
    count: int = 0
    is_open: bool = False

    @staticmethod
    def of(labels: Iterable[str], *, is_open: bool = False) -> Machines:
        """Each machine once, in whatever letter case its id is written."""
        once = tuple({label.casefold(): label for label in reversed(list(labels))}.values())[::-1]
        return Machines(once, len(once), is_open)


class Affected:
    """The machines of a preview's changes; `estate` is what it makes of an inventory, for who has which schedule."""

    def __init__(self, preview: Preview, estate: Estate | None = None) -> None:
        # What is to be comes first, because stand-ins for ids are numbered.
        declared = {one.urn: one for one in preview.after}
        for one in preview.before:
            declared.setdefault(one.urn, one)
        for change in preview.changes:
            declared.setdefault(change.urn, Declared(change.urn, change.type, change.inputs or {}))
        self._declared = declared
        self._names = Names(declared.values())
        self._scheduled: defaultdict[str, list[str]] = defaultdict(list)
        for machine, schedules in ({} if estate is None else estate.assigned).items():
            for schedule in schedules:
                self._scheduled[self._names.label(schedule).casefold()].append(self._names.label(machine))

    def kind_of(self, change: Change) -> str:
        """The kind of what changes, as `Declared` has it."""
        return self._declared[change.urn].kind

    def earlier_outputs(self, change: Change, before: Iterable[Declared]) -> dict[str, Any]:
        """The outputs of its last run."""
        return next((dict(one.outputs) for one in before if one.urn == change.urn), {})

    def by(self, change: Change) -> Machines:
        """The machines that a change is about; none for what is about no machine."""
        one = self._declared[change.urn]
        if one.kind in MACHINES:
            return self._with_id(one, self._names.id_of(one))
        if one.kind in ASSIGNMENTS:
            return self._with_id(one, _extended(self._names.id_of(one)))
        if one.kind in SCHEDULES:
            return Machines.of(self._scheduled[self._names.label(self._names.id_of(one)).casefold()])
        if one.kind == DYNAMIC_SCOPE:
            return _taken(one)
        if one.kind == ROLLOUT:
            return self._rolled_out(one)
        name = next((name for name in _ABOUT if one.inputs.get(name) is not None), None)
        if name is None:
            # By a filter or a query, and nobody has looked.
            return Machines(is_open=one.kind == FLEET)
        return self._given(one, name)

    def source_of(self, change: Change, name: str) -> str | None:
        """The URN of the one resource that an input of a change comes from."""
        match self._declared[change.urn].depends_on.get(name, ()):
            case (urn,) if urn in self._declared:
                return urn
        return None

    def ids_of(self, urns: Iterable[str]) -> Iterator[str]:
        """The machines among resources of the stack."""
        for urn in urns:
            one = self._declared.get(urn)
            if one is not None and one.kind in _SOURCES:
                yield self._names.label(self._names.id_of(one))

    def _with_id(self, one: Declared, identity: str) -> Machines:
        label = self._names.label(identity)
        # With a name of its own, the rest of the id is of no importance here.
        if is_stand_in(label) and not isinstance(one.inputs.get("resourceName"), str):
            return Machines(is_open=True)
        return Machines.of((label,))

    def _given(self, one: Declared, name: str) -> Machines:
        """The machines that an input names, those among them that the stack has yet to make by their URN."""
        value = one.inputs.get(name)
        given = value if isinstance(value, list | tuple) else (value,)
        named = [text for text in given if isinstance(text, str)]
        later = sum(item is UNKNOWN for item in given)
        if not later:
            return Machines.of(named)
        known = {text.casefold() for text in named}
        made = [label for label in self.ids_of(one.depends_on.get(name, ())) if label.casefold() not in known]
        return Machines.of((*named, *made), is_open=later > len(made))

    def _rolled_out(self, one: Declared) -> Machines:
        """A rollout's machines; those that are known while others, or what is excluded, is not."""
        rings = one.inputs.get("rings")
        if not is_vague([one.inputs.get("machineIds"), one.inputs.get("exclude"), rings]):
            return Machines.of(rolled_out_to(one))
        excluded = one.inputs.get("exclude")
        if is_vague(excluded):
            return Machines(is_open=True)
        barred = {text.casefold() for text in _texts(excluded)}
        named = [*_texts(one.inputs.get("machineIds")), *(text for ring in _each(rings) for text in _texts(ring))]
        made = self.ids_of(urn for name in ("machineIds", "rings") for urn in one.depends_on.get(name, ()))
        return Machines.of((label for label in (*named, *made) if label.casefold() not in barred), is_open=True)


def _taken(scope: Declared) -> Machines:
    """What a dynamic scope took when its preview looked."""
    noted, count = scope.inputs.get("matchingMachines"), scope.inputs.get("matchingCount")
    if not isinstance(noted, list | tuple):
        return Machines(is_open=True)
    found = Machines.of(_texts(noted))
    return Machines(found.labels, max(found.count, int(count) if isinstance(count, int | float) else 0))


def _extended(identity: str) -> str:
    """The id of the machine that an assignment is on."""
    return identity[: identity.casefold().rindex(_MAINTENANCE)] if _MAINTENANCE in identity.casefold() else identity


def _each(rings: Any) -> Iterator[Any]:
    for ring in rings if isinstance(rings, list | tuple) else ():
        yield ring.get("machineIds") if hasattr(ring, "get") else None


def _texts(value: Any) -> Sequence[str]:
    return [text for text in value if isinstance(text, str)] if isinstance(value, list | tuple) else []
