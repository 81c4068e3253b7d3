"""Runs of maintenance configurations: announced, perhaps cancelled, opened, and carried out machine by machine.

Sources: Microsoft Learn, maintenance configurations, 2026-09-25 (15 minutes between a change and the next start; of two
configurations with the same trigger only one runs; concurrent ones wait for each other); pre and post events,
2024-07-24 (40 minutes' notice, cancellation up to 10 minutes before). The words of a machine's run are those of an
installation; which words the service uses there was not seen.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from . import installations
from .clock import Event
from .dynamic_scopes import assignments_by_configuration, machines_of
from .machine_settings import is_running
from .maintenance import CONFIGURATION_TYPE, watcher
from .maintenance_requests import may_run_schedules, request_of_configuration
from .occurrences import Window, window_of
from .patch_records import Installation, MaintenanceRun
from .resources import Resource

if TYPE_CHECKING:
    from .simulator import Simulator

ANNOUNCE, OPEN, MACHINE = "maintenance.announce", "maintenance.open", "maintenance.machine"
LEAD = timedelta(minutes=15)
RETRY = timedelta(minutes=5)
PREREQUISITES = "prerequisites for schedule patch aren't met"
OFF = "ShutdownOrUnresponsive"
BUSY = "Schedule timeout, waiting for an ongoing update to complete the resource."


@watcher
def configuration_written(simulator: Simulator, configuration: Resource) -> None:
    """After a write: what was planned by the former text is void, plan anew."""
    configuration.facts["stamp"] = int(configuration.facts.get("stamp", 0)) + 1
    configuration.facts.pop("next", None)
    if configuration.id.lower() in assignments_by_configuration(simulator.world):
        _plan(simulator, configuration, simulator.clock.now() + LEAD)


def assignment_written(simulator: Simulator, assignment: Resource) -> None:
    """After an assignment was written: plan the next run, unless it is planned already."""
    assignment.facts["written"] = simulator.clock.now().isoformat()
    configuration = simulator.world.resources.get(str(assignment.properties.get("maintenanceConfigurationId", "")))
    if configuration is not None and "next" not in configuration.facts:
        _plan(simulator, configuration, simulator.clock.now() + LEAD)


def plan_all(simulator: Simulator) -> None:
    """Plan the next run of everything that is assigned in a world that starts."""
    for configuration_id in assignments_by_configuration(simulator.world):
        configuration = simulator.world.resources.get(configuration_id)
        if configuration is not None and configuration.type.lower() == CONFIGURATION_TYPE.lower():
            _plan(simulator, configuration, simulator.clock.now())


def _window(configuration: Resource) -> Window | None:
    scope = str(configuration.properties.get("maintenanceScope", ""))
    return window_of(configuration.body) if scope.lower() == "inguestpatch" else None


def _plan(simulator: Simulator, configuration: Resource, after: datetime) -> None:
    window = _window(configuration)
    opens = None if window is None else window.next_opening(after)
    if opens is None:
        configuration.facts.pop("next", None)
        return
    configuration.facts["next"] = opens.isoformat()
    data = {
        "configuration": configuration.id,
        "stamp": configuration.facts.get("stamp", 0),
        "opens": opens.isoformat(),
    }
    notice = max(simulator.clock.now(), opens - simulator.world.settings.patching.announced_before)
    simulator.clock.schedule(notice, ANNOUNCE, data)


def _planned(simulator: Simulator, event: Event) -> Resource | None:
    configuration = simulator.world.resources.get(event.data["configuration"])
    if configuration is None or configuration.facts.get("stamp", 0) != event.data["stamp"]:
        return None
    return configuration


def run_id(configuration: Resource, opens: datetime) -> str:
    """Return the id of a run: an extension of its configuration, named by its opening."""
    return f"{configuration.id}/providers/Microsoft.Maintenance/applyUpdates/{opens:%Y%m%d%H%M%S}"


def announced(simulator: Simulator, configuration: Resource, name: str) -> MaintenanceRun | None:
    """Return an announced run by its name."""
    key = configuration.id.lower()
    runs = simulator.world.patch_records.runs
    return next((run for run in reversed(runs) if run.name == name and run.resource_id.lower() == key), None)


def announce_event(simulator: Simulator) -> Callable[[Event], None]:
    """Return the handler of ``maintenance.announce``: from now on the run can be seen and cancelled."""

    def run(event: Event) -> None:
        configuration = _planned(simulator, event)
        if configuration is None:
            return
        opens = datetime.fromisoformat(event.data["opens"])
        if configuration.id.lower() not in assignments_by_configuration(simulator.world):
            configuration.facts.pop("next", None)  # planned again with the next assignment
            return
        name = f"{opens:%Y%m%d%H%M%S}"
        correlation = run_id(configuration, opens).lower()
        simulator.world.patch_records.note_run(
            MaintenanceRun(name, configuration.id, configuration.id, correlation, opens, None, "Pending")
        )
        simulator.clock.schedule(opens, OPEN, event.data)

    return run


def open_event(simulator: Simulator) -> Callable[[Event], None]:
    """Return the handler of ``maintenance.open``: start what is assigned now, all at once, and plan the next run."""

    def run(event: Event) -> None:
        configuration = _planned(simulator, event)
        if configuration is None:
            return
        opens = datetime.fromisoformat(event.data["opens"])
        window = _window(configuration)
        notice = announced(simulator, configuration, f"{opens:%Y%m%d%H%M%S}")
        if window is not None and notice is not None and notice.status == "Pending":
            closes = opens + window.duration
            notice.status, notice.ended = "InProgress", closes
            assignments = [
                each
                for each in assignments_by_configuration(simulator.world).get(configuration.id.lower(), ())
                if datetime.fromisoformat(each.facts.get("written", "0001-01-01T00:00:00+00:00")) <= opens - LEAD
            ]
            for machine in machines_of(simulator.world, assignments):
                _start(simulator, configuration, machine, opens, closes)
            simulator.clock.schedule(closes, MACHINE, {"closes": notice.name, "configuration": configuration.id})
        _plan(simulator, configuration, opens + timedelta(seconds=1))

    return run


def _start(simulator: Simulator, configuration: Resource, machine: Resource, opens: datetime, closes: datetime) -> None:
    """Run on one machine, unless another configuration with the same trigger does already."""
    if machine.facts.get("trigger") == opens.isoformat():
        return
    machine.facts["trigger"] = opens.isoformat()
    run = MaintenanceRun(
        name=f"{opens:%Y%m%d%H%M%S}",
        configuration_id=configuration.id,
        resource_id=machine.id,
        correlation_id=run_id(configuration, opens).lower(),
        started=opens,
        ended=None,
        status="InProgress",
    )
    simulator.world.patch_records.note_run(run)
    _carry_out(simulator, configuration, machine, run, closes)


def _obstacle(simulator: Simulator, machine: Resource) -> str | None:
    if not may_run_schedules(machine):
        return PREREQUISITES
    gone = simulator.world.tombstones.get(machine.id.lower())
    too_fresh = gone is not None and simulator.clock.now() - gone < simulator.world.settings.patching.recreated_for
    return OFF if too_fresh or not is_running(machine) else None


def _carry_out(
    simulator: Simulator, configuration: Resource, machine: Resource, run: MaintenanceRun, closes: datetime
) -> None:
    now = simulator.clock.now()
    obstacle = _obstacle(simulator, machine)
    if obstacle is None and "patchOperation" in machine.facts:
        if now + RETRY < closes:
            data = {"configuration": configuration.id, "machine": machine.id, "run": run.name}
            simulator.clock.schedule(now + RETRY, MACHINE, {**data, "until": closes.isoformat()})
            return
        obstacle = BUSY
    if obstacle is not None:
        run.status, run.message, run.ended = "Failed", obstacle, now
        return
    windows = simulator.patching.guest_of(machine).os_type == "Windows"
    request = request_of_configuration(
        configuration, machine, windows=windows, maximum=closes - now, run=run.correlation_id
    )
    activity = simulator.identifiers.fixed(f"run/{run.correlation_id}/{machine.id.lower()}")
    installations.begin(simulator, machine, request, activity=activity, started_by="Platform")


def machine_event(simulator: Simulator) -> Callable[[Event], None]:
    """Return the handler of ``maintenance.machine``: try a busy machine again, or note that the window has closed."""

    def run(event: Event) -> None:
        configuration = simulator.world.resources.get(event.data["configuration"])
        if configuration is None:
            return
        if "closes" in event.data:
            notice = announced(simulator, configuration, event.data["closes"])
            if notice is not None:
                notice.status = "Completed"
            return
        machine = simulator.world.resources.get(event.data["machine"])
        if machine is not None:
            waiting = _run_of(simulator, machine, event.data["run"])
            if waiting is not None:
                closes = datetime.fromisoformat(event.data["until"])
                _carry_out(simulator, configuration, machine, waiting, closes)

    return run


def _run_of(simulator: Simulator, machine: Resource, name: str) -> MaintenanceRun | None:
    key = machine.id.lower()
    for run in reversed(simulator.world.patch_records.runs):
        if run.resource_id.lower() == key and run.name == name and run.status == "InProgress":
            return run
    return None


@installations.watcher
def note_end(simulator: Simulator, machine: Resource, installation: Installation) -> None:
    """A machine's run ends with its installation."""
    if not installation.run.startswith("/"):
        return
    run = _run_of(simulator, machine, installation.run.rsplit("/", 1)[-1])
    if run is not None:
        run.status, run.ended = installation.status, installation.ends
