"""What each coming month brings one machine: the release, its restart, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import NamedTuple

from .calendar import historic_unplanned_rate, patch_tuesday
from .delivery import Answer, Deliver, Delivery
from .logic import UNKNOWN, Maybe, fold
from .releases import Kind, Month, Release
from .track import TrackState


class Expectation(NamedTuple):
    """What one month brings, the same for every machine alike.

    `release_kind` is a kind of the calendar, `lcu` for Windows machines that are not hotpatched, `packages` for Linux.
    Without `earliest` and `latest` nothing installs it that is known here. `without_hotpatch` is the answer for the
    same machine without hotpatching.
    """

    release_month: str
    release_kind: str
    schedule: str | None
    earliest: datetime | None
    latest: datetime | None
    reboot: Answer
    why: str
    without_hotpatch: Answer


def expect_hotpatched(
    rows: Iterable[Release], state: Maybe[TrackState], deliver: Deliver, *, assumed: bool, enabled: Maybe[bool] = True
) -> Iterator[Expectation]:
    """The months of a hotpatched machine, starting from its place on the track (`assumed` when nobody looked).

    Where it is not known whether hotpatching is `enabled`, no baseline brings certainty.
    """
    for row in rows:
        coming = _with_hotpatch(row, state, assumed)
        if row.date is None:
            undated = Delivery(coming.in_words(Delivery("")))
            yield _expectation(row.month, row.kind.value, undated, coming.reboot, undated.how, "unknown")
            continue
        delivery = deliver(row.date, coming.reboot != "no")
        yield _expectation(
            row.month,
            row.kind.value,
            delivery,
            delivery.restarts(coming.reboot),
            coming.in_words(delivery),
            delivery.restarts("yes"),
        )
        if row.kind.is_baseline:
            state, assumed = (UNKNOWN if enabled is UNKNOWN else _after_baseline(state, delivery)), False


def expect_lcu(months: Iterable[Month], deliver: Deliver) -> Iterator[Expectation]:
    """The months of a Windows machine that is not hotpatched."""
    coming = _Coming("yes", "the month's cumulative update")
    for month in months:
        delivery = deliver(patch_tuesday(month.year, month.month), True)
        reboot = delivery.restarts(coming.reboot)
        yield _expectation(month, Kind.LCU.value, delivery, reboot, coming.in_words(delivery), reboot)


def expect_packages(months: Iterable[Month], deliver: Deliver) -> Iterator[Expectation]:
    """The months of a Linux machine, whose packages have no day of release: the month's first stands for it."""
    coming = _Coming("unknown", "packages, some of which may ask for a restart")
    for month in months:
        delivery = deliver(date(month.year, month.month, 1), True)
        reboot = delivery.restarts(coming.reboot)
        yield _expectation(month, "packages", delivery, reboot, coming.in_words(delivery), reboot)


def expect_anything(months: Iterable[Month], deliver: Deliver) -> Iterator[Expectation]:
    """The months of a machine whose operating system is not known."""
    for month in months:
        delivery = deliver(patch_tuesday(month.year, month.month), True)
        reboot = delivery.restarts("unknown")
        yield _expectation(
            month, Kind.UNKNOWN.value, delivery, reboot, "updates of an operating system not known yet", reboot
        )


class _Coming(NamedTuple):
    """A release in words: what it is, whether it restarts a machine set to IfRequired, and what is to be added."""

    reboot: Answer
    what: str
    more: str = ""

    def in_words(self, delivery: Delivery) -> str:
        """The whole of it, with what becomes of its restart under the delivery's reboot setting."""
        return f"{self.what}{delivery.restart_in_words(self.reboot)}{self.more}"


def _with_hotpatch(row: Release, state: Maybe[TrackState], assumed: bool) -> _Coming:
    if row.kind is Kind.UNKNOWN:
        return _Coming("unknown", f"what {row.month} brings is not known ({row.note or row.source})")
    if row.kind.is_baseline:
        return _Coming("yes", f"{'an unplanned' if row.kind is Kind.UNPLANNED_BASELINE else 'a'} baseline")
    if row.kind is Kind.OOB_HOTPATCH and row.reboot is None:
        return _Coming("unknown", "an out-of-band release on the track; whether it needs a restart is not said")
    match state:
        case TrackState.ENROLLED:
            rate = historic_unplanned_rate(row.product)
            proviso = " while the machine is on its track" if assumed else ""
            return _Coming(
                "no",
                "a hotpatch",
                f"{proviso} (unplanned baselines replaced {rate.unplanned} of {rate.planned_hotpatch_months} "
                f"hotpatches since {rate.first_month})",
            )
        case TrackState.RESTART_PENDING:
            return _Coming("unknown", "a hotpatch, which waits for the restart after the last baseline")
        case TrackState():
            return _Coming("yes", "the cumulative update instead of the hotpatch", f": the machine is {_at(state)}")
        case _:
            return _Coming("unknown", "a hotpatch if the machine is on its track, which is not known")


def _at(state: TrackState) -> str:
    return "waiting for a baseline" if state is TrackState.PENDING_BASELINE else str(state)


def _after_baseline(state: Maybe[TrackState], delivery: Delivery) -> Maybe[TrackState]:
    if delivery.arrives:
        return TrackState.RESTART_PENDING if fold(delivery.reboot_setting) == "never" else TrackState.ENROLLED
    # Hotpatches build on the baseline that it now lacks.
    return TrackState.PENDING_BASELINE if state is TrackState.ENROLLED else state


def _expectation(
    month: Month, kind: str, delivery: Delivery, reboot: Answer, what: str, without_hotpatch: Answer
) -> Expectation:
    installed = f"{what}; {delivery.how}"
    if delivery.provisos:
        installed = " ".join((f"{installed}.", *delivery.provisos))
    return Expectation(
        release_month=str(month),
        release_kind=kind,
        schedule=delivery.schedule,
        earliest=delivery.earliest,
        latest=delivery.latest,
        reboot=reboot,
        why=installed if delivery.arrives else delivery.how,
        without_hotpatch=without_hotpatch,
    )
