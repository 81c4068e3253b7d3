"""Never a second installation: killed, interrupted, unanswered, behind; and the whole story of a fleet."""

import gc
import json
import re
import tracemalloc
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azure_patch_simulator import SUBSCRIPTION_ID
from azure_patch_simulator.faults import Answer, Drop, match
from azure_patch_simulator.inventory import arc_machine
from pulumi_azure_hotpatch.engine.requests import LOG_DELAY
from pulumi_azure_hotpatch.errors import ArmError, HotpatchError, Interrupted, Refused
from tests.handlers.declared import Declared
from tests.handlers.patching import SECURITY, somebody_installs
from tests.handlers.patching import installation as single
from tests.handlers.rollouts import fleet, ids, in_ring, installs, later, name_of, phases, quick, rollout
from tests.support.simulated import START, Azure, Killed, minutes

ALL = [{"name": "all", "rest": True}]
QUESTION = re.compile(
    r"(\d+) installations? on its machines \(begun (\S+) to (\S+)\) may be of a run that was killed: (.+?)\. "
    r"They cannot be told from another's, and a second one is never started\. Set adopt_since='(\S+)' to take what "
    r"began then or later as this rollout's, or adopt_since='(\S+)' to install all the same once they are over"
)


def killed(azure: Azure, resource: Declared, *, after: int) -> None:
    """Go on with the rollout, and kill the process once so many further installations were accepted."""
    wanted = sum(installs(azure).values()) + after
    watched = azure.simulator.handle

    def handle(request: Any) -> Any:
        response = watched(request)
        if sum(installs(azure).values()) >= wanted:
            raise Killed
        return response

    azure.answer_with(handle)
    try:
        with pytest.raises(Killed):
            resource.bring_about()
    finally:
        azure.answer_with(watched)
    azure.new_run()


def mute(azure: Azure) -> None:
    """Let the activity log be so far behind that it never tells anything."""
    azure.simulator.world.settings.activity_log_lag = timedelta(days=100)


def question(resource: Declared) -> re.Match[str]:
    """What the rollout asks."""
    with pytest.raises(Refused) as asking:
        resource.bring_about()
    found = QUESTION.search(str(asking.value))
    assert found is not None, str(asking.value)
    return found


def test_an_interrupted_rollout_goes_on_in_the_same_ring() -> None:
    bodies = fleet(6)
    azure = quick(*bodies)
    rings: list[dict[str, Any]] = [
        {"name": "canary", "machineIds": ids(bodies)[:2]},
        {"name": "broad", "rest": True},
    ]
    resource = rollout(azure, ids(bodies), rings, maxConcurrent=2)
    azure.clock.interrupt_at = azure.clock.now() + minutes(9)
    with pytest.raises(Interrupted):
        resource.create()
    kept = resource.state
    assert (kept.phase, kept.ring) == ("installing", "broad")
    assert sorted(phases(kept).values()) == ["installing"] * 2 + ["succeeded"] * 2 + ["waiting"] * 2
    assert resource.difference().changed == ("unfinished",)
    azure.new_run()
    state = resource.bring_about()
    assert (state.phase, state.succeeded_count) == ("finished", 6)
    assert state.ring_states[0] == kept.ring_states[0]
    assert set(installs(azure).values()) == {1}
    assert not any(each.adopted for each in state.machines)


def test_after_a_kill_the_activity_log_tells_what_is_ours() -> None:
    bodies = fleet(6)
    azure = quick(*bodies)
    resource = rollout(azure, ids(bodies), ALL, maxConcurrent=3)
    killed(azure, resource, after=2)
    state = resource.bring_about()
    assert (state.phase, state.succeeded_count) == ("finished", 6)
    assert set(installs(azure).values()) == {1}
    assert [each.adopted for each in state.machines] == [True] * 2 + [False] * 4
    assert all(each.installed_count == 1 for each in state.machines)
    # The log is five minutes behind.
    assert any("waiting for the activity log to tell whose installations are" in each for each in azure.said.progress)


def test_the_activity_log_tells_what_is_anothers_too() -> None:
    bodies = fleet(3)
    azure = quick(*bodies)
    single(azure, ids(bodies)[0], windows=SECURITY).create()
    later(azure, minutes(1))
    state = rollout(azure, ids(bodies), ALL).create()
    assert (state.succeeded_count, installs(azure)) == (3, {"vm-000": 2, "vm-001": 1, "vm-002": 1})


def test_what_another_trigger_asked_for_is_not_this_ones() -> None:
    bodies = fleet(3)
    azure = quick(*bodies)
    rollout(azure, ids(bodies), ALL, triggers=["one"]).create()
    later(azure, minutes(30))
    again = rollout(azure, ids(bodies), ALL, triggers=["two"]).create()
    assert not any(each.adopted for each in again.machines)
    assert set(installs(azure).values()) == {2}
    azure.new_run()
    # The same once more is nothing to do.
    assert all(each.adopted for each in rollout(azure, ids(bodies), ALL, triggers=["two"]).create().machines)
    assert set(installs(azure).values()) == {2}


def test_an_activity_log_that_may_not_be_read_leads_to_the_question() -> None:
    bodies = fleet(3)
    azure = quick(*bodies)
    resource = rollout(azure, ids(bodies), ALL)
    killed(azure, resource, after=1)
    forbidden: Any = Answer(403, "AuthorizationFailed", "No.")
    azure.simulator.faults.add(match("GET", "/eventtypes/"), response=forbidden, times=None)
    assert question(resource)[4] == "vm-000"
    assert "the activity log does not tell whose installations are: " in azure.said.text


def test_what_the_log_does_not_tell_is_asked_about_once_for_all_machines_and_the_answer_may_stay() -> None:
    bodies = fleet(6)
    azure = quick(*bodies)
    mute(azure)
    resource = rollout(azure, ids(bodies), ALL, maxConcurrent=3, triggers=["one"])
    killed(azure, resource, after=2)
    asked = question(resource)
    assert (asked[1], asked[4]) == ("2", "vm-000, vm-001")
    assert asked[2] == asked[5] == START.isoformat()
    # As long as the log may be behind, it is waited for.
    assert azure.passed == minutes(20)
    later(azure, timedelta(hours=100))
    assert question(resource)[0] == asked[0]
    azure.new_run()
    resource.declare(adoptSince=asked[5])
    killed(azure, resource, after=2)
    state = resource.bring_about()
    assert (state.phase, state.succeeded_count) == ("finished", 6)
    assert set(installs(azure).values()) == {1}
    assert [each.adopted for each in state.machines] == [True] * 4 + [False] * 2
    # The rollout of another trigger asks anew, whatever was answered for this one.
    later(azure, timedelta(days=1))
    resource.declare(triggers=["two"])
    killed(azure, resource, after=1)
    assert question(resource)[4] == "vm-000"


def test_the_other_answer_installs_again_once_they_are_over() -> None:
    bodies = fleet(3)
    azure = quick(*bodies)
    mute(azure)
    resource = rollout(azure, ids(bodies), ALL)
    killed(azure, resource, after=1)
    resource.declare(adoptSince=question(resource)[6])
    azure.new_run()
    assert resource.bring_about().succeeded_count == 3
    assert installs(azure) == {"vm-000": 2, "vm-001": 1, "vm-002": 1}
    one, two = azure.simulator.world.patch_records.installations[ids(bodies)[0].lower()]
    assert one.ends <= two.started


def test_what_ended_long_ago_is_of_no_interest() -> None:
    bodies = fleet(2)
    azure = quick(*bodies)
    somebody_installs(azure, ids(bodies)[0])
    later(azure, timedelta(hours=73))
    assert rollout(azure, ids(bodies), ALL).create().succeeded_count == 2
    azure = quick(*bodies)
    somebody_installs(azure, ids(bodies)[0])
    later(azure, timedelta(hours=73))
    assert question(rollout(azure, ids(bodies), ALL, lookBack="96h"))[4] == "vm-000"


def test_a_run_of_a_schedule_is_never_asked_about() -> None:
    bodies = fleet(2)
    azure = quick(*bodies)
    somebody_installs(azure, ids(bodies)[0])
    (theirs,) = azure.simulator.world.patch_records.installations[ids(bodies)[0].lower()]
    theirs.run = "/subscriptions/s/providers/Microsoft.Maintenance/applyUpdates/1"
    assert rollout(azure, ids(bodies), ALL).create().succeeded_count == 2


@pytest.mark.parametrize("behind", [5, 25])
def test_what_resource_graph_does_not_know_yet_is_found_in_the_instance_view(behind: int) -> None:
    bodies = fleet(4)
    azure = quick(*bodies, installations_lag=minutes(behind))
    resource = rollout(azure, ids(bodies), ALL)
    killed(azure, resource, after=2)
    # They are over, so that Azure would take another request.
    later(azure, minutes(6))
    state = resource.bring_about()
    assert [each.adopted for each in state.machines] == [True] * 2 + [False] * 2
    assert state.succeeded_count == 4
    assert set(installs(azure).values()) == {1}


def test_servers_outside_azure_are_not_patched_twice_while_resource_graph_is_behind() -> None:
    bodies = [arc_machine(SUBSCRIPTION_ID, "rg-contoso", f"arc-{number}") for number in range(3)]
    azure = quick(*bodies, installations_lag=minutes(25))
    machines = [str(body["id"]) for body in bodies]
    resource = rollout(azure, machines, ALL)
    killed(azure, resource, after=2)
    later(azure, minutes(8))
    state = resource.bring_about()
    assert state.succeeded_count == 3
    assert set(installs(azure).values()) == {1}


def test_what_was_hidden_is_looked_for_again_before_resource_graph_is_trusted() -> None:
    bodies = fleet(8)
    azure = quick(*bodies, installations_lag=minutes(25), windows_patch_time=minutes(15))
    # The last machine's turn comes late: by then nothing but Resource Graph is asked.
    resource = rollout(azure, ids(bodies), ALL, maxConcurrent=1)
    somebody_installs(azure, ids(bodies)[7])
    later(azure, minutes(22))
    with pytest.raises(Refused, match=r"may be of a run that was killed: vm-007\."):
        resource.create()
    assert installs(azure)["vm-007"] == 1


@pytest.mark.parametrize("is_mute", [False, True])
def test_a_request_whose_answer_was_lost_is_found_again_or_asked_about(is_mute: bool) -> None:
    bodies = fleet(3)
    azure = quick(*bodies)
    resource = rollout(azure, ids(bodies), ALL)
    azure.simulator.faults.add(match("POST", "vm-001/installPatches"), response=Drop(before=False))
    with pytest.raises(ArmError):
        resource.create()
    assert phases(resource.state) == {"vm-000": "installing", "vm-001": "asked", "vm-002": "waiting"}
    azure.new_run()
    if is_mute:
        mute(azure)
        assert question(resource)[4] == "vm-001"
        azure.new_run()
        resource.declare(adoptSince=START.isoformat())
    assert resource.bring_about().succeeded_count == 3
    assert set(installs(azure).values()) == {1}


def test_a_request_that_never_arrived_is_sent_again() -> None:
    bodies = fleet(2)
    azure = quick(*bodies)
    resource = rollout(azure, ids(bodies), ALL)
    azure.simulator.faults.add(match("POST", "vm-001/installPatches"), response=Drop(before=True))
    with pytest.raises(ArmError):
        resource.create()
    azure.new_run()
    assert resource.bring_about().succeeded_count == 2
    assert set(installs(azure).values()) == {1}


def test_a_fault_of_the_service_is_never_answered_with_the_same_request_again() -> None:
    bodies = fleet(2)
    azure = quick(*bodies)
    resource = rollout(azure, ids(bodies), ALL)
    fault: Any = Answer(503, "ServiceUnavailable", "Try again.", {"Retry-After": "1"})
    azure.simulator.faults.add(match("POST", "vm-000/installPatches"), response=fault, times=None)
    with pytest.raises(ArmError):
        resource.create()
    assert azure.calls().count("VirtualMachines_InstallPatches") == 1
    assert resource.state.machines[0].phase == "asked"


def test_a_server_outside_azure_whose_answer_was_lost_is_asked_again_once_the_log_would_have_it() -> None:
    body = arc_machine(SUBSCRIPTION_ID, "rg-contoso", "arc", "Windows Server 2022 Datacenter")
    azure = quick(body)
    resource = rollout(azure, [str(body["id"])], ALL)
    azure.simulator.faults.add(match("POST", "/installPatches"), response=Drop(before=True))
    with pytest.raises(ArmError):
        resource.create()
    azure.new_run()
    again = azure.clock.now()
    assert resource.bring_about().succeeded_count == 1
    assert azure.clock.now() - again >= LOG_DELAY
    assert installs(azure) == {"arc": 1}


@pytest.mark.parametrize("behind", [15, 28, 120])
def test_servers_outside_azure_are_not_patched_twice_by_what_nothing_shows_yet(behind: float) -> None:
    bodies = [arc_machine(SUBSCRIPTION_ID, "rg-contoso", f"arc-{number}") for number in range(3)]
    azure = quick(*bodies, installations_lag=minutes(behind), windows_patch_time=timedelta(seconds=30))
    azure.simulator.world.settings.activity_log_lag = minutes(19)
    resource = rollout(azure, [str(body["id"]) for body in bodies], ALL)
    killed(azure, resource, after=2)
    later(azure, minutes(2))
    if behind > 30:
        with pytest.raises(Refused, match="Resource Graph does not tell of it yet"):
            resource.bring_about()
        later(azure, timedelta(hours=2))
    assert resource.bring_about().succeeded_count == 3
    assert set(installs(azure).values()) == {1}


def test_servers_outside_azure_are_asked_at_once_where_no_run_was_before() -> None:
    body = arc_machine(SUBSCRIPTION_ID, "rg-contoso", "arc")
    azure = quick(body)
    assert rollout(azure, [str(body["id"])], ALL, lookBack="0s").create().succeeded_count == 1
    assert azure.passed < LOG_DELAY


def test_a_server_outside_azure_is_not_patched_where_the_log_may_not_be_read() -> None:
    body = arc_machine(SUBSCRIPTION_ID, "rg-contoso", "arc")
    azure = quick(body)
    refusal: Any = Answer(403, "AuthorizationFailed", "The client has no permission.")
    azure.simulator.faults.add(match("GET", "/eventtypes/management/values"), response=refusal, times=None)
    with pytest.raises(Refused, match=r"Let the identity read it .*, or set look_back='0s' if no earlier run"):
        rollout(azure, [str(body["id"])], ALL).create()
    assert installs(azure) == {}


@settings(max_examples=8)
@given(st.data())
def test_whatever_cuts_runs_off_no_machine_is_patched_twice(data: st.DataObject) -> None:
    bodies = fleet(4)
    azure = quick(*bodies)
    rings: list[dict[str, Any]] = [
        {"name": "canary", "machineIds": ids(bodies)[:1]},
        {"name": "broad", "rest": True},
    ]
    resource = rollout(azure, ids(bodies), rings, maxConcurrent=2, gate=[])
    for _ in range(data.draw(st.integers(0, 4))):
        kind: Any = data.draw(st.sampled_from(["killed", "lost"]))
        azure.cut_off(data.draw(st.integers(0, 50)), kind, before=data.draw(st.booleans()))
        try:
            resource.bring_about()
        except Killed:
            # Whatever this run kept is lost; what an earlier one stored is not.
            pass
        except HotpatchError:
            assert resource.stored is not None or installs(azure) == {}
        later(azure, timedelta(seconds=data.draw(st.integers(0, 1200))))
    state = resource.bring_about()
    assert (state.phase, state.succeeded_count) == ("finished", 4)
    assert set(installs(azure).values()) == {1}


RINGS = [
    {"name": "canary", "percent": 10.0},
    {"name": "early", "percent": 30.0, "soak": "20m"},
    {"name": "broad", "rest": True},
]


def story(count: int) -> tuple[Azure, Declared]:
    """A rollout to a fleet in which one machine in twenty fails, Azure throttles, and every ring's run is killed."""
    bodies = fleet(count)
    azure = quick(*bodies)
    throttling = azure.simulator.world.settings.throttling
    throttling.enforced = True
    # So little that it is felt: a request in five seconds beyond what is there at once.
    throttling.writes.size, throttling.writes.refill = 3, 0.2
    throttling.reads.size, throttling.reads.refill = 20, 2.0
    failing = "|".join(f"vm-{number:03}" for number in range(7, count, 20))
    azure.simulator.patching.fail("patch", machine=f"/({failing})$", times=None)
    resource = rollout(azure, ids(bodies), RINGS, maxConcurrent=max(4, count // 6), failureBudget="50%")
    for ring in range(len(RINGS)):
        killed(azure, resource, after=2 if ring == 0 else rings_of(resource)[RINGS[ring - 1]["name"]])
    resource.bring_about()
    return azure, resource


def rings_of(resource: Declared) -> dict[Any, int]:
    """How many machines are in each ring."""
    return {ring.ring: ring.machines for ring in resource.answers()["plan"]}


def assert_every_machine_is_patched_once_or_named(azure: Azure, resource: Declared, count: int) -> None:
    state = resource.state
    assert state.phase == "finished"
    failing = {f"vm-{number:03}" for number in range(7, count, 20)}
    assert {name for name, phase in phases(state).items() if phase == "failed"} == failing
    assert all(each.error for each in state.machines if each.phase == "failed")
    assert installs(azure) == Counter(f"vm-{number:03}" for number in range(count))
    assert (state.succeeded_count, state.failed_count) == (count - len(failing), len(failing))
    answered = [entry.status for entry in azure.simulator.journal]
    assert 429 in answered
    # Nothing of a later ring began before the ring before it had ended.
    began: dict[str, list[datetime]] = {}
    over: dict[str, list[datetime]] = {}
    rings = {name: ring["name"] for ring in RINGS for name in in_ring(state, str(ring["name"]))}
    for machine, found in azure.simulator.world.patch_records.installations.items():
        ring = str(rings[name_of(machine)])
        began.setdefault(ring, []).extend(each.started for each in found)
        over.setdefault(ring, []).extend(each.ends for each in found)
    for one, two in (("canary", "early"), ("early", "broad")):
        assert max(over[one]) <= min(began[two])


def test_thirty_machines_that_fail_are_throttled_and_killed_in_every_ring_are_patched_once_or_named() -> None:
    azure, resource = story(30)
    assert_every_machine_is_patched_once_or_named(azure, resource, 30)


@pytest.mark.slow
def test_three_hundred_machines_are_patched_once_or_named_and_so_again() -> None:
    azure, resource = story(300)
    assert_every_machine_is_patched_once_or_named(azure, resource, 300)
    again, _ = story(300)
    assert [entry.to_json() for entry in again.simulator.journal] == [
        entry.to_json() for entry in azure.simulator.journal
    ]


@pytest.mark.slow
def test_memory_does_not_grow_with_the_length_of_a_rollout_and_memory_and_state_are_bounded_for_each_machine() -> None:
    ours = tracemalloc.Filter(inclusive=True, filename_pattern="*/pulumi_azure_hotpatch/*")

    def held(count: int, patch_time: timedelta) -> tuple[int, int]:
        """What our code holds after a rollout, and how long the stored state is, in bytes."""
        bodies = fleet(count)
        azure = quick(*bodies, windows_patch_time=patch_time)
        resource = rollout(azure, ids(bodies), ALL)
        tracemalloc.start()
        resource.create()
        # What was said is kept by the test's own log.
        azure.said.progress.clear()
        gc.collect()
        snapshot = tracemalloc.take_snapshot().filter_traces([ours])
        tracemalloc.stop()
        return sum(each.size for each in snapshot.statistics("filename")), len(json.dumps(resource.stored))

    held(4, minutes(2))  # What is imported and cached once is no growth.
    short, _ = held(12, minutes(2))
    long, stored = held(12, minutes(50))
    assert long < short * 1.2
    assert stored < 12 * 1000
    more, stored = held(48, minutes(2))
    assert stored < 48 * 1000
    # In the number of machines: what is kept of each, and no copy of all for each step.
    assert more < 48 * 2500
    many, stored = held(192, minutes(2))
    assert stored < 192 * 1000
    assert many - more < (192 - 48) * 2000
