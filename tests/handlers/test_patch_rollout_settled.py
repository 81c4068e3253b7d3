"""Machines that need no ring any more, and rings that are over: neither holds up what is left of a rollout."""

from datetime import timedelta
from typing import Any

import pytest

from azure_patch_simulator.faults import Answer, match
from pulumi_azure_hotpatch.errors import ArmError, Refused
from pulumi_azure_hotpatch.models.patch_rollout import PatchRolloutInputs, Ring, soak_of
from tests.handlers.declared import Declared
from tests.handlers.patching import SECURITY, turn_off
from tests.handlers.rollouts import fleet, ids, in_ring, installs, later, phases, quick, rollout
from tests.handlers.stack import Rejected, Stack
from tests.support.simulated import Azure

BY_TAGS: list[dict[str, Any]] = [
    {"name": "a", "tags": {"ring": "canary"}, "soak": "3h"},
    {"name": "b", "tags": {"ring": "broad"}},
]


def tagged(count: int = 5) -> tuple[Azure, list[str]]:
    """A fleet of which the first two machines are canaries."""
    bodies = fleet(count)
    for at, body in enumerate(bodies):
        body["tags"] = {"ring": "canary" if at < 2 else "broad"}
    return quick(*bodies), ids(bodies)


def take_tag(azure: Azure, machine: str) -> None:
    """The machine is in no ring any more."""
    assert azure.ask("PATCH", machine, {"tags": {"ring": "none"}}).status < 300


def take_away(azure: Azure, machine: str) -> None:
    azure.simulator.world.resources.remove(machine)


def program(machines: list[str], **inputs: Any) -> dict[str, tuple[str, dict[str, Any]]]:
    given = {"machineIds": machines, "rings": BY_TAGS, "windows": SECURITY, **inputs}
    return {"r": ("patch_rollout", given)}


@pytest.mark.parametrize("change", [take_tag, take_away])
@pytest.mark.parametrize("edited", [{}, {"maxConcurrent": 5}])
def test_a_patched_machine_holds_nothing_up_when_it_is_gone_or_of_no_ring(change: Any, edited: dict[str, Any]) -> None:
    azure, machines = tagged()
    stack = Stack(azure)
    stack.up(program(machines))
    change(azure, machines[0])
    later(azure, timedelta(hours=4))
    # What the inputs alone tell is no reason to refuse.
    assert stack.up(program(machines, **edited)) == ["update r"]
    assert stack.resources["r"].outputs["phase"] == "finished"
    assert installs(azure) == dict.fromkeys((f"vm-00{at}" for at in range(5)), 1)
    found = {each["machineId"]: each["ring"] for each in stack.resources["r"].outputs["machines"]}
    assert found[machines[0]] == "a"
    if change is take_away:
        assert "of what ring 'a' has patched, vm-000 does not exist any more" in azure.said.text
    elif edited:
        assert "No ring takes vm-000" in azure.said.text


def test_a_machine_that_is_gone_before_it_was_patched_fails_in_the_ring_it_had() -> None:
    azure, machines = tagged()
    resource = rollout(azure, machines, BY_TAGS, failureBudget=1)
    resource.create()
    take_away(azure, machines[2])
    later(azure, timedelta(hours=4))
    state = resource.bring_about()
    assert (state.phase, phases(state)["vm-002"], in_ring(state, "b")) == (
        "finished",
        "failed",
        ["vm-002", "vm-003", "vm-004"],
    )


def test_a_machine_that_lost_its_tag_before_it_was_patched_is_refused() -> None:
    azure, machines = tagged()
    resource = rollout(azure, machines, BY_TAGS)
    resource.create()
    take_tag(azure, machines[2])
    take_tag(azure, machines[0])
    later(azure, timedelta(hours=4))
    with pytest.raises(Refused, match="no ring takes vm-002;"):
        resource.bring_about()
    stack = Stack(azure)
    with pytest.raises(Rejected, match="No ring takes vm-000 and 1 more"):
        stack.up(program(machines))


def test_another_request_needs_a_ring_for_every_machine_again() -> None:
    azure, machines = tagged()
    resource = rollout(azure, machines, BY_TAGS)
    resource.create()
    take_tag(azure, machines[0])
    azure.new_run()
    resource.declare(triggers=["again"])
    (found,) = [each for each in resource.check() if each.rule == "rollout-machine-in-no-ring"]
    assert found.severity == "error"
    with pytest.raises(Refused, match="no ring takes vm-000;"):
        resource.bring_about()


def three(azure: Azure, machines: list[str]) -> tuple[Declared, dict[str, Any], dict[str, Any], dict[str, Any]]:
    first = {"name": "a", "machineIds": machines[:2], "soak": "3h"}
    second = {"name": "b", "machineIds": machines[2:4]}
    before = {"name": "z", "machineIds": machines[5:6]}
    return rollout(azure, [], [first, second]), first, second, before


def test_a_ring_put_before_the_one_under_way_gives_its_machines_on_and_the_plan_says_so() -> None:
    bodies = fleet(6)
    azure, machines = quick(*bodies), ids(bodies)
    resource, first, second, before = three(azure, machines)
    resource.create()
    azure.new_run()
    resource.declare(rings=[before, first, second])
    plan = resource.answers()["plan"]
    assert plan[0].starts == "at once; with the ring under way, where a later one already is"
    assert plan[1].starts == "after ring 'z'"
    state = resource.bring_about()
    assert (state.ring, in_ring(state, "b")) == ("a", ["vm-002", "vm-003", "vm-005"])
    assert "machines go with a later one: vm-005 with ring 'b'" in azure.said.text
    later(azure, timedelta(hours=4))
    assert resource.bring_about().phase == "finished"
    turn_off(azure, machines[0])
    turn_off(azure, machines[2])
    later(azure, timedelta(hours=4))
    resource.declare(rings=[before, first, {**second, "machineIds": machines[2:5]}])
    state = resource.bring_about()
    assert (state.phase, in_ring(state, "b")) == ("finished", ["vm-002", "vm-003", "vm-004", "vm-005"])
    assert set(installs(azure).values()) == {1}


def test_a_ring_put_before_one_that_has_not_begun_goes_first() -> None:
    bodies = fleet(6)
    azure, machines = quick(*bodies), ids(bodies)
    late = {"releaseMonth": "2026-12"}
    resource, first, second, before = three(azure, machines)
    resource.declare(**late)
    assert (resource.create().phase, resource.state.ring) == ("waiting", "a")
    azure.new_run()
    resource.declare(rings=[before, first, second], maxWait="10h")
    assert resource.bring_about().ring == "z"


def test_a_ring_that_has_passed_is_not_gated_again_where_it_stands_after_the_one_under_way() -> None:
    bodies = fleet(6)
    azure, machines = quick(*bodies), ids(bodies)
    resource, first, second, _ = three(azure, machines)
    resource.declare(rings=[first, {**second, "soak": "3h"}, {"name": "c", "machineIds": machines[4:]}])
    resource.create()
    later(azure, timedelta(hours=4))
    assert resource.bring_about().ring == "b"
    turn_off(azure, machines[0])
    later(azure, timedelta(hours=4))
    resource.declare(rings=[{**second, "soak": "3h"}, first, {"name": "c", "machineIds": machines[4:]}])
    state = resource.bring_about()
    assert (state.phase, state.succeeded_count) == ("finished", 6)
    assert set(installs(azure).values()) == {1}


def test_a_ring_may_go_without_the_soak_of_the_others() -> None:
    inputs = PatchRolloutInputs.model_validate(
        {"rings": [{"name": "a", "percent": 5, "soak": "0s"}, {"name": "b", "rest": True}], "soak": "24h"}
    )
    assert [soak_of(inputs, ring) for ring in inputs.rings] == [timedelta(0), timedelta(hours=24)]
    assert soak_of(inputs, Ring(name="c", rest=True, soak="1h")) == timedelta(hours=1)


def test_a_rollout_under_another_name_says_that_it_patches_again() -> None:
    bodies = fleet(3)
    azure, machines = quick(*bodies), ids(bodies)
    every = [{"name": "all", "rest": True}]
    Declared(azure, "patch_rollout", rollout(azure, machines, every).inputs, urn="urn:one").create()
    later(azure, timedelta(hours=1))
    assert "is not this rollout's" not in azure.said.text
    Declared(azure, "patch_rollout", rollout(azure, machines, every).inputs, urn="urn:two").create()
    assert set(installs(azure).values()) == {2}
    assert "installed on demand on 3 machines is not this rollout's" in azure.said.text
    assert "`aliases` would have kept what it did" in azure.said.text


def test_what_fails_for_all_machines_alike_names_the_rollout_and_how_it_goes_on() -> None:
    bodies = fleet(2)
    azure = quick(*bodies)
    out_of_order: Any = Answer(403, "AuthorizationFailed", "No.")
    azure.simulator.faults.add(match("POST", "/resources"), response=out_of_order, times=None)
    with pytest.raises(ArmError, match=r"^rollout over 1 ring: .*Run again when it answers") as failed:
        rollout(azure, ids(bodies), [{"name": "all", "rest": True}]).create()
    assert failed.value.status == 403


def test_a_machine_of_two_rollouts_is_told_by_its_id_with_what_a_rollout_can_do() -> None:
    bodies = fleet(2)
    both = program(ids(bodies), rings=[{"name": "all", "rest": True}])
    with pytest.raises(Rejected) as refused:
        Stack(quick(*bodies)).up({**both, "s": both["r"]})
    text = str(refused.value)
    assert f"rings: {ids(bodies)[0]} is declared by another resource of this stack already" in text
    assert "`exclude` leaves it out of a rollout" in text


def test_a_number_that_is_too_small_is_told_as_it_was_written() -> None:
    bodies = fleet(1)
    with pytest.raises(Rejected, match=r"max_concurrent must be at least 1, not 0$"):
        Stack(quick(*bodies)).up(program(ids(bodies), maxConcurrent=0))


def test_a_halt_with_nothing_left_says_nothing_of_what_is_left() -> None:
    bodies = fleet(2)
    azure = quick(*bodies)
    azure.simulator.patching.fail("patch", machine="vm-001", times=None)
    with pytest.raises(Refused) as halted:
        rollout(azure, ids(bodies), [{"name": "all", "rest": True}], maxConcurrent=1).create()
    assert "Nothing is started" not in str(halted.value)
    one = fleet(3)
    azure = quick(*one)
    azure.simulator.patching.fail("patch", machine="vm-001", times=None)
    with pytest.raises(Refused, match="Nothing is started on the 1 machine that is left"):
        rollout(azure, ids(one), [{"name": "all", "rest": True}], maxConcurrent=1).create()
