"""What becomes of a machine in a rollout: the result that Azure reports, judged, or why there is none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, Final, TypeVar, cast

from pulumi_azure_hotpatch.engine.counting import counted
from pulumi_azure_hotpatch.engine.patch_results import Installation
from pulumi_azure_hotpatch.errors import ArmError
from pulumi_azure_hotpatch.handlers.patched_machines import label
from pulumi_azure_hotpatch.models.patch_rollout import MachinePhase, PatchRolloutInputs, RolloutMachine
from pulumi_azure_hotpatch.models.patches import spell_instant
from pulumi_azure_hotpatch.ports import Context

VerbT = TypeVar("VerbT", bound=Callable[..., Any])

GONE: Final = "it does not exist any more"

_LONGEST: Final = 200
_PENDING: Final = ("required", "started", "failed")


def settled(machine: RolloutMachine, found: Installation, inputs: PatchRolloutInputs, now: datetime) -> RolloutMachine:
    """The machine with the result of its installation; one that was left out stays so."""
    ended = machine.model_copy(
        update={
            "operation": None,
            "status": found.status,
            "reboot_status": found.reboot_status,
            "maintenance_window_exceeded": found.window_exceeded,
            "installed_count": found.installed,
            "failed_count": found.failed,
            "pending_count": found.pending,
            "started_at": spell_instant(found.started) or machine.started_at,
            "finished_at": spell_instant(found.modified or now),
            "error": shortened(found.error),
        }
    )
    if machine.phase == "excluded":
        return ended
    problem = shortened(wrong_with(ended, inputs))
    return ended.model_copy(update={"phase": judged(ended, inputs), "error": problem or ended.error})


def given_up(machine: RolloutMachine, why: str, now: datetime) -> RolloutMachine:
    """The machine whose installation will never have a result; one that was left out stays so."""
    phase = "excluded" if machine.phase == "excluded" else "failed"
    return machine.model_copy(
        update={"phase": phase, "operation": None, "finished_at": spell_instant(now), "error": shortened(why)}
    )


def untouched(machine: RolloutMachine, why: str) -> RolloutMachine:
    """The machine on which nothing could be installed."""
    return machine.model_copy(update={"phase": "failed", "error": shortened(why), "asked_at": None})


def judged(machine: RolloutMachine, inputs: PatchRolloutInputs) -> MachinePhase:
    """The phase in which its result leaves a machine."""
    return "failed" if wrong_with(machine, inputs) else "succeeded"


def wrong_with(machine: RolloutMachine, inputs: PatchRolloutInputs) -> str | None:
    """What of a result `fail_on` does not accept; of one that was given up, why."""
    if machine.status is None:
        return machine.error
    wrong = []
    if "failed" in inputs.fail_on and (machine.status.casefold() == "failed" or machine.failed_count):
        count = f", {counted(machine.failed_count, 'patch', 'patches')} failed" if machine.failed_count else ""
        wrong.append(f"it ended as {machine.status}{count}" + (f" ({machine.error})" if machine.error else ""))
    if "reboot_pending" in inputs.fail_on and str(machine.reboot_status).casefold() in _PENDING:
        wrong.append(f"a restart is still pending (reboot status {machine.reboot_status})")
    if "window_exceeded" in inputs.fail_on and machine.maintenance_window_exceeded:
        wrong.append(f"its time was not enough ({inputs.maximum_duration})")
    return "; ".join(wrong) or None


def refusal(machine_id: str, error: ArmError) -> str:
    """Why one machine was refused. Raises the error itself where nobody was reached: no other machine would be."""
    if error.is_unreachable:
        raise error
    return str(error).removeprefix(f"{label(machine_id, '')}: ")


def in_name_of_the_rollout(verb: VerbT) -> VerbT:
    """A verb whose failures that are of no one machine say of which resource they are, and how it goes on."""

    @wraps(verb)
    def named(handler: Any, ctx: Context, *rest: Any) -> Any:
        try:
            return verb(handler, ctx, *rest)
        except ArmError as error:
            text = f"{ctx.label}: {error}. Run again when it answers: what is done is kept"
            raise error.in_words(text) from None

    return cast(VerbT, named)


def shortened(text: str | None) -> str | None:
    """A text of bounded length in one line."""
    if text is None:
        return None
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
