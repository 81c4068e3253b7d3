"""`azure-hotpatch status`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from rich.text import Text

from pulumi_azure_hotpatch.observing import history, hotpatching, status
from pulumi_azure_hotpatch.observing.ledger import remembered
from pulumi_azure_hotpatch.observing.ledger_places import ledger_at
from pulumi_azure_hotpatch.observing.rows import HotpatchStateRow, PatchStatusRow
from pulumi_azure_hotpatch.observing.scopes import Scope
from pulumi_azure_hotpatch.observing.values import instant

from . import output
from .calendar import extra_releases
from .connected import connected
from .instants import as_of

_STATES: Final = {
    "enrolled": "green",
    "pending baseline": "yellow",
    "restart pending": "yellow",
    "off track": "bold red",
    "unenrolled": "dim",
    "unknown": "magenta",
}
RESULTS: Final = {"succeeded": "green", "completedwithwarnings": "yellow", "failed": "bold red"}


def run(machines: Sequence[str] | None, subscriptions: Sequence[str], *, instance_views: bool, as_json: bool) -> int:
    """Print the status of every machine. Raises InvalidInput, ConfigurationError or ArmError."""
    with connected("the state of every machine") as azure:
        scope = Scope.of(machines, subscriptions, azure.subscription_id)
        rows = status.patch_status(azure.azure, scope, tell=output.note, instance_views=instance_views)
        now = azure.clock.now()
    if as_json:
        output.print_json(dict(row) for row in rows)
    else:
        _show(rows, now)
    return 0


def show_track(
    machines: Sequence[str] | None,
    subscriptions: Sequence[str],
    *,
    ledger: str | None,
    releases: str | None,
    today: str | None,
    as_json: bool,
) -> int:
    """Print where every machine stands. Raises InvalidInput, ConfigurationError or ArmError."""
    extra = extra_releases(releases)
    asked = None if today is None else as_of(today)
    with connected("the hotpatch state of every machine") as azure:
        kept = remembered(ledger_at(ledger, azure.azure.ledger), tell=output.note) if ledger is not None else []
        rows = hotpatching.hotpatch_states(
            azure.azure,
            Scope.of(machines, subscriptions, azure.subscription_id),
            asked or azure.clock.now(),
            tell=output.note,
            installed=history.kbs_by_machine(kept),
            extra=extra,
        )
    if as_json:
        output.print_json(dict(row) for row in rows)
    else:
        _show_track(rows)
    return 0


def _show(rows: Sequence[PatchStatusRow], now: datetime) -> None:
    console = output.console()
    roomy = console.width >= output.NARROW
    headers = ["Machine", "Patch mode", "Hotpatch", "Assessed", "Urgent", "Other", "Restart", "Last installation"]
    narrow = ["Machine", "Urgent", "Restart", "Last installation"]
    shown = output.table(*(headers if roomy else narrow), folding=("Machine", "Last installation"))
    for row in rows:
        assessment, installation = row["assessment"], row["installation"]
        pending = assessment and assessment["reboot_pending"]
        result = Text("-")
        if installation is not None:
            when = instant(installation["started"])
            result = Text(f"{when:%Y-%m-%d} " if when else "")
            result.append(installation["status"], RESULTS.get(installation["status"].casefold(), "magenta"))
        cells: dict[str, Text] = {
            "Machine": Text(row["name"]),
            "Patch mode": Text(row["patch_mode"] or "-"),
            "Hotpatch": Text({True: "on", False: "off"}.get(row["hotpatch"] or False, "-")),
            "Assessed": Text(_age(assessment, now) if assessment else "-"),
            "Urgent": _count(assessment, "critical_and_security", "bold red"),
            "Other": _count(assessment, "other", ""),
            "Restart": Text("pending" if pending else "-", "yellow" if pending else ""),
            "Last installation": result,
        }
        shown.add_row(*(cells[header] for header in (headers if roomy else narrow)))
    output.show(console, output.title("Patching, as Azure remembers it"), shown)
    silent = sum(row["source"] == "none" for row in rows)
    line = output.count(len(rows), "machine")
    if silent:
        line += f", {silent} without an assessment or installation in Azure's memory"
    output.show(console, Text(f"{line}.", "bold"))


def _show_track(rows: Sequence[HotpatchStateRow]) -> None:
    console = output.console()
    eligible = [row for row in rows if row["product"] is not None]
    shown = output.table("Machine", "State", "Next baseline", "Why", folding=("Machine", "Why"))
    for row in eligible:
        upcoming = row["next_baseline"]
        shown.add_row(
            Text(row["name"]),
            Text(row["state"], _STATES[row["state"]]),
            Text((upcoming["date"] or upcoming["month"]) if upcoming else "-"),
            Text(row["why"]),
        )
    output.show(console, output.title("Hotpatch track"), shown)
    tally = Counter(row["state"] for row in eligible)
    parts = [f"{number} {state}" for state, number in tally.most_common()] or ["no machine can be hotpatched"]
    if others := len(rows) - len(eligible):
        parts.append(f"{others} that hotpatch is not offered on")
    output.show(console, Text(f"{', '.join(parts)}.", "bold"))


def _count(assessment: Mapping[str, Any] | None, name: str, style: str) -> Text:
    if assessment is None:
        return Text("-")
    number = assessment[name]
    return Text(str(number), style if number else "dim")


def _age(assessment: Mapping[str, Any], now: datetime) -> str:
    """How long ago, in the largest unit: `3 h`, `2 d`; the status of an assessment that did not succeed."""
    at = instant(assessment["at"])
    if assessment["status"].casefold() != "succeeded" or at is None:
        return str(assessment["status"])
    hours = int((now - at).total_seconds() // 3600)
    return f"{hours // 24} d" if hours >= 48 else f"{max(hours, 0)} h"
