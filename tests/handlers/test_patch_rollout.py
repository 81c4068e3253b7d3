"""The course of a rollout: rings, soak, deferral, budgets, gates, halt and resume, and what a preview shows."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from azure_patch_simulator import SUBSCRIPTION_ID
from azure_patch_simulator.faults import Answer, match
from azure_patch_simulator.inventory import arc_machine, linux_machine, windows_machine
from pulumi_azure_hotpatch.errors import Interrupted, Refused
from pulumi_azure_hotpatch.handlers.rollouts.gate import health_problem
from tests.handlers.declared import Declared
from tests.handlers.patching import GROUP, INSTALL, SECURITY, UBUNTU, somebody_installs, turn_off
from tests.handlers.rollouts import (
    fleet,
    ids,
    in_ring,
    installs,
    instants,
    later,
    most_at_once,
    phases,
    quick,
    rollout,
)
from tests.support.simulated import START, Azure, Settings, minutes

ALL = [{"name": "all", "rest": True}]
AVAILABILITY = f"{GROUP}/providers/Microsoft.Compute/availabilitySets/as-web"


def two_rings(machines: list[str], **canary: Any) -> list[dict[str, Any]]:
    """The first two machines, then the others."""
    return [{"name": "canary", "machineIds": machines[:2], **canary}, {"name": "broad", "rest": True}]


def halted(resource: Declared) -> str:
    """What a rollout that halts says."""
    with pytest.raises(Refused) as stopped:
        resource.bring_about()
    text = str(stopped.value)
    assert "\n" not in text
    return text


def instant(text: str | None) -> datetime:
    assert text is not None
    return datetime.fromisoformat(text)


def test_one_ring_follows_the_other_after_its_soak() -> None:
    bodies = fleet(6)
    azure = quick(*bodies)
    resource = rollout(azure, ids(bodies), two_rings(ids(bodies)), soak="30m")
    state = resource.create()
    assert (state.phase, state.ring, state.succeeded_count, state.remaining_count) == ("finished", None, 6, 0)
    assert set(installs(azure).values()) == {1}
    canary, broad = state.ring_states
    assert (canary.machines, canary.succeeded, broad.machines, broad.succeeded) == (2, 2, 4, 4)
    assert instant(canary.passed_at) - instant(canary.ended_at) == minutes(30)
    assert broad.opened_at == canary.passed_at
    # Nothing is soaked after the last ring.
    assert broad.passed_at == broad.ended_at
    when = instants(azure)
    assert max(when[name] for name in in_ring(state, "canary")) < instant(canary.ended_at)
    assert min(when[name] for name in in_ring(state, "broad")) >= instant(canary.passed_at)
    first = state.machines[0]
    assert (first.status, first.installed_count, first.failed_count, first.error) == ("Succeeded", 1, 0, None)
    assert first.activity_id
    assert first.operation is None
    assert "ring 'canary' (1 of 2): 2 machines patched" in azure.said.text
    assert any("ring 'canary' (1 of 2): 0 of 2 machines through, 2 under way" in each for each in azure.said.progress)


def test_only_so_many_machines_are_patched_at_a_time() -> None:
    bodies = fleet(9)
    azure = quick(*bodies)
    rings = [{"name": "one", "machineIds": ids(bodies)[:5], "maxConcurrent": 2}, {"name": "two", "rest": True}]
    state = rollout(azure, ids(bodies), rings, maxConcurrent=3).create()
    assert state.succeeded_count == 9
    assert most_at_once(azure) == 3


def test_machines_of_one_availability_set_go_one_after_the_other() -> None:
    bodies = [
        windows_machine(
            SUBSCRIPTION_ID, "rg-contoso", f"web-{number}", "2022-datacenter", availability_set=AVAILABILITY
        )
        for number in range(3)
    ]
    azure = quick(*bodies)
    state = rollout(azure, ids(bodies), ALL).create()
    assert state.succeeded_count == 3
    assert most_at_once(azure) == 1


def test_rings_by_tags_take_windows_linux_and_servers_outside_azure() -> None:
    bodies = [
        windows_machine(SUBSCRIPTION_ID, "rg-contoso", "win", "2022-datacenter"),
        linux_machine(SUBSCRIPTION_ID, "rg-contoso", "lin", UBUNTU),
        arc_machine(SUBSCRIPTION_ID, "rg-contoso", "arc", "Windows Server 2022 Datacenter"),
    ]
    for body, ring in zip(bodies, ("one", "Two", "two"), strict=True):
        body["tags"] = {"Ring": ring}
    azure = quick(*bodies)
    rings = [{"name": "a", "tags": {"ring": "one"}}, {"name": "b", "tags": {"ring": ["two", "Two"]}}]
    state = rollout(azure, ids(bodies), rings).create()
    assert phases(state) == {"win": "succeeded", "lin": "succeeded", "arc": "succeeded"}
    assert in_ring(state, "b") == ["lin", "arc"]
    assert installs(azure) == {"win": 1, "lin": 1, "arc": 1}


def test_a_machine_that_no_ring_takes_is_refused_before_anything_is_done() -> None:
    bodies = fleet(3)
    azure = quick(*bodies)
    resource = rollout(azure, ids(bodies), [{"name": "a", "machineIds": ids(bodies)[:1]}])
    with pytest.raises(Refused, match="no ring takes vm-001, vm-002"):
        resource.create()
    resource.declare(exclude=ids(bodies)[1:])
    assert resource.create().succeeded_count == 1
    twice = rollout(azure, [], [{"name": name, "machineIds": ids(bodies)[:1]} for name in ("a", "b")])
    with pytest.raises(Refused, match="two rings claim vm-000"):
        twice.create()


def test_a_ring_that_starts_later_than_a_run_may_wait_is_left_to_a_later_run() -> None:
    bodies = fleet(4)
    azure = quick(*bodies)
    rings = two_rings(ids(bodies))
    rings[1]["deferralDays"] = 3
    resource = rollout(azure, ids(bodies), rings, releaseMonth="2026-11", startAt="02:00", timeZone="Europe/Berlin")
    # Patch Tuesday is 10 November, and it is the second.
    state = resource.create()
    assert (state.phase, state.ring, state.waiting_until) == ("waiting", "canary", "2026-11-10T02:00:00+01:00")
    assert azure.passed == timedelta(0)
    assert installs(azure) == {}
    assert state.unfinished == (
        "waiting for ring 'canary' (1 of 2) to start until 2026-11-10T02:00:00+01:00; run again then"
    )
    assert state.unfinished in azure.said.text
    assert resource.difference().changed == ("unfinished",)
    later(azure, timedelta(days=2))
    assert resource.bring_about() == state
    # Less than an hour before is waited for.
    azure.simulator.clock.advance_to(instant("2026-11-10T01:30:00+01:00"))
    azure.new_run()
    state = resource.bring_about()
    assert (state.phase, state.ring, state.waiting_until) == ("waiting", "broad", "2026-11-13T02:00:00+01:00")
    assert state.ring_states[0].opened_at == "2026-11-10T01:00:00+00:00"
    later(azure, timedelta(days=3, hours=12))
    state = resource.bring_about()
    assert (state.phase, state.waiting_until, state.unfinished) == ("finished", None, None)
    assert set(installs(azure).values()) == {1}
    assert resource.difference().changed == ()


def test_a_long_soak_is_left_to_a_later_run() -> None:
    bodies = fleet(4)
    azure = quick(*bodies)
    resource = rollout(azure, ids(bodies), two_rings(ids(bodies), soak="24h"))
    state = resource.create()
    assert (state.phase, state.ring) == ("soaking", "canary")
    assert instant(state.waiting_until) - instant(state.ring_states[0].ended_at) == timedelta(hours=24)
    assert len(installs(azure)) == 2
    later(azure, timedelta(hours=12))
    assert resource.bring_about().waiting_until == state.waiting_until
    later(azure, timedelta(hours=12))
    assert resource.bring_about().phase == "finished"


def test_a_run_that_would_be_timed_out_in_a_wait_ends_instead() -> None:
    bodies = fleet(4)
    azure = quick(*bodies)
    resource = rollout(azure, ids(bodies), two_rings(ids(bodies), soak="10h"), maxWait="24h", timeout="2h")
    assert resource.create().phase == "soaking"
    assert azure.passed < timedelta(hours=1)


def test_failures_within_the_budget_are_named_and_stop_nothing() -> None:
    bodies = fleet(8)
    azure = quick(*bodies)
    azure.simulator.patching.fail("patch", machine="vm-001", times=None)
    state = rollout(azure, ids(bodies), two_rings(ids(bodies)), failureBudget=1).create()
    assert (state.phase, state.succeeded_count, state.failed_count) == ("finished", 7, 1)
    failed = state.machines[1]
    assert (failed.phase, failed.failed_count) == ("failed", 1)
    assert failed.error is not None
    assert failed.error.startswith("it ended as ")
    assert "1 patch failed" in failed.error
    assert "ring 'canary' passes with 1 machine failed or unhealthy: vm-001" in azure.said.text


def broken(count: int = 12, *, failing: str = "vm-00[1-3]", **inputs: Any) -> tuple[Azure, Declared]:
    """A rollout that halts in its second ring, of which two may fail: four are patched at a time, three fail."""
    bodies = fleet(count)
    azure = quick(*bodies)
    azure.simulator.patching.fail("patch", machine=failing, times=None)
    rings: list[dict[str, Any]] = [
        {"name": "canary", "machineIds": ids(bodies)[:1]},
        {"name": "broad", "rest": True, "failureBudget": 2},
    ]
    return azure, rollout(azure, ids(bodies), rings, maxConcurrent=4, **inputs)


def test_one_failure_too_many_halts_what_runs_is_awaited_and_the_rest_is_left_alone() -> None:
    azure, resource = broken()
    text = halted(resource)
    assert "halted in ring 'broad' (2 of 2): of 11 machines 3 failed, and 2 may (vm-001: it ended as " in text
    assert "Nothing is started on the 6 machines that are left" in text
    assert "change `resume` to accept these failures" in text
    state = resource.state
    assert (state.phase, state.ring, state.failed_count, state.remaining_count) == ("halted", "broad", 3, 6)
    assert "installing" not in phases(state).values()
    # Whatever was started before the third failure is through.
    assert len(installs(azure)) == 6
    azure.new_run()
    assert halted(resource) == text
    assert len(installs(azure)) == 6


def test_another_resume_accepts_the_failures() -> None:
    azure, resource = broken()
    halted(resource)
    azure.new_run()
    resource.declare(resume="looked into, go on")
    state = resource.bring_about()
    assert (state.phase, state.succeeded_count, state.failed_count) == ("finished", 9, 3)
    assert [each.accepted for each in state.machines if each.phase == "failed"] == [True] * 3
    assert set(installs(azure).values()) == {1}


def test_another_resume_may_install_again_where_it_failed() -> None:
    azure, resource = broken()
    halted(resource)
    azure.simulator.world.patch_failures.clear()
    later(azure, timedelta(hours=2))
    resource.declare(resume=1, retryFailed=True)
    state = resource.bring_about()
    assert (state.phase, state.succeeded_count, state.failed_count) == ("finished", 12, 0)
    assert sorted(name for name, count in installs(azure).items() if count == 2) == ["vm-001", "vm-002", "vm-003"]
    assert state.machines[1].previous_activity_id != state.machines[1].activity_id


def test_a_larger_budget_lets_it_go_on() -> None:
    azure, resource = broken()
    halted(resource)
    azure.new_run()
    rings = [*resource.inputs["rings"]]
    rings[1] = {**rings[1], "failureBudget": "50%"}
    resource.declare(rings=rings)
    state = resource.bring_about()
    assert (state.phase, state.succeeded_count, state.failed_count) == ("finished", 9, 3)
    assert set(installs(azure).values()) == {1}


def test_machines_that_are_excluded_count_no_more() -> None:
    azure, resource = broken()
    halted(resource)
    azure.new_run()
    resource.declare(exclude=[f"{GROUP}/providers/Microsoft.Compute/virtualMachines/vm-002"])
    state = resource.bring_about()
    assert (state.phase, state.succeeded_count, state.failed_count) == ("finished", 9, 2)
    assert "vm-002" not in phases(state)


def test_where_nothing_could_be_installed_is_tried_again_by_the_next_run() -> None:
    bodies = fleet(4)
    azure = quick(*bodies)
    turn_off(azure, ids(bodies)[0])
    resource = rollout(azure, ids(bodies), two_rings(ids(bodies)))
    text = halted(resource)
    assert "vm-000: it is deallocated; patches are installed on running machines only" in text
    # One of the two had not been started when that was found.
    assert installs(azure) == {}
    azure.simulator.world.set_power(ids(bodies)[0], running=True)
    azure.new_run()
    assert resource.bring_about().succeeded_count == 4
    assert set(installs(azure).values()) == {1}


def test_a_machine_that_does_not_exist_counts_as_failed() -> None:
    bodies = fleet(2)
    azure = quick(bodies[0])
    state = rollout(azure, ids(bodies), ALL, failureBudget=1).create()
    assert phases(state) == {"vm-000": "succeeded", "vm-001": "failed"}
    assert state.machines[1].error.startswith("it does not exist (/subscriptions/")


def test_a_refusal_of_azure_is_named() -> None:
    bodies = fleet(3)
    azure = quick(*bodies)
    refusal: Any = Answer(403, "AuthorizationFailed", "The client has no permission.")
    azure.simulator.faults.add(match("POST", "vm-001/installPatches"), response=refusal, times=None)
    state = rollout(azure, ids(bodies), ALL, failureBudget=1).create()
    failed = state.machines[1]
    assert (failed.phase, failed.activity_id) == ("failed", None)
    assert failed.error == "could not install patches: AuthorizationFailed: The client has no permission."


def test_an_installation_that_fails_as_a_whole_says_why() -> None:
    bodies = fleet(2)
    azure = quick(*bodies)
    azure.simulator.patching.fail("installation", machine="vm-000")
    state = rollout(azure, ids(bodies), ALL, failureBudget="50%").create()
    assert phases(state) == {"vm-000": "failed", "vm-001": "succeeded"}
    assert "VMGuestPatchInternalError" in state.machines[0].error


def test_the_gate_sees_a_machine_that_is_off_after_the_soak_and_looks_again() -> None:
    bodies = fleet(4)
    azure = quick(*bodies)
    resource = rollout(azure, ids(bodies), two_rings(ids(bodies), soak="24h"))
    resource.create()
    turn_off(azure, ids(bodies)[1])
    later(azure, timedelta(hours=24))
    text = halted(resource)
    assert "of 2 machines 1 failed or are unhealthy, and 0 may (vm-001: it is deallocated)" in text
    assert len(installs(azure)) == 2
    azure.simulator.world.set_power(ids(bodies)[1], running=True)
    azure.new_run()
    state = resource.bring_about()
    assert state.phase == "finished"
    assert state.machines[1].unhealthy is None
    assert set(installs(azure).values()) == {1}


def test_another_resume_accepts_what_the_gate_found() -> None:
    bodies = fleet(4)
    azure = quick(*bodies)
    resource = rollout(azure, ids(bodies), two_rings(ids(bodies)), gate=["running", "healthy"])
    assert "vm-000: it reports no application health; install the application health extension" in halted(resource)
    azure.new_run()
    resource.declare(resume="no extension there")
    assert "halted in ring 'broad'" in halted(resource)
    azure.new_run()
    resource.declare(gate=["running"])
    assert resource.bring_about().phase == "finished"
    assert set(installs(azure).values()) == {1}


def test_application_health_is_read_from_the_instance_view() -> None:
    def view(code: str) -> dict[str, Any]:
        return {"vmHealth": {"status": {"code": code, "level": "Info"}}}

    assert health_problem(view("HealthState/healthy")) is None
    assert health_problem(view("HealthState/unhealthy")) == "its application reports HealthState/unhealthy"
    assert "reports no application health" in str(health_problem({}))


def test_somebody_elses_installation_ends_first() -> None:
    bodies = fleet(2)
    azure = quick(*bodies)
    resource = rollout(azure, ids(bodies), ALL, adoptSince=(START + timedelta(hours=1)).isoformat())
    theirs = somebody_installs(azure, ids(bodies)[0])
    state = resource.create()
    assert state.succeeded_count == 2
    one, two = azure.simulator.world.patch_records.installations[ids(bodies)[0].lower()]
    assert one.activity == theirs != state.machines[0].activity_id
    assert one.ends <= two.started


def test_a_busy_machine_is_asked_again_when_it_is_free() -> None:
    bodies = fleet(2)
    azure = quick(*bodies)
    assert azure.ask("POST", f"{ids(bodies)[0]}/assessPatches").status == 202
    state = rollout(azure, ids(bodies), ALL).create()
    assert state.succeeded_count == 2
    assert installs(azure) == {"vm-000": 1, "vm-001": 1}


def test_throttling_is_waited_for() -> None:
    bodies = fleet(3)
    azure = quick(*bodies)
    slow_down: Any = Answer(429, "TooManyRequests", "Slow down.", {"Retry-After": "20"})
    azure.simulator.faults.add(match("POST", "/installPatches"), response=slow_down, times=2)
    at_once: Any = Answer(429, "TooManyRequests", "Slow down.")
    azure.simulator.faults.add(match("POST", "vm-002/installPatches"), response=at_once, times=1)
    state = rollout(azure, ids(bodies), ALL).create()
    assert state.succeeded_count == 3
    assert set(installs(azure).values()) == {1}


def test_an_operation_whose_address_is_no_longer_good_is_found_by_its_activity() -> None:
    bodies = fleet(3)
    azure = quick(*bodies)
    gone: Any = Answer(404, "NotFound", "The entity was not found.")
    azure.simulator.faults.add(match("GET", "/operations/"), response=gone, times=None)
    state = rollout(azure, ids(bodies), ALL).create()
    assert state.succeeded_count == 3
    assert [each.installed_count for each in state.machines] == [1, 1, 1]
    assert set(installs(azure).values()) == {1}


def test_other_triggers_roll_out_again_and_nothing_is_taken_for_the_new_one() -> None:
    bodies = fleet(3)
    azure = quick(*bodies)
    resource = rollout(azure, ids(bodies), ALL, triggers=["one"])
    first = resource.create()
    later(azure, timedelta(hours=3))
    resource.declare(triggers=["two"])
    state = resource.bring_about()
    assert state.succeeded_count == 3
    assert set(installs(azure).values()) == {2}
    assert [each.previous_activity_id for each in state.machines] == [each.activity_id for each in first.machines]


def test_other_triggers_in_the_middle_await_what_runs() -> None:
    bodies = fleet(3)
    azure = quick(*bodies)
    resource = rollout(azure, ids(bodies), ALL, triggers=["one"], maxConcurrent=2)
    azure.clock.interrupt_at = azure.clock.now() + minutes(2)
    with pytest.raises(Interrupted):
        resource.create()
    azure.new_run()
    resource.declare(triggers=["two"])
    assert resource.bring_about().succeeded_count == 3
    assert installs(azure) == {"vm-000": 2, "vm-001": 2, "vm-002": 1}
    for found in azure.simulator.world.patch_records.installations.values():
        assert all(one.ends <= two.started for one, two in pairwise(found))


def test_machines_that_come_and_go_are_followed() -> None:
    bodies = fleet(6)
    azure = quick(*bodies)
    resource = rollout(azure, ids(bodies)[:4], two_rings(ids(bodies), soak="24h"))
    assert phases(resource.create()) == {
        "vm-000": "succeeded",
        "vm-001": "succeeded",
        "vm-002": "waiting",
        "vm-003": "waiting",
    }
    later(azure, timedelta(hours=24))
    rings = two_rings(ids(bodies), soak="24h")
    # The canary ring is over: who joins it now goes with the next one.
    rings[0]["machineIds"] = [*ids(bodies)[:2], ids(bodies)[5]]
    resource.declare(machineIds=[*ids(bodies)[:3], *ids(bodies)[4:]], rings=rings)
    state = resource.bring_about()
    assert state.phase == "finished"
    assert phases(state) == dict.fromkeys(("vm-000", "vm-001", "vm-002", "vm-004", "vm-005"), "succeeded")
    assert in_ring(state, "broad") == ["vm-002", "vm-004", "vm-005"]
    # After the end too.
    azure.new_run()
    resource.declare(machineIds=ids(bodies))
    state = resource.bring_about()
    assert (state.phase, phases(state)["vm-003"]) == ("finished", "succeeded")
    assert set(installs(azure).values()) == {1}


def test_a_machine_that_is_taken_out_while_it_is_patched_is_awaited() -> None:
    bodies = fleet(3)
    azure = quick(*bodies)
    resource = rollout(azure, ids(bodies), ALL)
    azure.clock.interrupt_at = azure.clock.now() + minutes(2)
    with pytest.raises(Interrupted):
        resource.create()
    azure.new_run()
    resource.declare(exclude=ids(bodies)[:1])
    state = resource.bring_about()
    assert state.phase == "finished"
    assert phases(state) == {"vm-000": "excluded", "vm-001": "succeeded", "vm-002": "succeeded"}
    azure.new_run()
    resource.declare(exclude=None)
    assert phases(resource.bring_about())["vm-000"] == "succeeded"
    assert set(installs(azure).values()) == {1}


def test_a_destroy_in_the_middle_says_what_still_runs() -> None:
    bodies = fleet(3)
    azure = quick(*bodies)
    resource = rollout(azure, ids(bodies), ALL)
    azure.clock.interrupt_at = azure.clock.now() + minutes(2)
    with pytest.raises(Interrupted):
        resource.create()
    azure.new_run()
    before = azure.calls()
    resource.delete()
    assert "3 installations may still be under way, and nothing stops them: vm-000, vm-001, vm-002" in azure.said.text
    assert azure.calls() == before


def test_a_preview_shows_the_rings_and_writes_nothing() -> None:
    bodies = fleet(8)
    azure = quick(*bodies)
    assert azure.ask("POST", f"{ids(bodies)[0]}/assessPatches").status == 202
    azure.simulator.clock.advance(minutes(10))
    rings = two_rings(ids(bodies), soak="24h", maxConcurrent=1)
    rings[1] |= {"deferralDays": 7, "failureBudget": "20%"}
    azure.take()
    resource = rollout(azure, ids(bodies), rings, releaseMonth="2026-12", startAt="02:00", timeZone="Europe/Berlin")
    canary, broad = resource.answers()["plan"]
    assert azure.take() == ["ResourceGraph_Resources"] * 2
    assert (canary.ring, canary.machines, canary.named) == ("canary", 2, ("vm-000", "vm-001"))
    assert canary.starts == "2026-12-08 02:00 Europe/Berlin (0 days after Patch Tuesday of 2026-12) at the earliest"
    assert (canary.soak, canary.at_a_time, canary.may_fail) == ("24h", 1, 0)
    assert canary.lacks is not None
    assert canary.lacks["security"] >= 1
    assert broad.starts == (
        "2026-12-15 02:00 Europe/Berlin (7 days after Patch Tuesday of 2026-12) at the earliest, "
        "and after ring 'canary'"
    )
    assert (broad.machines, broad.may_fail, broad.soak, broad.lacks) == (6, 1, "none, it is the last", None)
    assert azure.writes() == []


def found(resource: Declared, **switches: Any) -> dict[str, str]:
    return {
        finding.rule: finding.reason
        for finding in resource.check(**switches)
        if finding.verdict == "fail" and not finding.rule.startswith("install-more")
    }


def test_a_preview_names_what_is_wrong_with_the_rings() -> None:
    bodies = fleet(6)
    azure = quick(*bodies[:5])
    machines = ids(bodies)
    turn_off(azure, machines[2])
    rings: list[dict[str, Any]] = [
        {"name": "canary", "machineIds": machines[:4], "failureBudget": 4},
        {"name": "early", "machineIds": machines[3:4]},
        {"name": "empty", "tags": {"ring": "early"}, "deferralDays": 2},
    ]
    resource = rollout(azure, machines, rings)
    reasons = found(resource)
    assert reasons == {
        "rollout-machine-in-two-rings": "A machine is claimed by two rings: vm-003 (canary and early).",
        "rollout-machine-in-no-ring": "No ring takes vm-004 and 1 more.",
        "rollout-empty-ring": "No machine is in ring 'early', so that nothing is tried out there.",
        "rollout-machine-unknown": "Resource Graph does not know vm-005; what does not exist by then counts as failed.",
        "rollout-first-ring-large": (
            "The first ring is 'canary' with 4 of 4 machines; most are patched before anything is learnt from it."
        ),
        "rollout-budget-never-halts": (
            "Every machine of ring 'canary' may fail, so that nothing ever halts the rollout there."
        ),
        "rollout-deferral-needs-month": "Ring 'empty' waits for days after Patch Tuesday, and no month is given.",
        "install-machine-running": (
            "On 1 machine (vm-002): The machine is deallocated; patches are assessed and installed on running machines "
            "only."
        ),
    }


def test_a_preview_that_may_not_read_judges_what_is_declared() -> None:
    bodies = fleet(4)
    azure = quick(*bodies)
    resource = rollout(azure, ids(bodies), [{"name": "a", "machineIds": ids(bodies)[:1]}], windows=None, linux=None)
    reasons = found(resource, may_read=False)
    assert reasons["rollout-machine-in-no-ring"] == "No ring takes vm-001 and 2 more."
    assert azure.calls() == []
    resource.declare(rings=[{"name": "a", "tags": {"ring": "one"}}, {"name": "b", "rest": True}])
    assert {each.verdict for each in resource.check(may_read=False) if each.rule.startswith("rollout")} == {"unknown"}


def test_a_preview_lives_without_resource_graph() -> None:
    bodies = fleet(4)
    azure = quick(*bodies)
    out_of_order: Any = Answer(403, "AuthorizationFailed", "No.")
    azure.simulator.faults.add(match("POST", "/resources"), response=out_of_order, times=None)
    resource = rollout(azure, ids(bodies), two_rings(ids(bodies)))
    assert [ring.machines for ring in resource.answers()["plan"]] == [2, 2]
    assert "the machines are not known in this preview" in azure.said.text


def test_two_rollouts_and_an_installation_may_not_claim_one_machine() -> None:
    bodies = fleet(2)
    azure = quick(*bodies)
    claimed = rollout(azure, ids(bodies), ALL, exclude=ids(bodies)[:1]).targets()
    single = Declared(azure, "patch_installation", {"machineId": ids(bodies)[1], "windows": SECURITY}).targets()
    assert claimed == single


def test_a_run_reads_little_beside_its_polls() -> None:
    bodies = fleet(12)
    azure = quick(*bodies, settings=Settings())
    rollout(azure, ids(bodies), two_rings(ids(bodies)), soak="45m").create()
    calls = azure.calls()
    # Machines once for each ring at its start, and at the gate of the one that soaked; installations once, and once
    # when certain.
    assert calls.count("ResourceGraph_Resources") == 5
    # After half an hour Resource Graph is trusted: but at the gate of the last ring, which is through just now.
    assert calls.count("VirtualMachines_InstanceView") == 2 + 10
    assert calls.count("VirtualMachines_Get") == 2
    assert calls.count(INSTALL) == 12
