"""States that change with time, written down ahead: what it was, what it is, what it will be.

Because the past stays known, a replica that lags behind is a look at the same line a little earlier.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True)
class Step:
    """From ``at`` on, the state is ``state``."""

    at: datetime
    state: str


@dataclass(slots=True)
class Timeline:
    """A state over time; before the first step it is ``initial``."""

    initial: str
    steps: list[Step] = field(default_factory=list)

    def state_at(self, instant: datetime) -> str:
        """Return the state at ``instant``."""
        state = self.initial
        for step in self.steps:
            if step.at > instant:
                break
            state = step.state
        return state

    def entered_at(self, instant: datetime) -> datetime | None:
        """Return when the state of ``instant`` began, ``None`` when it has always been so."""
        entered: datetime | None = None
        state = self.initial
        for step in self.steps:
            if step.at > instant:
                break
            if step.state != state:
                entered, state = step.at, step.state
        return entered

    def change(self, now: datetime, *steps: tuple[datetime, str]) -> None:
        """Forget what was to come after ``now`` and plan ``steps`` instead."""
        self.steps = [step for step in self.steps if step.at <= now]
        self.steps.extend(Step(at, state) for at, state in steps)
