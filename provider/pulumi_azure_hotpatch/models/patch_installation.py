"""What a program declares of an installation on demand, and what is stored."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, ConfigDict

from pulumi_azure_hotpatch.engine.instants import instant_of
from pulumi_azure_hotpatch.errors import InvalidInput

from .base import (
    ANY_CASE,
    ANY_ORDER,
    Answer,
    Inputs,
    OptionalWait,
    ReplaceOnChange,
    Same,
    State,
    Wait,
    means_the_same,
    parse_wait,
)
from .maintenance_schedule import SELECTION, LinuxPackages, RebootSetting, WindowsPatches
from .patches import MachineId, TreatedPatch, Triggers

# Source: recorded traffic of the Azure CLI: the id of the operation, a GUID, is the activity id.
_ACTIVITY: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
FailOn = Literal["failed", "reboot_pending", "window_exceeded"]


def _check_instant(value: str) -> str:
    try:
        instant_of(value, "")
    except InvalidInput as error:
        # The property is named by whoever shows this.
        raise ValueError(str(error).strip()) from None
    return value


def _check_activity(value: str) -> str:
    if not _ACTIVITY.fullmatch(value):
        raise ValueError(f"'{value}' is not the id of an installation (a GUID, as the question or `history` shows it)")
    return value


def _check_duration(value: str) -> str:
    if not parse_wait(value):
        raise ValueError(f"'{value}' leaves no time to install anything")
    return value


def _instant_key(value: Any) -> datetime | None:
    return instant_of(value) if isinstance(value, str) else None


PublishDate = Annotated[str, AfterValidator(_check_instant)]
ActivityId = Annotated[str, AfterValidator(_check_activity)]


class PatchInstallationInputs(Inputs):
    """An installation on one machine, made now and again when `triggers` or the request itself change.

    The answers say, from the last assessment, what would be installed and whether a restart is to be expected.
    """

    machine_id: Annotated[MachineId, ReplaceOnChange(), ANY_CASE]
    windows: Annotated[WindowsPatches | None, SELECTION] = None
    linux: Annotated[LinuxPackages | None, SELECTION] = None
    reboot_setting: Annotated[RebootSetting, ANY_CASE] = "IfRequired"
    maximum_duration: Annotated[Wait, AfterValidator(_check_duration)] = "2h"
    max_publish_date: Annotated[PublishDate | None, Same(_instant_key)] = None
    triggers: Triggers = ()
    fail_on: Annotated[tuple[FailOn, ...], ANY_ORDER] = ("failed",)
    start_if_off: bool = False
    adopt_activity_id: Annotated[ActivityId | None, ANY_CASE] = None
    ignore_activity_id: Annotated[ActivityId | None, ANY_CASE] = None
    look_back: Wait = "72h"
    timeout: OptionalWait = None
    would_install: Annotated[tuple[str, ...] | None, Answer()] = None
    reboot_expected: Annotated[str | None, Answer()] = None
    time_budget: Annotated[str | None, Answer()] = None


REQUEST: Final = (
    "triggers",
    "windows",
    "linux",
    "reboot_setting",
    "maximum_duration",
    "max_publish_date",
)
"""The inputs that make an installation another one."""


class PatchInstallationState(PatchInstallationInputs, State):
    """The result. `patches` is complete, or absent: an installation may be over before Azure Resource Graph has the
    list, and `pulumi refresh` fills it in then. `adopted` is True for an installation that was found, not started.

    While it runs: `operation` is where it answers, `asked_at` when it was asked for (an answer to that may have been
    lost). `started_machine` is the power state that a machine goes back to which was started for this.
    """

    model_config = ConfigDict(extra="ignore")

    activity_id: str | None = None
    operation: str | None = None
    asked_at: str | None = None
    started_machine: str | None = None
    adopted: bool = False
    status: str | None = None
    reboot_status: str | None = None
    maintenance_window_exceeded: bool | None = None
    installed_count: int | None = None
    failed_count: int | None = None
    pending_count: int | None = None
    excluded_count: int | None = None
    not_selected_count: int | None = None
    patches: tuple[TreatedPatch, ...] | None = None
    started_at: str | None = None
    finished_at: str | None = None
    error: str | None = None


def asks_for_the_same(left: PatchInstallationInputs, right: PatchInstallationInputs) -> bool:
    """Whether two declarations ask for one and the same installation."""
    fields = PatchInstallationInputs.model_fields
    return all(means_the_same(fields[name], getattr(left, name), getattr(right, name)) for name in REQUEST)
