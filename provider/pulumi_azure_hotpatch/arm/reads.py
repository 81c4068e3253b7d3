"""Reads that the resources of a run share: what one has just seen, the next need not ask for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from pulumi_azure_hotpatch.errors import NotFound
from pulumi_azure_hotpatch.ids import ResourceId
from pulumi_azure_hotpatch.ports import Body, Clock

# A read that this run made is good enough for judging a declaration for this long; what decides a restore is read anew.
_COALESCE = timedelta(minutes=2)


class SharedReads:
    """The bodies that were read a moment ago, by id; `read` asks Azure."""

    def __init__(self, clock: Clock, read: Callable[[ResourceId], Body | None]) -> None:
        self._clock = clock
        self._read = read
        self._seen: dict[str, tuple[datetime, Body | None]] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def get(self, resource: ResourceId, *, fresh: bool) -> Body | None:
        """The body under an id, None where there is none; `fresh` asks Azure in any case."""
        with self._lock_of(resource):
            if not fresh:
                seen = self._seen.get(resource.key)
                if seen is not None and self._clock.now() - seen[0] < _COALESCE:
                    return seen[1]
            body = self._read(resource)
            self._seen[resource.key] = (self._clock.now(), body)
            return body

    @contextmanager
    def changing(self, resource: ResourceId) -> Iterator[None]:
        """Write within this: no read is under way meanwhile that would remember the resource as it was before."""
        with self._lock_of(resource):
            self._seen.pop(resource.key, None)
            yield
            self._seen.pop(resource.key, None)

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
