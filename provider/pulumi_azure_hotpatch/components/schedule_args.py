"""The maintenance schedule that a component makes."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import TypedDict

from pulumi import Input

from pulumi_azure_hotpatch.engine.recurrence import Recurrence
from pulumi_azure_hotpatch.errors import InvalidInput
from pulumi_azure_hotpatch.resources import LinuxPackagesArgs, WindowsPatchesArgs


class _Window(TypedDict):
    resource_group_name: Input[str]
    location: Input[str]
    start: Input[str]
    duration: Input[str]
    time_zone: Input[str]
    recurrence: Input[str] | Recurrence


class ScheduleArgs(_Window, total=False):
    """A maintenance schedule to create: the arguments of `MaintenanceSchedule`, but for `on_destroy`, which is the
    component's.
    """

    schedule_name: Input[str]
    subscription_id: Input[str]
    expires: Input[str]
    reboot_setting: Input[str]
    windows: Input[WindowsPatchesArgs]
    linux: Input[LinuxPackagesArgs]
    tags: Input[Mapping[str, Input[str]]]


def check_schedule(label: str, schedule: Mapping[str, object]) -> None:
    """Raise InvalidInput where these are not the arguments of a schedule for Windows."""
    if "on_destroy" in schedule:
        raise InvalidInput(f"{label}: schedule takes no on_destroy; give on_destroy to the component, it is for both")
    known = ScheduleArgs.__required_keys__ | ScheduleArgs.__optional_keys__
    for name in schedule:
        if name not in known:
            near = get_close_matches(str(name), known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(sorted(known))}"
            raise InvalidInput(f"{label}: schedule has no argument {name!r}; {hint}")
    if missing := sorted(name for name in ScheduleArgs.__required_keys__ if schedule.get(name) is None):
        raise InvalidInput(f"{label}: schedule lacks {', '.join(missing)}")
    if schedule.get("linux") is not None and schedule.get("windows") is None:
        raise InvalidInput(
            f"{label}: schedule selects Linux packages only, and HotpatchReady is for Windows; declare "
            "VirtualMachinePatchSettings, MaintenanceSchedule and ScheduleAssignment for a Linux VM"
        )
