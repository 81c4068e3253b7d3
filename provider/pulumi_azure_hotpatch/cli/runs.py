"""`azure-hotpatch runs` and `azure-hotpatch cancel-run`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.text import Text

from pulumi_azure_hotpatch.ids import ResourceId
from pulumi_azure_hotpatch.observing.rows import MaintenanceRunRow
from pulumi_azure_hotpatch.observing.runs import cancel_run, maintenance_runs
from pulumi_azure_hotpatch.observing.scopes import Scope
from pulumi_azure_hotpatch.observing.values import instant

from . import output
from .connected import connected

_STYLES: Final = {"succeeded": "green", "failed": "bold red", "cancelled": "yellow", "inprogress": "cyan"}


def run(subscriptions: Sequence[str], *, schedule: str | None, as_json: bool) -> int:
    """Print the runs. Raises InvalidInput, ConfigurationError or ArmError."""
    if schedule is not None:
        ResourceId.parse(schedule)
    with connected("the runs of schedules") as azure:
        scope = Scope.of(None, subscriptions, azure.subscription_id)
        rows = maintenance_runs(azure.azure, scope.subscriptions, schedule=schedule)
    if as_json:
        output.print_json(dict(row) for row in rows)
    else:
        _show(rows)
    return 0


def cancel(run: str, *, as_json: bool) -> int:
    """Cancel a run and print what the service says of it. Raises InvalidInput, ConfigurationError or ArmError."""
    with connected("the run to be cancelled") as azure:
        row = cancel_run(azure.azure, run)
    if as_json:
        output.print_json([dict(row)])
    else:
        print(f"{ResourceId.parse(row['run']).name}: {row['status'] or 'cancelled'}")
    return 0


def _show(rows: Sequence[MaintenanceRunRow]) -> None:
    console = output.console()
    shown = output.table("Started", "Schedule", "Machine", "Status", "Remark", folding=("Remark",))
    for row in rows:
        started = instant(row["started"])
        status = row["status"] or "-"
        shown.add_row(
            Text(f"{started:%Y-%m-%d %H:%M}" if started else "-"),
            Text(_name(row["schedule"])),
            Text(_name(row["machine"]) if row["machine"] else "all (announced)"),
            Text(status, _STYLES.get(status.casefold(), "")),
            Text(row["message"] or ""),
        )
    output.show(console, output.title("Runs of maintenance schedules"), shown)
    for row in rows:
        if row["machine"] is None and (row["status"] or "").casefold() == "pending":
            # On one line, whatever the width: to be copied.
            print(f"To cancel: azure-hotpatch cancel-run {row['run']}")
    output.show(console, Text(f"{output.count(len(rows), 'run')}.", "bold"))


def _name(id: str | None) -> str:
    return ResourceId.parse(id).name if id else "-"
