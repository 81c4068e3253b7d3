"""What is wrong with one machine of a rollout is that machine's: refused reads, machines that are gone, old rows."""

import re
from datetime import timedelta
from typing import Any

import pytest

from azure_patch_simulator import SUBSCRIPTION_ID
from azure_patch_simulator.faults import Answer, Drop, match
from azure_patch_simulator.inventory import arc_machine
from pulumi_azure_hotpatch.engine.requests import GRAPH_DELAY
from pulumi_azure_hotpatch.errors import ArmError, Interrupted, Refused
from tests.handlers.declared import Declared
from tests.handlers.patching import turn_off
from tests.handlers.rollouts import fleet, ids, installs, later, phases, quick, rollout
from tests.support.simulated import Azure, minutes

ALL: list[dict[str, Any]] = [{"name": "all", "rest": True}]


def forbid(azure: Azure, path: str, status: int = 403, *, method: str = "GET", times: int | None = None) -> None:
    """Let Azure refuse what is asked there."""
    answer: Any = Answer(status, {403: "AuthorizationFailed", 429: "TooManyRequests"}.get(status, "NotFound"), "No.")
    azure.simulator.faults.add(match(method, path), response=answer, times=times)


def halted(resource: Declared) -> str:
    """What a rollout that halts says."""
    with pytest.raises(Refused, match="halted in ring") as stopped:
        resource.bring_about()
    return str(stopped.value)


@pytest.mark.parametrize("status", [403, 500])
def test_a_machine_that_may_not_be_read_has_failed_and_the_others_go_on(status: int) -> None:
    bodies = fleet(4)
    azure = quick(*bodies)
    resource = rollout(azure, ids(bodies), ALL, failureBudget=1, maxConcurrent=2)
    forbid(azure, "vm-001", status)
    state = resource.create()
    assert phases(state) == {"vm-000": "succeeded", "vm-001": "failed", "vm-002": "succeeded", "vm-003": "succeeded"}
    assert re.match(r"could not read it: \w+: No\.$", state.machines[1].error), state.machines[1].error
    assert state.machines[1].activity_id is None
    assert "1 failed: vm-001" in azure.said.text


def test_where_reading_was_refused_is_tried_again_by_the_next_run() -> None:
    bodies = fleet(4)
    azure = quick(*bodies)
    resource = rollout(azure, ids(bodies), [{"name": "canary", "machineIds": ids(bodies)[:2]}, *ALL])
    forbid(azure, "vm-001/instanceView")
    assert "vm-001: could not read its instance view: AuthorizationFailed: No." in halted(resource)
    assert set(installs(azure)) == {"vm-000"}
    azure.new_run()
    assert resource.bring_about().succeeded_count == 4
    assert set(installs(azure).values()) == {1}


def test_nobody_being_reachable_is_no_machines_fault() -> None:
    bodies = fleet(3)
    azure = quick(*bodies)
    resource = rollout(azure, ids(bodies), ALL, failureBudget=3)
    azure.simulator.faults.add(match("GET", "vm-001"), response=Drop(before=True), times=None)
    with pytest.raises(ArmError) as unreachable:
        resource.create()
    assert unreachable.value.is_unreachable
    assert phases(resource.state)["vm-001"] == "waiting"
    azure.new_run()
    assert resource.bring_about().succeeded_count == 3


def test_a_read_that_is_throttled_is_made_later() -> None:
    bodies = fleet(2)
    azure = quick(*bodies)
    # More often than the client itself asks again.
    forbid(azure, "vm-001$", 429, times=15)
    assert rollout(azure, ids(bodies), ALL).create().succeeded_count == 2


def test_a_machine_that_was_busy_and_may_not_be_read_has_failed() -> None:
    bodies = fleet(3)
    azure = quick(*bodies)
    resource = rollout(azure, ids(bodies), ALL, failureBudget=1)
    forbid(azure, "vm-001/installPatches", 409, method="POST")
    watched = azure.simulator.handle

    def handle(request: Any) -> Any:
        response = watched(request)
        if request.path.endswith("vm-001/installPatches"):
            forbid(azure, "vm-001")
        return response

    azure.answer_with(handle)
    state = resource.create()
    assert phases(state) == {"vm-000": "succeeded", "vm-001": "failed", "vm-002": "succeeded"}
    assert state.machines[1].error.startswith("could not read it: ")


def test_a_machine_whose_answer_was_lost_and_that_may_not_be_read_now_is_not_patched_twice() -> None:
    bodies = fleet(3)
    azure = quick(*bodies)
    resource = rollout(azure, ids(bodies), ALL)
    azure.simulator.faults.add(match("POST", "vm-001/installPatches"), response=Drop(before=False))
    with pytest.raises(ArmError):
        resource.create()
    azure.simulator.world.settings.patching.installations_lag = minutes(25)
    azure.new_run()
    forbid(azure, "vm-001")
    assert "vm-001: could not read it" in halted(resource)
    azure.new_run()
    assert resource.bring_about().succeeded_count == 3
    assert set(installs(azure).values()) == {1}


def test_a_machine_that_the_gate_may_not_read_is_not_well_and_looked_at_again() -> None:
    bodies = fleet(4)
    azure = quick(*bodies)
    rings: list[dict[str, Any]] = [{"name": "canary", "machineIds": ids(bodies)[:2], "soak": "1h"}, *ALL]
    resource = rollout(azure, ids(bodies), rings, maxWait="0s")
    assert resource.create().phase == "soaking"
    turn_off(azure, ids(bodies)[1])
    later(azure, timedelta(hours=1))
    forbid(azure, "vm-001/instanceView")
    text = halted(resource)
    assert "1 failed or are unhealthy, and 0 may (vm-001: could not read its instance view: Authorization" in text
    azure.simulator.world.set_power(ids(bodies)[1], running=True)
    azure.new_run()
    assert resource.bring_about().phase == "finished"


def test_the_gate_ends_the_run_where_nobody_can_be_reached() -> None:
    bodies = fleet(2)
    azure = quick(*bodies)
    resource = rollout(azure, ids(bodies), [{"name": "a", "machineIds": ids(bodies)[:1], "soak": "2h"}, *ALL])
    resource.create()
    turn_off(azure, ids(bodies)[0])
    later(azure, timedelta(hours=2))
    azure.simulator.faults.add(match("GET", "vm-000"), response=Drop(before=True), times=None)
    with pytest.raises(ArmError) as unreachable:
        resource.bring_about()
    assert unreachable.value.is_unreachable
    assert resource.state.machines[0].unhealthy is None


def going(azure: Azure, resource: Declared) -> None:
    """Interrupt the rollout in the middle of its installations."""
    azure.clock.interrupt_at = azure.clock.now() + minutes(2)
    with pytest.raises(Interrupted):
        resource.bring_about()
    azure.new_run()


def take_away(azure: Azure, machine: str, *, rows: bool = False) -> None:
    """The machine is gone with its operations; `rows` says whether Resource Graph keeps those of its installations."""
    azure.simulator.world.resources.remove(machine)
    installations = azure.simulator.world.patch_records.installations
    forbid(azure, installations[machine.lower()][-1].activity, 404)
    if not rows:
        del installations[machine.lower()]


@pytest.mark.parametrize("rows", [False, True])
def test_a_machine_that_is_gone_while_it_is_patched_has_failed_at_once(rows: bool) -> None:
    bodies = fleet(3)
    azure = quick(*bodies, windows_patch_time=minutes(20))
    resource = rollout(azure, ids(bodies), ALL, failureBudget=1, failOn=[])
    going(azure, resource)
    take_away(azure, ids(bodies)[1], rows=rows)
    before = azure.clock.now()
    state = resource.bring_about()
    assert phases(state) == {"vm-000": "succeeded", "vm-001": "failed", "vm-002": "succeeded"}
    gone = state.machines[1]
    assert (gone.error, gone.status, gone.operation) == ("it does not exist any more", None, None)
    assert gone.finished_at == before.isoformat()
    assert azure.clock.now() - before < timedelta(hours=1)


def test_a_machine_that_is_gone_is_not_awaited_when_it_is_left_out() -> None:
    bodies = fleet(3)
    azure = quick(*bodies)
    resource = rollout(azure, ids(bodies), ALL)
    going(azure, resource)
    take_away(azure, ids(bodies)[1])
    resource.declare(exclude=ids(bodies)[1:2])
    state = resource.bring_about()
    assert (state.phase, phases(state)["vm-001"]) == ("finished", "excluded")
    assert azure.passed < timedelta(hours=1)
    # It failed all the same, should it be taken in again.
    azure.new_run()
    resource.declare(exclude=None)
    assert phases(resource.bring_about())["vm-001"] == "failed"


def test_a_machine_that_was_created_anew_is_not_awaited() -> None:
    bodies = fleet(2)
    azure = quick(*bodies)
    resource = rollout(azure, ids(bodies), ALL, failureBudget=1)
    going(azure, resource)
    take_away(azure, ids(bodies)[1])
    azure.simulator.clock.advance(minutes(10))
    body = {name: value for name, value in bodies[1].items() if name in ("location", "tags", "properties")}
    assert azure.ask("PUT", ids(bodies)[1], body).status in (200, 201)
    azure.simulator.clock.advance(minutes(10))
    assert resource.bring_about().machines[1].error == "it was created anew in the middle of its installation"
    assert azure.passed < timedelta(hours=1)


def test_what_may_not_be_read_is_awaited_as_long_as_resource_graph_may_tell() -> None:
    bodies = fleet(3)
    azure = quick(*bodies, installations_lag=minutes(5))
    resource = rollout(azure, ids(bodies), ALL, gate=[])
    going(azure, resource)
    forbid(azure, "/operations/", 404)
    forbid(azure, "vm-001")
    assert resource.bring_about().succeeded_count == 3
    azure = quick(*bodies)
    resource = rollout(azure, ids(bodies), ALL, failureBudget=1, maximumDuration="1h")
    going(azure, resource)
    forbid(azure, "/operations/", 404)
    forbid(azure, "vm-001")
    del azure.simulator.world.patch_records.installations[ids(bodies)[1].lower()]
    # An hour for the installation, and half an hour for Resource Graph; two minutes are over.
    azure.simulator.clock.advance(minutes(60 + 30 - 2 - 5))
    began = azure.clock.now()
    failed = resource.bring_about().machines[1]
    assert (failed.phase, failed.error) == ("failed", "could not read it: AuthorizationFailed: No.")
    assert minutes(4) < azure.clock.now() - began < minutes(6)


def stopped_after_the_last_poll(azure: Azure, machine: str) -> None:
    """The machine does not come back from its restart, and Resource Graph does not know yet."""
    turn_off(azure, machine)
    watched = azure.simulator.handle

    def handle(request: Any) -> Any:
        if "ResourceGraph" in request.path:
            azure.simulator.world.set_power(machine, running=True)
        response = watched(request)
        if "ResourceGraph" in request.path:
            azure.simulator.world.set_power(machine, running=False)
        return response

    azure.answer_with(handle)


@pytest.mark.parametrize("gate", [["running"], ["running", "healthy"]])
def test_an_old_row_lets_no_machine_pass_that_did_not_come_back(gate: list[str]) -> None:
    bodies = fleet(4)
    azure = quick(*bodies)
    rings = [{"name": "canary", "machineIds": ids(bodies)[:2], "soak": "20m"}, *ALL]
    resource = rollout(azure, ids(bodies), rings, maxWait="0s", gate=gate)
    resource.create()
    later(azure, minutes(20))
    stopped_after_the_last_poll(azure, ids(bodies)[1])
    assert "vm-001: it is deallocated" in halted(resource)
    assert set(installs(azure)) == {"vm-000", "vm-001"}


def test_resource_graph_is_trusted_once_it_knows_how_the_ring_ended() -> None:
    bodies = [*fleet(3), arc_machine(SUBSCRIPTION_ID, "rg-contoso", "arc", "Windows Server 2022 Datacenter")]
    for soak, reads in ((minutes(20), 3), (GRAPH_DELAY, 0)):
        azure = quick(*bodies)
        rings: list[dict[str, Any]] = [
            {"name": "canary", "machineIds": ids(bodies)[:3], "soak": f"{soak.total_seconds():.0f}s"},
            # So far off that this rollout never comes to it here.
            {"name": "all", "rest": True, "deferralDays": 300},
        ]
        resource = rollout(azure, ids(bodies), rings, maxWait="0s", releaseMonth="2026-09", lookBack="0s")
        resource.create()
        later(azure, soak)
        azure.take()
        assert resource.bring_about().ring == "all"
        assert azure.take().count("VirtualMachines_InstanceView") == reads
