"""A simulated year of a mixed fleet against what the package forecasts from the outside: two that share only the
published releases agree, and where they differ, this says why.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from typing import Any

import pytest
from azure.mgmt.compute import ComputeManagementClient

from azure_patch_simulator import SUBSCRIPTION_ID, PatchingSettings, Settings, Simulator, World
from azure_patch_simulator.inventory import linux_machine, windows_machine
from azure_patch_simulator.resources import Body
from azure_patch_simulator.windows_releases import published_rows
from pulumi_azure_hotpatch.engine.estate import Estate
from pulumi_azure_hotpatch.engine.forecast import forecast
from tests.simulator.asking import Client, in_guest_configuration
from tests.simulator.guests import SCHEDULED, SECURITY, UBUNTU, instant

START, END = instant("2025-01-01T00:00"), instant("2026-01-13T12:00")
REGIONS = ("eastus", "westus", "westeurope", "northeurope", "japaneast")
AUTOMATIC = {"patchMode": "AutomaticByPlatform", "assessmentMode": "AutomaticByPlatform"}
HOTPATCH = {**AUTOMATIC, "enableHotpatching": True}
SCHEDULE = (
    f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/rg-fleet/providers/Microsoft.Maintenance"
    "/maintenanceConfigurations/monthly"
)
Machines = dict[str, list[str]]


def schedule() -> Body:
    body = in_guest_configuration(
        startDateTime="2024-12-01 03:00", timeZone="W. Europe Standard Time", recurEvery="Month Second Tuesday Offset4"
    )
    body["properties"]["installPatches"] = {
        "rebootSetting": "IfRequired",
        "windowsParameters": SECURITY,
        "linuxParameters": SECURITY,
    }
    return {"id": SCHEDULE, **body}


def machine(kind: str, name: str, **place: Any) -> Body:
    sub, group = SUBSCRIPTION_ID, "rg-fleet"
    match kind:
        case "hotpatch-2022":
            return windows_machine(
                sub, group, name, "2022-datacenter-azure-edition-core", patch_settings=HOTPATCH, **place
            )
        case "hotpatch-2025":
            return windows_machine(sub, group, name, "2025-datacenter-azure-edition", patch_settings=HOTPATCH, **place)
        case "automatic-2022":
            return windows_machine(sub, group, name, "2022-datacenter", patch_settings=AUTOMATIC, **place)
        case "scheduled-2025":
            return windows_machine(sub, group, name, "2025-datacenter", patch_settings=SCHEDULED, **place)
        case "by-itself-2025":
            return windows_machine(sub, group, name, "2025-datacenter", **place)
        case _:
            return linux_machine(sub, group, name, UBUNTU, patch_settings=AUTOMATIC, **place)


KINDS = (
    "hotpatch-2022",
    "hotpatch-2025",
    "automatic-2022",
    "scheduled-2025",
    "linux",
    "by-itself-2025",
    "hotpatch-2025",
)


def fleet(size: int) -> list[Body]:
    bodies = []
    for number, kind in enumerate(islice(cycle(KINDS), size)):
        place: dict[str, Any] = {"location": REGIONS[number % len(REGIONS)]}
        if number % 3 == 1:
            place["zone"] = str(number % 9 // 3 + 1)
        elif number % 3 == 2:
            place["availability_set"] = f"as-{number % 15}"
        bodies.append(machine(kind, f"{kind}-{number}", **place))
    assigned = [body for body in bodies if "scheduled" in body["name"]]
    tail = "/providers/Microsoft.Maintenance/configurationAssignments/monthly"
    properties = {"maintenanceConfigurationId": SCHEDULE}
    return [
        *bodies,
        schedule(),
        *({"id": body["id"] + tail, "location": "eastus", "properties": dict(properties)} for body in assigned),
    ]


def lived(bodies: list[Body], **patching: Any) -> tuple[Client, float]:
    """The same fleet a year and twelve days later, and how many real seconds that took."""
    chosen = PatchingSettings(image_age=timedelta(0), **patching)
    azure = Client(Simulator(World.from_inventory(bodies, settings=Settings(patching=chosen)), start=START, seed=1))
    began = time.perf_counter()
    azure.simulator.clock.advance_to(END)
    return azure, time.perf_counter() - began


def month_of(cause: str) -> str:
    """The month in which a KB or package version came out, as published or as its own name says."""
    for (_, month), rows in published_rows().items():
        if any(row["kb"] == cause and row["kind"] != "preview" for row in rows):
            return month
    return (
        f"20{cause[3:5]}-{cause[5:7]}"
        if cause.startswith("KB9")
        else cause.split("_")[1].split("-")[0].replace(".", "-")
    )


def restarts(azure: Client) -> dict[str, dict[str, list[tuple[datetime, list[str]]]]]:
    """By machine and release month: when it restarted, and for what."""
    found: dict[str, dict[str, list[tuple[datetime, list[str]]]]] = defaultdict(lambda: defaultdict(list))
    for key, guest in azure.simulator.world.guests.items():
        for reboot in guest.reboots:
            for month in {month_of(cause) for cause in reboot.patches}:
                found[key.rsplit("/", 1)[-1]][month].append((reboot.at, reboot.patches))
    return found


def seen_from_outside(bodies: list[Body]) -> list[Any]:
    """The forecast's rows, from what the real client lists before anything has happened."""
    azure = Client(Simulator(World.from_inventory(bodies), start=START, seed=1))
    sdk = ComputeManagementClient(azure.simulator.credential(), SUBSCRIPTION_ID, transport=azure.simulator.transport())
    listed = [each.as_dict() for each in sdk.virtual_machines.list_all()]
    others = [each for each in bodies if "Microsoft.Maintenance" in each["id"]]
    estate = Estate.from_bodies([*listed, *others], as_of=START)
    return list(forecast(estate.members(), START, 12).rows())


def compared(bodies: list[Body], azure: Client) -> tuple[Counter[tuple[str, str]], list[str]]:
    """How often each answer met each outcome, and every row where a sure answer was wrong."""
    happened = restarts(azure)
    met: Counter[tuple[str, str]] = Counter()
    wrong = []
    for row in seen_from_outside(bodies):
        name, expected = row.machine.rsplit("/", 1)[-1], row.expected
        times = happened[name.lower()][expected.release_month]
        met[expected.reboot, "yes" if times else "no"] += 1
        inside = all(
            expected.earliest is None or expected.earliest <= at <= expected.latest + timedelta(hours=2)
            for at, _ in times
        )
        surprise = expected.reboot != "unknown" and (expected.reboot == "yes") != bool(times)
        if surprise or (expected.reboot == "yes" and (len(times) != 1 or not inside)):
            wrong.append(f"{name} {expected.release_month} {expected.reboot}: {times}, expected by {expected.latest}")
    return met, wrong


@pytest.fixture(scope="module")
def thousand() -> list[Body]:
    return fleet(1000)


@pytest.mark.slow
def test_a_year_of_a_thousand_machines_restarts_as_forecast(thousand: list[Body]) -> None:
    azure, seconds = lived(thousand, optional_reboot_share=0.0)
    met, wrong = compared(thousand, azure)
    assert wrong == []
    assert met["yes", "no"] == met["no", "yes"] == 0
    assert met["yes", "yes"] > 4000
    assert met["no", "no"] > 3000
    assert seconds < 60


@pytest.mark.slow
def test_the_differences_are_the_dotnet_updates_that_no_hotpatch_covers(thousand: list[Body]) -> None:
    azure, _ = lived(thousand, dotnet_share=1.0, optional_reboot_share=0.2)
    happened = restarts(azure)
    extra = 0
    for row in seen_from_outside(thousand):
        name = row.machine.rsplit("/", 1)[-1].lower()
        for _, causes in happened[name][row.expected.release_month] if row.expected.reboot == "no" else ():
            assert all(cause.startswith("KB9") and cause.endswith("3") for cause in causes), (name, causes)
            extra += 1
    assert extra > 100


def test_a_year_of_a_small_fleet_restarts_as_forecast() -> None:
    bodies = fleet(42)
    azure, _ = lived(bodies, optional_reboot_share=0.0)
    met, wrong = compared(bodies, azure)
    assert wrong == []
    assert met["yes", "yes"] > 150


def test_a_year_is_the_same_byte_for_byte() -> None:
    def told() -> bytes:
        azure, _ = lived(fleet(42), patch_failure_share=0.05, reboot_failure_share=0.02, unhealthy_share=0.02)
        sdk = ComputeManagementClient(
            azure.simulator.credential(), SUBSCRIPTION_ID, transport=azure.simulator.transport()
        )
        # The activity log keeps the id that a client gives its request, which is drawn at random otherwise.
        request_id = "00000000-0000-0000-0000-00000000000a"
        sdk.virtual_machines.begin_assess_patches("rg-fleet", "linux-4", request_id=request_id).result()
        return azure.ask("GET", "/simulator/world").body + azure.simulator.journal.to_bytes()

    first = told()
    assert first == told()
    assert b'"Failed"' in first


def test_a_year_with_a_restart_of_the_simulator_in_the_middle_ends_the_same(tmp_path: Any) -> None:
    bodies = fleet(28)
    straight, _ = lived(bodies)
    world = World.from_inventory(bodies, settings=Settings(patching=PatchingSettings(image_age=timedelta(0))))
    broken = Simulator(world, start=START, seed=1)
    for month in (3, 6, 10):
        broken.clock.advance_to(datetime(2025, month, 15, 23, 40, tzinfo=UTC))
        broken.save(tmp_path / "state.json")
        broken = Simulator.load(tmp_path / "state.json", save=False)
    broken.clock.advance_to(END)
    again = Client(broken)
    assert restarts(again) == restarts(straight)
    for kind in ("assessment_rows", "installation_rows", "maintenance_rows"):
        rows = [list(getattr(each.simulator.world.patch_records, kind)()) for each in (again, straight)]
        assert rows[0] == rows[1]
        assert rows[0] or kind == "maintenance_rows"
