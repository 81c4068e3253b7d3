"""The simulated Azure at one instant: subscriptions, registrations, resources, running operations."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import inventory
from .activity_log import Activity
from .blob_storage import BlobContainer
from .guests import Guest
from .patch_failures import PatchFailure
from .patch_records import PatchRecords
from .resources import GROUP_TYPE, Resource, ResourceStore
from .rollout_order import Rollout
from .settings import FeatureDefinition, Policy, Settings
from .timelines import Timeline

if TYPE_CHECKING:
    from .clock import SimulatedClock

TENANT_ID = "00000000-0000-0000-0000-00000000000a"
SUBSCRIPTION_ID = "00000000-0000-0000-0000-000000000001"
CLIENT_ID = "00000000-0000-0000-0000-00000000000c"
CLIENT_SECRET = "simulated-secret"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Synchronisation:
    """One (re-)registration of a provider: asked for, and done."""

    requested: datetime
    completed: datetime


@dataclass(slots=True)
class ProviderRegistration:
    """A provider in a subscription: its state over time and when it last took in the features registered by then."""

    states: Timeline
    synchronisations: list[Synchronisation] = field(default_factory=list)


@dataclass(slots=True)
class Subscription:
    """A subscription. ``features`` and ``providers`` are keyed in lower case and hold only what ever changed."""

    id: str
    display_name: str = "Contoso"
    features: dict[str, Timeline] = field(default_factory=dict)
    providers: dict[str, ProviderRegistration] = field(default_factory=dict)


@dataclass(slots=True)
class Operation:
    """A long-running operation; ``status`` is InProgress, Succeeded, Failed or Canceled.

    ``finish`` names what happens at the end (an event kind of the owner), ``output`` is the bare result, if any.
    """

    id: str
    subscription: str
    location: str
    resource_id: str
    kind: str
    started: datetime
    ends: datetime
    status: str = "InProgress"
    ended: datetime | None = None
    finish: str | None = None
    output: dict[str, Any] | None = None
    error: dict[str, Any] | None = None


@dataclass
class World:
    """Everything a simulator knows. Plain data: written to a file and read back whole."""

    settings: Settings = field(default_factory=Settings)
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    resources: ResourceStore = field(default_factory=ResourceStore)
    operations: dict[str, Operation] = field(default_factory=dict)
    tenant_id: str = TENANT_ID
    reads: int = 0
    born: datetime | None = None
    guests: dict[str, Guest] = field(default_factory=dict)
    tombstones: dict[str, datetime] = field(default_factory=dict)
    patch_failures: list[PatchFailure] = field(default_factory=list)
    rollout: Rollout | None = None
    activities: deque[Activity] = field(default_factory=deque)
    containers: dict[str, BlobContainer] = field(default_factory=dict)
    clock: SimulatedClock | None = field(default=None, repr=False, compare=False)
    turn: Callable[[Resource, bool], None] | None = field(default=None, repr=False, compare=False)
    patch_records: PatchRecords = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self.patch_records = PatchRecords(self.resources, self.now)
        if not self.subscriptions:
            self.add_subscription(SUBSCRIPTION_ID)

    @classmethod
    def default(cls, settings: Settings | None = None) -> World:
        """Return a small world: three Azure Edition machines, one ordinary Windows machine, one Linux machine."""
        return cls.from_inventory(inventory.small_fleet(SUBSCRIPTION_ID), settings=settings)

    @classmethod
    def from_inventory(
        cls, source: Iterable[Mapping[str, Any]] | Mapping[str, Any] | str | Path, *, settings: Settings | None = None
    ) -> World:
        """Return a world of the resources in ``source``: ARM bodies or the path of a file of them.

        A list, ``{"value": […]}``, ``{"data": […]}`` or JSON lines, with or without a ``properties`` level. Resource
        groups and subscriptions come from the ids. Raises ``ValueError`` naming the entry that cannot be read.
        """
        world = cls(settings=settings or Settings())
        bodies = inventory.read(source)
        if bodies:
            world.subscriptions.clear()
        for number, body in enumerate(bodies, start=1):
            try:
                world.add_resource(body)
            except ValueError as reason:
                raise ValueError(f"inventory entry {number}: {reason}") from None
        if not world.subscriptions:
            world.add_subscription(SUBSCRIPTION_ID)
        return world

    def add_subscription(self, subscription_id: str, display_name: str = "Contoso") -> Subscription:
        """Add a subscription (once)."""
        return self.subscriptions.setdefault(subscription_id.lower(), Subscription(subscription_id, display_name))

    def add_resource(self, body: Mapping[str, Any]) -> Resource:
        """Put a resource into the world as it is, without asking any rule; its group and subscription come along."""
        resource = inventory.resource_of(body, LONG_AGO)
        subscription, group = inventory.place_of(resource)
        self.add_subscription(subscription)
        if group is not None and resource.type != GROUP_TYPE:
            self.add_group(subscription, group, resource.body.get("location") or "eastus")
        self.resources.put(resource)
        return resource

    def add_group(self, subscription: str, name: str, location: str) -> Resource:
        """Add a resource group, unless there is one of that name."""
        group_id = f"/subscriptions/{subscription}/resourceGroups/{name}"
        existing = self.resources.get(group_id)
        if existing is not None:
            return existing
        body = {
            "id": group_id,
            "name": name,
            "type": GROUP_TYPE,
            "location": location,
            "properties": {"provisioningState": "Succeeded"},
        }
        group = Resource(group_id, GROUP_TYPE, body, LONG_AGO)
        self.resources.put(group)
        return group

    def now(self) -> datetime:
        """Return the instant of the clock this world lives by."""
        if self.clock is None:
            raise RuntimeError("a world has no time before a Simulator is made of it")
        return self.clock.now()

    def feature(self, name: str, namespace: str = "Microsoft.Compute") -> FeatureDefinition | None:
        """Return the definition of a preview feature, ``None`` if the service does not know it."""
        key = f"{namespace}/{name}".lower()
        return next((feature for feature in self.settings.features if feature.key == key), None)

    def set_registration_time(
        self, name: str, duration: timedelta | None, namespace: str = "Microsoft.Compute"
    ) -> None:
        """Say how long a feature stays Registering; ``None`` = for ever. Raises ``KeyError`` for an unknown feature."""
        feature = self.feature(name, namespace)
        if feature is None:
            raise KeyError(f"{namespace}/{name}")
        feature.registration_time, feature.stuck = duration, duration is None

    def approve(self, name: str, namespace: str = "Microsoft.Compute", subscription: str | None = None) -> None:
        """Let Microsoft approve a Pending feature: it is Registered from now on.

        In one subscription, or in all in which it is Pending. Raises ``KeyError`` for an unknown feature.
        """
        feature = self.feature(name, namespace)
        if feature is None:
            raise KeyError(f"{namespace}/{name}")
        now = self.now()
        for key, owner in self.subscriptions.items():
            line = owner.features.get(feature.key)
            wanted = subscription is None or subscription.lower() == key
            if wanted and line is not None and line.state_at(now) == "Pending":
                line.change(now, (now, "Registered"))

    def set_power(self, machine_id: str, *, running: bool) -> None:
        """Start or deallocate a machine, at once. Raises ``KeyError`` when there is none."""
        machine = self.resources.get(machine_id)
        if machine is None:
            raise KeyError(machine_id)
        if self.turn is None:
            machine.facts["running"] = running
        else:
            self.turn(machine, running)

    def provider_sees(
        self, feature: str, namespace: str = "Microsoft.Compute", subscription: str = SUBSCRIPTION_ID
    ) -> bool:
        """Tell whether the resource provider acts on a feature: registered, and re-registered *after* that.

        Source: Microsoft Docs, hotpatch, 2021-02-22 ("the opt-in is completed by propagating the change into the
        compute resource provider").
        """
        now = self.now()
        owner = self.subscriptions.get(subscription.lower())
        line = owner.features.get(f"{namespace}/{feature}".lower()) if owner else None
        provider = owner.providers.get(namespace.lower()) if owner else None
        if line is None or provider is None or line.state_at(now) != "Registered":
            return False
        registered = line.entered_at(now) or LONG_AGO
        return any(sync.requested >= registered and sync.completed <= now for sync in provider.synchronisations)

    @property
    def policies(self) -> list[Policy]:
        """Those who keep writing; append to it."""
        return self.settings.policies
