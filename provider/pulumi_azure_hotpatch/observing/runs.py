"""Runs of maintenance configurations: listed from Resource Graph, and one of them cancelled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pulumi_azure_hotpatch.engine.bodies import object_at
from pulumi_azure_hotpatch.engine.facts import MAINTENANCE_CONFIGURATIONS
from pulumi_azure_hotpatch.errors import InvalidInput
from pulumi_azure_hotpatch.ids import ResourceId, same_id

from . import queries
from .rows import MaintenanceRunRow
from .sources import Sources
from .values import instant, shown_instant, text

APPLY_UPDATES = "Microsoft.Maintenance/applyUpdates"


def maintenance_runs(
    sources: Sources, subscriptions: Sequence[str], *, schedule: str | None = None
) -> list[MaintenanceRunRow]:
    """One row for each run, the latest first; `schedule` is the ARM id of the one configuration to look at.

    Announced runs have no machine: they have the form in which one is cancelled. Raises ArmError, and InvalidInput for
    what is no configuration's id.
    """
    if schedule is not None and not ResourceId.parse(schedule).is_type(MAINTENANCE_CONFIGURATIONS):
        raise InvalidInput(f"'{schedule}' is not the id of a schedule (…/providers/{MAINTENANCE_CONFIGURATIONS}/NAME)")
    rows = [_row(row) for row in sources.graph.query(queries.RUNS, subscriptions)]
    wanted = [row for row in rows if schedule is None or same_id(row["schedule"] or "", schedule)]
    return sorted(wanted, key=lambda row: _started(row), reverse=True)


def cancel_run(sources: Sources, run: str) -> MaintenanceRunRow:
    """Cancel an announced run, named by its id; the run as the service then has it.

    The service takes it until 10 minutes before the start (Microsoft Learn, Manage pre and post events, 2024-07-24) and
    refuses it otherwise. Raises InvalidInput for what is no run of a configuration, ArmError where the service refuses.
    """
    parsed = ResourceId.parse(run)
    if not parsed.is_type(APPLY_UPDATES):
        raise InvalidInput(f"'{run}' is not the id of a maintenance run (…/providers/{APPLY_UPDATES}/NAME)")
    owner = ResourceId.parse(parsed.scope)
    if not owner.is_type(MAINTENANCE_CONFIGURATIONS):
        raise InvalidInput(
            f"'{run}' is the run on one machine; only a run of a whole schedule can be cancelled "
            f"(…/providers/{MAINTENANCE_CONFIGURATIONS}/NAME/providers/{APPLY_UPDATES}/RUN)"
        )
    body = sources.runs.cancel(parsed)
    return _row({"id": str(parsed), **body})


def _row(row: Mapping[str, Any]) -> MaintenanceRunRow:
    id, properties = str(row.get("id")), object_at(row, "properties")
    owner = ResourceId.parse(id).scope
    announced = ResourceId.parse(owner).is_type(MAINTENANCE_CONFIGURATIONS)
    return {
        "run": id,
        "schedule": text(properties.get("maintenanceConfigurationId")) or (owner if announced else None),
        "machine": None if announced else owner,
        "status": text(properties.get("status")),
        "started": shown_instant(properties.get("startDateTime")),
        "ended": shown_instant(properties.get("endDateTime")),
        "correlation_id": text(properties.get("correlationId")),
        "message": text(properties.get("errorMessage")),
    }


def _started(row: MaintenanceRunRow) -> tuple[float, str]:
    started = instant(row["started"])
    return (started.timestamp() if started else 0.0, row["run"])
