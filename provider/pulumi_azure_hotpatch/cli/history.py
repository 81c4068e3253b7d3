"""`azure-hotpatch history` and `azure-hotpatch record`."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from pulumi_azure_hotpatch.engine.instants import instant_of
from pulumi_azure_hotpatch.ids import ResourceId
from pulumi_azure_hotpatch.observing import history, status
from pulumi_azure_hotpatch.observing import ledger as ledgers
from pulumi_azure_hotpatch.observing.ledger_places import ledger_at
from pulumi_azure_hotpatch.observing.rows import PatchHistoryRow
from pulumi_azure_hotpatch.observing.scopes import Scope
from pulumi_azure_hotpatch.observing.values import instant

from . import output
from .connected import connected
from .status import RESULTS


def run(
    machines: Sequence[str] | None,
    subscriptions: Sequence[str],
    *,
    since: str | None,
    with_patches: bool,
    ledger: str | None,
    as_json: bool,
) -> int:
    """Print the installations. Raises InvalidInput, ConfigurationError or ArmError."""
    start = None if since is None else instant_of(since, "--since")
    with connected("the installations of the past") as azure:
        kept = ledgers.remembered(ledger_at(ledger, azure.azure.ledger), tell=output.note) if ledger is not None else []
        scope = Scope.of(machines, subscriptions, azure.subscription_id)
        rows = history.patch_history_with(
            kept, azure.azure, scope, tell=output.note, since=start, with_patches=with_patches
        )
    if as_json:
        output.print_json(dict(row) for row in rows)
    else:
        _show(rows)
    return 0


def record(machines: Sequence[str] | None, subscriptions: Sequence[str], *, ledger: str) -> int:
    """Append what is over and not in the ledger yet. Raises InvalidInput, ConfigurationError or ArmError."""
    with connected("assessments and installations") as azure:
        scope = Scope.of(machines, subscriptions, azure.subscription_id)
        statuses = status.patch_status(azure.azure, scope, tell=output.note)
        rows = history.patch_history(azure.azure, scope, tell=output.note, with_patches=True)
        place = ledger_at(ledger, azure.azure.ledger)
        written = ledgers.record(place, statuses, rows, azure.clock.now(), tell=output.note)
    print(f"{output.count(written, 'new entry', 'new entries')} in {ledger}.")
    return 0


def _show(rows: Sequence[PatchHistoryRow]) -> None:
    console = output.console()
    roomy = console.width >= output.NARROW
    headers = ["Started", "Machine", "Result", "Installed", "Failed", "Restart", "By", "From"]
    narrow = ["Started", "Machine", "Result", "Installed"]
    shown = output.table(*(headers if roomy else narrow), folding=("Machine",))
    for row in rows:
        started = instant(row["started"])
        cells = {
            "Started": Text(f"{started:%Y-%m-%d %H:%M}" if started else "-"),
            "Machine": Text(ResourceId.parse(row["machine"]).name),
            "Result": Text(row["status"], RESULTS.get(row["status"].casefold(), "magenta")),
            "Installed": Text(str(row["installed"])),
            "Failed": Text(str(row["failed"]), "bold red" if row["failed"] else "dim"),
            "Restart": Text(row["reboot_status"] or "-"),
            "By": Text(row["started_by"] or "-"),
            "From": Text(row["source"], "dim"),
        }
        shown.add_row(*(cells[header] for header in (headers if roomy else narrow)))
        for patch in row["patches"] or ():
            shown.add_row(Text(""), Text(f"  {patch['kb'] or patch['name']}", "dim"), Text(patch["state"], "dim"))
    output.show(console, output.title("Installations"), shown)
    output.show(console, Text(f"{output.count(len(rows), 'installation')}.", "bold"))
