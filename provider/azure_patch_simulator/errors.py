"""ARM errors: the ones seen on the real service by their own code and text, everything else under a code of ours.

A code that begins with ``SimulatorRule`` says: the rule is documented (or is this simulator's own choice), but no
answer of the real service to it was seen. Nothing here pretends otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

OWN_CODE_PREFIX = "SimulatorRule"
OWN_TEXT_SUFFIX = "(The real service's code and text for this are not known: both are the simulator's own.)"


class ArmError(Exception):
    """An error answer: HTTP ``status`` and ``{"error": {"code", "message", "target"?, "details"?}}``.

    Source of the body's shape: azure-mgmt-core 1.6, ``ARMErrorFormat``.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        target: str | None = None,
        details: Sequence[Mapping[str, Any]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.target = target
        self.details = tuple(details)
        self.headers = dict(headers or {})

    def body(self) -> dict[str, Any]:
        """Return the JSON body, optional members only where they are set."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.target is not None:
            error["target"] = self.target
        if self.details:
            error["details"] = [dict(detail) for detail in self.details]
        return {"error": error}


def unseen(
    rule: str, message: str, *, status: int = 400, target: str | None = None, real_text: bool = False
) -> ArmError:
    """Return an error whose real code was never seen: ``SimulatorRule{rule}``.

    ``real_text`` marks a message quoted from the service whose code (and often status) is still unknown; then no
    suffix is added, so that clients matching on the text behave as they would on Azure.
    """
    return ArmError(
        status, OWN_CODE_PREFIX + rule, message if real_text else f"{message} {OWN_TEXT_SUFFIX}", target=target
    )


def resource_not_found(resource_type: str, name: str, group: str | None) -> ArmError:
    """Return ARM's 404 for a resource that is not there. Source: the service, quoted in many public issues."""
    where = f" under resource group '{group}'" if group is not None else ""
    return ArmError(
        404,
        "ResourceNotFound",
        f"The Resource '{resource_type}/{name}'{where} was not found. "
        "For more details please go to https://aka.ms/ARMResourceNotFoundFix",
    )


def group_not_found(group: str) -> ArmError:
    """Return ARM's 404 for a missing resource group. Source: the service, quoted in many public issues."""
    return ArmError(404, "ResourceGroupNotFound", f"Resource group '{group}' could not be found.")


def invalid_content(reason: str) -> ArmError:
    """Return ARM's 400 for a body it cannot read; the text in quotes is ours.

    Source of the frame: Azure/azure-cli issue 31885.
    """
    return ArmError(
        400, "InvalidRequestContent", f"The request content was invalid and could not be deserialized: '{reason}'."
    )


def invalid_parameter(message: str, target: str | None = None) -> ArmError:
    """Return the compute provider's 400 ``InvalidParameter``; ``message`` must be a text seen on the service."""
    return ArmError(400, "InvalidParameter", message, target=target)
