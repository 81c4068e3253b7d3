"""An on-demand installation, as it would be asked of `installPatches`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from .facts import Machine
from .logic import UNKNOWN, Maybe
from .patch_lists import PatchLists


@dataclass(frozen=True, slots=True)
class InstallRequest:
    """What to install on one machine, for how long, and whether it may reboot.

    `maximum_minutes` is the request's `maximumDuration`. `off_track_kb` is an included KB that takes the machine off
    the hotpatch track, None where there is none or nobody looked (`track.off_track_kb`). `starts_machine` is whether a
    machine that is off is to be started for it.
    """

    machine: Machine
    patches: PatchLists = field(default_factory=PatchLists)
    maximum_minutes: Maybe[int | None] = UNKNOWN
    reboot_setting: Maybe[str | None] = UNKNOWN
    max_publish_date: Maybe[datetime | None] = None
    off_track_kb: Maybe[str | None] = None
    starts_machine: Maybe[bool] = False

    @property
    def selects_something(self) -> Maybe[bool]:
        """Whether anything is included for the machine's operating system."""
        os_type = self.machine.os_type
        if os_type is UNKNOWN:
            windows, linux = self.patches.selects_for_windows, self.patches.selects_for_linux
            return windows if windows is linux else UNKNOWN
        if str(os_type).casefold() == "linux":
            return self.patches.selects_for_linux
        return self.patches.selects_for_windows
