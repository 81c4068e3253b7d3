"""What programs declare. No logic: a program cannot see resolved values here."""

from .arc_hotpatch_license import ArcHotpatchLicense
from .arc_machine_patch_settings import ArcMachinePatchSettings
from .dynamic_scope import DynamicScope
from .fleet_patch_settings import FleetPatchSettings
from .image_support_check import ImageSupportCheck
from .maintenance_schedule import MaintenanceSchedule
from .patch_assessment import PatchAssessment
from .patch_installation import PatchInstallation
from .patch_rollout import PatchRollout, RingArgs, read_rings
from .patches import LinuxPackagesArgs, WindowsPatchesArgs
from .preview_enrollment import PreviewEnrollment
from .scale_set_patch_settings import ScaleSetPatchSettings
from .schedule_assignment import ScheduleAssignment
from .virtual_machine_patch_settings import VirtualMachinePatchSettings

__all__ = [
    "ArcHotpatchLicense",
    "ArcMachinePatchSettings",
    "DynamicScope",
    "FleetPatchSettings",
    "ImageSupportCheck",
    "LinuxPackagesArgs",
    "MaintenanceSchedule",
    "PatchAssessment",
    "PatchInstallation",
    "PatchRollout",
    "PreviewEnrollment",
    "RingArgs",
    "ScaleSetPatchSettings",
    "ScheduleAssignment",
    "VirtualMachinePatchSettings",
    "WindowsPatchesArgs",
    "read_rings",
]
