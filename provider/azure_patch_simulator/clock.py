"""Simulated time: a clock that is moved by hand, runs like a real one, or runs n times as fast.

Events due at the same instant run in a fixed order: ``(due, priority, sequence)``. An event is data (a kind and a JSON
object), so that what is still to come can be written to a file; what a kind does is told by ``on``.
"""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

ZERO = timedelta(0)


@dataclass(frozen=True, slots=True, order=True)
class Event:
    """Something that happens at ``due``; a lower ``priority`` comes first, then the one scheduled earlier."""

    due: datetime
    priority: int
    sequence: int
    kind: str = field(compare=False)
    data: Mapping[str, Any] = field(compare=False)


EventHandler = Callable[[Event], None]


class SimulatedClock:
    """A clock that never goes back. Safe to use from several threads; events run while the lock is held.

    ``pace`` is how many simulated seconds pass in a real one: 0 (the default) moves only when told. ``lock`` is shared
    with the simulator, because events change the world.
    """

    def __init__(self, start: datetime, *, pace: float = 0.0, lock: threading.RLock | None = None) -> None:
        if start.tzinfo is None:
            raise ValueError("a simulated clock starts at an aware datetime")
        if pace < 0:
            raise ValueError("time cannot run backwards")
        self.lock = lock or threading.RLock()
        self.pace = pace
        self.start = start
        self._now = start
        self._anchor = start
        self._anchor_real = time.monotonic()
        self._heap: list[Event] = []
        self._sequence = 0
        self._handlers: dict[str, EventHandler] = {}
        self._running = False

    def now(self) -> datetime:
        """Return the instant it is, after running what was due by then; inside an event, the event's own instant."""
        with self.lock:
            if not self._running:
                self._run_until(self._flowed())
            return self._now

    def advance(self, duration: timedelta) -> datetime:
        """Move on by ``duration`` (>= 0) and return the new instant."""
        if duration < ZERO:
            raise ValueError("time cannot run backwards")
        with self.lock:
            return self.advance_to(self.now() + duration)

    def advance_to(self, instant: datetime) -> datetime:
        """Move on to ``instant``, running what falls due on the way; an instant in the past changes nothing."""
        if instant.tzinfo is None:
            raise ValueError("a simulated clock is moved to an aware datetime")
        with self.lock:
            if self._running:
                raise RuntimeError("an event may not move the clock")
            self._run_until(max(self._flowed(), instant))
            self._anchor, self._anchor_real = self._now, time.monotonic()
            return self._now

    def sleep(self, duration: timedelta) -> None:
        """Let ``duration`` pass: by moving a manual clock, by waiting for a running one.

        Threads that sleep at the same time on a manual clock sleep side by side, not one after the other.
        """
        if duration <= ZERO:
            return
        deadline = self.now() + duration
        if self.pace == 0:
            self.advance_to(deadline)
        else:
            threading.Event().wait(self.real_seconds(duration))

    def set_pace(self, pace: float) -> None:
        """Let time pass ``pace`` times as fast as real time from now on; 0 = only when told."""
        if pace < 0:
            raise ValueError("time cannot run backwards")
        with self.lock:
            self._anchor, self._anchor_real = self.now(), time.monotonic()
            self.pace = pace

    def real_seconds(self, duration: timedelta) -> float:
        """Return how many real seconds ``duration`` takes; 0 on a clock moved by hand."""
        return duration.total_seconds() / self.pace if self.pace else 0.0

    def on(self, kind: str, handler: EventHandler) -> None:
        """Say what events of ``kind`` do. A kind has one meaning; a second one is a ``ValueError``."""
        if kind in self._handlers:
            raise ValueError(f"event kind {kind!r} already has a handler")
        self._handlers[kind] = handler

    def schedule(self, due: datetime, kind: str, data: Mapping[str, Any], *, priority: int = 0) -> Event:
        """Let an event of ``kind`` happen at ``due`` (at the next look at the clock when that is past)."""
        if kind not in self._handlers:
            raise ValueError(f"nothing handles events of kind {kind!r}")
        with self.lock:
            event = Event(due, priority, self._sequence, kind, dict(data))
            self._sequence += 1
            heapq.heappush(self._heap, event)
            return event

    def pending(self) -> list[Event]:
        """Return the events still to come, in the order in which they will run."""
        with self.lock:
            return sorted(self._heap)

    def restore(self, now: datetime, sequence: int, events: list[Event]) -> None:
        """Put a clock that has not been used yet where a saved one was."""
        with self.lock:
            self._now = self._anchor = now
            self._anchor_real = time.monotonic()
            self._sequence = sequence
            self._heap = sorted(events)

    @property
    def sequence(self) -> int:
        """How many events were ever scheduled."""
        return self._sequence

    def _flowed(self) -> datetime:
        if self.pace == 0:
            return self._now
        passed = timedelta(seconds=(time.monotonic() - self._anchor_real) * self.pace)
        return max(self._now, self._anchor + passed)

    def _run_until(self, target: datetime) -> None:
        self._running = True
        try:
            while self._heap and self._heap[0].due <= target:
                event = heapq.heappop(self._heap)
                self._now = max(self._now, event.due)
                self._handlers[event.kind](event)
        finally:
            self._running = False
        self._now = max(self._now, target)


def parse_pace(text: str) -> float:
    """Read ``manual`` (0), ``real`` (1) or ``xN`` (N > 0). Raises ``ValueError`` for anything else."""
    if text == "manual":
        return 0.0
    if text == "real":
        return 1.0
    try:
        pace = float(text.removeprefix("x")) if text.startswith("x") else 0.0
    except ValueError:
        pace = 0.0
    if not 0 < pace < 1e7:
        raise ValueError(f"time is 'manual', 'real' or 'xN' with N > 0, not {text!r}")
    return pace
