"""How many requests are taken, what is said to be left, and how more are refused."""

from datetime import timedelta
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.mgmt.compute import ComputeManagementClient
from azure.mgmt.compute.models import VirtualMachine
from hypothesis import given
from hypothesis import strategies as st

from azure_patch_simulator import SUBSCRIPTION_ID, Settings
from azure_patch_simulator.throttling import Bucket, ThrottlingSettings, Window
from tests.simulator.asking import GROUP, MACHINE, MACHINES, START, Client, client, code_of, message_of

READS = "x-ms-ratelimit-remaining-subscription-reads"


def enforced(**limits: Any) -> Client:
    return client(Settings(throttling=ThrottlingSettings(enforced=True, **limits)))


def test_every_answer_tells_what_is_left_and_nothing_is_refused_unless_asked_for(azure: Client) -> None:
    for _ in range(300):
        assert azure.ask("GET", MACHINE).headers[READS] == "249"
    assert azure.ask("PATCH", GROUP, {}).headers["x-ms-ratelimit-remaining-subscription-writes"] == "199"
    missing = f"{MACHINES}/none"
    assert azure.ask("DELETE", missing).headers["x-ms-ratelimit-remaining-subscription-deletes"] == "199"
    assert azure.ask("GET", "/subscriptions").headers["x-ms-ratelimit-remaining-tenant-reads"] == "249"
    assert READS in azure.ask("GET", missing).headers
    assert not [name for name in azure.ask("GET", "/simulator/clock").headers if "ratelimit" in name]


def test_an_empty_bucket_refuses_with_the_services_own_words_until_it_is_refilled() -> None:
    azure = enforced(reads=Bucket(3, 0.5))
    assert [azure.ask("GET", MACHINE).headers[READS] for _ in range(3)] == ["2", "1", "0"]
    refused = azure.ask("GET", MACHINE)
    assert (refused.status, code_of(refused)) == (429, "SubscriptionRequestsThrottled")
    assert message_of(refused).startswith(f"Number of 'read' requests for subscription actor '{SUBSCRIPTION_ID}:")
    assert refused.headers["retry-after"] == "2"
    assert azure.ask("PATCH", GROUP, {}).status == 200
    azure.simulator.clock.advance(timedelta(seconds=2))
    assert [azure.ask("GET", MACHINE).status for _ in range(2)] == [200, 429]


def test_the_sdk_waits_as_long_as_it_is_told_and_goes_on() -> None:
    azure = enforced(reads=Bucket(2, 0.1))
    sdk = ComputeManagementClient(azure.simulator.credential(), SUBSCRIPTION_ID, transport=azure.simulator.transport())
    assert [sdk.virtual_machines.get("rg-contoso", "vm-web-1").name for _ in range(4)] == ["vm-web-1"] * 4
    assert [entry.status for entry in azure.simulator.journal] == [200, 200, 429, 200, 429, 200]
    assert azure.simulator.clock.now() == START + timedelta(seconds=20)


def test_subscriptions_and_kinds_of_requests_have_buckets_of_their_own() -> None:
    azure = enforced(reads=Bucket(1, 0.0), writes=Bucket(1, 0.0))
    azure.simulator.world.add_subscription("00000000-0000-0000-0000-000000000002")
    other = "/subscriptions/00000000-0000-0000-0000-000000000002/resourceGroups"
    assert [azure.ask("GET", path).status for path in (MACHINE, other, MACHINE.upper(), other)] == [200, 200, 429, 429]
    assert [azure.ask("PATCH", GROUP, {}).status for _ in range(2)] == [200, 429]
    tenant = [azure.ask("GET", "/subscriptions") for _ in range(2)]
    assert [answer.status for answer in tenant] == [200, 429]
    assert code_of(tenant[1]) == "SimulatorRuleTenantThrottled"


def test_patch_operations_are_counted_by_machine_and_by_subscription() -> None:
    azure = enforced(patches_of_resource=Window(2, timedelta(minutes=30)))
    wait = timedelta(minutes=10)

    def assess(machine: str) -> tuple[int, str]:
        answer = azure.ask("POST", f"{MACHINES}/{machine}/assessPatches")
        azure.simulator.clock.advance(wait)
        return answer.status, answer.headers["x-ms-ratelimit-remaining-resource"]

    def left(subscription: int, machine: int) -> str:
        whole = "Microsoft.Compute/VMGuestPatchOperationSubscriptionMaximum"
        return f"{whole};{subscription},Microsoft.Compute/VMGuestPatchOperationResource;{machine}"

    assert assess("vm-web-1") == (202, left(599, 1))
    assert assess("vm-web-1") == (202, left(598, 0))
    refused = azure.ask("POST", f"{MACHINES}/vm-web-1/assessPatches")
    assert (refused.status, code_of(refused)) == (429, "OperationNotAllowed")
    [reason] = refused.json()["error"]["details"]
    assert (reason["code"], reason["target"]) == ("TooManyRequests", "VMGuestPatchOperationResource")
    assert refused.headers["retry-after"] == "600"
    assert assess("vm-web-2") == (202, left(596, 1))
    assert assess("vm-web-1")[0] == 202


def test_a_create_that_is_throttled_is_repeated_by_the_sdk_as_writes_are() -> None:
    azure = enforced(writes=Bucket(1, 0.2))
    azure.ask("PATCH", GROUP, {})
    sdk = ComputeManagementClient(azure.simulator.credential(), SUBSCRIPTION_ID, transport=azure.simulator.transport())
    body = VirtualMachine({"location": "eastus", "properties": {"osProfile": {"linuxConfiguration": {}}}})
    assert sdk.virtual_machines.begin_create_or_update("rg-contoso", "vm-new", body).result().name == "vm-new"
    assert azure.simulator.journal.select(status=429)[0].operation == "VirtualMachines_CreateOrUpdate"


def test_a_client_that_gives_up_sees_the_code() -> None:
    azure = enforced(reads=Bucket(0, 0.0))
    sdk = ComputeManagementClient(
        azure.simulator.credential(), SUBSCRIPTION_ID, transport=azure.simulator.transport(), retry_total=0
    )
    with pytest.raises(HttpResponseError) as raised:
        sdk.virtual_machines.get("rg-contoso", "vm-web-1")
    assert raised.value.error is not None
    assert raised.value.error.code == "SubscriptionRequestsThrottled"


@given(st.lists(st.integers(0, 5), max_size=40), st.integers(1, 6), st.floats(0.1, 3))
def test_a_bucket_never_gives_more_than_its_size_and_what_flowed_in(
    pauses: list[int], size: int, refill: float
) -> None:
    azure = enforced(reads=Bucket(size, refill))
    taken = 0
    for pause in pauses:
        azure.simulator.clock.advance(timedelta(seconds=pause))
        answer = azure.ask("GET", GROUP)
        taken += answer.status == 200
        passed = (azure.simulator.clock.now() - START).total_seconds()
        assert taken <= size + passed * refill
        assert answer.status == 200 or int(answer.headers["retry-after"]) >= 1
    assert taken == len(pauses) or taken >= size
