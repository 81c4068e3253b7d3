"""When a machine may be asked for an installation: not while another is on it, never where one may be ours already."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NoReturn

from pulumi_azure_hotpatch.engine.earlier_installations import judge_earlier, merged
from pulumi_azure_hotpatch.engine.patch_results import Installation
from pulumi_azure_hotpatch.errors import ArmError, ConfigurationError, Refused
from pulumi_azure_hotpatch.handlers.patch_records import find_installations
from pulumi_azure_hotpatch.handlers.patched_machines import LOOK_INTERVAL, Seen, find, is_arc, settle
from pulumi_azure_hotpatch.handlers.waiting import Patience
from pulumi_azure_hotpatch.ids import ResourceId
from pulumi_azure_hotpatch.models.patches import spell_instant
from pulumi_azure_hotpatch.ports import Context

from .askers import is_ours, is_settled, next_look


class Turn:
    """`request_id` is that of our request; what began before `since` and is over is of no interest.

    `is_first` says that no earlier run asked for anything, so that what nothing shows yet need not be awaited.
    """

    def __init__(
        self,
        ctx: Context,
        machine: ResourceId,
        request_id: str,
        since: datetime,
        patience: Patience,
        *,
        is_first: bool,
    ) -> None:
        self._ctx = ctx
        self._machine = machine
        self._request_id = request_id
        self._since = since
        self._patience = patience
        self._is_first = is_first

    def wait(self, settled: list[str]) -> tuple[Seen, Installation | None]:
        """The machine once nothing is under way on it that has to end first, and the installation on it that is ours.

        `settled` are the activities of which it is known whose they are; it grows by what is found to be another's.
        Raises Refused where it cannot be told.
        """
        while True:
            seen = settle(self._ctx, self._machine, self._patience)
            found = merged(seen.installation, find_installations(self._ctx, self._machine))
            earlier = judge_earlier(found, known=settled, since=self._since)
            if earlier.unclear is not None:
                ours = self._is_ours(earlier.unclear, found)
                if ours is True:
                    return seen, earlier.unclear
                if ours is False:
                    settled.append(earlier.unclear.activity_id or "")
                else:
                    self._sleep("the activity log to tell whose installation is on the machine")
            elif (again := self._next_look(found)) is not None:
                self._patience.sleep(self._ctx, again, "the activity log to tell all that was asked before this run")
            elif earlier.running is not None:
                self._sleep(f"installation {earlier.running.activity_id} of somebody else to end")
            elif seen.assessment is not None and seen.assessment.is_running:
                self._sleep("the assessment on it to end")
            else:
                return seen, None

    def is_taken(self) -> bool:
        """Whether something is under way on the machine now."""
        seen = find(self._ctx, self._machine)
        if seen is None:
            return False
        rows = find_installations(self._ctx, self._machine)
        busy = seen.assessment is not None and seen.assessment.is_running
        return seen.is_busy or busy or any(each.is_running for each in merged(seen.installation, rows))

    def _next_look(self, found: Sequence[Installation]) -> datetime | None:
        """When to look again whether something was asked of an Arc-enabled server that nothing shows yet."""
        if self._is_first or not is_arc(self._machine):
            return None
        return next_look(self._ctx, self._machine, self._since, found, self._request_id)

    def _is_ours(self, installation: Installation, among: Sequence[Installation]) -> bool | None:
        """Whether an earlier run asked for it; None while the log may still tell. Raises Refused once it will not."""
        try:
            ours = is_ours(self._ctx, self._machine, installation, among, self._request_id)
        except (ArmError, ConfigurationError) as error:
            self._ctx.advise(f"the activity log does not tell whose installation is on the machine: {error}")
            self._ask(installation)
        if ours is None and is_settled(self._ctx, installation):
            self._ask(installation)
        return ours

    def _ask(self, found: Installation) -> NoReturn:
        by = f" by {found.started_by}" if found.started_by else ""
        raise Refused(
            f"{self._ctx.label}: installation {found.activity_id} ({found.status}, started "
            f"{spell_instant(found.started) or 'at an unknown time'}{by}) may be one that this resource asked for in a "
            "run that was killed; it cannot be told from another's, and a second one is never started. Set "
            f"adopt_activity_id='{found.activity_id}' to take it as this resource's, or "
            f"ignore_activity_id='{found.activity_id}' to install all the same once it is over"
        )

    def _sleep(self, waiting_for: str) -> None:
        self._patience.sleep(self._ctx, self._ctx.clock.now() + LOOK_INTERVAL, waiting_for)
