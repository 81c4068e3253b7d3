"""Hotpatch and guest patching of Azure machines, declared in Pulumi.

The names below are imported when they are first used: a program needs Pulumi for them, the command line does not.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .components import HotpatchReady, ScheduleArgs
    from .engine.recurrence import Week, Weekday, daily, monthly, patch_tuesday, weekly
    from .foresight import forecast, get_release_calendar, next_windows
    from .functions import PreviewFeatureState, get_preview_features, get_preview_features_output
    from .hooks import guard_virtual_machines
    from .models.preview_enrollment import HOTPATCH_PREVIEW_FEATURES
    from .resources import (
        ArcHotpatchLicense,
        ArcMachinePatchSettings,
        DynamicScope,
        FleetPatchSettings,
        ImageSupportCheck,
        LinuxPackagesArgs,
        MaintenanceSchedule,
        PatchAssessment,
        PatchInstallation,
        PatchRollout,
        PreviewEnrollment,
        RingArgs,
        ScaleSetPatchSettings,
        ScheduleAssignment,
        VirtualMachinePatchSettings,
        WindowsPatchesArgs,
        read_rings,
    )
    from .status import (
        get_hotpatch_state,
        get_hotpatch_state_output,
        get_patch_history,
        get_patch_history_output,
        get_patch_status,
        get_patch_status_output,
    )
    from .transforms import fill_patch_settings

__all__ = [  # noqa: RUF022 - by plain text order
    "ArcHotpatchLicense",
    "ArcMachinePatchSettings",
    "DynamicScope",
    "FleetPatchSettings",
    "HOTPATCH_PREVIEW_FEATURES",
    "HotpatchReady",
    "ImageSupportCheck",
    "LinuxPackagesArgs",
    "MaintenanceSchedule",
    "PatchAssessment",
    "PatchInstallation",
    "PatchRollout",
    "PreviewEnrollment",
    "PreviewFeatureState",
    "RingArgs",
    "ScaleSetPatchSettings",
    "ScheduleArgs",
    "ScheduleAssignment",
    "VirtualMachinePatchSettings",
    "Week",
    "Weekday",
    "WindowsPatchesArgs",
    "daily",
    "fill_patch_settings",
    "forecast",
    "get_hotpatch_state",
    "get_hotpatch_state_output",
    "get_patch_history",
    "get_patch_history_output",
    "get_patch_status",
    "get_patch_status_output",
    "get_preview_features",
    "get_preview_features_output",
    "get_release_calendar",
    "guard_virtual_machines",
    "monthly",
    "next_windows",
    "patch_tuesday",
    "read_rings",
    "weekly",
]

_HOMES = {
    "ArcHotpatchLicense": "resources",
    "ArcMachinePatchSettings": "resources",
    "DynamicScope": "resources",
    "FleetPatchSettings": "resources",
    "HOTPATCH_PREVIEW_FEATURES": "models.preview_enrollment",
    "HotpatchReady": "components",
    "ImageSupportCheck": "resources",
    "LinuxPackagesArgs": "resources",
    "MaintenanceSchedule": "resources",
    "PatchAssessment": "resources",
    "PatchInstallation": "resources",
    "PatchRollout": "resources",
    "PreviewEnrollment": "resources",
    "PreviewFeatureState": "functions",
    "RingArgs": "resources",
    "ScaleSetPatchSettings": "resources",
    "ScheduleArgs": "components",
    "ScheduleAssignment": "resources",
    "VirtualMachinePatchSettings": "resources",
    "Week": "engine.recurrence",
    "Weekday": "engine.recurrence",
    "WindowsPatchesArgs": "resources",
    "daily": "engine.recurrence",
    "fill_patch_settings": "transforms",
    "forecast": "foresight",
    "get_hotpatch_state": "status",
    "get_hotpatch_state_output": "status",
    "get_patch_history": "status",
    "get_patch_history_output": "status",
    "get_patch_status": "status",
    "get_patch_status_output": "status",
    "get_preview_features": "functions",
    "get_preview_features_output": "functions",
    "get_release_calendar": "foresight",
    "guard_virtual_machines": "hooks",
    "monthly": "engine.recurrence",
    "next_windows": "foresight",
    "patch_tuesday": "engine.recurrence",
    "read_rings": "resources",
    "weekly": "engine.recurrence",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted((*globals(), *__all__))
