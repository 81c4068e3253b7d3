"""One installation, from looking for one that may be ours to its complete result. Never a second one.

What a run reaches is kept: that the machine was started, that the request was sent, under which activity the service
accepted it. A run that knows nothing of an earlier one (which was killed) finds its installation in the instance view
and in Resource Graph. An installation does not say who asked for it: the activity log does, where it has the request
under the id of this resource, and otherwise somebody has to say so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Final

from pulumi_azure_hotpatch.engine.earlier_installations import merged, same_activity
from pulumi_azure_hotpatch.engine.patch_results import Installation, installation_of
from pulumi_azure_hotpatch.engine.requests import GRAPH_DELAY, request_id
from pulumi_azure_hotpatch.errors import ArmError, Interrupted, OperationFailed, Refused
from pulumi_azure_hotpatch.handlers.patch_records import find_installation, find_installations
from pulumi_azure_hotpatch.handlers.patched_machines import LOOK_INTERVAL, SKEW, Seen, find, see
from pulumi_azure_hotpatch.handlers.waiting import Patience, finish, may_have_worked
from pulumi_azure_hotpatch.ids import ResourceId
from pulumi_azure_hotpatch.models.base import parse_wait, spell_meaning
from pulumi_azure_hotpatch.models.patch_installation import REQUEST, PatchInstallationState
from pulumi_azure_hotpatch.models.patches import spell_instant
from pulumi_azure_hotpatch.ports import Context, PatchOperation

from .powering import power_on
from .requests import request_body
from .results import completed, with_result
from .turns import Turn

State = PatchInstallationState

NOT_REMEMBERED: Final = "Unknown"
"""The status of an installation that nobody has a result of. Azure has one of that name too."""


class Installing:
    """`state` says what is reached so far. `id` is the resource's, where it has one already."""

    def __init__(self, ctx: Context, machine: ResourceId, state: State, patience: Patience, id: str | None) -> None:
        self.state = state
        self._ctx = ctx
        self._machine = machine
        self._patience = patience
        self._id = id

    @property
    def id(self) -> str:
        """The resource's id: the machine and its first activity."""
        return self._id or f"{self._machine}#{self.state.activity_id or 'not-accepted'}"

    def begin(self, known: Iterable[str], since: datetime) -> Installation:
        """Install, unless an installation since then may be ours already.

        `known` are activities that are settled. Raises Refused where it cannot be told whose one is.
        """
        settled = [*known, *filter(None, (self.state.ignore_activity_id,))]
        adopted = self._adopt(settled)
        if adopted is not None:
            return adopted
        # A request whose answer was lost was asked for, whatever the program says.
        is_first = self.state.asked_at is None and not parse_wait(self.state.look_back)
        turn = Turn(self._ctx, self._machine, self._request_id, since, self._patience, is_first=is_first)
        while True:
            seen, ours = turn.wait(settled)
            self._machine = ResourceId.parse(seen.id)
            if ours is not None:
                return self._take_up(ours)
            started = power_on(self._ctx, self._machine, seen, self.state, self._patience, self.id, self.keep)
            self.state = started
            try:
                operation = self._post(seen)
            except ArmError as error:
                if error.status != 409 or not turn.is_taken():
                    raise
                # Somebody was faster: their operation ends first, or is ours.
                continue
            return self._finish(operation)

    def resume(self) -> Installation:
        """Go on with the installation whose activity is known, wherever its result is to be had."""
        if self.state.operation is None:
            return self._observe()
        return self._finish(self._ctx.patching.resume(self._machine, self.state.operation))

    def resume_unanswered(self, known: Iterable[str]) -> Installation:
        """After a request whose answer was lost: go on with the installation if there is one, else send it again.

        Raises Refused where it cannot be told.
        """
        return self.begin(known, datetime.fromisoformat(self.state.asked_at or "") - SKEW)

    def keep(self, state: State) -> None:
        """Remember what is reached, here and for a later run."""
        self.state = state
        self._ctx.keep(self.id, state)

    def has_reached_nothing(self) -> bool:
        """Whether nothing can be under way in the machine: no request was accepted, or may have been."""
        return self.state.activity_id is None and self.state.asked_at is None

    def keep_as_before(self) -> None:
        """The machine is as it was, and nothing was started: a resource that did not exist before still does not."""
        self.state = self.state.model_copy(update={"started_machine": None})
        if self._id is None:
            self._ctx.forget()
        else:
            self._ctx.keep(self._id, self.state)

    def settle(self, found: Installation) -> None:
        """Take the result into the state."""
        self.state = with_result(self.state, completed(self._ctx, self._machine, found, self._patience))

    def _adopt(self, settled: list[str]) -> Installation | None:
        wanted = self.state.adopt_activity_id
        if wanted is None or any(same_activity(wanted, one) for one in settled):
            return None
        seen = see(self._ctx, self._machine)
        self._machine = ResourceId.parse(seen.id)
        known = merged(seen.installation, find_installations(self._ctx, self._machine))
        if not any(same_activity(each.activity_id, wanted) for each in known):
            raise Refused(
                f"{self._ctx.label}: adopt_activity_id is {wanted}, and Azure knows no such installation of this "
                "machine (it remembers 30 days); correct it or leave it out"
            )
        return self._go_on_with(wanted)

    def _take_up(self, found: Installation) -> Installation:
        """Go on with an installation that an earlier run has asked for."""
        self._ctx.inform(
            f"installation {found.activity_id} was asked for by an earlier run of this resource (activity log), and is "
            "taken as its own; change `triggers` to install again"
        )
        return self._go_on_with(found.activity_id)

    def _go_on_with(self, activity_id: str | None) -> Installation:
        self.keep(self.state.model_copy(update={"activity_id": activity_id, "adopted": True, "asked_at": None}))
        return self._observe()

    @property
    def _request_id(self) -> str:
        """The id of our request, the same in every run that asks for the same."""
        return request_id(self._ctx.identity, str(self._machine), f"install {spell_meaning(self.state, REQUEST)}")

    def _post(self, seen: Seen) -> PatchOperation:
        asked = self.state.model_copy(update={"asked_at": spell_instant(self._ctx.clock.now())})
        try:
            operation = self._ctx.patching.install(
                self._machine, request_body(self.state, seen.facts), self._request_id
            )
        except (ArmError, Interrupted) as error:
            if may_have_worked(error):
                self.keep(asked)
            raise
        accepted = {"activity_id": operation.activity_id, "operation": operation.address, "asked_at": None}
        accepted["started_at"] = spell_instant(self._ctx.clock.now())
        self.keep(self.state.model_copy(update=accepted))
        return operation

    def _finish(self, operation: PatchOperation) -> Installation:
        try:
            body = finish(self._ctx, operation, self._patience, "the installation to end", "its results are read")
        except OperationFailed as error:
            if not error.code:
                # Azure did not say that it has failed: its answer made no sense.
                raise
            # It is over, and Azure has said why: that is a result, and `fail_on` says what it means.
            return self._failed(error.reason)
        except ArmError as error:
            if not 400 <= error.status < 500:
                raise
            # The address is no longer good; the activity still is.
            return self._observe()
        found = installation_of(body)
        return replace(
            found,
            activity_id=found.activity_id or self.state.activity_id,
            modified=found.modified or self._ctx.clock.now(),
        )

    def _observe(self) -> Installation:
        """The installation of the known activity, once those who remember installations say that it is over,
        or its machine is gone, or nobody remembers it.
        """
        activity = self.state.activity_id or ""
        forgotten_at = self._remembered_until()
        while True:
            seen = find(self._ctx, self._machine)
            view = None if seen is None else seen.installation
            if view is not None and same_activity(view.activity_id, activity):
                found: Installation | None = view
            else:
                found = find_installation(self._ctx, self._machine, activity)
            if found is not None and found.is_over:
                return found
            if seen is None or seen.is_newer_than(self.state.started_at):
                return self._lost()
            if found is None and self._ctx.clock.now() >= forgotten_at:
                return replace(self._failed("Azure does not remember it (any more)"), status=NOT_REMEMBERED)
            self._sleep("the installation to end")

    def _remembered_until(self) -> datetime:
        """From when on an installation of which nothing shows anything will not be shown any more."""
        now, started = self._ctx.clock.now(), self.state.started_at
        ends = datetime.fromisoformat(started) + parse_wait(self.state.maximum_duration) if started else now
        return max(now, ends) + GRAPH_DELAY

    def _lost(self) -> Installation:
        """What a machine that is gone takes with it; there is nothing to put back."""
        self.state = self.state.model_copy(update={"started_machine": None})
        return self._failed("the machine does not exist any more, or was created anew meanwhile")

    def _failed(self, why: str) -> Installation:
        """An installation that is over, and that nobody has a result of."""
        return Installation(
            activity_id=self.state.activity_id,
            status="Failed",
            modified=self._ctx.clock.now(),
            outcomes=(),
            error=why,
        )

    def _sleep(self, waiting_for: str) -> None:
        self._patience.sleep(self._ctx, self._ctx.clock.now() + LOOK_INTERVAL, waiting_for)
