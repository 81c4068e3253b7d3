"""`VirtualMachinePatchSettings`, as a program declares it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pulumi import Input, Output, ResourceOptions

from pulumi_azure_hotpatch import dynamic_providers as providers

from .declared import Declared, arguments


class VirtualMachinePatchSettings(Declared, module="azurehotpatch", name="VirtualMachinePatchSettings"):
    """The patch settings of an existing VM; only the fields that are given are owned, everything else of the machine
    is left alone.
    """

    virtual_machine_id: Output[str]
    patch_mode: Output[str | None]
    enable_hotpatching: Output[bool | None]
    assessment_mode: Output[str | None]
    reboot_setting: Output[str | None]
    bypass_platform_safety_checks_on_user_schedule: Output[bool | None]
    on_destroy: Output[str]
    timeout: Output[str | None]
    adopted: Output[Sequence[str]]
    image_eligibility: Output[str]
    outcome: Output[str]
    os_type: Output[str | None]
    location: Output[str | None]
    previous: Output[Mapping[str, Any]]
    previously_absent: Output[Sequence[str]]
    applied: Output[Mapping[str, Any]]
    contested: Output[Mapping[str, int]]
    hotpatch_track: Output[str | None]
    hotpatch_enabled_again_on: Output[str | None]
    unfinished: Output[str | None]

    def __init__(
        self,
        resource_name: str,
        *,
        virtual_machine_id: Input[str],
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

        :param virtual_machine_id: ARM id of the VM. A change replaces the resource (the old machine is restored).
        :param patch_mode: `AutomaticByPlatform`, `AutomaticByOS` or `Manual` on Windows; `AutomaticByPlatform` or
            `ImageDefault` on Linux.
        :param enable_hotpatching: Windows only; needs an eligible image, the VM agent and `AutomaticByPlatform`.
        :param assessment_mode: `AutomaticByPlatform` (assessed every day) or `ImageDefault`.
        :param reboot_setting: `IfRequired`, `Never` or `Always`, for platform patching.
        :param bypass_platform_safety_checks_on_user_schedule: True lets maintenance schedules patch the machine;
            forbidden with hotpatch.
        :param on_destroy: `restore` (the default) puts back what was there before, `keep` leaves everything.
        :param timeout: how long a change may take, such as `30m` (the default).
        """
        super().__init__(providers.VirtualMachinePatchSettingsProvider(), resource_name, arguments(locals()), opts)
