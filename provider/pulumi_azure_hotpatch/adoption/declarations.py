"""What was found, as the inputs of our resources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from pydantic import ValidationError

from pulumi_azure_hotpatch.engine.bodies import Body, object_at, properties_of
from pulumi_azure_hotpatch.engine.facts import ARC_MACHINES, PATCH_FIELDS, VIRTUAL_MACHINES
from pulumi_azure_hotpatch.engine.inventory import machine_from_arm, os_kind, scale_set_from_arm, settings_from_arm
from pulumi_azure_hotpatch.engine.logic import fold
from pulumi_azure_hotpatch.engine.maintenance_inventory import dynamic_scope_from_arm, schedule_from_arm
from pulumi_azure_hotpatch.engine.rules import judge, rules_for
from pulumi_azure_hotpatch.engine.schedules import reboot_key
from pulumi_azure_hotpatch.engine.scope import ALL, ANY, Place, ScopeFilter
from pulumi_azure_hotpatch.errors import InvalidInput
from pulumi_azure_hotpatch.handlers.restoring import settings_in
from pulumi_azure_hotpatch.handlers.schedule_bodies import SCOPE, raw_fields
from pulumi_azure_hotpatch.ids import ResourceId
from pulumi_azure_hotpatch.models.arc_hotpatch_license import ArcHotpatchLicenseInputs
from pulumi_azure_hotpatch.models.arc_machine_patch_settings import ArcMachinePatchSettingsInputs
from pulumi_azure_hotpatch.models.base import Inputs
from pulumi_azure_hotpatch.models.dynamic_scope import DynamicScopeInputs
from pulumi_azure_hotpatch.models.maintenance_schedule import (
    LinuxPackages,
    MaintenanceScheduleInputs,
    WindowsPatches,
)
from pulumi_azure_hotpatch.models.scale_set_patch_settings import ScaleSetPatchSettingsInputs
from pulumi_azure_hotpatch.models.schedule_assignment import ScheduleAssignmentInputs
from pulumi_azure_hotpatch.models.virtual_machine_patch_settings import VirtualMachinePatchSettingsInputs
from pulumi_azure_hotpatch.observing.values import kb_of

from .found import Found

_REBOOT_SETTINGS: Final = ("IfRequired", "Never", "Always")
_NO_EXPIRY: Final = "9999-12-31"


@dataclass(frozen=True, slots=True)
class Declared:
    """One resource of a program: its class, its name, and its arguments by the program's names.

    `reason` says why it is left out, None for one that is declared. `remarks` say what could not be taken along.
    """

    resource: str
    kind: str
    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    reason: str | None = None
    remarks: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """`{resource, type, name, declared, reason, remarks, arguments}`."""
        return {
            "resource": self.resource,
            "type": self.kind,
            "name": self.name,
            "declared": self.reason is None,
            "reason": self.reason,
            "remarks": list(self.remarks),
            "arguments": dict(self.arguments),
        }


def declarations(found: Found, as_of: datetime) -> list[Declared]:
    """The declarations in the order in which they depend on each other; `as_of` (aware) is for rules about dates."""
    return [
        *_settings(found.machines, _machine),
        *_settings(found.scale_sets, _scale_set),
        *(one for body in found.arc_servers for one in _arc(body)),
        *(one for body in found.schedules if (one := _schedule(body, as_of)) is not None),
        *(one for body in found.assignments if (one := _assignment(body)) is not None),
    ]


def _settings(bodies: Iterable[Body], declare: Any) -> Iterator[Declared]:
    for body in bodies:
        one = declare(body)
        if one is not None:
            yield one


def _machine(body: Body) -> Declared | None:
    machine = machine_from_arm(body)
    given = machine.settings.as_given()
    made = _owned("VirtualMachinePatchSettings", "virtual_machine_id", body, given, VirtualMachinePatchSettingsInputs)
    return made and _judged(made, judge(rules_for("machine"), machine))


def _scale_set(body: Body) -> Declared | None:
    scale_set = scale_set_from_arm(body)
    if fold(scale_set.orchestration_mode) != fold("Flexible"):
        return None
    given = scale_set.settings.as_given()
    made = _owned("ScaleSetPatchSettings", "scale_set_id", body, given, ScaleSetPatchSettingsInputs)
    return made and _judged(made, judge(rules_for("scale_set"), scale_set))


def _arc(body: Body) -> Iterator[Declared]:
    properties = properties_of(body)
    features = object_at(object_at(properties, "licenseProfile"), "productProfile").get("productFeatures") or ()
    feature = next((one for one in features if fold(one.get("name")) == fold("Hotpatch")), None)
    if feature is not None:
        enabled = fold(feature.get("subscriptionStatus")) in ("enabled", "enabling")
        arguments = {"machine_id": str(body["id"]), **({} if enabled else {"enabled": False})}
        yield _valid("ArcHotpatchLicense", str(body["id"]), arguments, ArcHotpatchLicenseInputs)
    configuration = object_at(object_at(properties, "osProfile"), f"{os_kind(body) or 'windows'}Configuration")
    given = settings_from_arm(object_at(configuration, "patchSettings")).as_given()
    made = _owned("ArcMachinePatchSettings", "machine_id", body, given, ArcMachinePatchSettingsInputs)
    if made is not None:
        yield made


def _owned(kind: str, id_field: str, body: Body, given: Mapping[str, Any], model: type[Inputs]) -> Declared | None:
    """The declaration of patch settings, None where there are none."""
    id, remarks = str(body["id"]), []
    arguments: dict[str, Any] = {id_field: id}
    for name in PATCH_FIELDS:
        if name not in given:
            continue
        value = given[name]
        try:
            model.model_validate({id_field: id, name: value})
        except ValidationError:
            remarks.append(f"{name} is {value}, which cannot be declared")
        else:
            arguments[name] = value
    if len(arguments) == 1 and not remarks:
        return None
    reason = "nothing of its patch settings can be declared" if len(arguments) == 1 else None
    return Declared(id, kind, _name(id), arguments, reason, tuple(remarks))


def _judged(made: Declared, findings: Iterable[Any]) -> Declared:
    """As it is, or left out where a rule would refuse it."""
    for finding in findings:
        mentioned = settings_in(finding)
        if finding.is_error and (not mentioned or mentioned & made.arguments.keys()):
            return Declared(
                made.resource, made.kind, made.name, made.arguments, f"{finding.reason} [{finding.rule}]", made.remarks
            )
    return made


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
    made = _valid("MaintenanceSchedule", id, arguments, MaintenanceScheduleInputs)
    if made.reason is not None:
        return made
    findings = judge(rules_for("schedule"), schedule_from_arm(_with_whole_kbs(body), as_of=as_of))
    refused = next((one for one in findings if one.is_error and one.rule not in _ABOUT_BODIES), None)
    reason = f"{refused.reason} [{refused.rule}]" if refused else None
    return Declared(id, made.kind, made.name, arguments, reason)


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
    name = f"{_name(str(owner))}-{arguments['assignment_name']}"
    return _valid("ScheduleAssignment", id, arguments, ScheduleAssignmentInputs, name=name)


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
    made = _valid(
        "DynamicScope",
        id,
        arguments,
        DynamicScopeInputs,
        name="-".join(filter(None, (parsed.resource_group, parsed.name))),
    )
    beyond = [name for name in ("resourceIds", "availabilityZones") if narrowed.get(name)]
    remarks = tuple(f"its filter has {name} too, which stays and cannot be declared" for name in beyond)
    refused = next(
        (one for one in judge(rules_for("dynamic_scope"), dynamic_scope_from_arm(body)) if one.is_error), None
    )
    reason = made.reason or (f"{refused.reason} [{refused.rule}]" if refused else None)
    return Declared(id, made.kind, made.name, arguments, reason, remarks)


_NARROWING: Final = frozenset(("resource_groups", "locations", "os_types", "tag_filters"))


def _valid(
    kind: str, id: str, arguments: Mapping[str, Any], model: type[Inputs], *, name: str | None = None
) -> Declared:
    """A declaration, left out where an input takes no such value."""
    reason = None
    try:
        model.model_validate({key: value for key, value in arguments.items() if value is not None})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        reason = f"{place} is {first['input']!r}, which cannot be declared ({first['msg']})"
    return Declared(id, kind, name or _name(id), arguments, reason)


def _name(id: str) -> str:
    """A name for the program: the group's and the resource's."""
    try:
        parsed = ResourceId.parse(id)
    except InvalidInput:
        return id.rsplit("/", 1)[-1]
    return "-".join(filter(None, (parsed.resource_group, parsed.name)))
