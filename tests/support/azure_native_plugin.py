"""A stand-in for the azure-native plugin: programs with the real `pulumi_azure_native` SDK run against the simulator.

The vendor's plugin is a binary that talks to Azure; this one turns create, read, update and delete of the few resource
types in `KINDS` into GET, PUT and DELETE of the ARM body that the inputs spell. `install(folder)` puts an executable of
the name that the engine looks for into a folder for PATH. Like our own plugin it finds its Azure in the environment,
and waits by moving the simulated clock on.
"""

import asyncio
import json
import os
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

from pulumi.provider.experimental import server
from pulumi.provider.experimental.property_value import Computed, PropertyValue
from pulumi.provider.experimental.provider import (
    CheckRequest,
    CheckResponse,
    ConfigureRequest,
    ConfigureResponse,
    CreateRequest,
    CreateResponse,
    DeleteRequest,
    DiffRequest,
    DiffResponse,
    PropertyDiff,
    PropertyDiffKind,
    Provider,
    ReadRequest,
    ReadResponse,
    UpdateRequest,
    UpdateResponse,
)

Values = Mapping[str, PropertyValue]

POLL_SECONDS = 15
_TOP = ("location", "tags", "zones", "identity", "plan", "sku", "kind", "extendedLocation")
_INPUTS = "__inputs"


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
    executable.write_text(f'#!/bin/sh\nexec "{sys.executable}" -u "{__file__}" "$@"\n', encoding="utf-8")
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


class AzureNative(Provider):
    """Every resource type by the same few lines."""

    def __init__(self) -> None:
        self._azure = Azure(os.environ)

    async def configure(self, request: ConfigureRequest) -> ConfigureResponse:  # noqa: ARG002
        # Without secrets of our own the engine keeps those it knows.
        return ConfigureResponse(supports_preview=True)

    async def check(self, request: CheckRequest) -> CheckResponse:
        name, old = _kind(request.type).parts[-1], request.old_inputs
        given = dict(request.new_inputs)
        # A resource without a name of its own is named after the program's resource, as the real plugin does.
        given.setdefault(name, old.get(name) or PropertyValue(f"{request.name}{request.random_seed.hex()[:8]}"))
        return CheckResponse(inputs=given)

    async def diff(self, request: DiffRequest) -> DiffResponse:
        new, state = _plain(request.new_inputs), _plain(request.old_state)
        old = state.get(_INPUTS) or {}
        changed = sorted(name for name in old.keys() | new.keys() if not _same(old.get(name), new.get(name)))
        fixed = (*_kind(request.type).parts, "location")
        replaces = [name for name in changed if name in fixed and not isinstance(new.get(name), PropertyValue)]
        kinds = {True: PropertyDiffKind.UPDATE_REPLACE, False: PropertyDiffKind.UPDATE}
        detailed = {name: PropertyDiff(kinds[name in replaces], input_diff=True) for name in changed}
        return DiffResponse(bool(changed), replaces, diffs=changed, detailed_diff=detailed, delete_before_replace=True)

    async def create(self, request: CreateRequest) -> CreateResponse:
        inputs = _plain(request.properties)
        if request.preview:
            return CreateResponse("", dict(request.properties))
        path, found = await self._write(request.type, inputs)
        return CreateResponse(str(found.get("id") or path), _wrapped(_outputs(inputs, found)))

    async def update(self, request: UpdateRequest) -> UpdateResponse:
        inputs = _plain(request.news)
        if request.preview:
            return UpdateResponse(dict(request.news))
        _, found = await self._write(request.type, inputs)
        return UpdateResponse(_wrapped(_outputs(inputs, found)))

    async def read(self, request: ReadRequest) -> ReadResponse:
        version = _kind(request.type).api_version
        found = await asyncio.to_thread(self._azure.get, request.resource_id, version)
        if found is None:
            return ReadResponse("")
        inputs = _observed(_plain(request.inputs), _flat(found))
        return ReadResponse(request.resource_id, _wrapped(_outputs(inputs, found)), _wrapped(inputs))

    async def delete(self, request: DeleteRequest) -> None:
        await asyncio.to_thread(self._azure.delete, request.resource_id, _kind(request.type).api_version)

    async def _write(self, token: str, inputs: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        kind = _kind(token)
        path = self._azure.subscription + kind.path.format_map(inputs)
        body: dict[str, Any] = {name: inputs[name] for name in _TOP if name in inputs}
        inner = {name: value for name, value in inputs.items() if name not in (*_TOP, *kind.parts)}
        body |= {"properties": inner} if inner else {}
        return path, await asyncio.to_thread(self._azure.put, path, kind.api_version, body)


def _kind(token: str) -> Kind:
    matched = _TOKEN.fullmatch(token)
    name = f"{matched['module']}:{matched['name']}" if matched else token
    if name not in KINDS:
        raise Refused(f"the stand-in for azure-native does not know {token}")
    return KINDS[name]


def _flat(body: Mapping[str, Any]) -> dict[str, Any]:
    """An ARM body as azure-native shows it: without a level for properties."""
    return {**{name: value for name, value in body.items() if name != "properties"}, **(body.get("properties") or {})}


def _outputs(inputs: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    return {**inputs, **_flat(body), _INPUTS: dict(inputs)}


def _observed(inputs: Any, found: Any) -> Any:
    """What was written, with Azure's value wherever it differs; what Azure does not show stays."""
    if isinstance(inputs, Mapping) and isinstance(found, Mapping):
        return {name: _observed(value, found[name]) if name in found else value for name, value in inputs.items()}
    return inputs if inputs == found else found


def _same(old: Any, new: Any) -> bool:
    # Two wrappers cannot be compared: what is not known yet is a change.
    if isinstance(new, PropertyValue):
        return False
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return old.keys() == new.keys() and all(_same(old[name], new[name]) for name in old)
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(_same, old, new))
    return bool(old == new)


def _plain(values: Values) -> dict[str, Any]:
    return {name: _without_wrapper(value) for name, value in values.items()}


def _without_wrapper(wrapped: PropertyValue) -> Any:
    value: Any = wrapped.value
    if isinstance(value, Computed):
        # It stays in its wrapper, by which it is told from what is known.
        return wrapped
    if isinstance(value, Mapping):
        return {name: _without_wrapper(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_without_wrapper(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _wrapped(values: Mapping[str, Any]) -> dict[str, PropertyValue]:
    return {name: _with_wrapper(value) for name, value in values.items()}


def _with_wrapper(value: Any) -> PropertyValue:
    if isinstance(value, PropertyValue):
        return value
    if isinstance(value, Mapping):
        return PropertyValue(_wrapped(value))
    if isinstance(value, list | tuple):
        return PropertyValue([_with_wrapper(each) for each in value])
    return PropertyValue(float(value) if isinstance(value, int) and not isinstance(value, bool) else value)


if __name__ == "__main__":
    server.main(sys.argv[1:], "3.29.0", AzureNative())
