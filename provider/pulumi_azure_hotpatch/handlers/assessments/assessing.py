"""One assessment, from the request to its complete result; one that runs already is joined."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from pulumi_azure_hotpatch.engine.earlier_installations import same_activity
from pulumi_azure_hotpatch.engine.patch_results import Assessment, assessment_of, with_patches
from pulumi_azure_hotpatch.errors import ArmError, ConfigurationError, OperationFailed
from pulumi_azure_hotpatch.handlers.patch_records import find_assessment
from pulumi_azure_hotpatch.handlers.patched_machines import LOOK_INTERVAL, SKEW, Seen, is_arc, refuse_off, see, settle
from pulumi_azure_hotpatch.handlers.waiting import Patience, finish
from pulumi_azure_hotpatch.ids import ResourceId
from pulumi_azure_hotpatch.ports import Context, PatchOperation

# How long a list of patches may be missing from Resource Graph after the assessment: no source says how long it takes.
_LIST_PATIENCE: Final = timedelta(minutes=10)
_WAITING: Final = "the assessment to end"


class Assessing:
    """`keep` is told the activity and the address of the operation as soon as the service has accepted it."""

    def __init__(
        self, ctx: Context, machine: ResourceId, patience: Patience, keep: Callable[[str | None, str | None], None]
    ) -> None:
        self._ctx = ctx
        self._machine = machine
        self._patience = patience
        self._keep = keep
        self.activity_id: str | None = None
        self.machine_id = str(machine)
        """The machine's id, in Azure's letter case once it has been seen."""
        self.unlisted: str | None = None
        """Why there is no list of patches, where there is none."""

    def assess(self, max_age: timedelta | None = None) -> Assessment:
        """Assess now, unless there is an assessment that went well and is younger than `max_age`.

        One that Azure says has failed is a result too. Raises Refused for a machine that is off, TimedOut or
        Interrupted.
        """
        while True:
            seen = settle(self._ctx, self._machine, self._patience)
            self.machine_id = seen.id
            recent = None if max_age is None else self._recent(seen, max_age)
            if recent is not None:
                self.activity_id = recent.activity_id
                return recent
            running = self._running(seen)
            if running is not None:
                self._note(running.activity_id, None)
                observed = self._observe(running.started)
                if observed is not None:
                    return observed
                continue
            offline = "Let its agent connect first." if is_arc(self._machine) else "Start it first."
            refuse_off(self._ctx, seen, offline)
            if seen.installation is not None and seen.installation.is_running:
                self._sleep("the installation on it to end")
                continue
            try:
                operation = self._ctx.patching.assess(self._machine)
            except ArmError as error:
                # Somebody may have been faster; then there is something to join or to wait for.
                if error.status != 409 or not self._is_occupied():
                    raise
                continue
            self._note(operation.activity_id, operation.address)
            return self._finish(operation)

    def resume(self, activity_id: str | None, address: str | None, began: datetime | None) -> Assessment:
        """Go on with an assessment that an earlier run began at that instant; a new one where nothing is left of it."""
        self.activity_id = activity_id
        if address is not None:
            try:
                return self._finish(self._ctx.patching.resume(self._machine, address))
            except ArmError as error:
                if not 400 <= error.status < 500:
                    raise
                # The address is no longer good; the result may be where results are kept.
        observed = None if activity_id is None else self._observe(began)
        return self.assess() if observed is None else observed

    def _recent(self, seen: Seen, max_age: timedelta) -> Assessment | None:
        """The last assessment with its list, if it is young enough."""
        earliest = self._ctx.clock.now() - max_age
        if not is_arc(self._machine) and not _is_fresh(seen.assessment, earliest):
            return None
        row = find_assessment(self._ctx, self._machine)
        if row is None or not _is_fresh(row, earliest):
            return None
        named = None if seen.assessment is None else seen.assessment.activity_id
        return replace(row, activity_id=row.activity_id or named)

    def _running(self, seen: Seen) -> Assessment | None:
        """An assessment that runs already: its result is as good as that of one of ours."""
        found = find_assessment(self._ctx, self._machine) if is_arc(self._machine) else seen.assessment
        return found if found is not None and found.is_running else None

    def _is_occupied(self) -> bool:
        seen = see(self._ctx, self._machine)
        installing = seen.installation is not None and seen.installation.is_running
        return seen.is_busy or installing or self._running(seen) is not None

    def _note(self, activity_id: str | None, address: str | None) -> None:
        self.activity_id = activity_id
        self._keep(activity_id, address)

    def _finish(self, operation: PatchOperation) -> Assessment:
        try:
            body = finish(self._ctx, operation, self._patience, _WAITING, "its patches are read")
        except OperationFailed as error:
            if not error.code:
                # Azure did not say that it has failed: its answer made no sense.
                raise
            # It is over, and Azure has said why.
            return Assessment(self.activity_id, "Failed", modified=self._ctx.clock.now(), error=error.reason)
        found = assessment_of(body)
        self.activity_id = found.activity_id or self.activity_id
        found = replace(found, activity_id=self.activity_id, modified=found.modified or self._ctx.clock.now())
        return found if found.patches is not None else self._listed(found)

    def _observe(self, began: datetime | None) -> Assessment | None:
        """The assessment of that activity, which began then, or a later one, once those who remember assessments say
        that it is over; None where they remember neither.
        """
        while True:
            seen = see(self._ctx, self._machine)
            found = find_assessment(self._ctx, self._machine) if is_arc(self._machine) else seen.assessment
            if found is None:
                return None
            other = found.activity_id is not None and not same_activity(found.activity_id, self.activity_id)
            if other and began is not None and found.started is not None and found.started < began - SKEW:
                return None
            if found.is_over or other:
                # A later one has taken the place of ours, and says more.
                self.activity_id = found.activity_id or self.activity_id
                if found.is_over:
                    return found if found.patches is not None else self._listed(found)
            self._sleep(_WAITING)

    def _listed(self, found: Assessment) -> Assessment:
        """The assessment with its list, which Resource Graph has a while later; without, where it does not come."""
        give_up = min(self._ctx.clock.now() + _LIST_PATIENCE, self._patience.deadline)
        try:
            while True:
                row = find_assessment(self._ctx, self._machine)
                if row is not None and row.is_over and _is_of(row, found):
                    return replace(
                        with_patches(found, row.patches or ()), support_state=row.support_state or found.support_state
                    )
                if self._ctx.clock.now() >= give_up:
                    break
                self._sleep("the list of patches")
        except (ArmError, ConfigurationError) as error:
            self.unlisted = str(error)
            return found
        self.unlisted = "Resource Graph does not have it yet"
        return found

    def _sleep(self, waiting_for: str) -> None:
        self._patience.sleep(self._ctx, self._ctx.clock.now() + LOOK_INTERVAL, waiting_for)


def _is_of(row: Assessment, found: Assessment) -> bool:
    """Whether a row is of an assessment, or of a later one."""
    if same_activity(row.activity_id, found.activity_id):
        return True
    return row.started is not None and found.started is not None and row.started >= found.started


def _is_fresh(assessment: Assessment | None, earliest: datetime) -> bool:
    """Whether an assessment went well and is not older than that."""
    if assessment is None or assessment.modified is None or assessment.modified <= earliest:
        return False
    return assessment.went_well
