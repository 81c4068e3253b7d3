"""Arc-enabled servers and their licence profiles over `azure-mgmt-hybridcompute` (API 2026-07-15).

Bodies are the service's JSON, not the SDK's models: dates of the service may lack their zone (seen in a recorded
`billingStartDate`), and what they mean is for the reader to say.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from pulumi_azure_hotpatch.ids import ResourceId
from pulumi_azure_hotpatch.ports import Body, Clock

from .errors import arm_errors
from .operations import ArmOperation
from .reads import SharedReads, body_or_gone

if TYPE_CHECKING:
    from azure.mgmt.hybridcompute import HybridComputeManagementClient


class ArmArcMachines:
    """Implements `ports.ArcMachines`; the argument makes a client for a subscription."""

    def __init__(self, client: Callable[[str], HybridComputeManagementClient], clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._reads = SharedReads(clock, self._read)

    def get(self, machine: ResourceId, *, fresh: bool = True) -> Body | None:
        """Source of the call: azure-mgmt-hybridcompute 10.0.0, MachinesOperations.get."""
        return self._reads.get(machine, fresh=fresh)

    def in_subscription(self, subscription_id: str) -> Iterator[Body]:
        """Source of the call: MachinesOperations.list_by_subscription."""
        with arm_errors("list its Arc-enabled servers", f"subscription {subscription_id}"):
            for machine in self._client(subscription_id).machines.list_by_subscription():
                body: Any = machine
                yield body.as_dict()

    def patch_settings(self, machine: ResourceId, os_kind: str, settings: Body) -> Body:
        """Source of the call: MachinesOperations.update (PATCH, not long-running)."""
        body: Any = {"properties": {"osProfile": {f"{os_kind}Configuration": {"patchSettings": dict(settings)}}}}
        with arm_errors("change its patch settings", _name(machine)), self._reads.changing(machine):
            operations = self._client(machine.subscription_id).machines
            changed: Any = operations.update(machine.resource_group, machine.name, _json(body), cls=_raw)
        return dict(changed)

    def get_license_profile(self, machine: ResourceId) -> Body | None:
        """Source of the call: LicenseProfilesOperations.get; there is one profile, `default`."""

        def read() -> Body:
            with arm_errors("read its licence profile", _name(machine)):
                operations = self._client(machine.subscription_id).license_profiles
                found: Any = operations.get(machine.resource_group, machine.name, cls=_raw)
            return dict(found)

        return body_or_gone(read)

    def put_license_profile(self, machine: ResourceId, body: Body) -> ArmOperation[Body]:
        """Source of the call: LicenseProfilesOperations.begin_create_or_update (PUT, long-running)."""
        operations = self._client(machine.subscription_id).license_profiles
        return self._license_operation(machine, operations.begin_create_or_update, body, "create its licence profile")

    def patch_license_profile(self, machine: ResourceId, body: Body) -> ArmOperation[Body]:
        """Source of the call: LicenseProfilesOperations.begin_update (PATCH, long-running)."""
        operations = self._client(machine.subscription_id).license_profiles
        return self._license_operation(machine, operations.begin_update, body, "change its licence profile")

    def delete_license_profile(self, machine: ResourceId) -> ArmOperation[Body]:
        """Source of the call: LicenseProfilesOperations.begin_delete (long-running)."""
        operations = self._client(machine.subscription_id).license_profiles

        def begin(polling: Any) -> None:
            with self._reads.changing(machine):
                operations.begin_delete(machine.resource_group, machine.name, polling=polling)

        return ArmOperation(self._clock, begin, dict, "delete its licence profile", _name(machine))

    def _license_operation(self, machine: ResourceId, call: Any, body: Body, action: str) -> ArmOperation[Body]:
        def begin(polling: Any) -> None:
            with self._reads.changing(machine):
                call(machine.resource_group, machine.name, _json(body), polling=polling)

        # What the profile has come to hold is not in every answer: it is read once the operation is over.
        return ArmOperation(self._clock, begin, lambda: self.get_license_profile(machine) or {}, action, _name(machine))

    def _read(self, machine: ResourceId) -> Body | None:
        def read() -> Body:
            with arm_errors("read it", _name(machine)):
                operations = self._client(machine.subscription_id).machines
                found: Any = operations.get(machine.resource_group, machine.name, cls=_raw)
            return dict(found)

        return body_or_gone(read)


def _name(machine: ResourceId) -> str:
    return f"Arc server '{machine.name}'"


def _json(body: Body) -> Any:
    # The SDK sends bytes as they are.
    return json.dumps(body).encode()


def _raw(response: Any, _model: Any, _headers: Any) -> Any:
    return response.http_response.json()
