"""`ScaleSetPatchSettings`, as a program declares it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pulumi import Input, Output, ResourceOptions

from pulumi_azure_hotpatch import dynamic_providers as providers

from .declared import Declared, arguments


class ScaleSetPatchSettings(Declared, module="azurehotpatch", name="ScaleSetPatchSettings"):
    """The patch settings in the machine profile of a flexible scale set; only the fields that are given are owned.

    What becomes of instances that exist already no source read says: declare `VirtualMachinePatchSettings` for them.
    """

    scale_set_id: Output[str]
    patch_mode: Output[str | None]
    enable_hotpatching: Output[bool | None]
    assessment_mode: Output[str | None]
    reboot_setting: Output[str | None]
    bypass_platform_safety_checks_on_user_schedule: Output[bool | None]
    on_destroy: Output[str]
    timeout: Output[str | None]
    adopted: Output[Sequence[str]]
    os_type: Output[str | None]
    location: Output[str | None]
    previous: Output[Mapping[str, Any]]
    previously_absent: Output[Sequence[str]]
    applied: Output[Mapping[str, Any]]
    contested: Output[Mapping[str, int]]
    unfinished: Output[str | None]

    def __init__(
        self,
        resource_name: str,
        *,
        scale_set_id: Input[str],
        patch_mode: Input[str] | None = None,
        enable_hotpatching: Input[bool] | None = None,
        assessment_mode: Input[str] | None = None,
        reboot_setting: Input[str] | None = None,
        bypass_platform_safety_checks_on_user_schedule: Input[bool] | None = None,
        on_destroy: Input[str] | None = None,
        timeout: Input[str] | None = None,
        opts: ResourceOptions | None = None,
    ) -> None:
        """Declare the settings.

        :param scale_set_id: ARM id of the scale set. A change replaces the resource (the old one is restored).
        :param patch_mode: as for a VM; `AutomaticByPlatform` needs the Application Health extension in the profile.
        :param enable_hotpatching: Windows only; on a hotpatch image it cannot be turned off.
        :param assessment_mode: `AutomaticByPlatform` (assessed every day) or `ImageDefault`.
        :param reboot_setting: `IfRequired`, `Never` or `Always`, for platform patching.
        :param bypass_platform_safety_checks_on_user_schedule: of no effect: schedules do not reach scale sets.
        :param on_destroy: `restore` (the default) puts back what was there before, `keep` leaves everything.
        :param timeout: how long a change may take, such as `30m` (the default).
        """
        super().__init__(providers.ScaleSetPatchSettingsProvider(), resource_name, arguments(locals()), opts)
