"""How fast the engine judges and forecasts a large fleet on one core, and in how much memory.

    python bench/engine.py [--machines 100000] [--months 12] [--distinct] [--profile]

Prints machines per second of processor time, and peak memory, for reading ARM bodies, verdicts and forecasts. The
fleet is made up: realistic in its mix, different in every machine's name, and many machines to a schedule.
"""

from __future__ import annotations

import argparse
import cProfile
import gc
import pstats
import resource
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from pulumi_azure_hotpatch.engine.estate import Estate
from pulumi_azure_hotpatch.engine.forecast import forecast
from pulumi_azure_hotpatch.engine.judgement import cases, judge_cases

AS_OF = datetime(2026, 11, 22, tzinfo=UTC)
SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000001"
SHARED = f"{SUBSCRIPTION}/resourceGroups/rg/providers"
SCHEDULES = 50
GOAL_SECONDS = 10.0

_ZONES = ("Eastern Standard Time", "W. Europe Standard Time", "Tokyo Standard Time", "UTC", "India Standard Time")
_RECURRENCES = ("Month Second Tuesday Offset4", "Week Saturday", "2Weeks Sunday", "Month day15", "Day")
_LOCATIONS = ("eastus", "westus2", "westeurope", "northeurope", "japaneast")
_SKUS = (
    "2025-datacenter-azure-edition",
    "2025-datacenter-azure-edition-core",
    "2022-datacenter-azure-edition-core",
    "2022-datacenter-azure-edition",
    "2022-datacenter-g2",
    "2019-datacenter-gensecond",
)
_UBUNTU = {"publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server", "version": "latest"}


def bodies(machines: int, *, distinct: bool) -> Iterator[dict[str, Any]]:
    """ARM bodies of a fleet: schedules, machines, and an assignment for every second machine.

    Rules look at every machine anew where machines are `distinct`; otherwise many are alike, as in life.
    """
    for number in range(SCHEDULES):
        yield _schedule(number)
    for number in range(machines):
        body = _machine(number, number if distinct else number % 40)
        yield body
        if number % 2:
            yield _assignment(body["id"], number % SCHEDULES)


def _machine(number: int, build: int) -> dict[str, Any]:
    linux = number % 5 == 0
    image: dict[str, Any] = {"publisher": "MicrosoftWindowsServer", "offer": "WindowsServer", "version": "latest"}
    image["sku"] = _SKUS[number % len(_SKUS)]
    if linux:
        image = _UBUNTU
    elif number % 23 == 0:
        image = {"id": f"{SHARED}/Microsoft.Compute/galleries/g/images/hardened/versions/1.{number % 7}.0"}
    hotpatched = not linux and number % 3 == 0
    automatic: dict[str, Any] = {"rebootSetting": ("IfRequired", "Always", "Never")[number % 11 % 3]}
    if number % 2:
        automatic["bypassPlatformSafetyChecksOnUserSchedule"] = number % 37 != 1
    settings: dict[str, Any] = {
        "patchMode": "AutomaticByPlatform" if number % 13 else "ImageDefault" if linux else "AutomaticByOS",
        "assessmentMode": "AutomaticByPlatform" if number % 7 else "ImageDefault",
        "automaticByPlatformSettings": automatic,
    }
    if hotpatched:
        settings["enableHotpatching"] = True
    configuration: dict[str, Any] = {"provisionVMAgent": True, "patchSettings": settings}
    if not linux:
        configuration["enableAutomaticUpdates"] = number % 4 != 0
    power = "deallocated" if number % 29 == 0 else "running"
    group = f"{SUBSCRIPTION}/resourceGroups/rg-{number // 500}"
    return {
        "id": f"{group}/providers/Microsoft.Compute/virtualMachines/vm-{number}",
        "name": f"vm-{number}",
        "type": "Microsoft.Compute/virtualMachines",
        "location": _LOCATIONS[number % len(_LOCATIONS)],
        "zones": [str(number % 3 + 1)],
        "properties": {
            "storageProfile": {"imageReference": image, "osDisk": {"osType": "Linux" if linux else "Windows"}},
            "osProfile": {"linuxConfiguration" if linux else "windowsConfiguration": configuration},
            "instanceView": {
                "hyperVGeneration": "V1" if number % 17 == 0 else "V2",
                "vmAgent": {"vmAgentVersion": f"2.7.41491.{build}"},
                "statuses": [{"code": f"PowerState/{power}"}],
            },
        },
    }


def _schedule(number: int) -> dict[str, Any]:
    return {
        "id": f"{SHARED}/Microsoft.Maintenance/maintenanceConfigurations/s-{number}",
        "name": f"s-{number}",
        "location": "eastus",
        "properties": {
            "maintenanceScope": "InGuestPatch",
            "extensionProperties": {"InGuestPatchMode": "User"},
            "maintenanceWindow": {
                "startDateTime": f"2026-01-{number % 28 + 1:02} {number % 20:02}:30",
                "duration": "03:00",
                "timeZone": _ZONES[number % len(_ZONES)],
                "recurEvery": _RECURRENCES[number // 5 % len(_RECURRENCES)],
            },
            "installPatches": {
                "rebootSetting": "IfRequired",
                "windowsParameters": {"classificationsToInclude": ["Critical", "Security"]},
            },
        },
    }


def _assignment(machine_id: str, schedule: int) -> dict[str, Any]:
    return {
        "id": f"{machine_id}/providers/Microsoft.Maintenance/configurationAssignments/s-{schedule}",
        "properties": {"maintenanceConfigurationId": _schedule(schedule)["id"]},
    }


def measured(what: str, machines: int, work: Callable[[], int], profile: bool) -> float:
    """Run and report one step; the seconds it took."""
    gc.collect()
    profiler = cProfile.Profile() if profile else None
    began = time.process_time()
    if profiler:
        profiler.enable()
    made = work()
    if profiler:
        profiler.disable()
    seconds = time.process_time() - began
    rate = f"{machines / seconds:>9,.0f} machines/s"
    print(f"{what:<16} {seconds:>6.2f} s {rate} {made:>10,} results  peak {peak():,.0f} MB")
    if profiler:
        pstats.Stats(profiler).sort_stats("cumulative").print_stats(25)
    return seconds


def peak() -> float:
    """The largest resident size of this process so far, in megabytes."""
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return largest / (1024 * 1024 if sys.platform == "darwin" else 1024)


def main() -> int:
    """Run the bench; 0 when verdicts and forecasts each kept within the goal, scaled to the fleet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--machines", type=int, default=100_000)
    parser.add_argument("--months", type=int, default=12)
    parser.add_argument("--distinct", action="store_true", help="no two machines alike: the worst case for verdicts")
    parser.add_argument("--profile", action="store_true", help="print where the time goes")
    given = parser.parse_args()
    machines: int = given.machines
    fleet = list(bodies(machines, distinct=given.distinct))
    print(f"{machines:,} machines, {given.months} months; the bodies take {peak():,.0f} MB")
    estate = Estate()

    def read() -> int:
        nonlocal estate
        estate = Estate.from_bodies(fleet, as_of=AS_OF)
        return len(estate.machines) + len(estate.assignments)

    def judge() -> int:
        return sum(1 for _ in judge_cases(cases(estate)))

    def foresee() -> int:
        return sum(1 for _ in forecast(estate.members(), AS_OF, given.months).rows())

    measured("read ARM bodies", machines, read, given.profile)
    fleet.clear()
    took = [
        measured("verdicts", machines, judge, given.profile),
        measured("forecasts", machines, foresee, given.profile),
    ]
    goal = GOAL_SECONDS * machines / 100_000
    print(f"goal: under {goal:g} s each: {'kept' if max(took) < goal else 'missed'}")
    return 0 if max(took) < goal else 1


if __name__ == "__main__":
    sys.exit(main())
