"""Power of virtual machines: start, deallocate, power off, restart. A start and a restart boot the guest.

Source of codes and headers: azure-mgmt-compute 39 (POST, 200 or 202); the operations end without a result.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from . import assessments, guests, installations, operations
from .http import Response
from .machine_settings import is_arc, is_running
from .resources import Resource
from .routing import Call, Routes
from .virtual_machines import MACHINE_PATH, machine_of_call
from .world import Operation

if TYPE_CHECKING:
    from .simulator import Simulator

routes = Routes()


def turn(simulator: Simulator, machine: Resource, *, running: bool, off: str = "deallocated") -> None:
    """Put a machine on or off, at once; ``off`` is the power state it has then: deallocated or stopped."""
    now = simulator.clock.now()
    guest = simulator.patching.before_change(machine)
    if running and not is_running(machine):
        machine.facts["started"] = now.isoformat()
        guests.reboot(guest, now)
    elif not running:
        cut_off(simulator, machine)
    machine.facts["running"] = running
    if not running:
        machine.facts["off"] = off
    if is_arc(machine):
        machine.properties["status"] = "Connected" if running else "Disconnected"
        machine.properties["lastStatusChange"] = now.isoformat()


def cut_off(simulator: Simulator, machine: Resource) -> None:
    """End the patch operation that runs, because the machine goes down."""
    activity = machine.facts.get("patchOperation")
    if activity is None:
        return
    assessments.interrupt(simulator, machine)
    if "patchOperation" in machine.facts:
        installations.interrupt(simulator, machine)
    operation = simulator.world.operations.get(str(activity))
    if operation is not None and operation.status == "InProgress":
        operations.finish(simulator, operation)


def restart_guest(simulator: Simulator, machine: Resource, at: datetime) -> None:
    """Restart a machine that runs; one that is off stays off."""
    guest = simulator.patching.before_change(machine)
    if is_running(machine):
        cut_off(simulator, machine)
        guests.reboot(guest, at)
        machine.facts["started"] = at.isoformat()


def _post(call: Call, kind: str) -> Response:
    machine = machine_of_call(call)
    operations.refuse_while_running(machine)
    operation = operations.start(
        call.simulator,
        machine,
        kind,
        subscription=call.subscription.id,
        location=machine.body["location"],
        duration=call.world.settings.operation_time,
    )
    if operation.ended is not None:
        return Response.empty(200)
    return Response.empty(202, operations.headers(call, operation, with_location=True))


@routes.route("POST", MACHINE_PATH + "/start", "VirtualMachines_Start")
def start(call: Call) -> Response:
    """Start."""
    return _post(call, "virtualMachine.start")


@routes.route("POST", MACHINE_PATH + "/deallocate", "VirtualMachines_Deallocate")
def deallocate(call: Call) -> Response:
    """Stop and give the hardware back."""
    return _post(call, "virtualMachine.deallocate")


@routes.route("POST", MACHINE_PATH + "/powerOff", "VirtualMachines_PowerOff")
def power_off(call: Call) -> Response:
    """Stop and keep the hardware."""
    return _post(call, "virtualMachine.powerOff")


@routes.route("POST", MACHINE_PATH + "/restart", "VirtualMachines_Restart")
def restart(call: Call) -> Response:
    """Restart."""
    return _post(call, "virtualMachine.restart")


@operations.finisher("virtualMachine.start")
def finish_start(simulator: Simulator, operation: Operation) -> None:
    """It runs."""
    _turn(simulator, operation, running=True)


@operations.finisher("virtualMachine.deallocate")
def finish_deallocate(simulator: Simulator, operation: Operation) -> None:
    """It is deallocated."""
    _turn(simulator, operation, running=False)


@operations.finisher("virtualMachine.powerOff")
def finish_power_off(simulator: Simulator, operation: Operation) -> None:
    """It is stopped."""
    _turn(simulator, operation, running=False, off="stopped")


@operations.finisher("virtualMachine.restart")
def finish_restart(simulator: Simulator, operation: Operation) -> None:
    """It has booted."""
    machine = simulator.world.resources.get(operation.resource_id)
    if machine is not None:
        restart_guest(simulator, machine, simulator.clock.now())


def _turn(simulator: Simulator, operation: Operation, *, running: bool, off: str = "deallocated") -> None:
    machine = simulator.world.resources.get(operation.resource_id)
    if machine is not None:
        turn(simulator, machine, running=running, off=off)
