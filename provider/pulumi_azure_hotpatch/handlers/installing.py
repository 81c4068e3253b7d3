"""One installation, from looking for one that may be ours to its complete result. Never a second one.

What a run reaches is kept: that the machine was started, that the request was sent, under which activity the service
accepted it. A run that knows nothing of an earlier one (which was killed) finds its installation in the instance view
and in Resource Graph, and asks: an installation does not say who asked for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, NoReturn

from pulumi_azure_hotpatch.engine.earlier_installations import Earlier, judge_earlier, merged, same_activity
from pulumi_azure_hotpatch.engine.patch_results import Installation, installation_of
from pulumi_azure_hotpatch.engine.requests import untold_installation
from pulumi_azure_hotpatch.errors import ArmError, ConfigurationError, Interrupted, OperationFailed, Refused
from pulumi_azure_hotpatch.ids import ResourceId
from pulumi_azure_hotpatch.models.patch_installation import PatchInstallationState
from pulumi_azure_hotpatch.models.patches import spell_instant, treated
from pulumi_azure_hotpatch.ports import Context, PatchOperation

from .install_requests import request_body
from .patch_records import find_installation, find_installations
from .patched_machines import LOOK_INTERVAL, Seen, find, is_arc, see, settle
from .powering import power_on
from .waiting import Patience, finish, may_have_worked

State = PatchInstallationState

# How long a list of patches may be missing from Resource Graph after the end: no source says how long it takes.
_LIST_PATIENCE: Final = timedelta(minutes=10)
# How far our clock and Azure's may be apart.
_SKEW: Final = timedelta(minutes=5)


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
        while True:
            seen = self._wait_until_free(settled, since)
            started = power_on(self._ctx, self._machine, seen, self.state, self._patience, self.id, self.keep)
            self.state = started
            try:
                operation = self._post(seen)
            except ArmError as error:
                if error.status != 409 or not self._is_occupied():
                    raise
                # Somebody was faster: their operation ends first, or is ours.
                continue
            return self._finish(operation)

    def resume(self) -> Installation:
        """Go on with the installation whose activity is known, wherever its result is to be had."""
        if self.state.operation is None:
            return self._observe()
        try:
            return self._finish(self._ctx.patching.resume(self._machine, self.state.operation))
        except OperationFailed:
            raise
        except ArmError as error:
            if not 400 <= error.status < 500:
                raise
            # The address is no longer good; the activity still is.
            return self._observe()

    def resume_unanswered(self, known: Iterable[str]) -> Installation:
        """After a request whose answer was lost: ask if Azure has an installation that may be it, else send it again.

        Raises Refused where Azure cannot tell yet (an Arc-enabled server has no instance view of its installations).
        """
        asked = self.state.asked_at or ""
        since = datetime.fromisoformat(asked) - _SKEW
        if is_arc(self._machine) and self._earlier(see(self._ctx, self._machine), [*known], since).unclear is None:
            raise Refused(
                f"{self._ctx.label}: the answer to the request of {asked} was lost, and Azure does not tell whether "
                "it was accepted; a second installation is never started. Change `triggers` to install once this is "
                "clear, or give adopt_activity_id"
            )
        return self.begin(known, since)

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
        self.state = with_result(self.state, self._completed(found))

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
        self.keep(self.state.model_copy(update={"activity_id": wanted, "adopted": True, "asked_at": None}))
        return self._observe()

    def _wait_until_free(self, settled: list[str], since: datetime) -> Seen:
        """The machine once nobody else's operation is under way on it. Raises Refused where one may be ours."""
        while True:
            seen = settle(self._ctx, self._machine, self._patience)
            self._machine = ResourceId.parse(seen.id)
            rows = find_installations(self._ctx, self._machine)
            earlier = judge_earlier(merged(seen.installation, rows), known=settled, since=since)
            if earlier.unclear is not None:
                self._ask(earlier.unclear)
            if is_arc(self._machine):
                self._look_for_untold(rows, since)
            if earlier.running is not None:
                self._sleep(f"installation {earlier.running.activity_id} of somebody else to end")
            elif seen.assessment is not None and seen.assessment.is_running:
                self._sleep("the assessment on it to end")
            else:
                return seen

    def _look_for_untold(self, rows: Iterable[Installation], since: datetime) -> None:
        """Raise Refused for an installation that was asked for and that Resource Graph does not have yet.

        Only VMs have an instance view, which knows at once.
        """
        try:
            requests = self._ctx.activity_log.requests(self._machine, since)
        except (ArmError, ConfigurationError) as error:
            self._ctx.advise(
                "whether an installation was asked for in the last minutes is not known, because only Resource Graph "
                f"tells, which may be behind ({error})"
            )
            return
        asked = untold_installation(requests, (each.started for each in rows))
        if asked is not None:
            raise Refused(
                f"{self._ctx.label}: an installation was asked for at {spell_instant(asked.at)} (activity log), and "
                "Resource Graph does not tell of it yet; it may be one of this resource from a run that was killed, "
                "and a second one is never started. Run again in a few minutes"
            )

    def _earlier(self, seen: Seen, settled: list[str], since: datetime) -> Earlier:
        found = merged(seen.installation, find_installations(self._ctx, self._machine))
        return judge_earlier(found, known=settled, since=since)

    def _ask(self, found: Installation) -> NoReturn:
        by = f" by {found.started_by}" if found.started_by else ""
        raise Refused(
            f"{self._ctx.label}: installation {found.activity_id} ({found.status}, started "
            f"{spell_instant(found.started) or 'at an unknown time'}{by}) may be one that this resource asked for in a "
            "run that was killed; it cannot be told from another's, and a second one is never started. Set "
            f"adopt_activity_id='{found.activity_id}' to take it as this resource's, or "
            f"ignore_activity_id='{found.activity_id}' to install all the same once it is over"
        )

    def _post(self, seen: Seen) -> PatchOperation:
        asked = self.state.model_copy(update={"asked_at": spell_instant(self._ctx.clock.now())})
        try:
            operation = self._ctx.patching.install(self._machine, request_body(self.state, seen.facts))
        except (ArmError, Interrupted) as error:
            if may_have_worked(error):
                self.keep(asked)
            raise
        accepted = {"activity_id": operation.activity_id, "operation": operation.address, "asked_at": None}
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
            return Installation(
                activity_id=self.state.activity_id,
                status="Failed",
                modified=self._ctx.clock.now(),
                outcomes=(),
                error=f"{error.code}: {error}" if error.code and error.code not in str(error) else str(error),
            )
        found = installation_of(body)
        return replace(
            found,
            activity_id=found.activity_id or self.state.activity_id,
            modified=found.modified or self._ctx.clock.now(),
        )

    def _observe(self) -> Installation:
        """The installation of the known activity, once those who remember installations say that it is over."""
        activity = self.state.activity_id or ""
        while True:
            view = see(self._ctx, self._machine).installation
            if view is not None and same_activity(view.activity_id, activity):
                found: Installation | None = view
            else:
                found = find_installation(self._ctx, self._machine, activity)
            if found is not None and found.is_over:
                return found
            self._sleep("the installation to end")

    def _completed(self, found: Installation) -> Installation:
        """The result with its list of patches, which Resource Graph has a while later; without, where it has none."""
        if (found.outcomes is not None and found.reboot_status is not None) or found.activity_id is None:
            return found
        if found.outcomes is not None and found.status.casefold() == "failed":
            return found
        give_up = min(self._ctx.clock.now() + _LIST_PATIENCE, self._patience.deadline)
        try:
            while True:
                row = find_installation(self._ctx, self._machine, found.activity_id)
                if row is not None and row.is_over and _is_complete(row):
                    return replace(
                        row,
                        outcomes=row.outcomes or found.outcomes or (),
                        reboot_status=found.reboot_status or row.reboot_status,
                    )
                if self._ctx.clock.now() >= give_up:
                    break
                self._sleep("the list of patches")
        except (ArmError, ConfigurationError) as error:
            self._ctx.advise(f"what became of each patch is not known: {error}")
            return found
        self._ctx.advise("what became of each patch is not known: Resource Graph does not have it yet")
        return found

    def _is_occupied(self) -> bool:
        seen = find(self._ctx, self._machine)
        if seen is None:
            return False
        rows = find_installations(self._ctx, self._machine)
        busy = seen.assessment is not None and seen.assessment.is_running
        return seen.is_busy or busy or any(each.is_running for each in merged(seen.installation, rows))

    def _sleep(self, waiting_for: str) -> None:
        self._patience.sleep(self._ctx, self._ctx.clock.now() + LOOK_INTERVAL, waiting_for)


def with_result(state: State, found: Installation) -> State:
    """The state with what an installation reports."""
    return state.model_copy(
        update={
            "activity_id": found.activity_id or state.activity_id,
            "operation": None,
            "asked_at": None,
            "status": found.status,
            "reboot_status": found.reboot_status,
            "maintenance_window_exceeded": found.window_exceeded,
            "installed_count": found.installed,
            "failed_count": found.failed,
            "pending_count": found.pending,
            "excluded_count": found.excluded,
            "not_selected_count": found.not_selected,
            "patches": None if found.outcomes is None else treated(found.outcomes),
            "started_at": spell_instant(found.started),
            "finished_at": spell_instant(found.modified),
            "error": found.error,
        }
    )


def _is_complete(row: Installation) -> bool:
    """Whether the list of a row has as many patches as the row counts."""
    counts = (row.installed, row.failed, row.pending, row.excluded, row.not_selected)
    return len(row.outcomes or ()) >= sum(count or 0 for count in counts)
