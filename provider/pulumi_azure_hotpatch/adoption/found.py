"""Everything of a subscription that can be adopted, read once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from pulumi_azure_hotpatch.engine.bodies import object_at, properties_of
from pulumi_azure_hotpatch.engine.inventory import os_kind
from pulumi_azure_hotpatch.ids import ResourceId
from pulumi_azure_hotpatch.observing.sources import Sources, Tell
from pulumi_azure_hotpatch.ports import Body

_COMPUTE: Final = "Microsoft.Compute"
_ARC: Final = "Microsoft.HybridCompute"
_MAINTENANCE: Final = "Microsoft.Maintenance"
_PROVIDERS: Final = (_COMPUTE, _ARC, _MAINTENANCE)


@dataclass(frozen=True, slots=True)
class Found:
    """ARM bodies by kind; a licence profile is in the body of its Arc-enabled server, under `licenseProfile`.

    `compute_registered` is whether the subscription has Microsoft.Compute, which also servers outside Azure need.
    """

    machines: tuple[Body, ...] = ()
    arc_servers: tuple[Body, ...] = ()
    scale_sets: tuple[Body, ...] = ()
    schedules: tuple[Body, ...] = ()
    assignments: tuple[Body, ...] = ()
    compute_registered: bool = True


def found_in(sources: Sources, subscription_id: str, *, tell: Tell) -> Found:
    """Read a subscription: five lists, and the licence profile of each Windows server outside Azure.

    A resource provider that the subscription has not registered answers nothing and is not asked; `tell` hears of it.
    Raises ArmError.
    """

    def listed(namespace: str, read: Callable[[str], Iterable[Body]]) -> tuple[Body, ...]:
        if namespace in absent:
            return ()
        return tuple(sorted(read(subscription_id), key=lambda body: str(body.get("id", "")).casefold()))

    states = {one: sources.features.provider_state(subscription_id, one) for one in _PROVIDERS}
    absent = {one for one, state in states.items() if state.casefold() != "registered"}
    for one in sorted(absent):
        tell(f"{one} is {states[one] or 'not registered'} in the subscription, so nothing of it is looked for")
    return Found(
        machines=listed(_COMPUTE, sources.machines.in_subscription),
        arc_servers=tuple(_with_license(sources, body) for body in listed(_ARC, sources.arc.in_subscription)),
        scale_sets=listed(_COMPUTE, sources.scale_sets.in_subscription),
        schedules=listed(_MAINTENANCE, sources.maintenance.schedules_in),
        assignments=listed(_MAINTENANCE, sources.maintenance.assignments_in),
        compute_registered=_COMPUTE not in absent,
    )


def _with_license(sources: Sources, body: Body) -> Body:
    properties = properties_of(body)
    if object_at(properties, "licenseProfile") or os_kind(body) != "windows":
        return body
    profile = sources.arc.get_license_profile(ResourceId.parse(str(body["id"])))
    return body if profile is None else {**body, "properties": {**properties, "licenseProfile": properties_of(profile)}}
