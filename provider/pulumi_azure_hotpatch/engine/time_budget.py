"""Whether the time of an installation is enough for what it picks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from .install_request import InstallRequest
from .logic import UNKNOWN, Maybe, fold
from .selection import Answer, Patch, Selection

Generation = Literal["2024-07-14", "2024-09-11"]


@dataclass(frozen=True, slots=True)
class Reserves:
    """How many minutes Windows keeps free before it starts something, as one generation of documents has it."""

    update: int
    service_pack: int
    restart: int
    source: str


# Two generations of documents disagree. The default is the later one, which is also the more careful.
WINDOWS_RESERVES: Final[Mapping[Generation, Reserves]] = MappingProxyType(
    {
        "2024-09-11": Reserves(
            15, 20, 10, "Microsoft Learn, Troubleshoot issues with Azure Update Manager, 2024-09-11"
        ),
        "2024-07-14": Reserves(
            10, 15, 10, "Microsoft Learn, How Update Manager works, 2024-07-14; the restart from the other generation"
        ),
    }
)

# Source: Azure/LinuxPatchExtension 488ab8ea, maintenance window.
_PACKAGE_MINUTES: Final = 5
_LINUX_RESTART_MINUTES: Final = 15


@dataclass(frozen=True, slots=True)
class TimeBudget:
    """Whether everything picked fits, in minutes: `least` if all goes well, `worst` with every reserve used up."""

    answer: Answer
    least: int
    worst: int
    why: str


def time_budget(request: InstallRequest, selection: Selection, *, generation: Generation = "2024-09-11") -> TimeBudget:
    """Whether the request's time is enough for what it picks.

    A running installation is never killed at the end of the time; what has not started by then stays pending.
    """
    picked, undecided = selection.picked, selection.undecided
    may_restart = fold(request.reboot_setting) != "never"
    if str(request.machine.os_type).casefold() == "linux":
        restart = _LINUX_RESTART_MINUTES if may_restart else 0
        # The engine wants strictly more than it counts.
        first = _PACKAGE_MINUTES + restart + 1
        least = linux_batch_minutes(len(picked)) + restart
        worst = _PACKAGE_MINUTES * len((*picked, *undecided)) + restart + 1
    else:
        reserves = WINDOWS_RESERVES[generation]
        restart = reserves.restart if may_restart else 0
        first = min((_reserve(patch, reserves) for patch in picked), default=0) + restart
        least = first
        worst = sum(_reserve(patch, reserves) for patch in (*picked, *undecided)) + restart
    if not picked and not undecided:
        return TimeBudget("yes", 0, 0, "nothing is picked")
    return _answer(request.maximum_minutes, first if picked else 0, least, worst)


def linux_batch_minutes(packages: int) -> int:
    """The least time for a batch of that many packages: five minutes each up to three, two for every further one.

    Source: Azure/LinuxPatchExtension 488ab8ea, batch processing.
    """
    return 5 * packages if packages <= 3 else 15 + 2 * (packages - 3)


def _answer(available: Maybe[int | None], first: int, least: int, worst: int) -> TimeBudget:
    if available is UNKNOWN or available is None:
        return TimeBudget("unknown", least, worst, "the time allowed is not known")
    allowed = f"{available} are allowed"
    if available >= worst:
        return TimeBudget("yes", least, worst, f"{worst} minutes are enough at worst, {allowed}")
    if available < first:
        return TimeBudget("no", least, worst, f"nothing starts with less than {first} minutes, {allowed}")
    return TimeBudget(
        "unknown", least, worst, f"up to {worst} minutes may be needed, {allowed}; what does not fit waits"
    )


def _reserve(patch: Patch, reserves: Reserves) -> int:
    is_service_pack = any(fold(one) == "servicepack" for one in patch.classifications)
    return reserves.service_pack if is_service_pack else reserves.update
