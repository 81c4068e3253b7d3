"""Starting ``azure-patch-simulator serve`` as a process of its own, for tests and tools."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
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
    command = [sys.executable, "-m", "azure_patch_simulator", "serve", "--parent", str(os.getpid()), *arguments]
    with tempfile.TemporaryFile("w+") as words:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=words, text=True)
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line:
                process.wait(timeout=stop_seconds)
                words.seek(0)
                raise RuntimeError(f"azure-patch-simulator did not start: {words.read().strip()}")
            yield Launched(process, json.loads(line))
        finally:
            _stop(process, stop_seconds)


def _stop(process: subprocess.Popen[str], seconds: float) -> None:
    if process.poll() is None:
        process.terminate()
    try:
        process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
