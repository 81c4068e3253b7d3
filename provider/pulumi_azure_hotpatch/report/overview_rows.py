"""A report as JSON: a list of rows that say in `section` what they are, as `schemas/report.schema.json` has them. Pure.

What machines have in common is one row: a `machine` names its `group`, and the group has the months.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pulumi_azure_hotpatch.engine.forecast import Row
from pulumi_azure_hotpatch.observing.rows import HotpatchStateRow

from .feed import Event
from .overview import COMING, Alike, Machine, Month, Overview


def overview_rows(overview: Overview) -> Iterator[dict[str, Any]]:
    """The rows: one summary, then months, windows, groups, machines, installations, findings, rollouts."""
    yield {"section": "summary", **_summary(overview)}
    for month in overview.by_month:
        yield {"section": "month", **_month(month)}
    for event in overview.windows:
        yield {"section": "window", **_window(event)}
    for group in overview.alike:
        yield {"section": "group", **_group(group)}
    of_pattern = {id(group.pattern): group.number for group in overview.alike}
    for machine, (_, pattern) in zip(overview.machines, overview.forecast.members, strict=True):
        yield {"section": "machine", **_machine(machine, of_pattern[id(pattern)])}
    for row in overview.history or ():
        yield {"section": "installation", **{name: value for name, value in row.items() if name != "patches"}}
    for judged in overview.judged:
        yield {"section": "finding", **judged.as_json()}
    for rollout in overview.rollouts:
        yield {"section": "rollout", **rollout.as_json()}


def _summary(overview: Overview) -> dict[str, Any]:
    found = overview.forecast.summary()
    return {
        "title": overview.title,
        "as_of": overview.as_of.isoformat(),
        "machines": found.machines,
        "months": list(overview.months),
        "restarts": found.restarts,
        "open_restarts": found.open_restarts,
        "without_hotpatch": found.without_hotpatch,
        "expected_unplanned": round(found.expected_unplanned, 2),
        "findings": overview.counted(),
        "notes": list(overview.notes),
    }


def _month(month: Month) -> dict[str, Any]:
    return {
        "month": month.month,
        "coming": {COMING[name]: number for name, number in month.coming.items()},
        "restarts": month.restarts,
        "open_restarts": month.open_restarts,
        "without_hotpatch": month.without_hotpatch,
        "open_without_hotpatch": month.open_without_hotpatch,
    }


def _window(event: Event) -> dict[str, Any]:
    return {
        "schedule": event.schedule,
        "release_month": event.release_month,
        "release_kinds": list(event.release_kinds),
        "earliest": event.earliest.isoformat(),
        "latest": event.latest.isoformat(),
        "machines": len(event.machines),
        "restarts": event.restarts,
        "open_restarts": event.open_restarts,
    }


def _group(group: Alike) -> dict[str, Any]:
    rows = (Row("", expected).as_json() for expected in group.pattern.expectations)
    return {
        "group": group.number,
        "machines": len(group.resources),
        "product": group.pattern.product.value if group.pattern.product else None,
        "restarts": group.restarts,
        "releases": [{name: value for name, value in row.items() if name != "machine"} for row in rows],
    }


def _machine(machine: Machine, group: int) -> dict[str, Any]:
    status = machine.status
    return {
        "machine": machine.resource,
        "name": machine.name,
        "type": machine.type,
        "system": machine.system or None,
        "group": group,
        "track": None if machine.track is None else _track(machine.track),
        "assessment": None if status is None else status["assessment"],
        "installation": None if status is None else status["installation"],
    }


def _track(row: HotpatchStateRow) -> dict[str, Any]:
    return {"state": row["state"], "why": row["why"]}
