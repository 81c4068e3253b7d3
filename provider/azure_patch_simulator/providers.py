"""Resource providers of a subscription: states, (re-)registration, resource types.

Registering is not a long-running operation: POST answers 200 and the state is read until it is Registered.
Source: azure-mgmt-resource 26 (api 2025-04-01) and recorded traffic.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from .errors import ArmError
from .http import Response
from .replicas import reading_instant
from .resources import Body
from .routing import Call, Routes
from .subscriptions import LOCATIONS
from .timelines import Timeline
from .world import ProviderRegistration, Subscription, Synchronisation

routes = Routes()

_COMPUTE = ["2026-04-01", "2025-04-01", "2024-11-01", "2024-07-01", "2023-09-01", "2022-11-01", "2021-03-01"]
_MAINTENANCE = ["2023-04-01", "2021-09-01-preview"]
_ARC = ["2026-07-15", "2025-01-13", "2024-07-10"]
RESOURCE_TYPES: dict[str, dict[str, list[str]]] = {
    "Microsoft.Compute": {
        "virtualMachines": _COMPUTE,
        "virtualMachines/extensions": _COMPUTE,
        "availabilitySets": _COMPUTE,
        "virtualMachineScaleSets": _COMPUTE,
        "disks": ["2024-03-02"],
        "locations": _COMPUTE,
        "locations/operations": _COMPUTE,
    },
    "Microsoft.Maintenance": {
        "maintenanceConfigurations": _MAINTENANCE,
        "configurationAssignments": _MAINTENANCE,
        "applyUpdates": _MAINTENANCE,
        "updates": _MAINTENANCE,
    },
    "Microsoft.HybridCompute": {"machines": _ARC, "machines/licenseProfiles": _ARC, "licenses": _ARC},
    "Microsoft.ResourceGraph": {"resources": ["2021-03-01"]},
    "Microsoft.Features": {"features": ["2021-07-01"], "subscriptionFeatureRegistrations": ["2021-07-01"]},
    "Microsoft.Resources": {"resourceGroups": ["2025-04-01", "2024-11-01"], "subscriptions": ["2022-12-01"]},
    "Microsoft.Network": {
        "networkInterfaces": ["2024-05-01"],
        "networkSecurityGroups": ["2024-05-01"],
        "publicIPAddresses": ["2024-05-01"],
        "virtualNetworks": ["2024-05-01"],
        "virtualNetworks/subnets": ["2024-05-01"],
    },
    "Microsoft.Storage": {"storageAccounts": ["2024-01-01"]},
    "Microsoft.EventGrid": {"systemTopics": ["2025-02-15"], "eventSubscriptions": ["2025-02-15"]},
}
ALWAYS_REGISTERED = frozenset({"microsoft.features", "microsoft.resources", "microsoft.resourcegraph"})
_NAMES = {namespace.lower(): namespace for namespace in RESOURCE_TYPES}


def registration_of(call: Call, namespace: str) -> ProviderRegistration:
    """Return the provider's registration in the call's subscription, made from the world's default when untouched."""
    return _registration(call, call.subscription, namespace)


def _registration(call: Call, subscription: Subscription, namespace: str) -> ProviderRegistration:
    key = namespace.lower()
    registration = subscription.providers.get(key)
    if registration is None:
        from_start = key in ALWAYS_REGISTERED or key in {
            name.lower() for name in call.world.settings.registered_providers
        }
        registration = ProviderRegistration(Timeline("Registered" if from_start else "NotRegistered"))
        subscription.providers[key] = registration
    return registration


def require_registered(call: Call, namespace: str) -> None:
    """Raise the 409 that makes clients register a provider by themselves.

    Its text ends with no quoted word after the namespace: azure-mgmt-core finds the namespace with the greedy
    expression ``.*'(.*)'``.
    """
    if namespace.lower() in ALWAYS_REGISTERED or namespace.lower() not in _NAMES:
        return
    if registration_of(call, namespace).states.state_at(call.now) not in ("Registered", "Registering"):
        raise ArmError(
            409,
            "MissingSubscriptionRegistration",
            f"The subscription is not registered to use namespace '{_NAMES[namespace.lower()]}'. "
            "See https://aka.ms/rps-not-found for how to register subscriptions.",
        )


def _known(call: Call) -> str:
    wanted = call.params["namespace"]
    name = _NAMES.get(wanted.lower())
    if name is None:
        raise ArmError(404, "InvalidResourceNamespace", f"The resource namespace '{wanted}' is invalid.")
    return name


def _body(call: Call, namespace: str, instant: datetime) -> Body:
    types: list[dict[str, Any]] = [
        {
            "resourceType": name,
            "locations": list(LOCATIONS.values()),
            "apiVersions": versions,
            "defaultApiVersion": versions[0],
            "capabilities": "SupportsTags, SupportsLocation",
        }
        for name, versions in RESOURCE_TYPES[namespace].items()
    ]
    return {
        "id": f"/subscriptions/{call.subscription.id}/providers/{namespace}",
        "namespace": namespace,
        "resourceTypes": types,
        "registrationState": registration_of(call, namespace).states.state_at(instant),
        "registrationPolicy": "RegistrationRequired",
    }


@routes.route("GET", "/subscriptions/{subscription}/providers", "Providers_List")
def list_all(call: Call) -> Response:
    """List the providers the simulator has."""
    instant = reading_instant(call)
    return Response.of_json(200, {"value": [_body(call, namespace, instant) for namespace in RESOURCE_TYPES]})


@routes.route("GET", "/subscriptions/{subscription}/providers/{namespace}", "Providers_Get")
def show(call: Call) -> Response:
    """Show a provider as the replica whose turn it is sees it."""
    return Response.of_json(200, _body(call, _known(call), reading_instant(call)))


@routes.route("POST", "/subscriptions/{subscription}/providers/{namespace}/register", "Providers_Register")
def register(call: Call) -> Response:
    """Register, or register again: at the end the provider knows the features that were Registered by now."""
    namespace = _known(call)
    registration = registration_of(call, namespace)
    done = call.now + call.world.settings.provider_registration_time
    registration.states.change(call.now, (call.now, "Registering"), (done, "Registered"))
    registration.synchronisations.append(Synchronisation(call.now, done))
    return Response.of_json(200, _body(call, namespace, call.now))


@routes.route("POST", "/subscriptions/{subscription}/providers/{namespace}/unregister", "Providers_Unregister")
def unregister(call: Call) -> Response:
    """Unregister."""
    namespace = _known(call)
    registration = registration_of(call, namespace)
    if registration.states.state_at(call.now) in ("Registered", "Registering"):
        done = call.now + call.world.settings.provider_registration_time
        registration.states.change(call.now, (call.now, "Unregistering"), (done, "Unregistered"))
    return Response.of_json(200, _body(call, namespace, call.now))
