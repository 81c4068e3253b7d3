"""The only place that reads the wall clock."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime

from pulumi_azure_hotpatch.errors import Interrupted

_INTERRUPTED = "cancelled while waiting; what was done is kept, run the deployment again to continue"


class SystemClock:
    """Real time. `cancel` ends every wait at once."""

    def __init__(self) -> None:
        self._cancelled = threading.Event()

    def now(self) -> datetime:
        """The present instant in UTC."""
        return datetime.now(UTC)

    def sleep_until(self, deadline: datetime) -> None:
        """Return once `deadline` has passed. Raises Interrupted when cancelled."""
        remaining = (deadline - self.now()).total_seconds()
        if self._cancelled.wait(max(0.0, remaining)):
            raise Interrupted(_INTERRUPTED)

    def cancel(self) -> None:
        """End every wait, those to come included."""
        self._cancelled.set()


def monotonic() -> float:
    """Seconds of a clock that never goes back, for the age of a cached read."""
    return time.monotonic()


def pause(seconds: float) -> None:
    """Wait without a deadline and without being cancelled; for background threads only."""
    time.sleep(seconds)
