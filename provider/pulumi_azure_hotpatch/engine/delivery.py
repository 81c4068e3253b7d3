"""How a release reaches one machine, and when: by a schedule's window, by the platform, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal, TypeAlias

from .facts import Machine
from .logic import UNKNOWN, Maybe, fold
from .outcome import Outcome
from .timetable import Slot, Timetable, slot_for
from .window import Window

Answer: TypeAlias = Literal["yes", "no", "unknown"]

PLATFORM_DEADLINE: Final = timedelta(days=30)
"""Source: Microsoft Learn, Automatic guest patching for Azure VMs, 2024-07-31."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """How one release reaches the machine.

    Without `earliest` and `latest` nothing installs it that is known here; `restarts_anyway` is then what is known of
    restarts. `reboot_setting` is the one that counts while it is installed, `provisos` are the conditions under which
    all this holds, in sentences.
    """

    how: str
    schedule: str | None = None
    earliest: datetime | None = None
    latest: datetime | None = None
    reboot_setting: Maybe[str | None] = None
    restarts_anyway: Answer = "no"
    provisos: tuple[str, ...] = ()

    @property
    def arrives(self) -> bool:
        """Whether there is a time for it."""
        return self.latest is not None

    def restarts(self, if_required: Answer) -> Answer:
        """Whether it restarts the machine; no setting at all counts as IfRequired.

        Source: Azure/LinuxPatchExtension 488ab8ea, which falls back to it.
        """
        if not self.arrives:
            return self.restarts_anyway
        if self.reboot_setting is UNKNOWN:
            return "unknown"
        match fold(self.reboot_setting):
            case "never":
                return "no"
            case "always":
                return "yes"
            case _:
                return if_required

    def restart_in_words(self, if_required: Answer) -> str:
        """How its restart, or that there is none, continues a sentence about the release; "" where that is open.

        A restart that is needed and withheld leaves the release pending. Source: Azure/LinuxPatchExtension 488ab8ea
        ("the customer-specified reboot setting doesn't allow reboots").
        """
        open_setting = self.reboot_setting is UNKNOWN
        match if_required, "" if open_setting else fold(self.reboot_setting):
            case "yes", "never":
                return ", which needs a restart that reboot setting Never withholds, so that it stays pending"
            case "unknown", "never":
                return "; reboot setting Never withholds any restart"
            case "yes", _:
                return ", with a restart" + (" if the reboot setting, not known yet, allows it" if open_setting else "")
            case "no", "always":
                return ", which needs no restart and gets one by reboot setting Always"
            case "no", _:
                return ", without a restart" + (
                    " unless the reboot setting, not known yet, is Always" if open_setting else ""
                )
            case _:
                return ""


Deliver: TypeAlias = Callable[[date, bool], Delivery]
"""From the day of a release, and whether it needs a restart, to its delivery."""


def delivery_to(
    machine: Machine,
    fate: Outcome,
    timetables: Sequence[Timetable],
    windows: Callable[[Timetable], tuple[Window, ...]],
    not_before: datetime,
) -> Deliver:
    """How releases reach `machine`, whose outcome is `fate`; `windows` lists a timetable's over the horizon."""
    match fate.verdict:
        case "platform":
            return lambda day, _: _by_platform(fate, day, not_before)
        case "schedule":
            return lambda day, restarts: _by_schedule(machine, fate, timetables, windows, not_before, day, restarts)
        case "unknown":
            return lambda *_: Delivery(str(fate), restarts_anyway="unknown")
        case _:
            # Windows that updates itself restarts when it likes.
            by_itself: Answer = "unknown" if fold(machine.settings.patch_mode) == "automaticbyos" else "no"
            return lambda *_: Delivery(str(fate), restarts_anyway=by_itself)


def _by_platform(fate: Outcome, day: date, not_before: datetime) -> Delivery:
    released = datetime.combine(day, time.min, UTC)
    return Delivery(
        how="the platform installs it within 30 days of release, off-peak",
        earliest=max(released, not_before),
        latest=released + PLATFORM_DEADLINE,
        reboot_setting=fate.reboot_setting,
        provisos=fate.provisos,
    )


def _by_schedule(
    machine: Machine,
    fate: Outcome,
    timetables: Sequence[Timetable],
    windows: Callable[[Timetable], tuple[Window, ...]],
    not_before: datetime,
    day: date,
    restarts: bool,
) -> Delivery:
    taking = [one for one in timetables if _takes(one, machine, restarts)]
    if not taking:
        names = " and ".join(f"'{one.name}'" for one in timetables)
        return Delivery(f"nothing installs it: {names} leaves it out")
    slots = [slot for one in taking if (slot := slot_for(one, windows(one), day, not_before)) is not None]
    if not slots:
        names = " and ".join(f"'{one.name}'" for one in taking)
        return Delivery(f"nothing installs it: {names} has no window in time")
    slot = min(slots, key=_closes)
    own = machine.settings.reboot_setting
    theirs = slot.timetable.reboot_setting
    return Delivery(
        how=f"schedule '{slot.timetable.name}' installs it",
        schedule=slot.timetable.name,
        earliest=slot.earliest,
        latest=slot.latest,
        reboot_setting=own if own is not None and fold(own) != "unknown" else theirs,
        provisos=(*fate.provisos, *slot.timetable.provisos()),
    )


def _takes(timetable: Timetable, machine: Machine, restarts: bool) -> bool:
    """Whether the schedule's selection has monthly security updates; one that selects nothing is taken to have them."""
    patches = timetable.patches
    if fold(machine.os_type) == "linux":
        return True
    if restarts and patches.exclude_kbs_requiring_reboot is True:
        return False
    if patches.windows_classifications is UNKNOWN or patches.selects_for_windows is not True:
        return True
    return any(fold(one) in ("security", "critical") for one in patches.windows_classifications or ())


def _closes(slot: Slot) -> datetime:
    return slot.latest.astimezone(UTC)
