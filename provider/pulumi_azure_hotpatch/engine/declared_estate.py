"""A declared stack as an estate, over what an inventory shows of the same machines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields, replace
from datetime import datetime
from typing import Any, Final

from .bodies import Body
from .declared import (
    ASSIGNMENT,
    ENROLMENT,
    NATIVE_ASSIGNMENT,
    NATIVE_MACHINE,
    NATIVE_SCHEDULE,
    NATIVE_SCOPES,
    SCHEDULE,
    SETTINGS,
    Declared,
    Names,
    is_stand_in,
)
from .estate import GUEST_SCOPE, Entry, Estate, FactsT
from .facts import (
    CONFIGURATION_ASSIGNMENTS,
    MAINTENANCE_CONFIGURATIONS,
    PATCH_FIELDS,
    VIRTUAL_MACHINES,
    Assignment,
    Declaration,
    Machine,
    PreviewFeature,
    Schedule,
)
from .judgement import Case
from .logic import UNKNOWN
from .patch_lists import PatchLists
from .rules import rule
from .rules.feature import RETIRED_FEATURES

ENROLMENTS: Final = "Microsoft.Features/featureProviders"

_LISTS: Final = tuple(one.name for one in fields(PatchLists))
# By our class: the rule that two must not claim the same, and the type of what is claimed.
_CLAIMS: Final = {
    SETTINGS: ("vm-settings-declared-twice", VIRTUAL_MACHINES),
    SCHEDULE: ("schedule-declared-twice", MAINTENANCE_CONFIGURATIONS),
    ASSIGNMENT: ("assignment-declared-twice", CONFIGURATION_ASSIGNMENTS),
}


class Stack:
    """What a stack declares, ready to be judged."""

    def __init__(self, declared: Iterable[Declared]) -> None:
        self._declared = tuple(declared)
        self._names = Names(self._declared)

    def estate(self, bodies: Iterable[object] = (), *, as_of: datetime) -> Estate:
        """The estate of `bodies` as the stack will leave it. Raises InvalidInput as `Estate.from_bodies` does."""
        adjusted: dict[str, Callable[[Any], Any]] = {}
        for one in self._declared:
            if one.kind == SETTINGS:
                adjusted[self._names.id_of(one)] = _settings_of(one)
            elif one.kind == SCHEDULE:
                adjusted[self._names.id_of(one)] = _unknowns_of(one)
            elif one.kind in (ASSIGNMENT, NATIVE_ASSIGNMENT) and self._is_vague(one):
                adjusted[self._names.id_of(one)] = _of_unknown_place
        declared = (body for one in self._declared if (body := self._body(one)) is not None)
        found = Estate.from_bodies((*bodies, *declared), as_of=as_of, adjusted=adjusted)
        return replace(
            found,
            machines=self._labelled(found.machines),
            schedules=self._labelled(found.schedules),
            assignments=self._labelled(found.assignments),
            dynamic_scopes=self._labelled(found.dynamic_scopes),
            features=tuple(entry for one in self._declared for entry in _features(one)),
        )

    def urns_of(self, identity: str) -> tuple[str, ...]:
        """The URNs of what the stack declares under an id: other names for waivers to match."""
        return self._names.urns_of(identity)

    def declarations(self) -> Iterator[Case]:
        """What can be said of the declarations themselves: that they say something, and nothing twice."""
        claims = [claim for one in self._declared for claim in self._claims(one)]
        times = Counter((rule_id, target.casefold()) for rule_id, target, _ in claims)
        for rule_id, target, arm_type in dict.fromkeys(claims):
            twice = times[rule_id, target.casefold()] > 1
            yield Case(target, arm_type, Declaration(target=target, declared_twice=twice), (rule(rule_id),))
        for one in self._declared:
            if one.kind == SETTINGS:
                empty = all(one.inputs.get(_wire(name)) is None for name in PATCH_FIELDS)
                label = self._names.label(self._names.id_of(one))
                yield Case(label, VIRTUAL_MACHINES, Declaration(settings_missing=empty), (rule("vm-settings-empty"),))

    def _claims(self, one: Declared) -> Iterator[tuple[str, str, str]]:
        """Rule, what is claimed, and its type; nothing while it is not known."""
        if one.kind in _CLAIMS and self._names.is_known(one):
            rule_id, arm_type = _CLAIMS[one.kind]
            yield rule_id, self._names.id_of(one), arm_type
        for entry in _features(one):
            yield "feature-declared-twice", f"{entry.resource}/{entry.facts.name}", entry.type

    def _body(self, one: Declared) -> Body | None:
        identity = self._names.id_of(one)
        envelope = {"id": identity, "name": identity.rpartition("/")[2], "location": one.inputs.get("location")}
        if one.kind == NATIVE_MACHINE:
            return {**_known(one.inputs, "zones"), **envelope, "name": one.text("vmName") or envelope["name"]}
        if one.kind == NATIVE_SCHEDULE:
            return {**one.inputs, **envelope, "name": one.text("resourceName") or envelope["name"]}
        if one.kind == SCHEDULE:
            return {**_schedule_body(one), **envelope, "name": one.text("scheduleName") or envelope["name"]}
        if one.kind in (ASSIGNMENT, NATIVE_ASSIGNMENT, *NATIVE_SCOPES):
            given = {"maintenanceConfigurationId": self._names.schedule_of(one), "filter": one.inputs.get("filter")}
            return {**envelope, "properties": given}
        return None

    def _is_vague(self, one: Declared) -> bool:
        return is_stand_in(self._names.id_of(one)) or is_stand_in(self._names.schedule_of(one))

    def _labelled(self, entries: Iterable[Entry[FactsT]]) -> tuple[Entry[FactsT], ...]:
        return tuple(replace(entry, resource=self._names.label(entry.resource)) for entry in entries)


def _features(one: Declared) -> Iterator[Entry[PreviewFeature]]:
    features, namespace = one.inputs.get("features"), one.inputs.get("namespace") or "Microsoft.Compute"
    if one.kind != ENROLMENT or not isinstance(features, list | tuple) or not isinstance(namespace, str):
        return
    subscription = one.text("subscriptionId")
    resource = f"/subscriptions/{subscription}/providers/{ENROLMENTS}/{namespace}" if subscription else one.urn
    for name in features:
        if isinstance(name, str):
            retired = f"{namespace}/{name}".casefold() in RETIRED_FEATURES
            yield Entry(resource, ENROLMENTS, PreviewFeature(namespace, name, UNKNOWN, retired))


def _settings_of(one: Declared) -> Callable[[Machine], Machine]:
    given = {name: value for name in PATCH_FIELDS if (value := one.inputs.get(_wire(name))) is not None}
    return lambda machine: machine.with_settings(given)


def _unknowns_of(one: Declared) -> Callable[[Schedule], Schedule]:
    """Marks what a body cannot say: that parts of the schedule are not known yet."""
    unknown: dict[str, Any] = {}
    if UNKNOWN in (one.inputs.get("windows"), one.inputs.get("linux")):
        unknown |= {"has_patch_selection": UNKNOWN, "patches": PatchLists(**dict.fromkeys(_LISTS, UNKNOWN))}
    if UNKNOWN in (one.inputs.get("scheduleName"), one.inputs.get("resourceGroupName")):
        unknown["full_name_length"] = UNKNOWN
    return lambda schedule: replace(schedule, **unknown)


def _of_unknown_place(assignment: Assignment) -> Assignment:
    # The subscription of a stand-in is none.
    return replace(assignment, same_subscription=UNKNOWN)


def _schedule_body(one: Declared) -> dict[str, Any]:
    """The configuration as `MaintenanceSchedule` writes it."""
    inputs = one.inputs
    return {
        "tags": inputs.get("tags"),
        "properties": {
            "maintenanceScope": GUEST_SCOPE,
            "visibility": "Custom",
            "extensionProperties": {"InGuestPatchMode": "User"},
            "maintenanceWindow": {
                "startDateTime": inputs.get("start"),
                "duration": inputs.get("duration"),
                "timeZone": inputs.get("timeZone"),
                "recurEvery": inputs.get("recurrence"),
                "expirationDateTime": inputs.get("expires"),
            },
            "installPatches": {
                "rebootSetting": inputs.get("rebootSetting", "IfRequired"),
                "windowsParameters": inputs.get("windows"),
                "linuxParameters": inputs.get("linux"),
            },
        },
    }


def _known(inputs: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {key: value for key, value in inputs.items() if key not in names or value is not UNKNOWN}


def _wire(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)
