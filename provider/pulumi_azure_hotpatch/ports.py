"""What handlers need from the outside, as protocols. `arm` and `host` implement them; nothing here knows Azure's SDK
or Pulumi.

Reads answer None for "does not exist". Everything may raise `ArmError`; waits may raise `TimedOut` or `Interrupted`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from .engine.requests import Request
from .ids import ResourceId

if TYPE_CHECKING:
    from .models.base import State

ResultT = TypeVar("ResultT", covariant=True)
Body = Mapping[str, Any]


class Clock(Protocol):
    """Time. Instants are aware; waiting is until an instant, so that a late start never lengthens a wait."""

    def now(self) -> datetime:
        """The present instant."""
        ...

    def sleep_until(self, deadline: datetime) -> None:
        """Return once `deadline` has passed. Raises Interrupted when the deployment is cancelled meanwhile."""
        ...


class Operation(Protocol[ResultT]):
    """A long-running ARM operation, polled by hand."""

    def next_poll(self) -> datetime:
        """When the service wants to be asked again."""
        ...

    def poll(self) -> ResultT | None:
        """Ask once: the result, or None while it is running. Raises OperationFailed."""
        ...


class Accepted(Operation[ResultT], Protocol[ResultT]):
    """An operation that knows from the answer that accepted it how it goes on."""

    def due(self) -> datetime | None:
        """When the service wants to be asked; None where it is known to be done."""
        ...


class Features(Protocol):
    """Preview features (Microsoft.Features) and the registration of resource providers."""

    def state(self, subscription_id: str, namespace: str, feature: str) -> str | None:
        """The registration state as the service words it; None for a feature it does not know."""
        ...

    def register(self, subscription_id: str, namespace: str, feature: str) -> str | None:
        """Ask for registration; the state right after, None for a feature the service does not know."""
        ...

    def unregister(self, subscription_id: str, namespace: str, feature: str) -> str | None:
        """Ask for unregistration; the state right after, None for a feature the service does not know."""
        ...

    def provider_state(self, subscription_id: str, namespace: str) -> str:
        """The registration state of a resource provider."""
        ...

    def register_provider(self, subscription_id: str, namespace: str) -> str:
        """Register a resource provider again, which makes it see changed features; the state right after."""
        ...


class Machines(Protocol):
    """Azure virtual machines."""

    def get(self, machine: ResourceId, *, fresh: bool = True) -> Body | None:
        """The VM's ARM body.

        `fresh=False` may answer from a read that this run made a moment ago and nothing of ours changed since.
        """
        ...

    def observe(self, machine: ResourceId) -> Body | None:
        """As `get`, for the refresh of many: from a list that this run read a moment ago, each body of it once."""
        ...

    def patch_settings(self, machine: ResourceId, os_kind: str, settings: Body) -> Accepted[Body]:
        """PATCH `patchSettings` with the given keys and nothing else; the result is the VM's body.

        `os_kind` is `windows` or `linux`. The operation may be finished already (its first poll then answers at once).
        """
        ...

    def instance_view(self, machine: ResourceId) -> Body | None:
        """What the machine's guest and platform report: `osVersion`, `statuses`, `patchStatus` …"""
        ...

    def in_subscription(self, subscription_id: str) -> Iterator[Body]:
        """The bodies of all VMs of a subscription, page after page."""
        ...


class ArcMachines(Protocol):
    """Arc-enabled servers (Microsoft.HybridCompute) and their licence profiles."""

    def get(self, machine: ResourceId, *, fresh: bool = True) -> Body | None:
        """The server's ARM body; `fresh=False` as for `Machines.get`."""
        ...

    def in_subscription(self, subscription_id: str) -> Iterator[Body]:
        """The bodies of all servers of a subscription, page after page."""
        ...

    def patch_settings(self, machine: ResourceId, os_kind: str, settings: Body) -> Body:
        """PATCH `patchSettings` with the given keys and nothing else; the server's body."""
        ...

    def get_license_profile(self, machine: ResourceId) -> Body | None:
        """The body of the server's one licence profile (`default`)."""
        ...

    def put_license_profile(self, machine: ResourceId, body: Body) -> Operation[Body]:
        """Create the licence profile; the result is its body."""
        ...

    def patch_license_profile(self, machine: ResourceId, body: Body) -> Operation[Body]:
        """Change the given parts of the licence profile; the result is its body."""
        ...

    def delete_license_profile(self, machine: ResourceId) -> Operation[Body]:
        """Delete the licence profile; already gone is success."""
        ...


class PatchOperation(Operation[Body], Protocol):
    """An assessment or an installation that the service accepted; its result is the service's answer."""

    @property
    def activity_id(self) -> str | None:
        """The id under which the instance view and Resource Graph know it; None where the service does not say."""
        ...

    @property
    def address(self) -> str | None:
        """Where to ask for it in a later run: path and query without host and signature, so that it holds no secret.
        None where the answer was there at once.
        """
        ...


class Patching(Protocol):
    """Patch operations on demand and the power of machines: Azure VMs, and Arc-enabled servers (without power)."""

    def assess(self, machine: ResourceId) -> PatchOperation:
        """Assess the machine's patches."""
        ...

    def install(self, machine: ResourceId, request: Body, request_id: str | None = None) -> PatchOperation:
        """Install what the body of an `installPatches` request selects. Never sent twice, not even by a retry.

        The activity log then has the request under `request_id` (a GUID), where one is given.
        """
        ...

    def resume(self, machine: ResourceId, address: str) -> PatchOperation:
        """The operation behind an address that was kept by an earlier run. Polling raises NotFound once it is gone."""
        ...

    def start(self, machine: ResourceId, request_id: str) -> Operation[Body]:
        """Start a VM that is off; the activity log then has the request under that id (a GUID)."""
        ...

    def stop(self, machine: ResourceId, *, deallocate: bool) -> Operation[Body]:
        """Stop a VM, and give its hardware back if `deallocate`."""
        ...


class ActivityLog(Protocol):
    """What was asked of resources, kept for 90 days; up to 20 minutes behind."""

    def requests(self, resource: ResourceId, since: datetime) -> Sequence[Request]:
        """The writes and actions on a resource since then that were not refused, the oldest first."""
        ...


class ScaleSets(Protocol):
    """Virtual machine scale sets."""

    def in_subscription(self, subscription_id: str) -> Iterator[Body]:
        """The bodies of all scale sets of a subscription, page after page."""
        ...

    def get(self, scale_set: ResourceId, *, fresh: bool = True) -> Body | None:
        """The scale set's ARM body; `fresh=False` as for `Machines.get`."""
        ...

    def patch_settings(self, scale_set: ResourceId, os_kind: str, settings: Body) -> Operation[Body]:
        """PATCH `patchSettings` in the profile of its machines with the given keys and nothing else."""
        ...


class ResourceGraph(Protocol):
    """Azure Resource Graph."""

    def query(self, text: str, subscriptions: Sequence[str]) -> Iterator[Mapping[str, Any]]:
        """The rows of a Kusto query over those subscriptions, page after page as they are taken.

        A query of more than a page (1,000 rows) must project `id` and be ordered.
        """
        ...

    def recent(self, text: str, subscriptions: Sequence[str]) -> Sequence[Mapping[str, Any]]:
        """All rows of a query. They may be those that this run got from the same query a moment ago: for previews."""
        ...


class MaintenanceRuns(Protocol):
    """Single runs of maintenance configurations (`applyUpdates`); they are listed from Resource Graph."""

    def cancel(self, run: ResourceId) -> Body:
        """Cancel the run with that id (an extension of its configuration); the body that the service answers."""
        ...


class Maintenance(Protocol):
    """Maintenance configurations and their assignments (Microsoft.Maintenance)."""

    def schedules_in(self, subscription_id: str) -> Iterator[Body]:
        """The maintenance configurations of a subscription, of every scope."""
        ...

    def assignments_in(self, subscription_id: str) -> Iterator[Body]:
        """The configuration assignments of a subscription: on machines, groups and the subscription itself."""
        ...

    def get_schedule(self, schedule: ResourceId, *, fresh: bool = True) -> Body | None:
        """A maintenance configuration's body. `fresh=False` as for `Machines.get`."""
        ...

    def has_group_of(self, schedule: ResourceId) -> bool:
        """Whether there is the resource group that the id of a maintenance configuration names.

        Asks as `get_schedule(schedule, fresh=False)` does, and no more than that.
        """
        ...

    def put_schedule(self, schedule: ResourceId, body: Body) -> Body:
        """Create or replace a maintenance configuration; the body as the service stored it."""
        ...

    def delete_schedule(self, schedule: ResourceId) -> None:
        """Delete a maintenance configuration; already gone is success."""
        ...

    def get_assignment(self, assignment: ResourceId, *, fresh: bool = True) -> Body | None:
        """A configuration assignment's body: on a machine, on a resource group or on a subscription.

        `fresh=False` as for `Machines.get`.
        """
        ...

    def observe_assignment(self, assignment: ResourceId) -> Body | None:
        """As `get_assignment`, for the refresh of many; as `Machines.observe`."""
        ...

    def put_assignment(self, assignment: ResourceId, body: Body) -> Body:
        """Create or replace an assignment; the body as the service stored it."""
        ...

    def delete_assignment(self, assignment: ResourceId) -> None:
        """Delete an assignment; already gone is success."""
        ...


class Declarations(Protocol):
    """The targets that the program declares in this run."""

    def declare(self, target: str) -> bool:
        """Note that the current resource declares `target`; False if another resource of this run already did."""
        ...

    def is_still_wanted(self, target: str) -> bool:
        """Whether this run wants `target` although the current resource is about to undo it: another resource
        declares it, or it was created anew (a rename, a replacement).
        """
        ...

    def note(self, target: str, facts: Body) -> None:
        """Remember what this run will make of `target`, for resources that depend on it."""
        ...

    def noted(self, target: str) -> Body:
        """What this run will make of `target`; empty while nothing is declared."""
        ...


@dataclass(frozen=True)
class Settings:
    """What the stack's configuration says, secrets excluded.

    `subscription_id` is the default for resources that name none; `preview_reads` allows `check` to read Azure;
    `relaxed` holds the switches that turn disputed rules into warnings. `requests_at_once` is how many requests one
    resource that is about many machines may have under way; `cloud` the Azure cloud, as `az cloud list` spells it, None
    where the configuration does not tell.
    """

    subscription_id: str | None = None
    preview_reads: bool = True
    relaxed: frozenset[str] = frozenset()
    verbose: bool = False
    requests_at_once: int = 32
    cloud: str | None = None


class Context(Protocol):
    """Everything impure that one verb of one resource may use."""

    @property
    def label(self) -> str:
        """What messages call the resource."""
        ...

    @property
    def identity(self) -> str:
        """What tells the resource from every other one, the same in every run."""
        ...

    @property
    def began(self) -> datetime:
        """An instant of this run: whatever an earlier run asked of Azure, it asked before."""
        ...

    @property
    def clock(self) -> Clock: ...
    @property
    def activity_log(self) -> ActivityLog: ...
    @property
    def features(self) -> Features: ...
    @property
    def machines(self) -> Machines: ...
    @property
    def arc(self) -> ArcMachines: ...
    @property
    def scale_sets(self) -> ScaleSets: ...
    @property
    def graph(self) -> ResourceGraph: ...
    @property
    def maintenance(self) -> Maintenance: ...
    @property
    def runs(self) -> MaintenanceRuns: ...
    @property
    def patching(self) -> Patching: ...
    @property
    def declarations(self) -> Declarations: ...
    @property
    def settings(self) -> Settings: ...
    @property
    def may_read(self) -> bool:
        """Whether `check` may look at Azure: previews may read, and there is something new to judge."""
        ...

    @property
    def earlier(self) -> State | None:
        """What is stored of the resource while its declaration is judged; None for one that is not made yet.

        In a preview it may hold no more than the inputs: engines send nothing else there.
        """
        ...

    @property
    def timeout(self) -> timedelta | None:
        """The resource's `custom_timeouts` for this verb, None where the program set none."""
        ...

    def progress(self, message: str) -> None:
        """Show what is being waited for; overwritten by the next message."""
        ...

    def recall(self, waited_for: str) -> timedelta | None:
        """How long such a wait took the last time, None if that is not known."""
        ...

    def remember(self, waited_for: str, took: timedelta) -> None:
        """Note how long a wait took."""
        ...

    def advise(self, message: str) -> None:
        """Show a warning that stays in the diagnostics and fails nothing."""
        ...

    def inform(self, message: str) -> None:
        """Show a remark that stays in the diagnostics."""
        ...

    def once(self, key: str, make: Callable[[], Any]) -> Any:
        """What `make` gives, asked for once in this verb."""
        ...

    def keep(self, id: str, state: State) -> None:
        """Note what is done so far: if the verb fails from here on, this is stored and the next run continues from
        it.
        """
        ...

    def forget(self) -> None:
        """Take back what was kept: everything is as it was before the verb."""
        ...
