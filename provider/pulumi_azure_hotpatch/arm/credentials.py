"""The credential that `azure-native` users already have configured.

Order: OpenID Connect and managed identity where they are asked for, then a certificate, then a client secret, then whatever
`DefaultAzureCredential` finds (environment, workload and managed identity, az CLI …).
"""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pulumi_azure_hotpatch.errors import ConfigurationError

from .clouds import Cloud
from .connection import Connection

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken, TokenCredential


class OneAtATime:
    """A credential that many threads share: the first asks, the others wait and get the same token."""

    def __init__(self, credential: TokenCredential) -> None:
        self._credential = credential
        self._lock = threading.Lock()

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        """A token for the scopes. Raises ClientAuthenticationError."""
        with self._lock:
            return self._credential.get_token(*scopes, **options)


def make_credential(connection: Connection, cloud: Cloud) -> TokenCredential:
    """The credential a connection describes; nothing is contacted before the first token. Raises ConfigurationError for half a description."""
    import azure.identity as identity

    options = _options(connection, cloud)
    if connection.flag("useOidc"):
        tenant, client = _require(connection, "useOidc", "tenantId", "clientId")
        return identity.ClientAssertionCredential(tenant, client, _assertion(connection), **options)
    if connection.flag("useMsi"):
        client_id = connection.value("clientId") or None
        return identity.ManagedIdentityCredential(client_id=client_id)
    if certificate := connection.value("clientCertificatePath"):
        tenant, client = _require(connection, "clientCertificatePath", "tenantId", "clientId")
        if not Path(certificate).is_file():
            raise ConfigurationError(f"azure-native:clientCertificatePath is '{certificate}', which is not a file")
        password = connection.value("clientCertificatePassword") or None
        return identity.CertificateCredential(tenant, client, certificate, password=password, **options)
    if secret := connection.value("clientSecret"):
        tenant, client = _require(connection, "clientSecret", "tenantId", "clientId")
        return identity.ClientSecretCredential(tenant, client, secret, **options)
    options.pop("connection_verify", None)
    return identity.DefaultAzureCredential(exclude_interactive_browser_credential=True, **options)


def _options(connection: Connection, cloud: Cloud) -> dict[str, Any]:
    options: dict[str, Any] = {"authority": cloud.authority}
    # Instance discovery asks the public cloud about an authority it cannot know.
    if (
        connection.endpoint is not None
        or connection.value("metadataHost")
        or connection.flag("disableInstanceDiscovery")
    ):
        options["disable_instance_discovery"] = True
    if connection.ca_file is not None:
        options["connection_verify"] = connection.ca_file
    if tenants := connection.value("auxiliaryTenantIds"):
        options["additionally_allowed_tenants"] = json.loads(tenants) if tenants.startswith("[") else tenants.split(";")
    return options


def _require(connection: Connection, because: str, *keys: str) -> tuple[str, ...]:
    missing = [f"azure-native:{key}" for key in keys if not connection.value(key)]
    if missing:
        raise ConfigurationError(f"azure-native:{because} is set, but {' and '.join(missing)} is not")
    return tuple(connection.value(key) for key in keys)


def _assertion(connection: Connection) -> Callable[[], str]:
    """A function that gives the OIDC token: as configured, from a file (read anew each time), or from the CI system's endpoint."""
    if token := connection.value("oidcToken"):
        return lambda: token
    if path := connection.value("oidcTokenFilePath"):
        return lambda: Path(path).read_text().strip()
    url, bearer = connection.value("oidcRequestUrl"), connection.value("oidcRequestToken")
    if url and bearer:
        return lambda: _request_token(url, bearer)
    raise ConfigurationError(
        "azure-native:useOidc is set, but none of oidcToken, oidcTokenFilePath, or oidcRequestUrl with oidcRequestToken is"
    )


def _request_token(url: str, bearer: str) -> str:
    parts = urllib.parse.urlsplit(url)
    if parts.scheme != "https":
        raise ConfigurationError("azure-native:oidcRequestUrl must start with https://")
    query = dict(urllib.parse.parse_qsl(parts.query)) | {"audience": "api://AzureADTokenExchange"}
    target = urllib.parse.urlunsplit(parts._replace(query=urllib.parse.urlencode(query)))
    request = urllib.request.Request(
        target, headers={"Authorization": f"Bearer {bearer}", "Accept": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            answer: Mapping[str, str] = json.load(response)
        return answer["value"]
    except (urllib.error.URLError, json.JSONDecodeError, KeyError) as error:
        raise ConfigurationError(f"azure-native:oidcRequestUrl gave no token: {error}") from None
