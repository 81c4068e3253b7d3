"""What earlier runs of a rollout left on its machines, as far as it can be told from what others did there.

One query to Resource Graph finds what was installed on all machines, and the activity log tells who asked for it.
Resource Graph may be behind: as long as a run is young, what it does not know is looked for in a machine's instance
view right before the machine is asked; once it is older, Resource Graph is asked again and trusted. An Arc-enabled
server has no instance view: it is asked once the activity log has all that was before this run.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, NoReturn

from pulumi_azure_hotpatch.engine.earlier_installations import merged
from pulumi_azure_hotpatch.engine.patch_results import Installation
from pulumi_azure_hotpatch.engine.requests import GRAPH_DELAY, request_id
from pulumi_azure_hotpatch.engine.rollout_evidence import Evidence, judge_evidence
from pulumi_azure_hotpatch.errors import ArmError, ConfigurationError, Refused
from pulumi_azure_hotpatch.handlers.installations.askers import is_ours, is_settled, next_look
from pulumi_azure_hotpatch.handlers.patched_machines import SKEW, Seen, find, is_arc
from pulumi_azure_hotpatch.ids import ResourceId
from pulumi_azure_hotpatch.models.base import spell_meaning
from pulumi_azure_hotpatch.models.patch_rollout import REQUEST, RolloutMachine
from pulumi_azure_hotpatch.ports import Context

from .progress import Progress
from .records import find_all_installations
from .words import others, question

_LOG_INTERVAL: Final = timedelta(minutes=2)

Adopt = Callable[[RolloutMachine, Installation], None]
Sleep = Callable[[datetime, str], None]
Unclear = tuple[RolloutMachine, Installation]


class Recall:
    """`adopt` takes an installation over as the rollout's; `keep` notes what is reached, `sleep` waits."""

    def __init__(self, ctx: Context, progress: Progress, adopt: Adopt, keep: Callable[[], None], sleep: Sleep) -> None:
        self._ctx = ctx
        self._progress = progress
        self._adopt = adopt
        self._keep = keep
        self._sleep = sleep
        self._began = ctx.clock.now()
        self._rows: dict[str, tuple[Installation, ...]] = {}
        # Activities of which the log says that somebody else asked for them.
        self._others: set[str] = set()

    @property
    def trusted_at(self) -> datetime:
        """When Resource Graph knows all that was before this run."""
        return self._began + GRAPH_DELAY

    def look(self) -> None:
        """Adopt what is ours on all machines. Raises Refused where an installation may be ours, and none can tell."""
        since = self._progress.looked_back_to - SKEW
        if self._progress.ours_since is not None:
            since = min(since, self._progress.ours_since)
        machines = [each.machine_id for each in self._progress.machines("waiting", "asked")]
        self._rows = find_all_installations(self._ctx, machines, since)
        while unclear := self._sort_out():
            self._tell_apart(unclear)
        theirs = [each for each in machines if self._is_anothers(each)]
        if theirs and self._progress.is_at_its_beginning:
            self._ctx.advise(others(theirs))

    def look_at(self, machine: RolloutMachine, seen: Seen) -> Evidence:
        """As `look`, for one machine as it is now; `running` is another's installation."""
        rows = self._rows.get(machine.machine_id.casefold(), ())
        while True:
            evidence = self._judge(machine, merged(seen.installation, rows))
            if evidence.ours is not None:
                self._adopt(machine, evidence.ours)
            if evidence.unclear is None or self._progress.get(machine.machine_id).phase != "waiting":
                return evidence
            self._tell_apart([(machine, evidence.unclear)])

    def next_look(self, machine: RolloutMachine) -> datetime | None:
        """When to look again at an Arc-enabled server of which it is not clear yet what was asked of it; None for a
        machine that may be asked now. Raises Refused where nothing tells.
        """
        machine_id = ResourceId.parse(machine.machine_id)
        if not is_arc(machine_id) or self._progress.is_surely_first(self._ctx.began):
            return None
        since, key = self._progress.looked_back_to - SKEW, machine.machine_id.casefold()
        again = next_look(self._ctx, machine_id, since, self._rows.get(key, ()), self.request_id(machine))
        if again is not None:
            self._rows |= find_all_installations(self._ctx, [machine.machine_id], since)
        return again

    def request_id(self, machine: RolloutMachine) -> str:
        """The id of our request of that machine, the same in every run of this rollout."""
        asked = f"roll out {spell_meaning(self._progress.inputs, REQUEST)}"
        return request_id(self._ctx.identity, machine.machine_id, asked)

    def _is_anothers(self, machine: str) -> bool:
        """Whether the log has said of an installation of a machine that somebody else asked for it."""
        found = self._rows.get(machine.casefold(), ())
        return any(each.activity_id in self._others for each in found if each.is_over)

    def _sort_out(self) -> list[Unclear]:
        """Adopt what is ours; what may be, and may be another's, is left over."""
        unclear = []
        for machine in self._progress.machines("waiting", "asked"):
            found = self._rows.get(machine.machine_id.casefold(), ())
            if machine.phase == "asked":
                # Our request may have been a moment ago.
                found = merged(self._last(machine), found)
            evidence = self._judge(machine, found)
            if evidence.ours is not None:
                self._adopt(machine, evidence.ours)
            elif evidence.unclear is not None:
                unclear.append((machine, evidence.unclear))
            elif machine.phase == "asked":
                self._progress.put(machine.model_copy(update={"phase": "waiting", "asked_at": None}))
        return unclear

    def _last(self, machine: RolloutMachine) -> Installation | None:
        """The last installation of a machine, by its instance view; None where that may not be read."""
        try:
            seen = find(self._ctx, ResourceId.parse(machine.machine_id))
        except ArmError as error:
            if error.is_unreachable:
                raise
            return None
        return None if seen is None else seen.installation

    def _judge(self, machine: RolloutMachine, found: tuple[Installation, ...]) -> Evidence:
        """What a machine's installations say; what began in this run and is not known to us is another's."""
        since, late = self._progress.looked_back_to, self._began + SKEW
        if machine.asked_at is not None:
            since = min(since, datetime.fromisoformat(machine.asked_at) - SKEW)
        known = [each.activity_id for each in found if each.started is not None and each.started >= late]
        known += [machine.previous_activity_id, *self._others]
        return judge_evidence(
            found, known=[each for each in known if each], since=since, ours_since=self._progress.ours_since
        )

    def _tell_apart(self, unclear: list[Unclear]) -> None:
        """Look up who asked for installations, as soon as the log has it. Raises Refused for what it does not tell."""
        while unclear:
            try:
                unclear = [(machine, found) for machine, found in unclear if not self._is_told(machine, found)]
            except (ArmError, ConfigurationError) as error:
                self._ctx.advise(f"the activity log does not tell whose installations are: {error}")
                self._ask(unclear)
            now = self._ctx.clock.now()
            if unclear and all(is_settled(self._ctx, found) for _, found in unclear):
                self._ask(unclear)
            if unclear:
                self._sleep(now + _LOG_INTERVAL, "the activity log to tell whose installations are")

    def _is_told(self, machine: RolloutMachine, found: Installation) -> bool:
        among = self._rows.get(machine.machine_id.casefold(), ())
        ours = is_ours(self._ctx, ResourceId.parse(machine.machine_id), found, among, self.request_id(machine))
        if ours is True:
            self._adopt(machine, found)
        elif ours is False:
            self._others.add(found.activity_id or "")
        return ours is not None

    def _ask(self, unclear: list[Unclear]) -> NoReturn:
        # However late the answer comes, it is about what is asked now.
        self._keep()
        raise Refused(f"{self._ctx.label}: {question(unclear, self._progress.looked_back_to)}")
