"""An assessment or an installation, from the moment the service accepted it or from an address that was kept.

Compute answers with an envelope (`status`, and the result below `properties.output`), Arc with 202 until the bare
result is there. The operation's id is the activity id of the result. Source: recorded traffic of the Azure CLI
(2024-11-01) and of Azure PowerShell.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NoReturn
from urllib.parse import parse_qsl, urlencode, urlsplit

from azure.core.exceptions import DecodeError, HttpResponseError
from azure.core.rest import HttpRequest

from pulumi_azure_hotpatch.errors import ArmError, OperationFailed
from pulumi_azure_hotpatch.ports import Body, Clock

from .errors import arm_errors
from .operations import ArmOperation

# What signs the address of an operation. It opens nothing without a token, yet it has no business in a state file.
_SIGNATURE: Final = frozenset("tcsh")
_ACTIVITY: Final = re.compile(r"/(?:operations|updateCenterOperationResults)/([^/?]+)", re.IGNORECASE)
# What azure-core waits when the service names no delay.
_DEFAULT_SECONDS: Final = 30.0
_MAY_HAVE_STARTED: Final = frozenset((408, 500, 502, 503, 504))


class AcceptedOperation(ArmOperation[Body]):
    """Implements `ports.PatchOperation` for an operation that this run starts."""

    def __init__(self, clock: Clock, begin: Callable[[Any, Any], None], action: str, subject: str) -> None:
        self._headers: Mapping[str, str] = {}
        super().__init__(clock, lambda polling: begin(polling, self._hear), self._answer, action, subject)

    @property
    def activity_id(self) -> str | None:
        """The last part of the operation's address."""
        found = _ACTIVITY.search(self._url or "")
        return found.group(1) if found else None

    @property
    def address(self) -> str | None:
        """The operation's address without host and signature."""
        return _address(self._url) if self._url else None

    @property
    def _url(self) -> str | None:
        return self._headers.get("azure-asyncoperation") or self._headers.get("location")

    def _hear(self, response: Any) -> None:
        """Look at the answer to the request that starts the operation, beneath the SDK's retries.

        They would send it again after a fault of the service, which may have started it all the same.
        """
        answered = response.http_response
        self._headers = {str(name).casefold(): value for name, value in answered.headers.items()}
        if answered.status_code >= 400:
            # What is left unread keeps its connection for good.
            answered.read()
        if answered.status_code in _MAY_HAVE_STARTED:
            raise HttpResponseError(response=answered)

    def _answer(self) -> Body:
        answered: Any = self._polling._pipeline_response.http_response
        body = _result(answered.json() if answered.content else {})
        if body is None and "location" in self._headers:
            # The envelope of some versions does not hold the result.
            with arm_errors(self._action, self._subject):
                answered = self._polling.request_status(self._headers["location"]).http_response
                answered.raise_for_status()
            body = answered.json()
        return body or {}


class KeptOperation:
    """Implements `ports.PatchOperation` for an operation of an earlier run, by its kept address."""

    def __init__(self, clock: Clock, client: Any, address: str, action: str, subject: str) -> None:
        self._clock = clock
        self._client = client
        self._action = action
        self._subject = subject
        self._next = clock.now()
        # A path only: the token goes to no host but Azure's, whatever the state file says.
        self.address: str | None = _address(address)

    @property
    def activity_id(self) -> str | None:
        """The last part of the operation's address."""
        found = _ACTIVITY.search(self.address or "")
        return found.group(1) if found else None

    def next_poll(self) -> datetime:
        """When the service wants to be asked again."""
        return self._next

    def poll(self) -> Body | None:
        """Ask once: the result, or None while it is running. Raises NotFound once it is gone, OperationFailed."""
        with arm_errors(self._action, self._subject):
            answered, body = self._ask()
            ended = _ended(answered.status_code, body)
            if ended is None:
                # A date instead of seconds would be one of the service's clock, not of ours.
                wait = answered.headers.get("Retry-After", "")
                seconds = float(wait) if wait.isdecimal() else _DEFAULT_SECONDS
                self._next = self._clock.now() + timedelta(seconds=seconds)
                return None
            if ended.casefold() != "succeeded":
                self._refuse(answered, ended, body)
        return _result(body) or {}

    def _ask(self) -> tuple[Any, Mapping[str, Any]]:
        try:
            answered = self._client.send_request(HttpRequest("GET", self.address or "/"))
            answered.raise_for_status()
            body = answered.json() if answered.content else {}
        except DecodeError:
            answered, body = None, None
        if answered is None or not isinstance(body, Mapping):
            # A gateway's page, say. The operation itself goes on.
            raise ArmError(f"{self._subject}: could not {self._action}: the answer is no JSON object")
        return answered, body

    def _refuse(self, answered: Any, ended: str, body: Mapping[str, Any]) -> NoReturn:
        error = body.get("error") or {}
        said = ": ".join(str(error[name]) for name in ("code", "message") if error.get(name))
        reason = " ".join(said.split()) or f"the operation ended as {ended}, Azure gives no reason"
        raise OperationFailed(
            f"{self._subject}: could not {self._action}: {reason}",
            code=str(error.get("code") or ended),
            status=answered.status_code,
            reason=reason,
        )


def _is_envelope(body: Mapping[str, Any]) -> bool:
    """Whether a body is about the operation; a bare result says which activity it is of."""
    return "status" in body and not body.keys() & {"installationActivityId", "assessmentActivityId"}


def _ended(status_code: int, body: Mapping[str, Any]) -> str | None:
    """How the operation ended, None while it runs."""
    if status_code == 202:
        return None
    if not _is_envelope(body):
        return "Succeeded"
    status = str(body["status"])
    return status if status.casefold() in ("succeeded", "failed", "canceled", "cancelled") else None


def _result(body: Mapping[str, Any]) -> Body | None:
    if not _is_envelope(body):
        return body
    output = (body.get("properties") or {}).get("output")
    return output if isinstance(output, Mapping) else None


def _address(url: str) -> str:
    parts = urlsplit(url)
    query = [(name, value) for name, value in parse_qsl(parts.query) if name.casefold() not in _SIGNATURE]
    return f"/{parts.path.lstrip('/')}?{urlencode(query)}"
