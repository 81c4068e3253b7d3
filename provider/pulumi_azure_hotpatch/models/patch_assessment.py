"""What a program declares of an assessment on demand, and what is stored."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from .base import ANY_CASE, Answer, Inputs, OptionalWait, ReplaceOnChange, Same, State, Wait, parse_wait
from .patches import AvailablePatch, MachineId, Triggers


class PatchAssessmentInputs(Inputs):
    """An assessment of one machine, made now and again when `triggers` change or it is older than `max_age`.

    `expired` is filled in when it is: that is what makes the engine ask for another one.
    """

    machine_id: Annotated[MachineId, ReplaceOnChange(), ANY_CASE]
    triggers: Triggers = ()
    max_age: Annotated[Wait | None, Same(lambda text: text and parse_wait(text))] = None
    timeout: OptionalWait = None
    expired: Annotated[bool | None, Answer(compared=True)] = None


class PatchAssessmentState(PatchAssessmentInputs, State):
    """The result. `patches` is complete, or absent: what is missing may be counted before Azure Resource Graph has the
    list, and `pulumi refresh` fills it in then. Where a later assessment is all that is remembered by then, the result
    is that one's. `operation` is where an assessment that is still running answers.
    """

    model_config = ConfigDict(extra="ignore")

    activity_id: str | None = None
    operation: str | None = None
    status: str | None = None
    reboot_pending: bool | None = None
    critical_and_security_count: int | None = None
    other_count: int | None = None
    counts: dict[str, int] = Field(default_factory=dict)
    patches: tuple[AvailablePatch, ...] | None = None
    started_at: str | None = None
    assessed_at: str | None = None
    error: str | None = None
