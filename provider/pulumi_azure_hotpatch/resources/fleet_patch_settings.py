"""`FleetPatchSettings`, as a program declares it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pulumi import Input, Output, ResourceOptions

from pulumi_azure_hotpatch import dynamic_providers as providers

from .declared import Declared, arguments


class FleetPatchSettings(Declared, module="azurehotpatch", name="FleetPatchSettings"):
    """The patch settings of many VMs as one resource, and the schedule that each of them is given.

    Only the fields that are given are owned. What was there before is kept for every machine; one that leaves the fleet
    gets it back, as all do when the resource is destroyed.
    """

    fleet_name: Output[str]
    machine_ids: Output[Sequence[str] | None]
    query: Output[str | None]
    subscription_ids: Output[Sequence[str] | None]
    resource_groups: Output[Sequence[str] | None]
    locations: Output[Sequence[str] | None]
    os_types: Output[Sequence[str] | None]
    tag_filters: Output[Mapping[str, Sequence[str]] | None]
    tag_operator: Output[str]
    allow_whole_subscription: Output[bool]
    patch_mode: Output[str | None]
    enable_hotpatching: Output[bool | None]
    assessment_mode: Output[str | None]
    reboot_setting: Output[str | None]
    bypass_platform_safety_checks_on_user_schedule: Output[bool | None]
    schedule_id: Output[str | None]
    on_destroy: Output[str]
    timeout: Output[str | None]
    matched: Output[Sequence[str] | None]
    outcomes: Output[Sequence[str]]
    groups: Output[Sequence[Mapping[str, Any]]]
    drifted: Output[Sequence[str]]
    unfinished: Output[str | None]

    def __init__(
        self,
        resource_name: str,
        *,
        fleet_name: Input[str] | None = None,
        machine_ids: Input[Sequence[Input[str]]] | None = None,
        query: Input[str] | None = None,
        subscription_ids: Input[Sequence[Input[str]]] | None = None,
        resource_groups: Input[Sequence[Input[str]]] | None = None,
        locations: Input[Sequence[Input[str]]] | None = None,
        os_types: Input[Sequence[Input[str]]] | None = None,
        tag_filters: Input[Mapping[str, Input[Sequence[Input[str]]]]] | None = None,
        tag_operator: Input[str] | None = None,
        allow_whole_subscription: Input[bool] | None = None,
        patch_mode: Input[str] | None = None,
        enable_hotpatching: Input[bool] | None = None,
        assessment_mode: Input[str] | None = None,
        reboot_setting: Input[str] | None = None,
        bypass_platform_safety_checks_on_user_schedule: Input[bool] | None = None,
        schedule_id: Input[str] | None = None,
        on_destroy: Input[str] | None = None,
        timeout: Input[str] | None = None,
        opts: ResourceOptions | None = None,
    ) -> None:
        """Declare the fleet. Its machines are listed, or found by a query, or by a filter as dynamic scopes have it.

        Filters and queries are evaluated in every preview and every update: a machine that newly matches joins, one
        that no longer does leaves, and preview shows both in `matched`. While nothing joins or leaves, and nothing is
        declared anew, there is nothing to do.

        :param fleet_name: what messages call it; by default the resource's name.
        :param machine_ids: ARM ids of VMs.
        :param query: Kusto for Resource Graph, whose rows have the `id` of VMs; let it order them by `id`.
        :param subscription_ids: where the query or the filter looks; by default in the stack's subscription.
        :param resource_groups: names of resource groups; machines in any of them, and so on for the next two.
        :param locations: regions.
        :param os_types: `Windows`, `Linux`, in any letter case as `tag_operator`.
        :param tag_filters: values that fit, by the name of the tag; values have letter case.
        :param tag_operator: `Any` (the default) or `All` of the tags.
        :param allow_whole_subscription: take every VM of the subscriptions; by default (False) a filter is needed.
        :param patch_mode: as for `VirtualMachinePatchSettings`, and so on for the next four.
        :param enable_hotpatching: Windows only; needs an eligible image, the VM agent and `AutomaticByPlatform`.
        :param assessment_mode: `AutomaticByPlatform` (assessed every day) or `ImageDefault`.
        :param reboot_setting: `IfRequired`, `Never` or `Always`, for platform patching.
        :param bypass_platform_safety_checks_on_user_schedule: True lets maintenance schedules patch the machines;
            forbidden with hotpatch.
        :param schedule_id: a maintenance configuration that every machine is given once its settings are right.
        :param on_destroy: `restore` (the default) puts back what was there before, `keep` leaves everything.
        :param timeout: how long a change may take in all, such as `2h` (the default).
        """
        inputs = arguments(locals()) | {"fleet_name": fleet_name or resource_name}
        super().__init__(providers.FleetPatchSettingsProvider(), resource_name, inputs, opts)
