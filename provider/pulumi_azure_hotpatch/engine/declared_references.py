"""Ids that other resources' inputs give away: of what Azure has made by now and no input of its own names in full."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pulumi_azure_hotpatch.errors import InvalidInput
from pulumi_azure_hotpatch.ids import ResourceId

REFERENCES: Final = (
    "virtualMachineId",
    "machineId",
    "machineIds",
    "matched",
    "scaleSetId",
    "scheduleId",
    "resourceId",
    "maintenanceConfigurationId",
)
"""The inputs that hold ids of other resources."""


@dataclass(frozen=True, slots=True)
class Nameless:
    """A resource whose id nothing says: its type in Azure (None where it does not matter), and what is known of it."""

    urn: str
    arm_type: str | None
    resource_group: str | None = None
    name: str | None = None

    def may_be(self, identity: ResourceId) -> bool:
        """Whether nothing that is known speaks against the id."""
        return (
            (self.arm_type is None or identity.is_type(self.arm_type))
            and _fits(self.resource_group, identity.resource_group)
            and _fits(self.name, identity.name)
        )


def ids_given_away(
    nameless: Iterable[Nameless],
    references: Iterable[tuple[Any, tuple[str, ...]]],
    taken: Iterable[str],
) -> dict[str, str]:
    """The ids, by URN. `references` are the values of inputs that hold ids, each with the URNs that it comes from;
    `taken` are the ids of other resources.

    An id belongs to the one resource that it comes from; else to the one whose resource group and name it has.
    """
    wanted = {one.urn: one for one in nameless}
    given = list(references)
    known = {identity.casefold() for identity in taken}
    found: dict[str, str] = {}
    for value, sources in given:
        texts, ours = _items(value), [urn for urn in sources if urn in wanted]
        if len(ours) != 1 or len(texts) != 1 or (identity := _parsed(texts[0])) is None:
            continue
        if (arm_type := wanted[ours[0]].arm_type) is None or identity.is_type(arm_type):
            found.setdefault(ours[0], str(texts[0]))
    named = _by_name(wanted)
    candidates: dict[str, dict[str, str]] = {}
    for value, sources in given:
        for text in _items(value):
            identity = _parsed(text)
            if identity is None or identity.key in known:
                continue
            fitting = [
                one
                for one in named.get(identity.name.casefold(), ())
                if one.may_be(identity) and (one.resource_group is not None or one.urn in sources)
            ]
            if len(fitting) == 1:
                candidates.setdefault(fitting[0].urn, {}).setdefault(identity.key, str(text))
    for urn, ids in candidates.items():
        # Of two subscriptions nothing says which it is in.
        if len(ids) == 1:
            found.setdefault(urn, next(iter(ids.values())))
    return found


def _by_name(wanted: Mapping[str, Nameless]) -> dict[str, list[Nameless]]:
    named: dict[str, list[Nameless]] = {}
    for one in wanted.values():
        if one.name is not None and one.arm_type is not None:
            named.setdefault(one.name.casefold(), []).append(one)
    return named


def _items(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def _parsed(text: Any) -> ResourceId | None:
    if not isinstance(text, str) or not text.casefold().startswith("/subscriptions/"):
        return None
    try:
        return ResourceId.parse(text)
    except InvalidInput:
        return None


def _fits(known: str | None, actual: str) -> bool:
    return known is None or known.casefold() == actual.casefold()


def references_of(inputs: Mapping[str, Any], depends_on: Mapping[str, tuple[str, ...]]) -> Iterator[Any]:
    """The values of a resource's inputs that hold ids, each with the URNs that it comes from."""
    for name in REFERENCES:
        if inputs.get(name) is not None:
            yield inputs[name], depends_on.get(name, ())
