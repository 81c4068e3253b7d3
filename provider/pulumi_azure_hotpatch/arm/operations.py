"""Long-running operations, stepped by hand so that our clock does the waiting and many can be driven from one thread.

The SDK's own poller decides how to poll (Azure-AsyncOperation, Location, body); only its waiting loop is left out.
`update_status`, `_extract_delay` and `_pipeline_response` belong to azure-core's polling base class: a contract test
holds them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final, Generic, NoReturn, TypeVar

from azure.core.exceptions import HttpResponseError
from azure.core.polling.base_polling import BadResponse, BadStatus
from azure.mgmt.core.polling.arm_polling import ARMPolling

from pulumi_azure_hotpatch.errors import OperationFailed
from pulumi_azure_hotpatch.ports import Clock

from .errors import arm_errors

ResultT = TypeVar("ResultT")

DEFAULT_PACE: Final = timedelta(seconds=30)
"""What azure-core waits between two questions when the service names no delay."""


class SteppedPolling(ARMPolling):
    """ARM polling whose loop is somebody else's. `_extract_delay` is 0 where the service names no delay."""

    def __init__(self) -> None:
        super().__init__(timeout=0)
        self._is_begun = False

    def begun(self) -> None:
        """The operation was accepted: from here on `finished` tells."""
        self._is_begun = True

    def finished(self) -> bool:
        """Whether it is over. Until it has begun the SDK is told so, which then starts no thread of its own."""
        return not self._is_begun or bool(super().finished())

    def body(self) -> dict[str, Any]:
        """What the service answered last, as it sent it; empty for no content."""
        answer = self._pipeline_response.http_response
        return dict(answer.json()) if answer.text() else {}

    def run(self) -> None:
        """Do not wait here: `ArmOperation` polls."""


class ArmOperation(Generic[ResultT]):
    """One operation that the service accepted; `result` makes the answer once it has succeeded.

    `begin` starts the operation with the polling it is given. The service is asked at its own pace from the first time
    on; where its answer names none, at once, as the SDK does. Whoever learns by other means that it has succeeded may
    call `result`.
    """

    def __init__(
        self,
        clock: Clock,
        begin: Callable[[SteppedPolling], Any],
        result: Callable[[], ResultT],
        action: str,
        subject: str,
    ) -> None:
        self._clock = clock
        self._action = action
        self._subject = subject
        self.result = result
        self._polling = SteppedPolling()
        with arm_errors(action, subject):
            begin(self._polling)
        self._polling.begun()
        wait = 0 if self._polling.finished() else self._polling._extract_delay()
        self._next = clock.now() + timedelta(seconds=wait)

    def due(self) -> datetime | None:
        """When the service wants to be asked, by its Retry-After; None where it is done already."""
        return None if self._polling.finished() else self._next

    def next_poll(self) -> datetime:
        """When the service wants to be asked again."""
        return self._next

    def poll(self) -> ResultT | None:
        """Ask once: the result, or None while it is running. Raises OperationFailed."""
        with arm_errors(self._action, self._subject):
            if not self._polling.finished():
                self._ask()
            if not self._polling.finished():
                pace = timedelta(seconds=self._polling._extract_delay()) or DEFAULT_PACE
                self._next = self._clock.now() + pace
                return None
            if self._polling.status().casefold() != "succeeded":
                self._refuse()
        return self.result()

    def _ask(self) -> None:
        try:
            self._polling.update_status()
        except BadStatus:
            # An error of ARM like any other: its status and code must not be lost.
            raise self._answered() from None
        except BadResponse as error:
            raise OperationFailed(
                f"{self._subject}: could not {self._action}: the operation's answer makes no sense ({error})"
            ) from None

    def _refuse(self) -> NoReturn:
        failure = self._answered()
        if failure.error is None:
            # The service says how it ended and not why.
            ended = self._polling.status()
            reason = f"the operation ended as {ended}, Azure gives no reason"
            raise OperationFailed(
                f"{self._subject}: could not {self._action}: {reason}",
                code=ended,
                status=failure.status_code or 0,
                reason=reason,
            )
        raise failure

    def _answered(self) -> HttpResponseError:
        return HttpResponseError(response=self._polling._pipeline_response.http_response)
