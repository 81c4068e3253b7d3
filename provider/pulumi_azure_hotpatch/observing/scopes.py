"""What a question is about: all machines of some subscriptions, or the named ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from pulumi_azure_hotpatch.engine.facts import ARC_MACHINES, VIRTUAL_MACHINES
from pulumi_azure_hotpatch.errors import InvalidInput
from pulumi_azure_hotpatch.ids import ResourceId, parse_subscription_id

# How much of one query may be names of machines: how long a query may be is documented nowhere.
_NAMES: Final = 60_000


@dataclass(frozen=True)
class Scope:
    """`machines` is None for all machines of `subscriptions`."""

    subscriptions: tuple[str, ...]
    machines: tuple[ResourceId, ...] | None = None

    @staticmethod
    def of(machines: Sequence[str] | None, subscriptions: Sequence[str], default: str | None) -> Scope:
        """The named machines, else the named subscriptions, else the default one.

        Raises InvalidInput for what is no machine's or subscription's id, and where nothing says which subscription is
        meant.
        """
        if machines is not None:
            parsed = tuple(dict.fromkeys(map(machine_id, machines)))
            return Scope(tuple(dict.fromkeys(one.subscription_id.casefold() for one in parsed)), parsed)
        chosen = tuple(dict.fromkeys(map(parse_subscription_id, subscriptions))) or ((default,) if default else ())
        if not chosen:
            raise InvalidInput(
                "no subscription is given; name one, or set azure-native:subscriptionId or ARM_SUBSCRIPTION_ID"
            )
        return Scope(chosen)

    @property
    def is_empty(self) -> bool:
        """Whether no machine can be in it."""
        return self.machines is not None and not self.machines

    def filters(self) -> Iterator[str]:
        """The lines to put into a query that has the machines' `name`, one for each query that is needed."""
        if self.machines is None:
            yield ""
            return
        names = sorted({_quoted(one.name.casefold()) for one in self.machines})
        chosen: list[str] = []
        length = 0
        for name in names:
            if chosen and length + len(name) + 2 > _NAMES:
                yield _line(chosen)
                chosen, length = [], 0
            chosen.append(name)
            length += len(name) + 2
        if chosen:
            yield _line(chosen)

    def holds(self, machine: str) -> bool:
        """Whether a machine is meant, by its id: names are not unique."""
        if self.machines is not None:
            return machine.casefold() in self._keys
        return ResourceId.parse(machine).subscription_id.casefold() in self._subscriptions

    def missing(self, found: Iterable[str]) -> Iterator[ResourceId]:
        """The named machines that are not among `found`."""
        keys = {one.casefold() for one in found}
        return (one for one in self.machines or () if one.key not in keys)

    @cached_property
    def _subscriptions(self) -> frozenset[str]:
        return frozenset(one.casefold() for one in self.subscriptions)

    @cached_property
    def _keys(self) -> frozenset[str]:
        return frozenset(one.key for one in self.machines or ())


def machine_id(text: str) -> ResourceId:
    """The id of a VM or of an Arc-enabled server. Raises InvalidInput for any other."""
    parsed = ResourceId.parse(text)
    if not (parsed.is_type(VIRTUAL_MACHINES) or parsed.is_type(ARC_MACHINES)):
        raise InvalidInput(f"'{text}' is the id of neither a VM nor an Arc-enabled server")
    return parsed


def _line(names: Sequence[str]) -> str:
    return f"| where name in~ ({', '.join(names)})\n"


def _quoted(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
