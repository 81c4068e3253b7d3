"""Declared resources as the ARM bodies that they will be, and what those bodies cannot say.

azure-native writes what ARM does without the level `properties`; of an Arc-enabled server it flattens `patchSettings`
and `productProfile` too. Source: pulumi-azure-native 3.29.0, input types of compute, maintenance and hybridcompute.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields, replace
from functools import partial
from typing import Any, Final

from .arc import ArcServer
from .bodies import UNSEEN, Body, object_at
from .declared import (
    ARC_LICENSE,
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
    NATIVE_SCOPES,
    SCALE_SET_SETTINGS,
    SCHEDULE,
    SETTINGS,
    Declared,
    truth_of,
)
from .declared_machine import as_new
from .declared_names import Names
from .declared_scope import scope_adjustment, scope_bodies
from .estate import GUEST_SCOPE
from .facts import CONFIGURATION_ASSIGNMENTS, PATCH_FIELDS, Assignment, Machine, Schedule
from .logic import UNKNOWN
from .patch_lists import PatchLists
from .scale_set import ScaleSet

Adjust = Callable[[Any], Any]

ASSIGNMENTS: Final = (ASSIGNMENT, NATIVE_ASSIGNMENT, NATIVE_PARENT_ASSIGNMENT)
_SETTINGS: Final = (SETTINGS, FLEET, ARC_SETTINGS, SCALE_SET_SETTINGS)
_LISTS: Final = tuple(one.name for one in fields(PatchLists))
_NAMES: Final = {
    NATIVE_MACHINE: "vmName",
    NATIVE_SCALE_SET: "vmScaleSetName",
    NATIVE_ARC: "machineName",
    NATIVE_SCHEDULE: "resourceName",
    SCHEDULE: "scheduleName",
}


def bodies_of(one: Declared, names: Names) -> tuple[Body, ...]:
    """The ARM bodies that a resource declares: a dynamic scope is many assignments."""
    if one.kind == DYNAMIC_SCOPE:
        return tuple(scope_bodies(one, names))
    if one.kind == FLEET:
        return tuple(fleet_bodies(one, names, names.members_of(one).sure))
    body = body_of(one, names)
    return () if body is None else (body,)


def body_of(one: Declared, names: Names) -> Body | None:
    """The ARM body that a resource declares, None for one that declares none of its own."""
    identity = names.id_of(one)
    leaf = identity.rpartition("/")[2]
    given = one.text(_NAMES.get(one.kind, "name"))
    envelope = {"id": identity, "name": given or leaf, "location": one.inputs.get("location")}
    if one.kind in (NATIVE_MACHINE, NATIVE_SCALE_SET):
        return {**_known(one.inputs, "zones"), **envelope}
    if one.kind == NATIVE_SCHEDULE:
        return {**one.inputs, **envelope}
    if one.kind == NATIVE_ARC:
        return {**_arc_body(one.inputs), **envelope}
    if one.kind == SCHEDULE:
        return {**_schedule_body(one), **envelope}
    if one.kind in (*ASSIGNMENTS, *NATIVE_SCOPES):
        assigned = {"maintenanceConfigurationId": names.schedule_of(one), "filter": one.inputs.get("filter")}
        return {**envelope, "name": leaf, "properties": assigned}
    return None


def adjustment_of(one: Declared) -> Adjust | None:
    """What is to be made of the facts that its body shows, None where the body says all."""
    if one.kind in _SETTINGS:
        return _settings_of(one)
    if one.kind == ARC_LICENSE:
        return _license_of(one)
    if one.kind in (SCHEDULE, NATIVE_SCHEDULE):
        return _unknowns_of(one)
    if one.kind == NATIVE_MACHINE:
        return partial(as_new, inputs=one.inputs)
    if one.kind == NATIVE_ARC:
        return _of_a_new_server
    if one.kind == NATIVE_PARENT_ASSIGNMENT:
        return _of_a_host
    if one.kind == DYNAMIC_SCOPE:
        return scope_adjustment(one)
    return None


def machines_of(one: Declared) -> tuple[str, ...]:
    """The ids of a fleet's machines as far as they are known: those that it names, or those that were found for it."""
    given = one.inputs.get("machineIds") or one.inputs.get("matched")
    return tuple(text for text in given if isinstance(text, str)) if isinstance(given, list | tuple) else ()


def fleet_bodies(one: Declared, names: Names, machines: Iterable[str]) -> Iterator[Body]:
    """The assignments of a fleet's schedule to these machines, which have the schedule's name."""
    if one.inputs.get("scheduleId") is None:
        return
    schedule = names.schedule_of(one)
    for machine in machines:
        identity = f"{machine}/providers/{CONFIGURATION_ASSIGNMENTS}/{schedule.rpartition('/')[2]}"
        yield {"id": identity, "properties": {"maintenanceConfigurationId": schedule}}


def patch_fields_of(one: Declared) -> dict[str, Any]:
    """The patch fields that settings give, by the program's names."""
    found = {name: value for name in PATCH_FIELDS if (value := one.inputs.get(_wire(name))) is not None}
    return {name: truth_of(value) if name in _FLAGS else value for name, value in found.items()}


_FLAGS: Final = frozenset(("enable_hotpatching", "bypass_platform_safety_checks_on_user_schedule"))


def _settings_of(one: Declared) -> Adjust:
    given = patch_fields_of(one)

    def adjust(facts: Any) -> Any:
        match facts:
            case Machine() | ScaleSet():
                return replace(facts, settings=replace(facts.settings, **given))
            case ArcServer():
                own = ("enable_hotpatching", "assessment_mode")
                return replace(facts, **{name: given[name] for name in own if name in given})
        return facts

    return adjust


def perhaps_adjusted(one: Declared) -> Adjust:
    """As `adjustment_of` of settings that may be another machine's: what they would change is not known."""
    given = patch_fields_of(one)

    def adjust(facts: Any) -> Any:
        if not isinstance(facts, Machine):
            return facts
        other = {name: UNKNOWN for name, value in given.items() if getattr(facts.settings, name) != value}
        return replace(facts, settings=replace(facts.settings, **other))

    return adjust


def _license_of(one: Declared) -> Adjust:
    enabled = truth_of(one.inputs.get("enabled"))
    status = UNKNOWN if enabled is UNKNOWN else "Disable" if enabled is False else "Enable"
    seen = {name: one.inputs.get(_wire(name)) for name in ("vbs_status", "secure_boot")}
    given = {"hotpatch_subscription": status, **{name: value for name, value in seen.items() if value is not None}}
    return lambda facts: replace(facts, **given) if isinstance(facts, ArcServer) else facts


def _unknowns_of(one: Declared) -> Adjust:
    """Marks what a body cannot say: that parts of the schedule are not known yet."""
    unknown: dict[str, Any] = {}
    if UNKNOWN in (one.inputs.get("windows"), one.inputs.get("linux")):
        unknown |= {"has_patch_selection": UNKNOWN, "patches": PatchLists(**dict.fromkeys(_LISTS, UNKNOWN))}
    if UNKNOWN in (one.inputs.get(_NAMES[one.kind]), one.inputs.get("resourceGroupName")):
        unknown["full_name_length"] = UNKNOWN

    def adjust(schedule: Schedule) -> Schedule:
        return replace(schedule, **unknown)

    return adjust


def _of_a_new_server(facts: Any) -> Any:
    """What the agent reports of a server outside Azure is not among what a program can say."""
    if not isinstance(facts, ArcServer):
        return facts
    reported = ("os_name", "os_edition", "os_build", "agent_version", "status", "hotpatch_status")
    return replace(facts, **{name: UNKNOWN for name in reported if getattr(facts, name) is None})


def _of_a_host(assignment: Assignment) -> Assignment:
    """Dedicated hosts are given schedules of another scope; where nothing shows this one's, it may be such."""
    return replace(assignment, machine_type=UNKNOWN) if assignment.schedule is None else assignment


def _arc_body(inputs: Mapping[str, Any]) -> dict[str, Any]:
    profile = object_at(inputs, "osProfile")
    nested = {
        kind: {"patchSettings": object_at(profile, kind)}
        for kind in ("windowsConfiguration", "linuxConfiguration")
        if kind in profile
    }
    license_profile = object_at(inputs, "licenseProfile")
    return {
        **inputs,
        "osProfile": UNKNOWN if profile is UNSEEN else nested,
        "licenseProfile": UNKNOWN if license_profile is UNSEEN else {"productProfile": license_profile},
    }


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
