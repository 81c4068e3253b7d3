"""Rules on dynamic scopes and on the service's limits around them."""

from __future__ import annotations

from datetime import date
from typing import Final

from pulumi_azure_hotpatch.engine.logic import AtLeast, Equals, Expression, In, Not

from .model import ALWAYS, Rule

_LEARN = "Microsoft Learn, Maintenance configurations, 2026-09-25"
_TROUBLESHOOT = "Microsoft Learn, Troubleshoot maintenance configurations, 2023-10-13"
_AZURERM = "terraform-provider-azurerm, maintenance_assignment_dynamic_scope_resource.go, 2026-08-21"
_OURS = "This package's contract: a scope takes what its declaration says and no more"


def _limit(
    rule_id: str,
    fact: str,
    field: str,
    most: int,
    what: str,
    fix: str,
    applies_to: Expression = ALWAYS,
    where: str = "",
) -> Rule:
    return Rule(
        id=rule_id,
        subject="dynamic_scope",
        severity="error",
        title=f"At most {most} {what}{where}",
        field=field,
        applies_to=applies_to & Not(Equals(fact, None)),
        require=Not(AtLeast(fact, most + 1)),
        reason=f"{{{fact}}} {what}; the limit is {most}{where}.",
        fix=fix,
        source=f"{_LEARN}, service limits",
        as_of=date(2026, 9, 25),
    )


_SOVEREIGN = Equals("is_sovereign", True)
_THERE = " in the US Government and China clouds"

DYNAMIC_SCOPE_RULES: Final = (
    Rule(
        id="scope-has-a-filter",
        subject="dynamic_scope",
        severity="warning",
        title="The scope is narrowed by a filter",
        field="filter",
        applies_to=Not(Equals("allow_whole_subscription", True)),
        require=Equals("has_filter", True),
        reason="Nothing narrows the scope: it takes every machine below it.",
        fix="name one resource type or operating system, locations, resource groups or tags.",
        source=_AZURERM,
        as_of=date(2026, 8, 21),
    ),
    Rule(
        id="scope-whole-subscription",
        subject="dynamic_scope",
        severity="error",
        title="A declared scope takes a whole subscription only when it says so",
        field="filter",
        applies_to=Equals("allow_whole_subscription", False),
        require=Equals("is_narrowed", True),
        reason="Nothing but resource types narrows the scope: it takes every such machine of the subscription.",
        fix=(
            "name one operating system, locations, resource groups or tags; if every machine is meant, set "
            "allow_whole_subscription to True (--whole-subscription of `azure-hotpatch scope`)."
        ),
        source=f"{_OURS}; a filter at all is demanded by {_AZURERM}",
        as_of=date(2026, 11, 22),
    ),
    Rule(
        id="scope-places-apart",
        subject="dynamic_scope",
        severity="warning",
        title="No resource group of the scope is in a subscription that it covers as well",
        field="resource_group_ids",
        applies_to=Not(Equals("covered_groups", None)),
        require=Equals("covered_groups", 0),
        reason=(
            "{covered_groups:resource group is in a subscription|resource groups are in subscriptions} that the scope "
            "covers as well: their machines are on the schedule twice."
        ),
        fix="leave out the groups, or the subscription.",
        source=_LEARN,
        as_of=date(2026, 9, 25),
    ),
    Rule(
        id="scope-expected-machines",
        subject="dynamic_scope",
        severity="error",
        title="The scope takes no more machines than its declaration expects",
        field="max_machines",
        applies_to=Not(Equals("most_machines", None)) & Not(Equals("all_machines", None)),
        require=Equals("exceeds_most_machines", False),
        reason="The scope takes {all_machines:machine|machines} now; its declaration expects {most_machines} at most.",
        fix="narrow the filter, or raise max_machines.",
        source=_OURS,
        as_of=date(2026, 11, 22),
    ),
    Rule(
        id="scope-matches-machines",
        subject="dynamic_scope",
        severity="warning",
        title="The scope takes a machine",
        field="filter",
        applies_to=Not(Equals("all_machines", None)),
        require=Not(Equals("all_machines", 0)),
        reason="The scope takes none of the machines that are there now.",
        fix="correct the filter: values of tags are compared with their letter case; or wait for the machines.",
        source=f"{_LEARN}; Azure/azure-policy, built-in definition ba0df93e, 2026-04-29 (letter case of tag values)",
        as_of=date(2026, 9, 25),
    ),
    Rule(
        id="scope-machines-new",
        subject="dynamic_scope",
        severity="info",
        title="No machine comes into the scope",
        field="filter",
        applies_to=Not(Equals("new_machines", None)),
        require=Equals("new_machines", 0),
        reason="{new_machines:machine comes|machines come} into the scope.",
        fix="nothing, if that is meant; `azure-hotpatch scope` names them.",
        source=_LEARN,
        as_of=date(2026, 9, 25),
    ),
    Rule(
        id="scope-machines-dropped",
        subject="dynamic_scope",
        severity="info",
        title="No machine drops out of the scope",
        field="filter",
        applies_to=Not(Equals("dropped_machines", None)),
        require=Equals("dropped_machines", 0),
        reason=(
            "{dropped_machines:machine drops|machines drop} out of the scope: what does, this schedule patches no "
            "longer."
        ),
        fix="nothing, if that is meant; `azure-hotpatch scope` names them.",
        source=_LEARN,
        as_of=date(2026, 9, 25),
    ),
    Rule(
        id="scope-machines-off",
        subject="dynamic_scope",
        severity="warning",
        title="The scope's machines are running",
        field="filter",
        applies_to=Not(Equals("machines_off", None)),
        require=Equals("machines_off", 0),
        reason=(
            "{machines_off:machine in the scope is|machines in the scope are} off or disconnected now; unless a "
            "machine runs and is reached 15 minutes before a window, its run ends as ShutdownOrUnresponsive."
        ),
        fix=(
            "start them at least 15 minutes before every window, for example by a pre-event; mend the agents of Arc-"
            "enabled servers that are disconnected."
        ),
        source="Microsoft Learn, Troubleshoot issues with Azure Update Manager, 2024-09-11",
        as_of=date(2024, 9, 11),
    ),
    Rule(
        id="scope-same-start",
        subject="dynamic_scope",
        severity="warning",
        title="No other schedule of the scope's machines starts at the same time",
        field="schedule_id",
        applies_to=Not(Equals("same_start_machines", None)),
        require=Equals("same_start_machines", 0),
        reason=(
            "On {same_start_machines:machine|machines} of the scope another schedule starts at the same time: only one "
            "of the two runs."
        ),
        fix="move one of the schedules, or take the machines out of one.",
        source=_LEARN,
        as_of=date(2026, 9, 25),
    ),
    Rule(
        id="scope-overlap",
        subject="dynamic_scope",
        severity="info",
        title="No other schedule of the scope's machines is open at the same time",
        field="schedule_id",
        applies_to=Not(Equals("overlapping_machines", None)),
        require=Equals("overlapping_machines", 0),
        reason=(
            "On {overlapping_machines:machine|machines} of the scope windows of another schedule overlap: the runs "
            "follow one another, and the second has less time."
        ),
        fix="move one of the schedules, or take the machines out of one.",
        source=_LEARN,
        as_of=date(2026, 9, 25),
    ),
    Rule(
        id="scope-availability-set",
        subject="dynamic_scope",
        severity="info",
        title="No two machines of the scope are in one availability set",
        field="filter",
        applies_to=Not(Equals("shared_availability_sets", None)),
        require=Equals("shared_availability_sets", 0),
        reason=(
            "{shared_availability_sets:availability set has|availability sets have} several machines in the scope: all "
            "machines of a schedule start together, and only those of a set go update domain by update domain."
        ),
        fix="give the members of a set different schedules if not even one domain may be missing.",
        source=_LEARN,
        as_of=date(2026, 9, 25),
    ),
    Rule(
        id="scope-group-needs-locations",
        subject="dynamic_scope",
        severity="error",
        title="A scope on a resource group names its locations",
        field="locations",
        applies_to=Not(Equals("resource_group_name", None)),
        require=Equals("has_locations", True),
        reason="A dynamic scope on a resource group without locations fails the service's validation.",
        fix="name the locations of the group's machines.",
        source=_TROUBLESHOOT,
        as_of=date(2023, 10, 13),
    ),
    Rule(
        id="scope-resource-type",
        subject="dynamic_scope",
        severity="error",
        title="The scope's resource types can be patched",
        field="resource_types",
        require=Equals("wrong_resource_type", None),
        reason="Resource type '{wrong_resource_type}' cannot be in a dynamic scope.",
        fix="use Microsoft.Compute/virtualMachines or Microsoft.HybridCompute/machines.",
        source=_LEARN,
        as_of=date(2026, 9, 25),
    ),
    Rule(
        id="scope-os-type",
        subject="dynamic_scope",
        severity="error",
        title="The scope's operating system types exist",
        field="os_types",
        require=Equals("wrong_os_type", None),
        reason="There is no operating system type '{wrong_os_type}'.",
        fix="use Windows or Linux.",
        source=_LEARN,
        as_of=date(2026, 9, 25),
    ),
    Rule(
        id="scope-tag-operator",
        subject="dynamic_scope",
        severity="error",
        title="The tag operator exists",
        field="tag_operator",
        require=In("tag_operator", (None, "All", "Any")),
        reason="There is no tag operator {tag_operator}.",
        fix="use All or Any.",
        source="azure-mgmt-maintenance 2.1.0, TagOperators",
        as_of=date(2026, 8, 1),
    ),
    Rule(
        id="scope-takes-hotpatched-machines",
        subject="dynamic_scope",
        severity="warning",
        title="The scope takes no hotpatched machine",
        field="filter",
        applies_to=Not(Equals("hotpatched_machines", None)),
        require=Equals("hotpatched_machines", 0),
        reason=(
            "The scope takes {hotpatched_machines:hotpatched machine|hotpatched machines}; neither the schedule nor "
            "the platform patches such a machine."
        ),
        fix="narrow the filter, for example by a tag.",
        source=(
            "Microsoft Learn, Prerequisites for schedule patching, 2024-02-20; "
            "ARM error InvalidParameter quoted in claranet/terraform-azurerm-windows-vm PR 4, 2025-03-31"
        ),
        as_of=date(2025, 3, 31),
        switch="hotpatch-forbids-bypass",
        disagreement=(
            "A Japanese Microsoft support post recommends maintenance configurations to control when a hotpatched "
            "machine is patched."
        ),
    ),
    Rule(
        id="scope-machines-ready",
        subject="dynamic_scope",
        severity="warning",
        title="The scope's machines are ready for schedules",
        field="filter",
        applies_to=Not(Equals("unready_machines", None)),
        require=Equals("unready_machines", 0),
        reason=(
            "{unready_machines:machine in the scope lacks|machines in the scope lack} AutomaticByPlatform or the "
            "bypass flag; nothing patches such a machine."
        ),
        fix="set both on them, for example by the built-in policy 9905ca54.",
        source="Microsoft Learn, Prerequisites for schedule patching, 2024-02-20",
        as_of=date(2024, 2, 20),
    ),
    _limit("scope-machine-limit", "machines", "filter", 1000, "machines in one dynamic scope", "split the scope."),
    _limit(
        "scope-tag-filter-limit", "tag_filters", "tag_filters", 50, "tag filters in one scope", "use fewer tag filters."
    ),
    _limit(
        "scope-resource-group-limit",
        "resource_group_count",
        "resource_groups",
        50,
        "resource groups in one scope",
        "name fewer groups, or split the scope.",
    ),
    _limit(
        "scope-region-limit",
        "scopes_in_region",
        "subscription_ids",
        250,
        "dynamic scopes in one region of a subscription or group",
        "merge scopes, or move some to another subscription.",
    ),
    _limit(
        "scope-schedule-limit",
        "scopes_on_schedule",
        "schedule_id",
        200,
        "dynamic scopes on one schedule",
        "spread the scopes over two schedules.",
    ),
    _limit(
        "scope-schedule-limit-sovereign",
        "scopes_on_schedule",
        "schedule_id",
        100,
        "dynamic scopes on one schedule",
        "spread the scopes over two schedules.",
        _SOVEREIGN,
        _THERE,
    ),
    _limit(
        "scope-subscription-limit",
        "subscriptions_on_schedule",
        "subscription_ids",
        200,
        "subscriptions in the dynamic scopes of one schedule",
        "spread the subscriptions over two schedules.",
    ),
    _limit(
        "scope-subscription-limit-sovereign",
        "subscriptions_on_schedule",
        "subscription_ids",
        100,
        "subscriptions in the dynamic scopes of one schedule",
        "spread the subscriptions over two schedules.",
        _SOVEREIGN,
        _THERE,
    ),
    _limit(
        "scope-association-limit",
        "associations_on_schedule",
        "schedule_id",
        3000,
        "resources on one schedule",
        "spread the machines over two schedules.",
    ),
)
