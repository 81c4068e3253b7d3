"""Waits that the resources of a run share: one list tells of many writes to machines whether they are done.

A machine that the list shows as succeeded and with what was written is done. One that failed, is not in the list, or
does not show what was written is asked for by its own operation, whose answer counts and carries the reason. So is one
that lists keep showing as being changed: the change may be somebody else's, that followed ours.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from weakref import WeakValueDictionary

from pulumi_azure_hotpatch.engine.bodies import is_busy, provisioning_state
from pulumi_azure_hotpatch.errors import ArmError, HotpatchError
from pulumi_azure_hotpatch.ports import Accepted, Body, Clock

from .operations import DEFAULT_PACE, ArmOperation
from .reads import Page

# By which part of its time an operation is asked for later, where another one can be asked for with it then.
_SLACK: Final = 1 / 16
# How many pages may be read before any call was saved by one, and one more for each of so many operations.
_IN_ADVANCE: Final = 2
_OPERATIONS_A_PAGE: Final = 8
# How often in a row lists are believed that an operation is running.
_LISTS: Final = 5


class SharedWaits:
    """The writes to the machines of a subscription that are under way; `pages` lists its machines."""

    def __init__(self, clock: Clock, pages: Callable[[], Iterator[Page]]) -> None:
        self._clock = clock
        self._pages = pages
        # Weak: what nobody waits for any more, as after a time-out, is not asked for.
        self._under_way: WeakValueDictionary[str, SharedOperation] = WeakValueDictionary()
        self._lock = threading.Lock()
        self._listing = threading.Lock()
        # Pages that were read, and calls that they saved: lists pay for themselves. One that fails ends them all.
        self._spent = self._saved = 0
        self._is_refused = False

    def share(self, key: str, operation: ArmOperation[Body], is_written: Callable[[Body], bool]) -> Accepted[Body]:
        """The operation on the machine with that key, waited for together with others.

        `is_written` tells whether a machine's body shows what the operation writes.
        """
        due, now = operation.due(), self._clock.now()
        if due is None:
            return operation
        # Where Azure names no time, only the first question is asked at once.
        shared = SharedOperation(self, key, operation, is_written, due, due - now if due > now else DEFAULT_PACE)
        with self._lock:
            self._under_way[key] = shared
        return shared

    def ask(self, one: SharedOperation) -> Body | None:
        """The answer of an operation that is done, None while it is running. Raises OperationFailed."""
        # Whoever waits here for somebody else's list may be told by it.
        with self._listing:
            if not one.is_done and self._is_put_off(one):
                return None
            one.asks_itself = True
        if one.is_done:
            return one.operation.result()
        answer = one.operation.poll()
        if answer is None:
            now = self._clock.now()
            one.put_off(now, one.operation.next_poll() - now)
        else:
            one.is_done = True
        return answer

    def _is_put_off(self, one: SharedOperation) -> bool:
        """Ask for it together with others, if there are any to ask for; whether it is to be asked for later."""
        now = self._clock.now()
        if one.turn > now:
            # A list that another one asked for has told of it; else its resource can wait no longer.
            return one.is_told
        if one.asks_itself or self._is_refused or not (others := self._others(one)):
            return False
        one.is_told = False
        one.turn = max([one.turn, *(other.turn for other in others if other.turn <= one.latest)])
        due = [one, *(other for other in others if other.turn <= now)]
        if one.turn <= now and len(due) > 1:
            self._list(due, others, now)
        return one.turn > now

    def _list(self, due: Sequence[SharedOperation], others: Sequence[SharedOperation], now: datetime) -> None:
        """Learn from lists of operations that are due, and, where they are done, of others."""
        # Of two operations on one machine its body tells of the later one, which is the one under way.
        known = {one.key: one for one in (*due, *others)}
        missing = {one.key for one in due}
        pages = self._pages()
        try:
            while missing and self._may_read_a_page(len(due)) and (page := next(pages, None)) is not None:
                self._spent += 1
                for body in page.bodies:
                    one = known.get(str(body["id"]).casefold())
                    if one is not None:
                        self._tell(one, body, now)
                        missing.discard(one.key)
        except HotpatchError as error:
            # Whoever may change machines of a group need not be allowed to list those of the subscription.
            self._is_refused = True
            if not isinstance(error, ArmError):
                raise
        for key in missing:
            known[key].asks_itself = True

    def _tell(self, one: SharedOperation, body: Body, now: datetime) -> None:
        """Note what the machine's body tells of the operation."""
        if provisioning_state(body) == "succeeded" and one.is_written(body):
            one.is_done = True
        elif one.turn > now:
            return
        elif is_busy(body) and one.lists < _LISTS:
            one.put_off(now, one.pace, one.lists + 1)
        else:
            one.asks_itself = True
            return
        self._saved += 1

    def _may_read_a_page(self, operations: int) -> bool:
        return self._spent < self._saved + _IN_ADVANCE + operations // _OPERATIONS_A_PAGE

    def _others(self, one: SharedOperation) -> list[SharedOperation]:
        with self._lock:
            under_way = list(self._under_way.values())
        return [other for other in under_way if other is not one and not other.is_done and not other.asks_itself]


@dataclass(eq=False)
class SharedOperation:
    """Implements `ports.Accepted`. It is asked for at its `turn`, and until `latest` if others are asked for with it.

    `pace` is how long Azure wanted it to be left alone the last time. `asks_itself` is whether no list is asked for it,
    until its own answer is that it is running. `lists` have told so since; `is_told` is whether the last question was
    answered by one.
    """

    waits: SharedWaits
    key: str
    operation: ArmOperation[Body]
    is_written: Callable[[Body], bool]
    turn: datetime
    pace: timedelta
    latest: datetime = field(init=False)
    asks_itself: bool = False
    lists: int = 0
    is_told: bool = False
    is_done: bool = False

    def __post_init__(self) -> None:
        self.latest = self.turn + self.pace * _SLACK

    def put_off(self, now: datetime, pace: timedelta, lists: int = 0) -> None:
        """It is running: let it be asked for after that time, with others again. `lists` in a row have told so."""
        self.turn, self.pace, self.latest = now + pace, pace, now + pace + pace * _SLACK
        self.asks_itself, self.lists, self.is_told = False, lists, lists > 0

    def due(self) -> datetime | None:
        """When it is asked for; None once it is known to be done."""
        return None if self.is_done else self.turn

    def next_poll(self) -> datetime:
        """When it is asked for."""
        return self.turn

    def poll(self) -> Body | None:
        """Its answer, None while it is running. Raises OperationFailed."""
        return self.waits.ask(self)
