"""Which machines a dynamic scope takes: places, and a filter over the machines below them.

The service decides anew at every run; what is said here is what it would take of the machines that are shown. A filter
member that is empty or missing lets everything through; types, groups, regions and names of tags compare without
letter case, values of tags with it; of several values one must fit. Source: Microsoft Learn, Maintenance
configurations, 2026-09-25; Azure/azure-policy, built-in definition ba0df93e, 2026-04-29 (tag values, operator Any).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from pulumi_azure_hotpatch.errors import InvalidInput

from .bodies import UNSEEN, Body, object_at, properties_of, texts_at
from .body_lists import identify
from .facts import ARC_MACHINES, CONFIGURATION_ASSIGNMENTS, VIRTUAL_MACHINES, Machine
from .inventory import machine_from_arm
from .logic import UNKNOWN, Maybe, any_of, every
from .patch_lists import Texts
from .stand_ins import LATER, is_stand_in, same

_LISTS: Final = ("resourceTypes", "resourceGroups", "locations", "osTypes")
BEYOND: Final = ("resourceIds", "availabilityZones")
"""Members of a live filter that nobody can declare here. What they compare is documented nowhere; source of the names:
recorded traffic of API 2023-09-01-preview.
"""
ANY: Final = "Any"
ALL: Final = "All"
_KINDS: Final = {name.casefold(): name for name in (VIRTUAL_MACHINES, ARC_MACHINES)}
_PLACE: Final = re.compile(
    r"/subscriptions/(?P<subscription>[^/]+)(?:/resourceGroups/(?P<group>[^/]+))?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Place:
    """A subscription, or a resource group in it: where one assignment is made and below which it looks."""

    subscription_id: str
    resource_group: str | None = None

    @staticmethod
    def parse(text: str) -> Place:
        """The place of `/subscriptions/{id}` or `/subscriptions/{id}/resourceGroups/{name}`. Raises InvalidInput."""
        match = _PLACE.fullmatch(text.strip().rstrip("/"))
        if match is None:
            raise InvalidInput(
                f"'{text}' is neither a subscription nor a resource group; write it as "
                "/subscriptions/{id} or /subscriptions/{id}/resourceGroups/{name}"
            )
        return Place(match["subscription"], match["group"])

    @property
    def id(self) -> str:
        """The ARM id."""
        group = "" if self.resource_group is None else f"/resourceGroups/{self.resource_group}"
        return f"/subscriptions/{self.subscription_id}{group}"

    @property
    def key(self) -> str:
        """The text to compare and look up by."""
        return self.id.casefold()

    def assignment(self, name: str) -> str:
        """The id of the assignment of that name here."""
        return f"{self.id}/providers/{CONFIGURATION_ASSIGNMENTS}/{name}"

    def holds(self, candidate: Candidate) -> Maybe[bool]:
        """Whether the machine is below it; unknown where a part of either id is not known yet."""
        key = self.key
        if LATER not in key and LATER not in candidate.key:
            return f"{candidate.key}/".startswith(f"{key}/")
        below = same(self.subscription_id, candidate.subscription_id)
        if self.resource_group is None:
            return below
        return every((below, same(self.resource_group, candidate.resource_group)))


@dataclass(frozen=True, slots=True)
class Candidate:
    """A machine with what filters look at; `key` is its id in lower case, `agent` how the agent of an Arc-enabled
    server stands (`Connected`, `Disconnected`, ...), None for a VM and where nothing is said.

    Of one that a program declares parts of the id may be stand-ins, and tags may not be known.
    """

    key: str
    type: str
    resource_group: str
    tags: Maybe[Mapping[str, Maybe[str]]]
    machine: Machine
    agent: Maybe[str | None] = None

    @property
    def subscription_id(self) -> str:
        """The subscription that it is in, in lower case."""
        return self.key.split("/", 3)[2]

    @staticmethod
    def of(body: Body, machine: Machine | None = None) -> Candidate | None:
        """The candidate that a body shows, None for what is neither a VM nor an Arc-enabled server.

        `machine` holds the facts where they are known already.
        """
        kind, key = identify(body, 1)
        if kind not in _KINDS:
            return None
        segments = key.split("/")
        group = segments[4] if len(segments) > 4 and segments[3] == "resourcegroups" else ""
        tags = object_at(body, "tags")
        return Candidate(
            key=key,
            type=_KINDS[kind],
            resource_group=group,
            tags=UNKNOWN
            if tags is UNSEEN
            else {str(name).casefold(): UNKNOWN if value is UNKNOWN else str(value) for name, value in tags.items()},
            machine=machine or machine_from_arm(body),
            agent=properties_of(body).get("status") if _KINDS[kind] == ARC_MACHINES else None,
        )


@dataclass(frozen=True)
class ScopeFilter:
    """What narrows a scope, as it was given. Of one that `is_open` parts are not known yet and left out: it may take
    less than the others let through, and so it is of one that has members `beyond` those that are compared here.
    """

    resource_types: Texts = ()
    resource_groups: Texts = ()
    locations: Texts = ()
    os_types: Texts = ()
    tags: Mapping[str, Texts] = field(default_factory=dict)
    tag_operator: str = ANY
    is_open: bool = False
    beyond: Texts = ()

    @staticmethod
    def from_arm(body: Body) -> ScopeFilter:
        """The filter in the body of an assignment; nulls and empty lists are nothing."""
        given = object_at(properties_of(body), "filter")
        narrowed = {name: given.get(name) for name in (*_LISTS, "tagSettings", *BEYOND)}
        known = {name: value for name, value in narrowed.items() if not is_vague(value)}
        settings = object_at(known, "tagSettings")
        tags = object_at(settings, "tags")
        return ScopeFilter(
            resource_types=texts_at(known, "resourceTypes") or (),
            resource_groups=texts_at(known, "resourceGroups") or (),
            locations=texts_at(known, "locations") or (),
            os_types=texts_at(known, "osTypes") or (),
            tags={str(name): texts_at(tags, name) or () for name in tags},
            tag_operator=str(settings.get("filterOperator") or ANY),
            is_open=len(known) < len(narrowed),
            beyond=tuple(name for name in BEYOND if known.get(name)),
        )

    def as_arm(self) -> dict[str, Any]:
        """The `filter` object to write: only what is given."""
        given: dict[str, Any] = {
            name: list(values)
            for name, values in (
                ("resourceTypes", self.resource_types),
                ("resourceGroups", self.resource_groups),
                ("locations", self.locations),
                ("osTypes", self.os_types),
            )
            if values
        }
        if self.tags:
            tags = {name: list(values) for name, values in self.tags.items()}
            given["tagSettings"] = {"tags": tags, "filterOperator": self.tag_operator}
        return given

    @property
    def key(self) -> object:
        """Equal for filters that mean the same: letter case, order, and how nothing is written do not matter."""
        return (
            *self._allowed,
            frozenset((name.casefold(), frozenset(values)) for name, values in self.tags.items()),
            # Of no tags or of one it makes no difference.
            self.tag_operator.casefold() if len(self.tags) > 1 else "",
        )

    def takes(self, candidate: Candidate) -> Maybe[bool]:
        """Whether it lets a machine through; unknown where something decides that is not known, such as the machine's
        operating system.
        """
        types, groups, regions, systems = self._allowed
        if types and _squeezed(candidate.type) not in types:
            return False
        group = candidate.resource_group
        in_group = not groups or _squeezed(group) in groups or (UNKNOWN if is_stand_in(group) else False)
        tagged = self._takes_tags(candidate.tags)
        if in_group is False or tagged is False:
            return False
        machine = candidate.machine
        unknown = self.is_open or bool(self.beyond) or UNKNOWN in (in_group, tagged)
        for allowed, value in ((regions, machine.location), (systems, machine.os_type)):
            if not allowed:
                continue
            if not isinstance(value, str) or not value:
                unknown = True
            elif _squeezed(value) not in allowed:
                return False
        return UNKNOWN if unknown else True

    @cached_property
    def _allowed(self) -> tuple[frozenset[str], ...]:
        given = (self.resource_types, self.resource_groups, self.locations, self.os_types)
        return tuple(map(_folded, given))

    def _takes_tags(self, tags: Maybe[Mapping[str, Maybe[str]]]) -> Maybe[bool]:
        if not self.tags:
            return True
        if tags is UNKNOWN:
            return UNKNOWN
        found = [(tags.get(name.casefold()), values) for name, values in self.tags.items()]
        met: list[Maybe[bool]] = [UNKNOWN if value is UNKNOWN else value in values for value, values in found]
        return every(met) if self.tag_operator.casefold() == ALL.casefold() else any_of(*met)


def covered_groups(places: Iterable[Place]) -> tuple[Place, ...]:
    """The resource groups in a subscription that is among the places as well: its machines are theirs too."""
    given = tuple(places)
    covered = {place.key for place in given if place.resource_group is None}
    return tuple(one for one in given if one.resource_group and Place(one.subscription_id).key in covered)


def is_vague(value: Any) -> bool:
    """Whether a value, or a part of it, is not known yet."""
    if isinstance(value, Mapping):
        return any(map(is_vague, value.values()))
    return any(map(is_vague, value)) if isinstance(value, list | tuple) else value is UNKNOWN


def _folded(values: Iterable[str]) -> frozenset[str]:
    return frozenset(_squeezed(value) for value in values)


def _squeezed(value: object) -> str:
    # `West Europe` and `westeurope` are one region.
    return str(value).replace(" ", "").casefold()
