"""A fleet's year in one value, and what is counted of it: by month, by window, by what machines are alike.

Everything a report tells is here; `page`, `overview_markdown` and `overview_rows` only write it down. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Final, Literal, TypeAlias

from pulumi_azure_hotpatch.engine.expectations import Expectation
from pulumi_azure_hotpatch.engine.forecast import Forecast, Pattern
from pulumi_azure_hotpatch.engine.judgement import Judgement
from pulumi_azure_hotpatch.engine.releases import Kind
from pulumi_azure_hotpatch.observing.rows import HotpatchStateRow, PatchHistoryRow, PatchStatusRow

from .feed import Event, events
from .rollouts import Rollout

Coming: TypeAlias = Literal["hotpatch", "baseline", "update", "packages", "nothing", "unknown"]
Restart: TypeAlias = Literal["yes", "no", "unknown"]

COMING: Final[Mapping[Coming, str]] = {
    "hotpatch": "hotpatch",
    "baseline": "baseline",
    "update": "cumulative update",
    "packages": "Linux packages",
    "nothing": "nothing is installed",
    "unknown": "not known",
}
"""What a month can bring a machine, in words; the order of tables and charts."""

_KINDS: Final[Mapping[str, Coming]] = {
    Kind.HOTPATCH.value: "hotpatch",
    Kind.OOB_HOTPATCH.value: "hotpatch",
    Kind.BASELINE.value: "baseline",
    Kind.UNPLANNED_BASELINE.value: "baseline",
    Kind.LCU.value: "update",
    "packages": "packages",
}
_RESTARTS: Final[Mapping[Restart, str]] = {"yes": "restart", "no": "no restart", "unknown": "restart not decided"}
# What a month is called by where it brings several releases: that of the worst restart.
_WORST: Final[Mapping[Restart, int]] = {"yes": 0, "unknown": 1, "no": 2}


@dataclass(frozen=True, slots=True)
class Cell:
    """One month of one machine in a calendar."""

    coming: Coming
    restart: Restart

    @property
    def words(self) -> str:
        """`hotpatch, no restart`; `nothing is installed`."""
        if self.coming == "nothing":
            return COMING["nothing"]
        return f"{COMING[self.coming]}, {_RESTARTS[self.restart]}"


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine of the report: its ARM id (or URN while it has none), its system, what is known of its patching.

    `system` is `Windows`, `Linux` or empty.
    """

    resource: str
    type: str
    system: str = ""
    status: PatchStatusRow | None = None
    track: HotpatchStateRow | None = None

    @property
    def name(self) -> str:
        """The last part of its id or URN."""
        return self.resource.rpartition("::" if self.resource.startswith("urn:") else "/")[2]

    @property
    def place(self) -> tuple[str, str]:
        """Its resource group and its subscription, empty for what has no id yet."""
        parts = self.resource.split("/")
        return (parts[4], parts[2]) if len(parts) > 8 and not self.resource.startswith("urn:") else ("", "")


@dataclass(frozen=True, slots=True)
class Month:
    """One month of a fleet: machines by what it brings them, restarts with and without hotpatching."""

    month: str
    coming: Mapping[Coming, int]
    restarts: int
    open_restarts: int
    without_hotpatch: int
    open_without_hotpatch: int


@dataclass(frozen=True, slots=True)
class Alike:
    """Machines that the months bring the same; `resources` are in the order of the report."""

    number: int
    pattern: Pattern
    resources: tuple[str, ...]

    @property
    def restarts(self) -> int:
        """How often each of them restarts for sure."""
        return self.pattern.restarts()[0]


@dataclass(frozen=True)
class Overview:
    """What a report tells. `forecast` names its members as `machines` does, in the same order.

    `judged` holds no passes. `history` is None where nobody knows the past, `rollouts` are those of stacks.
    """

    as_of: datetime
    forecast: Forecast
    machines: tuple[Machine, ...]
    judged: tuple[Judgement, ...] = ()
    history: tuple[PatchHistoryRow, ...] | None = None
    rollouts: tuple[Rollout, ...] = ()
    notes: tuple[str, ...] = field(default=())
    title: str = "The year ahead"

    @property
    def months(self) -> tuple[str, ...]:
        """The months, as `2026-12`."""
        return tuple(str(month) for month in self.forecast.months)

    @property
    def knows_status(self) -> bool:
        """Whether anybody looked at machines."""
        return any(machine.status is not None or machine.track is not None for machine in self.machines)

    @cached_property
    def alike(self) -> tuple[Alike, ...]:
        """Machines grouped by what the months bring them, the most numerous first."""
        groups: dict[int, tuple[Pattern, list[str]]] = {}
        for machine, pattern in self.forecast.members:
            groups.setdefault(id(pattern), (pattern, []))[1].append(machine)
        ordered = sorted(groups.values(), key=lambda group: -len(group[1]))
        return tuple(Alike(number, pattern, tuple(found)) for number, (pattern, found) in enumerate(ordered))

    @cached_property
    def by_month(self) -> tuple[Month, ...]:
        """What every month brings the fleet."""
        return tuple(_month(month, self.alike) for month in self.months)

    @cached_property
    def windows(self) -> tuple[Event, ...]:
        """Every expected window by time; those of the platform have no schedule."""
        return tuple(sorted(events(self.forecast), key=lambda one: (_instant(one.earliest), one.schedule or "")))

    def next_windows(self) -> tuple[tuple[Event, Event | None], ...]:
        """The next window of every schedule, and of the platform, with the next one in which machines (may) restart."""
        following: dict[str | None, Event] = {}
        restarting: dict[str | None, Event] = {}
        for event in self.windows:
            following.setdefault(event.schedule, event)
            if event.restarts or event.open_restarts:
                restarting.setdefault(event.schedule, event)
        return tuple((event, restarting.get(schedule)) for schedule, event in following.items())

    def counted(self) -> dict[str, int]:
        """Unwaived failures by severity, then what is `unknown` and `waived`."""
        tally = Counter(_sort_of(one) for one in self.judged)
        return {name: tally[name] for name in ("error", "warning", "info", "unknown", "waived")}

    @property
    def fails(self) -> bool:
        """Whether a rule of severity error fails that nobody waived."""
        return any(one.counts_as_error for one in self.judged)


def cells(pattern: Pattern, months: Iterable[str]) -> tuple[Cell, ...]:
    """The months of a pattern; of several releases in one month the one with the worst restart gives the name."""
    by_month: dict[str, list[Expectation]] = {}
    for expected in pattern.expectations:
        by_month.setdefault(expected.release_month, []).append(expected)
    return tuple(_cell(by_month.get(month, ())) for month in months)


def _cell(found: Sequence[Expectation]) -> Cell:
    if not found:
        return Cell("nothing", "no")
    worst = min(found, key=lambda expected: _WORST[expected.reboot])
    if worst.latest is None and worst.reboot == "no":
        return Cell("nothing", "no")
    if worst.latest is None and worst.reboot == "unknown":
        return Cell("unknown", "unknown")
    return Cell(_KINDS.get(worst.release_kind, "unknown"), worst.reboot)


def _month(month: str, alike: Iterable[Alike]) -> Month:
    coming: Counter[Coming] = Counter()
    answers: Counter[str] = Counter()
    without: Counter[str] = Counter()
    for group in alike:
        times = len(group.resources)
        (cell,) = cells(group.pattern, (month,))
        coming[cell.coming] += times
        for expected in _of_month(group.pattern, month):
            answers[expected.reboot] += times
            without[expected.without_hotpatch] += times
    return Month(
        month=month,
        coming={name: coming[name] for name in COMING if coming[name]},
        restarts=answers["yes"],
        open_restarts=answers["unknown"],
        without_hotpatch=without["yes"],
        open_without_hotpatch=without["unknown"],
    )


def _of_month(pattern: Pattern, month: str) -> Iterator[Expectation]:
    return (expected for expected in pattern.expectations if expected.release_month == month)


def _sort_of(one: Judgement) -> str:
    if one.waived is not None:
        return "waived"
    return one.finding.severity if one.finding.verdict == "fail" else one.finding.verdict


def _instant(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
