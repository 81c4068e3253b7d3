"""`PatchInstallation`, as a program declares it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pulumi import Input, Output, ResourceOptions

from pulumi_azure_hotpatch import dynamic_providers as providers

from .declared import Declared, arguments, nested
from .patches import LinuxPackagesArgs, WindowsPatchesArgs


class PatchInstallation(Declared, module="azurehotpatch", name="PatchInstallation"):
    """An installation of patches on one machine: made now, and again when `triggers` or the request itself change.

    Each of `patches` has `name`, `state` (Installed, Failed, Pending, Excluded, NotSelected), `kb` or
    `version`, and `classifications`. The resource's id names its first installation, `activity_id` the last.
    """

    machine_id: Output[str]
    windows: Output[Mapping[str, Any] | None]
    linux: Output[Mapping[str, Any] | None]
    reboot_setting: Output[str]
    maximum_duration: Output[str]
    max_publish_date: Output[str | None]
    triggers: Output[Sequence[str | bool | float]]
    fail_on: Output[Sequence[str]]
    start_if_off: Output[bool]
    adopt_activity_id: Output[str | None]
    ignore_activity_id: Output[str | None]
    look_back: Output[str]
    timeout: Output[str | None]
    would_install: Output[Sequence[str] | None]
    reboot_expected: Output[str | None]
    time_budget: Output[str | None]
    activity_id: Output[str | None]
    operation: Output[str | None]
    asked_at: Output[str | None]
    started_machine: Output[str | None]
    adopted: Output[bool]
    status: Output[str | None]
    reboot_status: Output[str | None]
    maintenance_window_exceeded: Output[bool | None]
    installed_count: Output[int | None]
    failed_count: Output[int | None]
    pending_count: Output[int | None]
    excluded_count: Output[int | None]
    not_selected_count: Output[int | None]
    patches: Output[Sequence[Mapping[str, Any]] | None]
    started_at: Output[str | None]
    finished_at: Output[str | None]
    error: Output[str | None]
    unfinished: Output[str | None]

    def __init__(
        self,
        resource_name: str,
        *,
        machine_id: Input[str],
        windows: Input[WindowsPatchesArgs] | None = None,
        linux: Input[LinuxPackagesArgs] | None = None,
        reboot_setting: Input[str] | None = None,
        maximum_duration: Input[str] | None = None,
        max_publish_date: Input[str] | None = None,
        triggers: Input[Sequence[Input[str | bool | float]]] | None = None,
        fail_on: Input[Sequence[Input[str]]] | None = None,
        start_if_off: Input[bool] | None = None,
        adopt_activity_id: Input[str] | None = None,
        ignore_activity_id: Input[str] | None = None,
        look_back: Input[str] | None = None,
        timeout: Input[str] | None = None,
        opts: ResourceOptions | None = None,
    ) -> None:
        """Declare the installation.

        :param machine_id: ARM id of a VM or an Arc-enabled server. A change replaces the installation.
        :param windows: which Windows patches are installed, on a Windows machine.
        :param linux: which Linux packages are installed, on a Linux machine.
        :param reboot_setting: `IfRequired` (the default), `Never` or `Always`.
        :param maximum_duration: how long patches may be started, such as `2h` (the default); Azure documents no
            upper limit for installations on demand, only for schedules (03:55).
        :param max_publish_date: an instant with offset or a day; Windows patches published later are left out.
        :param triggers: values of any meaning, `()` by default; another value installs again.
        :param fail_on: what fails the deployment, by default `('failed',)`: `failed` (the installation or a patch),
            `reboot_pending`, `window_exceeded`.
        :param start_if_off: True starts a VM that is off, and stops it again afterwards; `False` by default. Of one
            that is on already the activity log is asked whether a killed run has started it; where that log does not
            say who did, it is looked at until 20 minutes after the beginning, because it may be so far behind.
        :param adopt_activity_id: an installation that ran already and is to be taken as this resource's, as asked for
            after a run that was killed. It may stay in the program: other `triggers` install again all the same.
        :param ignore_activity_id: an installation that is another's, as told after a run that was killed.
        :param look_back: how long ago an installation that nobody accounts for may have begun to be taken for one of
            a run that was killed, such as `72h` (the default); after a destroy, too, the same declaration takes up what
            it installed in this time, and other `triggers` install anew. With `0s`, which says that there was no such
            run, an Arc-enabled server is asked at once; else 20 minutes after the run has begun, when the activity log
            has all that was before.
        :param timeout: how long to wait in all; by default `maximum_duration` and 90 minutes.
        """
        inputs = arguments(locals()) | {
            "windows": nested(windows),
            "linux": nested(linux),
        }
        super().__init__(providers.PatchInstallationProvider(), resource_name, inputs, opts)
