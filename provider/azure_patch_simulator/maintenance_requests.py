"""What a maintenance configuration asks a machine to install, and whether the machine may do it on a schedule.

Source: Microsoft Learn, Update Manager, prerequisites for scheduled patching, 2024-02-20 (the truth table; Arc-enabled
servers need nothing); automatic VM guest patching (the machine's own restart setting comes first).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from .install_selection import InstallRequest
from .machine_settings import choices_of, is_arc
from .reboots import SETTINGS
from .resources import Resource

_ALIASES = {"neverreboot": "Never", "rebootifrequired": "IfRequired", "alwaysreboot": "Always"}


def may_run_schedules(machine: Resource) -> bool:
    """Tell whether the prerequisites are met: platform patching that leaves its safety checks to the schedule."""
    choices = choices_of(machine)
    return is_arc(machine) or (choices.is_automatic and choices.bypasses_safety_checks)


def reboot_setting(machine: Resource, otherwise: str | None) -> str:
    """Return the machine's own restart setting, else ``otherwise``; what is unknown counts as IfRequired."""
    own = choices_of(machine).reboot_setting
    chosen = own if own not in (None, "Unknown") else otherwise
    spelt = _ALIASES.get(str(chosen).lower(), chosen)
    return next((name for name in SETTINGS if name.lower() == str(spelt).lower()), "IfRequired")


def request_of_configuration(
    configuration: Resource, machine: Resource, *, windows: bool, maximum: timedelta, run: str
) -> InstallRequest:
    """Return the request; a configuration that includes nothing installs nothing."""
    wanted: Mapping[str, Any] = configuration.properties.get("installPatches") or {}
    given: Mapping[str, Any] = wanted.get("windowsParameters" if windows else "linuxParameters") or {}

    def texts(name: str) -> tuple[str, ...]:
        return tuple(str(each).lower() for each in given.get(name) or ())

    return InstallRequest(
        maximum=maximum,
        reboot=reboot_setting(machine, wanted.get("rebootSetting")),
        classes=texts("classificationsToInclude"),
        kbs=tuple(_with_letters(each) for each in texts("kbNumbersToInclude")),
        excluded_kbs=tuple(_with_letters(each) for each in texts("kbNumbersToExclude")),
        masks=texts("packageNameMasksToInclude"),
        excluded_masks=texts("packageNameMasksToExclude"),
        excludes_rebooting=bool(given.get("excludeKbsRequiringReboot")),
        run=run,
    )


def _with_letters(kb: str) -> str:
    return kb if kb.startswith("kb") else f"kb{kb}"
