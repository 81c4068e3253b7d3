"""Long-running operations on the wire."""

import re
from datetime import timedelta

import pytest

from azure_patch_simulator import Settings
from tests.simulator.asking import GROUP, MACHINE, MACHINES, START, SUBSCRIPTION, Client, client, code_of

UBUNTU = {"publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server", "version": "latest"}
NEW_MACHINE = {
    "location": "East US",
    "properties": {
        "storageProfile": {"imageReference": UBUNTU},
        "osProfile": {"computerName": "vm-new", "adminUsername": "azureuser", "adminPassword": "not-kept"},
    },
}


def test_a_patch_answers_200_and_is_updating_until_its_operation_ends(azure: Client) -> None:
    accepted = azure.ask("PATCH", MACHINE, {"tags": {"tier": "web"}})
    assert accepted.status == 200
    assert accepted.json()["properties"]["provisioningState"] == "Updating"
    poll = accepted.headers["azure-asyncoperation"]
    assert re.fullmatch(
        r"https://management\.azure\.com/subscriptions/[-0-9a-f]{36}/providers/Microsoft\.Compute/locations/eastus"
        r"/operations/[-0-9a-f]{36}\?p=[-0-9a-f]{36}&api-version=2026-04-01&t=\d+&c=\w+&s=\w+&h=\w+",
        poll,
    )
    assert accepted.headers["retry-after"].isdigit()
    running = azure.get(poll)
    assert running == {"startTime": START.isoformat(), "status": "InProgress", "name": poll.split("/")[-1][:36]}
    azure.simulator.clock.advance(timedelta(seconds=30))
    assert azure.get(poll)["status"] == "Succeeded"
    assert azure.get(poll)["endTime"] == (START + timedelta(seconds=30)).isoformat()
    assert azure.get(MACHINE)["properties"]["provisioningState"] == "Succeeded"


def test_on_a_running_clock_an_operation_is_to_be_asked_for_when_it_ends_and_not_a_second_later() -> None:
    azure = client(settings=Settings(operation_time=timedelta(seconds=2)))
    azure.simulator.clock.set_pace(1)
    assert azure.ask("PATCH", MACHINE, {"tags": {"tier": "web"}}).headers["retry-after"] == "2"


def test_links_lead_to_the_host_the_client_used(azure: Client) -> None:
    accepted = azure.ask("PATCH", f"https://127.0.0.1:8443{MACHINE}", {"tags": {}}, headers={"authorization": ""})
    assert accepted.status == 401
    token = azure.token("https://127.0.0.1:8443/.default")
    accepted = azure.ask(
        "PATCH", f"https://127.0.0.1:8443{MACHINE}", {"tags": {}}, headers={"authorization": f"Bearer {token}"}
    )
    assert accepted.headers["azure-asyncoperation"].startswith("https://127.0.0.1:8443/subscriptions/")


def test_a_created_machine_answers_201_with_creating_and_only_the_operation_header(azure: Client) -> None:
    accepted = azure.ask("PUT", f"{MACHINES}/vm-new", NEW_MACHINE)
    assert accepted.status == 201
    body = accepted.json()
    assert body["properties"]["provisioningState"] == "Creating"
    assert body["location"] == "eastus"
    assert "adminPassword" not in body["properties"]["osProfile"]
    assert "azure-asyncoperation" in accepted.headers
    assert "location" not in accepted.headers
    assert accepted.headers["retry-after"] == "10"


def test_a_delete_answers_202_with_both_headers_and_the_machine_is_gone_at_the_end(azure: Client) -> None:
    accepted = azure.ask("DELETE", MACHINE)
    assert accepted.status == 202
    assert accepted.body == b""
    monitor = accepted.headers["location"]
    assert "&monitor=true&api-version=" in monitor
    assert azure.ask("GET", monitor).status == 202
    assert azure.get(MACHINE)["properties"]["provisioningState"] == "Deleting"
    azure.simulator.clock.advance(timedelta(seconds=30))
    assert azure.ask("GET", monitor).status == 204
    assert azure.ask("GET", MACHINE).status == 404
    assert azure.ask("DELETE", MACHINE).status == 204


def test_without_an_operation_time_a_write_is_done_with_its_answer() -> None:
    azure = client(Settings(operation_time=timedelta(0)))
    done = azure.ask("PATCH", MACHINE, {"tags": {"a": "b"}})
    assert done.status == 200
    assert done.json()["properties"]["provisioningState"] == "Succeeded"
    assert "azure-asyncoperation" not in done.headers
    assert azure.ask("PUT", f"{MACHINES}/vm-new", NEW_MACHINE).json()["properties"]["provisioningState"] == "Succeeded"
    assert azure.ask("DELETE", MACHINE).status == 200


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_a_second_write_during_an_operation_is_a_conflict_of_our_own_code(azure: Client, method: str) -> None:
    azure.ask("PATCH", MACHINE, {"tags": {}})
    refused = azure.ask(method, MACHINE, {"location": "eastus", "properties": {}})
    assert refused.status == 409
    assert code_of(refused) == "SimulatorRuleWriteInProgress"
    assert "retry-after" not in refused.headers
    azure.simulator.clock.advance(timedelta(seconds=30))
    assert azure.ask("PATCH", MACHINE, {"tags": {}}).status == 200


def test_a_deleted_group_takes_its_machines_along_after_202s_with_a_location_only(azure: Client) -> None:
    accepted = azure.ask("DELETE", GROUP)
    assert accepted.status == 202
    assert "azure-asyncoperation" not in accepted.headers
    assert f"{SUBSCRIPTION}/operationresults/" in accepted.headers["location"]
    assert azure.ask("GET", accepted.headers["location"]).status == 202
    azure.simulator.clock.advance(timedelta(seconds=30))
    finished = azure.ask("GET", accepted.headers["location"])
    assert (finished.status, finished.body) == (200, b"")
    assert azure.ask("HEAD", GROUP).status == 404
    assert code_of(azure.ask("GET", MACHINE)) == "ResourceGroupNotFound"


def test_an_operation_is_not_found_in_another_subscription() -> None:
    azure = client()
    azure.simulator.world.add_subscription("00000000-0000-0000-0000-000000000002")
    poll = azure.ask("PATCH", MACHINE, {"tags": {}}).headers["azure-asyncoperation"]
    elsewhere = poll.replace("000000000001", "000000000002")
    assert azure.ask("GET", elsewhere).status == 404
