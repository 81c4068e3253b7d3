"""Everything this package raises on purpose.

    HotpatchError
    ├── InvalidInput           what was asked makes no sense; nothing was touched (also a ValueError)
    ├── Refused                a rule forbids it; carries the findings
    ├── ConfigurationError     credentials, cloud or endpoint are not usable
    ├── ArmError               Azure said no; carries its code and status
    │   ├── NotFound           404
    │   └── OperationFailed    a long-running operation ended as failed or cancelled
    ├── TimedOut               our own patience ended; what was done is kept, the next run continues
    └── Interrupted            Ctrl-C, or the engine cancelled; what was done is kept

Every message is one line that names the resource, what went wrong and what to do. Handlers raise nothing else on
purpose; any other exception is a bug and keeps its traceback.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Self

UNREACHABLE: Final = "Unreachable"
"""The code of an ArmError that is no answer: nobody could be reached."""


class HotpatchError(Exception):
    """The root of every expected failure; its text is one line."""


class InvalidInput(HotpatchError, ValueError):
    """A value that can never work, found before anything was touched."""


class Refused(HotpatchError):
    """At least one rule with severity `error` failed; `findings` holds what the rules answered."""

    def __init__(self, message: str, findings: Sequence[object] = ()) -> None:
        super().__init__(message)
        self.findings = tuple(findings)


class ConfigurationError(HotpatchError):
    """No usable credentials, an unknown cloud, or an endpoint without its certificate authority."""


class ArmError(HotpatchError):
    """An answer of Azure Resource Manager that ends the verb.

    `status` is the HTTP status (200 when a long-running operation failed, because the failure is in its body), `code`
    ARM's error code, `reason` what ARM says (its code and its words), without what was being done.
    """

    def __init__(self, message: str, *, code: str = "", status: int = 0, reason: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.reason = reason or message

    @property
    def is_unreachable(self) -> bool:
        """Whether there was no answer at all, so that asking for something else would wait as long for nothing."""
        return self.code == UNREACHABLE

    def in_words(self, message: str) -> Self:
        """The same failure in other words, as of whom it concerns."""
        return type(self)(message, code=self.code, status=self.status, reason=self.reason)


class NotFound(ArmError):
    """ARM answered 404."""


class OperationFailed(ArmError):
    """A long-running operation ended with status Failed or Canceled."""


class TimedOut(HotpatchError):
    """The resource's own time-out ended a wait."""


class Interrupted(HotpatchError):
    """The deployment was cancelled while a verb was waiting."""
