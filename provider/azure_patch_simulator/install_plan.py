"""How an installation goes, minute by minute, worked out when it starts.

Assess, install one after the other while the reserve is left, restart if need be, assess again. Sources: Microsoft
Learn, Update Manager, troubleshoot and workflow (Windows reserves, Failed and CompletedWithWarnings), 2024-09-11 and
2024-07-14; Azure/LinuxPatchExtension at 488ab8ea (Linux reserves, restart buffer, window exceeded means failed).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from . import reboots
from .guest_patches import ALWAYS_REBOOTS, CAN_REQUEST_REBOOT, SERVICE_PACK, Patch
from .install_selection import SELECTED, InstallRequest, select
from .patch_failures import PatchFailure
from .patch_records import Installation, PatchResult
from .patching import error_object
from .resources import Resource

if TYPE_CHECKING:
    from .guests import Guest
    from .patching import Patching

# Source of the text: Azure/LinuxPatchExtension.
NEVER_TEXT = "Machine is Required to reboot. However, the customer-specified reboot setting doesn't allow reboots."


@dataclass(slots=True)
class _Run:
    """The course so far."""

    now: datetime
    closes: datetime
    failures: list[PatchFailure]
    needs_reboot: bool
    exceeded: bool = False


def plan(
    patching: Patching,
    machine: Resource,
    guest: Guest,
    request: InstallRequest,
    *,
    activity: str,
    started: datetime,
    started_by: str,
) -> Installation:
    """Return the installation as it will have gone."""
    installation = Installation(
        activity=activity,
        started=started,
        ends=started,
        status="Succeeded",
        started_by=started_by,
        os_type=guest.os_type,
        service=patching.catalogue.service(guest),
        reboot_setting=request.reboot,
        run=request.run,
    )
    run = _Run(
        now=started + _lasting(patching, machine, activity, "first", patching.settings.assessment_time),
        closes=started + request.maximum,
        failures=[],
        needs_reboot=guest.reboot_pending,
    )
    if not _assess(patching, machine, run, installation):
        return installation
    _install(patching, machine, run, installation, request)
    _restart(patching, machine, run, installation)
    _conclude(patching, machine, run, installation)
    return installation


def _lasting(patching: Patching, machine: Resource, activity: str, what: str, usual: timedelta) -> timedelta:
    return patching.lasting(usual, machine, activity, what)


def _assess(patching: Patching, machine: Resource, run: _Run, installation: Installation) -> bool:
    failure = patching.failure("assessment", machine, run.now)
    if failure is not None:
        run.failures.append(failure)
        installation.ends, installation.status = run.now, "Failed"
        installation.error = error_object(installation.os_type, failure)
    return failure is None


def _install(
    patching: Patching, machine: Resource, run: _Run, installation: Installation, request: InstallRequest
) -> None:
    for patch, verdict in select(request, patching.offers(machine, installation.started)):
        if verdict != SELECTED:
            installation.results.append(PatchResult(patch, verdict, installation.started))
            continue
        run.exceeded = run.exceeded or run.closes - run.now <= _reserve(patching, patch, request.reboot)
        if run.exceeded:
            installation.results.append(PatchResult(patch, "Pending", run.closes))
            continue
        usual = patching.settings.package_time if patch.kb is None else patching.settings.windows_patch_time
        run.now += _lasting(patching, machine, installation.activity, patch.id, usual)
        failure = patching.failure("patch", machine, installation.started, patch.kb or patch.name)
        if failure is not None:
            run.failures.append(failure)
        else:
            run.needs_reboot = run.needs_reboot or needs_restart(patching, machine, patch)
        state = "Installed" if failure is None else "Failed"
        installation.results.append(PatchResult(patch, state, run.now))


def _reserve(patching: Patching, patch: Patch, reboot: str) -> timedelta:
    settings = patching.settings
    if patch.kb is None:
        return settings.linux_reserve + (settings.linux_reboot_reserve if reboot != "Never" else timedelta(0))
    own = settings.service_pack_reserve if SERVICE_PACK in patch.classifications else settings.windows_reserve
    return own + (settings.windows_reboot_reserve if reboot != "Never" else timedelta(0))


def needs_restart(patching: Patching, machine: Resource, patch: Patch) -> bool:
    """Tell whether this patch, on this machine, needs a restart; where it only can, the seed decides."""
    if patch.reboot == CAN_REQUEST_REBOOT:
        return patching.draw("restart", machine, patch.id) < patching.settings.optional_reboot_share
    return patch.reboot == ALWAYS_REBOOTS


def _restart(patching: Patching, machine: Resource, run: _Run, installation: Installation) -> None:
    status = reboots.NOT_NEEDED
    if run.needs_reboot:
        status = reboots.step(status, reboots.REQUIRED)
    if reboots.wanted(installation.reboot_setting, needed=run.needs_reboot):
        settings = patching.settings
        windows = installation.os_type == "Windows"
        reserve = settings.windows_reboot_reserve if windows else settings.linux_reboot_reserve
        if run.closes - run.now < reserve:
            run.exceeded = True
        else:
            status = reboots.step(status, reboots.STARTED)
            run.now += _lasting(patching, machine, installation.activity, "restart", settings.reboot_time)
            failure = patching.failure("reboot", machine, installation.started)
            if failure is None:
                status = reboots.step(status, reboots.COMPLETED)
                installation.reboot_at = run.now
            else:
                run.failures.append(failure)
                status = reboots.step(status, reboots.FAILED)
    installation.reboot_status = status


def _conclude(patching: Patching, machine: Resource, run: _Run, installation: Installation) -> None:
    run.now += _lasting(patching, machine, installation.activity, "last", patching.settings.assessment_time)
    installation.ends = run.now
    installation.exceeded = run.exceeded
    if run.exceeded:
        text = "Maintenance window exceeded: not enough of the maximum duration was left."
        run.failures.append(PatchFailure("installation", run.now, code="SimulatorWindowExceeded", message=text))
    if run.failures:
        installation.status = "Failed"
        installation.error = error_object(installation.os_type, *run.failures)
    elif installation.reboot_status == reboots.REQUIRED:
        installation.status = "CompletedWithWarnings"
        warning = PatchFailure("reboot", run.now, code="OPERATION_FAILED", message=NEVER_TEXT)
        installation.error = error_object(installation.os_type, warning)
