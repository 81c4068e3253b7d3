"""A client without any SDK: requests as plain values, with a good token."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from azure.mgmt.compute.models import VirtualMachineUpdate

from azure_patch_simulator import SUBSCRIPTION_ID, Request, Response, Settings, Simulator, World

START = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
SUBSCRIPTION = f"/subscriptions/{SUBSCRIPTION_ID}"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg-contoso"
MACHINES = f"{GROUP}/providers/Microsoft.Compute/virtualMachines"
MACHINE = f"{MACHINES}/vm-web-1"
CONFIGURATIONS = f"{GROUP}/providers/Microsoft.Maintenance/maintenanceConfigurations"
FEATURES = f"{SUBSCRIPTION}/providers/Microsoft.Features/providers/Microsoft.Compute/features"
HOTPATCH_FLAG = f"{FEATURES}/InGuestHotPatchVMPreview"


@dataclass
class Client:
    """Asks a simulator; ``answer`` has the status, headers and body."""

    simulator: Simulator

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        version: str | None = "2026-04-01",
        headers: dict[str, str] | None = None,
        content: bytes | None = None,
    ) -> Response:
        sent = {"authorization": f"Bearer {self.token()}", "content-type": "application/json", **(headers or {})}
        joint = "&" if "?" in path else "?"
        url = path if path.startswith("https://") else f"https://management.azure.com{path}"
        if version is not None and "api-version=" not in url:
            url += f"{joint}api-version={version}"
        data = content if content is not None else b"" if body is None else json.dumps(body).encode()
        return self.simulator.handle(Request.of(method, url, sent, data))

    def token(self, scope: str = "https://management.azure.com/.default") -> str:
        return str(self.simulator.credential().get_token(scope).token)

    def get(self, path: str) -> Any:
        answer = self.ask("GET", path)
        assert answer.status == 200, answer.body
        return answer.json()

    def state(self, path: str = HOTPATCH_FLAG) -> str:
        return str(self.get(path)["properties"]["state"])


def update(body: dict[str, Any]) -> VirtualMachineUpdate:
    """The same body as the SDK's model."""
    return VirtualMachineUpdate(body)


def patch_settings(**settings: Any) -> dict[str, Any]:
    """The body of a PATCH of a Windows machine's patch settings."""
    return {"properties": {"osProfile": {"windowsConfiguration": {"patchSettings": settings}}}}


def in_guest_configuration(**window: Any) -> dict[str, Any]:
    """The body of a guest patch schedule that the service takes."""
    opens = {"startDateTime": "2026-12-01 03:00", "duration": "03:00", "timeZone": "UTC", "recurEvery": "1Week Monday"}
    return {
        "location": "eastus",
        "properties": {
            "maintenanceScope": "InGuestPatch",
            "extensionProperties": {"InGuestPatchMode": "User"},
            "maintenanceWindow": {**opens, **window},
            "installPatches": {"rebootSetting": "IfRequired"},
        },
    }


def code_of(answer: Response) -> str:
    """The code of an ARM error."""
    return str(answer.json()["error"]["code"])


def message_of(answer: Response) -> str:
    """The text of an ARM error."""
    return str(answer.json()["error"]["message"])


def client(settings: Settings | None = None, *, seed: int = 0) -> Client:
    """A client of a new simulator over the default world."""
    return Client(Simulator(World.default(settings), start=START, seed=seed))
