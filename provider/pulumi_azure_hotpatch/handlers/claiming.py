"""What of declared patch fields has to be written, and whose every field is afterwards. Pure.

The bookkeeping of `OwningHandler`, for one machine among many.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pulumi_azure_hotpatch.engine.bodies import same_setting
from pulumi_azure_hotpatch.engine.facts import PatchSettings
from pulumi_azure_hotpatch.models.fleet_patch_settings import MachineRecord

from .owning import as_wanted


@dataclass(frozen=True)
class Claim:
    """The fields to write, the record once they are written, and the fields that somebody else had changed."""

    changes: Mapping[str, Any]
    record: MachineRecord
    contested: tuple[str, ...]


def claim(
    record: MachineRecord, wanted: Mapping[str, Any], found: PatchSettings, *, after_a_break: bool = False
) -> Claim:
    """Claim `wanted` on a machine that has `found`; a field that is not wanted any more is released as it is.

    `after_a_break`: the last run was broken off, so nobody knows who left a field as it is.
    """
    applied = {name: value for name, value in record.applied.items() if name in wanted}
    previous = {name: value for name, value in record.previous.items() if name in wanted}
    absent = tuple(name for name in record.previously_absent if name in wanted)
    contested = {name: count for name, count in record.contested.items() if name in wanted}
    as_it_is = as_wanted(found, wanted)
    changes = {name: value for name, value in wanted.items() if name not in as_it_is}
    held = {name for name, value in changes.items() if name in applied and same_setting(applied[name], value)}
    ours = {*previous, *absent}
    # What was as wanted when we came and has been changed since goes back to that, not to the change.
    newly = {name: applied.get(name, getattr(found, name)) for name in changes if name not in ours and name not in held}
    fought_over = () if record.error or after_a_break else tuple(name for name in changes if name in held)
    after = record.model_copy(
        update={
            "adopted": tuple(name for name in wanted if name not in ours and name not in newly),
            "previous": previous | {name: value for name, value in newly.items() if value is not None},
            "previously_absent": (*absent, *(name for name, value in newly.items() if value is None)),
            "applied": dict(wanted),
            "contested": contested | {name: contested.get(name, 0) + 1 for name in fought_over},
            "error": None,
        }
    )
    return Claim(changes, after, fought_over)
