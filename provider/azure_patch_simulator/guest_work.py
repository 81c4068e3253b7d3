"""Everything about guests that a simulator is put together from: routes, and what the clock's events do."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from . import (
    apply_updates,
    arc_machines,
    arc_operations,
    arc_patching,
    assessments,
    auto_patching,
    guest_control,
    installations,
    license_profiles,
    machine_power,
    maintenance_runs,
    patch_operations,
)
from .routing import Routes

if TYPE_CHECKING:
    from .resources import Resource
    from .simulator import Simulator

routes: tuple[Routes, ...] = (
    machine_power.routes,
    patch_operations.routes,
    apply_updates.routes,
    arc_machines.routes,
    arc_operations.routes,
    arc_patching.routes,
    license_profiles.routes,
    guest_control.routes,
)


def attach(simulator: Simulator) -> None:
    """Let the clock's events and the world's power switch act on a simulator's guests."""
    simulator.clock.on(assessments.FINISH, assessments.finish_event(simulator))
    simulator.clock.on(installations.FINISH, installations.finish_event(simulator))
    simulator.clock.on(maintenance_runs.ANNOUNCE, maintenance_runs.announce_event(simulator))
    simulator.clock.on(maintenance_runs.OPEN, maintenance_runs.open_event(simulator))
    simulator.clock.on(maintenance_runs.MACHINE, maintenance_runs.machine_event(simulator))
    simulator.clock.on(auto_patching.ROLLOUT, auto_patching.rollout_event(simulator))
    simulator.clock.on(auto_patching.PHASE, auto_patching.phase_event(simulator))
    simulator.clock.on(auto_patching.ATTEMPT, auto_patching.attempt_event(simulator))
    simulator.clock.on(auto_patching.REVIEW, auto_patching.review_event(simulator))
    simulator.clock.on(auto_patching.SWEEP, auto_patching.sweep_event(simulator))
    simulator.world.turn = partial(_turn, simulator)


def begin(simulator: Simulator) -> None:
    """Let the platform's own work begin in a world that has not lived yet."""
    auto_patching.begin(simulator)
    maintenance_runs.plan_all(simulator)


def _turn(simulator: Simulator, machine: Resource, running: bool) -> None:
    machine_power.turn(simulator, machine, running=running)
