"""A stand-in for the azure-native plugin: where it is put, what it knows, and the Azure that it talks to.

The vendor's plugin is a binary that talks to Azure; `azure_native_plugin` turns create, read, update and delete of the
few resource types in `KINDS` into GET, PUT and DELETE of the ARM body that the inputs spell. Only that module imports
Pulumi's provider SDK, whose protocol files do not go into one process with those of the dynamic host.
"""

import json
import re
import ssl
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

POLL_SECONDS = 15
_CHECKOUT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Kind:
    """Where a resource type lives: the path's parts are inputs, the last of them its name."""

    path: str
    api_version: str

    @property
    def parts(self) -> list[str]:
        """The inputs that the path is made of."""
        return re.findall(r"{(\w+)}", self.path)


_GROUP = "/resourceGroups/{resourceGroupName}"
_NETWORK = f"{_GROUP}/providers/Microsoft.Network"
_ASSIGNMENT = "/providers/Microsoft.Maintenance/configurationAssignments/{configurationAssignmentName}"
KINDS = {
    "resources:ResourceGroup": Kind(_GROUP, "2025-04-01"),
    "network:VirtualNetwork": Kind(f"{_NETWORK}/virtualNetworks/{{virtualNetworkName}}", "2024-05-01"),
    "network:Subnet": Kind(f"{_NETWORK}/virtualNetworks/{{virtualNetworkName}}/subnets/{{subnetName}}", "2024-05-01"),
    "network:NetworkSecurityGroup": Kind(
        f"{_NETWORK}/networkSecurityGroups/{{networkSecurityGroupName}}", "2024-05-01"
    ),
    "network:PublicIPAddress": Kind(f"{_NETWORK}/publicIPAddresses/{{publicIpAddressName}}", "2024-05-01"),
    "network:NetworkInterface": Kind(f"{_NETWORK}/networkInterfaces/{{networkInterfaceName}}", "2024-05-01"),
    "compute:VirtualMachine": Kind(f"{_GROUP}/providers/Microsoft.Compute/virtualMachines/{{vmName}}", "2025-04-01"),
    "maintenance:MaintenanceConfiguration": Kind(
        f"{_GROUP}/providers/Microsoft.Maintenance/maintenanceConfigurations/{{resourceName}}", "2023-04-01"
    ),
    "maintenance:ConfigurationAssignment": Kind(
        f"{_GROUP}/providers/{{providerName}}/{{resourceType}}/{{resourceName}}{_ASSIGNMENT}", "2023-04-01"
    ),
    "maintenance:ConfigurationAssignmentsForSubscription": Kind(_ASSIGNMENT, "2023-04-01"),
    "maintenance:ConfigurationAssignmentsForResourceGroup": Kind(f"{_GROUP}{_ASSIGNMENT}", "2023-04-01"),
}
_TOKEN = re.compile(r"azure-native(?:_\w+)?:(?P<module>[a-z]+)(?:/v\w+)?:(?P<name>\w+)")


def install(folder: Path) -> Path:
    """Make the executable in `folder`, which has to come first on PATH; the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    executable = folder / "pulumi-resource-azure-native"
    executable.write_text(
        f'#!/bin/sh\nPYTHONPATH="{_CHECKOUT}" exec "{sys.executable}" -u -m tests.support.azure_native_plugin "$@"\n',
        encoding="utf-8",
    )
    executable.chmod(0o755)
    return folder


class Refused(Exception):
    """What Azure answered to a request that it refused."""


class Azure:
    """The simulated Azure that the environment names."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._url = environment["AZURE_HOTPATCH_ENDPOINT"]
        self._tls = ssl.create_default_context(cafile=environment["AZURE_HOTPATCH_CA_FILE"])
        self._token: str | None = None

    @property
    def subscription(self) -> str:
        """The subscription that everything is in."""
        return f"/subscriptions/{self._environment['ARM_SUBSCRIPTION_ID']}"

    def get(self, path: str, version: str) -> dict[str, Any] | None:
        """The body, None when there is none."""
        return self._ask("GET", path, version)

    def put(self, path: str, version: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The body once the write is done."""
        self._ask("PUT", path, version, body)
        while found := self.get(path, version):
            state = (found.get("properties") or {}).get("provisioningState", "Succeeded")
            if state not in ("Creating", "Updating"):
                return found
            self._wait()
        raise Refused(f"{path} went while it was written")

    def delete(self, path: str, version: str) -> None:
        """Delete it, until it is gone."""
        self._ask("DELETE", path, version)
        while self.get(path, version) is not None:
            self._wait()

    def _wait(self) -> None:
        self._send("POST", "/simulator/clock", {"advance_seconds": POLL_SECONDS}, {})

    def _ask(
        self, method: str, path: str, version: str, body: Mapping[str, Any] | None = None
    ) -> dict[str, Any] | None:
        if self._token is None:
            self._token = self._sign_in()
        headers = {"Authorization": f"Bearer {self._token}"}
        return self._send(method, f"{urllib.parse.quote(path)}?api-version={version}", body, headers)

    def _sign_in(self) -> str:
        form = {
            "grant_type": "client_credentials",
            "client_id": self._environment["ARM_CLIENT_ID"],
            "client_secret": self._environment["ARM_CLIENT_SECRET"],
            "scope": f"{self._url}/.default",
        }
        url = f"{self._url}/{self._environment['ARM_TENANT_ID']}/oauth2/v2.0/token"
        request = urllib.request.Request(url, urllib.parse.urlencode(form).encode())
        with urllib.request.urlopen(request, context=self._tls) as response:
            token: str = json.load(response)["access_token"]
        return token

    def _send(
        self, method: str, path: str, body: Mapping[str, Any] | None, headers: Mapping[str, str]
    ) -> dict[str, Any] | None:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self._url}{path}", data, {"Content-Type": "application/json", **headers}, method=method
        )
        try:
            with urllib.request.urlopen(request, context=self._tls) as response:
                content: dict[str, Any] = json.loads(response.read() or b"{}")
                return content
        except urllib.error.HTTPError as refused:
            error = json.loads(refused.read() or b"{}").get("error") or {}
            if refused.code == 404 and method != "PUT":
                return None
            raise Refused(f"{method} {path}: {refused.code} {error.get('code')}: {error.get('message')}") from None


def kind_of(token: str) -> Kind:
    # A resource below components has their types before its own.
    matched = _TOKEN.fullmatch(token.rpartition("$")[2])
    name = f"{matched['module']}:{matched['name']}" if matched else token
    if name not in KINDS:
        raise Refused(f"the stand-in for azure-native does not know {token}")
    return KINDS[name]
