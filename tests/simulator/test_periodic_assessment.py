"""Daily assessments by the platform: worked out when somebody looks, and the same as if they had been made in time."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from typing import Any

from tests.simulator.asking import Client, patch_settings
from tests.simulator.guests import ASSESSED, advance, compute, install, machine_id, rows_of, windows, world


def looked(azure: Client) -> dict[str, Any] | None:
    rows = rows_of(azure, "vm", "assessment")
    found: dict[str, Any] | None = rows[0]["properties"] if rows else None
    return found


def test_a_machine_is_assessed_every_24_hours_by_the_platform() -> None:
    azure = world(windows("vm", patch_settings=ASSESSED), automatic_patching=False)
    instants = []
    for _ in range(5):
        azure.simulator.clock.advance(timedelta(days=1))
        found = looked(azure)
        assert found is not None
        assert (found["startedBy"], found["status"]) == ("Platform", "Succeeded")
        instants.append(datetime.fromisoformat(found["startDateTime"]))
    assert {later - earlier for earlier, later in itertools.pairwise(instants)} == {timedelta(days=1)}


def test_what_is_seen_does_not_depend_on_how_often_somebody_looks() -> None:
    often, once = (world(windows("vm", patch_settings=ASSESSED), automatic_patching=False) for _ in range(2))
    for _ in range(200):
        often.simulator.clock.advance(timedelta(hours=3))
        looked(often)
    once.simulator.clock.advance(timedelta(hours=600))
    assert rows_of(often, "vm", "assessment") == rows_of(once, "vm", "assessment")


def test_a_machine_without_the_mode_is_not_assessed_until_it_has_it() -> None:
    azure = world(windows("vm"))
    advance(azure, "2025-01-09T00:00")
    assert looked(azure) is None
    azure.ask("PATCH", machine_id("vm"), patch_settings(assessmentMode="AutomaticByPlatform"))
    assert looked(azure) is None
    advance(azure, "2025-01-10T01:00")
    assert looked(azure) is not None


def test_a_machine_that_is_off_keeps_its_last_assessment_until_it_is_too_old() -> None:
    azure = world(windows("vm", patch_settings=ASSESSED))
    advance(azure, "2025-01-05T00:00")
    azure.simulator.world.set_power(machine_id("vm"), running=False)
    before = looked(azure)
    assert before is not None
    advance(azure, "2025-01-09T00:00")
    assert looked(azure) == before
    advance(azure, "2025-01-13T00:00")
    assert looked(azure) is None


def test_the_assessment_before_an_installation_shows_what_was_there_then() -> None:
    azure = world(windows("vm", patch_settings=ASSESSED), automatic_patching=False)
    advance(azure, "2025-01-06T12:00")
    install(azure, "vm")
    after = looked(azure)
    assert after is not None
    assert after["startedBy"] == "User"
    assert after["availablePatchCountByClassification"]["security"] == 0


def test_the_instance_view_shows_the_daily_assessment_too() -> None:
    azure = world(windows("vm", patch_settings=ASSESSED), automatic_patching=False)
    advance(azure, "2025-01-06T12:00")
    view: Any = compute(azure).virtual_machines.instance_view("rg-contoso", "vm")
    assert view.patch_status.available_patch_summary.critical_and_security_patch_count == 1
    assert view.patch_status.last_patch_installation_summary is None
