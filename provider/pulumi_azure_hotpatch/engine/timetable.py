"""The windows of one schedule over a horizon, ready to be searched by day."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from pulumi_azure_hotpatch.errors import InvalidInput

from . import recurrence as recurrences
from .durations import GUEST_MAXIMUM, NEVER, format_duration, parse_duration, parse_expiry, parse_start
from .facts import Schedule
from .logic import UNKNOWN, Maybe
from .patch_lists import PatchLists
from .recurrence import Recurrence
from .window import Window, windows_within
from .zones import zone


@dataclass(frozen=True, slots=True)
class Timetable:
    """A maintenance schedule whose texts have been read; `start` and `expires` are naive times in `zone`."""

    name: str
    recurrence: Recurrence
    start: datetime
    zone: tzinfo
    duration: timedelta
    expires: datetime = NEVER
    reboot_setting: Maybe[str | None] = None
    patches: PatchLists = field(default_factory=PatchLists)

    def windows(self, after: datetime, before: datetime) -> tuple[Window, ...]:
        """The windows that are open or open between two (aware) instants."""
        return windows_within(self.recurrence, self.start, self.zone, self.duration, after, before, self.expires)

    def provisos(self) -> tuple[str, ...]:
        """What the documentation has against the windows as they are declared, in sentences."""
        if self.duration <= GUEST_MAXIMUM:
            return ()
        long, most = format_duration(self.duration), format_duration(GUEST_MAXIMUM)
        return (
            f"The windows of '{self.name}' are {long} long as declared; the service documents a maximum of {most} "
            "(rule schedule-duration).",
        )


@dataclass(frozen=True, slots=True)
class Slot:
    """When a release of some day is installed: from `earliest` (a window opens) to `latest` (a window closes)."""

    timetable: Timetable
    earliest: datetime
    latest: datetime


def timetable_of(schedule: Schedule) -> Timetable:
    """Read a schedule's texts. Raises InvalidInput for one that is unknown, missing or wrong.

    A duration beyond the documented maximum is read as it stands, because such schedules exist: rule schedule-duration
    reports it, and so do `Timetable.provisos`.
    """
    texts = (schedule.start, schedule.duration, schedule.time_zone, schedule.recurrence)
    if any(text is UNKNOWN or text is None for text in (*texts, schedule.name)) or schedule.expires is UNKNOWN:
        raise InvalidInput(
            "a schedule's windows need its name, start, duration, time zone and recurrence, all of them known"
        )
    start, duration, time_zone, recurrence = map(str, texts)
    return Timetable(
        name=str(schedule.name),
        recurrence=recurrences.parse(recurrence),
        start=parse_start(start),
        zone=zone(time_zone),
        duration=parse_duration(duration, maximum=None),
        expires=parse_expiry(schedule.expires),
        reboot_setting=schedule.reboot_setting,
        patches=schedule.patches,
    )


def slot_for(timetable: Timetable, windows: tuple[Window, ...], released: date, not_before: datetime) -> Slot | None:
    """When the schedule installs what is released on that day; None where no window of those given comes after it.

    The hour of a release is not documented: a window that opens on the day itself may be too early, so that the slot
    then ends with the first window of a later day (UTC). Windows that open before `not_before` are past.
    """
    day = max(datetime.combine(released, time.min, UTC), not_before)
    perhaps = bisect_left(windows, day, key=_opens)
    surely = bisect_left(
        windows, max(datetime.combine(released, time.min, UTC) + timedelta(days=1), not_before), key=_opens
    )
    if surely >= len(windows):
        return None
    return Slot(timetable, windows[perhaps].opens, windows[surely].closes)


def _opens(window: Window) -> datetime:
    return window.opens.astimezone(UTC)
