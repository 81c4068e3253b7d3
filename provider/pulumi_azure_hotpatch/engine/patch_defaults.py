"""Patch settings for a machine whose declaration says nothing of them, where its image leaves no doubt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .declared_machine import system_of_image
from .facts import Image, Machine
from .image_support import SUPPORTED, listed_support
from .images import hotpatch_eligibility
from .logic import UNKNOWN, fold

_BY_PLATFORM = "AutomaticByPlatform"


@dataclass(frozen=True, slots=True)
class PatchDefaults:
    """What may be filled in: hotpatching with the mode that it needs, an assessment mode, a reboot setting."""

    enable_hotpatching: bool = True
    assessment_mode: str | None = _BY_PLATFORM
    reboot_setting: str | None = None


@dataclass(frozen=True, slots=True)
class Filled:
    """The fields that were filled in, and in words what was left alone although nothing was given."""

    settings: Mapping[str, Any] = field(default_factory=dict)
    left_alone: tuple[str, ...] = ()


def fill(machine: Machine, defaults: PatchDefaults) -> Filled:
    """The fields to add to `machine`; what it gives, or will give, is never among them.

    Hotpatching and its patch mode go to the published hotpatch images only, an assessment mode to the images on the
    list of Update Manager, a reboot setting to machines that end up on AutomaticByPlatform.
    """
    image = machine.image
    if image is UNKNOWN or (image is not None and image.triple is UNKNOWN):
        return Filled(left_alone=("its patch settings, because its image is not known yet",))
    filled: dict[str, Any] = {}
    left: list[str] = []
    if defaults.enable_hotpatching and hotpatch_eligibility(machine.image).verdict == "eligible":
        _fill_hotpatching(machine, filled, left)
    if defaults.assessment_mode is not None and machine.settings.assessment_mode is None and _is_listed(machine.image):
        filled["assessment_mode"] = defaults.assessment_mode
    mode = filled.get("patch_mode", machine.settings.patch_mode)
    if defaults.reboot_setting is not None and machine.settings.reboot_setting is None and _is(mode, _BY_PLATFORM):
        filled["reboot_setting"] = defaults.reboot_setting
    if (filled or left) and (obstacle := _obstacle(machine)) is not None:
        return Filled(left_alone=(f"its patch settings, because {obstacle}",))
    return Filled(filled, tuple(left))


def _obstacle(machine: Machine) -> str | None:
    """Why nothing can be filled in, None where nothing is in the way."""
    if machine.provision_vm_agent is False:
        return "it has no VM agent"
    if machine.allow_extension_operations is False:
        # Source: Microsoft Learn, Troubleshoot issues with Azure Update Manager, 2024-09-11.
        return "its allowExtensionOperations is false, so that nothing can patch it"
    for name, value in (
        ("provisionVMAgent", machine.provision_vm_agent),
        ("allowExtensionOperations", machine.allow_extension_operations),
    ):
        if value is UNKNOWN:
            return f"its {name} is not known yet"
    system = system_of_image(machine.image)
    if UNKNOWN not in (system, machine.os_type) and fold(system) != fold(machine.os_type):
        return f"it is configured as {machine.os_type} and its image is of {system}"
    return None


def _fill_hotpatching(machine: Machine, filled: dict[str, Any], left: list[str]) -> None:
    given = machine.settings
    if given.patch_mode is None:
        filled["patch_mode"] = _BY_PLATFORM
    if given.enable_hotpatching is not None:
        return
    bypass = given.bypass_platform_safety_checks_on_user_schedule
    if UNKNOWN in (given.patch_mode, bypass):
        left.append("enable_hotpatching, because what it goes with is not known yet")
    elif not _is(filled.get("patch_mode", given.patch_mode), _BY_PLATFORM):
        left.append(f"enable_hotpatching, because patch_mode is {given.patch_mode}")
    elif bypass is True:
        left.append(
            "enable_hotpatching, because Azure refuses it beside bypass_platform_safety_checks_on_user_schedule"
        )
    else:
        filled["enable_hotpatching"] = True


def _is(value: Any, wanted: str) -> bool:
    return bool(fold(value) == fold(wanted))


def _is_listed(image: Any) -> bool:
    return isinstance(image, Image) and image.is_marketplace is True and listed_support(image).state == SUPPORTED
