"""Azure's errors, translated once, at the border."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ServiceRequestError,
    ServiceResponseError,
)

from pulumi_azure_hotpatch.errors import ArmError, ConfigurationError, HotpatchError, NotFound, OperationFailed


@contextmanager
def arm_errors(action: str, subject: str) -> Iterator[None]:
    """Turn what the SDK raises while we `action` on `subject` into an ArmError of one line."""
    try:
        yield
    except ClientAuthenticationError as error:
        if isinstance(error.__cause__, HotpatchError):
            # Raised by ourselves within the sign-in, such as Interrupted, and wrapped by azure-identity.
            raise error.__cause__ from None
        if isinstance(error.__cause__, (ServiceRequestError, ServiceResponseError)):
            raise _unreachable(error.__cause__, action, subject) from None
        raise ConfigurationError(
            f"Signing in to Azure failed: {(_answer(error) or _text(error)).rstrip('.')}. "
            "Check the credentials of the stack."
        ) from None
    except HttpResponseError as error:
        raise _arm_error(error, action, subject) from None
    except AzureError as error:
        raise _unreachable(error, action, subject) from None


def _arm_error(error: HttpResponseError, action: str, subject: str) -> ArmError:
    status = error.status_code or 0
    code = (error.error.code if error.error else None) or ""
    text = f"{subject}: could not {action}: {_answer(error) or error.reason or _text(error)}"
    # A failed long-running operation arrives with status 200: its failure is in the body.
    kind = NotFound if status == 404 else OperationFailed if status < 400 else ArmError
    return kind(text, code=code, status=status)


def _unreachable(error: AzureError, action: str, subject: str) -> ArmError:
    return ArmError(f"{subject}: could not {action}: Azure cannot be reached ({_text(error)})", code="Unreachable")


def _answer(error: HttpResponseError) -> str:
    """What ARM says: its code and its message; empty where it says neither."""
    if error.error is None:
        return ""
    return _line(": ".join(filter(None, (error.error.code, error.error.message))))


def _text(error: AzureError) -> str:
    return _line(str(error.message or error))


def _line(text: str) -> str:
    return " ".join(text.split())
