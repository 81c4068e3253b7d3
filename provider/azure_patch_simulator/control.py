"""Control over HTTP, under ``/simulator/``: clock, journal, faults, world. No token: the server is on loopback."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from . import state
from .errors import unseen
from .faults import fault_of
from .http import Response
from .routing import Call, Routes

routes = Routes()

MAX_SECONDS = 10**10
FIRST_YEAR, LAST_YEAR = 1970, 9000


def _clock(call: Call) -> Response:
    return Response.of_json(200, {"now": call.simulator.clock.now().isoformat(), "pace": call.simulator.clock.pace})


@routes.route("GET", "/simulator/clock", "Simulator_Clock")
def show_clock(call: Call) -> Response:
    """``{"now": RFC 3339, "pace": simulated seconds in a real one, 0 = moved by hand}``."""
    return _clock(call)


@routes.route("POST", "/simulator/clock", "Simulator_MoveClock")
def move_clock(call: Call) -> Response:
    """Take ``{"advance_to": RFC 3339}`` or ``{"advance_seconds": n}``; an instant in the past changes nothing."""
    sent = call.object()
    clock = call.simulator.clock
    target, seconds = sent.get("advance_to"), sent.get("advance_seconds")
    if isinstance(target, str):
        try:
            instant = datetime.fromisoformat(target)
        except ValueError:
            raise unseen("Control", f"'{target}' is not an RFC 3339 time.") from None
        if not FIRST_YEAR <= instant.year <= LAST_YEAR:
            raise unseen("Control", f"The clock knows the years {FIRST_YEAR} to {LAST_YEAR}.")
        clock.advance_to(instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC))
    elif isinstance(seconds, int | float) and not isinstance(seconds, bool) and 0 <= seconds <= MAX_SECONDS:
        if clock.now().year + seconds / 31_000_000 > LAST_YEAR:
            raise unseen("Control", f"The clock knows the years {FIRST_YEAR} to {LAST_YEAR}.")
        clock.advance(timedelta(seconds=seconds))
    else:
        raise unseen("Control", "'advance_to' (a time) or 'advance_seconds' (0 or more) is needed.")
    return _clock(call)


@routes.route("GET", "/simulator/journal", "Simulator_Journal")
def show_journal(call: Call) -> Response:
    """``{"entries": […], "next": n, "counts": {operation: n}}`` from ``?since=N`` on."""
    since = call.request.query.get("since", "0")
    if not (since.isascii() and since.isdigit() and len(since) < 12):
        raise unseen("Control", "'since' is a sequence number.")
    journal = call.simulator.journal
    entries = [entry.to_json() for entry in journal.select(since=int(since))]
    return Response.of_json(200, {"entries": entries, "next": len(journal), "counts": dict(journal.counts())})


@routes.route("POST", "/simulator/faults", "Simulator_AddFault")
def add_fault(call: Call) -> Response:
    """Take a fault as ``faults.fault_of`` reads it; ``{"pending": n}``."""
    try:
        match, response, times = fault_of(call.object())
    except ValueError as reason:
        raise unseen("Control", f"{reason}.") from None
    call.simulator.faults.add(match, response=response, times=times)
    return Response.of_json(200, {"pending": len(call.simulator.faults)})


@routes.route("DELETE", "/simulator/faults", "Simulator_ClearFaults")
def clear_faults(call: Call) -> Response:
    """Forget all faults."""
    call.simulator.faults.clear()
    return Response.of_json(200, {"pending": 0})


@routes.route("GET", "/simulator/world", "Simulator_World")
def show_world(call: Call) -> Response:
    """Show everything the simulator knows, as its state file has it."""
    return Response.of_json(200, state.snapshot(call.simulator))
