"""Azure VMs and Arc-enabled servers as those who patch them see them: the same facts from two services."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from pulumi_azure_hotpatch.engine.arc import power_state_of
from pulumi_azure_hotpatch.engine.bodies import Body, is_busy, object_at, properties_of
from pulumi_azure_hotpatch.engine.facts import ARC_MACHINES, Machine
from pulumi_azure_hotpatch.engine.inventory import machine_from_arm
from pulumi_azure_hotpatch.engine.logic import UNKNOWN, Maybe
from pulumi_azure_hotpatch.engine.patch_results import Assessment, Installation, assessment_of, installation_of
from pulumi_azure_hotpatch.errors import ArmError, ConfigurationError, NotFound, Refused
from pulumi_azure_hotpatch.ids import ResourceId
from pulumi_azure_hotpatch.ports import Context

from .foreseeing import tell_missing
from .waiting import Patience

LOOK_INTERVAL: Final = timedelta(seconds=30)
RUNNING: Final = "running"

SKEW: Final = timedelta(minutes=5)
"""How far our clock and Azure's may be apart."""


@dataclass(frozen=True)
class Seen:
    """A machine that exists: its id in Azure's letter case, its facts, and what it tells of its last operations.

    An Arc-enabled server tells nothing of those; Resource Graph does.
    """

    id: str
    facts: Machine
    is_busy: bool = False
    created: str | None = None
    assessment: Assessment | None = None
    installation: Installation | None = None

    @property
    def is_off(self) -> bool:
        """Whether nothing can be done in its guest."""
        return self.facts.power_state not in (RUNNING, None, UNKNOWN)

    def is_newer_than(self, began: str | None) -> bool:
        """Whether it was created after what began on a machine of its id then; no where either is not known."""
        if self.created is None or began is None:
            return False
        return datetime.fromisoformat(self.created) > datetime.fromisoformat(began) + SKEW


def is_arc(machine: ResourceId) -> bool:
    """Whether an id is of an Arc-enabled server."""
    return machine.is_type(ARC_MACHINES)


def label(machine_id: Maybe[str], otherwise: str) -> str:
    """What messages call the machine; `otherwise` while its id is not known."""
    if machine_id is UNKNOWN:
        return otherwise
    machine = ResourceId.parse(machine_id)
    return f"Arc server '{machine.name}'" if is_arc(machine) else f"VM '{machine.name}'"


def find(ctx: Context, machine: ResourceId, *, fresh: bool = True) -> Seen | None:
    """The machine as it is now, None when it does not exist; `fresh=False` may share a read of a moment ago."""
    if is_arc(machine):
        body = ctx.arc.get(machine, fresh=fresh)
        return None if body is None else _seen(machine, with_status(machine_from_arm(body), body), body)
    body = ctx.machines.get(machine, fresh=fresh)
    view = None if body is None else ctx.machines.instance_view(machine)
    if body is None or view is None:
        return None
    whole = {**body, "properties": {**properties_of(body), "instanceView": view}}
    status = object_at(view, "patchStatus")
    last, assessed = object_at(status, "lastPatchInstallationSummary"), object_at(status, "availablePatchSummary")
    return replace(
        _seen(machine, machine_from_arm(whole), body),
        assessment=assessment_of(assessed) if assessed else None,
        installation=installation_of(last) if last else None,
    )


def see(ctx: Context, machine: ResourceId) -> Seen:
    """As `find`. Raises NotFound for a machine that does not exist."""
    found = find(ctx, machine)
    if found is None:
        raise NotFound(
            f"{label(str(machine), '')}: it does not exist ({machine}); create it first, or correct machine_id",
            status=404,
        )
    return found


def foresee(ctx: Context, machine_id: Maybe[str]) -> Machine:
    """The machine as far as it may be seen in a preview; one that does not exist yet is as good as unseen."""
    if machine_id is UNKNOWN or not ctx.may_read:
        return Machine.unseen(machine_id)
    try:
        found = find(ctx, ResourceId.parse(machine_id), fresh=False)
    except (ArmError, ConfigurationError) as error:
        ctx.advise(f"the machine is not known in this preview: {error}")
        return Machine.unseen(machine_id)
    if found is None:
        tell_missing(ctx, "the machine", machine_id)
        return Machine.unseen(machine_id)
    return found.facts


def settle(ctx: Context, machine: ResourceId, patience: Patience) -> Seen:
    """The machine once no other operation is changing it. Raises NotFound, TimedOut or Interrupted."""
    seen = see(ctx, machine)
    while seen.is_busy:
        patience.sleep(ctx, ctx.clock.now() + LOOK_INTERVAL, "another operation on the machine to end")
        seen = see(ctx, machine)
    return seen


def refuse_off(ctx: Context, seen: Seen, otherwise: str) -> None:
    """Raise Refused for a machine whose guest cannot be reached, with what to do."""
    if seen.is_off:
        raise Refused(
            f"{ctx.label}: it is {seen.facts.power_state}; patches are assessed and installed on running machines "
            f"only. {otherwise}"
        )


def _seen(machine: ResourceId, facts: Machine, body: Body) -> Seen:
    properties = properties_of(body)
    return Seen(
        id=str(body.get("id") or machine),
        facts=facts,
        is_busy=is_busy(body),
        created=properties.get("timeCreated"),
    )


def with_status(facts: Machine, body: Body) -> Machine:
    """An Arc-enabled server has no power state; what counts is whether its agent is connected."""
    return replace(facts, power_state=power_state_of(properties_of(body).get("status")))
