"""Fixes that leave no choice, written into a declaration by policies at level `remediate`.

They come after `check`: what they write is never checked by the resource again before it is created, which is why our
own resources validate once more in `create` and `update`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pulumi_azure_hotpatch.engine.declared import (
    FLEET,
    NATIVE_MACHINE,
    NATIVE_SCALE_SET,
    NATIVE_SCHEDULE,
    SCALE_SET_SETTINGS,
    SETTINGS,
)
from pulumi_azure_hotpatch.engine.facts import PATCH_FIELD_PATHS

_WINDOWS: Final = ("osProfile", "windowsConfiguration")
_BYPASS: Final = "bypass_platform_safety_checks_on_user_schedule"


@dataclass(frozen=True, slots=True)
class Remedy:
    """A value, and by kind of resource the path in its inputs where it belongs."""

    value: Any
    paths: Mapping[str, tuple[str, ...]]


def _patch_field(name: str, value: Any) -> Remedy:
    head, *rest = name.split("_")
    ours = (head + "".join(word.capitalize() for word in rest),)
    native = (*_WINDOWS, "patchSettings", *PATCH_FIELD_PATHS[name])
    return Remedy(
        value,
        {
            SETTINGS: ours,
            FLEET: ours,
            SCALE_SET_SETTINGS: ours,
            NATIVE_MACHINE: native,
            NATIVE_SCALE_SET: ("virtualMachineProfile", *native),
        },
    )


REMEDIES: Final[Mapping[str, Remedy]] = {
    "hotpatch-forbids-bypass": _patch_field(_BYPASS, False),
    "hotpatch-needs-platform-mode": _patch_field("patch_mode", "AutomaticByPlatform"),
    "hotpatch-image-needs-platform-mode": _patch_field("patch_mode", "AutomaticByPlatform"),
    "hotpatch-needs-agent": Remedy(True, {NATIVE_MACHINE: (*_WINDOWS, "provisionVMAgent")}),
    "scale-set-hotpatch-needs-platform-mode": _patch_field("patch_mode", "AutomaticByPlatform"),
    "scale-set-hotpatch-stays-on": _patch_field("enable_hotpatching", True),
    "schedule-patch-mode": Remedy("User", {NATIVE_SCHEDULE: ("extensionProperties", "InGuestPatchMode")}),
    "schedule-visibility": Remedy("Custom", {NATIVE_SCHEDULE: ("visibility",)}),
}
"""By rule, where breaking it leaves one way out once what it protects is wanted."""


def write(props: Any, path: tuple[str, ...], value: Any) -> None:
    """Put `value` into a bag as a remediation gets it, making the objects on the way that are missing.

    Written through the bag's own proxy, so that what is secret in it stays secret.
    """
    *parents, leaf = path
    target = props
    for step in parents:
        if step not in target:
            target[step] = {}
        target = target[step]
    target[leaf] = value
