"""What a proxy or a portal in between says in Azure's place, with a status that looks like success."""

from __future__ import annotations

from typing import Any, Final

from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import SansIOHTTPPolicy

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


class NotFromAzure(Exception):
    """An answer that Resource Manager does not give."""


class RefusePages(SansIOHTTPPolicy[Any, Any]):
    """Raises NotFromAzure for a success whose body is no JSON object, which the SDK's models would stumble over.

    Every body of Resource Manager is an object, or there is none. Source: Azure resource provider contract,
    common-api-details.md (JSON only), and the specifications of the services that are asked.
    """

    def on_response(
        self,
        request: PipelineRequest[Any],  # noqa: ARG002 - the SDK's signature
        response: PipelineResponse[Any, Any],
    ) -> None:
        """Look at how the body begins; it is parsed later."""
        answer = response.http_response
        if not 200 <= answer.status_code < 300:
            return
        if hasattr(answer, "read"):
            # The clients ask for long operations as streams.
            answer.read()
        body = answer.content if hasattr(answer, "content") else answer.body()
        start = body.removeprefix(_BYTE_ORDER_MARK).lstrip()[:1]
        if start not in (b"", b"{"):
            kind = str(answer.headers.get("Content-Type") or "no type").partition(";")[0]
            raise NotFromAzure(f"the answer is no JSON object ({kind}); look for a proxy in between")
