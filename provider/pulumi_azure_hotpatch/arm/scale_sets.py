"""Virtual machine scale sets over `azure-mgmt-compute`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from pulumi_azure_hotpatch.ids import ResourceId
from pulumi_azure_hotpatch.ports import Body, Clock

from .errors import arm_errors
from .operations import ArmOperation
from .reads import SharedReads, body_or_gone

if TYPE_CHECKING:
    from azure.mgmt.compute import ComputeManagementClient


class ArmScaleSets:
    """Implements `ports.ScaleSets`; the argument makes a client for a subscription."""

    def __init__(self, compute: Callable[[str], ComputeManagementClient], clock: Clock) -> None:
        self._compute = compute
        self._clock = clock
        self._reads = SharedReads(clock, self._read)

    def get(self, scale_set: ResourceId, *, fresh: bool = True) -> Body | None:
        """Source of the call: azure-mgmt-compute 39.0.0, VirtualMachineScaleSetsOperations.get."""
        return self._reads.get(scale_set, fresh=fresh)

    def in_subscription(self, subscription_id: str) -> Iterator[Body]:
        """Source of the call: VirtualMachineScaleSetsOperations.list_all."""
        with arm_errors("list its scale sets", f"subscription {subscription_id}"):
            for scale_set in self._compute(subscription_id).virtual_machine_scale_sets.list_all():
                found: Any = scale_set
                yield found.as_dict()

    def patch_settings(self, scale_set: ResourceId, os_kind: str, settings: Body) -> ArmOperation[Body]:
        """Source of the call: VirtualMachineScaleSetsOperations.begin_update (PATCH, long-running)."""
        profile = {"osProfile": {f"{os_kind}Configuration": {"patchSettings": dict(settings)}}}
        body: Any = {"properties": {"virtualMachineProfile": profile}}
        operations = self._compute(scale_set.subscription_id).virtual_machine_scale_sets

        def begin(polling: Any) -> None:
            with self._reads.changing(scale_set):
                operations.begin_update(scale_set.resource_group, scale_set.name, body, polling=polling)

        return ArmOperation(
            self._clock, begin, lambda: self.get(scale_set) or {}, "change its patch settings", _name(scale_set)
        )

    def _read(self, scale_set: ResourceId) -> Body | None:
        def read() -> Body:
            with arm_errors("read it", _name(scale_set)):
                operations = self._compute(scale_set.subscription_id).virtual_machine_scale_sets
                found: Any = operations.get(scale_set.resource_group, scale_set.name)
            body: Body = found.as_dict()
            return body

        return body_or_gone(read)


def _name(scale_set: ResourceId) -> str:
    return f"scale set '{scale_set.name}'"
