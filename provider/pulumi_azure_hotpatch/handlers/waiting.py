"""Waiting, for all handlers: until an operation is done, until reads agree, never past the resource's own time-out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from pulumi_azure_hotpatch.errors import ArmError, HotpatchError, Interrupted, TimedOut
from pulumi_azure_hotpatch.models.base import State, parse_wait
from pulumi_azure_hotpatch.ports import Context, Operation

ResultT = TypeVar("ResultT")


_REPEAT_PROGRESS = timedelta(seconds=30)


@dataclass
class Patience:
    """How long a verb may wait in all: the resource's `timeout` input, else its `custom_timeouts`, else a default."""

    started: datetime
    deadline: datetime
    said: tuple[str, datetime] | None = None
    begun: dict[str, datetime] = field(default_factory=dict)

    @staticmethod
    def of(ctx: Context, timeout: str | None, default: str) -> Patience:
        """The patience that begins now."""
        allowed = parse_wait(timeout) if timeout else ctx.timeout or parse_wait(default)
        now = ctx.clock.now()
        return Patience(now, now + allowed)

    def sleep(self, ctx: Context, until: datetime, waiting_for: str, then: str = "") -> None:
        """Wait until `until`, saying what for, how long that took the last time, and what comes `then`.

        Raises TimedOut at the deadline, Interrupted when cancelled.
        """
        now = ctx.clock.now()
        self.begun.setdefault(waiting_for, now)
        if now >= self.deadline:
            allowed = spell(self.deadline - self.started)
            raise TimedOut(f"{ctx.label}: still waiting for {waiting_for} after {allowed}; run again to go on waiting")
        if self.said is None or self.said[0] != waiting_for or now - self.said[1] >= _REPEAT_PROGRESS:
            self.said = (waiting_for, now)
            last = ctx.recall(waiting_for)
            expected = f", {spell(last)} last time" if last is not None else ""
            ctx.progress(
                f"waiting for {waiting_for} ({spell(now - self.started)}{expected})"
                + (f", then {then}" if then else "")
            )
        try:
            ctx.clock.sleep_until(min(until, self.deadline))
        except Interrupted as interruption:
            raise Interrupted(f"{ctx.label}: {interruption}") from None

    def over(self, ctx: Context, waiting_for: str) -> None:
        """Note that what was waited for has come."""
        begun = self.begun.pop(waiting_for, None)
        if begun is not None:
            ctx.remember(waiting_for, ctx.clock.now() - begun)


def finish(
    ctx: Context, operation: Operation[ResultT], patience: Patience, waiting_for: str, then: str = ""
) -> ResultT:
    """The result of a long-running operation. Raises OperationFailed, TimedOut or Interrupted."""
    if ctx.clock.now() < operation.next_poll():
        patience.sleep(ctx, operation.next_poll(), waiting_for, then)
    while (result := operation.poll()) is None:
        patience.sleep(ctx, operation.next_poll(), waiting_for, then)
    patience.over(ctx, waiting_for)
    return result


def wait_until(
    ctx: Context, patience: Patience, interval: timedelta, waiting_for: str, done: Callable[[], bool], then: str = ""
) -> None:
    """Ask `done` every `interval` until it says yes. Raises TimedOut or Interrupted."""
    while not done():
        patience.sleep(ctx, ctx.clock.now() + interval, waiting_for, then)
    patience.over(ctx, waiting_for)


def spell(duration: timedelta) -> str:
    """A duration for people: `45s`, `15m`, `1h30m`."""
    seconds = round(duration.total_seconds())
    hours, minutes = seconds // 3600, seconds % 3600 // 60
    if not hours and not minutes:
        return f"{seconds}s"
    return (
        (f"{hours}h" if hours else "")
        + (f"{minutes}m" if minutes else "")
        + (f"{seconds % 60}s" if seconds % 60 and not hours else "")
    )


@contextmanager
def kept_if_unanswered(ctx: Context, id: str, state: State | None) -> Iterator[None]:
    """Keep `state` when Azure may have done what is asked in this block although no answer says so."""
    try:
        yield
    except (ArmError, Interrupted) as error:
        if state is not None and may_have_worked(error):
            ctx.keep(id, state)
        raise


def may_have_worked(error: HotpatchError) -> bool:
    """Whether Azure may have done what it was asked for although the call failed.

    A refusal (a status from 400 to 499) did nothing; a lost connection, a fault of the service or a cancelled retry may
    have.
    """
    return not (isinstance(error, ArmError) and 400 <= error.status < 500)
