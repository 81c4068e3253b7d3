"""Subscriptions, tenants, locations."""

from __future__ import annotations

from typing import Any

from .http import Response
from .routing import Call, Routes
from .world import Subscription

routes = Routes()

LOCATIONS = {
    "eastus": "East US",
    "eastus2": "East US 2",
    "centralus": "Central US",
    "northcentralus": "North Central US",
    "southcentralus": "South Central US",
    "westus": "West US",
    "westus2": "West US 2",
    "westus3": "West US 3",
    "canadacentral": "Canada Central",
    "northeurope": "North Europe",
    "westeurope": "West Europe",
    "uksouth": "UK South",
    "ukwest": "UK West",
    "francecentral": "France Central",
    "germanywestcentral": "Germany West Central",
    "switzerlandnorth": "Switzerland North",
    "swedencentral": "Sweden Central",
    "japaneast": "Japan East",
    "japanwest": "Japan West",
    "southeastasia": "Southeast Asia",
    "eastasia": "East Asia",
    "australiaeast": "Australia East",
    "centralindia": "Central India",
    "brazilsouth": "Brazil South",
}


def _body(call: Call, subscription: Subscription) -> dict[str, Any]:
    return {
        "id": f"/subscriptions/{subscription.id}",
        "authorizationSource": "RoleBased",
        "subscriptionId": subscription.id,
        "tenantId": call.world.tenant_id,
        "displayName": subscription.display_name,
        "state": call.world.settings.subscription_state,
        "managedByTenants": [],
    }


@routes.route("GET", "/subscriptions", "Subscriptions_List")
def list_all(call: Call) -> Response:
    """List the subscriptions."""
    found = [_body(call, subscription) for subscription in call.world.subscriptions.values()]
    return Response.of_json(200, {"value": found, "count": {"type": "Total", "value": len(found)}})


@routes.route("GET", "/subscriptions/{subscription}", "Subscriptions_Get")
def show(call: Call) -> Response:
    """Show one subscription."""
    return Response.of_json(200, _body(call, call.subscription))


@routes.route("GET", "/tenants", "Tenants_List")
def list_tenants(call: Call) -> Response:
    """List the one tenant."""
    tenant = call.world.tenant_id
    return Response.of_json(
        200, {"value": [{"id": f"/tenants/{tenant}", "tenantId": tenant, "displayName": "Contoso"}]}
    )


@routes.route("GET", "/subscriptions/{subscription}/locations", "Subscriptions_ListLocations")
def list_locations(call: Call) -> Response:
    """List regions; a selection, not all that Azure has."""
    base = f"/subscriptions/{call.subscription.id}/locations"
    found = [
        {"id": f"{base}/{name}", "name": name, "type": "Region", "displayName": title, "regionalDisplayName": title}
        for name, title in LOCATIONS.items()
    ]
    return Response.of_json(200, {"value": found})
