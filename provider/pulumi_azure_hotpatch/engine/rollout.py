"""A rollout in rings as a table: (phase, signal) -> (phase, effects). Pure; a missing key is an illegal signal.

The driver looks at the world, says what it sees as a signal, and does what the effects say. One ring is under way at a
time; which one it is, is the driver's. The diagram of the documentation is drawn from this table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Phase(StrEnum):
    """Where a rollout is with its current ring."""

    WAITING = "waiting"
    """The ring is not open (yet, or again): its earliest start may still lie ahead."""
    INSTALLING = "installing"
    """Machines of the ring are patched, so many at a time."""
    DRAINING = "draining"
    """Too many have failed: nothing more is started, what runs is awaited."""
    SOAKING = "soaking"
    """All machines of the ring are through; it is left alone for a while."""
    CHECKING = "checking"
    """The ring's machines are looked at."""
    HALTED = "halted"
    """Stopped, until somebody lets it go on."""
    FINISHED = "finished"
    """The last ring has passed."""


class Signal(StrEnum):
    """What the driver sees."""

    DUE = "due"
    """The instant that is waited for has come."""
    FAR = "far"
    """It lies further ahead than this run may wait."""
    ENDED = "ended"
    """A machine is through, well or badly."""
    OVERSPENT = "overspent"
    """More machines have failed than the budget allows."""
    ALL_ENDED = "all ended"
    """Nothing of the ring is left to be started, or may be started, and nothing runs."""
    HEALTHY = "healthy"
    """The ring passes its gate, and another follows."""
    HEALTHY_AT_LAST = "healthy at last"
    """The last ring passes its gate."""
    UNHEALTHY = "unhealthy"
    """Failed and unhealthy machines together exceed the budget."""
    RESUMED = "resumed"
    """Somebody lets it go on: another `resume`, a larger budget, machines left out."""
    EXTENDED = "extended"
    """Machines were added after the end."""
    REMOVED = "removed"
    """The ring is not declared any more, and another one takes its place: a halt stays one."""


class Effect(StrEnum):
    """What the driver does."""

    OPEN_RING = "open the ring"
    START_MACHINES = "start machines"
    END_RING = "note the ring's end"
    CHECK_HEALTH = "check health"
    NEXT_RING = "go to the next ring"
    END_RUN = "end this run"
    HALT = "halt"


class IllegalSignal(ValueError):
    """A signal that cannot come in that phase: a bug of the driver."""


@dataclass(frozen=True, slots=True)
class Step:
    """Where a signal leads, and what is done on the way, in order."""

    phase: Phase
    effects: tuple[Effect, ...] = ()


TABLE: Final[Mapping[tuple[Phase, Signal], Step]] = MappingProxyType(
    {
        (Phase.WAITING, Signal.FAR): Step(Phase.WAITING, (Effect.END_RUN,)),
        (Phase.WAITING, Signal.OVERSPENT): Step(Phase.DRAINING),
        (Phase.WAITING, Signal.REMOVED): Step(Phase.WAITING),
        (Phase.WAITING, Signal.DUE): Step(Phase.INSTALLING, (Effect.OPEN_RING, Effect.START_MACHINES)),
        (Phase.INSTALLING, Signal.ENDED): Step(Phase.INSTALLING, (Effect.START_MACHINES,)),
        (Phase.INSTALLING, Signal.OVERSPENT): Step(Phase.DRAINING),
        (Phase.INSTALLING, Signal.ALL_ENDED): Step(Phase.SOAKING, (Effect.END_RING,)),
        (Phase.INSTALLING, Signal.REMOVED): Step(Phase.WAITING),
        (Phase.DRAINING, Signal.ENDED): Step(Phase.DRAINING),
        (Phase.DRAINING, Signal.RESUMED): Step(Phase.WAITING),
        (Phase.DRAINING, Signal.REMOVED): Step(Phase.DRAINING),
        (Phase.DRAINING, Signal.ALL_ENDED): Step(Phase.HALTED, (Effect.HALT,)),
        (Phase.SOAKING, Signal.FAR): Step(Phase.SOAKING, (Effect.END_RUN,)),
        (Phase.SOAKING, Signal.REMOVED): Step(Phase.WAITING),
        (Phase.SOAKING, Signal.DUE): Step(Phase.CHECKING, (Effect.CHECK_HEALTH,)),
        (Phase.CHECKING, Signal.HEALTHY): Step(Phase.WAITING, (Effect.NEXT_RING,)),
        (Phase.CHECKING, Signal.HEALTHY_AT_LAST): Step(Phase.FINISHED, (Effect.END_RUN,)),
        (Phase.CHECKING, Signal.UNHEALTHY): Step(Phase.HALTED, (Effect.HALT,)),
        (Phase.CHECKING, Signal.REMOVED): Step(Phase.WAITING),
        (Phase.HALTED, Signal.RESUMED): Step(Phase.WAITING),
        (Phase.HALTED, Signal.REMOVED): Step(Phase.HALTED),
        (Phase.FINISHED, Signal.EXTENDED): Step(Phase.WAITING),
    }
)

FIRST: Final = Phase.WAITING
"""Where every rollout begins."""


def step(phase: Phase, signal: Signal) -> Step:
    """Where `signal` leads from `phase`. Raises IllegalSignal for one that cannot come there."""
    try:
        return TABLE[phase, signal]
    except KeyError:
        raise IllegalSignal(f"signal '{signal}' in phase '{phase}'") from None


def diagram() -> str:
    """The table as a Mermaid state diagram, with one arrow for all that leads from one phase to the same other one."""
    return "\n".join(("stateDiagram-v2", *_lines()))


def _lines() -> Iterator[str]:
    yield f"    [*] --> {FIRST}"
    labels: dict[tuple[Phase, Phase], list[str]] = {}
    for (phase, signal), found in TABLE.items():
        doing = f" / {', '.join(found.effects)}" if found.effects else ""
        labels.setdefault((phase, found.phase), []).append(f"{signal}{doing}")
    for (phase, after), told in labels.items():
        yield f"    {phase} --> {after}: {'<br>'.join(told)}"
    yield f"    {Phase.FINISHED} --> [*]"
