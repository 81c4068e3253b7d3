"""Reads that the resources of a run share: what one has just seen, the next need not ask for.

A resource is read by itself at first. Once a run has asked for several, the rest come from a list, page by page, so
that a program of many machines asks a few times and not once a machine.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Final

from pulumi_azure_hotpatch.errors import ArmError, NotFound
from pulumi_azure_hotpatch.ids import ResourceId
from pulumi_azure_hotpatch.ports import Body, Clock

# A read that this run made is good enough for judging a declaration for this long; what decides a restore is read anew.
_COALESCE: Final = timedelta(minutes=2)
# Single reads before the first page of a list, so that small programs in large subscriptions never list.
_SINGLES: Final = 2
# A list is left alone once it has brought so many bodies, so that memory stays small in the largest subscriptions.
_MOST_LISTED: Final = 5000


@dataclass(frozen=True)
class Page:
    """Bodies of a list, and whether there are no more: who knows that asks for nothing else."""

    bodies: Sequence[Body]
    is_last: bool


_NO_MORE: Final = Page((), is_last=True)
Pages = Callable[[str], Iterator[Page]]
"""The bodies of a subscription, one call a page."""
KnownElsewhere = Callable[[str], frozenset[str]]
"""The ids (keys) of a subscription that another source knows."""


@dataclass(frozen=True)
class _Seen:
    """A body as it was read at an instant; `turn` orders reads and writes that overlap.

    `is_news` is whether it was listed and nobody has been told of it yet.
    """

    at: datetime
    turn: int
    body: Body | None
    is_news: bool = False


@dataclass
class _Listing:
    """A list of a subscription as far as it was read. It never costs more calls than it may save: each page must have
    been preceded by a single read.
    """

    begun: datetime
    turn: int
    singles: int = 0
    bodies: int = 0
    pages: int = 0
    rest: Iterator[Page] | None = None
    ended: bool = False
    is_whole: bool = False
    elsewhere: frozenset[str] | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def is_worthwhile(self) -> bool:
        """Whether another page is."""
        return not self.ended and self.pages <= self.singles - _SINGLES and self.bodies < _MOST_LISTED


class SharedReads:
    """The bodies that were read a moment ago, by id; `read` asks Azure for one, `pages` for those of a subscription.

    What a whole list does not have is asked for by itself – unless `elsewhere` is given: what neither the list nor
    that source knows does not exist.
    """

    def __init__(
        self,
        clock: Clock,
        read: Callable[[ResourceId], Body | None],
        pages: Pages | None = None,
        elsewhere: KnownElsewhere | None = None,
    ) -> None:
        self._clock = clock
        self._read = read
        self._pages = pages
        self._elsewhere = elsewhere
        self._seen: dict[str, _Seen] = {}
        self._written: dict[str, int] = {}
        self._listings: dict[str, _Listing] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._turns = count(1)
        self._lock = threading.Lock()

    def get(self, resource: ResourceId, *, fresh: bool) -> Body | None:
        """The body under an id, None where there is none; `fresh` asks Azure in any case."""
        with self._lock_of(resource):
            seen = None if fresh else self._recent(resource.key) or self._listed(resource, self._recent, self._absent)
            return self._ask(resource) if seen is None else self._told(resource.key, seen)

    def observe(self, resource: ResourceId) -> Body | None:
        """The body under an id for a refresh: from a list that was read a moment ago or is read now, else by itself.

        What somebody has been told before is not news: the next one who refreshes it asks again. That something is
        gone is never concluded from a list.
        """
        with self._lock_of(resource):
            seen = self._news(resource.key) or self._listed(resource, self._news, lambda *_: None)
            return self._ask(resource) if seen is None else self._told(resource.key, seen)

    @contextmanager
    def changing(self, resource: ResourceId) -> Iterator[Callable[[Body], None]]:
        """Write within this: no read is under way meanwhile that would remember the resource as it was before.

        What the service answers to the write may be given to the function, and is a read then.
        """
        answers: list[Body] = []
        with self._lock_of(resource):
            self._forget(resource.key)
            try:
                yield answers.append
            finally:
                self._forget(resource.key)
                for body in answers[-1:]:
                    self._remember(resource.key, _Seen(self._clock.now(), next(self._turns), body))

    def _recent(self, key: str) -> _Seen | None:
        with self._lock:
            seen = self._seen.get(key)
        return seen if seen is not None and self._clock.now() - seen.at < _COALESCE else None

    def _news(self, key: str) -> _Seen | None:
        seen = self._recent(key)
        return seen if seen is not None and seen.is_news else None

    def _ask(self, resource: ResourceId) -> Body | None:
        body = self._read(resource)
        self._remember(resource.key, _Seen(self._clock.now(), next(self._turns), body))
        return body

    def _told(self, key: str, seen: _Seen) -> Body | None:
        if seen.is_news:
            self._remember(key, replace(seen, is_news=False))
        return seen.body

    def _listed(
        self,
        resource: ResourceId,
        known: Callable[[str], _Seen | None],
        absent: Callable[[ResourceId, _Listing], _Seen | None],
    ) -> _Seen | None:
        """The body from a list, if reading one (on) is worthwhile; None when the resource must be read by itself."""
        if self._pages is None:
            return None
        listing = self._listing(resource.subscription_id)
        with listing.lock:
            # Somebody else may have listed it meanwhile.
            while (seen := known(resource.key)) is None and listing.is_worthwhile:
                self._turn_page(listing, resource.subscription_id, self._pages)
            seen = seen or absent(resource, listing)
            if seen is None:
                listing.singles += 1
            return seen

    def _listing(self, subscription_id: str) -> _Listing:
        now = self._clock.now()
        with self._lock:
            listing = self._listings.get(subscription_id.casefold())
            if listing is None or now - listing.begun >= _COALESCE:
                listing = self._listings[subscription_id.casefold()] = _Listing(now, next(self._turns))
            return listing

    def _turn_page(self, listing: _Listing, subscription_id: str, pages: Pages) -> None:
        """Remember one page more. A list that is refused ends there: its resources are read one by one."""
        now, turn = self._clock.now(), next(self._turns)
        if listing.rest is None:
            listing.begun, listing.turn, listing.rest = now, turn, pages(subscription_id)
        try:
            page = next(listing.rest, _NO_MORE)
            listing.is_whole = page.is_last
        except ArmError:
            page = _NO_MORE
            listing.is_whole = False
        listing.ended = page.is_last
        listing.pages += 1
        for body in page.bodies:
            listing.bodies += 1
            self._remember(ResourceId.parse(str(body["id"])).key, _Seen(now, turn, body, is_news=True))

    def _absent(self, resource: ResourceId, listing: _Listing) -> _Seen | None:
        """That the resource does not exist, where that is known without asking for it."""
        if self._elsewhere is None or not listing.is_whole:
            return None
        try:
            if listing.elsewhere is None:
                listing.elsewhere = self._elsewhere(resource.subscription_id)
        except ArmError:
            listing.is_whole = False
        if not listing.is_whole or listing.elsewhere is None or resource.key in listing.elsewhere:
            return None
        self._remember(resource.key, _Seen(listing.begun, listing.turn, None))
        return self._recent(resource.key)

    def _remember(self, key: str, seen: _Seen) -> None:
        """Note what was read, unless something newer is known than the turn at which it was asked for."""
        with self._lock:
            known = self._seen.get(key)
            if seen.turn > self._written.get(key, 0) and (known is None or known.turn <= seen.turn):
                self._seen[key] = seen

    def _forget(self, key: str) -> None:
        """Take back what was read; what was asked for before this is outdated when it arrives."""
        with self._lock:
            self._seen.pop(key, None)
            self._written[key] = next(self._turns)

    def _lock_of(self, resource: ResourceId) -> threading.Lock:
        # One lock a resource: two that want the same read at once share it, different ones do not wait for each other.
        with self._lock:
            return self._locks.setdefault(resource.key, threading.Lock())


def body_or_gone(read: Callable[[], Body]) -> Body | None:
    """What a read answers, None for a 404 that is about the resource and not about its subscription."""
    try:
        return read()
    except NotFound as error:
        if error.code == "SubscriptionNotFound":
            raise
        return None
