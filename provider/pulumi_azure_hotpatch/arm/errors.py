"""Azure's errors, translated once, at the border."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError

from pulumi_azure_hotpatch.errors import ArmError, ConfigurationError, NotFound, OperationFailed


@contextmanager
def arm_errors(action: str, subject: str) -> Iterator[None]:
    """Turn what the SDK raises while we `action` on `subject` into an ArmError of one line."""
    try:
        yield
    except ClientAuthenticationError as error:
        raise ConfigurationError(
            f"Signing in to Azure failed: {_text(error)}. Check the credentials of the stack."
        ) from None
    except HttpResponseError as error:
        raise _arm_error(error, action, subject) from None
    except AzureError as error:
        raise ArmError(
            f"{subject}: could not {action}: Azure cannot be reached ({_text(error)})", code="Unreachable"
        ) from None


def _arm_error(error: HttpResponseError, action: str, subject: str) -> ArmError:
    status = error.status_code or 0
    code = (error.error.code if error.error else None) or ""
    message = (error.error.message if error.error else None) or error.reason or _text(error)
    text = f"{subject}: could not {action}: {code + ': ' if code else ''}{' '.join(str(message).split())}"
    # A failed long-running operation arrives with status 200: its failure is in the body.
    kind = NotFound if status == 404 else OperationFailed if status < 400 else ArmError
    return kind(text, code=code, status=status)


def _text(error: AzureError) -> str:
    return " ".join(str(error.message or error).split())
