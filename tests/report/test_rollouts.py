"""Rollouts as a stack's documents tell of them."""

from pulumi_azure_hotpatch.engine.previews import read_preview
from pulumi_azure_hotpatch.report.rollouts import rollouts_of
from tests.report.overviews import MACHINES, exported, rollouts

LATER = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


def test_an_export_tells_how_far_each_ring_is() -> None:
    (rollout,) = rollouts()
    assert (rollout.name, rollout.phase, rollout.ring, rollout.release_month) == (
        *("december", "halted", "december"),
        "2026-12",
    )
    told = [(ring.ring, ring.machines, ring.succeeded, ring.failed, ring.remaining) for ring in rollout.rings]
    assert told == [("canary", 2, 2, 0, 0), ("december", 10, 5, 3, 2), ("broad", 88, None, None, 88)]
    assert rollout.rings[0].opened_at == "2026-12-09T02:00:00+00:00"


def test_machines_that_failed_or_are_unhealthy_are_named_with_why() -> None:
    (rollout,) = rollouts()
    assert rollout.failures == (
        (f"{MACHINES}/vm-web-2", "The agent is silent."),
        (f"{MACHINES}/vm-api-1", "it does not run"),
    )


def test_a_preview_of_a_new_rollout_tells_its_plan() -> None:
    (state,) = exported()["deployment"]["resources"]
    new = {**state, "outputs": {**state["inputs"], "phase": LATER, "machines": LATER}}
    (rollout,) = rollouts_of(read_preview({"steps": [{"op": "create", "newState": new}]}).after)
    assert (rollout.phase, rollout.failures) == (None, ())
    assert [(ring.ring, ring.machines, ring.starts, ring.at_a_time) for ring in rollout.rings] == [
        ("canary", 2, "at once", 20),
        ("december", 10, "at once", 20),
        ("broad", 88, "at once", 20),
    ]


def test_a_preview_of_one_under_way_tells_how_far_it_was() -> None:
    (state,) = exported()["deployment"]["resources"]
    new = {**state, "outputs": state["inputs"]}
    document = {"steps": [{"op": "update", "oldState": state, "newState": new}]}
    (rollout,) = rollouts_of(read_preview(document).after)
    assert (rollout.phase, rollout.rings[0].succeeded) == ("halted", 2)


def test_what_is_not_known_is_left_open() -> None:
    (state,) = exported()["deployment"]["resources"]
    inputs = {"rings": [{"name": "canary"}, {"name": "broad"}], "plan": LATER, "releaseMonth": LATER}
    document = {"steps": [{"op": "create", "newState": {**state, "inputs": inputs, "outputs": {}}}]}
    (rollout,) = rollouts_of(read_preview(document).after)
    assert rollout.release_month is None
    assert [(ring.ring, ring.machines, ring.remaining) for ring in rollout.rings] == [
        ("canary", None, None),
        ("broad", None, None),
    ]


def test_a_stack_without_rollouts_has_none() -> None:
    (state,) = exported()["deployment"]["resources"]
    other = {**state, "type": "azure-native:compute:VirtualMachine"}
    assert rollouts_of(read_preview({"deployment": {"resources": [other]}}).after) == ()
