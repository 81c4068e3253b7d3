"""Static assignments: one schedule given to one machine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from pulumi_azure_hotpatch.engine.facts import CONFIGURATION_ASSIGNMENTS, VIRTUAL_MACHINES, Assignment, Machine
from pulumi_azure_hotpatch.engine.inventory import machine_from_arm
from pulumi_azure_hotpatch.engine.logic import UNKNOWN
from pulumi_azure_hotpatch.engine.outcome import outcome
from pulumi_azure_hotpatch.engine.provisos import Given
from pulumi_azure_hotpatch.engine.rules import Finding, judge, rules_for
from pulumi_azure_hotpatch.errors import ArmError, ConfigurationError, HotpatchError, NotFound
from pulumi_azure_hotpatch.ids import ResourceId, same_id
from pulumi_azure_hotpatch.models.base import means_the_same
from pulumi_azure_hotpatch.models.draft import Draft
from pulumi_azure_hotpatch.models.schedule_assignment import ScheduleAssignmentInputs, ScheduleAssignmentState
from pulumi_azure_hotpatch.ports import Body, Context

from .base import Created, Handler
from .foreseeing import look_for_schedule, tell_missing
from .waiting import Patience, kept_if_unanswered

Inputs = Draft[ScheduleAssignmentInputs]
State = ScheduleAssignmentState

_DEFAULT_TIMEOUT = "30m"
RETRY_INTERVAL = timedelta(seconds=30)
"""How long a machine that is too new is left alone."""
# Source: terraform-provider-azurerm, maintenance_assignment_virtual_machine_resource.go, 2026-08-21, retries on it.
_TOO_EARLY = "few minutes after starting a vm"


class ScheduleAssignmentHandler(Handler[ScheduleAssignmentInputs, State]):
    """One assignment."""

    inputs = ScheduleAssignmentInputs
    state = ScheduleAssignmentState
    twice = "assignment-declared-twice"

    def label(self, inputs: Inputs) -> str:
        machine = inputs.machine_id
        return (
            f"schedule for '{ResourceId.parse(machine).name}'" if machine is not UNKNOWN else "schedule for a machine"
        )

    def targets(self, inputs: Inputs) -> Iterable[str]:
        if inputs.known("machine_id", "schedule_id", "assignment_name"):
            yield str(_assignment_id(inputs.machine_id, inputs.schedule_id, inputs.assignment_name))

    def check(self, ctx: Context, inputs: Inputs) -> Iterable[Finding]:
        machine_id, schedule_id = inputs.machine_id, inputs.schedule_id
        facts = Assignment(
            machine=self._machine(ctx, machine_id),
            machine_type=machine_id if machine_id is UNKNOWN else ResourceId.parse(machine_id).type,
            schedule_type=schedule_id if schedule_id is UNKNOWN else ResourceId.parse(schedule_id).type,
        )
        yield from judge(rules_for("assignment"), facts, relaxed=ctx.settings.relaxed)

    def answers(self, ctx: Context, inputs: Inputs, state: State | None) -> dict[str, Any]:
        machine, schedule_id = self._machine(ctx, inputs.machine_id), inputs.schedule_id
        if state is None and not isinstance(self._look(ctx, inputs.machine_id), HotpatchError):
            look_for_schedule(ctx, schedule_id)
        if machine.settings.patch_mode is UNKNOWN and state is not None:
            return {"outcome": state.outcome}
        name = "" if schedule_id is UNKNOWN else ResourceId.parse(schedule_id).name
        return {"outcome": str(outcome(machine, (Given(name),), relaxed=ctx.settings.relaxed, with_findings=False))}

    def create(self, ctx: Context, inputs: ScheduleAssignmentInputs) -> Created[State]:
        assignment = _id(inputs)
        found = ctx.maintenance.get_assignment(assignment, fresh=False)
        present = schedule_of(found)
        is_as_wanted = present is None or same_id(present, inputs.schedule_id)
        before = {"adopted": found is not None, "previous_schedule_id": None if is_as_wanted else present}
        state = State.model_validate(inputs.model_dump() | before)
        return Created(str(assignment), self._bring_about(ctx, assignment, found, state))

    def read(self, ctx: Context, id: str, state: State) -> State | None:
        present = schedule_of(ctx.maintenance.observe_assignment(ResourceId.parse(id)))
        if present is None:
            return None
        return state if same_id(present, state.schedule_id) else state.model_copy(update={"schedule_id": present})

    def update(self, ctx: Context, id: str, state: State, inputs: ScheduleAssignmentInputs) -> State:
        assignment = ResourceId.parse(id)
        found = ctx.maintenance.get_assignment(assignment, fresh=False)
        # One that is gone is made again, and is ours then.
        before = (
            {"adopted": state.adopted, "previous_schedule_id": state.previous_schedule_id} if found is not None else {}
        )
        return self._bring_about(ctx, assignment, found, State.model_validate(inputs.model_dump() | before))

    def delete(self, ctx: Context, id: str, state: State) -> None:
        assignment, before = ResourceId.parse(id), state.previous_schedule_id
        if ctx.declarations.is_still_wanted(id):
            ctx.inform("the assignment stays: another resource of this stack declares it")
            return
        if state.on_destroy == "keep" or (state.adopted and before is None):
            reason = " (on_destroy is 'keep')" if state.on_destroy == "keep" else ", because it was there before"
            ctx.inform(f"the assignment stays{reason}")
            return
        found = ctx.maintenance.get_assignment(assignment)
        present = schedule_of(found)
        if found is None or present is None or (before is not None and same_id(present, before)):
            return
        if not same_id(present, state.applied_schedule_id or state.schedule_id):
            ctx.inform(f"the assignment stays: somebody else gave it the schedule {present}")
        elif before is None:
            ctx.maintenance.delete_assignment(assignment)
        else:
            self._give_back(ctx, assignment, found, state, before)

    def _bring_about(self, ctx: Context, assignment: ResourceId, found: Body | None, state: State) -> State:
        """Give the machine the schedule, unless it has it; the state with that noted."""
        present = schedule_of(found)
        state = state.model_copy(update={"applied_schedule_id": state.schedule_id, "unfinished": None})
        is_moved = not state.adopted and _is_elsewhere(found, state)
        if present is None or not same_id(present, state.schedule_id) or is_moved:
            location = state.location or self._location(ctx, state, found)
            self._put(
                ctx, assignment, assignment_body(state.machine_id, state.schedule_id, location), state, kept=state
            )
        return state

    def _give_back(self, ctx: Context, assignment: ResourceId, found: Body, state: State, before: str) -> None:
        """Give the machine the schedule that the assignment had before us."""
        body = assignment_body(state.machine_id, before, self._location(ctx, state, found))
        try:
            self._put(ctx, assignment, body, state)
        except NotFound:
            ctx.inform(f"the assignment stays as it is: the schedule that it had before, {before}, is gone")

    def _put(
        self,
        ctx: Context,
        assignment: ResourceId,
        body: Body,
        inputs: ScheduleAssignmentInputs,
        kept: State | None = None,
    ) -> None:
        """Write the assignment, as soon as the machine takes one."""
        patience = Patience.of(ctx, inputs.timeout, _DEFAULT_TIMEOUT)
        while True:
            try:
                with kept_if_unanswered(ctx, str(assignment), kept):
                    ctx.maintenance.put_assignment(assignment, body)
                return
            except ArmError as error:
                if not comes_too_early(error):
                    raise
                patience.sleep(ctx, ctx.clock.now() + RETRY_INTERVAL, "the new machine to become assignable")

    def _location(self, ctx: Context, inputs: ScheduleAssignmentInputs, found: Body | None) -> str | None:
        """The assignment's location: as it is, else as given, else the machine's."""
        machine_id = ResourceId.parse(inputs.machine_id)
        known = (found or {}).get("location") or inputs.location
        if known:
            return known
        is_vm = machine_id.is_type(VIRTUAL_MACHINES)
        machines = ctx.machines if is_vm else ctx.arc
        body = machines.get(machine_id, fresh=False) or machines.get(machine_id)
        if body is None:
            noun = "VM" if is_vm else "Arc server"
            raise NotFound(
                f"{noun} '{machine_id.name}': it does not exist ({machine_id}); create it first, or correct machine_id",
                status=404,
            )
        return str(body.get("location", "")) or None

    def _machine(self, ctx: Context, machine_id: Any) -> Machine:
        """The machine as this run will leave it, as far as that can be seen now."""
        if machine_id is UNKNOWN:
            return Machine.unseen(UNKNOWN)
        machine = Machine.unseen(machine_id)
        body = self._look(ctx, machine_id)
        if isinstance(body, Mapping):
            machine = machine_from_arm(body)
        return machine.with_settings(ctx.declarations.noted(machine_id))

    def _look(self, ctx: Context, machine_id: Any) -> Body | HotpatchError | None:
        """A VM as it is now, or why that cannot be seen; None where nobody may look, and for other machines."""
        if machine_id is UNKNOWN or not ctx.may_read or not ResourceId.parse(machine_id).is_type(VIRTUAL_MACHINES):
            return None

        def look() -> Body | HotpatchError | None:
            try:
                body = ctx.machines.get(ResourceId.parse(machine_id), fresh=False)
            except (ArmError, ConfigurationError) as error:
                return error
            if body is None:
                tell_missing(ctx, "the machine", machine_id)
            return body

        found: Body | HotpatchError | None = ctx.once("machine", look)
        return found


HANDLER = ScheduleAssignmentHandler()


def _id(inputs: ScheduleAssignmentInputs) -> ResourceId:
    return _assignment_id(inputs.machine_id, inputs.schedule_id, inputs.assignment_name)


def _assignment_id(machine_id: str, schedule_id: str, name: str | None) -> ResourceId:
    chosen = name or ResourceId.parse(schedule_id).name
    return ResourceId.parse(machine_id).extension(CONFIGURATION_ASSIGNMENTS, chosen)


def comes_too_early(error: ArmError) -> bool:
    """Whether a machine is too new to be given a schedule."""
    return _TOO_EARLY in str(error).casefold()


def schedule_of(body: Body | None) -> str | None:
    """The schedule that an assignment leads to, None without one."""
    if body is None:
        return None
    return (body.get("properties") or {}).get("maintenanceConfigurationId")


def assignment_body(machine_id: str, schedule_id: str, location: str | None) -> dict[str, Any]:
    """The body that gives a machine a schedule."""
    properties = {"maintenanceConfigurationId": schedule_id, "resourceId": machine_id}
    return {"properties": properties} | ({"location": location} if location else {})


def _is_elsewhere(found: Body | None, inputs: ScheduleAssignmentInputs) -> bool:
    """Whether the assignment has another location than the one that is given."""
    present = (found or {}).get("location")
    field = ScheduleAssignmentInputs.model_fields["location"]
    return bool(present and inputs.location) and not means_the_same(field, present, inputs.location)
