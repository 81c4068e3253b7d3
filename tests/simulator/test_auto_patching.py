"""What the platform installs by itself: when, in which order, on which machines, and when it stops."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from azure_patch_simulator.patch_records import Installation
from azure_patch_simulator.resources import Body
from azure_patch_simulator.rollout_order import PAIRS, phases_of
from tests.simulator.asking import GROUP, Client, in_guest_configuration, patch_settings
from tests.simulator.guests import (
    ASSESSED,
    AUTOMATIC,
    HOTPATCH,
    SCHEDULED,
    advance,
    guest,
    linux,
    machine_id,
    windows,
    world,
)

RELEASE = "2025-01-14T18:00"


def fleet(count: int, *, location: str = "eastus", prefix: str = "vm", **given: Any) -> list[Body]:
    return [
        windows(f"{prefix}-{n}", "2022-datacenter", location=location, patch_settings=AUTOMATIC, **given)
        for n in range(count)
    ]


def ordinary(*bodies: Body, **given: Any) -> Client:
    return world(*bodies, **{"start": "2025-01-13T08:00", "image_age": timedelta(0), **given})


def installations(azure: Client) -> dict[str, list[Installation]]:
    kept = azure.simulator.world.patch_records.installations
    return {key.rsplit("/", 1)[-1]: each for key, each in kept.items()}


def starts(azure: Client) -> dict[str, datetime]:
    return {name: each[0].started for name, each in installations(azure).items()}


def test_a_month_is_installed_within_30_days_in_off_peak_hours_of_the_machines_own_time() -> None:
    bodies = fleet(20)
    for number, body in enumerate(bodies):
        zone = ("UTC", "Pacific Standard Time", "Tokyo Standard Time", "W. Europe Standard Time")[number % 4]
        body["properties"]["osProfile"]["windowsConfiguration"]["timeZone"] = zone
    azure = ordinary(*bodies)
    advance(azure, "2025-02-10T00:00")
    begun = starts(azure)
    assert len(begun) == 20
    for name, instant in begun.items():
        local = instant.astimezone(guest(azure, name).tzinfo)
        assert local.hour >= 22 or local.hour < 6
    assert {guest(azure, name).zone for name in begun} > {"Asia/Tokyo", "America/Los_Angeles"}


def test_the_off_peak_hours_can_be_set() -> None:
    azure = ordinary(*fleet(8), off_peak_opens=timedelta(hours=12), off_peak_lasts=timedelta(hours=3))
    advance(azure, "2025-02-10T00:00")
    assert {12, 13} >= {instant.hour for instant in starts(azure).values()}


def test_only_critical_and_security_patches_are_installed() -> None:
    azure = ordinary(*fleet(1), linux("vm-linux", patch_settings=AUTOMATIC), image_age=timedelta(days=60))
    advance(azure, "2025-02-10T00:00")
    results = [result for each in installations(azure).values() for done in each for result in done.results]
    assert {result.state for result in results} == {"Installed", "NotSelected"}
    for result in results:
        assert result.patch.is_urgent is (result.state == "Installed")
    assert any(result.patch.kb == "KB2267602" for result in results)


@pytest.mark.parametrize(
    ("settings", "patched"),
    [
        (AUTOMATIC, True),
        (ASSESSED, True),
        (SCHEDULED, False),
        ({"patchMode": "AutomaticByOS"}, False),
        ({"patchMode": "AutomaticByOS", "automaticByPlatformSettings": {
            "bypassPlatformSafetyChecksOnUserSchedule": True}}, False),
    ],
)  # fmt: skip
def test_only_platform_patching_that_keeps_its_safety_checks_patches(settings: dict[str, Any], patched: bool) -> None:
    azure = ordinary(windows("vm", "2022-datacenter", patch_settings=settings))
    advance(azure, "2025-02-10T00:00")
    assert ("vm" in installations(azure)) is patched


@pytest.mark.parametrize("dynamic", [False, True])
def test_a_machine_with_a_schedule_is_left_to_it(dynamic: bool) -> None:
    azure = ordinary(*fleet(2))
    schedule = f"{GROUP}/providers/Microsoft.Maintenance/maintenanceConfigurations/yearly"
    window = {"startDateTime": "2026-01-01 03:00", "recurEvery": "12Months day1"}
    assert azure.ask("PUT", schedule, in_guest_configuration(**window)).status == 200
    target = GROUP if dynamic else machine_id("vm-0")
    body = {"location": "eastus", "properties": {"maintenanceConfigurationId": schedule}}
    azure.ask("PUT", f"{target}/providers/Microsoft.Maintenance/configurationAssignments/yearly", body)
    advance(azure, "2025-02-10T00:00")
    assert set(installations(azure)) == (set() if dynamic else {"vm-1"})


def test_the_machines_own_restart_setting_counts() -> None:
    never = {**AUTOMATIC, "automaticByPlatformSettings": {"rebootSetting": "Never"}}
    azure = ordinary(windows("vm", "2022-datacenter", patch_settings=never))
    advance(azure, "2025-02-10T00:00")
    assert installations(azure)["vm"][0].status == "CompletedWithWarnings"
    assert (guest(azure, "vm").reboot_pending, guest(azure, "vm").reboots) == (True, [])


def test_a_machine_that_was_off_has_its_turn_within_days_of_being_started() -> None:
    azure = ordinary(*fleet(2))
    azure.simulator.world.set_power(machine_id("vm-0"), running=False)
    advance(azure, "2025-01-25T00:00")
    assert set(installations(azure)) == {"vm-1"}
    azure.simulator.world.set_power(machine_id("vm-0"), running=True)
    advance(azure, "2025-01-29T08:00")
    assert set(installations(azure)) == {"vm-0", "vm-1"}


def test_a_failed_installation_is_tried_again_in_the_next_off_peak_hours() -> None:
    azure = ordinary(*fleet(20))
    azure.simulator.patching.fail("patch", machine="/vm-7$")
    advance(azure, "2025-02-10T00:00")
    first, second = installations(azure)["vm-7"]
    assert (first.status, second.status) == ("Failed", "Succeeded")
    assert second.started - first.started < timedelta(hours=36)


@pytest.mark.parametrize("kind", ["patch", "health"])
def test_a_rollout_stops_before_the_next_phase_when_too_many_machines_fail_and_starts_anew_next_month(
    kind: Any,
) -> None:
    azure = ordinary(*fleet(5, location="eastus", prefix="east"), *fleet(5, location="westus", prefix="west"))
    failure = azure.simulator.patching.fail(kind, machine="/east-", times=None)
    advance(azure, "2025-02-10T00:00")
    assert {name.split("-")[0] for name in installations(azure)} == {"east"}
    assert azure.simulator.world.rollout is not None
    assert azure.simulator.world.rollout.stopped
    azure.simulator.world.patch_failures.remove(failure)
    advance(azure, "2025-03-10T00:00")
    assert {name.split("-")[0] for name in installations(azure)} == {"east", "west"}


def test_a_failure_or_two_do_not_stop_a_rollout() -> None:
    azure = ordinary(*fleet(10, location="eastus", prefix="east"), *fleet(1, location="westus", prefix="west"))
    azure.simulator.patching.fail("patch", machine="/east-3$", times=None)
    advance(azure, "2025-02-10T00:00")
    assert "west-0" in installations(azure)


def test_geo_pairs_are_never_patched_in_the_same_phase_nor_at_the_same_time() -> None:
    regions = ("eastus", "westus", "northeurope", "westeurope", "japaneast", "japanwest", "uksouth")
    azure = ordinary(*(body for region in regions for body in fleet(4, location=region, prefix=region)))
    advance(azure, "2025-02-11T00:00")
    spans: dict[str, list[datetime]] = defaultdict(list)
    for name, instant in starts(azure).items():
        spans[name.rsplit("-", 1)[0]].append(instant)
    assert set(spans) == set(regions)
    for one, other in combinations(regions, 2):
        if frozenset((one, other)) in PAIRS:
            assert max(spans[one]) < min(spans[other]) or max(spans[other]) < min(spans[one])


def test_phases_grow_and_hold_no_pair() -> None:
    regions = [region for pair in PAIRS for region in pair]
    phases = phases_of(regions)
    assert sorted(region for phase in phases for region in phase) == sorted(set(regions))
    for number, phase in enumerate(phases):
        assert len(phase) <= 2**number
        assert not any(frozenset(pair) in PAIRS for pair in combinations(phase, 2))


def test_zones_of_a_region_are_patched_in_different_nights() -> None:
    azure = ordinary(
        *(
            windows(f"z{zone}-{n}", "2022-datacenter", zone=zone, patch_settings=AUTOMATIC)
            for zone in "123"
            for n in range(4)
        )
    )
    advance(azure, "2025-02-10T00:00")
    nights: dict[str, set[Any]] = defaultdict(set)
    for name, instant in starts(azure).items():
        nights[name[:2]].add((instant - timedelta(hours=12)).date())
    assert sorted(len(each) for each in nights.values()) == [1, 1, 1]
    assert len(set.union(*nights.values())) == 3


@pytest.mark.parametrize(("size", "at_once"), [(6, 1), (30, 6)])
def test_an_availability_set_is_patched_in_small_batches_one_update_domain_at_a_time(size: int, at_once: int) -> None:
    azure = ordinary(*fleet(size, availability_set="as-web"))
    advance(azure, "2025-02-10T00:00")
    done = {name: each[0] for name, each in installations(azure).items()}
    assert len(done) == size
    for each in done.values():
        running = [name for name, other in done.items() if other.started <= each.started < other.ends]
        assert len(running) <= at_once
        ordered = sorted(done)
        assert len({ordered.index(name) % 5 for name in running}) == 1


def test_hotpatch_machines_restart_by_themselves_only_with_the_baselines() -> None:
    azure = ordinary(windows("vm", patch_settings=HOTPATCH), start="2025-01-02T08:00")
    advance(azure, "2026-01-10T00:00")
    assert [reboot.patches for reboot in guest(azure, "vm").reboots] == [
        ["KB5050009"], ["KB5055523"], ["KB5062553"], ["KB5066835"],
    ]  # fmt: skip
    assert installations(azure)["vm"][-1].started.astimezone(ZoneInfo("UTC")).month == 12


def test_a_machine_that_leaves_platform_patching_on_the_way_is_left_alone() -> None:
    azure = ordinary(windows("vm", "2022-datacenter", zone="3", patch_settings=AUTOMATIC))
    advance(azure, "2025-01-15T12:00")
    azure.ask("PATCH", machine_id("vm"), patch_settings(patchMode="AutomaticByOS"))
    advance(azure, "2025-02-10T00:00")
    assert installations(azure) == {}


def test_nothing_is_patched_when_the_platform_is_kept_from_it() -> None:
    azure = ordinary(*fleet(3), automatic_patching=False)
    advance(azure, "2025-02-10T00:00")
    assert installations(azure) == {}
