"""Running the program: arguments in, exit code out, every expected failure as one line on standard error."""

from __future__ import annotations

import gc
import io
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import typer

from pulumi_azure_hotpatch.errors import ArmError, HotpatchError

from .options import app

BAD_INPUT: Final = 2
_BROKEN_PIPE: Final = 141
_INTERRUPTED: Final = 130
"""As shells report a program that SIGPIPE or SIGINT ended."""

NAME: Final = "azure-hotpatch"
_FORBIDDEN: Final = 403


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; `arguments` are by default those of the process. The exit code is the answer."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if sys.stdout is None:
        # Started with its standard output closed: whoever wanted only the exit code gets it.
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - lives as long as the process
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that cannot show a character shows another one instead.
            stream.reconfigure(errors="replace")
    with _without_collector():
        return _run(given)


def _run(given: list[str]) -> int:
    try:
        code = app(given or ["--help"], prog_name=NAME, standalone_mode=False)
        sys.stdout.flush()
    except HotpatchError as error:
        return _fail(f"{error}{_hint(error)}")
    except typer.TyperException as error:
        return _fail(_in_our_words(error.format_message()))
    except (KeyboardInterrupt, typer.Abort):
        return _INTERRUPTED
    except (BrokenPipeError, SystemExit):
        # Whoever read has gone, as in `azure-hotpatch rules | head`. What is still buffered must not complain either.
        # Typer leaves by SystemExit(1) then and never else, which would say that a rule failed.
        _drop_output()
        return _BROKEN_PIPE
    except OSError as error:
        # What reads or writes a named file says so itself; this is the output, to a full disk for example.
        _drop_output()
        return _fail(f"the answer cannot be written: {error.strerror or error}")
    return BAD_INPUT if not given else int(code or 0)


def _hint(error: HotpatchError) -> str:
    """Where to go on when Azure is not reached, or refuses."""
    asks = isinstance(error, ArmError) and (error.status == _FORBIDDEN or error.is_unreachable)
    return f"{'' if str(error).endswith('.') else '.'} `{NAME} doctor` says what is missing." if asks else ""


def _in_our_words(message: str) -> str:
    """What the parser of arguments says of a wrong one, without the words of the library that checks it."""
    return message.replace(": Value error, ", ": ").replace(
        "Input should be a valid integer, unable to parse string as an integer", "expected a whole number"
    )


@contextmanager
def _without_collector() -> Iterator[None]:
    """A fleet is millions of objects that all live until the end; looking for garbage among them doubles the time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _drop_output() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(message: str) -> int:
    from .output import note

    note(f"{NAME}: {' '.join(message.split())}")
    return BAD_INPUT
