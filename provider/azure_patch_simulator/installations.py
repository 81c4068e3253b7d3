"""Installations from start to end, whoever starts them: a request, a maintenance run, or the platform by itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from . import guests, image_support, reboots
from .clock import Event
from .errors import unseen
from .install_plan import needs_restart, plan
from .install_selection import InstallRequest
from .machine_settings import is_running
from .patch_failures import PatchFailure
from .patch_records import Installation
from .patching import error_object, no_error
from .resources import Resource

if TYPE_CHECKING:
    from .simulator import Simulator

FINISH = "installation.finish"
Watcher = Callable[["Simulator", Resource, Installation], None]
watchers: list[Watcher] = []


def watcher(function: Watcher) -> Watcher:
    """Declare something that wants to know of every installation that is over."""
    watchers.append(function)
    return function


def refuse_while_busy(machine: Resource) -> None:
    """Raise a 409 while another patch operation runs. The real service's answer to this was not seen."""
    running = machine.facts.get("patchOperation")
    if running is not None:
        raise unseen(
            "PatchOperationInProgress", f"Patch operation '{running}' on '{machine.name}' is running.", status=409
        )


def refuse_while_off(machine: Resource) -> None:
    """Raise a 409 for a machine that does not run. The real service's answer to this was not seen."""
    if not is_running(machine):
        raise unseen("MachineNotRunning", f"'{machine.name}' does not run: nothing on it can be patched.", status=409)


def begin(
    simulator: Simulator, machine: Resource, request: InstallRequest, *, activity: str, started_by: str
) -> Installation:
    """Start an installation: it is planned to its end, and ends with an event of the clock."""
    patching = simulator.patching
    now = simulator.clock.now()
    guest = patching.before_change(machine)
    patching.decide_support(machine)
    installation = plan(patching, machine, guest, request, activity=activity, started=now, started_by=started_by)
    if patching.support_of(machine) != image_support.SUPPORTED:
        _fail(installation, "SimulatorRuleImageUnsupported", "What the machine has inside cannot be patched.")
    machine.facts["patchOperation"] = activity
    simulator.world.patch_records.keep(machine.id, installation)
    simulator.clock.schedule(installation.ends, FINISH, {"machine": machine.id, "activity": activity})
    return installation


def _fail(installation: Installation, code: str, message: str) -> None:
    installation.status = "Failed"
    failure = PatchFailure("installation", installation.ends, code=code, message=message)
    installation.error = error_object(installation.os_type, failure)


def find(simulator: Simulator, machine_id: str, activity: str) -> Installation | None:
    """Return an installation of a machine by its activity."""
    kept = simulator.world.patch_records.installations.get(machine_id.lower(), ())
    return next((each for each in reversed(kept) if each.activity == activity), None)


def finish_event(simulator: Simulator) -> Callable[[Event], None]:
    """Return the handler of the clock's ``installation.finish`` events."""

    def run(event: Event) -> None:
        machine = simulator.world.resources.get(event.data["machine"])
        installation = find(simulator, event.data["machine"], event.data["activity"])
        if machine is not None and installation is not None and not installation.finished:
            finish(simulator, machine, installation)

    return run


def finish(simulator: Simulator, machine: Resource, installation: Installation) -> None:
    """End an installation: what was installed is installed, what restarted has restarted."""
    patching = simulator.patching
    guest = patching.guest_of(machine)
    for result in installation.results:
        if result.state == "Installed":
            guests.apply(guest, result.patch, restart=needs_restart(patching, machine, result.patch))
    if installation.reboot_status == reboots.COMPLETED:
        guests.reboot(guest, installation.reboot_at or installation.ends, installation.activity)
    installation.finished = True
    guest.settled = simulator.clock.now()
    machine.facts.pop("patchOperation", None)
    if is_running(machine):
        # The installation's own last assessment. Its failure would have been planned.
        patching.record_assessment(machine, simulator.clock.now(), started_by=installation.started_by)
    for watch in watchers:
        watch(simulator, machine, installation)


def interrupt(simulator: Simulator, machine: Resource) -> None:
    """Cut off what runs, because the machine goes down now: what is not installed yet stays pending."""
    activity = machine.facts.get("patchOperation")
    installation = find(simulator, machine.id, activity) if isinstance(activity, str) else None
    if installation is None or installation.finished:
        machine.facts.pop("patchOperation", None)
        return
    now = simulator.clock.now()
    for result in installation.results:
        if result.at > now:
            result.state, result.at = "Pending", now
    if installation.reboot_at is None or installation.reboot_at > now:
        installation.reboot_at = None
        needed = any(
            result.state == "Installed" and needs_restart(simulator.patching, machine, result.patch)
            for result in installation.results
        )
        installation.reboot_status = reboots.REQUIRED if needed else reboots.NOT_NEEDED
    installation.ends = now
    _fail(installation, "SimulatorRuleMachineStopped", "The machine was stopped while it was patched.")
    finish(simulator, machine, installation)


def result_body(installation: Installation, instant: datetime) -> dict[str, Any]:
    """Return the result of a virtual machine's installPatches. Source: azure-mgmt-compute 39 and recorded traffic."""
    patches = []
    for result in installation.results:
        patch = result.patch
        shown: dict[str, Any] = {"patchId": patch.id, "name": patch.name}
        if patch.version is not None:
            shown["version"] = patch.version
        if patch.kb is not None:
            shown["kbId"] = patch.kb_digits
        shown["classifications"] = list(patch.classifications)
        shown["installationState"] = result.state_at(instant)
        patches.append(shown)
    body: dict[str, Any] = {
        "status": installation.status_at(instant),
        "installationActivityId": installation.activity,
        "rebootStatus": installation.reboot_status,
        "maintenanceWindowExceeded": installation.exceeded,
        **installation.counts(instant),
        "patches": patches,
        "startDateTime": installation.started.isoformat(),
        "error": installation.error or no_error(installation.os_type),
    }
    if installation.os_type == "Linux":
        body["maintenanceRunId"] = installation.run
    return body
