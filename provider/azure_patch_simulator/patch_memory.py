"""Patch records in a file: each patch once, everything else by its place in that list."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from .guest_patches import Patch
from .patch_records import Assessment, Installation, MaintenanceRun, PatchRecords, PatchResult


class _Table:
    def __init__(self) -> None:
        self.places: dict[Patch, int] = {}

    def place(self, patch: Patch) -> int:
        return self.places.setdefault(patch, len(self.places))


def dump(records: PatchRecords) -> dict[str, Any]:
    """Return the records as JSON."""
    table = _Table()
    kept = {
        "assessments": {key: _dump_assessment(each, table) for key, each in records.assessments.items()},
        "installations": {
            key: [_dump_installation(each, table) for each in kept] for key, kept in records.installations.items()
        },
        "support": records.support,
        "found_out": {key: instant.isoformat() for key, instant in records.found_out.items()},
        "runs": [_plain(run, MaintenanceRun) for run in records.runs],
    }
    return {"patches": [_plain(patch, Patch) for patch in table.places], **kept}


def restore(records: PatchRecords, kept: dict[str, Any]) -> None:
    """Put what ``dump`` wrote into ``records``."""
    patches = [_patch(each) for each in kept["patches"]]
    records.assessments.update({key: _assessment(each, patches) for key, each in kept["assessments"].items()})
    for key, installations in kept["installations"].items():
        records.installations[key] = [_installation(each, patches) for each in installations]
    records.support.update(kept["support"])
    records.found_out.update({key: datetime.fromisoformat(each) for key, each in kept["found_out"].items()})
    records.runs.extend(MaintenanceRun(**_read(each)) for each in kept["runs"])


_TIMES = frozenset({"published", "started", "ends", "ended", "reboot_at", "at"})


def _plain(value: Any, kind: Any) -> dict[str, Any]:
    names = kind.__slots__
    return {name: _json(getattr(value, name)) for name in names}


def _json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _read(value: dict[str, Any]) -> dict[str, Any]:
    return {
        name: datetime.fromisoformat(each) if name in _TIMES and each is not None else each
        for name, each in value.items()
    }


def _dump_assessment(assessment: Assessment, table: _Table) -> dict[str, Any]:
    return {**_plain(assessment, Assessment), "patches": [table.place(each) for each in assessment.patches]}


def _dump_installation(installation: Installation, table: _Table) -> dict[str, Any]:
    results = [[table.place(each.patch), each.state, each.at.isoformat()] for each in installation.results]
    return {**_plain(installation, Installation), "results": results}


def _patch(value: dict[str, Any]) -> Patch:
    return Patch(**{**_read(value), "classifications": tuple(value["classifications"])})


def _assessment(value: dict[str, Any], patches: list[Patch]) -> Assessment:
    return Assessment(**{**_read(value), "patches": tuple(patches[place] for place in value["patches"])})


def _installation(value: dict[str, Any], patches: list[Patch]) -> Installation:
    results = [PatchResult(patches[place], state, datetime.fromisoformat(at)) for place, state, at in value["results"]]
    return Installation(**{**_read(value), "results": results})
