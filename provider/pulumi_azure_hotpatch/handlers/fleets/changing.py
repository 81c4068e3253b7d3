"""Writing the patch settings of many machines, and learning what became of it.

One PATCH a machine. Nobody is asked how it went before the last of them is due, so that a few lists answer for all
(`arm.shared_waits`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Final

from pulumi_azure_hotpatch.engine.counting import counted
from pulumi_azure_hotpatch.engine.inventory import settings_to_arm
from pulumi_azure_hotpatch.errors import ArmError
from pulumi_azure_hotpatch.handlers.concurrently import Call, Pause, Task, at_once, drive
from pulumi_azure_hotpatch.handlers.owning import as_wanted
from pulumi_azure_hotpatch.handlers.waiting import Patience, may_have_worked
from pulumi_azure_hotpatch.ids import ResourceId
from pulumi_azure_hotpatch.ports import Accepted, Body, Context

from .reading import Seen

SETTLE_INTERVAL: Final = timedelta(seconds=10)
_CONFLICT: Final = 409


@dataclass(frozen=True)
class Write:
    """The fields to write to a machine. `told` is called once Azure may have done it, before the wait for it."""

    seen: Seen
    changes: Mapping[str, Any]
    told: Callable[[], None]


def _settle(ctx: Context, machine: ResourceId) -> Task[Seen | None]:
    """The machine once no other operation is changing it, None when it does not exist."""
    while True:
        body: Body | None = yield Call(lambda: ctx.machines.get(machine))
        seen = None if body is None else Seen.of(body)
        if seen is None or not seen.is_busy:
            return seen
        yield Pause(ctx.clock.now() + SETTLE_INTERVAL, f"another operation on '{machine.name}' to end")


def write_all(ctx: Context, writes: list[Write], patience: Patience) -> dict[str, ArmError]:
    """Write, and wait until it is done everywhere; by machine, what went wrong."""
    accepted = drive(ctx, (_write(ctx, one) for one in writes), patience)
    failures: dict[str, ArmError] = {}
    pending: dict[str, Accepted[Body]] = {}
    for one, answer in zip(writes, accepted, strict=True):
        if isinstance(answer, ArmError):
            failures[one.seen.id.key] = answer
        elif answer is not None and answer.due() is not None:
            pending[one.seen.id.key] = answer
    return failures | _confirm(ctx, pending, patience)


def _write(ctx: Context, one: Write) -> Task[Accepted[Body] | None]:
    """Ask for the change; None where it turned out to be done.

    Azure refuses a machine that another operation is changing. It is waited for then and asked once more, for what it
    still lacks: an answer of ours may have been lost, and the operation under way may be ours.
    """
    seen, changes = one.seen, one.changes
    for is_last in (False, True):
        try:
            operation: Accepted[Body] = yield Call(partial(_send, ctx, one, seen, changes))
        except ArmError as error:
            if is_last or error.status != _CONFLICT:
                raise
        else:
            return operation
        found = yield from _settle(ctx, seen.id)
        if found is None:
            return None
        as_it_is = as_wanted(found.machine.settings, changes)
        seen, changes = found, {name: value for name, value in changes.items() if name not in as_it_is}
        if not changes:
            one.told()
            return None
    raise AssertionError("the second refusal ends the task")


def _send(ctx: Context, one: Write, seen: Seen, changes: Mapping[str, Any]) -> Accepted[Body]:
    try:
        operation = ctx.machines.patch_settings(seen.id, seen.kind, settings_to_arm(changes))
    except ArmError as error:
        if may_have_worked(error):
            one.told()
        raise
    one.told()
    return operation


def _confirm(ctx: Context, pending: dict[str, Accepted[Body]], patience: Patience) -> dict[str, ArmError]:
    """Wait for operations, by machine; what went wrong."""
    failures: dict[str, ArmError] = {}
    while pending:
        due = max(operation.next_poll() for operation in pending.values())
        if ctx.clock.now() < due:
            patience.sleep(ctx, due, f"{counted(len(pending))} to change")
        polls = [operation.poll for operation in pending.values()]
        for key, answer in zip(list(pending), at_once(ctx, polls, patience), strict=True):
            if isinstance(answer, ArmError):
                failures[key] = answer
            if answer is not None:
                del pending[key]
    return failures
