"""Faults on request, in process and through the control endpoint."""

from datetime import timedelta
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ServiceResponseError
from azure.mgmt.compute import ComputeManagementClient

from azure_patch_simulator import SUBSCRIPTION_ID, Answer, Delay, Drop, Expire, Jump, Slow, failing, match, throttled
from tests.simulator.asking import MACHINE, MACHINES, START, Client, client, code_of, update


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


def test_a_slowed_operation_ends_later_and_only_that_one(azure: Client) -> None:
    azure.simulator.faults.add(match("PATCH", "vm-web-1"), response=Slow(timedelta(hours=1)))
    slow = azure.ask("PATCH", MACHINE, {"tags": {}}).headers["azure-asyncoperation"]
    quick = azure.ask("PATCH", f"{MACHINES}/vm-web-2", {"tags": {}}).headers["azure-asyncoperation"]
    azure.simulator.clock.advance(timedelta(minutes=59))
    assert [azure.get(poll)["status"] for poll in (slow, quick)] == ["InProgress", "Succeeded"]
    azure.simulator.clock.advance(timedelta(seconds=90))
    assert azure.get(slow)["endTime"] == (START + timedelta(hours=1, seconds=30)).isoformat()


def test_the_clock_can_jump_under_a_request(azure: Client) -> None:
    azure.simulator.faults.add(match("GET"), response=Jump(timedelta(days=2)))
    azure.ask("PATCH", MACHINE, {"tags": {}})
    assert azure.get(MACHINE)["properties"]["provisioningState"] == "Succeeded"
    assert azure.simulator.clock.now() == START + timedelta(days=2)


def test_tokens_expire_and_a_new_one_opens_the_door_again(azure: Client) -> None:
    old = {"authorization": f"Bearer {azure.token()}"}
    azure.simulator.faults.add(match("GET", "vm-web-1"), response=Expire())
    answers = [azure.ask("GET", MACHINE, headers=old) for _ in range(2)]
    assert [(answer.status, code_of(answer)) for answer in answers] == [(401, "ExpiredAuthenticationToken")] * 2
    assert azure.ask("GET", MACHINE).status == 200
    assert azure.ask("POST", "/simulator/tokens/expire").status == 200
    assert azure.ask("GET", MACHINE, headers=old).status == 401


@pytest.mark.parametrize("status", [409, 500, 502, 503, 504])
def test_failures_of_the_service_are_arm_errors(azure: Client, status: int) -> None:
    azure.simulator.faults.add(match("GET"), response=failing(status, 3))
    answer = azure.ask("GET", MACHINE)
    assert (answer.status, answer.headers["retry-after"]) == (status, "3")
    assert code_of(answer)


def stormy(seed: int, chance: float) -> list[tuple[int, bool]]:
    azure = client(seed=seed)
    azure.simulator.faults.storm(chance)
    for _ in range(400):
        azure.ask("GET", MACHINE)
    return [(entry.status, entry.dropped) for entry in azure.simulator.journal]


def test_a_storm_is_the_same_for_the_same_seed_and_as_strong_as_it_was_asked_for() -> None:
    assert stormy(1, 0.3) == stormy(1, 0.3) != stormy(2, 0.3)
    troubled = [seen for seen in stormy(3, 0.5) if seen != (200, False)]
    # Of nine kinds of trouble, two (a delay, a slow operation) leave a read as it is.
    assert 110 < len(troubled) < 200
    assert {status for status, _ in troubled} == {200, 429, 500, 502, 503, 504}


def test_the_sdk_gets_through_a_storm(azure: Client) -> None:
    azure.simulator.faults.storm(0.3)
    sdk = ComputeManagementClient(
        azure.simulator.credential(),
        SUBSCRIPTION_ID,
        transport=azure.simulator.transport(),
        polling_interval=1,
        retry_total=50,
        retry_status=50,
        retry_read=50,
        retry_connect=50,
    )
    for _ in range(20):
        assert sdk.virtual_machines.get("rg-contoso", "vm-web-1").name == "vm-web-1"


def test_a_fault_of_chance_strikes_as_often_as_it_is_told(azure: Client) -> None:
    azure.simulator.faults.add(match("GET"), response=failing(503), times=5, chance=0.25)
    statuses = [azure.ask("GET", MACHINE).status for _ in range(200)]
    assert statuses.count(503) == 5
    assert statuses[:5] != [503] * 5
    with pytest.raises(ValueError, match="chance"):
        azure.simulator.faults.add(match("GET"), response=failing(503), chance=0)


@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        ({"fail": 504}, 504),
        ({"expire": True}, 401),
        ({"jump_seconds": 60}, 200),
        ({"slow_seconds": 60}, 200),
        ({"storm": 1}, None),
    ],
)
def test_every_kind_of_fault_can_be_added_over_http(azure: Client, fault: dict[str, Any], seen: int | None) -> None:
    assert azure.ask("POST", "/simulator/faults", fault).json()["pending"] == (9 if seen is None else 1)
    answer = azure.ask("GET", MACHINE, headers={"authorization": f"Bearer {azure.token()}"})
    assert seen is None or answer.status == seen
    assert azure.ask("DELETE", "/simulator/faults").json() == {"pending": 0}
