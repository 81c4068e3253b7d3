"""Preview features: the classic family (``features``) and the newer one (``subscriptionFeatureRegistrations``).

Source of shapes and states: azure-mgmt-resource-features 1.0.0 (api 2021-07-01) and recorded traffic.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from .errors import unseen
from .http import Response
from .replicas import reading_instant
from .resources import Body
from .routing import Call, Routes
from .settings import FeatureDefinition, Settings
from .timelines import Timeline

routes = Routes()

_CLASSIC = "/subscriptions/{subscription}/providers/Microsoft.Features/providers/{namespace}/features"
_REGISTRATIONS = (
    "/subscriptions/{subscription}/providers/Microsoft.Features/featureProviders/{namespace}"
    "/subscriptionFeatureRegistrations"
)
_UNSET = Timeline("NotRegistered")


def _wanted(call: Call) -> FeatureDefinition:
    feature = call.world.feature(call.params["feature"], call.params["namespace"])
    if feature is None:
        # The text is the title of a public issue (Azure/azure-cli 32059); the code was not seen.
        name = call.params["feature"]
        raise unseen("FeatureNotFound", f"The feature '{name}' could not be found.", status=404, real_text=True)
    return feature


def _line(call: Call, feature: FeatureDefinition) -> Timeline:
    return call.subscription.features.setdefault(feature.key, Timeline("NotRegistered"))


def _state(call: Call, feature: FeatureDefinition, instant: datetime) -> str:
    return call.subscription.features.get(feature.key, _UNSET).state_at(instant)


def _duration(settings: Settings, feature: FeatureDefinition) -> timedelta:
    own = feature.registration_time
    return settings.feature_registration_time if own is None else own


def _register(call: Call, feature: FeatureDefinition, *, at_once: bool) -> None:
    line = _line(call, feature)
    if line.state_at(call.now) in ("Registering", "Registered", "Pending"):
        return
    if feature.approval == "ApprovalRequired":
        line.change(call.now, (call.now, "Pending"))
    elif at_once:
        line.change(call.now, (call.now, "Registered"))
    elif feature.stuck:
        line.change(call.now, (call.now, "Registering"))
    else:
        done = call.now + _duration(call.world.settings, feature)
        line.change(call.now, (call.now, "Registering"), (done, "Registered"))


def _unregister(call: Call, feature: FeatureDefinition) -> None:
    line = _line(call, feature)
    if line.state_at(call.now) in ("Registering", "Registered", "Pending"):
        done = call.now + _duration(call.world.settings, feature)
        line.change(call.now, (call.now, "Unregistering"), (done, "Unregistered"))


def _classic(call: Call, feature: FeatureDefinition, state: str) -> Body:
    return {
        "properties": {"state": state},
        "id": f"/subscriptions/{call.subscription.id}/providers/Microsoft.Features/providers/{feature.namespace}"
        f"/features/{feature.name}",
        "type": "Microsoft.Features/providers/features",
        "name": f"{feature.namespace}/{feature.name}",
    }


def _list_classic(call: Call, namespace: str | None) -> Response:
    instant = reading_instant(call)
    found = [
        _classic(call, feature, _state(call, feature, instant))
        for feature in call.world.settings.features
        if namespace is None or feature.namespace.lower() == namespace.lower()
    ]
    return Response.of_json(200, {"value": found})


@routes.route("GET", "/subscriptions/{subscription}/providers/Microsoft.Features/features", "Features_ListAll")
def list_all(call: Call) -> Response:
    """List the features of all providers."""
    return _list_classic(call, None)


@routes.route("GET", _CLASSIC, "Features_List")
def list_of_provider(call: Call) -> Response:
    """List the features of one provider."""
    return _list_classic(call, call.params["namespace"])


@routes.route("GET", _CLASSIC + "/{feature}", "Features_Get")
def show(call: Call) -> Response:
    """Show a feature as the replica whose turn it is sees it."""
    feature = _wanted(call)
    return Response.of_json(200, _classic(call, feature, _state(call, feature, reading_instant(call))))


@routes.route("POST", _CLASSIC + "/{feature}/register", "Features_Register")
def register(call: Call) -> Response:
    """Register: Registering (or Pending) at first, Registered some time later; nothing changes when it already is."""
    feature = _wanted(call)
    _register(call, feature, at_once=False)
    return Response.of_json(200, _classic(call, feature, _state(call, feature, call.now)))


@routes.route("POST", _CLASSIC + "/{feature}/unregister", "Features_Unregister")
def unregister(call: Call) -> Response:
    """Unregister: Unregistering at first, Unregistered some time later."""
    feature = _wanted(call)
    _unregister(call, feature)
    return Response.of_json(200, _classic(call, feature, _state(call, feature, call.now)))


def _registration(call: Call, feature: FeatureDefinition, instant: datetime) -> Body:
    line = call.subscription.features.get(feature.key, _UNSET)
    state = line.state_at(instant)
    properties: dict[str, Any] = {
        "tenantId": call.world.tenant_id,
        "subscriptionId": call.subscription.id,
        "featureName": feature.name,
        "displayName": feature.name,
        "providerNamespace": feature.namespace,
        "state": state,
        "approvalType": feature.approval,
        "metadata": {},
        "shouldFeatureDisplayInPortal": False,
    }
    entered = line.entered_at(instant)
    if state == "Registered" and entered is not None:
        properties["registrationDate"] = entered.isoformat()
    return {
        "id": f"/subscriptions/{call.subscription.id}/providers/Microsoft.Features/featureProviders/"
        f"{feature.namespace}/subscriptionFeatureRegistrations/{feature.name}",
        "name": feature.name,
        "type": "microsoft.features/featureproviders/subscriptionfeatureregistrations",
        "properties": properties,
    }


def _has_registration(call: Call, feature: FeatureDefinition, instant: datetime) -> bool:
    return _state(call, feature, instant) not in ("NotRegistered", "Unregistered")


def _list_registrations(call: Call, namespace: str | None) -> Response:
    instant = reading_instant(call)
    found = [
        _registration(call, feature, instant)
        for feature in call.world.settings.features
        if _has_registration(call, feature, instant)
        and (namespace is None or feature.namespace.lower() == namespace.lower())
    ]
    return Response.of_json(200, {"value": found})


@routes.route(
    "GET",
    "/subscriptions/{subscription}/providers/Microsoft.Features/subscriptionFeatureRegistrations",
    "SubscriptionFeatureRegistrations_ListAllBySubscription",
)
def list_registrations(call: Call) -> Response:
    """List the registrations of a subscription."""
    return _list_registrations(call, None)


@routes.route("GET", _REGISTRATIONS, "SubscriptionFeatureRegistrations_ListBySubscription")
def list_registrations_of_provider(call: Call) -> Response:
    """List the registrations for one provider."""
    return _list_registrations(call, call.params["namespace"])


@routes.route("GET", _REGISTRATIONS + "/{feature}", "SubscriptionFeatureRegistrations_Get")
def show_registration(call: Call) -> Response:
    """Show a registration; 404 where there is none (Terraform's azapi relies on that; the code is ours)."""
    feature = _wanted(call)
    instant = reading_instant(call)
    if not _has_registration(call, feature, instant):
        raise unseen("NotRegistered", f"The feature '{feature.name}' is not registered.", status=404)
    return Response.of_json(200, _registration(call, feature, instant))


@routes.route("PUT", _REGISTRATIONS + "/{feature}", "SubscriptionFeatureRegistrations_CreateOrUpdate")
def put_registration(call: Call) -> Response:
    """Register; a feature of approval type AutoApproval is Registered at once (recorded traffic)."""
    feature = _wanted(call)
    call.object(required=False)
    _register(call, feature, at_once=feature.approval == "AutoApproval")
    return Response.of_json(200, _registration(call, feature, call.now))


@routes.route("DELETE", _REGISTRATIONS + "/{feature}", "SubscriptionFeatureRegistrations_Delete")
def delete_registration(call: Call) -> Response:
    """Unregister: 200, or 204 where nothing is registered."""
    feature = _wanted(call)
    if not _has_registration(call, feature, call.now):
        return Response.empty(204)
    _unregister(call, feature)
    return Response.empty(200)
