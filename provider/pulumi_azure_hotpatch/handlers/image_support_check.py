"""Whether a machine's image can be patched: marketplace images by the published list, others by what operations find.

Source of the check: Microsoft Learn, Manage updates for custom images: start an assessment (or any other update
operation), then read the state from Resource Graph.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from pulumi_azure_hotpatch.engine.facts import Image, Machine
from pulumi_azure_hotpatch.engine.image_support import (
    CUSTOM_IMAGE_GUIDANCE,
    SUPPORTED,
    ImageSupport,
    detected_support,
    listed_support,
    support_by_failure,
)
from pulumi_azure_hotpatch.engine.logic import UNKNOWN
from pulumi_azure_hotpatch.engine.patch_results import Assessment
from pulumi_azure_hotpatch.engine.rules import Finding, judge, rule
from pulumi_azure_hotpatch.errors import OperationFailed, Refused
from pulumi_azure_hotpatch.handlers.assessments.assessing import Assessing
from pulumi_azure_hotpatch.ids import ResourceId
from pulumi_azure_hotpatch.models.base import parse_wait
from pulumi_azure_hotpatch.models.draft import Draft
from pulumi_azure_hotpatch.models.image_support_check import ImageSupportCheckInputs, ImageSupportCheckState
from pulumi_azure_hotpatch.models.patches import spell_instant
from pulumi_azure_hotpatch.ports import Context

from .base import Created, Handler
from .patch_records import find_assessment, find_installations
from .patched_machines import Seen, find, foresee, label, see
from .waiting import Patience

Inputs = Draft[ImageSupportCheckInputs]
State = ImageSupportCheckState

_DEFAULT_TIMEOUT = "60m"


class ImageSupportCheckHandler(Handler[ImageSupportCheckInputs, State]):
    """The check of one machine's image. It claims nothing: several may look at one machine."""

    inputs = ImageSupportCheckInputs
    state = ImageSupportCheckState
    twice = "installation-declared-twice"

    def label(self, inputs: Inputs) -> str:
        return label(inputs.machine_id, "image of a machine")

    def targets(self, inputs: Inputs) -> Iterable[str]:
        return ()

    def check(self, ctx: Context, inputs: Inputs) -> Iterable[Finding]:
        if inputs.known("machine_id") and ctx.may_read:
            # Says what automatic patching and the machine's settings make of a custom image.
            machine = foresee(ctx, inputs.machine_id)
            yield from judge((rule("custom-image-not-patched-by-platform"),), machine, relaxed=ctx.settings.relaxed)

    def answers(self, ctx: Context, inputs: Inputs, state: State | None) -> dict[str, Any]:
        machine = foresee(ctx, inputs.machine_id)
        if machine.image is UNKNOWN and machine.is_arc is not True:
            return {"image_support": state.image_support} if state else {}
        if not isinstance(machine.image, Image) or machine.image.is_marketplace is not True:
            guidance = "" if machine.is_arc is True else f" {CUSTOM_IMAGE_GUIDANCE}"
            return {"image_support": f"decided by an assessment: {_described(machine)}.{guidance}"}
        return {"image_support": str(listed_support(machine.image))}

    def create(self, ctx: Context, inputs: ImageSupportCheckInputs) -> Created[State]:
        seen = see(ctx, ResourceId.parse(inputs.machine_id))

        def name(state: State) -> str:
            return f"{seen.id}#{state.activity_id or state.decided_by}"

        state = _Check(ctx, seen, State.model_validate(inputs.model_dump()), name).bring_about(_instant(seen.created))
        return Created(name(state), state)

    def read(self, ctx: Context, id: str, state: State) -> State | None:
        return None if find(ctx, ResourceId.parse(state.machine_id)) is None else state

    def update(self, ctx: Context, id: str, state: State, inputs: ImageSupportCheckInputs) -> State:
        seen = see(ctx, ResourceId.parse(inputs.machine_id))
        carried = state.model_copy(update=dict(inputs))
        same = state.triggers == inputs.triggers
        checking = _Check(ctx, seen, carried, lambda _: id)
        met = inputs.require in (None, state.support_state)
        if same and state.checked_at is not None and (met or not state.unfinished):
            return checking.conclude()
        if same and state.checked_at is None and state.assessed_from is not None:
            return checking.resume()
        # Only what ran since the last answer can change it.
        fresh = State.model_validate(inputs.model_dump())
        return _Check(ctx, seen, fresh, lambda _: id).bring_about(_instant(state.checked_at or seen.created))

    def delete(self, ctx: Context, id: str, state: State) -> None:
        """Nothing is left behind by a check."""


HANDLER = ImageSupportCheckHandler()


class _Check:
    """One check; what it reaches is kept under the id that `name` gives."""

    def __init__(self, ctx: Context, seen: Seen, state: State, name: Callable[[State], str]) -> None:
        custom = seen.facts.has_custom_image is True and seen.facts.is_arc is not True
        self._state = state.model_copy(
            update={"image": _described(seen.facts), "guidance": CUSTOM_IMAGE_GUIDANCE if custom else None}
        )
        self._ctx = ctx
        self._seen = seen
        self._name = name
        self._machine = ResourceId.parse(state.machine_id)
        self._patience = Patience.of(ctx, state.timeout, _DEFAULT_TIMEOUT)

    def bring_about(self, since: datetime | None) -> State:
        """Answer from the list or from what ran since that instant, else assess and read what that found."""
        image = self._seen.facts.image
        listed = listed_support(image) if isinstance(image, Image) and image.is_marketplace is True else None
        if listed is not None and listed.state == SUPPORTED:
            return self._answer(listed)
        # What the service found out about this machine is newer than any list.
        decided = self._detected(since) or listed
        if decided is not None:
            return self._answer(decided)
        self._state = self._state.model_copy(update={"assessed_from": spell_instant(self._ctx.clock.now())})
        return self._assess(resume=False)

    def resume(self) -> State:
        """Go on with the assessment of an earlier run, or with waiting for what it found."""
        return self._assess(resume=True)

    def conclude(self) -> State:
        """The finished state. Raises Refused when what is required is not so."""
        state = self._state
        if state.require is not None and state.support_state != state.require:
            self._ctx.keep(self._name(state), state)
            raise Refused(
                f"{self._ctx.label}: its image ({state.image}) must be {state.require} and is {state.support_state}: "
                f"{state.reason}. Rebuild the machine from a supported system, or leave `require` out (in "
                "HotpatchReady: require_supported_image=False)"
            )
        self._state = state.model_copy(update={"unfinished": None})
        return self._state

    def _assess(self, *, resume: bool) -> State:
        assessing = Assessing(self._ctx, self._machine, self._patience, self._accepted)
        since = _instant(self._state.assessed_from)
        if resume and (self._state.operation or self._state.activity_id):
            found = assessing.resume(self._state.activity_id, self._state.operation, since)
        else:
            found = assessing.assess()
        began = min(filter(None, (found.started, since)), default=None)
        while True:
            decided = self._detected(began)
            if decided is None and found.status.casefold() == "failed":
                decided = self._by_failure(found)
            if decided is not None:
                return self._answer(decided)
            interval = parse_wait(self._state.poll_interval)
            waiting_for = "the support state to be more than Unknown"
            self._patience.sleep(self._ctx, self._ctx.clock.now() + interval, waiting_for)

    def _by_failure(self, found: Assessment) -> ImageSupport:
        """What a failed assessment says while the service has detected nothing. Raises OperationFailed."""
        failure = found.error or "Azure gives no reason"
        decided = support_by_failure(failure, self._ctx.clock.now(), found.activity_id)
        if decided is None:
            # The next run assesses anew.
            again = {"activity_id": None, "operation": None}
            self._ctx.keep(self._name(self._state), self._state.model_copy(update=again))
            raise OperationFailed(
                f"{self._ctx.label}: assessment {found.activity_id} failed, and its failure says nothing of the image: "
                f"{failure}; run again to assess again",
                code="Failed",
            )
        return decided

    def _detected(self, since: datetime | None) -> ImageSupport | None:
        assessment = find_assessment(self._ctx, self._machine)
        return detected_support(assessment, find_installations(self._ctx, self._machine), since)

    def _accepted(self, activity_id: str | None, operation: str | None) -> None:
        self._state = self._state.model_copy(update={"activity_id": activity_id, "operation": operation})
        self._ctx.keep(self._name(self._state), self._state)

    def _answer(self, found: ImageSupport) -> State:
        self._state = self._state.model_copy(
            update={
                "support_state": found.state,
                "reason": found.why,
                "decided_by": found.basis,
                "checked_at": spell_instant(found.at or self._ctx.clock.now()),
                "activity_id": found.activity_id or self._state.activity_id,
                "operation": None,
                "assessed_from": None,
            }
        )
        return self.conclude()


def _described(machine: Machine) -> str:
    if machine.is_arc is True:
        return "the system of an Arc-enabled server"
    return str(machine.made_from)


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
