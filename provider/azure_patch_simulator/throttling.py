"""How many requests Azure takes, what it says is left, and how it refuses more.

Source of buckets and of their headers: Microsoft Learn, "Understand how Azure Resource Manager throttles requests"
(token buckets since 2024), and "Guidance for throttled requests in Azure Resource Graph"; of the refusals: Azure/apiops
issue 612 (Resource Manager), Azure/aks-engine issue 2295 (compute), Azure/azure-cli-extensions issue 3325 (Resource
Graph); of the names and counts of the patch operations' limits: recorded traffic of the Azure CLI.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from .errors import ArmError, unseen
from .http import Request

if TYPE_CHECKING:
    from .simulator import Simulator

GRAPH_OPERATION = "ResourceGraph_Resources"
PATCH_OPERATIONS = frozenset({"VirtualMachines_AssessPatches", "VirtualMachines_InstallPatches"})
_OF_SUBSCRIPTION, _OF_RESOURCE = "VMGuestPatchOperationSubscriptionMaximum", "VMGuestPatchOperationResource"


@dataclass(slots=True)
class Bucket:
    """At most ``size`` requests at once; ``refill`` come back every second."""

    size: int
    refill: float


@dataclass(slots=True)
class Window:
    """At most ``limit`` requests in each ``period``."""

    limit: int
    period: timedelta


@dataclass(slots=True)
class ThrottlingSettings:
    """The limits. They are told in headers always, but kept only when ``enforced``: else a full bucket stays full.

    The limits of patch operations are the next round figures above the remaining counts that were recorded (598 and
    4); their period is not known.
    """

    enforced: bool = False
    reads: Bucket = field(default_factory=lambda: Bucket(250, 25.0))
    writes: Bucket = field(default_factory=lambda: Bucket(200, 10.0))
    deletes: Bucket = field(default_factory=lambda: Bucket(200, 10.0))
    graph: Window = field(default_factory=lambda: Window(15, timedelta(seconds=5)))
    patches_of_subscription: Window = field(default_factory=lambda: Window(600, timedelta(minutes=30)))
    patches_of_resource: Window = field(default_factory=lambda: Window(5, timedelta(minutes=30)))


@dataclass(slots=True)
class _Level:
    left: float
    at: datetime


@dataclass(frozen=True, slots=True)
class _Taken:
    """What is left after a request, and how long until there is more; ``refused`` when there was nothing left."""

    left: int
    wait: timedelta
    refused: bool


class Throttling:
    """Counts the requests of one simulator, by its clock. What was counted is not part of its state."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._levels: dict[str, _Level] = {}

    @property
    def _settings(self) -> ThrottlingSettings:
        return self._simulator.world.settings.throttling

    def admit(self, request: Request, operation: str, params: Mapping[str, str], now: datetime) -> dict[str, str]:
        """Count a request and return the headers that tell what is left. Raises the 429 of the limit it exceeds."""
        if operation == GRAPH_OPERATION:
            return self._admit_query(request, now)
        headers = self._admit_request(request, params.get("subscription"), now)
        if operation in PATCH_OPERATIONS:
            headers |= self._admit_patching(request, params.get("subscription", ""), now)
        return headers

    def _admit_request(self, request: Request, subscription: str | None, now: datetime) -> dict[str, str]:
        kind = {"GET": "read", "HEAD": "read", "DELETE": "delete"}.get(request.method, "write")
        bucket: Bucket = getattr(self._settings, f"{kind}s")
        scope = "tenant" if subscription is None else "subscription"
        taken = self._pour(f"{scope}/{subscription or ''}/{kind}".lower(), bucket, now)
        headers = {f"x-ms-ratelimit-remaining-{scope}-{kind}s": str(taken.left)}
        if not taken.refused:
            return headers
        seconds = self._retry_after(taken.wait)
        headers["retry-after"] = str(seconds)
        if subscription is None:
            raise _with(unseen("TenantThrottled", f"Too many '{kind}' requests for the tenant.", status=429), headers)
        actor = f"{subscription}:{self._simulator.identifiers.fixed('service principal')}"
        text = (
            f"Number of '{kind}' requests for subscription actor '{actor}' exceeded. Please try again after "
            f"'{seconds}' seconds after additional tokens are available. Refer to https://aka.ms/arm-throttling for "
            "additional information."
        )
        raise ArmError(429, "SubscriptionRequestsThrottled", text, headers=headers)

    def _admit_query(self, request: Request, now: datetime) -> dict[str, str]:
        taken = self._count("graph", self._settings.graph, now)
        wait = math.ceil(taken.wait.total_seconds())
        headers = {
            "x-ms-user-quota-remaining": str(taken.left),
            "x-ms-user-quota-resets-after": f"{wait // 3600:02}:{wait // 60 % 60:02}:{wait % 60:02}",
            "x-ms-ratelimit-remaining-tenant-resource-requests": str(taken.left),
        }
        if not taken.refused:
            return headers
        from .resource_graph import support_text

        # A public client of the service reads Retry-After from this answer; in the recorded one it was not shown.
        headers["retry-after"] = str(self._retry_after(taken.wait))
        reason = {
            "code": "RateLimiting",
            "message": "Client application has been throttled and should not attempt to repeat the request until an "
            "amount of time has elapsed. Please see https://aka.ms/resourcegraph-throttling for help.",
        }
        text = support_text(now, self._simulator.identifiers.fixed(f"throttled/{request.host}/{now.isoformat()}"))
        raise ArmError(429, "RateLimiting", text, details=[reason], headers=headers)

    def _admit_patching(self, request: Request, subscription: str, now: datetime) -> dict[str, str]:
        limits = {
            _OF_SUBSCRIPTION: (f"patch/{subscription}", self._settings.patches_of_subscription),
            _OF_RESOURCE: (f"patch/{request.path.rsplit('/', 1)[0]}", self._settings.patches_of_resource),
        }
        taken = {name: self._count(key.lower(), window, now) for name, (key, window) in limits.items()}
        left = ",".join(f"Microsoft.Compute/{name};{each.left}" for name, each in taken.items())
        headers = {"x-ms-ratelimit-remaining-resource": left}
        details: list[dict[str, Any]] = []
        for name, each in taken.items():
            if each.refused:
                window = limits[name][1]
                measure = {
                    "operationgroup": name,
                    "starttime": (now + each.wait - window.period).isoformat(),
                    "endtime": (now + each.wait).isoformat(),
                    "allowedrequestcount": window.limit,
                    "measuredrequestcount": window.limit + 1,
                }
                details.append({"code": "TooManyRequests", "target": name, "message": json.dumps(measure)})
        if not details:
            return headers
        longest = max(each.wait for each in taken.values() if each.refused)
        headers["retry-after"] = str(self._retry_after(longest))
        text = "The server rejected the request because too many requests have been received for this subscription."
        raise ArmError(429, "OperationNotAllowed", text, details=details, headers=headers)

    def _pour(self, key: str, bucket: Bucket, now: datetime) -> _Taken:
        if not self._settings.enforced:
            return _Taken(max(0, bucket.size - 1), timedelta(0), refused=False)
        level = self._levels.setdefault(key, _Level(float(bucket.size), now))
        level.left = min(float(bucket.size), level.left + (now - level.at).total_seconds() * bucket.refill)
        level.at = now
        if level.left < 1:
            missing = (1 - level.left) / bucket.refill if bucket.refill > 0 else 3600.0
            return _Taken(0, timedelta(seconds=missing), refused=True)
        level.left -= 1
        return _Taken(int(level.left), timedelta(0), refused=False)

    def _count(self, key: str, window: Window, now: datetime) -> _Taken:
        if not self._settings.enforced:
            return _Taken(max(0, window.limit - 1), window.period, refused=False)
        level = self._levels.get(key)
        if level is None or now >= level.at + window.period:
            level = self._levels[key] = _Level(float(window.limit), now)
        wait = level.at + window.period - now
        if level.left < 1:
            return _Taken(0, wait, refused=True)
        level.left -= 1
        return _Taken(int(level.left), wait, refused=False)

    def _retry_after(self, wait: timedelta) -> int:
        """Return whole seconds of the client: on a clock that runs n times as fast, n times fewer."""
        clock = self._simulator.clock
        return max(1, math.ceil(clock.real_seconds(wait) if clock.pace else wait.total_seconds()))


def _with(error: ArmError, headers: Mapping[str, str]) -> ArmError:
    error.headers.update(headers)
    return error
