"""Everything of a subscription that can be adopted, read once."""

from __future__ import annotations

from dataclasses import dataclass

from pulumi_azure_hotpatch.engine.bodies import object_at, properties_of
from pulumi_azure_hotpatch.engine.inventory import os_kind
from pulumi_azure_hotpatch.errors import ArmError
from pulumi_azure_hotpatch.ids import ResourceId
from pulumi_azure_hotpatch.observing.sources import Sources, Tell
from pulumi_azure_hotpatch.ports import Body


@dataclass(frozen=True, slots=True)
class Found:
    """ARM bodies by kind; a licence profile is in the body of its Arc-enabled server, under `licenseProfile`."""

    machines: tuple[Body, ...] = ()
    arc_servers: tuple[Body, ...] = ()
    scale_sets: tuple[Body, ...] = ()
    schedules: tuple[Body, ...] = ()
    assignments: tuple[Body, ...] = ()


def found_in(sources: Sources, subscription_id: str, *, tell: Tell) -> Found:
    """Read a subscription: five lists, and the licence profile of each Windows server outside Azure.

    A provider that the subscription has not registered has nothing in it: `tell` hears of it. Raises ArmError for
    anything else that is refused.
    """

    def listed(what: str, read: object) -> tuple[Body, ...]:
        assert callable(read)
        try:
            return tuple(sorted(read(subscription_id), key=lambda body: str(body.get("id", "")).casefold()))
        except ArmError as error:
            if error.code not in ("MissingSubscriptionRegistration", "MissingRegistrationForType"):
                raise
            tell(f"no {what} are looked for: {error}")
            return ()

    return Found(
        machines=listed("VMs", sources.machines.in_subscription),
        arc_servers=tuple(
            _with_license(sources, body) for body in listed("Arc-enabled servers", sources.arc.in_subscription)
        ),
        scale_sets=listed("scale sets", sources.scale_sets.in_subscription),
        schedules=listed("schedules", sources.maintenance.schedules_in),
        assignments=listed("assignments", sources.maintenance.assignments_in),
    )


def _with_license(sources: Sources, body: Body) -> Body:
    properties = properties_of(body)
    if object_at(properties, "licenseProfile") or os_kind(body) != "windows":
        return body
    profile = sources.arc.get_license_profile(ResourceId.parse(str(body["id"])))
    return body if profile is None else {**body, "properties": {**properties, "licenseProfile": properties_of(profile)}}
