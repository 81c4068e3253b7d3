"""STORED FORMAT: users' state files hold the import path of these classes. Never move, rename or remove one; they
hold nothing.
"""

from .host.dynamic import HandlerProvider


class PreviewEnrollmentProvider(HandlerProvider):
    """Behind `PreviewEnrollment`."""

    handler_name = "preview_enrollment"


class VirtualMachinePatchSettingsProvider(HandlerProvider):
    """Behind `VirtualMachinePatchSettings`."""

    handler_name = "virtual_machine_patch_settings"


class MaintenanceScheduleProvider(HandlerProvider):
    """Behind `MaintenanceSchedule`."""

    handler_name = "maintenance_schedule"


class ScheduleAssignmentProvider(HandlerProvider):
    """Behind `ScheduleAssignment`."""

    handler_name = "schedule_assignment"


class ImageSupportCheckProvider(HandlerProvider):
    """Behind `ImageSupportCheck`."""

    handler_name = "image_support_check"


class PatchAssessmentProvider(HandlerProvider):
    """Behind `PatchAssessment`."""

    handler_name = "patch_assessment"


class PatchInstallationProvider(HandlerProvider):
    """Behind `PatchInstallation`."""

    handler_name = "patch_installation"


class ArcHotpatchLicenseProvider(HandlerProvider):
    """Behind `ArcHotpatchLicense`."""

    handler_name = "arc_hotpatch_license"


class ArcMachinePatchSettingsProvider(HandlerProvider):
    """Behind `ArcMachinePatchSettings`."""

    handler_name = "arc_machine_patch_settings"


class ScaleSetPatchSettingsProvider(HandlerProvider):
    """Behind `ScaleSetPatchSettings`."""

    handler_name = "scale_set_patch_settings"


class FleetPatchSettingsProvider(HandlerProvider):
    """Behind `FleetPatchSettings`."""

    handler_name = "fleet_patch_settings"


class DynamicScopeProvider(HandlerProvider):
    """Behind `DynamicScope`."""

    handler_name = "dynamic_scope"


class PatchRolloutProvider(HandlerProvider):
    """Behind `PatchRollout`."""

    handler_name = "patch_rollout"
