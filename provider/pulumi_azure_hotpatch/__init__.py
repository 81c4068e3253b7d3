"""Hotpatch and guest patching of Azure machines, declared in Pulumi."""

from .engine.recurrence import Week, Weekday, daily, monthly, patch_tuesday, weekly
from .functions import PreviewFeatureState, get_preview_features, get_preview_features_output
from .models.preview_enrollment import HOTPATCH_PREVIEW_FEATURES
from .resources import (
    ArcHotpatchLicense,
    ArcMachinePatchSettings,
    ImageSupportCheck,
    LinuxPackagesArgs,
    MaintenanceSchedule,
    PatchAssessment,
    PatchInstallation,
    PreviewEnrollment,
    ScaleSetPatchSettings,
    ScheduleAssignment,
    VirtualMachinePatchSettings,
    WindowsPatchesArgs,
)
from .status import (
    get_hotpatch_state,
    get_hotpatch_state_output,
    get_patch_history,
    get_patch_history_output,
    get_patch_status,
    get_patch_status_output,
)

__all__ = [  # noqa: RUF022 - by plain text order
    "ArcHotpatchLicense",
    "ArcMachinePatchSettings",
    "HOTPATCH_PREVIEW_FEATURES",
    "ImageSupportCheck",
    "LinuxPackagesArgs",
    "MaintenanceSchedule",
    "PatchAssessment",
    "PatchInstallation",
    "PreviewEnrollment",
    "PreviewFeatureState",
    "ScaleSetPatchSettings",
    "ScheduleAssignment",
    "VirtualMachinePatchSettings",
    "Week",
    "Weekday",
    "WindowsPatchesArgs",
    "daily",
    "get_hotpatch_state",
    "get_hotpatch_state_output",
    "get_patch_history",
    "get_patch_history_output",
    "get_patch_status",
    "get_patch_status_output",
    "get_preview_features",
    "get_preview_features_output",
    "monthly",
    "patch_tuesday",
    "weekly",
]
