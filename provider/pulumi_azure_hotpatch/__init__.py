"""Hotpatch and guest patching of Azure machines, declared in Pulumi."""

from .engine.recurrence import Week, Weekday, daily, monthly, patch_tuesday, weekly
from .functions import PreviewFeatureState, get_preview_features, get_preview_features_output
from .models.preview_enrollment import HOTPATCH_PREVIEW_FEATURES
from .resources import (
    LinuxPackagesArgs,
    MaintenanceSchedule,
    PreviewEnrollment,
    ScheduleAssignment,
    VirtualMachinePatchSettings,
    WindowsPatchesArgs,
)

__all__ = [
    "HOTPATCH_PREVIEW_FEATURES",
    "LinuxPackagesArgs",
    "MaintenanceSchedule",
    "PreviewEnrollment",
    "PreviewFeatureState",
    "ScheduleAssignment",
    "VirtualMachinePatchSettings",
    "Week",
    "Weekday",
    "WindowsPatchesArgs",
    "daily",
    "get_preview_features",
    "get_preview_features_output",
    "monthly",
    "patch_tuesday",
    "weekly",
]
