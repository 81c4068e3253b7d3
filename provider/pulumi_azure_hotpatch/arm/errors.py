"""Azure's errors, translated once, at the border."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    DecodeError,
    DeserializationError,
    HttpResponseError,
    IncompleteReadError,
    ServiceRequestError,
    ServiceResponseError,
)

from pulumi_azure_hotpatch.errors import (
    UNREACHABLE,
    ArmError,
    ConfigurationError,
    HotpatchError,
    NotFound,
    OperationFailed,
)

from .pages import NotFromAzure
from .registration import ProviderNotRegistered


@contextmanager
def arm_errors(action: str, subject: str) -> Iterator[None]:
    """Turn what the SDK raises while we `action` on `subject` into an ArmError of one line."""
    try:
        yield
    except ProviderNotRegistered as error:
        text = f"{subject}: could not {action}: {error}"
        raise ArmError(text, code="MissingSubscriptionRegistration", status=409) from None
    except ClientAuthenticationError as error:
        if isinstance(error.__cause__, HotpatchError):
            # Raised by ourselves within the sign-in, such as Interrupted, and wrapped by azure-identity.
            raise error.__cause__ from None
        if isinstance(error.__cause__, (ServiceRequestError, ServiceResponseError)):
            raise _unreachable(error.__cause__, action, subject) from None
        raise ConfigurationError(f"Signing in to Azure failed: {_refusal(error)}") from None
    except (NotFromAzure, DecodeError, DeserializationError, json.JSONDecodeError) as error:
        why = str(error) if isinstance(error, NotFromAzure) else _unreadable(error)
        raise ArmError(f"{subject}: could not {action}: {why}", code="Unreadable") from None
    except HttpResponseError as error:
        raise _arm_error(error, action, subject) from None
    except AzureError as error:
        raise _unreachable(error, action, subject) from None


def _arm_error(error: HttpResponseError, action: str, subject: str) -> ArmError:
    status = error.status_code or 0
    code, _ = _told(error)
    reason = _answer(error) or error.reason or _text(error)
    # A failed long-running operation arrives with status 200: its failure is in the body.
    kind = NotFound if status == 404 else OperationFailed if status < 400 else ArmError
    return kind(f"{subject}: could not {action}: {reason}", code=code, status=status, reason=reason)


def _unreachable(error: AzureError, action: str, subject: str) -> ArmError:
    return ArmError(f"{subject}: could not {action}: Azure cannot be reached ({_text(error)})", code=UNREACHABLE)


def _unreadable(error: Exception) -> str:
    """As the connection was lost within the answer, or as it is not of the form that the service's models have."""
    return "the answer was cut off" if isinstance(error, IncompleteReadError) else "the answer cannot be read"


def _answer(error: HttpResponseError) -> str:
    """What ARM says: its code and its message, and those of the details; empty where it says none."""
    said = ": ".join(filter(None, _told(error)))
    more = "; ".join(dict.fromkeys(one for one in _details(error) if one not in said))
    return _line(f"{said} ({more})" if more else said)


def _details(error: HttpResponseError) -> Iterator[str]:
    """Resource Graph says only there what is wrong with a query, and where.

    Source: Azure/aztfexport#485 (BadRequest with the details InvalidQuery and ParserFailure).
    """
    try:
        found = json.loads(error.response.text())["error"]["details"] if error.response is not None else ()
        for one in found[:_DETAILS]:
            said = ": ".join(dict.fromkeys(filter(None, (str(one.get("code") or ""), str(one.get("message") or "")))))
            place = f" in line {one['line']}, column {one['characterPositionInLine']}" if "line" in one else ""
            yield f"{said}{place}"
    except (ValueError, LookupError, TypeError, AttributeError):
        return


def _refusal(error: ClientAuthenticationError) -> str:
    """Why nobody could be signed in, and what to do."""
    attempts = _ATTEMPT.findall(str(error.message or ""))
    if not attempts:
        return f"{(_answer(error) or _text(error)).rstrip('.')}. Check the credentials of the stack."
    # Of the credentials that were tried one after the other those that are there and do not work are of interest.
    broken = [f"{name}: {_line(said).rstrip('.')}" for name, said in attempts if not _ABSENT.search(said)]
    found = "; ".join(broken) if broken else "no credentials were found"
    return f"{found}. Run `az login`, or set ARM_CLIENT_ID, ARM_CLIENT_SECRET and ARM_TENANT_ID."


# Source: azure-identity 1.27, `_get_error_message` of the chained credential, and the messages of its parts.
_ATTEMPT: Final = re.compile(r"^\t(\w+): (.*(?:\n(?!\t\w+: |To mitigate).*)*)", re.MULTILINE)
_ABSENT: Final = re.compile(
    r"unavailable|not found|not installed|could not be found|package to be installed|is required"
)


_DETAILS: Final = 3


def _told(error: HttpResponseError) -> tuple[str, str]:
    """The code and the message that ARM answers, each empty where it says none."""
    if error.error is not None and error.error.code:
        return str(error.error.code), str(error.error.message or "")
    # The maintenance service was seen to write its envelope with capitals, which the SDK does not read.
    # Source: hashicorp/terraform-provider-azurerm#29738.
    try:
        body = json.loads(error.response.text()) if error.response is not None else {}
    except ValueError:
        body = {}
    inner = body.get("Error") if isinstance(body, dict) else None
    if isinstance(inner, dict):
        return str(inner.get("Code") or ""), str(inner.get("Message") or "")
    return "", str(error.error.message or "") if error.error is not None else ""


def _text(error: AzureError) -> str:
    return plain(str(error.message or error))


def plain(text: str) -> str:
    """What went wrong with a connection, on one line and without the names of what noticed it."""
    said = _line(text)
    return next((words.format(*found.groups()) for form, words in _SAID if (found := form.search(said))), said)


# What urllib3 and OpenSSL say, in words for people.
_SAID: Final = (
    (re.compile(r"RemoteDisconnected|Connection aborted|ConnectionReset"), "the connection was closed"),
    (
        re.compile(r"CERTIFICATE_VERIFY_FAILED\] certificate verify failed: (.*?) \(_ssl"),
        ("CERTIFICATE_VERIFY_FAILED: {}; name the authority's file in azure-hotpatch:caFile or AZURE_HOTPATCH_CA_FILE"),
    ),
    (re.compile(r"NO_CERTIFICATE_OR_CRL_FOUND"), "azure-hotpatch:caFile holds no certificate"),
    (re.compile(r"Failed to resolve '([^']*)'"), "the name {} is not known"),
    (re.compile(r"host='([^']*)', port=(\d+)\).*[Cc]onnection refused"), "{}:{} refused the connection"),
    (re.compile(r"host='([^']*)', port=(\d+)\).*timed? ?out", re.IGNORECASE), "{}:{} does not answer in time"),
)


def _line(text: str) -> str:
    return " ".join(text.split())
