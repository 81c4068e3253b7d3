"""The hotpatch track of one machine: where it stands, and where the next event takes it.

A machine is on the track while everything installed on it belongs there. What takes it off is an update from the
ordinary channel; what takes it back is the next baseline, installed and followed by a restart. Sources: Microsoft
Learn, Hotpatch for new virtual machines (Automanage), 2023-04-18 (turning it off and on); Microsoft Learn, Enable
Hotpatch for Azure Arc-enabled servers, 2025-10-30 (updates outside the track, October 2025).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from pulumi_azure_hotpatch.errors import InvalidInput

from .calendar import next_baseline, releases_between, unsettled
from .logic import UNKNOWN, Maybe
from .releases import Channel, Kind, Product, Release, Status, published_releases


class TrackState(StrEnum):
    """Where a machine stands."""

    UNENROLLED = "unenrolled"
    """Hotpatching is off: ordinary updates, a restart every month."""
    PENDING_BASELINE = "pending baseline"
    """Hotpatching is on; hotpatches come once the next baseline is installed."""
    RESTART_PENDING = "restart pending"
    """A baseline is installed and waits for its restart."""
    ENROLLED = "enrolled"
    """On the track: hotpatches, no restart before the next baseline."""
    OFF_TRACK = "off track"
    """Hotpatching is on, but an update from outside was installed: ordinary updates until the next baseline."""


class Signal(StrEnum):
    """What can happen to a machine."""

    HOTPATCH_ENABLED = "hotpatch enabled"
    HOTPATCH_DISABLED = "hotpatch disabled"
    PLANNED_BASELINE_INSTALLED = "planned baseline installed"
    UNPLANNED_BASELINE_INSTALLED = "unplanned baseline installed"
    RESTARTED = "restarted"
    HOTPATCH_INSTALLED = "hotpatch installed"
    OFF_TRACK_UPDATE_INSTALLED = "off-track update installed"


_S, _E = TrackState, Signal

# A missing key is an illegal signal: what is on cannot be turned on, and a hotpatch fits only a machine on its
# baseline.
TRANSITIONS: Final[Mapping[tuple[TrackState, Signal], TrackState]] = MappingProxyType(
    {
        (_S.UNENROLLED, _E.HOTPATCH_ENABLED): _S.PENDING_BASELINE,
        (_S.UNENROLLED, _E.PLANNED_BASELINE_INSTALLED): _S.UNENROLLED,
        (_S.UNENROLLED, _E.UNPLANNED_BASELINE_INSTALLED): _S.UNENROLLED,
        (_S.UNENROLLED, _E.RESTARTED): _S.UNENROLLED,
        (_S.UNENROLLED, _E.OFF_TRACK_UPDATE_INSTALLED): _S.UNENROLLED,
        (_S.PENDING_BASELINE, _E.HOTPATCH_DISABLED): _S.UNENROLLED,
        (_S.PENDING_BASELINE, _E.PLANNED_BASELINE_INSTALLED): _S.RESTART_PENDING,
        (_S.PENDING_BASELINE, _E.UNPLANNED_BASELINE_INSTALLED): _S.RESTART_PENDING,
        (_S.PENDING_BASELINE, _E.RESTARTED): _S.PENDING_BASELINE,
        (_S.PENDING_BASELINE, _E.OFF_TRACK_UPDATE_INSTALLED): _S.PENDING_BASELINE,
        (_S.RESTART_PENDING, _E.HOTPATCH_DISABLED): _S.UNENROLLED,
        (_S.RESTART_PENDING, _E.PLANNED_BASELINE_INSTALLED): _S.RESTART_PENDING,
        (_S.RESTART_PENDING, _E.UNPLANNED_BASELINE_INSTALLED): _S.RESTART_PENDING,
        (_S.RESTART_PENDING, _E.RESTARTED): _S.ENROLLED,
        (_S.RESTART_PENDING, _E.OFF_TRACK_UPDATE_INSTALLED): _S.OFF_TRACK,
        (_S.ENROLLED, _E.HOTPATCH_DISABLED): _S.UNENROLLED,
        (_S.ENROLLED, _E.PLANNED_BASELINE_INSTALLED): _S.RESTART_PENDING,
        (_S.ENROLLED, _E.UNPLANNED_BASELINE_INSTALLED): _S.RESTART_PENDING,
        (_S.ENROLLED, _E.RESTARTED): _S.ENROLLED,
        (_S.ENROLLED, _E.HOTPATCH_INSTALLED): _S.ENROLLED,
        (_S.ENROLLED, _E.OFF_TRACK_UPDATE_INSTALLED): _S.OFF_TRACK,
        (_S.OFF_TRACK, _E.HOTPATCH_DISABLED): _S.UNENROLLED,
        (_S.OFF_TRACK, _E.PLANNED_BASELINE_INSTALLED): _S.RESTART_PENDING,
        (_S.OFF_TRACK, _E.UNPLANNED_BASELINE_INSTALLED): _S.RESTART_PENDING,
        (_S.OFF_TRACK, _E.RESTARTED): _S.OFF_TRACK,
        (_S.OFF_TRACK, _E.OFF_TRACK_UPDATE_INSTALLED): _S.OFF_TRACK,
    }
)


@dataclass(frozen=True, slots=True)
class TrackPosition:
    """Where a machine stands and why; UNKNOWN where what is known of it does not decide.

    `baseline` is the one it stands on, `waits_for` the one that brings it (back) on the track; None where there is none
    or it is not known.
    """

    state: Maybe[TrackState]
    why: str
    baseline: Release | None = None
    waits_for: Release | None = None


def next_state(state: TrackState, signal: Signal) -> TrackState:
    """Where `signal` takes a machine. Raises InvalidInput for a signal that cannot happen in `state`."""
    try:
        return TRANSITIONS[state, signal]
    except KeyError:
        possible = ", ".join(sorted(one for at, one in TRANSITIONS if at is state))
        raise InvalidInput(f"'{signal}' cannot happen to a machine that is '{state}'; possible: {possible}") from None


def signal_of(release: Release) -> Signal:
    """The signal that installing a release is. Raises InvalidInput for a month whose release is not known."""
    match release.kind:
        case Kind.BASELINE:
            return Signal.PLANNED_BASELINE_INSTALLED
        case Kind.UNPLANNED_BASELINE:
            return Signal.UNPLANNED_BASELINE_INSTALLED
        case Kind.HOTPATCH | Kind.OOB_HOTPATCH:
            return Signal.HOTPATCH_INSTALLED
        case Kind.UNKNOWN:
            raise InvalidInput(f"what {release.month} brought to {release.product} is not known")
        case _:
            return Signal.OFF_TRACK_UPDATE_INSTALLED


def off_track_kb(product: Product, kbs: Iterable[str], *, extra: Iterable[Release] = ()) -> str | None:
    """The first of `kbs` that takes a machine off the track: known to the ordinary channel, and no baseline.

    A KB that no row names is not judged.
    """
    on, off = _by_kb(product, extra)
    return next((kb for kb in kbs if kb.casefold() in off and kb.casefold() not in on), None)


def position(
    product: Product,
    as_of: date,
    *,
    enabled: Maybe[bool | None],
    kbs: Collection[str] | None = None,
    build: str | None = None,
    reboot_pending: Maybe[bool | None] = False,
    enabled_again_on: date | None = None,
    extra: Iterable[Release] = (),
) -> TrackPosition:
    """Place a machine by what is installed on it.

    `kbs` are installed KB numbers (any others besides do no harm); `build` (`26100.6899`, or with `10.0.` in front) is
    looked at only without them. `enabled_again_on` is the day hotpatching was turned on again after it had been off.
    """
    rows = tuple(extra)
    if enabled is UNKNOWN or enabled is None:
        return TrackPosition(UNKNOWN, "whether hotpatching is on is not known")
    upcoming = next_baseline(product, as_of, extra=rows)
    if not enabled:
        return TrackPosition(_S.UNENROLLED, "hotpatching is off", waits_for=upcoming)
    if kbs is None:
        found = _kbs_of_build(product, build, rows)
        if isinstance(found, TrackPosition):
            return found
        kbs = found
    on, off = _by_kb(product, rows)
    installed = {kb.casefold() for kb in kbs}
    ours = _latest(row for kb, row in on.items() if kb in installed)
    theirs = _latest(row for kb, row in off.items() if kb in installed and kb not in on)
    # Below the first hotpatches of a product lies no published baseline; having one installed proves the track all the
    # same.
    stands_on = None if ours is None else _latest(row for row in _baselines(on) if _day(row) <= _day(ours)) or ours
    if theirs is not None and (stands_on is None or _day(theirs) > _day(stands_on)):
        if ours is not None and not ours.kind.is_baseline and _day(theirs) <= _day(ours):
            return TrackPosition(UNKNOWN, f"{ours.kb} of the track and {theirs.kb} of the ordinary channel contradict")
        off_track = _off_track(product, theirs, as_of, rows)
        if enabled_again_on is None or (stands_on is not None and _day(stands_on) >= enabled_again_on):
            return off_track
        # Until the baseline comes, ordinary updates are what such a machine gets.
        return TrackPosition(_S.PENDING_BASELINE, _turned_on_again(enabled_again_on), waits_for=off_track.waits_for)
    if ours is None or stands_on is None:
        return TrackPosition(UNKNOWN, f"no KB installed on it is one of {product}'s releases that are known here")
    return _on_track(product, ours, stands_on, as_of, reboot_pending, enabled_again_on, rows)


def _on_track(
    product: Product,
    ours: Release,
    stands_on: Release,
    as_of: date,
    reboot_pending: Maybe[bool | None],
    enabled_again_on: date | None,
    extra: tuple[Release, ...],
) -> TrackPosition:
    upcoming = next_baseline(product, as_of, extra=extra)
    baseline = stands_on if stands_on.kind.is_baseline else None
    if enabled_again_on is not None and enabled_again_on > _day(stands_on):
        return TrackPosition(_S.PENDING_BASELINE, _turned_on_again(enabled_again_on), waits_for=upcoming)
    later = releases_between(product, _day(stands_on), as_of, extra=extra)
    missed = _latest(row for row in later if row.kind.is_baseline and row.status is Status.RELEASED)
    if missed is not None:
        why = f"it stands on {_named(stands_on)} and has yet to install {_named(missed)}"
        return TrackPosition(_S.PENDING_BASELINE, why, baseline=baseline, waits_for=missed)
    open_months = [row for row in unsettled(product, _day(stands_on), as_of, extra=extra) if _day(row) > _day(ours)]
    if any(_may_be_baseline(row) for row in open_months):
        months = ", ".join(str(row.month) for row in open_months)
        why = f"it stands on {_named(stands_on)}; what {months} brought is not known here, add it as extra releases"
        return TrackPosition(UNKNOWN, why, baseline=baseline)
    if ours.kind.is_baseline and reboot_pending is UNKNOWN:
        why = f"{_named(ours)} is installed; whether the machine was restarted since is not known"
        return TrackPosition(UNKNOWN, why, baseline=baseline)
    if ours.kind.is_baseline and reboot_pending:
        return TrackPosition(_S.RESTART_PENDING, f"{_named(ours)} waits for its restart", baseline=baseline)
    return TrackPosition(_S.ENROLLED, f"it stands on {_named(stands_on)}", baseline=baseline)


def _turned_on_again(day: date) -> str:
    return f"hotpatching was turned on again on {day}; it takes effect with the next baseline"


def _off_track(product: Product, theirs: Release, as_of: date, extra: tuple[Release, ...]) -> TrackPosition:
    later = releases_between(product, _day(theirs), as_of, extra=extra)
    missed = _latest(row for row in later if row.kind.is_baseline and row.status is Status.RELEASED)
    back = missed or next((row for row in later if _may_be_baseline(row)), next_baseline(product, as_of, extra=extra))
    until = f" until the baseline of {back.month}" if back else ""
    why = f"{theirs.kb} of {_day(theirs)} is not of the track: ordinary updates and restarts{until}"
    return TrackPosition(_S.OFF_TRACK, why, waits_for=back)


def _kbs_of_build(product: Product, build: str | None, extra: tuple[Release, ...]) -> Collection[str] | TrackPosition:
    """The one KB that a build stands for, or why it cannot be told."""
    if build is None:
        return TrackPosition(UNKNOWN, "neither installed KBs nor a build are known")
    wanted = ".".join(build.strip().split(".")[-2:])
    names = sorted({row.kb for row in _rows(product, extra) if row.build == wanted and row.kb is not None})
    if len(names) == 1:
        return names
    if not names:
        return TrackPosition(UNKNOWN, f"build {wanted} is none of {product}'s releases that are known here")
    on, _ = _by_kb(product, extra)
    if all(name.casefold() in on for name in names):
        return names
    return TrackPosition(UNKNOWN, f"{' and '.join(names)} share build {wanted}: only the installed KB decides")


def _rows(product: Product, extra: tuple[Release, ...]) -> Iterable[Release]:
    for row in (*published_releases(), *extra):
        if row.product.published_as is product.published_as:
            yield row


def _by_kb(product: Product, extra: Iterable[Release]) -> tuple[dict[str, Release], dict[str, Release]]:
    """Released rows by KB in lower case: those of the track, and those of the ordinary channel (baselines in both)."""
    on: dict[str, Release] = {}
    off: dict[str, Release] = {}
    for row in _rows(product, tuple(extra)):
        if row.kb is not None and row.date is not None:
            (on if row.channel is Channel.HOTPATCH else off)[row.kb.casefold()] = row
    return on, off


def _baselines(rows: Mapping[str, Release]) -> Iterable[Release]:
    return (row for row in rows.values() if row.kind.is_baseline)


def _latest(rows: Iterable[Release]) -> Release | None:
    return max(rows, key=_day, default=None)


def _may_be_baseline(row: Release) -> bool:
    return row.status is not Status.RELEASED and (row.kind.is_baseline or row.kind is Kind.UNKNOWN)


def _day(row: Release) -> date:
    return row.date or date.min


def _named(release: Release) -> str:
    return f"the {release.kind.replace('_', ' ')} {release.kb} of {release.month}"
