"""Control over HTTP, under ``/simulator/``: clock, journal, faults, tokens, features, settings, world.

No token is needed: the server is on loopback.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from . import state
from .clock import parse_pace
from .errors import ArmError, unseen
from .faults import chance_of, fault_of
from .fields import typed
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
    """Take ``{"advance_to": RFC 3339}``, ``{"advance_seconds": n}`` or ``{"pace": "manual"|"real"|"xN"}``.

    An instant in the past changes nothing.
    """
    sent = call.object()
    clock = call.simulator.clock
    target, seconds, pace = sent.get("advance_to"), sent.get("advance_seconds"), sent.get("pace")
    if isinstance(pace, str):
        try:
            clock.set_pace(parse_pace(pace))
        except ValueError as reason:
            raise _refused(reason) from None
    elif isinstance(target, str):
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
        raise unseen("Control", "'advance_to' (a time), 'advance_seconds' (0 or more) or 'pace' is needed.")
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
    """Take a fault as ``faults.fault_of`` reads it, with ``chance`` if it is not certain; ``{"pending": n}``.

    ``{"storm": chance}`` instead lets every request of Resource Manager meet some trouble with this chance.
    """
    sent, faults = call.object(), call.simulator.faults
    try:
        if "storm" in sent:
            faults.storm(chance_of(sent, "storm"))
        else:
            match, response, times = fault_of(sent)
            faults.add(match, response=response, times=times, chance=chance_of(sent))
    except ValueError as reason:
        raise _refused(reason) from None
    return Response.of_json(200, {"pending": len(faults)})


@routes.route("DELETE", "/simulator/faults", "Simulator_ClearFaults")
def clear_faults(call: Call) -> Response:
    """Forget all faults."""
    call.simulator.faults.clear()
    return Response.of_json(200, {"pending": 0})


@routes.route("POST", "/simulator/tokens/expire", "Simulator_ExpireTokens")
def expire_tokens(call: Call) -> Response:
    """Let all tokens expire that were issued so far."""
    call.simulator.tokens.expire()
    return Response.of_json(200, {})


@routes.route("POST", "/simulator/features", "Simulator_Feature")
def set_feature(call: Call) -> Response:
    """Take ``{"name", "namespace", "registration_seconds": n}`` or ``{"name", "namespace", "approve": true}``.

    With null seconds it stays Registering for ever. ``namespace`` is Microsoft.Compute when it is left out.
    """
    sent = call.object()
    name, namespace = typed(sent, "name", str) or "", typed(sent, "namespace", str) or "Microsoft.Compute"
    seconds = sent.get("registration_seconds")
    try:
        if sent.get("approve") is True:
            call.world.approve(name, namespace)
        elif "registration_seconds" in sent:
            call.world.set_registration_time(name, None if seconds is None else _duration(seconds), namespace)
        else:
            raise unseen("Control", "'registration_seconds' or 'approve' is needed.")
    except KeyError:
        raise unseen("Control", f"There is no feature '{namespace}/{name}'.", status=404) from None
    return Response.of_json(200, {"namespace": namespace, "name": name})


@routes.route("GET", "/simulator/settings", "Simulator_Settings")
def show_settings(call: Call) -> Response:
    """Show the settings of the world, durations in seconds."""
    return Response.of_json(200, state.encode(call.world.settings))


@routes.route("PATCH", "/simulator/settings", "Simulator_ChangeSettings")
def change_settings(call: Call) -> Response:
    """Change the settings that are given, in the form in which they are shown."""
    try:
        state.change(call.world.settings, call.object())
    except ValueError as reason:
        raise _refused(reason) from None
    return show_settings(call)


@routes.route("GET", "/simulator/world", "Simulator_World")
def show_world(call: Call) -> Response:
    """Show everything the simulator knows, as its state file has it."""
    return Response.of_json(200, state.snapshot(call.simulator))


def _refused(reason: Exception) -> ArmError:
    return unseen("Control", f"{reason}.")


def _duration(seconds: object) -> timedelta:
    if not isinstance(seconds, int | float) or isinstance(seconds, bool) or not 0 <= seconds <= MAX_SECONDS:
        raise unseen("Control", "A duration is a number of seconds from 0 on.")
    return timedelta(seconds=seconds)
