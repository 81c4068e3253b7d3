"""Fleets that are rolled out to: worlds of them, a rollout as declared, and what the journal says of it."""

import re
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from azure_patch_simulator import SUBSCRIPTION_ID
from azure_patch_simulator.inventory import windows_machine
from azure_patch_simulator.resources import Body
from tests.handlers.declared import Declared
from tests.handlers.patching import INSTALL, SECURITY, azure_of
from tests.support.simulated import Azure, minutes

CANARY_THEN_REST = [{"name": "canary", "percent": 20.0}, {"name": "broad", "rest": True}]


def fleet(count: int) -> list[Body]:
    """So many Windows VMs, `vm-000` and on."""
    return [
        windows_machine(SUBSCRIPTION_ID, "rg-contoso", f"vm-{number:03}", "2022-datacenter") for number in range(count)
    ]


def quick(*bodies: Body, **patching: Any) -> Azure:
    """A world in which an installation takes some minutes."""
    times = {"windows_patch_time": minutes(2), "reboot_time": minutes(1), "assessment_time": minutes(1)}
    return azure_of(*bodies, **{**times, **patching})


def ids(bodies: list[Body]) -> list[str]:
    return [str(body["id"]) for body in bodies]


def rollout(azure: Azure, machines: list[str], rings: list[dict[str, Any]], **inputs: Any) -> Declared:
    """The critical and security patches of many machines, declared."""
    given = {"machineIds": machines, "rings": rings, "windows": SECURITY, "linux": SECURITY, **inputs}
    return Declared(azure, "patch_rollout", {name: value for name, value in given.items() if value is not None})


def installs(azure: Azure) -> Counter[str]:
    """How often an installation was accepted, by the machine's name."""
    return Counter(
        name_of(entry.path)
        for entry in azure.simulator.journal
        if entry.operation.endswith("_InstallPatches") and entry.status < 300
    )


def instants(azure: Azure) -> dict[str, datetime]:
    """When the last installation of each machine was accepted, by the machine's name."""
    return {
        name_of(entry.path): entry.instant
        for entry in azure.simulator.journal
        if entry.operation == INSTALL and entry.status < 300
    }


def most_at_once(azure: Azure) -> int:
    """How many installations ran at the same time, at the most."""
    every = [each for found in azure.simulator.world.patch_records.installations.values() for each in found]
    return max(sum(other.started <= each.started < other.ends for other in every) for each in every)


def name_of(path: str) -> str:
    found = re.search(r"/(?:virtualMachines|machines)/([^/?]+)", path, re.IGNORECASE)
    assert found is not None, path
    return found.group(1)


def phases(state: Any) -> dict[str, str]:
    """The phase of each machine, by its name."""
    return {name_of(each.machine_id): each.phase for each in state.machines}


def in_ring(state: Any, ring: str) -> list[str]:
    """The names of a ring's machines."""
    return [name_of(each.machine_id) for each in state.machines if each.ring == ring]


def later(azure: Azure, duration: timedelta) -> None:
    """Time passes, and a new run begins."""
    azure.simulator.clock.advance(duration)
    azure.new_run()
