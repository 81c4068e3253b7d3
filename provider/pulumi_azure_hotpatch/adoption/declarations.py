"""What was found, as the inputs of our resources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from pulumi_azure_hotpatch.engine.bodies import Body, object_at, properties_of
from pulumi_azure_hotpatch.engine.facts import ARC_MACHINES, VIRTUAL_MACHINES
from pulumi_azure_hotpatch.engine.logic import fold
from pulumi_azure_hotpatch.engine.maintenance_inventory import dynamic_scope_from_arm, schedule_from_arm
from pulumi_azure_hotpatch.engine.rules import judge, rules_for
from pulumi_azure_hotpatch.engine.schedules import reboot_key
from pulumi_azure_hotpatch.engine.scope import ALL, ANY, Place, ScopeFilter
from pulumi_azure_hotpatch.errors import InvalidInput
from pulumi_azure_hotpatch.handlers.schedule_bodies import SCOPE, raw_fields
from pulumi_azure_hotpatch.ids import ResourceId
from pulumi_azure_hotpatch.models.dynamic_scope import DynamicScopeInputs
from pulumi_azure_hotpatch.models.maintenance_schedule import (
    LinuxPackages,
    MaintenanceScheduleInputs,
    WindowsPatches,
)
from pulumi_azure_hotpatch.models.schedule_assignment import ScheduleAssignmentInputs
from pulumi_azure_hotpatch.observing.values import kb_of

from .declared import Declared, declared, name_of, refusal
from .found import Found
from .owners import machine_settings, scale_set_settings, server_license, server_settings

_REBOOT_SETTINGS: Final = ("IfRequired", "Never", "Always")
_NO_EXPIRY: Final = "9999-12-31"


def declarations(found: Found, as_of: datetime) -> list[Declared]:
    """The declarations in the order in which they depend on each other; `as_of` (aware) is for rules about dates."""
    return [
        *(one for body in found.machines for one in machine_settings(body)),
        *(one for body in found.scale_sets for one in scale_set_settings(body)),
        *(one for body in found.arc_servers for one in _of_server(body, found)),
        *(one for body in found.schedules if (one := _schedule(body, as_of)) is not None),
        *(one for body in found.assignments if (one := _assignment(body)) is not None),
    ]


def _of_server(body: Body, found: Found) -> Iterator[Declared]:
    yield from server_license(body)
    yield from server_settings(body, compute_registered=found.compute_registered)


def _schedule(body: Body, as_of: datetime) -> Declared | None:
    """A schedule of guest patching; None for the others."""
    if fold(properties_of(body).get("maintenanceScope")) != fold(SCOPE):
        return None
    id = str(body["id"])
    parsed, raw = ResourceId.parse(id), raw_fields(body)
    arguments: dict[str, Any] = {
        "resource_group_name": parsed.resource_group,
        "schedule_name": str(body.get("name") or parsed.name),
        "location": body.get("location"),
        "subscription_id": parsed.subscription_id,
        **{name: raw[name] for name in ("start", "duration", "time_zone", "recurrence")},
    }
    if raw["expires"] and not str(raw["expires"]).startswith(_NO_EXPIRY):
        arguments["expires"] = raw["expires"]
    if raw["reboot_setting"] is not None:
        arguments["reboot_setting"] = next(
            (one for one in _REBOOT_SETTINGS if _same_reboot(one, raw["reboot_setting"])), raw["reboot_setting"]
        )
    for name, model in (("windows", WindowsPatches), ("linux", LinuxPackages)):
        if chosen := _selection(raw[name], model):
            arguments[name] = chosen
    made = declared("MaintenanceSchedule", id, arguments, MaintenanceScheduleInputs)
    if made.reason is not None:
        return made
    findings = judge(rules_for("schedule"), schedule_from_arm(_with_whole_kbs(body), as_of=as_of))
    return replace(made, reason=refusal(one for one in findings if one.rule not in _ABOUT_BODIES))


def _with_whole_kbs(body: Body) -> Body:
    """The body with KB numbers as they are declared: Azure leaves their letters out."""
    properties = properties_of(body)
    install = object_at(properties, "installPatches")
    chosen = {
        name: [kb_of(one) for one in value] if name.startswith("kbNumbers") and isinstance(value, list) else value
        for name, value in object_at(install, "windowsParameters").items()
    }
    return {**body, "properties": {**properties, "installPatches": {**install, "windowsParameters": chosen}}}


# Rules about what a declaration never says: our handler writes both where it writes at all.
_ABOUT_BODIES: Final = ("schedule-patch-mode", "schedule-visibility")


def _same_reboot(left: str, right: Any) -> bool:
    return bool(reboot_key(left) == reboot_key(right))


def _selection(raw: Any, model: type[WindowsPatches] | type[LinuxPackages]) -> dict[str, Any]:
    """A selection by the program's names, without what is empty; classifications in the letter case that is taken."""
    if not isinstance(raw, Mapping):
        return {}
    chosen: dict[str, Any] = {}
    for name, info in model.model_fields.items():
        value = raw.get(info.alias or name)
        if not value:
            continue
        if name.startswith("kb_numbers") and isinstance(value, list):
            value = [kb_of(one) for one in value]
        if name == "classifications_to_include" and isinstance(value, list):
            taken = _choices(model)
            value = [taken.get(str(one).casefold(), one) for one in value]
        chosen[name] = value
    return chosen


def _choices(model: type[WindowsPatches] | type[LinuxPackages]) -> dict[str, str]:
    known = (
        ("Critical", "Security", "UpdateRollup", "FeaturePack", "ServicePack", "Definition", "Tools", "Updates")
        if model is WindowsPatches
        else ("Critical", "Security", "Other")
    )
    return {one.casefold(): one for one in known}


def _assignment(body: Body) -> Declared | None:
    """A schedule given to one machine, or by a dynamic scope; None for what is about no machine."""
    id, properties = str(body["id"]), properties_of(body)
    schedule = properties.get("maintenanceConfigurationId")
    try:
        owner = ResourceId.parse(ResourceId.parse(id).scope)
    except InvalidInput:
        return _scope(body)
    if not (owner.is_type(VIRTUAL_MACHINES) or owner.is_type(ARC_MACHINES)) or not isinstance(schedule, str):
        return None
    arguments: dict[str, Any] = {
        "machine_id": str(owner),
        "schedule_id": schedule,
        "assignment_name": str(body.get("name") or ResourceId.parse(id).name),
    }
    name = f"{name_of(str(owner))}-{arguments['assignment_name']}"
    return declared("ScheduleAssignment", id, arguments, ScheduleAssignmentInputs, name=name)


def _scope(body: Body) -> Declared:
    """A dynamic scope, on a subscription or a group, as a declaration of its own."""
    id, schedule = str(body["id"]), properties_of(body).get("maintenanceConfigurationId")
    parsed = ResourceId.parse(id)
    narrowed = object_at(properties_of(body), "filter")
    found = ScopeFilter.from_arm(body)
    arguments: dict[str, Any] = {
        "schedule_id": schedule,
        "assignment_name": str(body.get("name") or parsed.name),
        **(
            {"resource_group_ids": [Place.parse(parsed.scope).id]}
            if parsed.resource_group
            else {"subscription_ids": [parsed.subscription_id]}
        ),
    }
    for name in ("resource_types", "resource_groups", "locations", "os_types"):
        if given := getattr(found, name):
            arguments[name] = list(given)
    if found.tags:
        arguments["tag_filters"] = {name: list(values) for name, values in found.tags.items()}
        if fold(found.tag_operator) != fold(ANY):
            arguments["tag_operator"] = ALL
    if parsed.resource_group and body.get("location"):
        arguments["location"] = body["location"]
    if not parsed.resource_group and not arguments.keys() & _NARROWING:
        arguments["allow_whole_subscription"] = True
    made = declared(
        "DynamicScope",
        id,
        arguments,
        DynamicScopeInputs,
        name="-".join(filter(None, (parsed.resource_group, parsed.name))),
    )
    beyond = [name for name in ("resourceIds", "availabilityZones") if narrowed.get(name)]
    remarks = tuple(f"its filter has {name} too, which stays and cannot be declared" for name in beyond)
    reason = made.reason or refusal(judge(rules_for("dynamic_scope"), dynamic_scope_from_arm(body)))
    return replace(made, reason=reason, remarks=remarks)


_NARROWING: Final = frozenset(("resource_groups", "locations", "os_types", "tag_filters"))
