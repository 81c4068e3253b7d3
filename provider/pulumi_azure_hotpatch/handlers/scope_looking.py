"""What a look at Azure tells of a declared scope before anything of it is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from pulumi_azure_hotpatch.engine.facts import MAINTENANCE_CONFIGURATIONS, Schedule
from pulumi_azure_hotpatch.engine.schedule_clashes import readable
from pulumi_azure_hotpatch.engine.scope import Place
from pulumi_azure_hotpatch.engine.scope_preview import ScopePreview, preview, taken_by
from pulumi_azure_hotpatch.engine.scopes_around import Scope, Surroundings
from pulumi_azure_hotpatch.errors import ArmError, ConfigurationError, HotpatchError, InvalidInput
from pulumi_azure_hotpatch.ids import ResourceId
from pulumi_azure_hotpatch.observing.scope_inventory import bodies_around
from pulumi_azure_hotpatch.ports import Context

from .foreseeing import look_for_schedule

NOTED_SCHEDULE = "schedule"
"""Under which name a schedule's facts are noted for the scopes of the same program."""


@dataclass(frozen=True)
class Look:
    """What a scope takes now, None where nobody could look: then `failure` says why, if it was tried."""

    preview: ScopePreview | None = None
    around: Surroundings = field(default_factory=Surroundings)
    failure: HotpatchError | None = None


def look(ctx: Context, scope: Scope) -> Look:
    """What a scope would take of the machines that are there, as this run will leave them."""
    try:
        around = _around(ctx, scope)
    except (ArmError, ConfigurationError, InvalidInput) as error:
        return Look(failure=error)
    schedule_id = scope.schedule_id
    if schedule_id is not None and _key(schedule_id) not in around.schedules and _is_schedule(schedule_id):
        # Resource Graph is some moments behind.
        look_for_schedule(ctx, schedule_id)
    return Look(preview(scope, around, as_of=ctx.clock.now(), cloud=ctx.settings.cloud), around)


def taken_now(ctx: Context, scope: Scope) -> tuple[str, ...]:
    """The ids of the machines that another declaration of a scope takes; none where nobody can look."""
    try:
        return taken_by(scope, _around(ctx, scope).candidates)
    except (ArmError, ConfigurationError, InvalidInput):
        return ()


def tell_uncompared(ctx: Context, found: Look) -> None:
    """Say so where the scope's machines have other schedules, and windows cannot be compared with theirs."""
    if found.preview is None or not any(one.other_schedules for one in found.preview.machines):
        return
    schedule = found.around.schedules.get(_key(found.preview.scope.schedule_id))
    if schedule is None or readable(schedule) is None:
        ctx.inform(
            "windows are not compared with those of other schedules of its machines: the schedule is not known yet"
        )


def others_at(found: Look) -> Iterator[tuple[Place, Scope]]:
    """The assignments of the scope's name that are there already, with their places."""
    scope = found.preview.scope if found.preview is not None else None
    if scope is None or scope.name is None:
        return
    for place in scope.places:
        there = found.around.scopes.get(place.assignment(scope.name).casefold())
        if there is not None:
            yield place, there


def _around(ctx: Context, scope: Scope) -> Surroundings:
    """The machines, schedules and assignments around it, as this run will leave them."""
    subscriptions = {place.subscription_id for place in scope.places}
    if scope.schedule_id is not None:
        subscriptions.add(ResourceId.parse(scope.schedule_id).subscription_id)
    around = Surroundings.of(bodies_around(ctx.graph, subscriptions))
    candidates = (
        replace(one, machine=one.machine.with_settings(noted)) if (noted := ctx.declarations.noted(one.key)) else one
        for one in around.candidates
    )
    return replace(around, candidates=tuple(candidates), schedules=_schedules(ctx, scope, around.schedules))


def _schedules(ctx: Context, scope: Scope, found: Mapping[str, Schedule]) -> dict[str, Schedule]:
    """The schedules that are there, and the scope's own, which this run may be about to make."""
    own = {_key(scope.schedule_id)} if scope.schedule_id is not None else set()
    noted = {key: ctx.declarations.noted(key).get(NOTED_SCHEDULE) for key in {*found, *own}}
    return {**found, **{key: schedule for key, schedule in noted.items() if schedule is not None}}


def _is_schedule(id: str) -> bool:
    # What is no schedule's id at all is told as such.
    return ResourceId.parse(id).is_type(MAINTENANCE_CONFIGURATIONS)


def _key(id: str | None) -> str:
    return str(id or "").rstrip("/").casefold()
