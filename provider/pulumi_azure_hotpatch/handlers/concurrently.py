"""Many requests at once, driven by one thread: each task is a generator that says what it needs next.

A task yields a `Call` (one blocking request; it is sent the answer, or thrown the error) or a `Pause` (it goes on once
that instant has come), and returns its result. At most `at_once` requests are under way. With `at_once=1` they are made
in the caller's own thread, one after the other, so that simulated time passes the same way in every run.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from heapq import heappop, heappush
from typing import Any, Generic, TypeVar

from pulumi_azure_hotpatch.errors import ArmError
from pulumi_azure_hotpatch.ports import Context

from .waiting import Patience

ResultT = TypeVar("ResultT")

# How often the clock is asked whether the deployment was cancelled, while there is always something to do.
_ANSWERS_BETWEEN_LOOKS = 50


@dataclass(frozen=True)
class Call:
    """One blocking request."""

    make: Callable[[], Any]


@dataclass(frozen=True)
class Pause:
    """Nothing to do until an instant; `waiting_for` is what messages say."""

    until: datetime
    waiting_for: str


Task = Generator[Call | Pause, Any, ResultT]


def drive(ctx: Context, tasks: Iterable[Task[ResultT]], patience: Patience) -> list[ResultT | ArmError]:
    """Run tasks side by side; their results in order, an ArmError where Azure's refusal ended a task.

    Tasks are taken from the iterable as there is room for them. Every other error (a time-out, a cancelled deployment,
    no credentials) ends all of them, after the requests under way have been answered.
    """
    return _Drive[ResultT](ctx, patience, ctx.settings.requests_at_once).run(tasks)


def at_once(ctx: Context, calls: Iterable[Callable[[], ResultT]], patience: Patience) -> list[ResultT | ArmError]:
    """The answers of single requests, in order."""

    def task(call: Callable[[], ResultT]) -> Task[ResultT]:
        answer: ResultT = yield Call(call)
        return answer

    return drive(ctx, (task(call) for call in calls), patience)


@dataclass
class _Drive(Generic[ResultT]):
    ctx: Context
    patience: Patience
    width: int
    tasks: dict[int, Task[ResultT]] = field(default_factory=dict)
    results: dict[int, ResultT | ArmError] = field(default_factory=dict)
    queued: deque[tuple[int, Call]] = field(default_factory=deque)
    flying: dict[Future[Any], int] = field(default_factory=dict)
    sleeping: list[tuple[datetime, int, Pause]] = field(default_factory=list)
    answers: int = 0

    def run(self, tasks: Iterable[Task[ResultT]]) -> list[ResultT | ArmError]:
        upcoming = enumerate(tasks)
        pool = ThreadPoolExecutor(self.width, "request") if self.width > 1 else None
        with pool or nullcontext():
            while self._start(upcoming, pool) or self._land() or self._wake():
                pass
        return [self.results[number] for number in sorted(self.results)]

    def _start(self, upcoming: Iterator[tuple[int, Task[ResultT]]], pool: ThreadPoolExecutor | None) -> bool:
        """Make the next request, if there is room and one is wanted."""
        if len(self.flying) >= self.width:
            return False
        while not self.queued:
            number, task = next(upcoming, (0, None))
            if task is None:
                return False
            self.tasks[number] = task
            self._advance(number, None, None)
        number, call = self.queued.popleft()
        if pool is None:
            self._answered(number, _done(call))
        else:
            self.flying[pool.submit(call.make)] = number
        return True

    def _land(self) -> bool:
        """Wait for an answer and give it to its task."""
        if not self.flying:
            return False
        done, _ = wait(self.flying, return_when=FIRST_COMPLETED)
        for future in sorted(done, key=self.flying.__getitem__):
            self._answered(self.flying.pop(future), future)
        return True

    def _wake(self) -> bool:
        """Wait for the first pause to end; False when nothing is left to wait for."""
        if not self.sleeping:
            return False
        until, _, pause = self.sleeping[0]
        self.patience.sleep(self.ctx, until, pause.waiting_for)
        now = self.ctx.clock.now()
        while self.sleeping and self.sleeping[0][0] <= now:
            _, number, _ = heappop(self.sleeping)
            self._advance(number, None, None)
        return True

    def _answered(self, number: int, future: Future[Any]) -> None:
        self.answers += 1
        if self.answers % _ANSWERS_BETWEEN_LOOKS == 0:
            self.patience.sleep(self.ctx, self.ctx.clock.now(), "Azure's answers")
        error = future.exception()
        if error is not None and not isinstance(error, ArmError):
            raise error
        self._advance(number, None if error else future.result(), error)

    def _advance(self, number: int, answer: Any, error: ArmError | None) -> None:
        task = self.tasks[number]
        try:
            step = task.send(answer) if error is None else task.throw(error)
        except StopIteration as end:
            self._end(number, end.value)
        except ArmError as refusal:
            self._end(number, refusal)
        else:
            if isinstance(step, Call):
                self.queued.append((number, step))
            else:
                heappush(self.sleeping, (step.until, number, step))

    def _end(self, number: int, result: ResultT | ArmError) -> None:
        del self.tasks[number]
        self.results[number] = result


def _done(call: Call) -> Future[Any]:
    future: Future[Any] = Future()
    try:
        future.set_result(call.make())
    except ArmError as error:
        future.set_exception(error)
    return future
