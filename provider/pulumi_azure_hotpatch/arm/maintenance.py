"""Maintenance configurations and assignments over `azure-mgmt-maintenance` (API 2023-04-01)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

from pulumi_azure_hotpatch.ids import ResourceId
from pulumi_azure_hotpatch.ports import Body, Clock, ResourceGraph

from .errors import arm_errors
from .reads import Page, SharedReads

if TYPE_CHECKING:
    from azure.mgmt.maintenance import MaintenanceManagementClient

# Source of table and type: Microsoft Learn, Azure Resource Graph table and resource type reference, 2025.
_ASSIGNMENT_IDS: Final = """maintenanceresources
| where type =~ 'microsoft.maintenance/configurationassignments'
| project id
| order by id asc"""


class ArmMaintenance:
    """Implements `ports.Maintenance`; `client` makes a client for a subscription.

    Where a run asks for many assignments, one that neither the list of the subscription nor Resource Graph knows does
    not exist: no source says that the list has the assignments of machines too, and Resource Graph is some moments
    behind.

    Bodies travel as JSON in both directions: the SDK's models drop fields that the service sends (`configurationType`,
    fields of filters), and those are needed to leave alone what is not ours.
    """

    def __init__(
        self, client: Callable[[str], MaintenanceManagementClient], clock: Clock, graph: ResourceGraph
    ) -> None:
        self._client = client
        self._graph = graph
        self._assignments = SharedReads(clock, self._read_assignment, self._pages, self._in_graph)
        self._schedules = SharedReads(clock, self._read_schedule)
        self._missing_groups: set[str] = set()

    def schedules_in(self, subscription_id: str) -> Iterator[Body]:
        """Source of the call: MaintenanceConfigurationsOperations.list."""
        operations = self._client(subscription_id).maintenance_configurations
        with arm_errors("list its schedules", f"subscription {subscription_id}"):
            yield from _bodies(operations.list)

    def assignments_in(self, subscription_id: str) -> Iterator[Body]:
        """Source of the call: ConfigurationAssignmentsWithinSubscriptionOperations.list."""
        for page in self._pages(subscription_id):
            yield from page.bodies

    def get_schedule(self, schedule: ResourceId, *, fresh: bool = True) -> Body | None:
        """Source of the call: azure-mgmt-maintenance 2.1.0, MaintenanceConfigurationsOperations.get."""
        return self._schedules.get(schedule, fresh=fresh)

    def has_group_of(self, schedule: ResourceId) -> bool:
        """Source of the call: as `get_schedule`; a missing group has an error code of its own."""
        return (
            self.get_schedule(schedule, fresh=False) is not None
            or schedule.scope.casefold() not in self._missing_groups
        )

    def put_schedule(self, schedule: ResourceId, body: Body) -> Body:
        """Source of the call: MaintenanceConfigurationsOperations.create_or_update."""
        operations = self._client(schedule.subscription_id).maintenance_configurations
        with self._schedules.changing(schedule) as answered, arm_errors("write it", f"schedule '{schedule.name}'"):
            written: Any = operations.create_or_update(schedule.resource_group, schedule.name, _json(body), cls=_raw)
            answered(dict(written))
        return dict(written)

    def delete_schedule(self, schedule: ResourceId) -> None:
        """Source of the call: MaintenanceConfigurationsOperations.delete."""
        operations = self._client(schedule.subscription_id).maintenance_configurations
        with self._schedules.changing(schedule), arm_errors("delete it", f"schedule '{schedule.name}'"):
            _body_or_gone(lambda: operations.delete(schedule.resource_group, schedule.name, cls=_nothing))

    def get_assignment(self, assignment: ResourceId, *, fresh: bool = True) -> Body | None:
        """Source of the calls: ConfigurationAssignmentsOperations.get, those for resource groups and subscriptions,
        and, for many, those of `assignments_in`.
        """
        return self._assignments.get(assignment, fresh=fresh)

    def observe_assignment(self, assignment: ResourceId) -> Body | None:
        """Source of the calls: as `get_assignment`."""
        return self._assignments.observe(assignment)

    def put_assignment(self, assignment: ResourceId, body: Body) -> Body:
        """Source of the calls: `create_or_update` of the same operations."""
        operations, address = self._operations(assignment)
        with self._assignments.changing(assignment) as answered, arm_errors("write it", _name(assignment)):
            written: Any = operations.create_or_update(*address, _json(body), cls=_raw)
            answered(dict(written))
        return dict(written)

    def delete_assignment(self, assignment: ResourceId) -> None:
        """Source of the calls: `delete` of the same operations."""
        operations, address = self._operations(assignment)
        with self._assignments.changing(assignment), arm_errors("delete it", _name(assignment)):
            _body_or_gone(lambda: operations.delete(*address, cls=_nothing))

    def _read_schedule(self, schedule: ResourceId) -> Body | None:
        operations = self._client(schedule.subscription_id).maintenance_configurations
        self._missing_groups.discard(schedule.scope.casefold())

        def note(code: str) -> None:
            if code == _NO_GROUP:
                self._missing_groups.add(schedule.scope.casefold())

        with arm_errors("read it", f"schedule '{schedule.name}'"):
            return _body_or_gone(lambda: operations.get(schedule.resource_group, schedule.name, cls=_raw), note)

    def _read_assignment(self, assignment: ResourceId) -> Body | None:
        operations, address = self._operations(assignment)
        with arm_errors("read it", _name(assignment)):
            return _body_or_gone(lambda: operations.get(*address, cls=_raw))

    def _pages(self, subscription_id: str) -> Iterator[Page]:
        operations = self._client(subscription_id).configuration_assignments_within_subscription
        with arm_errors("list its assignments", f"subscription {subscription_id}"):
            yield Page(list(_bodies(operations.list)), is_last=True)

    def _in_graph(self, subscription_id: str) -> frozenset[str]:
        rows = self._graph.query(_ASSIGNMENT_IDS, [subscription_id])
        return frozenset(str(row["id"]).rstrip("/").casefold() for row in rows)

    def _operations(self, assignment: ResourceId) -> tuple[Any, tuple[str, ...]]:
        """The operations for what the assignment is on, and its address there: the assignment's name comes last."""
        client = self._client(assignment.subscription_id)
        if _PROVIDERS in assignment.scope.casefold():
            machine = ResourceId.parse(assignment.scope)
            address = (machine.resource_group, machine.provider, machine.path[-1][0], machine.name, assignment.name)
            return client.configuration_assignments, address
        if assignment.resource_group:
            group = client.configuration_assignments_for_resource_group
            return group, (assignment.resource_group, assignment.name)
        return client.configuration_assignments_for_subscriptions, (assignment.name,)


_PROVIDERS: Final = "/providers/"
# Source: Microsoft Learn, Troubleshoot common Azure deployment errors.
_NO_GROUP: Final = "ResourceGroupNotFound"


def _name(assignment: ResourceId) -> str:
    return f"assignment '{assignment.name}'"


def _json(body: Body) -> Any:
    # The SDK sends bytes as they are; its annotation names models and streams only.
    return json.dumps(body).encode()


def _raw(response: Any, _model: Any, _headers: Any) -> Any:
    from azure.core.pipeline.policies import ContentDecodePolicy

    return ContentDecodePolicy.deserialize_from_http_generics(response.http_response)


def _bodies(call: Callable[..., Any]) -> Iterator[Body]:
    """The items of a list as the service sent them; the SDK's own models would drop fields."""
    from azure.core.pipeline.policies import ContentDecodePolicy

    pages: list[Any] = []

    def keep(response: Any) -> None:
        pages.append(ContentDecodePolicy.deserialize_from_http_generics(response.http_response))

    for _ in call(raw_response_hook=keep):
        while pages:
            yield from pages.pop(0).get("value", ())


def _nothing(_response: Any, _model: Any, _headers: Any) -> None:
    """The service may or may not send what it deleted."""


def _body_or_gone(call: Callable[[], Any], note: Callable[[str], None] = lambda _: None) -> Body | None:
    """What a read answers, None for a 404, of whose code `note` hears."""
    from azure.core.exceptions import ResourceNotFoundError

    try:
        found = call()
    except ResourceNotFoundError as error:
        if error.error is not None and error.error.code == "SubscriptionNotFound":
            raise
        note(str(error.error.code if error.error is not None else ""))
        return None
    return dict(found) if found else None
