"""An installation on demand: once for each value of its triggers and its request, whatever becomes of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from pulumi_azure_hotpatch.engine.counting import counted
from pulumi_azure_hotpatch.engine.facts import Machine
from pulumi_azure_hotpatch.engine.install_request import InstallRequest
from pulumi_azure_hotpatch.engine.logic import UNKNOWN
from pulumi_azure_hotpatch.engine.patch_results import Installation
from pulumi_azure_hotpatch.engine.rules import Finding, judge, rules_for
from pulumi_azure_hotpatch.engine.selection import expect_reboot, select
from pulumi_azure_hotpatch.engine.time_budget import time_budget
from pulumi_azure_hotpatch.errors import ArmError, ConfigurationError, HotpatchError, Interrupted, Refused, TimedOut
from pulumi_azure_hotpatch.handlers.installations.installing import NOT_REMEMBERED, Installing
from pulumi_azure_hotpatch.handlers.installations.powering import (
    put_back,
    put_back_quietly,
    recall,
    recall_after_failure,
    tell_still_on,
)
from pulumi_azure_hotpatch.ids import ResourceId
from pulumi_azure_hotpatch.models.base import parse_wait
from pulumi_azure_hotpatch.models.draft import Draft
from pulumi_azure_hotpatch.models.installation_facts import request_facts
from pulumi_azure_hotpatch.models.patch_installation import (
    REQUEST,
    PatchInstallationInputs,
    PatchInstallationState,
    asks_for_the_same,
)
from pulumi_azure_hotpatch.models.patches import spell_instant
from pulumi_azure_hotpatch.ports import Context

from .base import Created, Handler
from .late_lists import installation_by_now
from .patch_records import foresee_assessment
from .patched_machines import find, foresee, label
from .waiting import Patience, spell

Inputs = Draft[PatchInstallationInputs]
State = PatchInstallationState

# Beyond the installation's own time: starting a machine, the assessments before and after, a restart, stopping it.
_MARGIN: Final = timedelta(minutes=90)
_NOT_DONE: Final = ("failed", NOT_REMEMBERED.casefold())
_PENDING: Final = ("required", "started", "failed")
_SHOWN: Final = 5


class PatchInstallationHandler(Handler[PatchInstallationInputs, State]):
    """The installation of patches on one machine."""

    inputs = PatchInstallationInputs
    state = PatchInstallationState
    twice = "installation-declared-twice"

    def label(self, inputs: Inputs) -> str:
        return label(inputs.machine_id, "installation on a machine")

    def targets(self, inputs: Inputs) -> Iterable[str]:
        if inputs.known("machine_id"):
            # Not the machine itself: its patch settings are another resource's.
            yield f"{inputs.machine_id}#installation"

    def check(self, ctx: Context, inputs: Inputs) -> Iterable[Finding]:
        machine = foresee(ctx, inputs.machine_id)
        if ctx.may_read and machine.has_custom_image is True:
            machine = replace(machine, support_state=self._support_state(ctx, machine))
        yield from judge(rules_for("installation"), request_facts(inputs, machine), relaxed=ctx.settings.relaxed)

    def answers(self, ctx: Context, inputs: Inputs, state: State | None) -> dict[str, Any]:
        if state is not None and (not ctx.may_read or _asks_for_the_same(state, inputs)):
            return {
                "would_install": state.would_install,
                "reboot_expected": state.reboot_expected,
                "time_budget": state.time_budget,
            }
        machine = foresee(ctx, inputs.machine_id)
        if not ctx.may_read or machine.os_type is UNKNOWN:
            return {}
        try:
            return _forecast(ctx, request_facts(inputs, machine))
        except (ArmError, ConfigurationError) as error:
            ctx.advise(f"what would be installed is not known in this preview: {error}")
            return {}

    def create(self, ctx: Context, inputs: PatchInstallationInputs) -> Created[State]:
        machine = ResourceId.parse(inputs.machine_id)
        installing = Installing(ctx, machine, _fresh(inputs), _patience(ctx, inputs), None)
        since = ctx.clock.now() - parse_wait(inputs.look_back)
        _run(ctx, machine, installing, lambda: installing.begin((), since))
        return Created(installing.id, installing.state)

    def read(self, ctx: Context, id: str, state: State) -> State | None:
        machine = ResourceId.parse(state.machine_id)
        return None if find(ctx, machine) is None else installation_by_now(ctx, machine, state)

    def update(self, ctx: Context, id: str, state: State, inputs: PatchInstallationInputs) -> State:
        machine, patience = ResourceId.parse(inputs.machine_id), _patience(ctx, inputs)
        if not asks_for_the_same(state, inputs):
            return self._install_again(ctx, id, state, inputs, machine, patience)
        installing = Installing(ctx, machine, _carried(state, inputs), patience, id)
        _run(ctx, machine, installing, _continuation(ctx, installing, inputs))
        return installing.state

    def delete(self, ctx: Context, id: str, state: State) -> None:
        machine, patience = ResourceId.parse(state.machine_id), _patience(ctx, state)
        # An update that was killed may have started it.
        state = recall(ctx, machine, state)
        if state.started_machine is None or find(ctx, machine) is None:
            return
        if state.activity_id is not None and state.status is None:
            # A machine is never stopped in the middle of an installation.
            Installing(ctx, machine, state, patience, id).resume()
        put_back(ctx, machine, state, patience)

    def _install_again(
        self,
        ctx: Context,
        id: str,
        state: State,
        inputs: PatchInstallationInputs,
        machine: ResourceId,
        patience: Patience,
    ) -> State:
        """Another installation, once the one before is over."""
        # An answer that stays in the program was about an earlier installation.
        known = tuple(filter(None, (state.activity_id, state.adopt_activity_id)))
        if state.activity_id is not None and state.status is None:
            Installing(ctx, machine, state, patience, id).resume()
        began = state.started_at or state.asked_at
        since = ctx.clock.now() - parse_wait(inputs.look_back)
        since = max(since, datetime.fromisoformat(began)) if began else since
        fresh = _fresh(inputs).model_copy(update={"started_machine": state.started_machine})
        installing = Installing(ctx, machine, fresh, patience, id)
        _run(ctx, machine, installing, lambda: installing.begin(known, since))
        return installing.state

    def _support_state(self, ctx: Context, machine: Machine) -> str | None:
        try:
            found = foresee_assessment(ctx, ResourceId.parse(str(machine.id)))
        except (ArmError, ConfigurationError) as error:
            ctx.advise(f"whether its image is supported is not known in this preview: {error}")
            return None
        return None if found is None else found.support_state


HANDLER = PatchInstallationHandler()


def _continuation(
    ctx: Context, installing: Installing, inputs: PatchInstallationInputs
) -> Callable[[], Installation | None]:
    """What is left to do of an installation that an earlier run asked for."""
    state = installing.state
    if state.status is not None:
        return lambda: None
    if state.activity_id is not None:
        return installing.resume
    if state.asked_at is not None:
        return lambda: installing.resume_unanswered(())
    return lambda: installing.begin((), ctx.clock.now() - parse_wait(inputs.look_back))


def _run(ctx: Context, machine: ResourceId, installing: Installing, step: Callable[[], Installation | None]) -> None:
    """Take the step, put the machine back, and judge the result.

    Raises Refused when `fail_on` says so; whatever it raises, the machine is not left running but where an
    installation may still be under way in it.
    """
    patience = _patience(ctx, installing.state)
    try:
        found = step()
        if found is not None:
            installing.settle(found)
            installing.keep(installing.state)
    except Interrupted as error:
        tell_still_on(ctx, installing.state, str(error).partition(";")[0])
        raise
    except HotpatchError as error:
        if isinstance(error, TimedOut):
            # Putting it back has a time of its own, and none is spent on the past.
            patience = _patience(ctx, installing.state)
        else:
            installing.state = recall_after_failure(ctx, machine, installing.state)
        if installing.state.started_machine is not None:
            if not installing.has_reached_nothing():
                tell_still_on(ctx, installing.state, str(error).partition(";")[0])
            elif put_back_quietly(ctx, machine, installing.state, patience):
                installing.keep_as_before()
            else:
                installing.keep(installing.state)
        raise
    if found is not None or installing.state.unfinished is not None:
        installing.state = recall(ctx, machine, installing.state, patience)
    put_back(ctx, machine, installing.state, patience)
    installing.state = installing.state.model_copy(update={"started_machine": None})
    wrong = list(_wrong(installing.state))
    if wrong:
        installing.keep(installing.state)
        raise Refused(
            f"{ctx.label}: installation {installing.state.activity_id}: {'; '.join(wrong)}. Change `triggers` to "
            "install again, or `fail_on` to accept it"
        )
    installing.state = installing.state.model_copy(update={"unfinished": None})


def _wrong(state: State) -> Iterable[str]:
    """What of the result `fail_on` does not accept."""
    failed = [patch.kb or patch.name for patch in state.patches or () if patch.state.casefold() == "failed"]
    if "failed" in state.fail_on and (str(state.status).casefold() in _NOT_DONE or state.failed_count):
        named = f", failed: {', '.join(failed[:_SHOWN])}" + (" …" if len(failed) > _SHOWN else "") if failed else ""
        count = f", {counted(state.failed_count, 'patch', 'patches')} failed" if state.failed_count else ""
        yield f"it ended as {state.status}{count}{named}" + (f" ({state.error})" if state.error else "")
    if "reboot_pending" in state.fail_on and str(state.reboot_status).casefold() in _PENDING:
        yield f"a restart is still pending (reboot status {state.reboot_status})"
    if "window_exceeded" in state.fail_on and state.maintenance_window_exceeded:
        pending = counted(state.pending_count or 0, "patch", "patches")
        yield f"its time was not enough ({state.maximum_duration}, {pending} pending)"


def _forecast(ctx: Context, request: InstallRequest) -> dict[str, Any]:
    """What the last assessment says of the request."""
    assessment = foresee_assessment(ctx, ResourceId.parse(str(request.machine.id)))
    if assessment is None or assessment.patches is None:
        return {"reboot_expected": "unknown: no assessment of the last 7 days is remembered"}
    selection = select(request, assessment.patches)
    reboot = expect_reboot(selection, request.reboot_setting, pending=assessment.reboot_pending)
    budget = time_budget(request, selection)
    as_of = f"as assessed at {spell_instant(assessment.modified or assessment.started)}"
    return {
        "would_install": tuple(_called(patch.kb, patch.name, patch.version) for patch in selection.picked),
        "reboot_expected": f"{reboot.answer}: {reboot.why}, {as_of}",
        "time_budget": f"{budget.answer}: {budget.why}",
    }


def _called(kb: str | None, name: str, version: str | None) -> str:
    return kb or (f"{name}={version}" if version else name)


def _asks_for_the_same(state: State, inputs: Inputs) -> bool:
    if not inputs.known(*REQUEST):
        return False
    declared = state.model_copy(update={name: getattr(inputs, name) for name in REQUEST})
    return asks_for_the_same(state, declared)


def _fresh(inputs: PatchInstallationInputs) -> State:
    return State.model_validate(inputs.model_dump())


def _carried(state: State, inputs: PatchInstallationInputs) -> State:
    """What is stored, under the inputs as they are declared now."""
    return state.model_copy(update=dict(inputs))


def _patience(ctx: Context, inputs: PatchInstallationInputs) -> Patience:
    return Patience.of(ctx, inputs.timeout, spell(parse_wait(inputs.maximum_duration) + _MARGIN))
