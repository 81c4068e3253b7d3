"""The stack's configuration: what is ours, and what `azure-native` users already have.

Read in a program through `pulumi.Config`, in the plugin from what the engine hands to `configure`; both are a function
from key to value. Our own keys have the namespace `azure-hotpatch`. Environment variables fill what the configuration
leaves out.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final

from pulumi_azure_hotpatch.arm.connection import Connection, parse_flag
from pulumi_azure_hotpatch.engine.clouds import cloud_named
from pulumi_azure_hotpatch.errors import ConfigurationError, InvalidInput
from pulumi_azure_hotpatch.ids import parse_subscription_id
from pulumi_azure_hotpatch.ports import Settings

Lookup = Callable[[str], Any]

# As many as the transport keeps open.
_CONNECTIONS = 128

# Our own keys: the environment variable that fills what the configuration leaves out, and what the key means (the
# reference is written from this).
OURS: Final[Mapping[str, tuple[str, str]]] = {
    "previewReads": (
        "AZURE_HOTPATCH_PREVIEW_READS",
        "`auto` (the default), or `off`: previews do not look at Azure, and what they cannot know stays unknown",
    ),
    "relax": (
        "AZURE_HOTPATCH_RELAX",
        "switches of disputed rules that are taken one step less seriously; separated by commas, or a JSON list",
    ),
    "verbose": ("AZURE_HOTPATCH_VERBOSE", "`true`: also say what could not be judged, and why"),
    "requestsAtOnce": (
        "AZURE_HOTPATCH_REQUESTS_AT_ONCE",
        f"how many requests a fleet has under way at a time, from 1 to {_CONNECTIONS}; {Settings.requests_at_once} by "
        "default",
    ),
    "endpoint": (
        "AZURE_HOTPATCH_ENDPOINT",
        "one `https://` address that answers for Resource Manager and for tokens instead of the cloud's: a simulator",
    ),
    "caFile": ("AZURE_HOTPATCH_CA_FILE", "the certificate authority of that endpoint; it is trusted with no other"),
    "clock": (
        "AZURE_HOTPATCH_CLOCK",
        "`system` (the default), or `endpoint`: waits move the simulator's clock on instead of taking time",
    ),
}

# Where azure-native reads the same thing: its configuration key, then environment variables.
# Source: pulumi-azure-native, provider/pkg/provider/auth_azidentity.go, 2025. Left out is `msiEndpoint`, which the
# identity library finds by itself, there and here.
AZURE: Final[Mapping[str, tuple[str, ...]]] = {
    "clientId": ("ARM_CLIENT_ID", "AZURE_CLIENT_ID"),
    "clientSecret": ("ARM_CLIENT_SECRET", "AZURE_CLIENT_SECRET"),
    "clientCertificatePath": ("ARM_CLIENT_CERTIFICATE_PATH", "AZURE_CLIENT_CERTIFICATE_PATH"),
    "clientCertificatePassword": ("ARM_CLIENT_CERTIFICATE_PASSWORD", "AZURE_CLIENT_CERTIFICATE_PASSWORD"),
    "tenantId": ("ARM_TENANT_ID", "AZURE_TENANT_ID"),
    "auxiliaryTenantIds": ("ARM_AUXILIARY_TENANT_IDS",),
    "subscriptionId": ("ARM_SUBSCRIPTION_ID", "AZURE_SUBSCRIPTION_ID"),
    "environment": ("ARM_ENVIRONMENT", "AZURE_ENVIRONMENT"),
    "metadataHost": ("ARM_METADATA_HOSTNAME", "ARM_METADATA_HOST"),
    "disableInstanceDiscovery": ("ARM_DISABLE_INSTANCE_DISCOVERY",),
    "useMsi": ("ARM_USE_MSI",),
    "useOidc": ("ARM_USE_OIDC",),
    "oidcToken": ("ARM_OIDC_TOKEN",),
    "oidcTokenFilePath": ("ARM_OIDC_TOKEN_FILE_PATH", "AZURE_FEDERATED_TOKEN_FILE"),
    "oidcRequestUrl": ("ARM_OIDC_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_URL"),
    "oidcRequestToken": ("ARM_OIDC_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"),
    "oidcAudience": ("ARM_OIDC_AUDIENCE",),
    "useDefaultAzureCredential": ("ARM_USE_DEFAULT_AZURE_CREDENTIAL",),
}


@dataclass(frozen=True)
class Configuration:
    """Everything the configuration says: for handlers (`settings`), for reaching Azure (`connection`), and which clock
    counts (`clock`: `system` or `endpoint`).
    """

    settings: Settings
    connection: Connection
    clock: str = "system"


def read_configuration(lookup: Lookup, environment: Mapping[str, str] | None = None) -> Configuration:
    """The configuration that `lookup` (full key to value or None) and the environment describe.

    Raises ConfigurationError for values that make no sense, before anything is contacted.
    """
    env = os.environ if environment is None else environment

    def ours(key: str) -> str:
        return _ours(key, lookup, env)

    azure = {key: value for key, (value, _) in _azure_values(lookup, env).items()}
    preview_reads = ours("previewReads") or "auto"
    if preview_reads not in ("auto", "off"):
        raise ConfigurationError(f"azure-hotpatch:previewReads is '{preview_reads}'; it must be 'auto' or 'off'")
    endpoint = ours("endpoint") or None
    ca_file = ours("caFile") or None
    clock = ours("clock") or "system"
    _check_endpoint(endpoint, ca_file, clock)
    settings = Settings(
        subscription_id=_subscription(azure.get("subscriptionId")),
        preview_reads=preview_reads == "auto",
        relaxed=relaxed_switches(lookup, env),
        verbose=parse_flag("azure-hotpatch:verbose", ours("verbose")),
        requests_at_once=_requests_at_once(ours("requestsAtOnce")),
        cloud=_cloud(azure, endpoint),
    )
    return Configuration(settings, Connection(azure, endpoint, ca_file), clock)


def unknown_keys(keys: Iterable[str]) -> list[str]:
    """Of the full keys of a configuration those in our namespace that nothing reads, each as a line with the nearest
    key that there is.
    """
    found = []
    for key in sorted(keys):
        namespace, _, name = key.partition(":")
        if namespace == "azure-hotpatch" and name not in OURS:
            near = {one.casefold(): one for one in OURS}
            alike = get_close_matches(name.replace("_", "").casefold(), near, n=1, cutoff=0)
            found.append(f"{key} is not a configuration key, and is ignored; did you mean {near[alike[0]]}?")
    return found


def _ours(key: str, lookup: Lookup, env: Mapping[str, str]) -> str:
    variable, _ = OURS[key]
    return _text(lookup(f"azure-hotpatch:{key}")) or env.get(variable, "")


def azure_sources(lookup: Lookup, environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """Where each `azure-native` key that is set has its value from: the configuration key, or a variable."""
    env = os.environ if environment is None else environment
    return {key: source for key, (_, source) in _azure_values(lookup, env).items()}


def _azure_values(lookup: Lookup, env: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """The values of the `azure-native` keys that are set, each with its source."""
    found = {}
    for key, variables in AZURE.items():
        configured = (f"azure-native:{key}", _text(lookup(f"azure-native:{key}")))
        for source, value in (configured, *((name, env.get(name, "")) for name in variables)):
            if value:
                found[key] = (value, source)
                break
    return found


def _subscription(text: str | None) -> str | None:
    try:
        return None if text is None else parse_subscription_id(text)
    except InvalidInput as error:
        raise ConfigurationError(f"azure-native:subscriptionId (or ARM_SUBSCRIPTION_ID): {error}") from None


def _cloud(azure: Mapping[str, str], endpoint: str | None) -> str | None:
    """The cloud that is meant. A simulator, or a cloud that its metadata describes, is what its name says, if any."""
    name = azure.get("environment", "")
    is_own = endpoint is not None or "metadataHost" in azure
    return None if is_own and not name else cloud_named(name)


def _requests_at_once(text: str) -> int:
    if not text:
        return Settings.requests_at_once
    if not text.isdigit() or not 1 <= int(text) <= _CONNECTIONS:
        raise ConfigurationError(
            f"azure-hotpatch:requestsAtOnce is '{text}'; it must be a whole number from 1 to {_CONNECTIONS}"
        )
    return int(text)


def _check_endpoint(endpoint: str | None, ca_file: str | None, clock: str) -> None:
    if clock not in ("system", "endpoint"):
        raise ConfigurationError(f"azure-hotpatch:clock is '{clock}'; it must be 'system' or 'endpoint'")
    if endpoint is None:
        if clock == "endpoint":
            raise ConfigurationError("azure-hotpatch:clock is 'endpoint', but no azure-hotpatch:endpoint is set")
        return
    if not endpoint.startswith("https://"):
        raise ConfigurationError(f"azure-hotpatch:endpoint is '{endpoint}'; it must start with https://")
    if ca_file is None:
        raise ConfigurationError(
            "azure-hotpatch:endpoint is set without azure-hotpatch:caFile; an endpoint override is trusted only with "
            "its own certificate authority"
        )
    if not os.path.isfile(ca_file):
        raise ConfigurationError(f"azure-hotpatch:caFile is '{ca_file}', which is not a file")


def relaxed_switches(lookup: Lookup, environment: Mapping[str, str] | None = None) -> frozenset[str]:
    """The switches that `azure-hotpatch:relax` sets, without looking at anything else. Raises ConfigurationError."""
    env = os.environ if environment is None else environment
    return parse_switches(_ours("relax", lookup, env))


def parse_switches(text: str) -> frozenset[str]:
    """Names of switches, separated by commas or as a JSON list. Raises ConfigurationError for one that no rule has."""
    if text.startswith("["):
        try:
            parsed = json.loads(text)
        except json.JSONDecodeError:
            raise ConfigurationError(
                "azure-hotpatch:relax is neither a JSON list nor names separated by commas"
            ) from None
        given = frozenset(str(item) for item in parsed)
    else:
        given = frozenset(part.strip() for part in text.split(",") if part.strip())
    if given:
        _check_switches(given)
    return given


def _check_switches(given: frozenset[str]) -> None:
    # A misspelt switch would silently relax nothing.
    from pulumi_azure_hotpatch.engine.rules import RULES

    switches = {rule.switch for rule in RULES if rule.switch}
    if wrong := sorted(given - switches):
        raise ConfigurationError(
            f"azure-hotpatch:relax names '{wrong[0]}', which relaxes nothing; there is: {', '.join(sorted(switches))}"
        )


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return value
        case _:
            return json.dumps(value)
