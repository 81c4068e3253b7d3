"""Who signs in, whether a cloud answers, and what the signed-in identity may do: questions of a diagnosis."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final, cast

import requests
from azure.core.rest import HttpRequest

from pulumi_azure_hotpatch.engine.permissions import Permission
from pulumi_azure_hotpatch.errors import ArmError

from .errors import arm_errors, plain

if TYPE_CHECKING:
    from azure.mgmt.resource.resources import ResourceManagementClient

    from .credentials import OneAtATime

_PERMISSIONS_VERSION: Final = "2022-04-01"
_SUBSCRIPTIONS_VERSION: Final = "2022-12-01"
_METADATA_VERSION: Final = "2022-09-01"
_SECONDS: Final = 20


@dataclass(frozen=True)
class Identity:
    """The claims of a token that say who it is for; none of them is a secret."""

    credential: str
    tenant: str
    name: str


@dataclass(frozen=True)
class Answered:
    """That an endpoint answers: how long it took, and its own time, None where it does not tell."""

    seconds: float
    date: datetime | None


def reach(url: str, ca_file: str | None) -> Answered:
    """Ask a Resource Manager for its metadata, which needs no credential. Raises ArmError where nothing answers."""
    address = f"{url.rstrip('/')}/metadata/endpoints"
    try:
        answer = requests.get(
            address, params={"api-version": _METADATA_VERSION}, timeout=_SECONDS, verify=ca_file or True
        )
    except requests.RequestException as error:
        reason = getattr(error.args[0], "reason", None) if error.args else None
        raise ArmError(f"{url} does not answer ({plain(str(reason or error))})") from None
    date = answer.headers.get("Date")
    return Answered(answer.elapsed.total_seconds(), parsedate_to_datetime(date) if date else None)


def sign_in(credential: OneAtATime, scope: str) -> Identity:
    """Get a token and say whose it is. Raises ConfigurationError or ArmError."""
    with arm_errors("sign in", "Azure"):
        token = credential.get_token(scope).token
    claims = _claims(token)
    # Which of several ways DefaultAzureCredential took it keeps to itself, under this name (azure-identity 1.27).
    inner = getattr(credential, "_credential", credential)
    used = getattr(inner, "_successful_credential", None) or inner
    who = claims.get("upn") or claims.get("appid") or claims.get("oid") or "unknown"
    return Identity(type(used).__name__, str(claims.get("tid", "unknown")), str(who))


class ArmAccess:
    """Read-only questions about subscriptions; the argument makes a client for one."""

    def __init__(self, resources: Callable[[str], ResourceManagementClient]) -> None:
        self._resources = resources

    def subscription(self, subscription_id: str) -> Mapping[str, Any]:
        """The subscription's body: `displayName`, `state` … Raises ArmError."""
        path = f"/subscriptions/{subscription_id}"
        return self._get(subscription_id, path, _SUBSCRIPTIONS_VERSION, "read it", f"subscription {subscription_id}")

    def permissions(self, subscription_id: str, group: str) -> Sequence[Permission]:
        """What the caller may do in a resource group. Raises ArmError.

        There is no documented list for a whole subscription. Source: Microsoft Learn, REST API Authorization,
        Permissions – List For Resource Group.
        """
        path: str | None = (
            f"/subscriptions/{subscription_id}/resourcegroups/{group}/providers/Microsoft.Authorization/permissions"
        )
        found: list[Permission] = []
        while path:
            subject = f"resource group '{group}'"
            page = self._get(subscription_id, path, _PERMISSIONS_VERSION, "read our permissions", subject)
            found += map(Permission.from_arm, page.get("value", ()))
            path = page.get("nextLink")
        return found

    def _get(self, subscription_id: str, path: str, version: str, action: str, subject: str) -> Mapping[str, Any]:
        request = HttpRequest("GET", path, params={"api-version": version} if "api-version=" not in path else {})
        with arm_errors(action, subject):
            answer: Any = self._resources(subscription_id).send_request(request)
            answer.raise_for_status()
        return cast(Mapping[str, Any], answer.json())


def _claims(token: str) -> Mapping[str, Any]:
    """What a token says of its owner, unchecked; empty for one that is no JWT."""
    try:
        part = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (IndexError, ValueError):
        return {}
    return claims if isinstance(claims, dict) else {}
