"""`MaintenanceSchedule`, as a program declares it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pulumi import Input, Output, ResourceOptions

from pulumi_azure_hotpatch import dynamic_providers as providers
from pulumi_azure_hotpatch.engine import recurrence as recurrences

from .declared import Declared, arguments, nested
from .patches import LinuxPackagesArgs, WindowsPatchesArgs


class MaintenanceSchedule(Declared, module="azurehotpatch", name="MaintenanceSchedule"):
    """A maintenance configuration of scope InGuestPatch: when machines are patched, and with what."""

    resource_group_name: Output[str]
    schedule_name: Output[str]
    location: Output[str]
    subscription_id: Output[str]
    start: Output[str]
    duration: Output[str]
    time_zone: Output[str]
    recurrence: Output[str]
    expires: Output[str | None]
    reboot_setting: Output[str]
    windows: Output[Mapping[str, Any] | None]
    linux: Output[Mapping[str, Any] | None]
    tags: Output[Mapping[str, str] | None]
    on_destroy: Output[str]
    adopted: Output[bool]
    applied: Output[Mapping[str, Any]]
    previous: Output[Mapping[str, Any]]
    previously_absent: Output[Sequence[str]]
    unfinished: Output[str | None]

    def __init__(
        self,
        resource_name: str,
        *,
        resource_group_name: Input[str],
        location: Input[str],
        start: Input[str],
        duration: Input[str],
        time_zone: Input[str],
        recurrence: Input[str] | recurrences.Recurrence,
        schedule_name: Input[str] | None = None,
        subscription_id: Input[str] | None = None,
        expires: Input[str] | None = None,
        reboot_setting: Input[str] | None = None,
        windows: Input[WindowsPatchesArgs] | None = None,
        linux: Input[LinuxPackagesArgs] | None = None,
        tags: Input[Mapping[str, Input[str]]] | None = None,
        on_destroy: Input[str] | None = None,
        opts: ResourceOptions | None = None,
    ) -> None:
        """Declare the schedule.

        :param resource_group_name: where the configuration lives. A change replaces the schedule, as for the next
            three.
        :param location: its region.
        :param schedule_name: by default the resource's name.
        :param subscription_id: by default the stack's.
        :param start: local time `YYYY-MM-DD hh:mm`; the first window is the first occurrence on or after it.
        :param duration: `hh:mm`, from 01:30 to 03:55.
        :param time_zone: a Windows name (`W. Europe Standard Time`) or an IANA name (`Europe/Berlin`).
        :param recurrence: `recurEvery` text, or `daily()`, `weekly()`, `monthly()`, `patch_tuesday(4)`.
        :param expires: local time `YYYY-MM-DD hh:mm`; never by default.
        :param reboot_setting: `IfRequired` (the default), `Never` or `Always`.
        :param windows: which Windows patches are installed.
        :param linux: which Linux packages are installed.
        :param tags: the configuration's tags; lower-case names are safest.
        :param on_destroy: `restore` (the default) deletes what was created and puts back what was changed, `keep`
            leaves everything.
        """
        inputs = arguments(locals()) | {
            "schedule_name": schedule_name or resource_name,
            "recurrence": recurrences.format(recurrence)
            if isinstance(recurrence, recurrences.Recurrence)
            else recurrence,
            "windows": nested(windows),
            "linux": nested(linux),
        }
        # What was there before and what was set hold tags and masks again, which may be secret.
        copies = ResourceOptions(additional_secret_outputs=["applied", "previous"])
        opts = ResourceOptions.merge(opts, copies)
        super().__init__(providers.MaintenanceScheduleProvider(), resource_name, inputs, opts)
