"""The installations of a rollout: started and polled by hand side by side, from one thread.

One that has no address (any more) is watched in Resource Graph, together with all the others of that kind.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from pulumi_azure_hotpatch.engine.logic import UNKNOWN
from pulumi_azure_hotpatch.engine.patch_results import Installation, installation_of
from pulumi_azure_hotpatch.errors import ArmError, Interrupted, OperationFailed
from pulumi_azure_hotpatch.handlers.installations.requests import request_body
from pulumi_azure_hotpatch.handlers.patched_machines import LOOK_INTERVAL, RUNNING, SKEW, Seen, find, is_arc
from pulumi_azure_hotpatch.handlers.waiting import may_have_worked
from pulumi_azure_hotpatch.ids import ResourceId
from pulumi_azure_hotpatch.models.patch_installation import PatchInstallationInputs
from pulumi_azure_hotpatch.models.patch_rollout import PatchRolloutInputs, RolloutMachine
from pulumi_azure_hotpatch.models.patches import spell_instant
from pulumi_azure_hotpatch.ports import Context, PatchOperation

from .progress import Progress
from .recall import Recall, Sleep
from .records import Member, find_members
from .results import refusal, settled, untouched
from .watched import ended_among


class Installations:
    """Those of all machines; what is reached goes into `progress`, and `keep` is called after each step.

    `sleep` waits until an instant, and says what for.
    """

    def __init__(self, ctx: Context, progress: Progress, keep: Callable[[], None], sleep: Sleep) -> None:
        self._ctx = ctx
        self._progress = progress
        self._keep = keep
        self._recall = Recall(ctx, progress, self._adopt, keep, sleep)
        self._operations: dict[str, PatchOperation] = {}
        self._due: dict[str, datetime] = {}
        self._observed: set[str] = set()
        self._members: dict[str, Member] = {}
        self._is_certain = False

    def find_again(self) -> None:
        """Take up what earlier runs left. Raises Refused where an installation may be ours and may be another's."""
        self._recall.look()
        for machine in self._progress.machines("installing", "excluded"):
            if machine.finished_at is None:
                self._take_up(machine)

    def open_ring(self) -> None:
        """Look at the machines of the ring under way as they are now."""
        self._members = find_members(self._ctx, [each.machine_id for each in self._progress.of_ring()])

    @property
    def running(self) -> int:
        """How many installations are under way."""
        return len(self._operations) + len(self._observed)

    def start(self, at_a_time: int) -> None:
        """Start as many as may run at a time, machines of one availability set one after the other."""
        waiting = self._progress.of_ring("waiting")
        if waiting and not self._members:
            self.open_ring()
        taken = {self._set_of(each) for each in self._progress.of_ring("installing")} - {None}
        for machine in waiting:
            if self.running >= at_a_time or self._progress.is_overspent():
                return
            key = machine.machine_id.casefold()
            if (key in self._due and self._due[key] > self._ctx.clock.now()) or self._set_of(machine) in taken:
                continue
            self._start_one(machine)
            if self._progress.get(machine.machine_id).phase == "installing":
                taken |= {self._set_of(machine)} - {None}

    def next_poll(self) -> datetime:
        """When something may have happened."""
        now = self._ctx.clock.now()
        waiting = {each.machine_id.casefold() for each in self._progress.of_ring("waiting")}
        instants = [operation.next_poll() for operation in self._operations.values()]
        instants += [self._due[key] for key in (*sorted(self._observed), *sorted(waiting)) if key in self._due]
        return max(now, min(instants, default=now + LOOK_INTERVAL))

    def poll(self) -> bool:
        """Ask what is due; whether a machine is through."""
        ended = False
        for key, operation in list(self._operations.items()):
            if operation.next_poll() <= self._ctx.clock.now():
                ended |= self._poll_one(key, operation)
        due = [key for key in sorted(self._observed) if self._due[key] <= self._ctx.clock.now()]
        if due:
            ended |= self._observe(due)
        return ended

    def _start_one(self, machine: RolloutMachine) -> None:
        machine_id, key = ResourceId.parse(machine.machine_id), machine.machine_id.casefold()
        is_certain, member = self._certain(), self._members.get(key)
        machine = self._progress.get(machine.machine_id)
        if machine.phase != "waiting":
            return
        outside = is_arc(machine_id)
        if not is_certain or outside or member is None or _is_off(member):
            try:
                seen = find(self._ctx, machine_id)
            except ArmError as error:
                self._unread(machine, error)
                return
            if seen is None:
                self._fail(machine, f"it does not exist ({machine.machine_id})")
                return
            member = Member(seen.facts)
            if seen.is_off:
                self._fail(machine, f"it is {seen.facts.power_state}; patches are installed on running machines only")
                return
            if not self._is_free(machine, seen):
                return
            if outside and (again := self._recall.next_look(machine)) is not None:
                self._due[key] = again
                return
        request = request_body(request_of(self._progress.inputs, machine.machine_id), member.facts)
        asked = machine.model_copy(
            update={"phase": "asked", "asked_at": spell_instant(self._ctx.clock.now()), "error": None}
        )
        try:
            operation = self._ctx.patching.install(machine_id, request, self._recall.request_id(machine))
        except Interrupted:
            self._put(asked)
            raise
        except ArmError as error:
            if may_have_worked(error):
                self._put(asked)
                raise
            self._refused(machine, error)
            return
        self._due.pop(key, None)
        self._put(
            asked.model_copy(
                update={
                    "phase": "installing",
                    "asked_at": None,
                    "activity_id": operation.activity_id,
                    "operation": operation.address,
                    "started_at": spell_instant(self._ctx.clock.now()),
                }
            )
        )
        self._operations[key] = operation

    def _refused(self, machine: RolloutMachine, error: ArmError) -> None:
        """Azure did not take it: later, where the machine is busy or too much was asked; else it has failed."""
        try:
            seen = find(self._ctx, ResourceId.parse(machine.machine_id)) if error.status == 409 else None
        except ArmError as unread:
            self._unread(machine, unread)
            return
        if error.status == 429 or (seen is not None and not seen.is_off and _is_busy(seen)):
            if seen is None or self._is_free(machine, seen):
                self._later(machine)
            return
        self._fail(machine, refusal(machine.machine_id, error))

    def _unread(self, machine: RolloutMachine, error: ArmError) -> None:
        """It may not be read, so that nothing is started on it, and the others go on. Raises for all alike."""
        why = refusal(machine.machine_id, error)
        if error.status == 429:
            self._later(machine)
        else:
            self._fail(machine, why)

    def _is_free(self, machine: RolloutMachine, seen: Seen) -> bool:
        """Whether nothing is under way on a machine and nothing on it may be ours; else it waits, or is adopted.

        Raises Refused where one may be ours, and none can tell.
        """
        evidence = self._recall.look_at(machine, seen)
        found = self._progress.get(machine.machine_id)
        if found.phase != "waiting":
            self._take_up(found)
            return False
        if evidence.running is not None or _is_busy(seen):
            self._later(machine)
            return False
        return True

    def _later(self, machine: RolloutMachine) -> None:
        self._due[machine.machine_id.casefold()] = self._ctx.clock.now() + LOOK_INTERVAL

    def _certain(self) -> bool:
        """Whether Resource Graph knows by now all that was before this run; asked once when it must."""
        if not self._is_certain and self._ctx.clock.now() >= self._recall.trusted_at:
            self._is_certain = True
            self.find_again()
        return self._is_certain

    def _adopt(self, machine: RolloutMachine, found: Installation) -> None:
        adopted = {"phase": "installing", "adopted": True, "activity_id": found.activity_id, "asked_at": None}
        adopted |= {"started_at": spell_instant(found.started), "error": None}
        self._put(machine.model_copy(update=adopted))
        if found.is_over:
            self._put(self._settled(self._progress.get(machine.machine_id), found))

    def _take_up(self, machine: RolloutMachine) -> None:
        """Go on with an installation whose activity is known."""
        key = machine.machine_id.casefold()
        if machine.phase not in ("installing", "excluded") or key in self._operations or key in self._observed:
            return
        if machine.operation is not None:
            self._operations[key] = self._ctx.patching.resume(ResourceId.parse(machine.machine_id), machine.operation)
        else:
            self._watch(key)

    def _watch(self, key: str) -> None:
        self._operations.pop(key, None)
        self._observed.add(key)
        self._due[key] = self._ctx.clock.now()

    def _poll_one(self, key: str, operation: PatchOperation) -> bool:
        machine = self._progress.get(key)
        try:
            body = operation.poll()
        except OperationFailed as error:
            if not error.code:
                self._watch(key)
                return False
            # It is over, and Azure has said why.
            found = Installation(status="Failed", error=error.reason)
        except ArmError:
            # The address is not (or no longer) good; the activity still is.
            self._watch(key)
            return False
        else:
            if body is None:
                return False
            found = installation_of(body)
        del self._operations[key]
        self._put(self._settled(machine, found))
        return True

    def _observe(self, due: list[str]) -> bool:
        """Look for the results of installations that have no address."""
        machines = [self._progress.get(key) for key in due]
        instants = [datetime.fromisoformat(each.started_at) for each in machines if each.started_at]
        since = min(instants, default=self._progress.looked_back_to) - SKEW
        ended = ended_among(self._ctx, self._progress.inputs, machines, since)
        for machine in ended:
            self._observed.discard(machine.machine_id.casefold())
            self._put(machine)
        for key in due:
            self._due[key] = self._ctx.clock.now() + LOOK_INTERVAL
        return bool(ended)

    def _settled(self, machine: RolloutMachine, found: Installation) -> RolloutMachine:
        return settled(machine, found, self._progress.inputs, self._ctx.clock.now())

    def _fail(self, machine: RolloutMachine, why: str) -> None:
        """Nothing could be installed on it."""
        self._put(untouched(machine, why))

    def _put(self, machine: RolloutMachine) -> None:
        self._progress.put(machine)
        self._keep()

    def _set_of(self, machine: RolloutMachine) -> str | None:
        member = self._members.get(machine.machine_id.casefold())
        found = member.facts.availability_set_id if member else None
        return None if found in (None, UNKNOWN) else str(found).casefold()


def request_of(inputs: PatchRolloutInputs, machine_id: str) -> PatchInstallationInputs:
    """The installation that a rollout asks one machine for."""
    shared = ("windows", "linux", "reboot_setting", "maximum_duration", "max_publish_date")
    return PatchInstallationInputs(machine_id=machine_id, **{name: getattr(inputs, name) for name in shared})


def _is_off(member: Member) -> bool:
    return member.facts.power_state not in (RUNNING, None, UNKNOWN)


def _is_busy(seen: Seen) -> bool:
    parts = (seen.assessment, seen.installation)
    return seen.is_busy or any(each is not None and each.is_running for each in parts)
