"""`ArcMachinePatchSettings`, as a program declares it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pulumi import Input, Output, ResourceOptions

from pulumi_azure_hotpatch import dynamic_providers as providers

from .declared import Declared, arguments


class ArcMachinePatchSettings(Declared, module="azurehotpatch", name="ArcMachinePatchSettings"):
    """The patch settings of an Arc-enabled server; only the fields that are given are owned. Hotpatching needs the
    licence too: give `machine_id=licence.machine_id`, so that it comes first.
    """

    machine_id: Output[str]
    patch_mode: Output[str | None]
    enable_hotpatching: Output[bool | None]
    assessment_mode: Output[str | None]
    on_destroy: Output[str]
    timeout: Output[str | None]
    adopted: Output[Sequence[str]]
    os_type: Output[str | None]
    location: Output[str | None]
    previous: Output[Mapping[str, Any]]
    previously_absent: Output[Sequence[str]]
    applied: Output[Mapping[str, Any]]
    contested: Output[Mapping[str, int]]
    hotpatch_status: Output[str | None]
    unfinished: Output[str | None]

    def __init__(
        self,
        resource_name: str,
        *,
        machine_id: Input[str],
        patch_mode: Input[str] | None = None,
        enable_hotpatching: Input[bool] | None = None,
        assessment_mode: Input[str] | None = None,
        on_destroy: Input[str] | None = None,
        timeout: Input[str] | None = None,
        opts: ResourceOptions | None = None,
    ) -> None:
        """Declare the settings.

        :param machine_id: ARM id of the server (`Microsoft.HybridCompute/machines`). A change replaces the resource
            (the old server is restored).
        :param patch_mode: `AutomaticByPlatform`, `AutomaticByOS`, `Manual` or `ImageDefault`.
        :param enable_hotpatching: whether a licensed server takes its hotpatches.
        :param assessment_mode: `AutomaticByPlatform` (assessed every day) or `ImageDefault`.
        :param on_destroy: `restore` (the default) puts back what was there before, `keep` leaves everything.
        :param timeout: how long a change may take, such as `30m` (the default).
        """
        super().__init__(providers.ArcMachinePatchSettingsProvider(), resource_name, arguments(locals()), opts)
