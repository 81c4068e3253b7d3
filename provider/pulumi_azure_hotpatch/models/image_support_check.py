"""What a program declares of a check whether a machine's image can be patched, and what is stored."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict

from .base import ANY_CASE, Answer, Inputs, OptionalWait, Pause, ReplaceOnChange, State
from .patches import MachineId, Triggers


class ImageSupportCheckInputs(Inputs):
    """A check of one machine's image. `image_support` is what preview says of it before anything is done."""

    machine_id: Annotated[MachineId, ReplaceOnChange(), ANY_CASE]
    require: Literal["Supported"] | None = None
    triggers: Triggers = ()
    poll_interval: Pause = "30s"
    timeout: OptionalWait = None
    image_support: Annotated[str | None, Answer()] = None


class ImageSupportCheckState(ImageSupportCheckInputs, State):
    """The answer: `support_state` as the service words it, `reason`, `checked_at`, and what decided (`decided_by`:
    list, assessment or installation). `guidance` says which ways of patching a custom image has. `operation` is where
    an assessment that is still running answers, `assessed_from` when it began.
    """

    model_config = ConfigDict(extra="ignore")

    support_state: str | None = None
    reason: str | None = None
    decided_by: str | None = None
    checked_at: str | None = None
    activity_id: str | None = None
    operation: str | None = None
    assessed_from: str | None = None
    image: str | None = None
    guidance: str | None = None
