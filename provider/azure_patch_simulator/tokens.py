"""Metadata, OpenID discovery, the token endpoint, and the check of bearer tokens on ARM routes.

What clients need of these answers is measured (azure-identity 1.27, the Azure CLI 2.91, Terraform's azapi). Codes and
texts of refusals are from general knowledge, not from quoted bodies.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from .errors import ArmError
from .http import Request, Response
from .identifiers import Identifiers
from .routing import Call, Routes

routes = Routes()

PUBLIC_AUDIENCES = ("https://management.azure.com", "https://management.core.windows.net")
DEFAULT_LIFETIME = timedelta(seconds=3599)
ADFS = "adfs"
"""What stands for the tenant in an authority of AD FS, which has but one. The libraries of Microsoft Entra ask the
public cloud about any other authority they do not know (measured with azidentity of azapi 1.15)."""


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Tokens:
    """Issues and checks access tokens; the key comes from the seed, so a token outlives a restart.

    ``lifetime`` is enforced on the simulated clock only when given: a client caches tokens by its own clock and would
    not know that simulated hours have passed.
    """

    def __init__(self, identifiers: Identifiers, tenant_id: str, lifetime: timedelta | None = None) -> None:
        self._key = identifiers.fixed("token key").encode("ascii")
        self._object_id = identifiers.fixed("service principal")
        self._tenant_id = tenant_id
        self._expired = 0
        self.lifetime = lifetime

    def expire(self) -> None:
        """Let all tokens expire that were issued so far."""
        self._expired += 1

    def issue(self, audience: str, client_id: str, now: datetime) -> str:
        """Return a token (a JWT) for ``audience``, valid from ``now``."""
        issued = int(now.timestamp())
        claims = {
            "aud": audience,
            "iss": f"https://sts.windows.net/{self._tenant_id}/",
            "iat": issued,
            "nbf": issued,
            "exp": issued + int((self.lifetime or DEFAULT_LIFETIME).total_seconds()),
            "appid": client_id,
            "oid": self._object_id,
            "tid": self._tenant_id,
            "ver": "1.0",
            "generation": self._expired,
        }
        head = _encode(json.dumps({"alg": "HS256", "typ": "JWT"}).encode("ascii"))
        signed = f"{head}.{_encode(json.dumps(claims).encode('ascii'))}"
        return f"{signed}.{self._sign(signed)}"

    def _sign(self, text: str) -> str:
        return _encode(hmac.new(self._key, text.encode("utf-8", "replace"), hashlib.sha256).digest())

    def check(self, request: Request, now: datetime, audiences: Sequence[str] = PUBLIC_AUDIENCES) -> None:
        """Raise a 401 unless the request carries a good bearer token for one of the audiences or for this host.

        Codes, texts and the challenge are from general knowledge of the service, in the form azure-core expects; no
        recorded answer was at hand.
        """
        header = request.headers.get("authorization")
        if header is None:
            raise self._refusal("AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.")
        scheme, _, token = header.partition(" ")
        claims = self._claims(token.strip()) if scheme.lower() == "bearer" else None
        if claims is None:
            raise self._refusal("InvalidAuthenticationToken", "The access token is invalid.")
        allowed = (*audiences, f"https://{request.host}")
        audience = str(claims.get("aud"))
        if audience.rstrip("/").lower() not in {name.lower() for name in allowed}:
            raise self._refusal(
                "InvalidAuthenticationTokenAudience",
                f"The access token has been obtained for wrong audience or resource '{audience}'. It should exactly "
                f"match with one of the allowed audiences '{','.join(allowed)}'.",
            )
        expires = datetime.fromtimestamp(int(claims["exp"]), UTC)
        outdated = claims.get("generation", 0) < self._expired
        if outdated or (self.lifetime is not None and expires <= now):
            expires = min(expires, now)
            raise self._refusal(
                "ExpiredAuthenticationToken",
                f"The access token expiry UTC time '{expires:%m/%d/%Y %H:%M:%S}' is earlier than current UTC time "
                f"'{now.astimezone(UTC):%m/%d/%Y %H:%M:%S}'.",
            )

    def _claims(self, token: str) -> dict[str, Any] | None:
        signed, _, signature = token.rpartition(".")
        expected = self._sign(signed)
        if not hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace")):
            return None
        claims: dict[str, Any] = json.loads(_decode(signed.split(".")[1]))
        return claims

    def _refusal(self, code: str, message: str) -> ArmError:
        challenge = (
            f'Bearer authorization_uri="https://login.windows.net/{self._tenant_id}", error="invalid_token", '
            f'error_description="{code}"'
        )
        return ArmError(401, code, message, headers={"www-authenticate": challenge})


@routes.route("GET", "/metadata/endpoints", "Metadata_Endpoints")
def show_endpoints(call: Call) -> Response:
    """Tell a client where everything is (az cloud register, azure-mgmt's metadata host)."""
    base = call.base_url
    cloud = {
        "name": "AzurePatchSimulator",
        "portal": base,
        "resourceManager": f"{base}/",
        "authentication": {
            "loginEndpoint": f"{base}/",
            "audiences": [base, *PUBLIC_AUDIENCES],
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "graph": f"{base}/",
        "graphAudience": f"{base}/",
        "microsoftGraphResourceId": f"{base}/",
        "media": base,
        "batch": base,
        "sqlManagement": base,
        "gallery": base,
        "suffixes": {},
    }
    return Response.of_json(200, [cloud] if call.request.api_version == "2019-05-01" else cloud)


@routes.route("GET", "/{tenant}/v2.0/.well-known/openid-configuration", "OpenId_Configuration")
@routes.route("GET", "/{tenant}/.well-known/openid-configuration", "OpenId_Configuration")
def show_openid_configuration(call: Call) -> Response:
    """Answer MSAL's discovery."""
    authority = f"{call.base_url}/{call.params['tenant']}"
    return Response.of_json(
        200,
        {
            "issuer": f"{authority}/v2.0",
            "authorization_endpoint": f"{authority}/oauth2/v2.0/authorize",
            "token_endpoint": f"{authority}/oauth2/v2.0/token",
        },
    )


@routes.route("POST", "/{tenant}/oauth2/v2.0/token", "OAuth2_Token")
def issue_token(call: Call) -> Response:
    """Issue a token for client credentials.

    Errors have the shape and the AADSTS numbers of Microsoft Entra as they are generally known; no recorded answer was
    at hand.
    """
    form = dict(parse_qsl(call.request.body.decode("utf-8", "replace"), keep_blank_values=True))
    credentials = call.simulator.credentials
    client = form.get("client_id", "")
    if call.params["tenant"].lower() not in (call.world.tenant_id.lower(), ADFS):
        tenant = call.params["tenant"]
        return _entra_error(call, 400, "invalid_request", 90002, f"Tenant '{tenant}' not found.")
    if form.get("grant_type") != "client_credentials":
        return _entra_error(
            call, 400, "unsupported_grant_type", 70003, f"The app requested an unsupported grant type "
            f"'{form.get('grant_type', '')}'.",
        )  # fmt: skip
    if client.lower() != credentials.client_id.lower():
        return _entra_error(
            call, 400, "unauthorized_client", 700016, f"Application with identifier '{client}' was not found in the "
            "directory 'Contoso'.",
        )  # fmt: skip
    if form.get("client_secret") != credentials.client_secret:
        return _entra_error(
            call, 401, "invalid_client", 7000215, "Invalid client secret provided. Ensure the secret being sent in "
            "the request is the client secret value, not the client secret ID, for a secret added to app "
            f"'{client}'.",
        )  # fmt: skip
    audience = form.get("scope", "").split(" ")[0].removesuffix("/.default") or PUBLIC_AUDIENCES[0]
    lifetime = int((call.simulator.tokens.lifetime or DEFAULT_LIFETIME).total_seconds())
    token = call.simulator.tokens.issue(audience, client, call.now)
    answer = {"token_type": "Bearer", "expires_in": lifetime, "ext_expires_in": lifetime, "access_token": token}
    return Response.of_json(200, answer)


def _entra_error(call: Call, status: int, error: str, number: int, text: str) -> Response:
    trace = call.simulator.identifiers.next("trace")
    stamp = f"{call.now.astimezone(UTC):%Y-%m-%d %H:%M:%SZ}"
    body = {
        "error": error,
        "error_description": f"AADSTS{number}: {text} Trace ID: {trace} Correlation ID: {call.request_id} "
        f"Timestamp: {stamp}",
        "error_codes": [number],
        "timestamp": stamp,
        "trace_id": trace,
        "correlation_id": call.request_id,
        "error_uri": f"{call.base_url}/error?code={number}",
    }
    return Response.of_json(status, body)


def is_open(request: Request) -> bool:
    """Tell whether a request needs no token: discovery, the token endpoint, the control endpoints."""
    parts = [part.lower() for part in request.segments]
    if not parts:
        return False
    return (
        parts[0] in ("metadata", "simulator")
        or parts[-2:] == [".well-known", "openid-configuration"]
        or parts[1:] == ["oauth2", "v2.0", "token"]
    )


def audience_of(scopes: tuple[str, ...]) -> str:
    """Return the audience a list of scopes asks for."""
    if not scopes:
        return PUBLIC_AUDIENCES[0]
    scope = scopes[0].removesuffix("/.default")
    parts = urlsplit(scope)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else scope
