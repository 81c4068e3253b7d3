"""Azure Resource Graph over `azure-mgmt-resourcegraph` (API 2021-03-01)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from .errors import arm_errors

if TYPE_CHECKING:
    from azure.mgmt.resourcegraph import ResourceGraphClient

# The most rows that one answer holds. Source: azure-mgmt-resourcegraph 8.0.1, QueryRequestOptions.top.
PAGE: Final = 1000


class ArmResourceGraph:
    """Implements `ports.ResourceGraph`; the argument makes the client, which belongs to no subscription."""

    def __init__(self, client: Callable[[], ResourceGraphClient]) -> None:
        self._client = client

    def query(self, text: str, subscriptions: Sequence[str]) -> Iterator[Mapping[str, Any]]:
        """Source of the call: ResourceGraphClient.resources, paged by `$skipToken`."""
        from azure.mgmt.resourcegraph.models import QueryRequest, QueryRequestOptions

        skip_token: str | None = None
        while True:
            options = QueryRequestOptions(top=PAGE, skip_token=skip_token, result_format="objectArray")
            request = QueryRequest(subscriptions=list(subscriptions), query=text, options=options)
            with arm_errors("ask it", "Azure Resource Graph"):
                answer: Any = self._client().resources(request)
            yield from answer.data or ()
            skip_token = answer.skip_token
            if not skip_token:
                return
