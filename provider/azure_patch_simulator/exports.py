"""What to set so that a client talks to a running simulator: variables, and for the Azure CLI three commands.

Source: each was tried with the real client (azure-identity 1.27, azure-cli 2.91, azapi in Terraform 1.11).
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping
from pathlib import PurePath
from urllib.parse import urlsplit

CLOUD = "AzurePatchSimulator"
MEMBERS = ("url", "ca_file", "tenant_id", "subscription_id", "client_id", "client_secret")


def read_info(text: str) -> dict[str, str]:
    """Return what a server printed when it was ready. Raises ``ValueError`` when ``text`` is something else."""
    try:
        info = json.loads(text)
    except ValueError:
        info = None
    if not isinstance(info, dict) or not all(isinstance(info.get(name), str) for name in MEMBERS):
        raise ValueError("this is not the line that `azure-patch-simulator serve` prints when it is ready")
    return {name: info[name] for name in MEMBERS}


def _az(info: Mapping[str, str]) -> dict[str, str]:
    folder = PurePath(info["ca_file"]).parent / f"az-{urlsplit(info['url']).port}"
    return {
        "AZURE_CONFIG_DIR": str(folder),
        "REQUESTS_CA_BUNDLE": info["ca_file"],
        "AZURE_CORE_INSTANCE_DISCOVERY": "false",
        "AZURE_CORE_COLLECT_TELEMETRY": "false",
        "AZURE_CORE_LOGIN_EXPERIENCE_V2": "off",
        "AZURE_EXTENSION_USE_DYNAMIC_INSTALL": "no",
    }


def _terraform(info: Mapping[str, str]) -> dict[str, str]:
    return {
        **_service_principal("ARM", info),
        "ARM_ENVIRONMENT": "custom",
        "ARM_ACTIVE_DIRECTORY_AUTHORITY_HOST": f"{info['url']}/",
        "ARM_RESOURCE_MANAGER_ENDPOINT": info["url"],
        "ARM_RESOURCE_MANAGER_AUDIENCE": info["url"],
        "ARM_DISABLE_INSTANCE_DISCOVERY": "true",
        "ARM_USE_CLI": "false",
        "ARM_USE_MSI": "false",
        "ARM_SKIP_PROVIDER_REGISTRATION": "true",
        "SSL_CERT_FILE": info["ca_file"],
    }


def _python(info: Mapping[str, str]) -> dict[str, str]:
    return {
        **_service_principal("AZURE", info),
        "AZURE_AUTHORITY_HOST": info["url"],
        "AZURE_RESOURCE_MANAGER_ENDPOINT": info["url"],
        "REQUESTS_CA_BUNDLE": info["ca_file"],
    }


def _pulumi(info: Mapping[str, str]) -> dict[str, str]:
    return {
        **_service_principal("ARM", info),
        "AZURE_HOTPATCH_ENDPOINT": info["url"],
        "AZURE_HOTPATCH_CA_FILE": info["ca_file"],
        "AZURE_HOTPATCH_CLOCK": "endpoint",
    }


def _service_principal(prefix: str, info: Mapping[str, str]) -> dict[str, str]:
    return {f"{prefix}_{name.upper()}": info[name] for name in MEMBERS[2:]}


CLIENTS: dict[str, Callable[[Mapping[str, str]], dict[str, str]]] = {
    "az": _az,
    "terraform": _terraform,
    "python": _python,
    "pulumi": _pulumi,
}


def environment(client: str, info: Mapping[str, str]) -> dict[str, str]:
    """Return the variables for ``client`` (``az``, ``terraform``, ``python`` or ``pulumi``). Raises ``KeyError``."""
    return CLIENTS[client](info)


def commands(client: str, info: Mapping[str, str]) -> list[list[str]]:
    """Return what must be run once, in that environment: the Azure CLI is told of the cloud and signs in."""
    if client != "az":
        return []
    secret = ["-u", info["client_id"], "-p", info["client_secret"], "--tenant", info["tenant_id"]]
    return [
        ["az", "cloud", "register", "-n", CLOUD, "--endpoint-resource-manager", info["url"]],
        ["az", "cloud", "set", "-n", CLOUD],
        ["az", "login", "--service-principal", *secret],
    ]


def script(client: str, info: Mapping[str, str]) -> str:
    """Return shell text for ``eval``: exports, then the commands (the first only where the cloud is not known yet)."""
    lines = [f"export {name}={shlex.quote(value)}" for name, value in environment(client, info).items()]
    for number, command in enumerate(commands(client, info)):
        known = f"az cloud show -n {CLOUD} >/dev/null 2>&1 || " if number == 0 else ""
        lines.append(f"{known}{shlex.join(command)} >/dev/null")
    return "\n".join(lines) + "\n"
