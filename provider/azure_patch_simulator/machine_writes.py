"""Writing a machine: the one way its body changes, whoever asks for it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from . import operations
from .machine_rules import Knowledge
from .resources import Body, Resource
from .settings import PREVIEW_ERA_FEATURES
from .world import Operation

if TYPE_CHECKING:
    from .simulator import Simulator

VM_TYPE = "Microsoft.Compute/virtualMachines"


def knowledge(simulator: Simulator, subscription: str, api_version: str | None) -> Knowledge:
    """Return what the rules must know beside the body."""
    seen = frozenset(
        name for name in PREVIEW_ERA_FEATURES if simulator.world.provider_sees(name, subscription=subscription)
    )
    return Knowledge(simulator.world.settings, api_version, seen)


def write(
    simulator: Simulator, machine: Resource, body: Body, duration: timedelta, *, created: bool = False
) -> Operation:
    """Make ``body`` the machine's body and start the operation that ends with ``Succeeded``."""
    if not created:
        simulator.patching.before_change(machine)
    old = machine.body["properties"]
    body.update(id=machine.id, name=machine.name, type=VM_TYPE)
    for name in ("vmId", "timeCreated"):
        if name in old:
            body["properties"][name] = old[name]
    body["properties"]["provisioningState"] = "Creating" if created else "Updating"
    machine.body = body
    revision = int(machine.facts.get("revision", 1)) + 1
    machine.facts["revision"] = revision
    body["etag"] = f'"{revision}"'
    simulator.patching.after_write(machine)
    return operations.start(
        simulator,
        machine,
        "virtualMachine.write",
        subscription=machine.id.split("/")[2],
        location=body["location"],
        duration=duration,
    )


@operations.finisher("virtualMachine.write")
def finish_write(simulator: Simulator, operation: Operation) -> None:
    """The write is done."""
    machine = simulator.world.resources.get(operation.resource_id)
    if machine is not None:
        machine.properties["provisioningState"] = "Succeeded"


def running_since(machine: Resource) -> datetime:
    """Return when the machine was created or last started."""
    started = machine.facts.get("started")
    return datetime.fromisoformat(started) if isinstance(started, str) else machine.created
