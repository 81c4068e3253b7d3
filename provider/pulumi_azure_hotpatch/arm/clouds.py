"""The endpoints of a cloud: known ones by name, others by asking their metadata host."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pulumi_azure_hotpatch.engine import clouds
from pulumi_azure_hotpatch.errors import ConfigurationError

from .connection import Connection
from .web import WebError, read_json

_METADATA_VERSION: Final = "2022-09-01"


@dataclass(frozen=True)
class Cloud:
    """Where Resource Manager and the identity service of a cloud answer, and the audience of its tokens."""

    resource_manager: str
    authority: str
    audience: str

    @property
    def scope(self) -> str:
        """The OAuth scope for Resource Manager."""
        return f"{self.audience.rstrip('/')}/.default"


# Source: azure-core 1.41, azure-mgmt-core 1.6 `get_arm_endpoints`; azure-identity `AzureAuthorityHosts`.
PUBLIC: Final = Cloud(
    "https://management.azure.com", "https://login.microsoftonline.com", "https://management.azure.com"
)
US_GOVERNMENT: Final = Cloud(
    "https://management.usgovcloudapi.net",
    "https://login.microsoftonline.us",
    "https://management.core.usgovcloudapi.net",
)
CHINA: Final = Cloud(
    "https://management.chinacloudapi.cn", "https://login.chinacloudapi.cn", "https://management.core.chinacloudapi.cn"
)

_BY_NAME: Final[Mapping[str | None, Cloud]] = {
    clouds.PUBLIC: PUBLIC,
    clouds.GOVERNMENT: US_GOVERNMENT,
    clouds.CHINA: CHINA,
}


def find_cloud(connection: Connection) -> Cloud:
    """The cloud that a connection names. Raises ConfigurationError for one that is unknown or does not answer."""
    if connection.endpoint is not None:
        return Cloud(connection.endpoint, connection.endpoint, connection.endpoint)
    if host := connection.value("metadataHost"):
        return _ask(host, connection.value("environment"))
    name = connection.value("environment")
    try:
        return _BY_NAME[clouds.cloud_named(name)]
    except KeyError:
        raise ConfigurationError(
            f"azure-native:environment is '{name}'; it must be public, usgovernment or china"
        ) from None


def _ask(host: str, name: str) -> Cloud:
    bare = host.removeprefix("https://").rstrip("/")
    if "://" in bare:
        raise ConfigurationError(
            f"azure-native:metadataHost is '{host}'; it must be a host name or start with https://"
        )
    try:
        answer = read_json(f"https://{bare}/metadata/endpoints?api-version={_METADATA_VERSION}", {})
        return cloud_from_metadata(answer, name)
    except (WebError, LookupError) as error:
        raise ConfigurationError(f"azure-native:metadataHost '{host}' gives no cloud endpoints: {error}") from None


def cloud_from_metadata(answer: Any, name: str) -> Cloud:
    """The cloud called `name` (or the first one) in the answer of a metadata endpoint. Raises LookupError."""
    clouds = answer if isinstance(answer, list) else [answer]
    try:
        chosen = [cloud for cloud in clouds if str(cloud.get("name", "")).casefold() == name.casefold()] or clouds
        authentication = chosen[0]["authentication"]
        found = chosen[0]["resourceManager"], authentication["loginEndpoint"], authentication["audiences"][0]
    except (LookupError, TypeError, AttributeError):
        raise LookupError("the answer does not describe a cloud") from None
    if not all(isinstance(endpoint, str) and endpoint.startswith("https://") for endpoint in found[:2]):
        raise LookupError("its endpoints do not start with https://")
    return Cloud(*found)
