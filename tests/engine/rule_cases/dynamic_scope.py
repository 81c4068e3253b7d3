"""Cases of the rules on dynamic scopes."""

from __future__ import annotations

from typing import Any, Final

from pulumi_azure_hotpatch.engine.logic import UNKNOWN

from .form import Cases, dynamic_scope

_SOVEREIGN = {"location": "chinaeast2"}


def _count(fact: str, says: str, misses: str = "filter") -> Cases:
    return Cases(
        passes=dynamic_scope(**{fact: 0}),
        violates=dynamic_scope(**{fact: 3}),
        says=says,
        unknown=dynamic_scope(**{fact: UNKNOWN}),
        misses=misses,
        skipped=dynamic_scope(),
    )


def _limit(fact: str, most: int, says: str, misses: str | None = None, skipped: Any = None, **others: Any) -> Cases:
    return Cases(
        passes=dynamic_scope(**{fact: most}, **others),
        violates=dynamic_scope(**{fact: most + 1}, **others),
        says=says,
        unknown=dynamic_scope(**{fact: UNKNOWN}, **others),
        misses=misses or fact,
        skipped=skipped or dynamic_scope(**others),
    )


CASES: Final = {
    "scope-has-a-filter": Cases(
        passes=dynamic_scope(resource_types=None, os_types=None, locations=None, tag_filters=1),
        violates=dynamic_scope(resource_types=None, os_types=(), locations=None, tag_filters=0),
        says="Nothing narrows the scope: it takes every machine below it.",
        unknown=dynamic_scope(resource_types=None, os_types=None, locations=UNKNOWN),
        misses="filter",
        skipped=dynamic_scope(os_types=None, locations=None, allow_whole_subscription=True),
    ),
    "scope-whole-subscription": Cases(
        passes=dynamic_scope(allow_whole_subscription=False, locations=None),
        violates=dynamic_scope(allow_whole_subscription=False, os_types=None, locations=None),
        says="Nothing but resource types narrows the scope: it takes every such machine of the subscription.",
        unknown=dynamic_scope(allow_whole_subscription=False, os_types=None, locations=UNKNOWN),
        misses="filter",
        skipped=dynamic_scope(allow_whole_subscription=True, os_types=None, locations=None),
    ),
    "scope-places-apart": Cases(
        passes=dynamic_scope(covered_groups=0),
        violates=dynamic_scope(covered_groups=2),
        says=(
            "2 resource groups are in subscriptions that the scope covers as well: their machines are on the schedule "
            "twice."
        ),
        unknown=dynamic_scope(covered_groups=UNKNOWN),
        misses="resource_group_ids",
        skipped=dynamic_scope(),
    ),
    "scope-expected-machines": Cases(
        passes=dynamic_scope(most_machines=7, all_machines=7),
        violates=dynamic_scope(most_machines=7, all_machines=8),
        says="The scope takes 8 machines now; its declaration expects 7 at most.",
        unknown=dynamic_scope(most_machines=7, all_machines=UNKNOWN),
        misses="filter, max_machines",
        skipped=dynamic_scope(all_machines=8),
    ),
    "scope-matches-machines": Cases(
        passes=dynamic_scope(all_machines=1),
        violates=dynamic_scope(all_machines=0),
        says="The scope takes none of the machines that are there now.",
        unknown=dynamic_scope(all_machines=UNKNOWN),
        misses="filter",
        skipped=dynamic_scope(),
    ),
    "scope-machines-new": _count("new_machines", "3 machines come into the scope."),
    "scope-machines-dropped": _count(
        "dropped_machines", "3 machines drop out of the scope: what does, this schedule patches no longer."
    ),
    "scope-machines-off": _count(
        "machines_off",
        "3 machines in the scope are off or disconnected now; unless a machine runs and is reached 15 minutes before a "
        "window, its run ends as ShutdownOrUnresponsive.",
    ),
    "scope-same-start": _count(
        "same_start_machines",
        "On 3 machines of the scope another schedule starts at the same time: only one of the two runs.",
        "schedule_id",
    ),
    "scope-overlap": _count(
        "overlapping_machines",
        "On 3 machines of the scope windows of another schedule overlap: the runs follow one another, and the second "
        "has less time.",
        "schedule_id",
    ),
    "scope-availability-set": _count(
        "shared_availability_sets",
        "3 availability sets have several machines in the scope: all machines of a schedule start together, and only "
        "those of a set go update domain by update domain.",
    ),
    "scope-group-needs-locations": Cases(
        passes=dynamic_scope(resource_group_name="contoso"),
        violates=dynamic_scope(resource_group_name="contoso", locations=None),
        says="A dynamic scope on a resource group without locations fails the service's validation.",
        unknown=dynamic_scope(resource_group_name="contoso", locations=UNKNOWN),
        misses="locations",
        skipped=dynamic_scope(locations=None),
    ),
    "scope-resource-type": Cases(
        passes=dynamic_scope(),
        violates=dynamic_scope(resource_types=("Microsoft.Compute/virtualMachineScaleSets",)),
        says="Resource type 'Microsoft.Compute/virtualMachineScaleSets' cannot be in a dynamic scope.",
        unknown=dynamic_scope(resource_types=UNKNOWN),
        misses="resource_types",
    ),
    "scope-os-type": Cases(
        passes=dynamic_scope(os_types=("windows", "Linux")),
        violates=dynamic_scope(os_types=("Linux", "Solaris")),
        says="There is no operating system type 'Solaris'.",
        unknown=dynamic_scope(os_types=UNKNOWN),
        misses="os_types",
    ),
    "scope-tag-operator": Cases(
        passes=dynamic_scope(tag_operator=None),
        violates=dynamic_scope(tag_operator="None"),
        says="There is no tag operator None.",
        unknown=dynamic_scope(tag_operator=UNKNOWN),
        misses="tag_operator",
    ),
    "scope-takes-hotpatched-machines": Cases(
        passes=dynamic_scope(hotpatched_machines=0),
        violates=dynamic_scope(hotpatched_machines=3),
        says="The scope takes 3 hotpatched machines; neither the schedule nor the platform patches such a machine.",
        unknown=dynamic_scope(hotpatched_machines=UNKNOWN),
        misses="filter",
        skipped=dynamic_scope(),
    ),
    "scope-machines-ready": Cases(
        passes=dynamic_scope(unready_machines=0),
        violates=dynamic_scope(unready_machines=12),
        says="12 machines in the scope lack AutomaticByPlatform or the bypass flag; nothing patches such a machine.",
        unknown=dynamic_scope(unready_machines=UNKNOWN),
        misses="filter",
        skipped=dynamic_scope(),
    ),
    "scope-machine-limit": _limit("machines", 1000, "1001 machines in one dynamic scope; the limit is 1000.", "filter"),
    "scope-tag-filter-limit": _limit("tag_filters", 50, "51 tag filters in one scope; the limit is 50."),
    "scope-resource-group-limit": Cases(
        passes=dynamic_scope(resource_groups=("contoso",) * 50),
        violates=dynamic_scope(resource_groups=("contoso",) * 51),
        says="51 resource groups in one scope; the limit is 50.",
        unknown=dynamic_scope(resource_groups=UNKNOWN),
        misses="resource_groups",
        skipped=dynamic_scope(),
    ),
    "scope-region-limit": _limit(
        "scopes_in_region",
        250,
        "251 dynamic scopes in one region of a subscription or group; the limit is 250.",
        "subscription_ids",
    ),
    "scope-schedule-limit": _limit(
        "scopes_on_schedule",
        200,
        "201 dynamic scopes on one schedule; the limit is 200.",
        "schedule_id",
    ),
    "scope-schedule-limit-sovereign": _limit(
        "scopes_on_schedule",
        100,
        "101 dynamic scopes on one schedule; the limit is 100 in the US Government and China clouds.",
        "schedule_id",
        skipped=dynamic_scope(scopes_on_schedule=101),
        **_SOVEREIGN,
    ),
    "scope-subscription-limit": _limit(
        "subscriptions_on_schedule",
        200,
        "201 subscriptions in the dynamic scopes of one schedule; the limit is 200.",
        "subscription_ids",
    ),
    "scope-subscription-limit-sovereign": _limit(
        "subscriptions_on_schedule",
        100,
        "101 subscriptions in the dynamic scopes of one schedule; "
        "the limit is 100 in the US Government and China clouds.",
        "subscription_ids",
        skipped=dynamic_scope(subscriptions_on_schedule=101),
        **_SOVEREIGN,
    ),
    "scope-association-limit": _limit(
        "associations_on_schedule", 3000, "3001 resources on one schedule; the limit is 3000.", "schedule_id"
    ),
}
