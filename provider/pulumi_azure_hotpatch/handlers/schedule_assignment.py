"""Static assignments: one schedule given to one machine."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from pulumi_azure_hotpatch.engine.facts import CONFIGURATION_ASSIGNMENTS, VIRTUAL_MACHINES, Assignment, Machine
from pulumi_azure_hotpatch.engine.inventory import machine_from_arm
from pulumi_azure_hotpatch.engine.logic import UNKNOWN
from pulumi_azure_hotpatch.engine.rules import Finding, judge, rules_for
from pulumi_azure_hotpatch.errors import ArmError, ConfigurationError, NotFound
from pulumi_azure_hotpatch.ids import ResourceId, same_id
from pulumi_azure_hotpatch.models.draft import Draft
from pulumi_azure_hotpatch.models.schedule_assignment import ScheduleAssignmentInputs, ScheduleAssignmentState
from pulumi_azure_hotpatch.ports import Body, Context

from .base import Created, Handler
from .waiting import Patience

Inputs = Draft[ScheduleAssignmentInputs]
State = ScheduleAssignmentState

_DEFAULT_TIMEOUT = "30m"
_RETRY_INTERVAL = timedelta(seconds=30)
# Source: terraform-provider-azurerm, maintenance_assignment_virtual_machine_resource.go, 2026-08-21, which retries on this text.
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

    def create(self, ctx: Context, inputs: ScheduleAssignmentInputs) -> Created[State]:
        assignment = _id(inputs)
        found = ctx.maintenance.get_assignment(assignment)
        state = State.model_validate(inputs.model_dump() | {"adopted": found is not None})
        present = _schedule_of(found)
        if present is None or not same_id(present, inputs.schedule_id):
            state = state.model_copy(update={"previous_schedule_id": present})
            self._put(ctx, assignment, inputs)
        return Created(str(assignment), state)

    def read(self, ctx: Context, id: str, state: State) -> State | None:
        present = _schedule_of(ctx.maintenance.get_assignment(_id(state)))
        if present is None:
            return None
        return state if same_id(present, state.schedule_id) else state.model_copy(update={"schedule_id": present})

    def update(self, ctx: Context, id: str, state: State, inputs: ScheduleAssignmentInputs) -> State:
        # What Azure holds is replaced on change, so that only our own bookkeeping is left to update.
        kept = {"adopted": state.adopted, "previous_schedule_id": state.previous_schedule_id}
        return State.model_validate(inputs.model_dump() | kept)

    def delete(self, ctx: Context, id: str, state: State) -> None:
        assignment = ResourceId.parse(id)
        if ctx.declarations.is_still_wanted(id):
            ctx.inform("the assignment stays: another resource of this stack declares it")
        elif state.on_destroy == "keep" or (state.adopted and state.previous_schedule_id is None):
            ctx.inform(
                "the assignment stays"
                + (", because it was there before" if state.adopted else " (on_destroy is 'keep')")
            )
        elif state.previous_schedule_id is None:
            ctx.maintenance.delete_assignment(assignment)
        else:
            present = _schedule_of(ctx.maintenance.get_assignment(assignment))
            if present is not None and same_id(present, state.schedule_id):
                before = state.model_copy(update={"schedule_id": state.previous_schedule_id})
                ctx.maintenance.put_assignment(assignment, _body(before, self._location(ctx, state)))

    def _put(self, ctx: Context, assignment: ResourceId, inputs: ScheduleAssignmentInputs) -> None:
        patience = Patience.of(ctx, inputs.timeout, _DEFAULT_TIMEOUT)
        body = _body(inputs, self._location(ctx, inputs))
        while True:
            try:
                ctx.maintenance.put_assignment(assignment, body)
                return
            except ArmError as error:
                if _TOO_EARLY not in str(error).casefold():
                    raise
                patience.sleep(ctx, ctx.clock.now() + _RETRY_INTERVAL, "the new machine to become assignable")

    def _location(self, ctx: Context, inputs: ScheduleAssignmentInputs) -> str | None:
        """The assignment's location: as given, else the machine's."""
        machine_id = ResourceId.parse(inputs.machine_id)
        if inputs.location or not machine_id.is_type(VIRTUAL_MACHINES):
            return inputs.location
        body = ctx.machines.get(machine_id, fresh=False) or ctx.machines.get(machine_id)
        if body is None:
            raise NotFound(
                f"VM '{machine_id.name}': it does not exist ({machine_id}); create it first, or correct machine_id",
                status=404,
            )
        return str(body.get("location", "")) or None

    def _machine(self, ctx: Context, machine_id: Any) -> Machine:
        """The machine as this run will leave it, as far as that can be seen now."""
        if machine_id is UNKNOWN:
            return Machine.unseen(UNKNOWN)
        machine = Machine.unseen(machine_id)
        if ctx.may_read and ResourceId.parse(machine_id).is_type(VIRTUAL_MACHINES):
            try:
                body = ctx.machines.get(ResourceId.parse(machine_id), fresh=False)
            except (ArmError, ConfigurationError):
                body = None
            if body is not None:
                machine = machine_from_arm(body)
        return machine.with_settings(ctx.declarations.noted(machine_id))


HANDLER = ScheduleAssignmentHandler()


def _id(inputs: ScheduleAssignmentInputs) -> ResourceId:
    return _assignment_id(inputs.machine_id, inputs.schedule_id, inputs.assignment_name)


def _assignment_id(machine_id: str, schedule_id: str, name: str | None) -> ResourceId:
    chosen = name or ResourceId.parse(schedule_id).name
    return ResourceId.parse(machine_id).extension(CONFIGURATION_ASSIGNMENTS, chosen)


def _schedule_of(body: Body | None) -> str | None:
    if body is None:
        return None
    return (body.get("properties") or {}).get("maintenanceConfigurationId")


def _body(inputs: ScheduleAssignmentInputs, location: str | None) -> dict[str, Any]:
    properties = {"maintenanceConfigurationId": inputs.schedule_id, "resourceId": inputs.machine_id}
    return {"properties": properties} | ({"location": location} if location else {})
