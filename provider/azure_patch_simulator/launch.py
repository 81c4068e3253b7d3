"""Starting ``azure-patch-simulator serve`` as a process of its own, for tests and tools."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Launched:
    """A running server process and the line it printed when it was ready (see ``server.ServerInfo``)."""

    process: subprocess.Popen[str]
    info: Mapping[str, str]


@contextmanager
def launched(*arguments: str, stop_seconds: float = 10.0) -> Iterator[Launched]:
    """Run ``azure-patch-simulator serve`` with ``arguments`` while the context lasts.

    The process also ends by itself when this one dies. Raises ``RuntimeError`` with its words when it does not start.
    """
    command = [sys.executable, "-m", "azure_patch_simulator", "serve", "--stop-with-parent", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            _, words = process.communicate(timeout=stop_seconds)
            raise RuntimeError(f"azure-patch-simulator did not start: {words.strip()}")
        yield Launched(process, json.loads(line))
    finally:
        if process.poll() is None:
            process.terminate()
        try:
            process.communicate(timeout=stop_seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
