"""Virtual machines over `azure-mgmt-compute`, with reads shared by all resources of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any

from pulumi_azure_hotpatch.engine.bodies import shows
from pulumi_azure_hotpatch.ids import ResourceId
from pulumi_azure_hotpatch.ports import Accepted, Body, Clock

from .errors import arm_errors
from .operations import ArmOperation, SteppedPolling
from .reads import Page, SharedReads, body_or_gone
from .shared_waits import SharedWaits

if TYPE_CHECKING:
    from azure.mgmt.compute import ComputeManagementClient


class ArmMachines:
    """Implements `ports.Machines`; the argument makes a client for a subscription."""

    def __init__(self, compute: Callable[[str], ComputeManagementClient], clock: Clock) -> None:
        self._compute = compute
        self._clock = clock
        self._reads = SharedReads(clock, self._read, self._pages)
        self._waits: dict[str, SharedWaits] = {}
        self._lock = Lock()

    def get(self, machine: ResourceId, *, fresh: bool = True) -> Body | None:
        """Source of the calls: azure-mgmt-compute 39.0.0, VirtualMachinesOperations.get and, for many, list_all."""
        return self._reads.get(machine, fresh=fresh)

    def observe(self, machine: ResourceId) -> Body | None:
        """Source of the calls: as `get`."""
        return self._reads.observe(machine)

    def instance_view(self, machine: ResourceId) -> Body | None:
        """Source of the call: VirtualMachinesOperations.instance_view."""

        def read() -> Body:
            with arm_errors("read its instance view", f"VM '{machine.name}'"):
                client = self._compute(machine.subscription_id)
                found: Any = client.virtual_machines.instance_view(machine.resource_group, machine.name)
            view: Body = found.as_dict()
            return view

        return body_or_gone(read)

    def in_subscription(self, subscription_id: str) -> Iterator[Body]:
        """Source of the call: VirtualMachinesOperations.list_all."""
        for page in self._pages(subscription_id):
            yield from page.bodies

    def patch_settings(self, machine: ResourceId, os_kind: str, settings: Body) -> Accepted[Body]:
        """Source of the calls: VirtualMachinesOperations.begin_update (PATCH, long-running) and, for many, list_all."""
        body: Any = {"properties": {"osProfile": {f"{os_kind}Configuration": {"patchSettings": dict(settings)}}}}
        client = self._compute(machine.subscription_id)
        answer: list[Body] = []

        def begin(polling: SteppedPolling) -> None:
            with self._reads.changing(machine) as answered:
                client.virtual_machines.begin_update(machine.resource_group, machine.name, body, polling=polling)
                # The service's first answer already is the machine after the change: no last read is needed.
                answer.append(polling.body())
                answered(answer[-1])

        operation = ArmOperation(
            self._clock,
            begin,
            lambda: answer[-1] if answer else {},
            "change its patch settings",
            f"VM '{machine.name}'",
        )
        return self._waits_of(machine.subscription_id).share(machine.key, operation, lambda found: shows(found, body))

    def _waits_of(self, subscription_id: str) -> SharedWaits:
        with self._lock:
            pages = partial(self._pages, subscription_id)
            return self._waits.setdefault(subscription_id.casefold(), SharedWaits(self._clock, pages))

    def _pages(self, subscription_id: str) -> Iterator[Page]:
        with arm_errors("list its VMs", f"subscription {subscription_id}"):
            pages: Any = self._compute(subscription_id).virtual_machines.list_all().by_page()
            for found in pages:
                # azure.core.paging.PageIterator has no token once there is no next link.
                yield Page([machine.as_dict() for machine in found], is_last=pages.continuation_token is None)

    def _read(self, machine: ResourceId) -> Body | None:
        def read() -> Body:
            with arm_errors("read it", f"VM '{machine.name}'"):
                client = self._compute(machine.subscription_id)
                found: Any = client.virtual_machines.get(machine.resource_group, machine.name)
            body: Body = found.as_dict()
            return body

        return body_or_gone(read)
