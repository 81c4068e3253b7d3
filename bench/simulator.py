"""How much the simulated Azure takes: requests, machines, queries, and simulated years.

    python bench/simulator.py [requests] [load] [query] [year] [--machines N] [--days N] [--seconds S]

Without a name all four are run. ``requests`` asks in process and over HTTPS; ``load`` takes an inventory of 100,000
machines; ``query`` asks Resource Graph about 10,000; ``year`` lets 365 days pass over 10,000 machines of which every
fourth is hotpatched, patched by the platform or by a schedule. Memory is that of the process, grown by the step.
"""

from __future__ import annotations

import argparse
import gc
import json
import resource
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import requests

from azure_patch_simulator import SUBSCRIPTION_ID, Request, Settings, Simulator, World
from azure_patch_simulator.inventory import linux_machine, windows_machine
from azure_patch_simulator.launch import launched

START = datetime(2026, 1, 1, tzinfo=UTC)
GROUP = f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/rg-contoso"
MACHINE = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/vm-web-1"
CONFIGURATION = f"{GROUP}/providers/Microsoft.Maintenance/maintenanceConfigurations/monthly"
GRAPH = "/providers/Microsoft.ResourceGraph/resources"
UBUNTU = {"publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server", "version": "latest"}
QUERIES = (
    "resources | summarize n = count() by tostring(properties.storageProfile.osDisk.osType)",
    "resources | where properties.osProfile.windowsConfiguration.patchSettings.enableHotpatching == true | count",
    "resources | where name endswith '7' | project id, name | order by name asc",
    'patchassessmentresources | where type !has "softwarepatches" | parse id with machine "/patchAssessmentResults" *'
    " | summarize n = count() by tostring(properties.status)",
)


def fleet(count: int) -> list[dict[str, Any]]:
    """Return bodies: a quarter hotpatched, a quarter on a schedule, a quarter left to the platform, a quarter Linux."""
    platform: dict[str, Any] = {"patchMode": "AutomaticByPlatform", "assessmentMode": "AutomaticByPlatform"}
    scheduled = {**platform, "automaticByPlatformSettings": {"bypassPlatformSafetyChecksOnUserSchedule": True}}
    bodies = []
    for number in range(count):
        name, group = f"vm-{number:06}", f"rg-{number // 1000:03}"
        where: dict[str, Any] = {
            "location": ("eastus", "westeurope", "japaneast")[number % 3],
            "zone": str(number % 3 + 1),
        }
        if number % 4 == 0:
            settings = {**platform, "enableHotpatching": True}
            sku = "2025-datacenter-azure-edition"
        elif number % 4 == 3:
            bodies.append(linux_machine(SUBSCRIPTION_ID, group, name, UBUNTU, patch_settings=platform, **where))
            continue
        else:
            settings, sku = (scheduled if number % 4 == 1 else platform), "2022-datacenter"
        bodies.append(windows_machine(SUBSCRIPTION_ID, group, name, sku, patch_settings=settings, **where))
    return bodies


def measured(title: str, work: Callable[[], Any], *, amount: int | None = None) -> Any:
    """Do ``work``, print how long it took and how much memory the process gained, and return its result."""
    gc.collect()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.perf_counter()
    result = work()
    seconds = time.perf_counter() - begun
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    each = f"{amount / seconds:>12,.0f}/s" if amount else " " * 14
    print(f"  {title:<58}{seconds:>9.2f} s{each}{grown:>9,.0f} MiB", flush=True)
    return result


def ask(simulator: Simulator, method: str, path: str, body: Any = None) -> Any:
    """Ask in process; returns the answer's JSON."""
    token = simulator.credential().get_token("https://management.azure.com/.default").token
    headers = {"authorization": f"Bearer {token}"}
    content = b"" if body is None else json.dumps(body).encode("ascii")
    answer = simulator.handle(Request.of(method, f"{path}?api-version=2026-04-01", headers, content))
    if answer.status >= 400:
        raise SystemExit(f"{method} {path}: {answer.status} {answer.body[:300]!r}")
    return answer.json()


def bench_requests(seconds: float) -> None:
    """Requests per second in process, and with their latencies over HTTPS from one and from four clients."""
    print("requests")
    simulator = Simulator(World.default(Settings(operation_time=timedelta(0))), start=START)
    token = simulator.credential().get_token("https://management.azure.com/.default").token
    headers = {"authorization": f"Bearer {token}"}
    for method, content in (("GET", b""), ("PATCH", b'{"tags": {"a": "b"}}')):
        request = Request.of(method, f"{MACHINE}?api-version=2026-04-01", headers, content)

        def repeat(request: Request = request) -> int:
            ends, count = time.perf_counter() + seconds, 0
            while time.perf_counter() < ends:
                simulator.handle(request)
                count += 1
            return count

        count = repeat()
        print(f"  in process, {method} of a machine {count / seconds:>34,.0f}/s", flush=True)
    with launched("--time", "manual", "--operation-seconds", "0") as running:
        for clients in (1, 4):
            _bench_https(running.info, clients, seconds)


def _bench_https(info: Any, clients: int, seconds: float) -> None:
    latencies: list[float] = []

    def work() -> None:
        with requests.Session() as session:
            session.trust_env = False
            session.verify = info["ca_file"]
            form = {"grant_type": "client_credentials", "scope": f"{info['url']}/.default"}
            form |= {name: info[name] for name in ("client_id", "client_secret")}
            answer = session.post(f"{info['url']}/{info['tenant_id']}/oauth2/v2.0/token", data=form)
            session.headers["authorization"] = f"Bearer {answer.json()['access_token']}"
            ends = time.perf_counter() + seconds
            while (begun := time.perf_counter()) < ends:
                session.get(f"{info['url']}{MACHINE}?api-version=2026-04-01").raise_for_status()
                latencies.append(time.perf_counter() - begun)

    threads = [threading.Thread(target=work) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    cuts = statistics.quantiles(latencies, n=100)
    rate = len(latencies) / seconds
    print(
        f"  HTTPS, GET of a machine, {clients} client{'s' * (clients > 1)} {rate:>26,.0f}/s"
        f"    p50 {cuts[49] * 1000:.1f} ms    p99 {cuts[98] * 1000:.1f} ms",
        flush=True,
    )


def bench_load(machines: int) -> None:
    """An inventory file of many machines: read, listed, saved, loaded again."""
    print(f"load of {machines:,} machines")
    with tempfile.TemporaryDirectory() as folder:
        inventory, state = Path(folder) / "inventory.jsonl", Path(folder) / "state.json"
        with inventory.open("w", encoding="ascii") as file:
            for body in fleet(machines):
                file.write(json.dumps(body) + "\n")
        simulator = measured(
            "read it", lambda: Simulator(World.from_inventory(inventory), start=START), amount=machines
        )
        measured("list the first page", lambda: ask(simulator, "GET", f"/subscriptions/{SUBSCRIPTION_ID}/resources"))
        body = {"query": QUERIES[0]}
        measured("first query of Resource Graph", lambda: ask(simulator, "POST", GRAPH, body), amount=machines)
        measured("the same query again", lambda: ask(simulator, "POST", GRAPH, body), amount=machines)
        measured("save the state", lambda: simulator.save(state), amount=machines)
        print(f"  {'size of the state':<58}{state.stat().st_size / 2**20:>9,.0f} MiB")
        measured("load the state", lambda: Simulator.load(state, save=False), amount=machines)


def bench_query(machines: int) -> None:
    """Queries of Resource Graph, the first of which loads the tables."""
    print(f"queries over {machines:,} machines")
    simulator = Simulator(World.from_inventory(fleet(machines)), start=START)
    simulator.clock.advance(timedelta(days=2))
    for query in QUERIES:
        for turn in ("first", "again"):
            measured(f"{turn}: {query[:48]}…", partial(ask, simulator, "POST", GRAPH, {"query": query}))


def bench_year(machines: int, days: int) -> None:
    """Simulated time passes over a fleet, month by month."""
    print(f"{days} days of {machines:,} machines")
    simulator = Simulator(World.from_inventory(fleet(machines)), start=START)
    _schedule_everyone(simulator)

    def pass_time() -> None:
        for day in range(30, days + 30, 30):
            begun = time.perf_counter()
            simulator.clock.advance_to(START + timedelta(days=min(day, days)))
            print(f"    day {min(day, days):>4}{time.perf_counter() - begun:>10.1f} s", flush=True)

    measured("in all", pass_time, amount=machines * days)
    records = simulator.world.patch_records
    print(f"  machines assessed: {len(records.assessments):,}; installed on: {len(records.installations):,}")


def _schedule_everyone(simulator: Simulator) -> None:
    """A monthly window, given to every machine of a subscription that takes schedules."""
    simulator.world.add_group(SUBSCRIPTION_ID, "rg-contoso", "eastus")
    window = {"startDateTime": "2026-01-02 03:00", "duration": "03:55", "timeZone": "UTC"}
    window["recurEvery"] = "Month Second Tuesday Offset4"
    properties = {
        "maintenanceScope": "InGuestPatch",
        "extensionProperties": {"InGuestPatchMode": "User"},
        "maintenanceWindow": window,
        "installPatches": {
            "rebootSetting": "IfRequired",
            "windowsParameters": {"classificationsToInclude": ["Critical", "Security", "UpdateRollup"]},
            "linuxParameters": {"classificationsToInclude": ["Critical", "Security"]},
        },
    }
    ask(simulator, "PUT", CONFIGURATION, {"location": "eastus", "properties": properties})
    scope = f"/subscriptions/{SUBSCRIPTION_ID}/providers/Microsoft.Maintenance/configurationAssignments/monthly"
    given = {"maintenanceConfigurationId": CONFIGURATION, "filter": {}}
    ask(simulator, "PUT", scope, {"location": "eastus", "properties": given})


def main(arguments: list[str]) -> int:
    """Run the named benches, or all."""
    names = ("requests", "load", "query", "year")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("benches", nargs="*", metavar="|".join(names))
    parser.add_argument("--machines", type=int, help="default: 100,000 for load, 10,000 for query and year")
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--seconds", type=float, default=5.0, help="how long requests are repeated")
    options = parser.parse_args(arguments)
    if unknown := set(options.benches) - set(names):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    wanted = options.benches or names
    if "requests" in wanted:
        bench_requests(options.seconds)
    if "load" in wanted:
        bench_load(options.machines or 100_000)
    if "query" in wanted:
        bench_query(options.machines or 10_000)
    if "year" in wanted:
        bench_year(options.machines or 10_000, options.days)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
