"""Our queries on Azure Resource Graph: a whole tenant, page after page, many subscriptions at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from pulumi_azure_hotpatch.ports import ResourceGraph

from .answers import in_order
from .queries import Query

# One request names at most 1,000 subscriptions. Source: Microsoft Learn, Resource Graph, Troubleshoot errors (too
# many subscriptions). What a join looks for in another batch is not shown, so that assignments of schedules there are
# judged as far as their machine goes.
SUBSCRIPTIONS: Final = 1000


@dataclass(frozen=True, slots=True)
class Tenant:
    """The subscriptions of a tenant in Resource Graph; none named means all that the identity may read."""

    graph: ResourceGraph
    subscriptions: tuple[str, ...] = ()

    def rows(self, query: Query) -> Iterator[tuple[str, ...]]:
        """The rows of a query, in the order of its projection. Raises ArmError."""
        for batch in _batches(self.subscriptions):
            for row in self.graph.query(query.text, batch):
                yield in_order(query, row)


def _batches(subscriptions: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, max(len(subscriptions), 1), SUBSCRIPTIONS):
        yield subscriptions[start : start + SUBSCRIPTIONS]
