"""The simulator: one synchronous ``Request -> Response`` function over a world, a clock and a journal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import TYPE_CHECKING

from . import (
    activity_log,
    assignments,
    blob_storage,
    control,
    features,
    groups,
    guest_work,
    maintenance,
    network,
    operations,
    permissions,
    policies,
    providers,
    resource_graph,
    scale_sets,
    state,
    subscriptions,
    tokens,
    virtual_machines,
)
from .clock import SimulatedClock
from .errors import ArmError, unseen
from .faults import Answer, Delay, Drop, Expire, FaultResponse, Faults, Jump, Slow
from .http import NO_DELAY, Request, Response
from .identifiers import Identifiers
from .journal import Entry, Journal
from .patching import Patching
from .resource_graph import ResourceGraph
from .routing import Call, Route, Router
from .throttling import GRAPH_OPERATION, Throttling
from .tokens import Tokens
from .world import CLIENT_ID, CLIENT_SECRET, World

if TYPE_CHECKING:
    from .transport import SimulatedCredential, SimulatedTransport

MAX_BODY = 4 * 1024 * 1024

_ROUTER = Router(
    control.routes,
    tokens.routes,
    subscriptions.routes,
    features.routes,
    providers.routes,
    groups.routes,
    operations.routes,
    virtual_machines.routes,
    maintenance.routes,
    network.routes,
    assignments.routes,
    *guest_work.routes,
    resource_graph.routes,
    scale_sets.routes,
    activity_log.routes,
    permissions.routes,
)


@dataclass(frozen=True, slots=True)
class Credentials:
    """The one service principal of the tenant."""

    client_id: str = CLIENT_ID
    client_secret: str = CLIENT_SECRET


class Simulator:
    """A simulated Azure control plane.

    ``start`` is the first instant of its clock (aware); ``pace`` 0 = moved by hand, 1 = real time, n = n times as fast.
    ``seed`` decides ids and the replica that answers first. ``token_lifetime`` lets tokens expire on the simulated
    clock (they do not otherwise). ``state_file`` is written after every change. Safe to use from several threads.
    """

    def __init__(
        self,
        world: World | None = None,
        *,
        start: datetime,
        seed: int = 0,
        pace: float = 0.0,
        token_lifetime: timedelta | None = None,
        state_file: Path | None = None,
        run: int = 0,
    ) -> None:
        self.world = world or World.default()
        self.clock = SimulatedClock(start, pace=pace)
        self.world.clock = self.clock
        self.identifiers = Identifiers(seed, run)
        self.journal = Journal()
        self.faults = Faults(seed)
        self.throttling = Throttling(self)
        self.graph = ResourceGraph(self)
        self.credentials = Credentials()
        self.tokens = Tokens(self.identifiers, self.world.tenant_id, token_lifetime)
        self.state_file = state_file
        self.authority_pem: str | None = None
        self._saved: tuple[datetime, int, int] | None = None
        self.world.born = self.world.born or start
        self.patching = Patching(self)
        guest_work.attach(self)
        self.clock.on(operations.FINISH, operations.finish_event(self))
        self.clock.on(policies.REMEDIATE, policies.remediate_event(self))
        guest_work.begin(self)

    @classmethod
    def load(
        cls, path: Path, *, pace: float = 0.0, token_lifetime: timedelta | None = None, save: bool = True
    ) -> Simulator:
        """Return the simulator a state file holds, with a new journal. Raises ``StateError``."""
        saved = state.read(path)
        try:
            simulator = cls(
                state.world_of(saved),
                start=datetime.fromisoformat(saved["now"]),
                seed=saved["seed"],
                pace=pace,
                token_lifetime=token_lifetime,
                state_file=path if save else None,
                run=saved["run"] + 1,
            )
            simulator.clock.restore(datetime.fromisoformat(saved["now"]), saved["sequence"], state.events_of(saved))
            simulator.authority_pem = saved.get("authority")
        except (KeyError, TypeError, ValueError, AttributeError) as reason:
            raise state.StateError(f"{path} is damaged: {reason!r}") from None
        return simulator

    def save(self, path: Path | None = None) -> None:
        """Write the state to ``path``, or to the simulator's own state file."""
        target = path or self.state_file
        if target is None:
            raise ValueError("no state file")
        with self.clock.lock:
            state.write(target, self)

    def handle(self, request: Request) -> Response:
        """Answer one request. Never raises for what a client sent: the answer is an ARM error then."""
        with self.clock.lock:
            self.clock.now()
            fault = None if _is_control(request) else self.faults.strike(request)
            if isinstance(fault, Jump):
                self.clock.advance(fault.duration)
            if isinstance(fault, Expire):
                self.tokens.expire()
            now = self.clock.now()
            request_id = self.identifiers.next("request")
            operation, response = self._answer(request, now, request_id, fault)
            response = self._finish(response, request_id, fault)
            if not _is_control(request):
                self._write_down(request, now, operation, response, request_id)
            self._save_if_changed(request, operation)
            return response

    def _answer(
        self, request: Request, now: datetime, request_id: str, fault: FaultResponse | None
    ) -> tuple[str, Response]:
        if blob_storage.is_blob_request(request):
            return blob_storage.answer(self, request, now, fault)
        operation, admitted = "Unknown", dict[str, str]()
        try:
            if not tokens.is_open(request):
                self.tokens.check(request, now)
            route, params = _ROUTER.find(request)
            operation = route.operation
            if not tokens.is_open(request):
                admitted = self.throttling.admit(request, operation, params, now)
            if isinstance(fault, Answer):
                response = fault.response()
            elif isinstance(fault, Drop) and fault.before:
                response = Response.empty(503)
            else:
                begun = len(self.world.operations)
                response = self._run(route, Call(self, request, params, now, request_id))
                if isinstance(fault, Slow):
                    operations.slow_down(self, begun, fault.duration)
        except ArmError as error:
            response = Response.of_json(error.status, error.body(), error.headers)
        return operation, Response(response.status, {**admitted, **response.headers}, response.body)

    def _run(self, route: Route, call: Call) -> Response:
        if len(call.request.body) > MAX_BODY:
            raise unseen("RequestTooLarge", f"A body has at most {MAX_BODY} bytes.", status=413)
        if "subscription" in call.params and route.namespace is not None:
            providers.require_registered(call, route.namespace)
        return route.handler(call)

    def _finish(self, response: Response, request_id: str, fault: FaultResponse | None) -> Response:
        headers = {
            "cache-control": "no-cache",
            "date": format_datetime(self.clock.now().astimezone(UTC), usegmt=True),
            "x-ms-request-id": request_id,
            "x-ms-correlation-request-id": request_id,
            **response.headers,
        }
        delay = fault.duration if isinstance(fault, Delay) else NO_DELAY
        return Response(response.status, headers, response.body, delay, isinstance(fault, Drop))

    def _write_down(self, request: Request, now: datetime, operation: str, response: Response, request_id: str) -> None:
        activity_log.note(self.world, request, now, response.status, request_id)
        self.journal.append(
            Entry(
                sequence=len(self.journal),
                instant=now,
                method=request.method,
                path=request.path,
                operation=operation,
                api_version=request.api_version,
                status=response.status,
                request_id=request_id,
                dropped=response.dropped,
            )
        )

    def _save_if_changed(self, request: Request, operation: str) -> None:
        if self.state_file is None:
            return
        pending = self.clock.pending()
        mark = (self.clock.now() if self.clock.pace == 0 else self.clock.start, self.clock.sequence, len(pending))
        reads = request.method in ("GET", "HEAD") or operation == GRAPH_OPERATION
        if not reads or mark != self._saved:
            self._saved = mark
            self.save()

    def transport(self) -> SimulatedTransport:
        """Return an azure-core transport into this simulator: ``sleep`` moves the clock."""
        from .transport import SimulatedTransport

        return SimulatedTransport(self)

    def credential(self) -> SimulatedCredential:
        """Return a token credential this simulator accepts."""
        from .transport import SimulatedCredential

        return SimulatedCredential(self)


def _is_control(request: Request) -> bool:
    return bool(request.segments) and request.segments[0].lower() == "simulator"
