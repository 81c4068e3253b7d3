"""Virtual machines over `azure-mgmt-compute`, with reads shared by all resources of a run."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from pulumi_azure_hotpatch.errors import NotFound
from pulumi_azure_hotpatch.ids import ResourceId
from pulumi_azure_hotpatch.ports import Body, Clock

from .errors import arm_errors
from .operations import ArmOperation

if TYPE_CHECKING:
    from azure.mgmt.compute import ComputeManagementClient

# A read that this run made is good enough for judging a declaration for this long; what decides a restore is read anew.
_COALESCE = timedelta(minutes=2)


class ArmMachines:
    """Implements `ports.Machines`; the argument makes a client for a subscription."""

    def __init__(self, compute: Callable[[str], ComputeManagementClient], clock: Clock) -> None:
        self._compute = compute
        self._clock = clock
        self._seen: dict[str, tuple[datetime, Body | None]] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def get(self, machine: ResourceId, *, fresh: bool = True) -> Body | None:
        """Source of the call: azure-mgmt-compute 39.0.0, VirtualMachinesOperations.get."""
        with self._lock_of(machine):
            if not fresh:
                seen = self._seen.get(machine.key)
                if seen is not None and self._clock.now() - seen[0] < _COALESCE:
                    return seen[1]
            body = self._read(machine)
            self._seen[machine.key] = (self._clock.now(), body)
            return body

    def patch_settings(self, machine: ResourceId, os_kind: str, settings: Body) -> ArmOperation[Body]:
        """Source of the call: VirtualMachinesOperations.begin_update (PATCH, long-running)."""
        body: Any = {"properties": {"osProfile": {f"{os_kind}Configuration": {"patchSettings": dict(settings)}}}}
        client = self._compute(machine.subscription_id)
        answer: list[Body] = []

        def keep(_response: Any, resource: Any, _headers: Any) -> Any:
            # The service's first answer already is the machine after the change: no last read is needed.
            answer.append(resource.as_dict())
            return resource

        def begin(polling: Any) -> None:
            # No read may be under way meanwhile: it would remember the machine as it was before this change.
            with self._lock_of(machine):
                self._seen.pop(machine.key, None)
                client.virtual_machines.begin_update(
                    machine.resource_group,
                    machine.name,
                    body,
                    polling=polling,
                    cls=keep,
                )
            polling.resource()

        return ArmOperation(
            self._clock,
            begin,
            lambda: answer[-1] if answer else {},
            "change its patch settings",
            f"VM '{machine.name}'",
        )

    def _read(self, machine: ResourceId) -> Body | None:
        try:
            with arm_errors("read it", f"VM '{machine.name}'"):
                client = self._compute(machine.subscription_id)
                found: Any = client.virtual_machines.get(machine.resource_group, machine.name)
        except NotFound as error:
            if error.code == "SubscriptionNotFound":
                raise
            return None
        body: Body = found.as_dict()
        return body

    def _lock_of(self, machine: ResourceId) -> threading.Lock:
        # One lock a machine: two resources that want the same read at once share it, different machines do not wait for
        # each other.
        with self._lock:
            return self._locks.setdefault(machine.key, threading.Lock())
