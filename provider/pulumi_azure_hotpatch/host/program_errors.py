"""Expected failures in a program: one line in the diagnostics, where Pulumi prints a traceback for any other exception.

Source: Pulumi Python SDK, `pulumi.RunError`, "terminating a program abruptly, but resulting in a clean exit".
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pulumi

from pulumi_azure_hotpatch.errors import HotpatchError, InvalidInput


class InvalidProgram(InvalidInput, pulumi.RunError):
    """What a program asks for makes no sense; the program ends with the text as its one line."""


@contextmanager
def in_one_line(label: str = "") -> Iterator[None]:
    """What fails inside as expected ends the program in one line; `label` (`HotpatchReady 'web'`) comes before it.

    Raises InvalidProgram for InvalidInput; any other HotpatchError stays what it is and is a `pulumi.RunError` as well.
    """
    try:
        yield
    except HotpatchError as error:
        raise _ending(error, f"{label}: {error}" if label else str(error)) from None


def _ending(error: HotpatchError, text: str) -> HotpatchError:
    kind = _also_run_error(type(error))
    # Not by its constructor: every kind has one of its own.
    found = kind.__new__(kind, text)
    found.__dict__.update(error.__dict__)
    return found


def _also_run_error(kind: type[HotpatchError]) -> type[HotpatchError]:
    if issubclass(kind, pulumi.RunError):
        return kind
    if kind is InvalidInput:
        return InvalidProgram
    return type(kind.__name__, (kind, pulumi.RunError), {"__doc__": kind.__doc__, "__module__": kind.__module__})
