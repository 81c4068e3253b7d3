"""Automatic VM guest patching: a rollout each month, and a look every few days at what it left behind.

Source: Microsoft Learn, automatic VM guest patching, 2024-07-31: critical and security patches only, within 30 days of
a monthly release, in off-peak hours of the machine's own time, running machines only, availability first, retried in
the next off-peak hours, watched by the health of machines. Not on machines with a schedule or whose safety checks are
bypassed (prerequisites for scheduled patching, 2024-02-20), nor on custom images.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from dateutil.relativedelta import relativedelta

from . import installations
from .clock import Event
from .dynamic_scopes import assignments_by_configuration, has_assignment, machines_of
from .guest_systems import is_custom
from .install_selection import InstallRequest
from .machine_settings import VM_TYPE, choices_of, is_running
from .maintenance_requests import reboot_setting
from .patch_records import Installation
from .resources import Resource
from .rollout_order import SLOT, Rollout, part_of, phases_of, region_of, turns_of
from .windows_releases import patch_tuesday

if TYPE_CHECKING:
    from .simulator import Simulator

ROLLOUT, PHASE, ATTEMPT, REVIEW, SWEEP = (
    f"autoPatching.{name}" for name in ("rollout", "phase", "attempt", "review", "sweep")
)
DEADLINE = timedelta(days=30)
CLASSES = ("critical", "security")


def begin(simulator: Simulator) -> None:
    """Let a new world's first rollout and first look come."""
    _schedule_rollout(simulator)
    simulator.clock.schedule(simulator.clock.now() + simulator.world.settings.patching.sweep_interval, SWEEP, {})


def _schedule_rollout(simulator: Simulator) -> None:
    now, time = simulator.clock.now(), simulator.world.settings.patching.release_time
    month = now.astimezone(UTC).replace(day=1)
    due = patch_tuesday(month.year, month.month) + time
    if due <= now:
        month += relativedelta(months=1)
        due = patch_tuesday(month.year, month.month) + time
    simulator.clock.schedule(due, ROLLOUT, {})


def _scheduled_machines(simulator: Simulator) -> set[str]:
    world = simulator.world
    found: set[str] = set()
    for configuration_id, assignments in assignments_by_configuration(world).items():
        configuration = world.resources.get(configuration_id)
        scope = configuration.properties.get("maintenanceScope") if configuration is not None else None
        if str(scope).lower() == "inguestpatch":
            found.update(machine.id.lower() for machine in machines_of(world, assignments))
    return found


def eligible(simulator: Simulator) -> Iterator[Resource]:
    """Yield the machines the platform patches by itself, running or not."""
    if not simulator.patching.settings.automatic_patching:
        return
    scheduled = _scheduled_machines(simulator)
    for subscription in simulator.world.subscriptions.values():
        for machine in simulator.world.resources.of_type(VM_TYPE, subscription=subscription.id):
            if is_eligible(machine) and machine.id.lower() not in scheduled:
                yield machine


def is_eligible(machine: Resource) -> bool:
    """Tell whether a machine's settings and image let the platform patch it; a schedule is not asked about here."""
    choices = choices_of(machine)
    return (
        choices.is_automatic
        and not choices.bypasses_safety_checks
        and choices.has_agent
        and not is_custom(machine.body)
    )


def rollout_event(simulator: Simulator) -> Callable[[Event], None]:
    """Return the handler of ``autoPatching.rollout``: plan the phases of this month."""

    def run(event: Event) -> None:
        rollout = Rollout(event.due, phases_of(region_of(machine) for machine in eligible(simulator)))
        simulator.world.rollout = rollout
        if rollout.phases:
            simulator.clock.schedule(event.due, PHASE, {"began": event.due.isoformat(), "phase": 0})
        _schedule_rollout(simulator)

    return run


def _current(simulator: Simulator, event: Event) -> Rollout | None:
    rollout = simulator.world.rollout
    if rollout is None or rollout.stopped or rollout.began.isoformat() != event.data["began"]:
        return None
    return rollout


def phase_event(simulator: Simulator) -> Callable[[Event], None]:
    """Return the handler of ``autoPatching.phase``: give the machines of its regions their turns."""

    def run(event: Event) -> None:
        rollout = _current(simulator, event)
        if rollout is None:
            return
        rollout.phase, rollout.done, rollout.failed = event.data["phase"], 0, 0
        regions = set(rollout.phases[rollout.phase])
        machines = {machine.id: machine for machine in eligible(simulator) if region_of(machine) in regions}
        settings = simulator.patching.settings
        last = simulator.clock.now()
        for turn in turns_of(machines.values(), seed=simulator.patching.seed, lasts=settings.off_peak_lasts):
            opens = _off_peak(simulator, machines[turn.machine], event.due, night=turn.night)
            _attempt(simulator, turn.machine, opens + turn.offset, rollout)
            last = max(last, opens + turn.offset)
        simulator.clock.schedule(last + 2 * SLOT, REVIEW, event.data)

    return run


def review_event(simulator: Simulator) -> Callable[[Event], None]:
    """Return the handler of ``autoPatching.review``: go on with the next phase, or stop."""

    def run(event: Event) -> None:
        rollout = _current(simulator, event)
        if rollout is None:
            return
        share = rollout.failed / rollout.done if rollout.done else 0.0
        if share > simulator.patching.settings.stop_share:
            rollout.stopped = True
            return
        rollout.phase += 1
        if rollout.phase < len(rollout.phases):
            simulator.clock.schedule(event.due, PHASE, {**event.data, "phase": rollout.phase})

    return run


def sweep_event(simulator: Simulator) -> Callable[[Event], None]:
    """Return the handler of ``autoPatching.sweep``: machines that were off, late or new have their turn tonight."""

    def run(event: Event) -> None:
        rollout = simulator.world.rollout
        for machine in eligible(simulator):
            if rollout is not None and (rollout.stopped or not rollout.has_passed(region_of(machine))):
                continue
            if _urgent(simulator, machine):
                _attempt(simulator, machine.id, _tonight(simulator, machine), rollout)
        simulator.clock.schedule(event.due + simulator.patching.settings.sweep_interval, SWEEP, {})

    return run


def _urgent(simulator: Simulator, machine: Resource) -> bool:
    return any(patch.is_urgent for patch in simulator.patching.offers(machine, simulator.clock.now()))


def _tonight(simulator: Simulator, machine: Resource) -> datetime:
    settings = simulator.patching.settings
    room = max(timedelta(0), settings.off_peak_lasts - SLOT)
    opens = _off_peak(simulator, machine, simulator.clock.now(), night=0)
    return opens + part_of(room, simulator.patching.draw("turn", machine))


def _off_peak(simulator: Simulator, machine: Resource, after: datetime, *, night: int) -> datetime:
    """Return when off-peak hours begin in the machine's own time, ``night`` nights after the next ones."""
    zone = simulator.patching.guest_of(machine).tzinfo
    local = after.astimezone(zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None, fold=0)
    opens = midnight + simulator.patching.settings.off_peak_opens
    if opens < local.replace(tzinfo=None):
        opens += timedelta(days=1)
    return (opens + timedelta(days=night)).replace(tzinfo=zone).astimezone(UTC)


def _attempt(simulator: Simulator, machine_id: str, at: datetime, rollout: Rollout | None) -> None:
    began = None if rollout is None else rollout.began.isoformat()
    simulator.clock.schedule(at, ATTEMPT, {"machine": machine_id, "began": began})


def attempt_event(simulator: Simulator) -> Callable[[Event], None]:
    """Return the handler of ``autoPatching.attempt``: patch a machine that runs and has urgent patches."""

    def run(event: Event) -> None:
        machine = simulator.world.resources.get(event.data["machine"])
        rollout = simulator.world.rollout
        began = None if rollout is None else rollout.began.isoformat()
        if machine is None or event.data["began"] != began or (rollout is not None and rollout.stopped):
            return
        if not is_eligible(machine) or not is_running(machine) or "patchOperation" in machine.facts:
            return  # the next sweep looks again
        if has_assignment(simulator.world, machine) or not _urgent(simulator, machine):
            return
        settings = simulator.patching.settings
        opens = _off_peak(simulator, machine, event.due - settings.off_peak_lasts, night=0)
        request = InstallRequest(
            maximum=max(SLOT, opens + settings.off_peak_lasts - event.due),
            reboot=reboot_setting(machine, None),
            classes=CLASSES,
            run=f"auto/{began}",
        )
        activity = simulator.identifiers.fixed(f"auto/{machine.id.lower()}/{event.due}")
        installations.begin(simulator, machine, request, activity=activity, started_by="Platform")

    return run


@installations.watcher
def note_end(simulator: Simulator, machine: Resource, installation: Installation) -> None:
    """Count it, and try what is pending or failed again in the next off-peak hours."""
    rollout = simulator.world.rollout
    if not installation.run.startswith("auto/"):
        return
    failed = installation.status == "Failed"
    unhealthy = simulator.patching.failure("health", machine, installation.ends) is not None
    if rollout is not None and not rollout.stopped:
        rollout.done += 1
        rollout.failed += failed or unhealthy
    began = rollout.began if rollout is not None else installation.started
    if failed and not unhealthy and installation.ends - began < DEADLINE:
        _attempt(simulator, machine.id, _tonight(simulator, machine), rollout)
