"""`ScheduleAssignment`, as a program declares it."""

from __future__ import annotations

from pulumi import Input, Output, ResourceOptions

from pulumi_azure_hotpatch import dynamic_providers as providers

from .declared import Declared, arguments


class ScheduleAssignment(Declared, module="azurehotpatch", name="ScheduleAssignment"):
    """One maintenance schedule given to one machine."""

    machine_id: Output[str]
    schedule_id: Output[str]
    assignment_name: Output[str | None]
    location: Output[str | None]
    timeout: Output[str | None]
    on_destroy: Output[str]
    outcome: Output[str]
    adopted: Output[bool]
    previous_schedule_id: Output[str | None]
    applied_schedule_id: Output[str | None]
    unfinished: Output[str | None]

    def __init__(
        self,
        resource_name: str,
        *,
        machine_id: Input[str],
        schedule_id: Input[str],
        assignment_name: Input[str] | None = None,
        location: Input[str] | None = None,
        timeout: Input[str] | None = None,
        on_destroy: Input[str] | None = None,
        opts: ResourceOptions | None = None,
    ) -> None:
        """Declare the assignment.

        :param machine_id: ARM id of a VM or an Arc-enabled server. A change replaces the assignment, as for the next
            two.
        :param schedule_id: ARM id of the maintenance configuration, such as a `MaintenanceSchedule`'s id.
        :param assignment_name: by default the schedule's name.
        :param location: by default the machine's.
        :param timeout: how long to go on trying while a new machine is not assignable yet, such as `30m` (the default).
        :param on_destroy: `restore` (the default) deletes what was created and puts back what was changed, `keep`
            leaves everything.
        """
        super().__init__(providers.ScheduleAssignmentProvider(), resource_name, arguments(locals()), opts)
