"""The credential that `azure-native` users already have configured.

In azure-native's order: `DefaultAzureCredential` where it is asked for, a certificate, a client secret, OpenID Connect,
a managed identity. Where none of these is configured, whatever `DefaultAzureCredential` finds (environment, workload
and managed identity, az CLI …).

Source of the order: pulumi-azure-native, provider/pkg/provider/auth_azidentity.go, 2025.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pulumi_azure_hotpatch.errors import ConfigurationError

from .clouds import Cloud
from .connection import Connection
from .oidc import assertion

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken, TokenCredential
    from azure.core.pipeline.transport import HttpTransport

CredentialT = TypeVar("CredentialT")

# Source: azure-identity 1.27, `validate_tenant_id`.
_TENANT = re.compile(r"[0-9A-Za-z.-]+")


class OneAtATime:
    """A credential that many threads share: the first asks, the others wait and get the same token."""

    def __init__(self, credential: TokenCredential) -> None:
        self._credential = credential
        self._lock = threading.Lock()

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        """A token for the scopes. Raises ClientAuthenticationError."""
        with self._lock:
            return self._credential.get_token(*scopes, **options)


def make_credential(connection: Connection, cloud: Cloud, transport: HttpTransport[Any, Any]) -> TokenCredential:
    """The credential a connection describes; nothing is contacted before the first token.

    It signs in over `transport`, which trusts what the connection trusts and waits on our clock. Raises
    ConfigurationError for half a description, or for one that can never work.
    """
    import azure.identity as identity

    options = _options(connection, cloud, transport)
    if connection.flag("useDefaultAzureCredential"):
        return identity.DefaultAzureCredential(**options)
    if certificate := connection.value("clientCertificatePath"):
        tenant, client = _require(connection, "clientCertificatePath", "tenantId", "clientId")
        if not Path(certificate).is_file():
            raise ConfigurationError(f"azure-native:clientCertificatePath is '{certificate}', which is not a file")
        password = connection.value("clientCertificatePassword") or None
        return _made(
            "clientCertificatePath",
            lambda: identity.CertificateCredential(tenant, client, certificate, password=password, **options),
        )
    if secret := connection.value("clientSecret"):
        tenant, client = _require(connection, "clientSecret", "tenantId", "clientId")
        return _made("clientSecret", lambda: identity.ClientSecretCredential(tenant, client, secret, **options))
    if connection.flag("useOidc"):
        tenant, client = _require(connection, "useOidc", "tenantId", "clientId")
        prove = assertion(connection)
        return _made("useOidc", lambda: identity.ClientAssertionCredential(tenant, client, prove, **options))
    if connection.flag("useMsi"):
        client_id = connection.value("clientId") or None
        return _made("useMsi", lambda: identity.ManagedIdentityCredential(client_id=client_id, transport=transport))
    return identity.DefaultAzureCredential(**options)


def _options(connection: Connection, cloud: Cloud, transport: HttpTransport[Any, Any]) -> dict[str, Any]:
    options: dict[str, Any] = {"authority": cloud.authority, "transport": transport}
    # Instance discovery asks the public cloud about an authority it cannot know.
    if (
        connection.endpoint is not None
        or connection.value("metadataHost")
        or connection.flag("disableInstanceDiscovery")
    ):
        options["disable_instance_discovery"] = True
    if tenants := connection.value("auxiliaryTenantIds"):
        options["additionally_allowed_tenants"] = _tenants(tenants)
    return options


def _tenants(text: str) -> list[str]:
    """A JSON list, as `pulumi config set --path` stores it, or ids separated by semicolons or commas."""
    if not text.startswith("["):
        return [part.strip() for part in re.split("[;,]", text) if part.strip()]
    try:
        parsed: list[Any] = json.loads(text)
    except json.JSONDecodeError:
        raise ConfigurationError(
            "azure-native:auxiliaryTenantIds is neither a JSON list nor ids separated by semicolons"
        ) from None
    return [str(item) for item in parsed]


def _require(connection: Connection, because: str, *keys: str) -> tuple[str, ...]:
    missing = [f"azure-native:{key}" for key in keys if not connection.value(key)]
    if missing:
        raise ConfigurationError(
            f"azure-native:{because} is set, but {' and '.join(missing)} {'are' if len(missing) > 1 else 'is'} not"
        )
    tenant = connection.value("tenantId")
    if not _TENANT.fullmatch(tenant):
        raise ConfigurationError(f"azure-native:tenantId is '{tenant}', which is neither an id nor a domain")
    return tuple(connection.value(key) for key in keys)


def _made(key: str, make: Callable[[], CredentialT]) -> CredentialT:
    try:
        return make()
    except (ValueError, TypeError, OSError) as error:
        raise ConfigurationError(f"azure-native:{key} cannot be used: {' '.join(str(error).split())}") from None
