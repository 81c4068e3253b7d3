"""Everything about guests that a simulator is put together from: routes, and what the clock's events do."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from . import assessments, installations, machine_power, patch_operations
from .routing import Routes

if TYPE_CHECKING:
    from .resources import Resource
    from .simulator import Simulator

routes: tuple[Routes, ...] = (
    machine_power.routes,
    patch_operations.routes,
)


def attach(simulator: Simulator) -> None:
    """Let the clock's events and the world's power switch act on a simulator's guests."""
    simulator.clock.on(assessments.FINISH, assessments.finish_event(simulator))
    simulator.clock.on(installations.FINISH, installations.finish_event(simulator))
    simulator.world.turn = partial(_turn, simulator)


def _turn(simulator: Simulator, machine: Resource, running: bool) -> None:
    machine_power.turn(simulator, machine, running=running)
