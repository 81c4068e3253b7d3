"""`DynamicScope`, as a program declares it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pulumi import Input, Output, ResourceOptions

from pulumi_azure_hotpatch import dynamic_providers as providers

from .declared import Declared, arguments
from .schedule_ids import known_early


class DynamicScope(Declared, module="azurehotpatch", name="DynamicScope"):
    """One maintenance schedule for every machine that a filter lets through, in subscriptions and resource groups."""

    schedule_id: Output[str]
    assignment_name: Output[str]
    subscription_ids: Output[Sequence[str] | None]
    resource_group_ids: Output[Sequence[str] | None]
    resource_types: Output[Sequence[str] | None]
    resource_groups: Output[Sequence[str] | None]
    locations: Output[Sequence[str] | None]
    os_types: Output[Sequence[str] | None]
    tag_filters: Output[Mapping[str, Sequence[str]] | None]
    tag_operator: Output[str]
    location: Output[str | None]
    allow_whole_subscription: Output[bool]
    max_machines: Output[int | None]
    on_destroy: Output[str]
    matching_count: Output[int | None]
    matching_machines: Output[Sequence[str] | None]
    findings: Output[Sequence[str] | None]
    assignment_ids: Output[Sequence[str]]
    adopted: Output[Sequence[str]]
    previous: Output[Mapping[str, Any]]
    applied: Output[Mapping[str, Any]]
    unfinished: Output[str | None]

    def __init__(
        self,
        resource_name: str,
        *,
        schedule_id: Input[str],
        assignment_name: Input[str] | None = None,
        subscription_ids: Input[Sequence[Input[str]]] | None = None,
        resource_group_ids: Input[Sequence[Input[str]]] | None = None,
        resource_types: Input[Sequence[Input[str]]] | None = None,
        resource_groups: Input[Sequence[Input[str]]] | None = None,
        locations: Input[Sequence[Input[str]]] | None = None,
        os_types: Input[Sequence[Input[str]]] | None = None,
        tag_filters: Input[Mapping[str, Input[Sequence[Input[str]]]]] | None = None,
        tag_operator: Input[str] | None = None,
        location: Input[str] | None = None,
        allow_whole_subscription: Input[bool] | None = None,
        max_machines: Input[int] | None = None,
        on_destroy: Input[str] | None = None,
        opts: ResourceOptions | None = None,
    ) -> None:
        """Declare the scope: one assignment for each subscription and each resource group.

        The service decides at every run which machines are in it; `matching_count` and `matching_machines` are what it
        took when it was last deployed, `findings` what the rules said of that: machines that came in and dropped out,
        limits, other schedules at the same time, members of one availability set, machines that are not ready for
        schedules, hotpatched or off. Without `max_machines` that is when the declaration was last changed: a run
        without changes does not look, and `matching_machines` has at most 100 ids. What findings say of today is asked
        for with `azure-hotpatch scope`.

        With `max_machines` every preview and every update looks, by two queries of Resource Graph that all scopes over
        the same subscriptions share: too many machines stop it although the program is the same, and a machine that
        comes or goes is an update that names it and writes nothing to Azure. All machines are listed then. A change
        that cannot look is refused before anything is written; a preview says so.

        Windows are compared with those of the other schedules that Azure has on the scope's machines; of a
        `MaintenanceSchedule` whose `id` is given here they are those that the program declares, also before it is made.
        While the id of another schedule is not known yet, one line says that they are not compared. Assignments and
        scopes that the same program makes are seen in the next run; the policy pack and `azure-hotpatch check` of a
        preview see them at once.

        The resource's own id is that of the assignment at its first place and stays so although that place is left:
        use `assignment_ids`. An assignment that is there already under the name is adopted (`adopted`); preview tells
        if it has another filter or schedule, which goes back when the scope is destroyed.

        :param schedule_id: ARM id of the maintenance configuration, such as a `MaintenanceSchedule`'s id. A change
            replaces the scope, as for the next one.
        :param assignment_name: the assignments' name, by default the resource's name.
        :param subscription_ids: where to look; by default the stack's subscription, unless groups are given.
        :param resource_group_ids: ids of resource groups to look in; these need `locations`.
        :param resource_types: `Microsoft.Compute/virtualMachines`, `Microsoft.HybridCompute/machines`; by default both.
        :param resource_groups: names of resource groups to which the subscriptions are narrowed.
        :param locations: regions.
        :param os_types: `Windows`, `Linux`, in any letter case as `tag_operator`.
        :param tag_filters: values that fit, by the name of the tag; values have letter case.
        :param tag_operator: `Any` (the default) or `All` of the tags.
        :param location: the region in which a group's assignment is kept, by default the first of `locations`.
        :param allow_whole_subscription: take all machines of the subscriptions; by default (False) not allowed.
        :param max_machines: refuse to deploy while more machines than this are taken. No deployment, no guard: what
            gets in between two of them the service patches.
        :param on_destroy: `restore` (the default) deletes what was created and puts back what was changed, `keep`
            leaves everything.
        """
        inputs = arguments(locals()) | {
            "assignment_name": assignment_name or resource_name,
            "schedule_id": known_early(schedule_id),
        }
        # What was there before and what was set hold tags again, which may be secret.
        copies = ResourceOptions(additional_secret_outputs=["applied", "previous"])
        opts = ResourceOptions.merge(opts, copies)
        super().__init__(providers.DynamicScopeProvider(), resource_name, inputs, opts)
