"""Installations one by one: what Resource Graph remembers for 30 days, and what a ledger remembers beyond."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from pulumi_azure_hotpatch.engine.bodies import Body, object_at, texts_at
from pulumi_azure_hotpatch.engine.counting import counted
from pulumi_azure_hotpatch.engine.facts import ARC_MACHINES
from pulumi_azure_hotpatch.errors import ArmError
from pulumi_azure_hotpatch.ids import ResourceId

from . import queries
from .listed import listed
from .rows import PatchHistoryRow, PatchRow
from .scopes import Scope
from .sources import Sources, Tell
from .status import MOST_VIEWS, installation_of, seen_installation
from .values import instant, kb_of, text

_SEGMENT = "/patchinstallationresults/"


def patch_history(
    sources: Sources, scope: Scope, *, tell: Tell, since: datetime | None = None, with_patches: bool = False
) -> list[PatchHistoryRow]:
    """One row for each installation, the latest first; those that started before `since` are left out.

    `with_patches` lists the patches of each, with what became of them. Without Resource Graph the last installation of
    each VM is answered from its instance view, as far as `MOST_VIEWS` goes. Raises ArmError when nothing answers.
    """
    if scope.is_empty:
        return []
    try:
        rows = list(_from_graph(sources, scope, with_patches=with_patches))
    except ArmError as error:
        if error.is_unreachable:
            raise
        tell(f"Resource Graph does not answer, so only the last installation of each VM is shown: {error}")
        rows = list(_from_views(sources, scope, tell))
    return newest_first(row for row in rows if is_since(row, since))


def patch_history_with(
    kept: Iterable[PatchHistoryRow],
    sources: Sources,
    scope: Scope,
    *,
    tell: Tell,
    since: datetime | None = None,
    with_patches: bool = False,
) -> list[PatchHistoryRow]:
    """As `patch_history`, with what a ledger has `kept` of the same machines.

    Where nothing answers, the ledger does, and `tell` hears of it. Raises ArmError when that has nothing either.
    """
    remembered = [row for row in kept if scope.holds(row["machine"]) and is_since(row, since)]
    try:
        rows = patch_history(sources, scope, tell=tell, since=since, with_patches=with_patches)
    except ArmError as error:
        if not remembered:
            raise
        tell(f"Azure does not answer, so only what the ledger has is shown: {error}")
        rows = []
    return merged(rows, remembered)


def merged(rows: Iterable[PatchHistoryRow], remembered: Iterable[PatchHistoryRow]) -> list[PatchHistoryRow]:
    """What Azure answers and what a ledger remembers, each installation once: as Azure has it where both have it."""
    found = {key_of(row): row for row in remembered}
    for row in rows:
        known = found.get(key_of(row))
        found[key_of(row)] = row if known is None else _completed(row, known)
    return newest_first(found.values())


def _completed(row: PatchHistoryRow, known: PatchHistoryRow) -> PatchHistoryRow:
    """A row with what a ledger knows of the same installation and who answered it does not."""
    kbs = known["kbs"] if row["kbs"] is None else row["kbs"]
    if row["source"] != "instance view":
        return {**row, "kbs": kbs}
    return {
        **row,
        "kbs": kbs,
        "os_type": row["os_type"] or known["os_type"],
        "started_by": row["started_by"] or known["started_by"],
        "reboot_status": row["reboot_status"] or known["reboot_status"],
        "schedule_run": row["schedule_run"] or known["schedule_run"],
    }


def newest_first(rows: Iterable[PatchHistoryRow]) -> list[PatchHistoryRow]:
    """The rows by the instant they started, the latest first."""
    ordered = sorted(rows, key=lambda row: (row["machine"].casefold(), row["activity_id"]))
    return sorted(ordered, key=lambda row: started_of(row).timestamp() if row["started"] else 0.0, reverse=True)


def started_of(row: PatchHistoryRow) -> datetime:
    """When an installation started. Raises ValueError where that is not known."""
    found = instant(row["started"])
    if found is None:
        raise ValueError(f"installation {row['activity_id']} has no start")
    return found


def is_since(row: PatchHistoryRow, since: datetime | None) -> bool:
    """Whether an installation started at `since` or later, as far as that is known."""
    return since is None or row["started"] is None or started_of(row) >= since


def key_of(row: PatchHistoryRow) -> tuple[str, str]:
    """What makes an installation one: its machine and its activity."""
    return row["machine"].casefold(), row["activity_id"].casefold()


def _from_graph(sources: Sources, scope: Scope, *, with_patches: bool) -> Iterable[PatchHistoryRow]:
    for names in scope.filters():
        installed: dict[str, list[Body]] = defaultdict(list)
        if with_patches:
            for row in sources.graph.query(queries.patches(names), scope.subscriptions):
                installed[str(row["installation"])].append(object_at(row, "properties"))
        for row in sources.graph.query(queries.installations(names), scope.subscriptions):
            id = str(row["id"])
            # As the machine's id is written, not in the lower case that queries compare by.
            machine = id[: id.casefold().rfind(_SEGMENT)]
            found = installation_of(object_at(row, "properties"))
            if found is None or not scope.holds(machine):
                continue
            patches = [_patch(one) for one in installed[id.casefold()]] if with_patches else None
            yield {
                **found,
                "machine": machine,
                "os_type": text(object_at(row, "properties").get("osType")),
                "kbs": None if patches is None else installed_kbs(patches),
                "patches": patches,
                "source": "resource graph",
            }


def _from_views(sources: Sources, scope: Scope, tell: Tell) -> Iterable[PatchHistoryRow]:
    machines = [one for one in scope.machines or () if not one.is_type(ARC_MACHINES)]
    machines += (ResourceId.parse(body["id"]) for body in listed(sources.machines.in_subscription, scope, tell=tell))
    if len(machines) > MOST_VIEWS:
        tell(f"not asked one by one: {counted(len(machines) - MOST_VIEWS)}")
    for machine in machines[:MOST_VIEWS]:
        view = sources.machines.instance_view(machine) or {}
        found = seen_installation(object_at(object_at(view, "patchStatus"), "lastPatchInstallationSummary"))
        if found is not None:
            yield {
                **found,
                "machine": str(machine),
                "os_type": None,
                "kbs": None,
                "patches": None,
                "source": "instance view",
            }


def installed_kbs(patches: Iterable[PatchRow]) -> list[str]:
    """The KBs that an installation left on the machine."""
    return sorted({one["kb"] for one in patches if one["kb"] and one["state"].casefold() == "installed"})


def kbs_by_machine(rows: Iterable[PatchHistoryRow]) -> dict[str, list[str]]:
    """The KBs that installations left on machines, by machine id in lower case."""
    found: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        found[row["machine"].casefold()] += row["kbs"] or ()
    return found


def _patch(properties: Body) -> PatchRow:
    return {
        "name": text(properties.get("patchName")) or "",
        "kb": kb_of(properties.get("kbId")),
        "version": text(properties.get("version")),
        "classifications": list(texts_at(properties, "classifications") or ()),
        "state": text(properties.get("installationState")) or "Unknown",
    }
