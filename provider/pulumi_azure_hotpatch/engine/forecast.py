"""When each machine of a fleet will be patched in the coming months, and whether that restarts it.

A forecast looks at the releases from `as_of` on, one row per machine and release. What Azure does not publish stays
open: a machine that the platform patches gets its patches within 30 days of the release, at an off-peak hour that no
source names; an unplanned baseline can replace any month's hotpatch, and how often that has happened is said beside it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from pulumi_azure_hotpatch.errors import InvalidInput

from .calendar import UnplannedRate, calendar, historic_unplanned_rate, patch_tuesday
from .counting import counted
from .delivery import PLATFORM_DEADLINE, delivery_to
from .expectations import Expectation, expect_anything, expect_hotpatched, expect_lcu, expect_packages
from .facts import Machine
from .images import hotpatch_eligibility
from .logic import UNKNOWN, Maybe, fold
from .outcome import outcome
from .provisos import Given
from .releases import Kind, Month, Product, Release
from .timetable import Timetable
from .track import TrackPosition, TrackState
from .window import Window

# How far beyond the last month's platform deadline a schedule's next window is looked for.
_REACH: Final = timedelta(days=62)


@dataclass(frozen=True, slots=True)
class Member:
    """A machine of a fleet with its schedules, and its place on the hotpatch track where somebody looked.

    Without a position a hotpatched machine is taken to be on its track, and the rows that depend on it say so.
    """

    machine: Machine
    timetables: Maybe[tuple[Timetable, ...]] = ()
    position: TrackPosition | None = None


class Row(NamedTuple):
    """One machine (by its ARM id, or its name where that is not known yet) and what one month brings it."""

    machine: str
    expected: Expectation

    def as_json(self) -> dict[str, Any]:
        """`{machine, release_month, release_kind, schedule, window: {earliest, latest} | null, reboot, why}`."""
        expected, window = self.expected, None
        if expected.earliest is not None and expected.latest is not None:
            window = {"earliest": expected.earliest.isoformat(), "latest": expected.latest.isoformat()}
        return {
            "machine": self.machine,
            "release_month": expected.release_month,
            "release_kind": expected.release_kind,
            "schedule": expected.schedule,
            "window": window,
            "reboot": expected.reboot,
            "why": expected.why,
        }


@dataclass(frozen=True, slots=True)
class Summary:
    """Restarts of a fleet over the horizon, sure and open ones, against the same fleet without hotpatching.

    `unplanned` has the historic rate of unplanned baselines per product, `expected_unplanned` how many further restarts
    it would mean here.
    """

    machines: int
    months: int
    restarts: int
    open_restarts: int
    without_hotpatch: int
    unplanned: tuple[UnplannedRate, ...]
    expected_unplanned: float

    def __str__(self) -> str:
        text = f"{counted(self.restarts, 'reboot')} instead of {self.without_hotpatch}"
        if self.open_restarts:
            text += f", {self.open_restarts} more not decided"
        if self.expected_unplanned >= 0.05:
            text += f", about {self.expected_unplanned:.1f} more by unplanned baselines at their historic rate"
        return f"{text} ({counted(self.machines, 'machine')}, {counted(self.months, 'month')})"


@dataclass(frozen=True, slots=True)
class Pattern:
    """What the months bring to all machines alike; `product` where they are hotpatched."""

    expectations: tuple[Expectation, ...]
    product: Product | None

    def restarts(self) -> tuple[int, int]:
        """How often a machine is restarted for sure, and how often beyond that it may be."""
        sure = {_occasion(one) for one in self.expectations if one.reboot == "yes"}
        return len(sure), len({_occasion(one) for one in self.expectations if one.reboot == "unknown"} - sure)

    def restarts_without_hotpatch(self) -> int:
        """How often it would be restarted for sure if it were not hotpatched."""
        return len({_occasion(one) for one in self.expectations if one.without_hotpatch == "yes"})


@dataclass(frozen=True, slots=True)
class Forecast:
    """What the coming months bring a fleet: every machine's id with its pattern, in the order given."""

    months: tuple[Month, ...]
    members: tuple[tuple[str, Pattern], ...]

    def rows(self) -> Iterator[Row]:
        """One row per machine and release, machine by machine."""
        for machine, pattern in self.members:
            for expected in pattern.expectations:
                yield Row(machine, expected)

    def summary(self) -> Summary:
        """The fleet's restarts, counted."""
        patterns = {id(pattern): pattern for _, pattern in self.members}
        times = Counter(id(pattern) for _, pattern in self.members)
        products = sorted({pattern.product for pattern in patterns.values() if pattern.product is not None})
        rates = {product: historic_unplanned_rate(product) for product in products}
        restarts = still_open = without = 0
        unplanned = 0.0
        for key, pattern in patterns.items():
            sure, perhaps = pattern.restarts()
            restarts += times[key] * sure
            still_open += times[key] * perhaps
            without += times[key] * pattern.restarts_without_hotpatch()
            if pattern.product is not None:
                spared = sum(
                    expected.release_kind == Kind.HOTPATCH and expected.reboot == "no" and expected.latest is not None
                    for expected in pattern.expectations
                )
                unplanned += times[key] * spared * rates[pattern.product].rate
        return Summary(
            machines=len(self.members),
            months=len(self.months),
            restarts=restarts,
            open_restarts=still_open,
            without_hotpatch=without,
            unplanned=tuple(rates.values()),
            expected_unplanned=unplanned,
        )


def forecast(
    fleet: Iterable[Member],
    as_of: datetime,
    months: int = 12,
    *,
    extra: Iterable[Release] = (),
    relaxed: frozenset[str] = frozenset(),
) -> Forecast:
    """What the next `months` releases from `as_of` (an aware instant) on bring every machine of `fleet`.

    The first month is the one of `as_of`, or the next where its Patch Tuesday is past. `extra` are releases that the
    package does not know yet, `relaxed` holds the switches that are set. Raises InvalidInput for a naive `as_of` and
    for less than one month.
    """
    if as_of.utcoffset() is None:
        raise InvalidInput("as_of is an instant: give it an offset, e.g. '2026-03-10T22:00:00+00:00'")
    if months < 1:
        raise InvalidInput(f"a forecast of {months} months: expected at least 1")
    horizon = _Horizon(as_of, months, tuple(extra), relaxed)
    patterns: dict[tuple[object, ...], Pattern] = {}
    members: list[tuple[str, Pattern]] = []
    for member in fleet:
        key = _likeness(member)
        pattern = patterns.get(key)
        if pattern is None:
            pattern = patterns[key] = horizon.pattern(member)
        members.append((_called(member.machine), pattern))
    return Forecast(horizon.months, tuple(members))


def hotpatch_product(machine: Machine) -> Product | None:
    """The product whose hotpatches a machine can have, None where it can have none or its image is not known.

    An Arc-enabled server can only be of Windows Server 2025.
    """
    if machine.is_arc is True:
        return Product.WS2025_ARC
    if hotpatch_eligibility(machine.image).verdict != "eligible" or not machine.image or machine.image is UNKNOWN:
        return None
    return Product.WS2022 if str(machine.image.sku).startswith("2022") else Product.WS2025


class _Horizon:
    """The months of one forecast, with everything that many machines share: calendars and windows."""

    def __init__(self, as_of: datetime, months: int, extra: tuple[Release, ...], relaxed: frozenset[str]) -> None:
        first = Month.of(as_of.date())
        if patch_tuesday(first.year, first.month) < as_of.date():
            first = first.plus(1)
        self.as_of = as_of
        self.months = tuple(first.plus(ahead) for ahead in range(months))
        last = self.months[-1].plus(1)
        self._ends = datetime(last.year, last.month, 1, tzinfo=UTC) + PLATFORM_DEADLINE + _REACH
        self._extra = extra
        self._relaxed = relaxed
        # By identity: a schedule is given once and shared by its machines.
        self._windows: dict[int, tuple[Timetable, tuple[Window, ...]]] = {}

    def pattern(self, member: Member) -> Pattern:
        machine, timetables = member.machine, member.timetables
        known = () if timetables is UNKNOWN else timetables
        given = UNKNOWN if timetables is UNKNOWN else tuple(Given(one.name, one.reboot_setting) for one in known)
        fate = outcome(machine, given, relaxed=self._relaxed, with_findings=False)
        deliver = delivery_to(machine, fate, known, self.windows, self.as_of)
        enabled, product = machine.settings.enable_hotpatching, hotpatch_product(machine)
        if product is not None and (enabled is True or enabled is UNKNOWN):
            rows = calendar(product, self.months[0], self.months[-1], extra=self._extra)
            state = _state(member)
            expected = expect_hotpatched(rows, state, deliver, assumed=member.position is None, enabled=enabled)
            return Pattern(tuple(expected), product)
        match fold(machine.os_type):
            case "windows":
                return Pattern(tuple(expect_lcu(self.months, deliver)), None)
            case "linux":
                return Pattern(tuple(expect_packages(self.months, deliver)), None)
            case _:
                return Pattern(tuple(expect_anything(self.months, deliver)), None)

    def windows(self, timetable: Timetable) -> tuple[Window, ...]:
        found = self._windows.get(id(timetable))
        if found is None:
            found = self._windows[id(timetable)] = (timetable, timetable.windows(self.as_of, self._ends))
        return found[1]


def _occasion(expected: Expectation) -> tuple[object, ...]:
    """When a month is installed: months that wait for one and the same window of a schedule come together in it."""
    if expected.schedule is None or expected.earliest is None:
        return (expected.release_month, expected.release_kind)
    return (expected.schedule, expected.earliest)


def _state(member: Member) -> Maybe[TrackState]:
    if member.machine.settings.enable_hotpatching is UNKNOWN:
        return UNKNOWN
    return TrackState.ENROLLED if member.position is None else member.position.state


def _likeness(member: Member) -> tuple[object, ...]:
    """Equal for machines that the months bring the same."""
    machine, timetables, position = member.machine, member.timetables, member.position
    return (
        machine.is_arc,
        machine.os_type,
        machine.image,
        machine.settings,
        machine.provision_vm_agent,
        machine.allow_extension_operations,
        machine.power_state,
        machine.support_state,
        machine.policies,
        timetables if timetables is UNKNOWN else tuple(map(id, timetables)),
        None if position is None else position.state,
    )


def _called(machine: Machine) -> str:
    return str(machine.name if machine.id is UNKNOWN else machine.id)
