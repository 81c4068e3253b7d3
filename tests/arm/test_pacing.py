"""Requests are made as fast as Azure says it answers them, and no faster."""

from datetime import datetime, timedelta
from typing import Any

from azure_patch_simulator import SUBSCRIPTION_ID, Answer, World, match
from azure_patch_simulator.inventory import windows_machine
from azure_patch_simulator.throttling import Bucket, ThrottlingSettings, Window
from pulumi_azure_hotpatch.arm.pacing import _Bucket
from pulumi_azure_hotpatch.ids import ResourceId
from tests.handlers.machines import HOTPATCH_SKU
from tests.support.simulated import START, Azure, Settings

QUERY = "resources | project id | order by id asc"


def throttled(machines: int, **limits: Any) -> tuple[Azure, list[ResourceId]]:
    """An Azure that keeps its limits, and its machines."""
    bodies = [
        windows_machine(SUBSCRIPTION_ID, "rg-contoso", f"vm-{number:04}", HOTPATCH_SKU) for number in range(machines)
    ]
    settings = Settings(operation_time=timedelta(0), throttling=ThrottlingSettings(enforced=True, **limits))
    azure = Azure(World.from_inventory(bodies, settings=settings))
    return azure, [ResourceId.parse(body["id"]) for body in bodies]


def change(azure: Azure, machine: ResourceId) -> None:
    """One write."""
    azure.runtime.azure.machines.patch_settings(machine, "windows", {"patchMode": "AutomaticByPlatform"}).poll()


def refusals(azure: Azure) -> int:
    """How many requests were refused because they were too many."""
    return sum(entry.status == 429 for entry in azure.simulator.journal)


def test_a_burst_is_not_held_back_and_the_rest_goes_as_fast_as_the_bucket_is_filled() -> None:
    azure, machines = throttled(500)
    for machine in machines[:190]:
        change(azure, machine)
    assert azure.passed == timedelta(0)
    for machine in machines[190:]:
        change(azure, machine)
    assert refusals(azure) == 0
    # 200 at once, then ten a second.
    assert timedelta(seconds=30) <= azure.passed <= timedelta(seconds=31)


def test_reads_and_writes_are_counted_apart() -> None:
    azure, machines = throttled(260)
    for machine in machines:
        azure.runtime.azure.machines.get(machine)
    passed = azure.passed
    assert timedelta(0) < passed <= timedelta(seconds=1)
    change(azure, machines[0])
    assert azure.passed == passed


def test_where_less_is_granted_than_documented_a_refusal_holds_everybody_back() -> None:
    azure, machines = throttled(60, writes=Bucket(10, 0.5))
    for machine in machines:
        change(azure, machine)
    assert azure.writes().count("VirtualMachines_Update") - refusals(azure) == 60
    # Each refusal halves the pace, until there are no more of them.
    assert 0 < refusals(azure) <= 8


def test_no_thread_asks_before_the_time_that_another_was_told_to_wait_is_over() -> None:
    azure, machines = throttled(40)
    azure.simulator.faults.add(
        match("PATCH", "vm-0000$"), response=Answer(429, "TooManyRequests", "Wait.", {"retry-after": "30"})
    )
    for machine in machines:
        change(azure, machine)
    refused, *after = [entry for entry in azure.simulator.journal if entry.method == "PATCH"]
    assert refused.status == 429
    assert {entry.status for entry in after} == {200}
    assert min(entry.instant for entry in after) >= START + timedelta(seconds=30)


def test_queries_wait_for_their_quota() -> None:
    azure, _ = throttled(3, graph=Window(4, timedelta(seconds=5)))
    for _ in range(9):
        assert len(list(azure.runtime.azure.graph.query(QUERY, [SUBSCRIPTION_ID]))) >= 3
    assert refusals(azure) == 0
    assert azure.passed == timedelta(seconds=10)


class Still:
    """A clock that moves only as far as somebody waits."""

    def __init__(self) -> None:
        self.instant = START

    def now(self) -> datetime:
        return self.instant

    def sleep_until(self, deadline: datetime) -> None:
        self.instant = max(self.instant, deadline)


def test_a_turn_that_comes_within_a_microsecond_has_come() -> None:
    clock = Still()
    bucket = _Bucket(10.0, left=1 - 1e-9, at=START)
    assert bucket.turn(clock) is None
    late = bucket.turn(clock)
    assert late is not None
    assert late > START
    clock.sleep_until(late)
    assert bucket.turn(clock) is None
