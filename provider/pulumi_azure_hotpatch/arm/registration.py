"""A subscription that is not registered with a resource provider is told, not changed behind the program's back."""

from __future__ import annotations

import json
import re
from typing import Any

from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import SansIOHTTPPolicy

_SUBSCRIPTION = re.compile(r"/subscriptions/([^/?]+)", re.IGNORECASE)
_NAMESPACE = re.compile(r"namespace '([^']+)'")


class ProviderNotRegistered(Exception):
    """Azure refuses a request because the subscription is not registered with the resource provider."""


class RefuseToRegister(SansIOHTTPPolicy[Any, Any]):
    """Raises ProviderNotRegistered before the SDK registers the provider by itself.

    Its own policy (azure-mgmt-core, `ARMAutoResourceProviderRegistrationPolicy`) would change the subscription unasked
    and wait in real time, which no Ctrl-C ends.
    """

    def on_response(self, request: PipelineRequest[Any], response: PipelineResponse[Any, Any]) -> None:
        """Look for the service's refusal (status 409, code MissingSubscriptionRegistration)."""
        if response.http_response.status_code != 409:
            return
        answer = response.http_response
        if hasattr(answer, "read"):
            # The clients ask for long operations as streams.
            answer.read()
        try:
            error = json.loads(answer.text())["error"]
            code, message = error["code"], str(error.get("message", ""))
        except (ValueError, LookupError, TypeError):
            return
        if code == "MissingSubscriptionRegistration":
            raise ProviderNotRegistered(_advice(request.http_request.url, message))


def _advice(url: str, message: str) -> str:
    subscription = _SUBSCRIPTION.search(url)
    namespace = _NAMESPACE.search(message)
    provider = namespace[1] if namespace else "the resource provider"
    where = subscription[1] if subscription else "the subscription"
    return (
        f"subscription {where} is not registered for {provider}; register it once: "
        f"az provider register --namespace {namespace[1] if namespace else 'NAMESPACE'} --subscription {where}"
    )
