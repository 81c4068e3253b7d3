"""The result of an installation: what it reports, and its list of patches, which comes a while later."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

from pulumi_azure_hotpatch.engine.patch_results import Installation
from pulumi_azure_hotpatch.errors import ArmError, ConfigurationError
from pulumi_azure_hotpatch.handlers.patch_records import find_installation
from pulumi_azure_hotpatch.handlers.patched_machines import LOOK_INTERVAL
from pulumi_azure_hotpatch.handlers.waiting import Patience
from pulumi_azure_hotpatch.ids import ResourceId
from pulumi_azure_hotpatch.models.patch_installation import PatchInstallationState
from pulumi_azure_hotpatch.models.patches import spell_instant, treated
from pulumi_azure_hotpatch.ports import Context

# How long a list of patches may be missing from Resource Graph after the end: no source says how long it takes.
_LIST_PATIENCE: Final = timedelta(minutes=10)


def completed(ctx: Context, machine: ResourceId, found: Installation, patience: Patience) -> Installation:
    """The result with its list of patches; without, where Resource Graph has none in time."""
    if (found.outcomes is not None and found.reboot_status is not None) or found.activity_id is None:
        return found
    if found.outcomes is not None and found.status.casefold() == "failed":
        return found
    give_up = min(ctx.clock.now() + _LIST_PATIENCE, patience.deadline)
    try:
        while True:
            row = find_installation(ctx, machine, found.activity_id)
            if row is not None and row.is_over and _is_complete(row):
                return replace(
                    row,
                    outcomes=row.outcomes or found.outcomes or (),
                    reboot_status=found.reboot_status or row.reboot_status,
                )
            if ctx.clock.now() >= give_up:
                break
            patience.sleep(ctx, ctx.clock.now() + LOOK_INTERVAL, "the list of patches")
    except (ArmError, ConfigurationError) as error:
        ctx.advise(f"what became of each patch is not known: {error}")
        return found
    ctx.advise(
        "what became of each patch is not known: Resource Graph does not have it yet; `pulumi refresh` "
        "fills it in once it has"
    )
    return found


def with_result(state: PatchInstallationState, found: Installation) -> PatchInstallationState:
    """The state with what an installation reports."""
    return state.model_copy(
        update={
            "activity_id": found.activity_id or state.activity_id,
            "operation": None,
            "asked_at": None,
            "status": found.status,
            "reboot_status": found.reboot_status,
            "maintenance_window_exceeded": found.window_exceeded,
            "installed_count": found.installed,
            "failed_count": found.failed,
            "pending_count": found.pending,
            "excluded_count": found.excluded,
            "not_selected_count": found.not_selected,
            "patches": None if found.outcomes is None else treated(found.outcomes),
            "started_at": spell_instant(found.started),
            "finished_at": spell_instant(found.modified),
            "error": found.error,
        }
    )


def _is_complete(row: Installation) -> bool:
    """Whether the list of a row has as many patches as the row counts."""
    counts = (row.installed, row.failed, row.pending, row.excluded, row.not_selected)
    return len(row.outcomes or ()) >= sum(count or 0 for count in counts)
