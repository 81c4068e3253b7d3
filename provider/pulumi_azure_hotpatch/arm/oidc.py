"""The token that proves to Microsoft Entra who we are, where OpenID Connect is configured."""

from __future__ import annotations

import urllib.parse
from collections.abc import Callable
from pathlib import Path

from pulumi_azure_hotpatch.errors import ConfigurationError

from .connection import Connection
from .web import WebError, read_json

# Source: Microsoft Learn, Configure an app to trust an external identity provider, 2024-11-05.
_AUDIENCE = "api://AzureADTokenExchange"


def assertion(connection: Connection) -> Callable[[], str]:
    """A function that gives the token: as configured, from a file (read anew each time), or from the CI's endpoint.

    Raises ConfigurationError where none of them is configured; the function raises it where no token can be had.
    """
    if token := connection.value("oidcToken"):
        return lambda: token
    if path := connection.value("oidcTokenFilePath"):
        return lambda: _read_token(path)
    url, bearer = connection.value("oidcRequestUrl"), connection.value("oidcRequestToken")
    if url and bearer:
        audience = connection.value("oidcAudience") or _AUDIENCE
        return lambda: _request_token(url, bearer, audience)
    raise ConfigurationError(
        "azure-native:useOidc is set, but none of oidcToken, oidcTokenFilePath, or oidcRequestUrl with "
        "oidcRequestToken is"
    )


def _read_token(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise ConfigurationError(
            f"azure-native:oidcTokenFilePath is '{path}', which cannot be read: {reason}"
        ) from None


def _request_token(url: str, bearer: str, audience: str) -> str:
    parts = urllib.parse.urlsplit(url)
    if parts.scheme != "https":
        raise ConfigurationError("azure-native:oidcRequestUrl must start with https://")
    query = dict(urllib.parse.parse_qsl(parts.query)) | {"audience": audience}
    target = urllib.parse.urlunsplit(parts._replace(query=urllib.parse.urlencode(query)))
    try:
        answer = read_json(target, {"Authorization": f"Bearer {bearer}"})
    except WebError as error:
        raise ConfigurationError(f"azure-native:oidcRequestUrl gave no token: {error}") from None
    token = answer.get("value") if isinstance(answer, dict) else None
    if not isinstance(token, str):
        raise ConfigurationError("azure-native:oidcRequestUrl gave no token: its answer has no 'value'")
    return token
