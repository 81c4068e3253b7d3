"""Looking at many machines with few requests.

Two sources. Resource Graph answers a thousand machines of any number of subscriptions at once, but is behind Azure for
a while after a change: it serves previews and refreshes, and what it shows to have changed or gone is confirmed first.
What is written, and what is remembered as the value from before, is decided by Azure Compute itself: lists of whole
subscriptions where many machines are wanted, single reads else. So an old row can hide a change until the next refresh,
and can never make us restore, or overwrite, what was not there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from pulumi_azure_hotpatch.engine.bodies import BUSY, provisioning_state
from pulumi_azure_hotpatch.engine.facts import VIRTUAL_MACHINES, Machine
from pulumi_azure_hotpatch.engine.inventory import machine_from_arm, os_kind
from pulumi_azure_hotpatch.errors import ArmError
from pulumi_azure_hotpatch.handlers.concurrently import at_once
from pulumi_azure_hotpatch.handlers.waiting import Patience
from pulumi_azure_hotpatch.ids import ResourceId
from pulumi_azure_hotpatch.observing.scopes import Scope
from pulumi_azure_hotpatch.ports import Body, Context

# From how many machines of a subscription on a list is tried, and how many bodies of others a wanted one may cost.
_WORTH_A_LIST: Final = 8
_BODIES_PER_MACHINE: Final = 25

_ROWS: Final = f"""resources
| where type =~ '{VIRTUAL_MACHINES.casefold()}'
{{filter}}| project id, name, location, zones, windows = properties.osProfile.windowsConfiguration,
    linux = properties.osProfile.linuxConfiguration,
    extensions = properties.osProfile.allowExtensionOperations,
    image = properties.storageProfile.imageReference, disk = properties.storageProfile.osDisk.osType,
    availabilitySet = properties.availabilitySet, provisioningState = properties.provisioningState
| order by id asc"""


@dataclass(frozen=True, slots=True)
class Seen:
    """A machine as it was seen. `kind` is `windows` or `linux`, `state` its provisioning state without letter case."""

    id: ResourceId
    machine: Machine
    kind: str
    state: str

    @property
    def is_busy(self) -> bool:
        """Whether another operation is changing it."""
        return self.state in BUSY

    @staticmethod
    def of(body: Body) -> Seen:
        """What a body shows."""
        kind = os_kind(body) or "windows"
        return Seen(ResourceId.parse(str(body["id"])), machine_from_arm(body), kind, provisioning_state(body))


def rows_of(ctx: Context, machines: Iterable[ResourceId]) -> dict[str, Seen]:
    """Machines by key as Resource Graph shows them, which may be a little old; those it does not show are left out.

    Raises ArmError.
    """
    return {seen.id.key: seen for seen in each_row(ctx, machines)}


def each_row(ctx: Context, machines: Iterable[ResourceId]) -> Iterator[Seen]:
    """As `rows_of`, one after the other, so that memory does not grow with the fleet. Raises ArmError."""
    chosen = tuple(machines)
    scope = Scope(tuple(dict.fromkeys(one.subscription_id.casefold() for one in chosen)), chosen)
    for names in scope.filters():
        for row in ctx.graph.query(_ROWS.format(filter=names), scope.subscriptions):
            if scope.holds(str(row["id"])):
                yield Seen.of(_body_of(row))


def look_at(
    ctx: Context, machines: Iterable[ResourceId], patience: Patience, *, singles: int | None = None
) -> dict[str, Seen | ArmError | None]:
    """Machines by key as Azure Compute has them: None for one that does not exist, an ArmError for no answer.

    Where lists leave more than `singles` of them open, these are left out: nobody asks for each.
    """
    wanted = {one.key: one for one in machines}
    found: dict[str, Seen | ArmError | None] = dict(listed(ctx, wanted))
    rest = [one for key, one in wanted.items() if key not in found]
    if singles is not None and len(rest) > singles:
        return found
    bodies = at_once(ctx, (partial(ctx.machines.get, one) for one in rest), patience)
    for one, body in zip(rest, bodies, strict=True):
        found[one.key] = Seen.of(body) if isinstance(body, Mapping) else body
    return found


def listed(ctx: Context, wanted: Mapping[str, ResourceId]) -> Iterator[tuple[str, Seen]]:
    """Those of the machines that lists of their subscriptions show, where many are wanted."""
    by_subscription: defaultdict[str, set[str]] = defaultdict(set)
    for key, one in wanted.items():
        by_subscription[one.subscription_id].add(key)
    for subscription_id, keys in by_subscription.items():
        if len(keys) < _WORTH_A_LIST:
            continue
        affordable = len(keys) * _BODIES_PER_MACHINE
        try:
            for number, body in enumerate(ctx.machines.in_subscription(subscription_id)):
                key = str(body["id"]).casefold()
                if key in keys:
                    keys.discard(key)
                    yield key, Seen.of(body)
                if not keys or number >= affordable:
                    break
        except ArmError:
            # Whoever may change machines of a group need not be allowed to list those of the subscription.
            continue


def _body_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as the ARM body that it was projected from."""
    profile = {
        "windowsConfiguration": row.get("windows"),
        "linuxConfiguration": row.get("linux"),
        "allowExtensionOperations": row.get("extensions"),
    }
    return {
        "id": row["id"],
        "name": row["name"],
        "location": row.get("location"),
        "zones": row.get("zones"),
        "properties": {
            "provisioningState": row.get("provisioningState") or "",
            "osProfile": {name: value for name, value in profile.items() if value is not None},
            "storageProfile": {"imageReference": row.get("image") or {}, "osDisk": {"osType": row.get("disk")}},
            "availabilitySet": row.get("availabilitySet") or {},
        },
    }
