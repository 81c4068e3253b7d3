"""Rings that are renamed, removed or reordered in the middle of a rollout: no halt ends by it, no failure is lost."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from pulumi_azure_hotpatch.errors import Interrupted, Refused
from tests.handlers.declared import Declared
from tests.handlers.patching import turn_off
from tests.handlers.rollouts import fleet, ids, in_ring, installs, later, phases, quick, rollout
from tests.support.simulated import Azure, minutes

REST: dict[str, Any] = {"name": "broad", "rest": True}


def canary(machines: list[str], name: str = "canary", **ring: Any) -> dict[str, Any]:
    """A ring of the first two machines."""
    return {"name": name, "machineIds": machines[:2], **ring}


def failing(count: int = 4, *, machines: str = "vm-00[01]$", **inputs: Any) -> tuple[Azure, Declared, list[str]]:
    """A rollout whose first ring is of two machines, which fail."""
    bodies = fleet(count)
    azure = quick(*bodies)
    azure.simulator.patching.fail("patch", machine=machines, times=None)
    return azure, rollout(azure, ids(bodies), [canary(ids(bodies)), REST], **inputs), ids(bodies)


def halted(resource: Declared) -> str:
    """What a rollout that halts says."""
    with pytest.raises(Refused, match="halted in ring") as stopped:
        resource.bring_about()
    return str(stopped.value)


def counts(resource: Declared) -> list[tuple[str, int, int, int]]:
    """Each ring with its machines: all, patched, failed."""
    return [(each.ring, each.machines, each.succeeded, each.failed) for each in resource.state.ring_states]


@pytest.mark.parametrize("budget", [0, 1])
def test_another_name_does_not_end_a_halt(budget: int) -> None:
    azure, resource, machines = failing(failureBudget=budget)
    halted(resource)
    later(azure, minutes(1))
    resource.declare(rings=[canary(machines, "pilot"), REST])
    assert "halted in ring 'pilot' (1 of 2): of 2 machines 2 failed" in halted(resource)
    assert counts(resource) == [("pilot", 2, 0, 2), ("broad", 2, 0, 0)]
    assert set(installs(azure)) == {"vm-000", "vm-001"}
    azure.new_run()
    resource.declare(resume="looked into")
    assert resource.bring_about().phase == "finished"
    assert counts(resource) == [("pilot", 2, 0, 2), ("broad", 2, 2, 0)]
    assert set(installs(azure).values()) == {1}


def test_a_ring_that_is_taken_out_does_not_end_a_halt() -> None:
    azure, resource, _ = failing()
    halted(resource)
    later(azure, minutes(1))
    resource.declare(rings=[REST])
    assert "halted in ring 'broad' (1 of 1): of 4 machines 2 failed" in halted(resource)
    assert counts(resource) == [("broad", 4, 0, 2)]
    assert set(installs(azure)) == {"vm-000", "vm-001"}
    azure.new_run()
    resource.declare(failureBudget="50%")
    assert resource.bring_about().phase == "finished"
    assert counts(resource) == [("broad", 4, 2, 2)]
    assert set(installs(azure).values()) == {1}


def test_failures_count_in_the_ring_that_takes_the_place_of_theirs_wherever_their_machines_are_dealt() -> None:
    azure, resource, machines = failing(6)
    halted(resource)
    azure.new_run()
    # The machines that failed are of the last ring now.
    resource.declare(rings=[{"name": "early", "machineIds": machines[2:4]}, REST])
    assert "halted in ring 'early' (1 of 2): of 4 machines 2 failed" in halted(resource)
    assert set(installs(azure)) == {"vm-000", "vm-001"}


def test_a_ring_that_is_taken_out_takes_no_machine_out_of_what_its_gate_has_found() -> None:
    bodies = fleet(4)
    azure = quick(*bodies)
    machines = ids(bodies)
    resource = rollout(azure, machines, [canary(machines, soak="24h"), REST])
    resource.create()
    turn_off(azure, machines[1])
    later(azure, timedelta(hours=24))
    assert "vm-001: it is deallocated" in halted(resource)
    azure.new_run()
    resource.declare(rings=[REST])
    assert "halted in ring 'broad' (1 of 1): of 4 machines 1 failed or are unhealthy" in halted(resource)
    assert set(installs(azure)) == {"vm-000", "vm-001"}
    azure.simulator.world.set_power(machines[1], running=True)
    azure.new_run()
    assert resource.bring_about().succeeded_count == 4


def test_a_halt_of_the_gate_starts_nothing_before_it_has_looked_again() -> None:
    bodies = fleet(5)
    azure = quick(*bodies)
    machines = ids(bodies)
    resource = rollout(azure, machines[:4], [canary(machines, soak="24h"), REST])
    resource.create()
    turn_off(azure, machines[1])
    later(azure, timedelta(hours=24))
    halted(resource)
    azure.new_run()
    joined = canary(machines) | {"machineIds": [*machines[:2], machines[4]], "soak": "24h"}
    resource.declare(machineIds=machines, rings=[joined, REST])
    halted(resource)
    assert set(installs(azure)) == {"vm-000", "vm-001"}
    # What is not asked for any more does not hold it up.
    azure.new_run()
    resource.declare(gate=[])
    assert (resource.bring_about().phase, in_ring(resource.state, "canary")) == (
        "soaking",
        ["vm-000", "vm-001", "vm-004"],
    )


def test_a_ring_that_soaks_goes_on_soaking_under_another_name() -> None:
    bodies = fleet(4)
    azure = quick(*bodies)
    machines = ids(bodies)
    resource = rollout(azure, machines, [canary(machines, soak="24h"), REST])
    before = resource.create()
    later(azure, timedelta(hours=1))
    resource.declare(rings=[canary(machines, "Canary", soak="24h"), {**REST, "name": "all others"}])
    state = resource.bring_about()
    assert (state.phase, state.ring, state.waiting_until) == ("soaking", "Canary", before.waiting_until)
    assert state.ring_states[0].ended_at == before.ring_states[0].ended_at
    later(azure, timedelta(hours=23))
    assert resource.bring_about().phase == "finished"
    assert set(installs(azure).values()) == {1}


def test_the_ring_in_its_place_starts_when_it_may_and_what_runs_ends_first() -> None:
    bodies = fleet(4)
    azure = quick(*bodies)
    machines = ids(bodies)
    azure.simulator.patching.fail("patch", machine="vm-000", times=None)
    late = {**REST, "deferralDays": 7}
    month = {"releaseMonth": "2026-11", "failureBudget": 1}
    resource = rollout(azure, machines, [canary(machines), late], **month)
    azure.simulator.clock.advance_to(datetime.fromisoformat("2026-11-10T00:00:00+00:00"))
    azure.new_run()
    azure.clock.interrupt_at = azure.clock.now() + minutes(2)
    with pytest.raises(Interrupted):
        resource.create()
    azure.new_run()
    resource.declare(rings=[late])
    state = resource.bring_about()
    assert (state.phase, state.ring, state.waiting_until) == ("waiting", "broad", "2026-11-17T00:00:00+00:00")
    assert phases(state) == {"vm-000": "failed", "vm-001": "succeeded", "vm-002": "waiting", "vm-003": "waiting"}
    # One less may fail: it halts at once, and not in a week.
    azure.new_run()
    resource.declare(failureBudget=0)
    assert "vm-000: it ended as" in halted(resource)
    resource.declare(resume=1)
    azure.new_run()
    assert resource.bring_about().waiting_until == "2026-11-17T00:00:00+00:00"
    later(azure, timedelta(days=7))
    assert resource.bring_about().phase == "finished"
    assert set(installs(azure).values()) == {1}


def test_the_last_ring_may_be_taken_out() -> None:
    bodies = fleet(4)
    azure = quick(*bodies)
    machines = ids(bodies)
    azure.simulator.patching.fail("patch", machine="vm-00[23]", times=None)
    resource = rollout(azure, machines, [canary(machines), REST], maxConcurrent=1)
    halted(resource)
    azure.new_run()
    resource.declare(rings=[{"name": "canary", "rest": True}])
    assert "halted in ring 'canary' (1 of 1): of 4 machines 1 failed" in halted(resource)
    azure.new_run()
    resource.declare(failureBudget="50%")
    assert resource.bring_about().phase == "finished"
    assert counts(resource) == [("canary", 4, 2, 2)]
    assert set(installs(azure).values()) == {1}


def test_rings_in_another_order_lose_nothing() -> None:
    azure, resource, machines = failing(6)
    halted(resource)
    azure.new_run()
    resource.declare(rings=[{"name": "early", "machineIds": machines[2:3]}, REST, canary(machines)])
    assert "halted in ring 'canary' (3 of 3): of 6 machines 2 failed" in halted(resource)
    azure.new_run()
    resource.declare(resume=1)
    assert (resource.bring_about().phase, resource.state.remaining_count) == ("finished", 0)
    assert set(installs(azure).values()) == {1}


def test_what_is_tried_again_of_a_ring_that_has_passed_goes_with_the_ring_under_way() -> None:
    azure, resource, _ = failing(6, machines="vm-00[02-5]$", failureBudget=1, maxConcurrent=1)
    assert "halted in ring 'broad'" in halted(resource)
    azure.simulator.world.patch_failures.clear()
    later(azure, timedelta(hours=1))
    resource.declare(resume=1, retryFailed=True)
    state = resource.bring_about()
    assert (state.phase, state.succeeded_count, state.remaining_count) == ("finished", 6, 0)
    assert in_ring(state, "canary") == ["vm-001"]
    assert (installs(azure)["vm-000"], installs(azure)["vm-005"]) == (2, 1)
