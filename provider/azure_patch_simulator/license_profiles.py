"""Licence profiles of Arc-enabled servers, which carry the feature ``Hotpatch``.

Source: recorded traffic (api 2024-07-10): PUT 201, PATCH 202, DELETE 202, each with Azure-AsyncOperation and Location;
the status body holds the resource itself; the service adds a feature nobody asked for, and dates without a zone.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from dateutil.relativedelta import relativedelta

from . import arc_operations, operations
from .arc_machines import MACHINE_PATH, machine_of_call
from .errors import ArmError, resource_not_found, unseen
from .fields import check_tags, choice, merge, typed, without_nulls
from .http import Response
from .resources import Body, Resource
from .routing import Call, Routes
from .world import Operation

if TYPE_CHECKING:
    from .simulator import Simulator

routes = Routes()

TYPE = "Microsoft.HybridCompute/machines/licenseProfiles"
ADDED_FEATURE = "WindowsServerAzureArcMgmt"
FREE_SINCE = datetime(2026, 5, 19, tzinfo=UTC)
"""Since then hotpatches of Arc-enabled servers cost nothing. Source: Microsoft Learn, manage hot patching on Arc."""
_PROFILE = MACHINE_PATH + "/licenseProfiles/{profile}"
_ON, _OFF = ("Enable", "Enabled", "Enabling"), ("Disable", "Disabled", "Disabling")
_STATES = (*_ON, *_OFF, "Unknown", "Failed")
_PRODUCTS = ("WindowsServer", "WindowsIoTEnterprise")
WRITE, DELETE = f"{arc_operations.KIND}licence.write", f"{arc_operations.KIND}licence.delete"


def _id(call: Call) -> str:
    return f"{machine_of_call(call).id}/licenseProfiles/{call.params['profile']}"


def _found(call: Call) -> Resource:
    found = call.world.resources.get(_id(call))
    if found is None:
        raise resource_not_found(TYPE, f"{call.params['machine']}/{call.params['profile']}", call.params["group"])
    return found


def _check(body: Mapping[str, object]) -> None:
    check_tags(body)
    if not typed(body, "location", str):
        raise ArmError(400, "LocationRequired", "The location property is required for this definition.")
    choice(body, "properties.productProfile.productType", _PRODUCTS)
    choice(body, "properties.productProfile.subscriptionStatus", _STATES)
    for feature in typed(body, "properties.productProfile.productFeatures", list) or []:
        if not isinstance(feature, dict) or not typed(feature, "name", str):
            raise unseen("ProductFeature", "A product feature has a name.")
        choice(feature, "subscriptionStatus", _STATES)
    typed(body, "properties.softwareAssurance", dict)
    typed(body, "properties.esuProfile", dict)


def _turned(part: Body, at: datetime, *, done: bool) -> None:
    """Move a subscriptionStatus on its way: Enabling, then Enabled, and likewise for off."""
    wanted = str(part.get("subscriptionStatus", "Unknown"))
    if wanted in _ON:
        if done and "enrollmentDate" not in part:
            part["enrollmentDate"] = at.isoformat()
            part.pop("disenrollmentDate", None)
            if at < FREE_SINCE:
                # Without a zone, as recorded.
                first = at.replace(day=1, tzinfo=None) + relativedelta(months=1)
                part["billingStartDate"] = first.strftime("%Y-%m-%dT00:00:00")
        part["subscriptionStatus"] = "Enabled" if done or "enrollmentDate" in part else "Enabling"
    elif wanted in _OFF:
        if done and "enrollmentDate" in part:
            part["disenrollmentDate"] = at.isoformat()
            del part["enrollmentDate"]
        part["subscriptionStatus"] = "Disabled" if done else "Disabling"


def _parts(body: Body) -> list[Body]:
    product: Body | None = body["properties"].get("productProfile")
    return [] if product is None else [product, *(product.get("productFeatures") or [])]


def _write(call: Call, profile: Resource, body: Body, status: int) -> Response:
    before = {str(part.get("name", "")): part for part in _parts(profile.body)}
    body.update(id=profile.id, name=profile.name, type=TYPE)
    body.setdefault("properties", {})
    product = body["properties"].get("productProfile")
    if product is not None:
        features = product.setdefault("productFeatures", [])
        if not any(str(each.get("name")).lower() == ADDED_FEATURE.lower() for each in features):
            features.append({"name": ADDED_FEATURE, "subscriptionStatus": "Enable"})
    for part in _parts(body):
        dates = before.get(str(part.get("name", "")), {})
        part.update({name: dates[name] for name in ("enrollmentDate", "billingStartDate") if name in dates})
        _turned(part, call.now, done=False)
    body["properties"]["provisioningState"] = "Creating" if status == 201 else "Updating"
    profile.body = body
    operation = _start(call, profile, WRITE)
    headers = {} if operation.ended is not None else arc_operations.headers(call, operation)
    return Response.of_json(status, profile.body, headers)


def _start(call: Call, profile: Resource, kind: str) -> Operation:
    return operations.start(
        call.simulator,
        profile,
        kind,
        subscription=call.subscription.id,
        location=str(profile.body.get("location", "eastus")),
        duration=call.world.settings.operation_time,
    )


@operations.finisher(WRITE)
def finish_write(simulator: Simulator, operation: Operation) -> None:
    """What was being enabled is enabled; the machine's guest takes note."""
    profile = simulator.world.resources.get(operation.resource_id)
    if profile is None:
        return
    now = simulator.clock.now()
    for part in _parts(profile.body):
        _turned(part, now, done=True)
    profile.properties["provisioningState"] = "Succeeded"
    profile.facts.setdefault("enabled", now.isoformat())
    _tell_machine(simulator, profile.id)


@operations.finisher(DELETE)
def finish_delete(simulator: Simulator, operation: Operation) -> None:
    """The profile is gone."""
    simulator.world.resources.remove(operation.resource_id)
    _tell_machine(simulator, operation.resource_id)


def _tell_machine(simulator: Simulator, profile_id: str) -> None:
    machine = simulator.world.resources.get(profile_id.rsplit("/", 2)[0])
    if machine is not None:
        simulator.patching.before_change(machine)
        simulator.patching.after_write(machine)


@routes.route("GET", _PROFILE, "LicenseProfiles_Get")
def show(call: Call) -> Response:
    """Show the profile."""
    return Response.of_json(200, _found(call).body)


@routes.route("GET", MACHINE_PATH + "/licenseProfiles", "LicenseProfiles_List")
def list_of_machine(call: Call) -> Response:
    """List the profiles of a machine: none or one."""
    found = call.world.resources.get(f"{machine_of_call(call).id}/licenseProfiles/default")
    return Response.of_json(200, {"value": [] if found is None else [found.body]})


@routes.route("PUT", _PROFILE, "LicenseProfiles_CreateOrUpdate")
def put(call: Call) -> Response:
    """Create (201) or replace (200) the profile ``default``."""
    machine, profile_id = machine_of_call(call), _id(call)
    if call.params["profile"].lower() != "default":
        raise unseen("LicenseProfileName", "A licence profile is named 'default'.")
    body = without_nulls(call.object())
    _check(body)
    profile = call.world.resources.get(profile_id)
    call.simulator.patching.before_change(machine)
    if profile is not None:
        operations.refuse_while_running(profile)
        return _write(call, profile, body, 200)
    profile = Resource(profile_id, TYPE, {"properties": {}}, call.now)
    call.world.resources.put(profile)
    return _write(call, profile, body, 201)


@routes.route("PATCH", _PROFILE, "LicenseProfiles_Update")
def patch(call: Call) -> Response:
    """Change only what is given: 202 with the whole body. Features are replaced as a list."""
    profile = _found(call)
    operations.refuse_while_running(profile)
    body: Body = merge(copy.deepcopy(profile.body), call.object())
    _check(body)
    return _write(call, profile, body, 202)


@routes.route("DELETE", _PROFILE, "LicenseProfiles_Delete")
def delete(call: Call) -> Response:
    """Delete the profile: 202, or 204 when there is none."""
    profile = call.world.resources.get(_id(call))
    if profile is None:
        return Response.empty(204)
    operations.refuse_while_running(profile)
    profile.properties["provisioningState"] = "Deleting"
    operation = _start(call, profile, DELETE)
    return Response.empty(202, arc_operations.headers(call, operation))
