"""``azure-patch-simulator``: serve a simulated Azure on loopback, point clients at it, compare two of its states."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args

from . import exports, state
from .clock import parse_pace
from .differences import differences
from .journal import Journal
from .settings import Era, Settings
from .simulator import Simulator
from .world import World

DIFFERENT = 1
USAGE_ERROR = 2
PARENT_CHECK_SECONDS = 0.5


def _pace(text: str) -> float:
    try:
        return parse_pace(text)
    except ValueError as reason:
        raise argparse.ArgumentTypeError(str(reason)) from None


def _seconds(text: str) -> timedelta:
    try:
        seconds = float(text)
        if not 0 <= seconds <= 10**9:
            raise ValueError
        return timedelta(seconds=seconds)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds from 0 on") from None


def _port(text: str) -> int:
    if not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port from 0 to 65535")
    return int(text)


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not an RFC 3339 time") from None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="azure-patch-simulator", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="serve until SIGTERM or SIGINT; prints one line of JSON when ready")
    serve.add_argument("--port", type=_port, default=0, help="port on 127.0.0.1; 0 (default) takes a free one")
    serve.add_argument("--inventory", type=Path, help="starting world: ARM bodies, JSON or JSON lines")
    serve.add_argument("--state", type=Path, help="file that keeps the world; if it exists, it is the starting world")
    serve.add_argument("--journal", type=Path, help="file that keeps the journal of requests, as JSON lines")
    serve.add_argument("--ca-file", type=Path, help="where to write the certificate to trust")
    serve.add_argument("--time", type=_pace, default=1.0, metavar="real|manual|xN", help="how time passes")
    serve.add_argument("--start", type=_instant, help="first simulated instant, RFC 3339; default: now")
    serve.add_argument("--seed", type=int, default=0, help="decides all ids")
    serve.add_argument("--operation-seconds", type=_seconds, metavar="S", help="how long a write to a machine takes")
    serve.add_argument("--registration-seconds", type=_seconds, metavar="S", help="of features and of providers")
    serve.add_argument("--token-seconds", type=_seconds, metavar="S", help="let tokens expire; they do not otherwise")
    serve.add_argument("--era", choices=get_args(Era), help="2021-preview: hotpatching needs the preview features")
    serve.add_argument("--parent", type=int, metavar="PID", help="end when this process is no longer the parent")
    env = commands.add_parser("env", help="print what points a client at a running simulator, for eval")
    env.add_argument("client", choices=list(exports.CLIENTS))
    env.add_argument("--of", default="-", metavar="FILE", help="the line that serve printed; default: standard input")
    diff = commands.add_parser("diff", help="tell what differs between two state files; exit 1 when anything does")
    diff.add_argument("before", type=Path)
    diff.add_argument("after", type=Path)
    diff.add_argument("--json", action="store_true", help="as a JSON list")
    return parser


def _apply(options: argparse.Namespace, settings: Settings) -> None:
    if options.operation_seconds is not None:
        settings.operation_time = options.operation_seconds
    if options.registration_seconds is not None:
        settings.feature_registration_time = options.registration_seconds
        settings.provider_registration_time = options.registration_seconds
    if options.era is not None:
        settings.era = options.era


def _simulator(options: argparse.Namespace) -> Simulator:
    """Return the simulator asked for. Raises ``ValueError`` or ``OSError`` for a file that cannot be used."""
    lifetime = options.token_seconds
    if options.state is not None and options.state.exists():
        simulator = Simulator.load(options.state, pace=options.time, token_lifetime=lifetime)
    else:
        world = World.default() if options.inventory is None else World.from_inventory(options.inventory)
        simulator = Simulator(
            world,
            # The one look at the wall clock: a program that is not told when its time begins begins it now.
            start=options.start or datetime.now(UTC),
            seed=options.seed,
            pace=options.time,
            token_lifetime=lifetime,
            state_file=options.state,
        )
    _apply(options, simulator.world.settings)
    if options.journal is not None:
        simulator.journal = Journal.kept_in(options.journal)
    if simulator.state_file is not None:
        simulator.save()
    return simulator


def _serve(options: argparse.Namespace) -> int:
    from .server import ServerError, serve_in_thread

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        simulator = _simulator(options)
        with serve_in_thread(simulator, port=options.port, ca_file=options.ca_file) as info:
            print(json.dumps(info.to_json()), flush=True)
            while not stop.wait(PARENT_CHECK_SECONDS):
                if options.parent is not None and os.getppid() != options.parent:
                    break
        if simulator.state_file is not None:
            simulator.save()
        simulator.journal.close()
    except ServerError as reason:
        return _refuse(reason)
    return 0


def _env(options: argparse.Namespace) -> int:
    text = sys.stdin.read() if options.of == "-" else Path(options.of).read_text(encoding="utf-8")
    print(exports.script(options.client, exports.read_info(text)), end="")
    return 0


def _diff(options: argparse.Namespace) -> int:
    found = differences(state.read(options.before), state.read(options.after))
    if options.json:
        print(json.dumps([each.to_json() for each in found], indent=2))
    else:
        for each in found:
            print(each.to_text())
    return DIFFERENT if found else 0


def _refuse(reason: Exception) -> int:
    print(f"azure-patch-simulator: {reason}", file=sys.stderr)
    return USAGE_ERROR


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    options = _parser().parse_args(arguments)
    run = {"serve": _serve, "env": _env, "diff": _diff}[options.command]
    try:
        return run(options)
    except (ValueError, OSError) as reason:
        return _refuse(reason)


if __name__ == "__main__":
    sys.exit(main())
