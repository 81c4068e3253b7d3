"""Someone who keeps writing: policies put their patch on a machine some time after every write to it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from .clock import Event
from .errors import ArmError
from .fields import holds
from .machine_bodies import update
from .machine_rules import check
from .machine_writes import knowledge, write
from .resources import Resource

if TYPE_CHECKING:
    from .simulator import Simulator

REMEDIATE = "policy.remediate"
RETRY = timedelta(minutes=1)


def schedule_policies(simulator: Simulator, machine: Resource) -> None:
    """After a write to ``machine``: let each policy that is about it come along in its own time."""
    for policy in simulator.world.policies:
        if holds(machine.body, policy.where):
            due = simulator.clock.now() + policy.delay
            simulator.clock.schedule(due, REMEDIATE, {"policy": policy.name, "resource": machine.id})


def remediate_event(simulator: Simulator) -> Callable[[Event], None]:
    """Return the handler of the clock's ``policy.remediate`` events.

    A machine with a running write is tried again a minute later; a patch the service refuses is dropped, with the
    reason kept among the machine's facts.
    """

    def run(event: Event) -> None:
        world = simulator.world
        machine = world.resources.get(event.data["resource"])
        policy = next((found for found in world.policies if found.name == event.data["policy"]), None)
        if machine is None or policy is None or not holds(machine.body, policy.where):
            return
        if "operation" in machine.facts:
            simulator.clock.schedule(event.due + RETRY, REMEDIATE, event.data)
            return
        if holds(machine.body, policy.patch):
            return
        body = update(machine.body, policy.patch)
        subscription = machine.id.split("/")[2]
        try:
            check(body, machine.body, knowledge(simulator, subscription, None))
        except ArmError as refusal:
            machine.facts["policy_refused"] = f"{policy.name}: {refusal.code}"
            return
        machine.facts["written_by"] = policy.name
        write(simulator, machine, body, world.settings.operation_time)

    return run
