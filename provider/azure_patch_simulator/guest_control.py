"""Control of guests over HTTP, under ``/simulator/``: look inside, script failures, cut the power."""

from __future__ import annotations

from typing import Any

from . import machine_power
from .errors import unseen
from .guests import Guest
from .http import Response
from .machine_settings import is_machine, is_running
from .patch_failures import failure_of
from .resources import Resource
from .routing import Call, Routes

routes = Routes()


def _shown(call: Call, machine: Resource, guest: Guest) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "machine": machine.id,
        "osType": guest.os_type,
        "line": guest.line,
        "customImage": guest.custom,
        "running": is_running(machine),
        "timeZone": guest.zone,
        "rebootPending": guest.reboot_pending,
        "reboots": [
            {"at": each.at.isoformat(), "activity": each.activity, "patches": each.patches} for each in guest.reboots
        ],
    }
    if guest.os_type == "Windows":
        on_track = call.simulator.patching.catalogue.is_on_track(guest, call.now)
        shown.update(base=guest.base, hotpatching=guest.hotpatching, onHotpatchTrack=on_track)
    else:
        shown["packages"] = {name: at.isoformat() for name, at in guest.packages.items()}
    return shown


@routes.route("GET", "/simulator/guests", "Simulator_Guests")
def show_guests(call: Call) -> Response:
    """``{"value": […]}``: what is inside the machine of ``?machine=<id>``, or inside all of them."""
    wanted = call.request.query.get("machine")
    if wanted is None:
        machines = [each for each in call.world.resources if is_machine(each)]
    else:
        machines = [_machine(call, wanted)]
    return Response.of_json(
        200, {"value": [_shown(call, each, call.simulator.patching.guest_of(each)) for each in machines]}
    )


def _machine(call: Call, machine_id: object) -> Resource:
    found = call.world.resources.get(machine_id) if isinstance(machine_id, str) else None
    if found is None or not is_machine(found):
        raise unseen("Control", "'machine' is the id of a machine.", status=404)
    return found


@routes.route("POST", "/simulator/patch-failures", "Simulator_AddPatchFailure")
def add_failure(call: Call) -> Response:
    """Take a failure as ``patch_failures.failure_of`` reads it; ``{"pending": n}``."""
    try:
        failure = failure_of(call.object(), call.now)
    except ValueError as reason:
        raise unseen("Control", f"{reason}.") from None
    call.world.patch_failures.append(failure)
    return _pending(call)


@routes.route("DELETE", "/simulator/patch-failures", "Simulator_ClearPatchFailures")
def clear_failures(call: Call) -> Response:
    """Forget all scripted failures of guests."""
    call.world.patch_failures.clear()
    return _pending(call)


def _pending(call: Call) -> Response:
    return Response.of_json(200, {"pending": sum(each.times != 0 for each in call.world.patch_failures)})


@routes.route("POST", "/simulator/power", "Simulator_SetPower")
def set_power(call: Call) -> Response:
    """Take ``{"machine": id, "running": true|false}``: on or off, at once."""
    sent = call.object()
    machine, running = _machine(call, sent.get("machine")), sent.get("running")
    if not isinstance(running, bool):
        raise unseen("Control", "'running' is true or false.")
    machine_power.turn(call.simulator, machine, running=running)
    return Response.of_json(200, {"machine": machine.id, "running": running})
