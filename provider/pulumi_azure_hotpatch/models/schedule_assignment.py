"""What a program declares of giving a schedule to a machine, and what is stored."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict

from .base import ANY_CASE, REGION, Answer, ArmId, Inputs, Name, OnDestroy, OptionalWait, ReplaceOnChange, State


class ScheduleAssignmentInputs(Inputs):
    """One schedule given to one machine. The assignment's name is by default the schedule's."""

    machine_id: Annotated[ArmId, ReplaceOnChange(), ANY_CASE]
    schedule_id: Annotated[ArmId, ReplaceOnChange(), ANY_CASE]
    assignment_name: Annotated[Name | None, ReplaceOnChange(), ANY_CASE] = None
    location: Annotated[str | None, REGION] = None
    timeout: OptionalWait = None
    on_destroy: OnDestroy = "restore"
    outcome: Annotated[str | None, Answer()] = None


class ScheduleAssignmentState(ScheduleAssignmentInputs, State):
    """`adopted` is True for an assignment that existed before us; `previous_schedule_id` is what it pointed to if that
    was another one, `applied_schedule_id` what we last made it point to.
    """

    model_config = ConfigDict(extra="ignore")

    adopted: bool = False
    previous_schedule_id: str | None = None
    applied_schedule_id: str | None = None
