"""What a machine needs of the network is kept as it was sent."""

from typing import Any

from tests.simulator.asking import GROUP, Client, code_of

NETWORK = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/vnet"
SUBNET = f"{NETWORK}/subnets/servers"
INTERFACE = f"{GROUP}/providers/Microsoft.Network/networkInterfaces/nic"


def test_a_network_is_created_replaced_and_deleted_with_its_subnets(azure: Client) -> None:
    body: dict[str, Any] = {"location": "eastus", "properties": {"addressSpace": {"addressPrefixes": ["192.0.2.0/24"]}}}
    assert azure.ask("PUT", NETWORK, body).status == 201
    assert azure.ask("PUT", SUBNET, {"properties": {"addressPrefix": "192.0.2.0/25"}}).status == 201
    assert azure.ask("PUT", NETWORK, {**body, "tags": {"owner": "contoso"}}).status == 200
    found = azure.get(NETWORK)
    assert found["type"] == "Microsoft.Network/virtualNetworks"
    assert found["properties"] == {**body["properties"], "provisioningState": "Succeeded"}
    assert azure.get(SUBNET)["name"] == "servers"
    assert azure.ask("DELETE", NETWORK).status == 200
    assert code_of(azure.ask("GET", SUBNET)) == "ResourceNotFound"
    assert azure.ask("DELETE", NETWORK).status == 204


def test_an_interface_needs_a_group(azure: Client) -> None:
    elsewhere = INTERFACE.replace("rg-contoso", "rg-elsewhere")
    assert code_of(azure.ask("PUT", elsewhere, {"location": "eastus"})) == "ResourceGroupNotFound"
