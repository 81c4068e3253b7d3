"""Ids of schedules that a preview would not know: the engine gives a resource its id only when it is made."""

from __future__ import annotations

import pulumi
from pulumi import Input, Output
from pulumi.output import Unknown

from pulumi_azure_hotpatch.engine.facts import MAINTENANCE_CONFIGURATIONS
from pulumi_azure_hotpatch.ids import id_in_group

from .maintenance_schedule import MaintenanceSchedule


def known_early(schedule_id: Input[str]) -> Input[str]:
    """What is given; in a preview the `id` of a `MaintenanceSchedule` that is still to be made, as it will be.

    The id follows from what the schedule declares. Whatever else is not known stays so.
    """
    if not (isinstance(schedule_id, Output) and pulumi.runtime.is_dry_run()):
        return schedule_id
    given: Output[str] = schedule_id

    async def made_by() -> list[MaintenanceSchedule]:
        """The schedule whose very id this is; what was made of an id may be another one's."""
        makers = await given.resources()
        return [one for one in makers if isinstance(one, MaintenanceSchedule) and one.id is given]

    def unless_known(value: str | Unknown) -> Input[str]:
        if not isinstance(value, Unknown):
            return value
        schedules: Output[list[MaintenanceSchedule]] = Output.from_input(made_by())
        return schedules.apply(lambda found: _id_of(found[0], given) if found else given)

    return given.apply(unless_known, run_with_unknowns=True)


def _id_of(schedule: MaintenanceSchedule, unknown: Output[str]) -> Output[str]:
    parts = Output.all(schedule.subscription_id, schedule.resource_group_name, schedule.schedule_name)
    return parts.apply(lambda known: unknown if None in known else _spelt(*known))


def _spelt(subscription: str, group: str, name: str) -> str:
    return id_in_group(subscription, group, MAINTENANCE_CONFIGURATIONS, name)
