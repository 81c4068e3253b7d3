"""Patch operations on demand and the power of machines, over `azure-mgmt-compute` and `azure-mgmt-hybridcompute`."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pulumi_azure_hotpatch.ids import ResourceId
from pulumi_azure_hotpatch.ports import Body, Clock

from .errors import arm_errors
from .operations import ArmOperation
from .patch_operations import AcceptedOperation, KeptOperation

if TYPE_CHECKING:
    from azure.mgmt.compute import ComputeManagementClient
    from azure.mgmt.hybridcompute import HybridComputeManagementClient

_ARC = "microsoft.hybridcompute"


class ArmPatching:
    """Implements `ports.Patching`; the arguments make a client for a subscription."""

    def __init__(
        self,
        compute: Callable[[str], ComputeManagementClient],
        hybrid_compute: Callable[[str], HybridComputeManagementClient],
        clock: Clock,
    ) -> None:
        self._compute = compute
        self._hybrid_compute = hybrid_compute
        self._clock = clock

    def assess(self, machine: ResourceId) -> AcceptedOperation:
        """Source of the calls: VirtualMachinesOperations.begin_assess_patches, MachinesOperations.begin_assess_patches.

        Both are POST and long-running.
        """
        operations = self._machines(machine)

        def begin(polling: Any, hook: Any) -> None:
            operations.begin_assess_patches(
                machine.resource_group, machine.name, polling=polling, cls=_raw, raw_response_hook=hook
            )

        return AcceptedOperation(self._clock, begin, "assess its patches", _name(machine))

    def install(self, machine: ResourceId, request: Body, request_id: str | None = None) -> AcceptedOperation:
        """Source of the calls: `begin_install_patches` of the same operations; `request_id` as in `start`."""
        operations = self._machines(machine)
        # Bytes travel as they are: a duration in the SDK's models would be spelt `PT02H00M00S`.
        content: Any = json.dumps(request).encode()
        options: dict[str, Any] = {} if request_id is None else {"request_id": request_id}

        def begin(polling: Any, hook: Any) -> None:
            operations.begin_install_patches(
                machine.resource_group,
                machine.name,
                content,
                polling=polling,
                cls=_raw,
                raw_response_hook=hook,
                **options,
            )

        return AcceptedOperation(self._clock, begin, "install patches", _name(machine))

    def resume(self, machine: ResourceId, address: str) -> KeptOperation:
        """The operation behind an address that an earlier run kept."""
        return KeptOperation(self._clock, self._client(machine), address, "go on with its operation", _name(machine))

    def start(self, machine: ResourceId, request_id: str) -> ArmOperation[Body]:
        """Source of the call: azure-mgmt-compute 39.0.0, VirtualMachinesOperations.begin_start.

        `request_id` goes into `x-ms-client-request-id` (azure-core 1.41, RequestIdPolicy).
        """
        return self._power(machine, "begin_start", "start it", request_id=request_id)

    def stop(self, machine: ResourceId, *, deallocate: bool) -> ArmOperation[Body]:
        """Source of the calls: VirtualMachinesOperations.begin_deallocate and begin_power_off."""
        return self._power(machine, "begin_deallocate" if deallocate else "begin_power_off", "stop it")

    def _power(self, machine: ResourceId, verb: str, action: str, **options: str) -> ArmOperation[Body]:
        operations = self._compute(machine.subscription_id).virtual_machines

        def begin(polling: Any) -> None:
            getattr(operations, verb)(machine.resource_group, machine.name, polling=polling, **options)

        return ArmOperation(self._clock, begin, dict, action, _name(machine))

    def _machines(self, machine: ResourceId) -> Any:
        client = self._client(machine)
        return client.machines if _is_arc(machine) else client.virtual_machines

    def _client(self, machine: ResourceId) -> Any:
        make: Callable[[str], Any] = self._hybrid_compute if _is_arc(machine) else self._compute
        # Making a client imports its package: what goes wrong there is no answer of Azure.
        with arm_errors("reach it", _name(machine)):
            return make(machine.subscription_id)


def _is_arc(machine: ResourceId) -> bool:
    return machine.provider.casefold() == _ARC


def _name(machine: ResourceId) -> str:
    return f"Arc server '{machine.name}'" if _is_arc(machine) else f"VM '{machine.name}'"


def _raw(response: Any, _model: Any, _headers: Any) -> Any:
    """The answer as the service wrote it; the operation reads it from the response."""
    return response
