"""The Azure that all contestants work on: the same machines, the same latencies, in a process of its own over TLS."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from azure_patch_simulator import SUBSCRIPTION_ID
from azure_patch_simulator.inventory import windows_machine
from azure_patch_simulator.launch import launched

GROUP = f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/rg-contoso"
_NOT_MANAGEMENT = ("OAuth2", "OpenId", "Metadata")
DRIFT = {
    "properties": {
        "osProfile": {
            "windowsConfiguration": {
                "patchSettings": {
                    "patchMode": "AutomaticByOS",
                    "automaticByPlatformSettings": {"bypassPlatformSafetyChecksOnUserSchedule": False},
                }
            }
        }
    }
}
"""What somebody else writes into every tenth machine."""


def names(count: int) -> list[str]:
    """The machines, the same for everybody."""
    return [f"vm-{number:04}" for number in range(count)]


class Fleet:
    """A running simulator with `machines` of one resource group."""

    def __init__(self, info: Mapping[str, str], pid: int, machines: int) -> None:
        self.info = info
        self.machines = names(machines)
        self._pid = pid
        self._since = 0
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = info["ca_file"]

    def calls(self) -> Counter[str]:
        """The requests to Resource Manager and Resource Graph since this was last asked, by Azure's own names."""
        answer = self._ask("GET", f"/simulator/journal?since={self._since}")
        self._since = answer["next"]
        entries = (entry["operation"] for entry in answer["entries"])
        return Counter(operation for operation in entries if not operation.startswith(_NOT_MANAGEMENT))

    def cpu(self) -> float:
        """The processor seconds of the simulator so far."""
        fields = Path(f"/proc/{self._pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def drift(self) -> list[str]:
        """Let somebody else change every tenth machine; returns their names. Over once this returns."""
        before = self._ask("GET", "/simulator/settings")["operation_time"]
        self._ask("PATCH", "/simulator/settings", {"operation_time": 0})
        form = {"grant_type": "client_credentials", "scope": f"{self.info['url']}/.default"}
        form |= {name: self.info[name] for name in ("client_id", "client_secret")}
        token = self._session.post(f"{self.info['url']}/{self.info['tenant_id']}/oauth2/v2.0/token", data=form).json()
        headers = {"Authorization": f"Bearer {token['access_token']}"}
        for name in self.machines[::10]:
            path = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/{name}?api-version=2024-07-01"
            self._ask("PATCH", path, DRIFT, headers)
        self._ask("PATCH", "/simulator/settings", {"operation_time": before})
        return self.machines[::10]

    def unsettled(self) -> list[str]:
        """The machines whose settings or schedule are not as everybody is to leave them."""
        resources = self._ask("GET", "/simulator/world")["world"]["resources"]
        bodies = {each["id"].casefold(): each["body"] for each in resources}
        return [name for name in self.machines if not _is_settled(bodies, name)]

    def _ask(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Any:
        answer = self._session.request(method, f"{self.info['url']}{path}", json=body, headers=headers)
        answer.raise_for_status()
        return answer.json()


def _is_settled(bodies: Mapping[str, Any], name: str) -> bool:
    machine = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/{name}"
    settings = bodies[machine.casefold()]["properties"]["osProfile"]["windowsConfiguration"]["patchSettings"]
    # The schedule is the machine's own, or the whole group's.
    assignment = "/providers/Microsoft.Maintenance/configurationAssignments/monthly"
    given = bodies.get(f"{machine}{assignment}".casefold())
    scope = bodies.get(f"/subscriptions/{SUBSCRIPTION_ID}{assignment}".casefold())
    if scope is not None and scope["properties"]["filter"]["resourceGroups"] == ["rg-contoso"]:
        given = scope
    bypass = settings.get("automaticByPlatformSettings", {}).get("bypassPlatformSafetyChecksOnUserSchedule")
    return settings["patchMode"] == "AutomaticByPlatform" and bypass is True and given is not None


@contextmanager
def served(folder: Path, machines: int, operation_seconds: float) -> Iterator[Fleet]:
    """Serve a fresh fleet in real time; a write to a machine takes so many seconds."""
    bodies: Sequence[Any] = [
        windows_machine(SUBSCRIPTION_ID, "rg-contoso", one, "2022-datacenter") for one in names(machines)
    ]
    inventory = folder / "inventory.json"
    inventory.write_text(json.dumps(bodies), encoding="utf-8")
    # Registrations are over at once: the peer does not wait for them, and waiting for one is no matter of machines.
    took = ("--operation-seconds", str(operation_seconds), "--registration-seconds", "0")
    arguments = ("--inventory", str(inventory), *took)
    with launched(*arguments, "--ca-file", str(folder / "ca.pem")) as running:
        yield Fleet(running.info, running.process.pid, machines)
