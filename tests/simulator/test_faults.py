"""Faults on request, in process and through the control endpoint."""

from datetime import timedelta
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ServiceResponseError
from azure.mgmt.compute import ComputeManagementClient

from azure_patch_simulator import SUBSCRIPTION_ID, Answer, Delay, Drop, match, throttled
from tests.simulator.asking import MACHINE, MACHINES, START, Client, code_of, update


def compute(azure: Client) -> ComputeManagementClient:
    return ComputeManagementClient(
        azure.simulator.credential(), SUBSCRIPTION_ID, transport=azure.simulator.transport(), polling_interval=1
    )


def test_a_throttled_read_is_repeated_by_the_sdk_after_the_time_it_was_told(azure: Client) -> None:
    azure.simulator.faults.add(match("GET", "virtualMachines/vm-web-1$"), times=2, response=throttled(7))
    assert compute(azure).virtual_machines.get("rg-contoso", "vm-web-1").name == "vm-web-1"
    assert [entry.status for entry in azure.simulator.journal] == [429, 429, 200]
    assert azure.simulator.clock.now() == START + timedelta(seconds=14)


def test_a_throttled_write_without_a_time_is_an_error_at_once(azure: Client) -> None:
    azure.simulator.faults.add(match("PATCH"), response=throttled(None))
    with pytest.raises(HttpResponseError) as raised:
        compute(azure).virtual_machines.begin_update("rg-contoso", "vm-web-1", update({"tags": {}}))
    assert raised.value.status_code == 429
    assert [entry.status for entry in azure.simulator.journal] == [429]


def test_a_dropped_answer_leaves_the_work_done(azure: Client) -> None:
    azure.simulator.faults.add(match("PATCH", MACHINE), response=Drop())
    with pytest.raises(ServiceResponseError, match="Connection aborted"):
        compute(azure).virtual_machines.begin_update(
            "rg-contoso", "vm-web-1", update({"tags": {"a": "b"}}), retry_total=0
        )
    assert azure.get(MACHINE)["tags"] == {"a": "b"}
    assert azure.simulator.journal.select(method="PATCH")[0].dropped


def test_a_request_dropped_before_the_work_leaves_nothing_done(azure: Client) -> None:
    azure.simulator.faults.add(match("DELETE"), response=Drop(before=True))
    assert azure.ask("DELETE", MACHINE).dropped
    assert azure.get(MACHINE)["properties"]["provisioningState"] == "Succeeded"


def test_a_delayed_answer_lets_time_pass(azure: Client) -> None:
    azure.simulator.faults.add(match(path="virtualMachines$"), response=Delay(timedelta(minutes=3)))
    assert len(list(compute(azure).virtual_machines.list("rg-contoso"))) == 4
    assert azure.simulator.clock.now() == START + timedelta(minutes=3)


def test_faults_strike_in_order_and_only_what_they_match(azure: Client) -> None:
    azure.simulator.faults.add(match("GET", "vm-web-2"), times=None, response=Answer(503, "Busy", "Later."))
    azure.simulator.faults.add(match("GET", "VM-WEB-2"), response=Answer(500, "Never", "reached"))
    assert azure.ask("GET", MACHINE).status == 200
    assert [azure.ask("GET", f"{MACHINES}/vm-web-2").status for _ in range(3)] == [503, 503, 503]
    azure.simulator.faults.clear()
    assert azure.ask("GET", f"{MACHINES}/vm-web-2").status == 200


@pytest.mark.parametrize(
    ("fault", "statuses"),
    [
        ({"path": "vm-web-1", "throttle": 3, "times": 2}, [429, 429, 200]),
        ({"method": "GET", "answer": {"status": 502, "code": "BadGateway", "message": "x"}}, [502, 200, 200]),
        ({"method": "get", "path": "(?i)vm-web", "answer": {"status": 418}}, [418, 200, 200]),
        ({"method": "PUT", "path": "", "throttle": 1}, [200, 200, 200]),
    ],
)
def test_faults_can_be_added_over_http(azure: Client, fault: dict[str, Any], statuses: list[int]) -> None:
    assert azure.ask("POST", "/simulator/faults", fault).json() == {"pending": 1}
    assert [azure.ask("GET", MACHINE).status for _ in range(3)] == statuses


@pytest.mark.parametrize(
    "fault",
    [
        {},
        {"path": "("},
        {"path": "(", "throttle": 1},
        {"times": 0, "throttle": 1},
        {"times": True, "throttle": 1},
        {"answer": {"status": 200}},
        {"drop": "sometimes"},
        {"delay_seconds": -1},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(azure: Client, fault: dict[str, Any]) -> None:
    refused = azure.ask("POST", "/simulator/faults", fault)
    assert (refused.status, code_of(refused)) == (400, "SimulatorRuleControl")
