"""The assignments of one dynamic scope: each made, adopted, repaired, undone by itself, remembered after each one.

One that fails does not stop the others. What is done by then is kept, and the next run does the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, Final

from pulumi_azure_hotpatch.engine.bodies import properties_of
from pulumi_azure_hotpatch.engine.counting import counted
from pulumi_azure_hotpatch.engine.scope import Place, ScopeFilter
from pulumi_azure_hotpatch.engine.scopes_around import GLOBAL, Scope
from pulumi_azure_hotpatch.errors import ArmError, Interrupted, NotFound
from pulumi_azure_hotpatch.ids import ResourceId, same_id
from pulumi_azure_hotpatch.models.base import means_the_same
from pulumi_azure_hotpatch.models.draft import Draft
from pulumi_azure_hotpatch.models.dynamic_scope import DynamicScopeInputs, DynamicScopeState
from pulumi_azure_hotpatch.ports import Body, Context

from .waiting import may_have_worked

# Members of a live filter that nobody can declare here; source: recorded traffic of API 2023-09-01-preview.
_BEYOND: Final = ("resourceIds", "availabilityZones")


class ScopeAssignments:
    """`state` says what is done so far; it is kept under `id` whenever something has changed in Azure."""

    def __init__(self, ctx: Context, id: str, state: DynamicScopeState) -> None:
        self.state = state
        self._ctx = ctx
        self._id = id
        self._tried = 0
        self._failed: list[tuple[str, ArmError]] = []

    def bring_about(self, places: Iterable[Place]) -> None:
        """Make or repair the assignment of every place."""
        for place in places:
            self._try(place.id, partial(self._bring_about, place))

    def undo(self, assignments: Iterable[str]) -> None:
        """Take back what is ours of assignments, as `on_destroy` says, and forget them."""
        for assignment in map(ResourceId.parse, tuple(assignments)):
            self._try(assignment.scope, partial(self._undo, assignment))

    def finished(self) -> DynamicScopeState:
        """The state once all is done. Raises ArmError that names every place at which something could not be done."""
        if not self._failed:
            return self.state.model_copy(update={"unfinished": None})
        first = self._failed[0][1]
        raise ArmError(
            f"{self._ctx.label}: {len(self._failed)} of {counted(self._tried, 'assignment')} failed; what is done is "
            f"kept, run again to do the rest. {'; '.join(f'{place}: {error}' for place, error in self._failed)}",
            code=first.code,
            status=first.status,
        )

    @property
    def _adopted(self) -> tuple[str, ...]:
        return self.state.adopted or ()

    def _try(self, place: str, step: Callable[[], None]) -> None:
        if self._failed and self._failed[-1][1].is_unreachable:
            # The next one would wait as long for nothing.
            return
        self._tried += 1
        try:
            step()
        except ArmError as error:
            self._failed.append((place, error))

    def _bring_about(self, place: Place) -> None:
        assignment = ResourceId.parse(place.assignment(self.state.assignment_name))
        key = assignment.key
        found = self._ctx.maintenance.get_assignment(assignment)
        wanted = {
            "maintenanceConfigurationId": self.state.schedule_id,
            "filter": filter_of(self.state).as_arm(),
            "location": self._location(place),
        }
        is_known = any(same_id(one, str(assignment)) for one in self.state.assignment_ids)
        is_adopted = key in self._adopted
        if found is None:
            # Whoever made the one that is gone: this one is ours.
            self.state = self._without(key)
            is_adopted = False
        elif not is_known:
            is_adopted = True
        is_alike = found is not None and _is_as_wanted(found, wanted, moves=not is_adopted and bool(wanted["location"]))
        if found is not None and not is_known:
            wants = Scope((place,), filter_of(self.state), self.state.schedule_id)
            there = Scope((place,), ScopeFilter.from_arm(found), schedule_of(found))
            tell_takeover(self._ctx, place, there, wants, self.state.on_destroy)
        previous = self.state.previous
        if is_adopted and not is_alike and key not in previous and found is not None:
            # What was as wanted when we came and has been changed since goes back to that, not to the change.
            before = self.state.applied.get(key) if is_known else None
            previous = {**previous, key: before or _kept(found)}
        others = tuple(one for one in self.state.assignment_ids if not same_id(one, str(assignment)))
        reached = self.state.model_copy(
            update={
                "assignment_ids": self.state.assignment_ids if is_known else (*others, str(assignment)),
                "adopted": (*(one for one in self._adopted if one != key), *((key,) if is_adopted else ())),
                "previous": previous,
                "applied": {**self.state.applied, key: wanted},
            }
        )
        if not is_alike:
            self._put(assignment, place, found, wanted, reached)
        self._reach(reached)

    def _put(
        self,
        assignment: ResourceId,
        place: Place,
        found: Body | None,
        wanted: Mapping[str, Any],
        reached: DynamicScopeState | None,
    ) -> None:
        beyond = (found or {}).get("properties", {}).get("filter") or {}
        narrowed = {name: beyond[name] for name in _BEYOND if beyond.get(name)} | dict(wanted["filter"] or {})
        # What was there before stays where it is.
        is_adopted = assignment.key in ((reached or self.state).adopted or ())
        location = ((found or {}).get("location") if is_adopted else None) or wanted["location"]
        body = {
            "properties": {
                "maintenanceConfigurationId": wanted["maintenanceConfigurationId"],
                "resourceId": place.id,
                "filter": narrowed,
            },
            **({"location": location} if location else {}),
        }
        try:
            self._ctx.maintenance.put_assignment(assignment, body)
        except (ArmError, Interrupted) as error:
            if reached is not None and may_have_worked(error):
                self._reach(reached)
            raise

    def _undo(self, assignment: ResourceId) -> None:
        self._take_back(assignment)
        left = tuple(one for one in self.state.assignment_ids if not same_id(one, str(assignment)))
        self._reach(self._without(assignment.key).model_copy(update={"assignment_ids": left}))

    def _take_back(self, assignment: ResourceId) -> None:
        key, before = assignment.key, self.state.previous.get(assignment.key)
        shown = f"the assignment at {assignment.scope}"
        if self._ctx.declarations.is_still_wanted(str(assignment)):
            self._ctx.inform(f"{shown} stays: another resource of this stack declares it")
            return
        if self.state.on_destroy == "keep" or (key in self._adopted and before is None):
            reason = " (on_destroy is 'keep')" if self.state.on_destroy == "keep" else ", because it was there before"
            self._ctx.inform(f"{shown} stays{reason}")
            return
        found = self._ctx.maintenance.get_assignment(assignment)
        applied = self.state.applied.get(key)
        if found is None or (before is not None and _is_as_wanted(found, before)):
            return
        if applied is not None and not _is_as_wanted(found, applied):
            self._ctx.inform(f"{shown} stays: somebody else changed it")
        elif before is None:
            self._ctx.maintenance.delete_assignment(assignment)
        else:
            self._give_back(assignment, found, before)

    def _give_back(self, assignment: ResourceId, found: Body, before: Mapping[str, Any]) -> None:
        try:
            self._put(assignment, Place.parse(assignment.scope), found, before, None)
        except NotFound:
            schedule = before.get("maintenanceConfigurationId")
            self._ctx.inform(
                f"the assignment at {assignment.scope} stays as it is: the schedule that it had before, {schedule}, "
                "is gone"
            )

    def _location(self, place: Place) -> str | None:
        """Where the assignment is kept: a subscription's is global, a group's in a region.

        Source: recorded traffic of azure-cli and PowerShell, API 2023-04-01.
        """
        if place.resource_group is None:
            return GLOBAL
        return self.state.location or next(iter(self.state.locations or ()), None)

    def _without(self, key: str) -> DynamicScopeState:
        return self.state.model_copy(
            update={
                "adopted": tuple(one for one in self._adopted if one != key),
                "previous": {name: value for name, value in self.state.previous.items() if name != key},
                "applied": {name: value for name, value in self.state.applied.items() if name != key},
            }
        )

    def _reach(self, state: DynamicScopeState) -> None:
        self.state = state
        self._ctx.keep(self._id, state)


def tell_takeover(ctx: Context, place: Place, there: Scope, wanted: Scope, on_destroy: str) -> None:
    """Warn that an assignment of somebody else is about to be changed; nothing of one that is as wanted.

    Once in a run: a preview may have seen it.
    """
    differs = [] if there.filter.key == wanted.filter.key else ["another filter"]
    given = there.schedule_id
    if wanted.schedule_id is not None and not same_id(given or "", wanted.schedule_id):
        differs.append(f"another schedule ({given.rpartition('/')[2]})" if given else "no schedule")
    if differs:
        then = "stays so on destroy (on_destroy is 'keep')" if on_destroy == "keep" else "goes back on destroy"
        ctx.advise(
            f"the assignment at {place.id} exists already with {' and '.join(differs)}; it is changed, and {then}"
        )


def filter_of(inputs: DynamicScopeInputs | Draft[DynamicScopeInputs]) -> ScopeFilter:
    """The declared filter; of a draft it must be known."""
    return ScopeFilter(
        resource_types=tuple(inputs.resource_types or ()),
        resource_groups=tuple(inputs.resource_groups or ()),
        locations=tuple(inputs.locations or ()),
        os_types=tuple(inputs.os_types or ()),
        tags={name: tuple(values) for name, values in (inputs.tag_filters or {}).items()},
        tag_operator=inputs.tag_operator,
    )


def schedule_of(body: Body) -> str | None:
    """The schedule that an assignment gives."""
    found = properties_of(body).get("maintenanceConfigurationId")
    return found if isinstance(found, str) else None


def _kept(body: Body) -> dict[str, Any]:
    """What an assignment is, as far as it can be put back."""
    narrowed = properties_of(body).get("filter")
    return {
        "maintenanceConfigurationId": schedule_of(body),
        "filter": {name: value for name, value in (narrowed or {}).items() if value is not None},
        "location": body.get("location"),
    }


def _is_as_wanted(body: Body, wanted: Mapping[str, Any], *, moves: bool = False) -> bool:
    """Whether an assignment means what it should; its location counts only where it would be moved."""
    if not same_id(schedule_of(body) or "", str(wanted.get("maintenanceConfigurationId") or "")):
        return False
    location = DynamicScopeInputs.model_fields["location"]
    if moves and not means_the_same(location, body.get("location"), wanted.get("location")):
        return False
    return ScopeFilter.from_arm(body).key == ScopeFilter.from_arm({"properties": wanted}).key
