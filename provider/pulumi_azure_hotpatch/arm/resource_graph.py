"""Azure Resource Graph over `azure-mgmt-resourcegraph` (API 2021-03-01)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from pulumi_azure_hotpatch.ports import Clock

from .errors import arm_errors
from .pages import NotFromAzure

if TYPE_CHECKING:
    from azure.mgmt.resourcegraph import ResourceGraphClient

# The most rows that one answer holds. Source: azure-mgmt-resourcegraph 8.0.1, QueryRequestOptions.top.
PAGE: Final = 1000
_QUERIES: Final = frozenset(("POST",))
# As for reads of single resources: good enough for a preview for this long.
_RECENT: Final = timedelta(minutes=2)


class ArmResourceGraph:
    """Implements `ports.ResourceGraph`; `client` makes the client, which belongs to no subscription."""

    def __init__(self, client: Callable[[], ResourceGraphClient], clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._seen: dict[tuple[str, ...], tuple[datetime, tuple[Mapping[str, Any], ...]]] = {}
        self._lock = threading.Lock()

    def recent(self, text: str, subscriptions: Sequence[str]) -> Sequence[Mapping[str, Any]]:
        """Previews of many resources that ask the same at once share one answer."""
        key = (text, *sorted({one.casefold() for one in subscriptions}))
        with self._lock:
            seen = self._seen.get(key)
            if seen is None or self._clock.now() - seen[0] >= _RECENT:
                seen = self._seen[key] = (self._clock.now(), tuple(self.query(text, subscriptions)))
            return seen[1]

    def query(self, text: str, subscriptions: Sequence[str]) -> Iterator[Mapping[str, Any]]:
        """Source of the call: ResourceGraphClient.resources, paged by `$skipToken`.

        A request that names no subscription is about the tenant (QueryRequest.subscriptions: optional).
        """
        from azure.mgmt.resourcegraph.models import QueryRequest, QueryRequestOptions

        skip_token: str | None = None
        while True:
            options = QueryRequestOptions(top=PAGE, skip_token=skip_token, result_format="objectArray")
            request = QueryRequest(subscriptions=list(subscriptions) or None, query=text, options=options)
            with arm_errors("ask it", "Azure Resource Graph"):
                # A query changes nothing: one whose answer was lost is asked again, as a GET is.
                answer: Any = self._client().resources(request, retry_on_methods=_QUERIES)
                rows = getattr(answer, "data", None)
                if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
                    raise NotFromAzure("the answer holds no rows")
            yield from rows
            skip_token = answer.skip_token
            if not skip_token:
                return
