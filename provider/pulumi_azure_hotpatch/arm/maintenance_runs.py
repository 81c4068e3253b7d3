"""Single runs of maintenance configurations over `azure-mgmt-resource`: the Maintenance client cannot cancel one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from pulumi_azure_hotpatch.ids import ResourceId
from pulumi_azure_hotpatch.ports import Body

from .errors import arm_errors

if TYPE_CHECKING:
    from azure.mgmt.resource.resources import ResourceManagementClient

# Source: Microsoft Learn, Manage pre and post maintenance events, 2024-07-24: PUT of the run with this status.
_API_VERSION: Final = "2023-09-01-preview"
_CANCEL: Final[Body] = {"properties": {"status": "Cancel"}}


class ArmMaintenanceRuns:
    """Implements `ports.MaintenanceRuns`; the argument makes a client for a subscription."""

    def __init__(self, resources: Callable[[str], ResourceManagementClient]) -> None:
        self._resources = resources

    def cancel(self, run: ResourceId) -> Body:
        """Source of the call: azure-mgmt-resource 26.0.0, ResourcesOperations.begin_create_or_update_by_id."""
        operations = self._resources(run.subscription_id).resources
        with arm_errors("cancel it", f"maintenance run '{run.name}'"):
            # The answer is the run as it is then; nothing is left to wait for.
            poller: Any = operations.begin_create_or_update_by_id(
                str(run), api_version=_API_VERSION, parameters=dict(_CANCEL), polling=False, cls=_raw
            )
            return dict(poller.result() or {})


def _raw(response: Any, _model: Any, _headers: Any) -> Any:
    return response.http_response.json()
